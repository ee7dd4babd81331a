"""Columns of running text on a PDF's page, put in reading order whatever order they are drawn in.

pdfium gives letters as they are drawn and takes what stands on one height for one line: a page that
is drawn line by line over its columns came out as "and it took nine twelve years of the opening".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.readers.pdf_page import Line, Piece
from corpus.table import is_figure

# Words this many heights of letters apart may be of two columns; spaces of justified text are less.
_APART = 0.65
# A column has so many lines at least, this wide, and most of them as wide as the column.
_FEWEST, _NARROWEST, _FULL = 3, 6.0, 0.55
# So many lines of running text go on in the middle of a sentence.
_GOES_ON = 0.35
# Two columns with this share of what the page has are no labels of a drawing.
_WHOLE = 0.4
# Lines of a column begin at one place, to this many points.
_ALIGNED = 3.0
_MIDDLE = re.compile(r"[“\"‘'(]?[a-z\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a line stands in one column: the line's number as drawn, its words, its ends."""

    number: int
    line: Line
    pieces: tuple[Piece, ...]

    @property
    def left(self) -> float:
        return self.pieces[0][1] if self.pieces else self.line.left

    @property
    def right(self) -> float:
        return self.pieces[-1][2] if self.pieces else self.line.right

    @property
    def text(self) -> str:
        return " ".join(text for text, _, _ in self.pieces) if self.pieces else self.line.text


def in_columns(page: Sequence[Line]) -> list[Line]:
    """Return the lines of a page so that each column of running text is read to its end.

    Lines that run over two columns are parted. A page that is drawn column by column, as most are,
    stays as it is, and so does one without columns, and a table.
    """
    if any(line.turned for line in page):
        return list(page)
    parts = [part for number, line in enumerate(page) for part in _parts(number, line)]
    ordered = _ordered(parts, len(parts))
    if ordered is None:
        return list(page)
    return _lines(ordered)


def _parts(number: int, line: Line) -> list[_Part]:
    """Return a line as its parts between wide gaps."""
    if not line.pieces:
        return [_Part(number, line, ())]
    found: list[list[Piece]] = [[line.pieces[0]]]
    for before, piece in pairwise(line.pieces):
        if piece[1] - before[2] > _APART * line.size:
            found.append([])
        found[-1].append(piece)
    return [_Part(number, line, tuple(pieces)) for pieces in found]


def _ordered(parts: Sequence[_Part], most: int) -> list[_Part] | None:
    """Return parts of lines in reading order, or None where they are drawn in it already.

    The page has `most` parts in all.
    """
    for gutter in _gutters(parts):
        for run in _runs(parts, gutter):
            left = [part for part in run if part.left < gutter]
            right = [part for part in run if part.left >= gutter]
            if not (_is_prose(left) and _is_prose(right)) or _ruled(run, gutter):
                continue
            inside = {id(part) for part in run}
            top = max(part.line.base for part in run)
            rest = [part for part in parts if id(part) not in inside]
            above = [part for part in rest if part.line.base > top]
            below = [part for part in rest if part.line.base <= top]
            inner = [_ordered(side, most) for side in (left, right)]
            outer = [_ordered(side, most) if side else None for side in (above, below)]
            drawn = _is_drawn_so(left, right, most)
            if drawn and not any([*inner, *outer]):
                return None
            if not drawn:
                left, right = (sorted(side, key=_from_top) for side in (left, right))
            return [
                *(outer[0] or above),
                *(inner[0] or left),
                *(inner[1] or right),
                *(outer[1] or below),
            ]
    return None


def _gutters(parts: Sequence[_Part]) -> list[float]:
    """Return where columns may begin, but for the first, from the left."""
    lefts = sorted(
        part.left for part in parts if part.right - part.left > _NARROWEST * part.line.size
    )
    groups: list[list[float]] = []
    for left in lefts:
        if groups and left - groups[-1][0] <= _ALIGNED:
            groups[-1].append(left)
        else:
            groups.append([left])
    return [group[0] - 0.5 for group in groups[1:] if len(group) >= _FEWEST]


def _runs(parts: Sequence[_Part], gutter: float) -> list[list[_Part]]:
    """Return the parts between those that run over a gutter, from the top."""
    runs: list[list[_Part]] = [[]]
    over = sorted(
        (part.line.base for part in parts if part.left < gutter < part.right - 1), reverse=True
    )
    at = 0
    for part in sorted(parts, key=_from_top):
        if part.left < gutter < part.right - 1:
            continue
        if at < len(over) and over[at] >= part.line.base:
            while at < len(over) and over[at] >= part.line.base:
                at += 1
            runs.append([])
        runs[-1].append(part)
    return runs


def _is_prose(side: Sequence[_Part]) -> bool:
    """Say whether the lines of a column are running text."""
    if len(side) < _FEWEST:
        return False
    width = max(part.right for part in side) - min(part.left for part in side)
    full = median(part.right - part.left for part in side)
    goes_on = sum(bool(_MIDDLE.match(part.text)) for part in side)
    figures = sum(is_figure(part.text) for part in side)
    # Cells of one row are parts at one height.
    heights = len({round(part.line.base) for part in side})
    one_each = heights >= 0.8 * len(side) or full < _FULL * width
    return (
        one_each
        and full > _NARROWEST * median(part.line.size for part in side)
        and goes_on >= _GOES_ON * len(side)
        and figures <= 0.2 * len(side)
    )


def _ruled(run: Sequence[_Part], gutter: float) -> bool:
    """Say whether rules run over a gutter, as those of a table do."""
    rules = {rule for part in run for rule in part.line.rules}
    return sum(rule.left < gutter - 20 and rule.right > gutter + 20 for rule in rules) >= 3


def _is_drawn_so(left: Sequence[_Part], right: Sequence[_Part], most: int) -> bool:
    """Say whether two columns are drawn one by one, or block by block as in a drawing.

    They are not where lines run over both, where lines of one and the other take turns, and where
    the right one is drawn first, on a page that has little else.
    """
    shared = len({part.number for part in left} & {part.number for part in right})
    sides = sorted([(part.number, 0) for part in left] + [(part.number, 1) for part in right])
    turns = sum(one[1] != other[1] for one, other in pairwise(sides))
    fewest = min(len(left), len(right))
    last = max(part.number for part in right)
    backwards = sum(part.number > last for part in left) > 0.8 * len(left)
    whole = len(left) + len(right) > _WHOLE * most
    return 2 * shared < fewest and turns < fewest and not (backwards and whole)


def _from_top(part: _Part) -> tuple[float, float]:
    return -part.line.base, part.left


def _lines(parts: Sequence[_Part]) -> list[Line]:
    """Return parts as lines, those of one line that still stand beside each other as one."""
    runs: list[list[_Part]] = []
    for part in parts:
        if runs and runs[-1][0].number == part.number:
            runs[-1].append(part)
        else:
            runs.append([part])
    return [_line(run) for run in runs]


def _line(run: Sequence[_Part]) -> Line:
    line = run[0].line
    pieces = tuple(piece for part in run for piece in part.pieces)
    if len(pieces) == len(line.pieces):
        return line
    left, right = pieces[0][1], pieces[-1][2]
    return replace(
        line,
        text=" ".join(text for text, _, _ in pieces),
        left=left,
        right=right,
        gaps=sum(after[1] - before[2] > line.size for before, after in pairwise(pieces)),
        pieces=pieces,
        marks=line.marks if run[0].pieces[0] is line.pieces[0] else (),
        rules=tuple(rule for rule in line.rules if rule.left < right and rule.right > left),
    )
