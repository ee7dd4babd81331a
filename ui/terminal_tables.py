"""Tables in a terminal: columns under their heads, or a row in words where it is too wide."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

from corpus.cells import rows_in
from corpus.document import Document
from corpus.table import Table

_GAP = "  "


def text_lines(document: Document, start: int, end: int, width: int) -> Iterator[str]:
    """Yield the lines of document.text[start:end], tables as columns at most `width` wide.

    Rows that stand there without their head get it; a table that is wider is told row by row, each
    value after the head of its column.
    """
    at = start
    for table in document.tables:
        first, last = max(table.start, at), min(table.end, end)
        if first >= last:
            continue
        if before := document.text[at:first].removesuffix("\n"):
            yield from before.split("\n")
        yield from _table_lines(document, table, first, last, width)
        # The line break behind a row is the row's.
        at = last + document.text.startswith("\n", last)
    if at < end:
        yield from document.text[at:end].split("\n")


def _table_lines(
    document: Document, table: Table, start: int, end: int, width: int
) -> Iterator[str]:
    text = document.text
    first, last = table.row_at(start) or 0, table.row_at(end - 1) or 0
    shown = range(first, last + 1)
    heads = range(table.head_rows) if first >= table.head_rows else range(first, table.head_rows)
    rows = [
        [table.value(text, row, column) for column in range(len(table.cells[row]))]
        for row in sorted({*heads, *shown})
    ]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        for one in rows_in(document, start, end):
            yield text[one.start : one.end] if one.is_head else one.said
        return
    for number, row in enumerate(rows):
        yield _GAP.join(map(set_cell_size, row, widths)).rstrip()
        if heads and number == len(heads) - 1:
            yield _GAP.join("-" * most for most in widths)
