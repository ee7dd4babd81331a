"""A table of a document as HTML: the rows around a quote under their heads, the cell marked."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from corpus.document import Document
from corpus.table import Span, Table
from ui.wording import word

# Rows shown before and after the quoted ones; the reader has the rest in the original.
_BEFORE, _AFTER = 5, 15


def table_html(
    document: Document, table: Table, quote: Span, language: str, *, cell: Span = (0, 0)
) -> str:
    """Return a table in a box that scrolls by itself: its heads and the rows around `quote`.

    Rows of the quote, and the cell that begins at `cell`, are marked.
    """
    text, start, end = document.text, *quote
    rows = range(len(table.cells))
    hit = [row for row in rows if _meets(table.row_span(row), start, end)]
    around = (hit[0], hit[-1] + 1) if hit else (table.head_rows, table.head_rows)
    first = max(table.head_rows, around[0] - _BEFORE)
    last = min(len(table.cells), around[1] + _AFTER)
    name = word("source.table", language, name=table.title or document.source.title)
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    body = "".join(_body_row(text, table, row, row in hit, cell) for row in range(first, last))
    width = len(table.cells[0])
    return (
        f'<div class="grid" tabindex="0" role="region" aria-label="{escape(name)}">'
        f"<table{' class=named' if table.head_columns else ''}>{caption}"
        f"<thead>{''.join(_heads(text, table))}</thead><tbody>"
        f"{_gap(first - table.head_rows, width, language)}{body}"
        f"{_gap(len(table.cells) - last, width, language)}</tbody></table></div>"
    )


def _meets(span: Span, start: int, end: int) -> bool:
    return span[0] < end and start < span[1]


def _heads(text: str, table: Table) -> Iterator[str]:
    """Yield the rows of column heads; a head over several columns is one cell."""
    for row in range(table.head_rows):
        values = [table.value(text, row, column) for column in range(len(table.cells[row]))]
        cells = []
        for value, group in groupby(values):
            count = len(list(group))
            if not value:
                cells.append("<td></td>" * count)
            elif count > 1:
                cells.append(
                    f'<th scope="colgroup" colspan="{count}"><span>{escape(value)}</span></th>'
                )
            else:
                cells.append(f'<th scope="col">{escape(value)}</th>')
        yield f"<tr>{''.join(cells)}</tr>"


def _body_row(text: str, table: Table, row: int, hit: bool, marked: Span) -> str:
    cells = []
    for column, (start, end) in enumerate(table.cells[row]):
        value = escape(text[start:end])
        if hit and start < end and marked[0] <= start and end <= marked[1]:
            value = f"<mark>{value}</mark>"
        if column < table.head_columns and value:
            cells.append(f'<th scope="row">{value}</th>')
        else:
            cells.append(f"<td>{value}</td>")
    return f"<tr{' class=cited' if hit else ''}>{''.join(cells)}</tr>"


def _gap(rows: int, width: int, language: str) -> str:
    """Return a row that says how many are left out; "" for none."""
    if rows < 1:
        return ""
    said = word("source.more_rows", language, count=rows)
    return f'<tr class="gap"><td colspan="{width}">{escape(said)}</td></tr>'
