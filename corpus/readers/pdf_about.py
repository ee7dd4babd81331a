"""What a PDF says of itself, by pypdf, which also reads the text that pdfium refuses to."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.errors import ReadError
from corpus.readers.blocks import clean
from corpus.readers.dates import parse_date
from corpus.readers.limits import Limits

# Outlines deeper or longer than this say nothing more, and a hostile one never ends.
_OUTLINE_ENTRIES = 3_000
_NO_TITLE = re.compile(
    r"^(?:untitled|microsoft (?:word|powerpoint)\b.*|[\W\d_]*|"
    r".*\.(?:docx?|pdf|indd|tex|dvi|qxd|pptx?))$",
    re.IGNORECASE,
)

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


def about_pdf(path: Path) -> About:
    """Return what a PDF says of itself; nothing where that cannot be read. Never raises."""
    try:
        reader = _reader(path)
        title = clean(str((reader.metadata or {}).get("/Title") or ""))
        year = _year(reader)
        labels = tuple(reader.page_labels)
        plain = tuple(str(number + 1) for number in range(len(labels)))
        outline: dict[int, list[tuple[int, str]]] = {}
        for count, (page, level, name) in enumerate(_outline(reader, reader.outline, 1)):
            if count >= _OUTLINE_ENTRIES:
                break
            outline.setdefault(page, []).append((level, name))
    except Exception:  # noqa: BLE001  # reason: pypdf raises anything on odd files; text still counts
        return About()
    return About(
        title="" if len(title) < 8 or _NO_TITLE.match(title) else title,
        year=year,
        labels=() if labels == plain else labels,
        outline=outline,
    )


def text_by_pypdf(path: Path, limits: Limits) -> list[str]:
    """Return the text of each page; raises ReadError (damaged, encrypted, too_large)."""
    try:
        reader = _reader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ReadError(
                "encrypted", "this PDF needs a password; save it without one and add it again"
            )
        if len(reader.pages) > limits.pages:
            raise ReadError("too_large", f"this PDF has more than {limits.pages} pages")
        return [page.extract_text() for page in reader.pages]
    except ReadError:
        raise
    except Exception as error:  # reason: 2.8 % of mutated files raised no PyPdfError
        raise ReadError(
            "damaged", "this PDF is damaged; open it in a viewer, save it anew and add it again"
        ) from error


def _reader(path: Path) -> Any:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return pypdf.PdfReader(path)


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


def _outline(reader: Any, entries: Any, level: int) -> Iterator[tuple[int, int, str]]:
    if level > 6:
        return
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline(reader, entry, level + 1)
        elif entry.title and (page := reader.get_destination_page_number(entry)) is not None:
            yield page, level, clean(str(entry.title))
