"""DOCX, PPTX and XLSX, after a look at the archive they come in; CSV beside them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.limits import Limits
from corpus.readers.blocks import Blocks, clean
from corpus.readers.dates import stated_date
from corpus.readers.text import decoded

_DAMAGED = "this file is damaged; open it in its program, save it anew and add it again"


def office_kind(data: bytes) -> str:
    """Return "docx", "pptx", "xlsx" or "" by the parts that an archive holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return ""
    for part, kind in (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx")):
        if "[Content_Types].xml" in names and any(name.startswith(part) for name in names):
            return kind
    return ""


def checked_archive(data: bytes, limits: Limits) -> None:
    """Raise ReadError("too_large") for an archive that would inflate beyond the limits.

    Sizes are those the archive declares; what inflates to more is cut off by the memory limit of
    the process that reads.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    by_place = sorted(parts, key=lambda part: part.header_offset)
    if any(
        one.header_offset + one.compress_size > after.header_offset
        for one, after in pairwise(by_place)
    ):
        # Parts that share their bytes are how a small archive inflates without end (CVE-2024-0450).
        raise ReadError("damaged", _DAMAGED)
    inflated = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if len(parts) > limits.entries:
        raise ReadError(
            "too_large", f"this archive has {len(parts)} parts; the limit is {limits.entries}"
        )
    if inflated > limits.inflated or (
        inflated > 1_000_000 and inflated > limits.ratio * max(1, packed)
    ):
        raise ReadError(
            "too_large", f"this archive would inflate to {inflated:,} bytes; not opened"
        )


def read_office(data: bytes, location: str, kind: str, limits: Limits) -> Document:
    """Return a DOCX, PPTX or XLSX as text; raises ReadError (damaged, too_large, empty)."""
    read: dict[str, Callable[[bytes, Blocks], dict[str, str]]] = {
        "docx": _docx, "pptx": _pptx, "xlsx": _xlsx,
    }  # fmt: skip
    kinds = {"docx": "docx", "pptx": "slides", "xlsx": "table"}
    blocks = Blocks()
    try:
        checked_archive(data, limits)
        about = read[kind](data, blocks)
    except (ReadError, MemoryError):
        raise
    except Exception as error:  # reason: three libraries over hostile XML raise anything
        raise ReadError("damaged", _DAMAGED) from error
    return _finished(blocks, location, kinds[kind], about.get("title", ""))


def _finished(blocks: Blocks, location: str, kind: str, title: str) -> Document:
    text = blocks.text()
    if not text.strip():
        raise ReadError("empty", "this file holds no text")
    title = clean(title) or blocks.first_heading or clean(text.split("\n")[0])[:120]
    title = title or Path(location).stem
    return blocks.document(Source(title, location, "", stated_date(text), kind))


def _docx(data: bytes, blocks: Blocks) -> dict[str, str]:
    import docx
    from docx.table import Table

    document = docx.Document(io.BytesIO(data))
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            blocks.apart()
            for row in part.rows:
                blocks.row(_distinct([cell.text for cell in row.cells]))
            blocks.apart()
            continue
        style = str(part.style.name if part.style is not None else "")
        text = _shown(part)
        if style == "Title":
            blocks.heading(1, text)
        elif style.startswith("Heading") and style[-1].isdigit():
            blocks.heading(int(style[-1]), text)
        elif style.startswith("List"):
            blocks.line(f"- {text}" if text.strip() else "")
        else:
            blocks.paragraph(text)
    return {"title": document.core_properties.title or ""}


def prepare() -> None:
    """Read ahead the styles that python-docx gives a DOCX without any, from a file of its own."""
    from docx.parts.styles import StylesPart

    part: Any = StylesPart
    styles = part._default_styles_xml()
    part._default_styles_xml = classmethod(lambda _: styles)


def _shown(paragraph: Any) -> str:
    """Return the text of a paragraph without the runs that are formatted as hidden."""
    runs = [
        run
        for part in paragraph.iter_inner_content()
        for run in (part.runs if hasattr(part, "runs") else [part])
    ]
    if not any(run.font.hidden for run in runs):
        return str(paragraph.text)
    return "".join(run.text for run in runs if not run.font.hidden)


def _distinct(cells: list[str]) -> list[str]:
    """Drop the repeats by which python-docx shows a merged cell."""
    return [cell for place, cell in enumerate(cells) if not place or cell != cells[place - 1]]


def _pptx(data: bytes, blocks: Blocks) -> dict[str, str]:
    import pptx

    show = pptx.Presentation(io.BytesIO(data))
    for slide in show.slides:
        if slide.element.get("show") == "0":
            continue
        blocks.page()
        title = slide.shapes.title
        if title is not None:
            blocks.heading(1, title.text)
        for shape in slide.shapes:
            if shape is not title and shape != title:
                _shape(shape, blocks)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            blocks.paragraph(slide.notes_slide.notes_text_frame.text)
    return {"title": show.core_properties.title or ""}


def _shape(shape: Any, blocks: Blocks) -> None:
    if hasattr(shape, "shapes"):
        for inner in shape.shapes:
            _shape(inner, blocks)
    elif getattr(shape, "has_table", False):
        for row in shape.table.rows:
            blocks.row([cell.text for cell in row.cells])
    elif getattr(shape, "has_text_frame", False):
        for paragraph in shape.text_frame.paragraphs:
            blocks.line("".join(run.text for run in paragraph.runs))


def _xlsx(data: bytes, blocks: Blocks) -> dict[str, str]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return _sheets(book, blocks)


def _sheets(book: Any, blocks: Blocks) -> dict[str, str]:
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        blocks.heading(1, sheet.title)
        for row in sheet.iter_rows(values_only=True):
            blocks.row([_cell(cell) for cell in row])
    title = str(book.properties.title or "")
    book.close()
    return {"title": title}


def _cell(value: object) -> str:
    """Return a cell as a reader would write it: a day without its midnight, 12 and not 12.0."""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def read_csv(data: bytes, location: str) -> Document:
    """Return a CSV or TSV file as rows; raises ReadError (encoding, empty)."""
    text = decoded(data)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:8_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    blocks = Blocks()
    try:
        for row in csv.reader(io.StringIO(text), dialect):
            blocks.row(row)
    except csv.Error as error:
        raise ReadError("damaged", f"this table cannot be read ({error})") from error
    return _finished(blocks, location, "table", Path(location).stem)
