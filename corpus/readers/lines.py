"""Lines of a page put together into paragraphs: wrapped prose joined, tables left as lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_NUMERIC = re.compile(r"^[($€£¥~≈<>±+-]*\d[\d.,:/%)xkKMB†*-]*$")
BULLET = re.compile(r"^[•●▪■◦‣➢✓❖–—*·-]\s")
ITEM = re.compile(r"^(?:[•●▪■◦‣➢✓❖–—*·-]\s|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s|\[\d{1,3}\]\s)")
_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_NUMBERED = re.compile(
    r"^(?:(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+(?=[A-Z])(?P<title>[^.!?]{3,90})"
    r"|(?:ANNEX|CHAPTER|SECTION|PART|ITEM|APPENDIX|ARTICLE|Annex|Chapter|Part|Appendix|Article|Item)"
    r"\s+(?:\d{1,3}[A-C]?|[IVXL]{1,7}|[A-Z])(?:\.?|[.:]?\s*[—–:-]?\s+[A-Z“][^.!?]{0,78}))$"
)
# First parts that no longer word is parted after ("multi" and "state" are not: multi-plied).
_OF_COMPOUNDS = frozenset(
    "self non cross middle high long well large small two three four first second third".split()
)
_SMALL_WORDS = frozenset("of the to in and a an by up on for or at as".split())
# Endings that are no words by themselves: "long-" + "est" is one word.
_ENDINGS = frozenset("est er ers ed en ing ings ly ness ish ment ments tion tions s".split())
_SECTIONS = {"part": 1, "annex": 1, "chapter": 1, "appendix": 1, "section": 2, "article": 3}
_HYPHEN = re.compile(r"(?P<word>[\w’'.]+)[-\u2010\u00ad\x02\ufffe]$")


def is_heading(line: str) -> int:
    """Return the level of a line that is evidently a numbered heading, or 0."""
    found = _NUMBERED.match(line)
    if not found or line.endswith((",", ";", ":")):
        return 0
    if found["number"] is None:
        return _SECTIONS.get(line.split()[0].lower(), 2)
    # "2 The model saw 40 tokens a second, which": a title is mostly short and not a sentence.
    words = found["title"].split()
    return 0 if len(words) > 12 else found["number"].count(".") + 1


def section_level(line: str) -> int:
    """Return the level of "CHAPTER I", "Article 51" or "Item 1A. Risk Factors", or 0."""
    text = " ".join(line.split())
    return is_heading(text) if 5 <= len(text) <= 100 and text[0].isalpha() else 0


def reflow(lines: Sequence[str], *, words: Collection[str] = (), width: int = 0) -> list[list[str]]:
    """Return paragraphs: each a list of one re-flowed text, or of several lines that stay lines.

    `words` are those of the whole document, lower case, by which a hyphen at a line end is judged,
    `width` is what most of its lines keep to, 0 for what most of these do.
    """
    lengths = sorted(len(line) for line in lines if line.strip())
    width = width or (lengths[int(len(lengths) * 0.9)] if lengths else 0)
    paragraphs: list[list[str]] = []
    run: list[str] = []

    def close() -> None:
        if run:
            paragraphs.append([join_lines(run, words)])
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
    if is_heading(line) or ITEM.match(line):
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


def join_lines(lines: Sequence[str], words: Collection[str]) -> str:
    """Return wrapped lines as one, words parted at line ends put together.

    "fu-" + "ture" becomes "future" and "DeepSeek-" + "R1" stays "DeepSeek-R1": a hyphen goes when
    the word without it stands elsewhere in the document, and stays when the word with it does, or
    when both parts are words there or the first mostly stands in compounds. Else it goes between
    two parts in plain lower case.
    """
    parts: list[str] = []
    for line in lines:
        last = parts[-1] if parts else ""
        # Only the end is searched: on the text so far a million parted lines took minutes.
        hyphen = _HYPHEN.search(last[-60:])
        if not hyphen:
            space = " " if last and not (_CJK.match(last[-1]) and _CJK.match(line)) else ""
            parts.append(space + line)
            continue
        rest = re.match(r"[\w’']*", line)
        after = rest[0] if rest else ""
        whole, apart = f"{hyphen['word']}{after}".lower(), f"{hyphen['word']}-{after}".lower()
        plain = hyphen["word"].isalpha() and after.isalpha() and after.islower()
        compound = apart in words or (
            hyphen["word"].lower() in _OF_COMPOUNDS and after not in _ENDINGS
        )
        if min(len(hyphen["word"]), len(after)) >= 4:
            compound = compound or (hyphen["word"].lower() in words and after in words)
        # "state-of-" + "the-art" and "day-" + "to-day": small words stand between hyphens.
        ahead = last[: -len(hyphen[0])][-1:]
        chain = (ahead == "-" and hyphen["word"].lower() in _SMALL_WORDS) or (
            after in _SMALL_WORDS and line[len(after) :][:1] == "-"
        )
        closed = plain and not chain and (whole in words or not compound)
        parts[-1] = last[:-1] + ("" if closed else "-")
        parts.append(line)
    return "".join(parts)
