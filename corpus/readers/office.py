"""DOCX, PPTX and XLSX, after a look at the archive they come in."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.limits import Limits
from corpus.readers.about import real_title
from corpus.readers.blocks import Blocks, clean
from corpus.readers.dates import times
from corpus.readers.package import Package
from corpus.readers.sheets import read_sheets
from corpus.readers.word import read_word

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
    kinds = {"docx": "docx", "pptx": "slides", "xlsx": "table"}
    blocks, named = Blocks(), ""
    try:
        checked_archive(data, limits)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            package = Package(archive)
            about = package.properties()
            if kind == "docx":
                read_word(package, blocks)
            elif kind == "xlsx":
                named = read_sheets(package, blocks) or Path(location).stem
            else:
                _pptx(data, blocks)
    except (ReadError, MemoryError):
        raise
    except Exception as error:  # reason: three libraries over hostile XML raise anything
        raise ReadError("damaged", _DAMAGED) from error
    text = blocks.text()
    if not text.strip():
        raise ReadError("empty", "this file holds no text")
    names = (clean(about.get("title", "")), named, blocks.first_heading)
    title = next((one for name in names if (one := real_title(name))), "")
    title = title or clean(text.split("\n")[0])[:120] or Path(location).stem
    # When it was last saved. When it was made may be the template's, and one that was never saved
    # since says no more.
    saved = about.get("modified", "")
    said = {"modified": saved} if saved != about.get("created", "") else {}
    when = times(blocks, kinds[kind], said=said)
    return blocks.document(Source(title, location, kind=kinds[kind], **when))


def _pptx(data: bytes, blocks: Blocks) -> dict[str, str]:
    import pptx

    show = pptx.Presentation(io.BytesIO(data))
    for slide in show.slides:
        if slide.element.get("show") == "0":
            blocks.leave_out("hidden slides")
            continue
        blocks.page()
        title = slide.shapes.title
        if title is not None:
            blocks.heading(1, title.text)
        for shape in slide.shapes:
            if _beside(shape, show):
                blocks.leave_out("hidden text", bool(_text_of(shape).strip()))
            elif shape is not title and shape != title:
                _shape(shape, blocks)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            blocks.paragraph(slide.notes_slide.notes_text_frame.text)
    return {"title": show.core_properties.title or ""}


def _beside(shape: Any, show: Any) -> bool:
    """Say whether a shape lies beside its slide, where no audience sees it, or is switched off."""
    named = next(iter(shape._element.iter("{*}cNvPr")), None)
    if named is not None and named.get("hidden") in {"1", "true"}:
        return True
    sides = (shape.left, shape.top, shape.width, shape.height)
    if any(side is None for side in sides):
        return False
    left, top, width, height = sides
    return bool(
        left + width <= 0
        or top + height <= 0
        or left >= show.slide_width
        or top >= show.slide_height
    )


def _text_of(shape: Any) -> str:
    return str(shape.text_frame.text) if getattr(shape, "has_text_frame", False) else ""


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
