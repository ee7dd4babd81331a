"""What a PDF says of itself, by pypdf, which also reads the text that pdfium refuses to."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.limits import FileLimits
from corpus.readers.blocks import clean
from corpus.readers.dates import parse_date
from corpus.readers.pdf_title import stated_title

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
# Outlines deeper or longer than this say nothing more, and a hostile one never ends.
_OUTLINE_ENTRIES = 3_000
_AUTHORING = re.compile(
    r"TeX|xdvipdfmx|Microsoft.{0,3} Word|LibreOffice|InDesign|Pages|Google Docs|Typst",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class About:
    """Title and year of making (each "" if it has none), page labels, and the outline.

    The outline holds, by 0-based page, titles with their levels.
    """

    title: str = ""
    year: str = ""
    labels: tuple[str, ...] = ()
    outline: dict[int, list[tuple[int, str]]] = field(default_factory=dict)


def about_pdf(data: bytes) -> About:
    """Return what a PDF says of itself; nothing where that cannot be read. Never raises."""
    with _configured():
        reader: Any = _tried(lambda: _reader(data), None)
        if reader is None:
            return About()
        title = _tried(lambda: stated_title(str((reader.metadata or {}).get("/Title") or "")), "")
        none: tuple[str, ...] = ()
        labels = _tried(lambda: tuple(reader.page_labels), none)
        plain = tuple(str(number + 1) for number in range(len(labels)))
        outline: dict[int, list[tuple[int, str]]] = {}
        nothing: list[tuple[int, int, str]] = []
        for page, level, name in _tried(lambda: list(_outline(reader)), nothing)[:_OUTLINE_ENTRIES]:
            outline.setdefault(page, []).append((level, name))
        return About(
            title=title,
            year=_tried(lambda: _year(reader), ""),
            labels=() if labels == plain else labels,
            outline=outline,
        )


def _tried(read: Callable[[], T], default: T) -> T:
    try:
        return read()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # reason: pypdf raises anything on odd files; text still counts
        _LOG.debug("a part of what a PDF says of itself cannot be read", exc_info=True)
        return default


def text_by_pypdf(data: bytes, limits: FileLimits) -> list[str]:
    """Return the text of each page; raises ReadError (damaged, encrypted, too_large)."""
    try:
        with _configured():
            reader = _reader(data)
            if reader.is_encrypted and not reader.decrypt(""):
                raise ReadError(
                    "encrypted",
                    tr("this PDF needs a password; save it without one and add it again"),
                )
            if len(reader.pages) > limits.pages:
                raise ReadError(
                    "too_large", tr("this PDF has more than {pages} pages", pages=limits.pages)
                )
            return [page.extract_text() for page in reader.pages]
    except (ReadError, MemoryError):
        raise
    except Exception as error:  # reason: 2.8 % of mutated files raised no PyPdfError
        raise ReadError(
            "damaged",
            tr("this PDF is damaged; open it in a viewer, save it anew and add it again"),
        ) from error


def _configured() -> AbstractContextManager[Any]:
    """Return pypdf's limits as a context, a third of its own and less: nothing real needs more."""
    from pypdf import apply_configuration

    return apply_configuration(
        zlib_maximum_output_length=20_000_000,
        lzw_maximum_output_length=20_000_000,
        run_length_maximum_output_length=20_000_000,
        array_based_stream_maximum_output_length=20_000_000,
        maximum_declared_stream_length=50_000_000,
        stream_decoding_work_maximum_length=60_000_000,
        stream_parsing_work_maximum_count=200_000,
        xmp_maximum_input_length=1_000_000,
        outline_maximum_entries=_OUTLINE_ENTRIES,
        jbig2dec_binary=None,
    )


def _reader(data: bytes) -> Any:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return pypdf.PdfReader(io.BytesIO(data))


def _year(reader: Any) -> str:
    """Return the year in which an authoring program wrote the file, or "".

    The time is that of the last run and not of publication: of 21 papers made by pdfTeX it named
    the right year for 21 and the right month for 16, so no more than the year is believed. A file
    made by a converter says when it was converted, which is nothing.
    """
    about = reader.metadata or {}
    program = f"{about.get('/Producer') or ''} {about.get('/Creator') or ''}"
    if not _AUTHORING.search(program):
        return ""
    return parse_date(str(about.get("/CreationDate") or ""))[:4]


def _outline(reader: Any, entries: Any = None, level: int = 1) -> Iterator[tuple[int, int, str]]:
    if level > 6:
        return
    for entry in reader.outline if entries is None else entries:
        if isinstance(entry, list):
            yield from _outline(reader, entry, level + 1)
        elif entry.title and (page := reader.get_destination_page_number(entry)) is not None:
            yield page, level, clean(str(entry.title))
