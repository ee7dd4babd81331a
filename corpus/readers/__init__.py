"""Reading a file into a document: its format by its content first, then by its suffix."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from corpus.document import WITHIN, Document
from corpus.errors import ReadError
from corpus.files import contents, opened
from corpus.limits import DEFAULT_LIMITS, Limits
from corpus.readers.charsets import decoded
from corpus.readers.foreign import of_archive, of_ole, of_text
from corpus.readers.html import read_html
from corpus.readers.mail import parts_of_mail, parts_of_outlook, read_mail, read_outlook
from corpus.readers.markdown import read_markdown
from corpus.readers.office import office_kind, read_office
from corpus.readers.outlook import is_outlook
from corpus.readers.parts import Part
from corpus.readers.pdf import Recognised, read_pdf
from corpus.readers.pdf_attached import parts_of_pdf
from corpus.readers.tabular import read_csv
from corpus.readers.text import read_text
from corpus.said import said

# With macros, as templates and as shows: the same formats under other names.
_OFFICE = frozenset(
    ".docx .docm .dotx .dotm .xlsx .xlsm .xltx .xltm .pptx .pptm .ppsx .ppsm .potx .potm".split()
)
SUPPORTED_SUFFIXES = _OFFICE | frozenset(
    ".md .markdown .txt .text .rst .html .htm .xhtml .mhtml .mht .pdf .eml .msg .mbox "
    ".csv .tsv".split()
)
_MAIL = re.compile(rb"\A(?:From [^\n]*\n)?(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.IGNORECASE)
_MAIL_HEADER = re.compile(
    # The last is how Word begins a web archive.
    rb"^(?:(?:from|mime-version|received|message-id|date):|content-type:\s*multipart/)",
    re.IGNORECASE | re.MULTILINE,
)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_BY_SUFFIX = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".csv": "csv",
    ".tsv": "csv",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".eml": "mail",
    ".mbox": "mail",
    ".mht": "mail",
    ".mhtml": "mail",
    # Without the mark of one at its beginning: the reader of PDFs says what is wrong.
    ".pdf": "pdf",
}
# What holds other documents, and how they are taken out: in the order of its `attachments`.
_CARRIERS: dict[str, Callable[[bytes], list[Part]]] = {
    "mail": parts_of_mail,
    "outlook": parts_of_outlook,
    "pdf": parts_of_pdf,
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Return the document in the file at `path`; its location is the absolute path.

    Raises ReadError with a reason code and a line that says what would help.
    """
    with opened(path) as descriptor:
        return read_open(descriptor, path.absolute(), limits=limits)


def read_open(
    descriptor: int,
    path: Path,
    *,
    part: Sequence[str] = (),
    recognised: Recognised | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Document:
    """Return the document in an open file; `path` is only its name. Raises ReadError as `read`.

    With `part` it is a document within that one: the name it has among the `attachments` there,
    after the names of those that it lies within. Its location is the file's, then each name, "#"
    ahead of it. `recognised` are the lines that OCR read on pages (from 1) of a PDF.
    """
    if not part:
        _parts.cache_clear()
    location = WITHIN.join((str(path), *part))
    path, data = part_in(contents(descriptor, limits), path, part)
    if not data.strip():
        raise ReadError("empty", said("this file is empty"))
    try:
        kind = _kind(path, data)
        if kind == "pdf" and recognised:
            document = read_pdf(data, str(path), limits, recognised)
        else:
            document = _parsed(path, data, kind, limits)
    except RecursionError as error:
        raise ReadError("damaged", said("this file is nested too deeply to be read")) from error
    if len(document.text) > limits.characters:
        raise ReadError(
            "too_large",
            said(
                "this file holds {count} characters, over {limit}",
                count=f"{len(document.text):,}",
                limit=f"{limits.characters:,}",
            ),
        )
    return replace(document, source=replace(document.source, location=location))


def part_in(data: bytes, path: Path, part: Sequence[str]) -> tuple[Path, bytes]:
    """Return a name that tells the format, and the bytes, of a document within another.

    `data` and `path` are those of the outermost. Raises ReadError("missing") where there is none.
    """
    for name in part:
        kind = _kind(path, data)
        found = next((one for one in _parts(kind, data) if one.name == name), None)
        if found is None:
            raise ReadError("missing", said("this file holds no document {name}", name=name))
        path, data = Path(name), found.data
        if found.suffix and path.suffix.lower() not in SUPPORTED_SUFFIXES:
            path = Path(f"{name}{found.suffix}")
    return path, data


# Those that were last asked for: the parts of one file are read one after the other.
@lru_cache(maxsize=2)
def _parts(kind: str, data: bytes) -> list[Part]:
    return _CARRIERS[kind](data) if kind in _CARRIERS else []


def _parsed(path: Path, data: bytes, kind: str, limits: Limits) -> Document:
    location = str(path)
    if kind == "pdf":
        return read_pdf(data, location, limits)
    if kind in {"docx", "pptx", "xlsx"}:
        return read_office(data, location, kind, limits)
    if kind == "html":
        return read_html(data, location)
    if kind == "mail":
        return read_mail(data, location)
    if kind == "outlook":
        return read_outlook(data, location)
    if kind == "csv":
        return read_csv(data, location)
    if kind == "markdown":
        return read_markdown(decoded(data), location)
    return read_text(decoded(data), location)


def _kind(path: Path, data: bytes) -> str:
    """Return the format of a file; raises ReadError (unsupported, encrypted, damaged)."""
    suffix = path.suffix.lower()
    kind = _kind_by_content(path, data)
    if kind:
        return kind
    if suffix not in SUPPORTED_SUFFIXES:
        raise ReadError(
            "unsupported",
            said(
                "{suffix} is not a format that is read; give PDF, HTML, DOCX, PPTX, XLSX, CSV, "
                "EML, Markdown or plain text",
                suffix=suffix or "no suffix",
            ),
        )
    return _BY_SUFFIX.get(suffix, "text")


def _kind_by_content(path: Path, data: bytes) -> str:
    """Return the format that the bytes show, or "" where they show none."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    # First: what a mail holds shows in it as it is.
    if _MAIL.match(head) and len(_MAIL_HEADER.findall(head)) >= 2:
        return "mail"
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(_OLE):
        # Office encrypts a DOCX by wrapping it in the older container.
        if b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e" in data:
            raise ReadError("encrypted", said("this file needs a password; save it without one"))
        if path.suffix.lower() == ".msg" or is_outlook(data):
            return "outlook"
        raise _foreign(*of_ole(data))
    if data.startswith(b"PK"):
        return _kind_of_archive(path, data)
    if other := of_text(data):
        raise _foreign(*other)
    is_markdown = path.suffix.lower() in {".md", ".markdown"}
    return "html" if _PAGE.search(head) and not is_markdown else ""


def _foreign(what: str, better: str) -> ReadError:
    return ReadError(
        "unsupported",
        said(
            "this is {what}, which is not read; save it as {better} and add that",
            what=what,
            better=better,
        ),
    )


def _kind_of_archive(path: Path, data: bytes) -> str:
    if other := of_archive(data):
        raise _foreign(*other)
    if kind := office_kind(data):
        return kind
    if path.suffix.lower() in _OFFICE:
        raise ReadError(
            "damaged", said("this Office file is damaged; save it anew and add it again")
        )
    raise ReadError("unsupported", said("archives are not read; unpack it and add the folder"))
