"""Runs of an Office paragraph joined into text: superscripts, subscripts, line breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from corpus.readers.superscripts import write_lowered, write_raised

# A run: "" for plain, "raised" or "lowered", and its text.
Run = tuple[str, str]

_PAGE_WORDS = re.compile(
    r"(?:\W|\d|\b(?:page|seite|página|pagina|of|von|sur|de|di|av|p)\b|第|页|頁|共)*", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?:;。！？：；][\"'”’)\]]*$")
_KEY_AND_VALUE = re.compile(r"[^\W\d_][^:.!?]{0,40}[:：]\s?\S")
_GOES_ON = re.compile(r"[a-z,;)&–—]")


def join_runs(runs: Sequence[Run]) -> str:
    """Return the text of runs, exponents as "^25", marks of footnotes left out."""
    parts = [(kind, "".join(text for _, text in some)) for kind, some in groupby(runs, _kind)]
    written = ""
    for place, (kind, text) in enumerate(parts):
        if kind == "raised":
            following = "".join(one for other, one in parts[place + 1 : place + 3] if not other)
            written += write_raised(written, text, following[:80])
        elif kind == "lowered":
            written += write_lowered(written, text)
        else:
            written += text
    return written


def _kind(run: Run) -> str:
    return run[0]


def split_lines(text: str, *, apart: bool = False) -> list[str]:
    """Return the lines of a paragraph with line breaks, a sentence broken over lines in one.

    `apart` keeps every line apart that does not plainly go on with the one before, as on slides,
    whose lines end without a full stop.
    """
    lines: list[str] = []
    for line in re.split(r"[\n\v]", text):
        line = line.strip()
        if not line:
            continue
        if lines and (_GOES_ON.match(line) or not _ends(lines[-1], line, apart)):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return lines


def _ends(before: str, line: str, apart: bool) -> bool:
    if apart:
        return not before.endswith((",", "-", "–", "&"))
    return bool(
        _SENTENCE_END.search(before)
        or (_KEY_AND_VALUE.match(before) and _KEY_AND_VALUE.match(line))
    )


def is_page_number(text: str) -> bool:
    """Say whether what stands on every page is no more than its number ("Page 3 of 12")."""
    return bool(_PAGE_WORDS.fullmatch(text))
