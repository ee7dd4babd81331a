"""Formats that are not supported, detected by content, and what to save them as instead."""

from __future__ import annotations

import io
import zipfile

from corpus.errors import ReadError
from corpus.i18n import tr

# Signatures of a ZIP archive: its first file, its end, or one in several volumes.
ARCHIVES = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
# What the older Office files, and Outlook messages, are kept in.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RICH_TEXT = b"{\\rtf"
# Office encrypts a file by wrapping it in the older container, under this name.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# What an older Office file calls its main stream, in the order in which they are looked for.
_STREAMS = {
    "WordDocument": ("Word 97–2003 (.doc)", "DOCX"),
    "Workbook": ("Excel 97–2003 (.xls)", "XLSX"),
    "PowerPoint Document": ("PowerPoint 97–2003 (.ppt)", "PPTX"),
}
# Kinds that an archive names in its part "mimetype", or that are known by a part.
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


def is_unsupported(head: bytes) -> bool:
    """Say by the beginning of a file whether it is an archive, an OLE container or rich text."""
    return head.startswith((*ARCHIVES, OLE, _RICH_TEXT))


def is_encrypted(data: bytes) -> bool:
    """Say whether an OLE container is an Office file that needs a password."""
    return data.startswith(OLE) and _ENCRYPTED in data


def refusal(data: bytes) -> ReadError | None:
    """Return why bytes of a format that is known here are not read, None for any others.

    Its reason is "encrypted" or "unsupported".
    """
    if is_encrypted(data):
        return ReadError("encrypted", tr("this file needs a password; save it without one"))
    if data.startswith(OLE):
        return _unsupported(*_ole_kind(data))
    if data.startswith(ARCHIVES):
        told = archive_kind(data)
        return _unsupported(*told) if told else ReadError(
            "unsupported", tr("archives are not read; unpack it and add the folder")
        )  # fmt: skip
    if data[:100].lstrip().startswith(_RICH_TEXT):
        return _unsupported("Rich Text (.rtf)", "DOCX or PDF")
    return None


def _unsupported(what: str, better: str) -> ReadError:
    return ReadError(
        "unsupported",
        tr(
            "this is {what}, which is not read; save it as {better} and add that",
            what=what,
            better=better,
        ),
    )


def _ole_kind(data: bytes) -> tuple[str, str]:
    """Return what an older Office file is, and what to save it as."""
    for stream, told in _STREAMS.items():
        if stream.encode("utf-16-le") in data:
            return told
    return "an old Office file", "DOCX, XLSX or PPTX"


def archive_kind(data: bytes) -> tuple[str, str] | None:
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
