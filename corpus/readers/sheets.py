"""Workbooks: each sheet's tables with their captions, its comments, drawings and charts."""

from __future__ import annotations

import re

from corpus.readers.blocks import Blocks, clean
from corpus.readers.charts import inner_text, title_of, write_chart
from corpus.readers.package import Package, child, inner, name
from corpus.readers.runs import is_page_number
from corpus.readers.sheet_areas import SheetTable, areas_of
from corpus.readers.sheet_cells import (
    Book,
    drawings_of,
    name_of,
    notes_of,
    read_sheet,
    relation,
)
from corpus.table import heads_of

# What programs call a sheet until somebody names it.
_UNNAMED = re.compile(
    r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Planilha|Plan|Blad|Ark|Arkusz|List|Лист|工作表|シート)\s?\d*$"
)


def read_sheets(package: Package, blocks: Blocks) -> str:
    """Write the text of a workbook; return a title, the first caption or "", for one without.

    Raises KeyError or ValueError for a damaged file.
    """
    book = Book(package, blocks)
    title = ""
    for sheet in inner(book.root, "x:sheet"):
        named = clean(sheet.get("name") or "")
        if sheet.get("state", "visible") != "visible":
            blocks.leave_out("hidden sheets")
            continue
        part = package.target(package.main, relation(sheet))
        if not package.has(part):
            continue
        blocks.heading(1, named)
        said = _sheet(book, part, named, blocks)
        title = title or ("" if _UNNAMED.match(named) else named) or said
    return title


def _sheet(book: Book, part: str, title: str, blocks: Blocks) -> str:
    """Write a sheet; return its first caption."""
    found = ""
    sheet = read_sheet(book, part, title)
    for text in sheet.margins:
        if not is_page_number(text.partition(": ")[2]):
            blocks.paragraph(text)
    for table in areas_of(sheet):
        found = found or next((one for one in (*table.above, table.caption) if one), "")
        _write(table, blocks)
    for place, author, text in notes_of(book, part):
        by = f" by {author}" if author else ""
        blocks.paragraph(f"Comment on {name_of(place)}{by}: {text}")
    _drawings(book, part, blocks)
    return found


def _write(table: SheetTable, blocks: Blocks) -> None:
    if table.rows:
        for text in table.above:
            blocks.paragraph(text)
    else:
        blocks.rows(table.above)
    if table.thin:
        for row in table.rows:
            blocks.row(row)
    elif table.rows:
        heads = None if table.heads is None else (table.heads, heads_of(table.rows)[1])
        blocks.table(table.rows, heads=heads, caption=table.caption, unit=table.unit)
    for text in table.below:
        blocks.paragraph(text)


def _drawings(book: Book, part: str, blocks: Blocks) -> None:
    for drawing, root in drawings_of(book, part):
        for shape in inner(root, "xdr:sp"):
            words = child(shape, "xdr:txBody")
            for text in inner_text(words):
                blocks.paragraph(text)
        for frame in inner(root, "c:chart"):
            chart = book.package.once(book.package.target(drawing, relation(frame)))
            if chart is None:
                continue
            if any(True for _ in inner(chart, "c:f")):
                # Its data are cells of the workbook, which are read.
                blocks.paragraph(f"Chart: {title}" if (title := title_of(chart)) else "")
            else:
                write_chart(chart, blocks)
        blocks.leave_out("pictures", sum(name(one) == "xdr:pic" for one in root.iter()))
