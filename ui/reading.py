"""A document as it is read on the page: its headings, paragraphs and tables, quotes marked.

A short document is read whole; of a long one a part around what is looked for, which the reader
makes larger. Nothing here is HTML: ui/templates/source.html writes it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from assistant.answer import Citation
from corpus.document import Document, Heading
from corpus.table import Span, Table

# A document of so many characters is shown whole: some fifteen pages.
_WHOLE = 40_000
# Characters of a longer one before and after what is looked for, and how many come at a time: the
# quote is drawn at once, and what is scrolled to next is there.
_BEFORE, _AFTER, _MORE = 6_000, 14_000, 20_000
# How far a part may be moved so that it begins and ends with a paragraph.
_SNAP = 3_000
# Rows of a table shown before and after the quoted ones.
_ROWS_BEFORE, _ROWS_AFTER = 60, 140


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a paragraph: plain, "quote" (what was asked for), or an "other" quote.

    A "turn" is where a page begins: its text is the page's number. "at", without a text, is where
    the reader went.
    """

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading of a level (1 is highest; 0: a paragraph), or a table.

    `depth` is the level of a heading in what is shown: a part of a document may begin with one of
    the third, and none is more than one below that before it.
    """

    pieces: tuple[Piece, ...] = ()
    level: int = 0
    depth: int = 0
    table: TableExcerpt | None = None


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell: what it says, whether it is what is cited, whether it is the name of its row."""

    value: str
    marked: bool
    names_row: bool


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row, and whether it is one of those that are quoted."""

    cited: bool
    cells: Sequence[TableCell]


@dataclass(frozen=True, slots=True)
class TableExcerpt:
    """Rows of a table under its heads, each head with the number of its columns.

    `rows_before` and `rows_after` are left out; `has_names` says that rows begin with a name.
    """

    name: str
    caption: str
    has_names: bool
    heads: Sequence[Sequence[tuple[str, int]]]
    rows: Sequence[TableRow]
    width: int
    rows_before: int
    rows_after: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A document or a part of it; `above` and `below` say how many characters more there are."""

    blocks: tuple[Block, ...]
    above: int = 0
    below: int = 0


def part_around(document: Document, start: int, end: int) -> Span:
    """Return the part of a document that is shown at first around a span of it."""
    length = len(document.text)
    if length <= _WHOLE:
        return 0, length
    return max(0, start - _BEFORE), min(length, end + _AFTER)


def part_with_more(document: Document, part: Span, *, above: bool) -> Span:
    """Return a part with what comes before it, or else after it."""
    first, last = part
    if above:
        return max(0, first - _MORE), last
    return first, min(len(document.text), last + _MORE)


def reading(
    document: Document,
    part: Span,
    citation: Citation | None = None,
    others: Sequence[Span] = (),
    at: int = -1,
) -> Reading:
    """Return a part of a document, widened to whole paragraphs and tables.

    What `citation` quotes is marked, and the `others` less so; `at` is where the reader went.
    """
    text = document.text
    first, last = _snapped(document, part)
    quote = (citation.start, citation.end) if citation else (0, 0)
    marks = _Marks(document, quote, others, at)
    blocks: list[Block] = []
    done = first
    begin = bisect_left(document.tables, first, key=lambda table: table.start)
    for table in document.tables[begin:]:
        if table.start >= last:
            break
        blocks += _prose(document, done, table.start, marks)
        if table.start <= at < table.end:
            blocks.append(Block((Piece("", "at"),)))
        blocks.append(Block(table=table_excerpt(document, table, citation)))
        done = table.end
    blocks += _prose(document, done, last, marks)
    depth = 0
    for place, block in enumerate(blocks):
        if block.level:
            depth = min(block.level, depth + 1)
            blocks[place] = replace(block, depth=depth)
    return Reading(tuple(blocks), above=first, below=len(text) - last)


def contents(document: Document) -> list[tuple[int, Heading]]:
    """Return the headings of a document, each with its level as it is shown (1 to 4)."""
    levels = sorted({one.level for one in document.headings})
    return [
        (min(levels.index(one.level) + 1, 4), one) for one in document.headings if one.title.strip()
    ]


def _snapped(document: Document, part: Span) -> Span:
    """Return a part that begins and ends with a paragraph or table, or else a word."""
    text = document.text
    first, last = part
    if table := document.table_at(first):
        first = table.start
    elif first:
        low = max(0, first - _SNAP)
        at = text.rfind("\n\n", low, first)
        first = at + 2 if at >= 0 else max(text.rfind(" ", low, first) + 1, low)
    if last < len(text) and (table := document.table_at(last)):
        last = table.end
    elif last < len(text):
        at = text.find("\n\n", last, last + _SNAP)
        if at < 0:
            at = text.find(" ", last, last + _SNAP)
        last = at if at >= 0 else min(len(text), last + _SNAP)
    return first, last


