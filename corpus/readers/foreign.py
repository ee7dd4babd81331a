"""Formats that are not read, by their content, and what a person can save them as."""

from __future__ import annotations

import io
import zipfile

# What an older Office file calls its main stream, in the order in which they are looked for.
_STREAMS = {
    "WordDocument": ("Word 97–2003 (.doc)", "DOCX"),
    "Workbook": ("Excel 97–2003 (.xls)", "XLSX"),
    "PowerPoint Document": ("PowerPoint 97–2003 (.ppt)", "PPTX"),
}
# The kinds that an archive names in its first part, or shows by a part of its own.
_NAMED = {
    "opendocument.text": ("OpenDocument (.odt)", "DOCX or PDF"),
    "opendocument.spreadsheet": ("OpenDocument (.ods)", "XLSX"),
    "opendocument.presentation": ("OpenDocument (.odp)", "PPTX"),
    "epub+zip": ("EPUB", "PDF or HTML"),
}
_PARTS = {
    "xl/workbook.bin": ("a binary workbook (.xlsb)", "XLSX"),
    "Index/Document.iwa": ("Pages, Numbers or Keynote", "DOCX, XLSX or PPTX"),
}


def of_ole(data: bytes) -> tuple[str, str]:
    """Return what an older Office file is, and what to save it as."""
    for stream, told in _STREAMS.items():
        if stream.encode("utf-16-le") in data:
            return told
    return "an old Office file", "DOCX, XLSX or PPTX"


def of_archive(data: bytes) -> tuple[str, str] | None:
    """Return what an archive is, and what to save it as; None for one that is only an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100] if _is_small(archive, names) else b""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None
    for part, told in _PARTS.items():
        if part in names:
            return told
    return next((told for name, told in _NAMED.items() if name in kind.decode("latin-1")), None)


def _is_small(archive: zipfile.ZipFile, names: set[str]) -> bool:
    return "mimetype" in names and archive.getinfo("mimetype").file_size < 1_000


def of_text(data: bytes) -> tuple[str, str] | None:
    """Return what a text with marks of a program is, and what to save it as."""
    return (
        ("Rich Text (.rtf)", "DOCX or PDF") if data[:100].lstrip().startswith(b"{\\rtf") else None
    )
