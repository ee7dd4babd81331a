"""Line numbers in the margin of bills, filings and manuscripts, told from numbers of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.readers.lines import is_table_line
from corpus.readers.pdf_furniture import LeftOutLine
from corpus.readers.pdf_page import PdfLine

# They form a column, aligned to this many points, this share of the letters' height off the text.
_ALIGNED, _AWAY = 3.0, 0.35
# Every line has one, or every fifth or so; fewer than this many are something else.
_FEWEST, _FEWEST_APART = 5, 3


@dataclass(frozen=True, slots=True)
class _Number:
    """A number at the edge of a line: which line, its value, its ends, where it stands."""

    place: int
    value: int
    left: float
    right: float
    base: float
    alone: bool


def without_line_numbers(
    pages: Sequence[Sequence[PdfLine]],
) -> tuple[list[list[PdfLine]], list[LeftOutLine]]:
    """Return the pages' lines without line numbers in a margin, and the numbers removed.

    They count by ones, or by the same step, from the top of the page to its end, in one column
    beside running text: the ranks of a table and the numbers of a list do not. Where every fifth
    line has one, a page has two of them, or one: those count when they stand in one column on all
    pages.
    """
    kept, left_out = [], []
    columns = [
        _column(page, on_left=True) or _column(page, on_left=False) or _sparse(page)
        for page in pages
    ]
    columns = _agreed_columns(pages, columns)
    for number, (page, found) in enumerate(zip(pages, columns, strict=True)):
        gone = {one.place: one for one in found}
        kept.append(
            [
                _without(line, gone[place]) if place in gone else line
                for place, line in enumerate(page)
                if not (place in gone and gone[place].alone)
            ]
        )
        left_out += [LeftOutLine(number, "line numbers", str(one.value)) for one in found]
    return kept, left_out


def _column(page: Sequence[PdfLine], *, on_left: bool) -> list[_Number]:
    found = [one for place, line in enumerate(page) if (one := _number(place, line, on_left))]
    if len(found) < _FEWEST_APART:
        return []
    for ends in ([one.left for one in found], [one.right for one in found]):
        middle = median(ends)
        column = [
            one for one, end in zip(found, ends, strict=True) if abs(end - middle) <= _ALIGNED
        ]
        if _counts(column) and _is_beside(page, column, on_left):
            return column
    return []


def _sparse(page: Sequence[PdfLine]) -> list[_Number]:
    """Return two numbers, of every fifth or tenth line, that alone are too few to be sure."""
    for on_left in (True, False):
        found = [one for place, line in enumerate(page) if (one := _number(place, line, on_left))]
        found = [one for one in found if one.value % 5 == 0]
        found.sort(key=lambda one: -one.base)
        for one, other in pairwise(found):
            near = min(abs(one.left - other.left), abs(one.right - other.right)) <= _ALIGNED
            step = other.value - one.value
            if near and step in (5, 10) and _is_beside(page, [one, other], on_left):
                return [one, other]
    return []


def _agreed_columns(
    pages: Sequence[Sequence[PdfLine]], columns: Sequence[list[_Number]]
) -> list[list[_Number]]:
    """Return the columns of numbers by page, those of few numbers as the other pages have them."""
    found = [one for one in columns if one]
    sure = any(len(one) >= _FEWEST_APART for one in found)
    sparse = [one for one in found if all(number.value % 5 == 0 for number in one)]
    if not sparse or len(found) > len(sparse):
        return [one if len(one) >= _FEWEST_APART else [] for one in columns]
    alike = [one for one in sparse if _at(one[0], sparse[0][0])]
    if not sure and len(alike) < 2:
        return [[] for _ in columns]
    step = alike[0][1].value - alike[0][0].value
    return [
        (one if len(one) >= _FEWEST_APART or _at(one[0], alike[0][0]) else [])
        if one
        else _lone(page, alike[0][0], step)
        for page, one in zip(pages, columns, strict=True)
    ]


def _at(one: _Number, other: _Number) -> bool:
    """Say whether two numbers are in one column."""
    return min(abs(one.left - other.left), abs(one.right - other.right)) <= _ALIGNED


def _lone(page: Sequence[PdfLine], like: _Number, step: int) -> list[_Number]:
    """Return the only number of a page in the column of the other pages."""
    for on_left in (True, False):
        for place, line in enumerate(page):
            one = _number(place, line, on_left)
            if one and one.value % step == 0 and _at(one, like):
                return [one]
    return []


def _number(place: int, line: PdfLine, on_left: bool) -> _Number | None:
    """Return the number that begins or ends a line and stands apart from its text."""
    pieces = line.pieces
    if not pieces or line.turned:
        return None
    text, left, right = pieces[0 if on_left else -1]
    if not (text.isdecimal() and text.isascii() and len(text) <= 4):
        return None
    if len(pieces) > 1:
        gap = pieces[1][1] - right if on_left else left - pieces[-2][2]
        if gap < _AWAY * line.size:
            return None
    return _Number(place, int(text), left, right, line.base, len(pieces) == 1)


def _counts(column: list[_Number]) -> bool:
    """Say whether numbers count down the page by one step."""
    column.sort(key=lambda one: -one.base)
    steps = [after.value - before.value for before, after in pairwise(column)]
    if not steps:
        return False
    step = sorted(steps)[len(steps) // 2]
    least = _FEWEST if step == 1 else _FEWEST_APART
    return step > 0 and len(column) >= least and steps.count(step) >= 0.9 * len(steps)


def _is_beside(page: Sequence[PdfLine], column: Sequence[_Number], on_left: bool) -> bool:
    """Say whether running text stands beside a column of numbers, from its first to its last."""
    numbered = {one.place: one for one in column}
    texts = []
    for place, line in enumerate(page):
        one = numbered.get(place)
        rest = line if one is None else None if one.alone else _without(line, one)
        if rest is not None and not rest.turned:
            texts.append(rest)
    edge = max(one.right for one in column) if on_left else min(one.left for one in column)
    inside = [
        line for line in texts if (line.left >= edge - 1 if on_left else line.right <= edge + 1)
    ]
    between = [line for line in inside if column[-1].base - 2 <= line.base <= column[0].base + 2]
    # With every fifth line numbered, lines above the first and below the last have no number.
    apart = (column[0].base - column[-1].base) / max(1, len(column) - 1)
    reach = 2 if column[-1].value - column[0].value < len(column) else apart
    near = [
        line for line in inside if column[-1].base - reach <= line.base <= column[0].base + reach
    ]
    if len(inside) < 0.85 * len(texts) or len(near) < 0.6 * len(inside) or not between:
        return False
    # As many lines as are counted, or nearly: sections of a table of contents are further apart.
    rows = len({round(line.base / 2) for line in between})
    if not 0.6 < rows / (column[-1].value - column[0].value + 1) < 1.7:
        return False
    prose = [line for line in between if len(line.text.split()) >= 4]
    sentences = sum(line.text[0].isupper() and line.text.endswith(".") for line in between)
    tabular = sum(is_table_line(line.text) or line.gaps > 1 for line in between)
    return (
        len(prose) >= 0.5 * len(between)
        and sentences < 0.7 * len(between)
        and tabular < 0.3 * len(between)
    )


def _without(line: PdfLine, number: _Number) -> PdfLine:
    """Return a line without the number at its edge."""
    first = line.pieces[0][0] == str(number.value) and line.pieces[0][1] == number.left
    pieces = line.pieces[1:] if first else line.pieces[:-1]
    return replace(
        line,
        text=" ".join(text for text, _, _ in pieces),
        pieces=pieces,
        left=pieces[0][1],
        right=pieces[-1][2],
    )
