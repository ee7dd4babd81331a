"""DOCX, PPTX and XLSX, after a look at the archive they come in."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from pathlib import Path

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.formats import OUR_WORDS, FileReader
from corpus.i18n import tr
from corpus.limits import FileLimits
from corpus.readers.blocks import Blocks, clean
from corpus.readers.charsets import decoded
from corpus.readers.dates import source_dates
from corpus.readers.office_package import Package
from corpus.readers.page_metadata import real_title
from corpus.readers.sheets import read_sheets
from corpus.readers.slides import read_slides
from corpus.readers.text import read_text
from corpus.readers.unsupported import ARCHIVES, archive_kind
from corpus.readers.word import read_word

# The head of a page is no title.
_MARGIN = re.compile(r"Page (?:header|footer): ")
# Nor is the table of contents, nor a line of it.
_LISTED = re.compile(
    r"^(?:(?:table of )?contents|inhalt(?:sverzeichnis)?|sommaire|table des matières|índice|目录)$|"
    r"^\d[\d.]* .*\s\d+$",
    re.IGNORECASE,
)
# When the template that python-pptx brings was saved; what is made from it keeps it.
_TEMPLATE = "2013-01-27T09:15:58Z"
_DAMAGED = "this file is damaged; open it in its program, save it anew and add it again"
# With macros, as templates and as shows: the same formats under other names.
_SUFFIXES = (
    ".docx", ".docm", ".dotx", ".dotm", ".xlsx", ".xlsm", ".xltx", ".xltm", ".pptx", ".pptm",
    ".ppsx", ".ppsm", ".potx", ".potm",
)  # fmt: skip
_TYPE = "application/vnd.openxmlformats-officedocument."


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


def checked_archive(data: bytes, limits: FileLimits) -> None:
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
            "too_large",
            tr(
                "this archive has {parts} parts; the limit is {limit}",
                parts=len(parts),
                limit=limits.entries,
            ),
        )
    if inflated > limits.inflated or (
        inflated > 1_000_000 and inflated > limits.ratio * max(1, packed)
    ):
        raise ReadError(
            "too_large",
            tr("this archive would inflate to {bytes} bytes; not opened", bytes=f"{inflated:,}"),
        )


def read_office(data: bytes, location: str, kind: str, limits: FileLimits) -> Document:
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
                read_slides(package, blocks)
    except (ReadError, MemoryError):
        raise
    except Exception as error:  # reason: hostile XML makes a reader raise anything
        raise ReadError("damaged", _DAMAGED) from error
    text = blocks.text()
    if not text.strip():
        raise ReadError("empty", tr("this file holds no text"))
    names = (clean(about.get("title", "")), named, blocks.first_heading)
    title = next((one for name in names if (one := real_title(name))), "")
    lines = text.split("\n")
    own = (line for line in lines if line and not _MARGIN.match(line) and not _LISTED.search(line))
    title = title or clean(next(own, ""))[:120] or Path(location).stem
    # When it was last saved. When it was made may be the template's, and one that was never saved
    # since says no more.
    saved = about.get("modified", "")
    stated = {} if saved in {about.get("created", ""), _TEMPLATE} else {"modified": saved}
    when = source_dates(blocks, kinds[kind], said=stated)
    return blocks.document(Source(title, location, kind=kinds[kind], **when))


def _is_office(data: bytes, suffix: str) -> bool:
    """Say whether bytes are an Office file, or an archive under the name of one."""
    if not data.startswith(ARCHIVES) or archive_kind(data):
        return False
    return suffix in _SUFFIXES or bool(office_kind(data))


def _read(data: bytes, location: str, limits: FileLimits) -> Document:
    """Return an Office file, or the plain text that lies under the name of one, as a document."""
    if not data.startswith(ARCHIVES):
        return read_text(decoded(data), location)
    kind = office_kind(data)
    if not kind:
        raise ReadError("damaged", tr("this Office file is damaged; save it anew and add it again"))
    return read_office(data, location, kind, limits)


OFFICE = FileReader(
    words=OUR_WORDS["office"],
    suffixes=_SUFFIXES,
    types={
        f"{_TYPE}wordprocessingml.document": ".docx",
        f"{_TYPE}presentationml.presentation": ".pptx",
        f"{_TYPE}spreadsheetml.sheet": ".xlsx",
    },
    sniff=_is_office,
    read=_read,
    imports=("lxml.etree", "xlfmt"),
)
