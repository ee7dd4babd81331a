"""Lines of a page put together into paragraphs: wrapped prose joined, tables left as lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

_NUMERIC = re.compile(r"^[($€£¥~≈<>±+-]*\d[\d.,:/%)xkKMB†*-]*$")
_ITEM = re.compile(r"^(?:[•●▪◦‣–—*·-]\s|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s)")
_NUMBERED = re.compile(
    r"^(?:(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+(?=[A-Z])(?P<title>[^.!?]{3,90})"
    r"|(?:ANNEX|CHAPTER|SECTION|PART|Annex|Chapter|Part|Appendix|Article)\s+[\dIVXLA-Z]{1,6}\b.{0,80})$"
)
_HYPHEN = re.compile(r"(?P<word>[\w’'.]+)[-\u2010\u00ad\x02\ufffe]$")
_PAGE_NUMBER = re.compile(r"^(?:page\s+)?[\divxlc]{1,5}(?:\s*(?:of|/)\s*\d+)?$", re.IGNORECASE)


def is_heading(line: str) -> int:
    """Return the level of a line that is evidently a numbered heading, or 0."""
    found = _NUMBERED.match(line)
    if not found or line.endswith((",", ";", ":")):
        return 0
    if found["number"] is None:
        return 1
    # "2 The model saw 40 tokens a second, which": a title is mostly short and not a sentence.
    words = found["title"].split()
    return 0 if len(words) > 12 else found["number"].count(".") + 1


def reflowed(lines: Sequence[str], *, words: Collection[str] = ()) -> list[list[str]]:
    """Return paragraphs: each a list of one re-flowed text, or of several lines that stay lines.

    `words` are those of the whole document, lower case, by which a hyphen at a line end is judged.
    """
    lengths = sorted(len(line) for line in lines if line.strip())
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    paragraphs: list[list[str]] = []
    run: list[str] = []

    def close() -> None:
        if run:
            paragraphs.append([joined(run, words)])
            run.clear()

    for line in (raw.strip() for raw in lines):
        if not line:
            close()
            continue
        if is_table_line(line):
            close()
            if paragraphs and len(paragraphs[-1]) > 1:
                paragraphs[-1].append(line)
            elif paragraphs and is_table_line(paragraphs[-1][0]):
                paragraphs[-1] = [paragraphs[-1][0], line]
            else:
                paragraphs.append([line])
            continue
        if run and _begins_anew(run[-1], line, width):
            close()
        run.append(line)
        if is_heading(line):
            close()
    close()
    return paragraphs


def _begins_anew(before: str, line: str, width: int) -> bool:
    """Say whether `line` starts a paragraph after `before`, on a page `width` characters wide."""
    if is_heading(line) or _ITEM.match(line):
        return True
    if _HYPHEN.search(before) or line[:1].islower():
        return False
    # A line of half the width or less was not wrapped, whatever ends it.
    if len(before) < 0.5 * width:
        return True
    return len(before) < 0.85 * width and before.endswith((".", "!", "?", ":", "。", "”", '"'))


def is_table_line(line: str) -> bool:
    """Say whether a line is of figures: three or more cells of them, nearly half of its words."""
    cells = line.split()
    figures = sum(1 for cell in cells if _NUMERIC.match(cell))
    return figures >= 3 and figures / len(cells) >= 0.4


def joined(lines: Sequence[str], words: Collection[str]) -> str:
    """Return wrapped lines as one, words parted at line ends put together.

    "fu-" + "ture" becomes "future" and "DeepSeek-" + "R1" stays "DeepSeek-R1": a hyphen goes when
    the word without it stands elsewhere in the document, or when both parts are plain lower case
    and the hyphenated word does not.
    """
    text = ""
    for line in lines:
        hyphen = _HYPHEN.search(text)
        if not hyphen:
            text = f"{text} {line}" if text else line
            continue
        stem = text[: hyphen.end("word")]
        rest = re.match(r"[\w’']*", line)
        after = rest[0] if rest else ""
        whole, apart = f"{hyphen['word']}{after}".lower(), f"{hyphen['word']}-{after}".lower()
        plain = hyphen["word"].isalpha() and after.isalpha() and after.islower()
        closed = plain and (whole in words or apart not in words)
        text = f"{stem}{line}" if closed else f"{stem}-{line}"
    return text


def without_running_heads(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the pages' lines without what is printed on every page.

    A line among the first or last two of a page goes when the same line, figures aside, stands
    there on a quarter of the pages and on three at least; so does a bare page number.
    """
    edges = Counter(
        key for lines in pages for key in {_key(line) for line in _edge_lines(lines)} if key
    )
    least = max(3, len(pages) // 4)
    running = {key for key, count in edges.items() if count >= least}
    kept = []
    for lines in pages:
        body = [line for line in lines if line.strip()]
        for end in (0, -1):
            for _ in range(2):
                if body and (_key(body[end]) in running or _PAGE_NUMBER.match(body[end].strip())):
                    body.pop(end)
        kept.append(body)
    return kept


def _edge_lines(lines: Sequence[str]) -> list[str]:
    present = [line for line in lines if line.strip()]
    return present[:2] + present[-2:] if len(present) > 4 else present[:1]


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split())).lower()
