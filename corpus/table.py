"""A table of a document as rows and columns, each cell a span of the document's text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]

# One class of signs behind the digits, not a choice of them repeated: on "100 and more words" that
# went through every way to part the letters, for minutes.
_FIGURE = re.compile(
    r"^[\s($€£¥~≈<>±+–−-]*(?:[A-Z]{2,3}\s?)?\d[\d.,'\s:/×^–-]*[%a-zA-Z°²³µ)†*\s]*$"
)
_NO_VALUE = re.compile(r"^(?:[-–—.…*]+|n/?a|nil|none|na)?$", re.IGNORECASE)
_UNIT = re.compile(
    r"\((?:(?:all|values|figures|amounts) )?(?P<sign>[$€£¥] ?)?in (?P<unit>[^\W\d][^(),;]{1,30})"
    r"[,;)]|\b(?:units?|einheit|unité|unidad|单位)\s*[:=：]\s*(?P<said>[^.;()]{1,30})",
    re.IGNORECASE,
)

# A head of more rows, or longer than so many characters, is no name any more.
_DEEPEST = 8
_LONGEST_HEAD = 4_000


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a table, by row and column, all rows of one length.

    `cells[row][column]` is the span (start, end) of the cell in the document's text; an empty cell
    is an empty span. A merged cell stands, with a span of its own, in every place that it covers.
    The first `head_rows` rows name the columns, the first `head_columns` columns name the rows.
    `caption` is the table's title as the document gives it, `unit` what its values are counted in
    ("tonnes", "US$ million"); both "" where nothing says so.
    """

    cells: tuple[tuple[Span, ...], ...]
    head_rows: int = 0
    head_columns: int = 0
    caption: str = ""
    unit: str = ""

    @property
    def start(self) -> int:
        """The offset of the first row."""
        return self.cells[0][0][0]

    @property
    def end(self) -> int:
        """The offset behind the last row."""
        return self.cells[-1][-1][1]

    def row_at(self, offset: int) -> int | None:
        """Return the row whose line holds an offset, or None outside the table."""
        if not self.start <= offset < self.end:
            return None
        return bisect_right(self.cells, offset, key=lambda row: row[0][0]) - 1

    def row_span(self, row: int) -> Span:
        """Return the span of a row's line."""
        return self.cells[row][0][0], self.cells[row][-1][1]

    def value(self, text: str, row: int, column: int) -> str:
        """Return what a cell says; `text` is the document's."""
        start, end = self.cells[row][column]
        return text[start:end]

    def column_heads(self, text: str) -> list[str]:
        """Return the name of each column, the parts of heads over several rows joined by " › "."""
        return [self.column_head(text, column) for column in range(len(self.cells[0]))]

    def column_head(self, text: str, column: int) -> str:
        """Return the name of a column."""
        rows = range(min(self.head_rows, _DEEPEST))
        return _path(self.value(text, row, column) for row in rows)

    def row_head(self, text: str, row: int) -> str:
        """Return the name of a row."""
        columns = range(min(self.head_columns, _DEEPEST))
        return _path(self.value(text, row, column) for column in columns)

    @property
    def title(self) -> str:
        """The caption with the unit behind it, where it does not say that itself."""
        if not self.unit or self.unit.casefold() in self.caption.casefold():
            return self.caption
        return f"{self.caption} ({self.unit})".strip()

    def head_for(self, text: str, start: int, end: int) -> str:
        """Return what names the cells of text[start:end], where that begins below the head.

        Title and column heads as a line ("Ships › Name | Type | Crew"), the heads of those columns
        that the span has cells in; a part of one row has the name of the row too. "" for a span
        that begins with the head itself, or outside the table.
        """
        first = self.row_at(start)
        if first is None or first < self.head_rows:
            return ""
        last = self.row_at(min(end, self.end) - 1) or first
        row = self.cells[first]
        before = 0
        if first == last:
            before = max(0, bisect_right(row, start, key=lambda cell: cell[0]) - 1)
        ends = (
            bisect_left(self.cells[number], min(end, self.row_span(number)[1]), key=_ends)
            for number in range(first, last + 1)
        )
        names: list[str] = []
        for column in range(before, min(max(ends) + 1, len(row))):
            names.append(self.column_head(text, column))
            if sum(map(len, names)) > _LONGEST_HEAD:
                break
        part = before > 0 or end < self.row_span(first)[1]
        name = self.row_head(text, first) if part and before >= self.head_columns else ""
        columns = " | ".join(names) if any(names) else ""
        return " › ".join(one for one in (self.title, name, columns) if one)


def _ends(cell: Span) -> int:
    return cell[1]


def _path(parts: Iterable[str]) -> str:
    """Join the parts of a name that differ."""
    said: list[str] = []
    for part in parts:
        if part and (not said or said[-1] != part):
            said.append(part)
    return " › ".join(said)


def is_figure(cell: str) -> bool:
    """Say whether a cell holds a value: a number, with sign, unit or currency."""
    return bool(_FIGURE.match(cell))


def detect_heads(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many first rows and first columns are heads, by what the cells hold.

    For formats that do not say. Rows over the first that holds a figure are column heads, a year
    alone being a name there; at most four, and always fewer than all. A first column is a row head
    where most of it is words.
    """
    if len(rows) < 2:
        return 0, 0
    head_rows = 0
    for number, row in enumerate(rows[:4]):
        said = [cell for cell in row if not _NO_VALUE.match(cell)]
        # Under the heads, a name alone is that of the rows below it ("Current assets:").
        if number and row[0] and sum(map(bool, row)) == 1 < sum(map(bool, rows[number - 1])):
            break
        if any(is_figure(cell) and not _is_year(cell) for cell in said):
            break
        head_rows += 1
    else:
        # Words all the way down: the first row names the columns.
        head_rows = 1
    head_rows = min(head_rows, len(rows) - 1)
    below = rows[head_rows:]
    words = sum(bool(row[0]) and not is_figure(row[0]) for row in below)
    return head_rows, int(len(rows[0]) > 1 and (words * 2 > len(below) or _years(below)))


def _is_year(cell: str) -> bool:
    return bool(re.fullmatch(r"(?:FY\s?)?(?:1[89]|20)\d\d(?:[/–-]\d\d(?:\d\d)?)?", cell.strip()))


def _years(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first column is of years."""
    return all(_is_year(row[0]) for row in rows)


def find_unit(*lines: str) -> str:
    """Return what values are counted in, where a line about a table says so: "in tonnes"."""
    found = next(filter(None, map(_UNIT.search, lines)), None)
    if found is None:
        return ""
    return found["said"].strip() if found["said"] else (found["sign"] or "") + found["unit"]
