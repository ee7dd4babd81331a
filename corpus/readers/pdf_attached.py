"""What a PDF carries beside its pages: attached files, and what was typed into an XFA form."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from corpus.limits import Limits
from corpus.readers.blocks import clean

# Attached files, and values of a form, beyond which a PDF is hostile.
_MOST = 500
_VALUES = 5_000
_LONGEST = 20_000_000


def attached_files(pdf: Any, limits: Limits) -> list[tuple[str, bytes]]:
    """Return names and contents of the files that a PDF carries: a portfolio's, attached ones.

    A file that is larger than a document may be, or cannot be unpacked, has no contents.
    """
    import pypdfium2.raw as raw

    count = min(raw.FPDFDoc_GetAttachmentCount(pdf), _MOST)
    return [
        attached_file(one, limits)
        for place in range(count)
        if (one := raw.FPDFDoc_GetAttachment(pdf, place))
    ]


def attached_file(one: Any, limits: Limits) -> tuple[str, bytes]:
    """Return name and contents of a file by pdfium's handle."""
    import pypdfium2.raw as raw

    size = int(raw.FPDFAttachment_GetName(one, None, 0))
    wide = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFAttachment_GetName(one, wide, size)
    name = clean(bytes(wide).decode("utf-16-le", "ignore").partition("\0")[0])
    # A name may be a path of the machine on which it was attached.
    name = re.split(r"[/\\]", name)[-1] or "attached file"
    length = ctypes.c_ulong()
    if not raw.FPDFAttachment_GetFile(one, None, 0, length) or length.value > limits.bytes:
        return name, b""
    buffer = ctypes.create_string_buffer(length.value)
    if not raw.FPDFAttachment_GetFile(one, buffer, length.value, length):
        return name, b""
    return name, buffer.raw[: length.value]


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
