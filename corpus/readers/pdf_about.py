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
from corpus.readers.limits import Limits

# Outlines deeper or longer than this say nothing more, and a hostile one never ends.
_OUTLINE_ENTRIES = 3_000
_NO_TITLE = re.compile(
    r"^(?:untitled|microsoft (?:word|powerpoint)\b.*|[\W\d_]*|"
    r".*\.(?:docx?|pdf|indd|tex|dvi|qxd|pptx?))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class About:
    """Title ("" if it has none), page labels, and outline titles with levels by 0-based page."""

    title: str = ""
    labels: tuple[str, ...] = ()
    outline: dict[int, list[tuple[int, str]]] = field(default_factory=dict)


def about_pdf(path: Path) -> About:
    """Return what a PDF says of itself; nothing where that cannot be read. Never raises."""
    try:
        reader = _reader(path)
        title = clean(str((reader.metadata or {}).get("/Title") or ""))
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


def _outline(reader: Any, entries: Any, level: int) -> Iterator[tuple[int, int, str]]:
    if level > 6:
        return
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline(reader, entry, level + 1)
        elif entry.title and (page := reader.get_destination_page_number(entry)) is not None:
            yield page, level, clean(str(entry.title))