class _Marks:
    """Which spans of a document are marked, where its pages begin and where the reader went."""

    def __init__(self, document: Document, quote: Span, others: Sequence[Span], at: int) -> None:
        self._at = at
        self._document = document
        self._quote = quote
        self._others = [one for one in others if one != quote]

    def pieces(self, start: int, end: int) -> tuple[Piece, ...]:
        """Return a stretch of the text, cut where marks begin and end and where pages begin."""
        starts = self._document.page_starts
        turns = set(starts[bisect_left(starts, start) : bisect_left(starts, end)])
        edges = {edge for span in (self._quote, *self._others) for edge in span}
        edges.add(self._at)
        cuts = sorted({start, end, *turns, *(one for one in edges if start < one < end)})
        found: list[Piece] = []
        for left, right in pairwise(cuts):
            if left in turns:
                found.append(Piece(str(bisect_right(starts, left)), "turn"))
            if left == self._at:
                found.append(Piece("", "at"))
            found.append(Piece(self._document.text[left:right], self._kind(left)))
        return tuple(found)

    def _kind(self, at: int) -> str:
        if self._quote[0] <= at < self._quote[1]:
            return "quote"
        return "other" if any(start <= at < end for start, end in self._others) else ""


def _prose(document: Document, start: int, end: int, marks: _Marks) -> Iterator[Block]:
    """Yield the headings and paragraphs of a stretch without tables."""
    text, headings = document.text, document.headings
    levels = sorted({one.level for one in headings})
    while start < end:
        stop = text.find("\n\n", start, end)
        stop = end if stop < 0 else stop
        left, right = _stripped(text, start, stop)
        place = bisect_left(headings, left, key=lambda one: one.start)
        heading = headings[place] if place < len(headings) else None
        if heading and heading.start < right and _stands(text, heading):
            line = text.find("\n", heading.start, right)
            line = right if line < 0 else line
            if left < heading.start:
                yield Block(marks.pieces(*_stripped(text, left, heading.start)))
            level = min(levels.index(heading.level) + 1, 4)
            yield Block(marks.pieces(heading.start, line), level)
            left = _stripped(text, line, right)[0]
        if left < right:
            yield Block(marks.pieces(left, right))
        start = stop + 2


def _stripped(text: str, start: int, end: int) -> Span:
    """Return a span without the line breaks around it; the indent of a first line stays."""
    while start < end and text[start] == "\n":
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _stands(text: str, heading: Heading) -> bool:
    """Say whether a heading is in the text: that of an attachment is only above it."""
    return text.startswith(heading.title[:20], heading.start)


def table_excerpt(
    document: Document, table: Table, citation: Citation | None = None
) -> TableExcerpt:
    """Return a table, or its rows around a quote; the rows of the quote, and the cell, are marked.

    A table that is not quoted is shown from its beginning.
    """
    text = document.text
    cited: list[int] = []
    if citation and citation.start < citation.end:
        cited = [
            row
            for row in range(len(table.cells))
            if _meets(table.row_span(row), (citation.start, citation.end))
        ]
    around = (cited[0], cited[-1] + 1) if cited else (table.head_rows, table.head_rows)
    first = max(table.head_rows, around[0] - _ROWS_BEFORE)
    last = min(len(table.cells), around[1] + _ROWS_AFTER)
    cell = citation.cell if citation else None
    quoted = (citation.start, citation.end) if citation else (0, 0)
    marked = (cell.start, cell.end) if cell else quoted
    return TableExcerpt(
        name=table.title or document.source.title,
        caption=table.title,
        has_names=bool(table.head_columns),
        heads=[list(_head_cells(text, table, row)) for row in range(table.head_rows)],
        rows=[
            TableRow(row in cited, list(_cells(text, table, row, marked if row in cited else None)))
            for row in range(first, last)
        ],
        width=len(table.cells[0]),
        rows_before=first - table.head_rows,
        rows_after=len(table.cells) - last,
    )


def _meets(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _head_cells(text: str, table: Table, row: int) -> Iterator[tuple[str, int]]:
    """Yield the heads of a row, each with the number of columns that it stands over."""
    values = [table.value(text, row, column) for column in range(len(table.cells[row]))]
    for value, group in groupby(values):
        yield value, len(list(group))


def _cells(text: str, table: Table, row: int, marked: Span | None) -> Iterator[TableCell]:
    """Yield the cells of a row; those that lie within `marked` are marked."""
    for column, (start, end) in enumerate(table.cells[row]):
        value = text[start:end]
        hit = marked is not None and start < end and marked[0] <= start and end <= marked[1]
        yield TableCell(value, hit, column < table.head_columns and bool(value))
