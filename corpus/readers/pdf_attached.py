"""What a PDF carries beside its pages: attached files, and what was typed into an XFA form."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar
from xml.etree import ElementTree

from corpus.formats import DocumentPart
from corpus.limits import DEFAULT_LIMITS
from corpus.readers.blocks import clean, distinct_names

T = TypeVar("T")
# Attached files, annotations of a page and values of a form, beyond which a PDF is hostile.
_MOST = 500
_ANNOTATIONS = 3_000
_VALUES = 5_000
_LONGEST = 20_000_000


def names_of_attached(pdf: Any) -> list[str]:
    """Return the names of the files that a PDF carries as a whole: a portfolio's, attached ones."""
    return [attached_name(one) for one in _attached(pdf)]


def parts_of_pdf(data: bytes) -> list[DocumentPart]:
    """Return the files that a PDF carries, those pinned to places of its pages last.

    What cannot be unpacked is empty.
    """
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return []
    try:
        parts = [_part(one) for one in _attached(pdf)]
        for number in range(len(pdf)):
            with suppress(pypdfium2.PdfiumError):
                parts += pinned_files(pdf[number], _part)
        return distinct_names(parts)
    finally:
        pdf.close()


def pinned_files(page: Any, take: Callable[[Any], T]) -> list[T]:
    """Return what `take` makes of each file that is attached to a place of a page."""
    import pypdfium2.raw as raw

    found = []
    for place in range(min(raw.FPDFPage_GetAnnotCount(page), _ANNOTATIONS)):
        one = raw.FPDFPage_GetAnnot(page, place)
        if raw.FPDFAnnot_GetSubtype(one) == raw.FPDF_ANNOT_FILEATTACHMENT and (
            file := raw.FPDFAnnot_GetFileAttachment(one)
        ):
            found.append(take(file))
        raw.FPDFPage_CloseAnnot(one)
    return found


def attached_name(one: Any) -> str:
    """Return the name of a file by pdfium's handle."""
    import pypdfium2.raw as raw

    size = int(raw.FPDFAttachment_GetName(one, None, 0))
    wide = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFAttachment_GetName(one, wide, size)
    name = clean(bytes(wide).decode("utf-16-le", "ignore").partition("\0")[0])
    # A name may be a path of the machine on which it was attached.
    return re.split(r"[/\\]", name)[-1] or "attached file"


def _attached(pdf: Any) -> Iterator[Any]:
    import pypdfium2.raw as raw

    for place in range(min(raw.FPDFDoc_GetAttachmentCount(pdf), _MOST)):
        if one := raw.FPDFDoc_GetAttachment(pdf, place):
            yield one


def _part(one: Any) -> DocumentPart:
    import pypdfium2.raw as raw

    length = ctypes.c_ulong()
    if not raw.FPDFAttachment_GetFile(one, None, 0, length):
        return DocumentPart(attached_name(one), b"")
    if length.value > DEFAULT_LIMITS.bytes:
        return DocumentPart(attached_name(one), b"")
    buffer = ctypes.create_string_buffer(length.value)
    raw.FPDFAttachment_GetFile(one, buffer, length.value, length)
    return DocumentPart(attached_name(one), buffer.raw)


def is_xfa(pdf: Any) -> bool:
    """Say whether a PDF is a form that draws its pages in Adobe's programs alone (XFA)."""
    import pypdfium2.raw as raw

    return bool(raw.FPDF_GetFormType(pdf) == raw.FORMTYPE_XFA_FULL)


def xfa_values(pdf: Any) -> list[str]:
    """Return what was typed into an XFA form, as "name: value" a line."""
    import pypdfium2.raw as raw

    lines: list[str] = []
    for place in range(min(max(0, raw.FPDF_GetXFAPacketCount(pdf)), 50)):
        if _packet_name(pdf, place) != b"datasets":
            continue
        try:
            root = ElementTree.fromstring(_packet(pdf, place))
        except (ElementTree.ParseError, ValueError):
            continue
        for one in _leaves(root):
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", one.tag.rpartition("}")[2])
            if (value := clean(one.text or "")) and len(lines) < _VALUES:
                lines.append(f"{name.replace('_', ' ')}: {value}")
    return lines


def _leaves(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Yield the elements that hold a value of the form's data, and no description of it."""
    data = next((one for one in root if one.tag.endswith("}data")), None)
    for one in data.iter() if data is not None else ():
        if not len(one):
            yield one


def _packet_name(pdf: Any, place: int) -> bytes:
    import pypdfium2.raw as raw

    size = int(raw.FPDF_GetXFAPacketName(pdf, place, None, 0))
    buffer = ctypes.create_string_buffer(size + 1)
    raw.FPDF_GetXFAPacketName(pdf, place, buffer, size)
    return buffer.value


def _packet(pdf: Any, place: int) -> bytes:
    import pypdfium2.raw as raw

    length = ctypes.c_ulong()
    if not raw.FPDF_GetXFAPacketContent(pdf, place, None, 0, length):
        return b""
    if length.value > _LONGEST:
        return b""
    buffer = ctypes.create_string_buffer(length.value)
    raw.FPDF_GetXFAPacketContent(pdf, place, buffer, length.value, length)
    return buffer.raw[: length.value]
