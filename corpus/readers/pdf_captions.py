"""Captions of a PDF's tables: of those above and below each table, its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from corpus.readers.lines import join_lines
from corpus.readers.pdf_page import PdfLine
from corpus.readers.pdf_rows import CAPTION

# Lines further apart, in heights of letters, are not of one table and its caption.
_STEP = 3.0
# Lines of one caption below a table stand closer.
_WITHIN = 1.5
_MOST_ABOVE, _MOST_BELOW = 8, 12


def captions_of(
    tables: Sequence[tuple[Sequence[PdfLine], bool]],
    page: Sequence[PdfLine],
    words: Collection[str],
) -> list[str]:
    """Return the caption of each table of a page, "" for one without.

    `tables` are the lines of each from top to bottom, and whether its unit is known: then a title
    in capitals above it is a caption too. A page sets captions above its tables or below. Where
    one stands on both sides of a table, the side is that of the tables with one on one side only,
    then the nearer; no caption is given to two tables.
    """
    taken = {id(line) for lines, _ in tables for line in lines}
    near = [
        (_neighbours(lines, page, taken, 1), _neighbours(lines, page, taken, -1))
        for lines, _ in tables
    ]
    above = [_caption_above(lines) for lines, _ in near]
    below = [_caption_below(lines) for _, lines in near]
    votes = sum(bool(one) - bool(other) for one, other in zip(above, below, strict=True))
    if not votes:
        for (lines, _), one, other in zip(tables, above, below, strict=True):
            if one and other:
                higher = one[-1].base - lines[0].base <= lines[-1].base - other[0].base
                votes += 1 if higher else -1
    first, second = (above, below) if votes >= 0 else (below, above)
    given = {id(line) for lines in first for line in lines}
    found = []
    for (_, unit), one, other, (upper, _) in zip(tables, first, second, near, strict=True):
        mine = one or [line for line in other if id(line) not in given]
        if not mine and unit and not any(CAPTION.match(line.text) for line in upper):
            titles = (line for line in upper if line.text.isupper())
            mine = [line for line in titles if len(line.text.split()) > 2][:1]
        found.append(join_lines([line.text for line in mine], words))
    return found


def _neighbours(
    lines: Sequence[PdfLine], page: Sequence[PdfLine], taken: Collection[int], way: int
) -> list[PdfLine]:
    """Return the lines above (1) or below (-1) a table, nearest first, to a space or a table."""
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    end = lines[0] if way > 0 else lines[-1]
    beside = (
        line
        for line in page
        if way * (line.base - end.base) > 0 and line.right > left and line.left < right
    )
    found: list[PdfLine] = []
    at = end.base
    for line in sorted(beside, key=lambda line: way * line.base):
        far = abs(line.base - at) > _STEP * max(line.size, end.size)
        if far or id(line) in taken or len(found) == max(_MOST_ABOVE, _MOST_BELOW):
            break
        at = line.base
        found.append(line)
    return found


def _caption_above(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Return the lines of the caption that ends above a table, from its first."""
    for number, line in enumerate(lines[:_MOST_ABOVE]):
        if CAPTION.match(line.text):
            return list(lines[number::-1])
    return []


def _caption_below(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Return the lines of the caption that begins below a table."""
    if not lines or not CAPTION.match(lines[0].text):
        return []
    found = [lines[0]]
    for line in lines[1:_MOST_BELOW]:
        if found[-1].base - line.base > _WITHIN * line.size:
            break
        found.append(line)
    return found
