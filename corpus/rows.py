"""Documents and passages as rows of the library, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from corpus.document import Document, Heading, Passage, Source

# The columns of a source, in its order.
SOURCE = ("title", "location", "publisher", "published", "kind", "theme")


def now() -> str:
    """Return the present moment in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def row_of(document: Document, passages: Sequence[Passage]) -> dict[str, Any]:
    """Return the columns of a document and its passages; the texts are slices, so not repeated."""
    source = document.source
    return {
        "id": document.id,
        "title": source.title,
        "location": source.location,
        "publisher": source.publisher,
        "published": source.published,
        "kind": source.kind,
        "theme": source.theme,
        "text": document.text,
        "pages": json.dumps([document.page_starts, document.page_labels]),
        "headings": json.dumps([(one.start, one.level, one.title) for one in document.headings]),
        "spans": json.dumps([(one.start, one.end, one.page, one.heading) for one in passages]),
        "passage_count": len(passages),
        "left_out": json.dumps(document.left_out),
    }


def document_from_row(row: sqlite3.Row) -> Document:
    """Return the document of a row."""
    starts, labels = json.loads(row["pages"])
    return Document(
        Source(*(row[name] for name in SOURCE)),
        row["text"],
        tuple(starts),
        tuple(labels),
        tuple(Heading(*heading) for heading in json.loads(row["headings"])),
        tuple((kind, places) for kind, places in json.loads(row["left_out"])),
    )


def passages_from_row(row: sqlite3.Row) -> tuple[Passage, ...]:
    """Return the passages of a row, in order."""
    text, document = row["text"], row["id"]
    return tuple(
        Passage(document, start, end, text[start:end], page, heading)
        for start, end, page, heading in json.loads(row["spans"])
    )


def ids_from_row(row: sqlite3.Row) -> list[str]:
    """Return the passage ids of a row, in order, without touching its text."""
    return [f"{row['id']}:{start}-{end}" for start, end, _, _ in json.loads(row["spans"])]
