"""Documents and passages as rows of the library, and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from typing import Any

from corpus.connections import Row
from corpus.document import Document, Heading, LeftOut, Passage, Source
from corpus.errors import LibraryDamaged
from corpus.extraction_report import ExtractionReport
from corpus.i18n import tr, translatable_from, translatable_json
from corpus.table import Table

# The columns of a source, in its order.
SOURCE = (
    "title", "location", "publisher", "published", "kind", "theme", "updated", "fetched",
)  # fmt: skip
# What a document is beside its source and id, and the columns of a row that hold it: `content` is
# the text, `places` are the passages with the tables, both packed.
DOCUMENT = ("text", "pages", "headings", "left_out", "tables", "reading")
CONTENT = ("content", "pages", "headings", "left_out", "reading", "places")


@contextmanager
def damage_told() -> Iterator[None]:
    """Turn what bytes of another form make their readers raise into LibraryDamaged."""
    try:
        yield
    except (zlib.error, ValueError, TypeError, KeyError) as error:
        raise LibraryDamaged(
            tr("what the library keeps of a document is damaged; restore it from a backup")
        ) from error


def now() -> str:
    """Return the present time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def row_of(document: Document, passages: Sequence[Passage]) -> dict[str, Any]:
    """Return the columns of a document and its passages; the texts are slices, so not repeated."""
    columns = columns_of(document)
    spans_json = json.dumps([(one.start, one.end, one.page, one.heading) for one in passages])
    return {
        "id": document.id,
        **asdict(document.source),
        "content": packed(columns.pop("text")),
        "places": packed_places(spans_json, columns.pop("tables")),
        **columns,
        "passage_count": len(passages),
    }


def packed(text: str) -> bytes:
    """Return a text as the library keeps it: a third of its size, unpacked at 300 MB a second."""
    return zlib.compress(text.encode())


@damage_told()
def unpacked(content: bytes) -> str:
    """Return the text that `packed` made smaller; raises LibraryDamaged."""
    return zlib.decompress(content).decode()


def packed_places(spans: str, tables: str) -> bytes:
    """Return what `places` holds of passages and tables in JSON, each in a line."""
    return packed(f"{spans}\n{tables}")


def spans_in(places: bytes) -> list[tuple[int, int, int, str]]:
    """Return (start, end, page, heading) of each passage, from the column `places`.

    Raises LibraryDamaged.
    """
    return _spans(unpacked(places).partition("\n")[0])


@damage_told()
def _spans(spans_json: str) -> list[tuple[int, int, int, str]]:
    return [(start, end, page, heading) for start, end, page, heading in json.loads(spans_json)]


def columns_of(document: Document) -> dict[str, str]:
    """Return the columns that hold a document beside its source: see `DOCUMENT`."""
    return {
        "text": document.text,
        "pages": json.dumps([document.page_starts, document.page_labels]),
        "headings": json.dumps([(one.start, one.level, one.title) for one in document.headings]),
        "left_out": json.dumps(translatable_json([astuple(one) for one in document.left_out])),
        "tables": json.dumps([astuple(one) for one in document.tables]),
        "reading": json.dumps(
            translatable_json({name: getattr(document, name) for name in _READING})
        ),
    }


def document_of(source: Source, columns: Mapping[str, Any]) -> Document:
    """Return the document that a source and the columns `DOCUMENT` make.

    Raises ValueError, TypeError, KeyError for columns of another form.
    """
    starts, labels = json.loads(columns["pages"])
    reading = json.loads(columns["reading"])
    return Document(
        source,
        str(columns["text"]),
        tuple(map(int, starts)),
        tuple(map(str, labels)),
        tuple(
            Heading(int(a), int(b), str(title)) for a, b, title in json.loads(columns["headings"])
        ),
        _left_out(columns["left_out"]),
        tuple(_table(*one) for one in json.loads(columns["tables"])),
        tuple(map(translatable_from, reading.get("doubts", ()))),
        str(reading.get("language", "")),
        tuple(map(int, reading.get("ocr_pages", ()))),
        tuple(map(str, reading.get("attachments", ()))),
    )


@damage_told()
def extraction_report_from_row(row: Row) -> ExtractionReport:
    """Return how a document was read, from its row without the text; raises LibraryDamaged."""
    reading = json.loads(row["reading"])
    return ExtractionReport(
        row["location"],
        row["id"],
        row["title"],
        row["published"],
        str(reading.get("language", "")),
        _left_out(row["left_out"]),
        tuple(map(translatable_from, reading.get("doubts", ()))),
        tuple(reading.get("ocr_pages", ())),
        tuple(reading.get("attachments", ())),
    )


def _left_out(column: str) -> tuple[LeftOut, ...]:
    # A library of an older version does not say where.
    return tuple(
        LeftOut(str(kind), int(places), *map(translatable_from, where))
        for kind, places, *where in json.loads(column)
    )


_READING = ("doubts", "language", "ocr_pages", "attachments")


def _table(cells: Any, head_rows: int, head_columns: int, caption: str, unit: str) -> Table:
    spans = tuple(tuple((int(start), int(end)) for start, end in row) for row in cells)
    return Table(spans, int(head_rows), int(head_columns), str(caption), str(unit))


class CutDocument:
    """A document with where its passages lie, each made when it is first asked for.

    A search takes two or three of the hundreds of a long report. Thread-safe.
    """

    def __init__(self, document: Document, spans: Mapping[str, tuple[int, int, str]]) -> None:
        """Take a document, and start, end and path of headings of each passage by its id."""
        self.document = document
        self._spans = spans
        self._made: dict[str, Passage] = {}

    def passage(self, passage: str) -> Passage | None:
        """Return the passage of an id; None for one that is not of this document."""
        if passage not in self._spans:
            return None
        made = self._made.get(passage)
        if made is None:
            made = self._made[passage] = self.document.passage(*self._spans[passage])
        return made

    def passages(self) -> list[Passage]:
        """Return all passages, in order."""
        return [made for one in self._spans if (made := self.passage(one))]


@damage_told()
def cut_from_row(row: Row) -> CutDocument:
    """Return the document of a row with its passages; raises LibraryDamaged."""
    spans_json, _, tables_json = unpacked(row["places"]).partition("\n")
    columns = {name: row[name] for name in CONTENT}
    columns |= {"text": unpacked(row["content"]), "tables": tables_json}
    found = document_of(Source(*(row[name] for name in SOURCE)), columns)
    spans = {
        f"{found.id}:{start}-{end}": (start, end, heading)
        for start, end, _, heading in _spans(spans_json)
    }
    return CutDocument(found, spans)


def ids_from_row(row: Row) -> list[str]:
    """Return the passage ids of a row, in order, without touching its text."""
    return [f"{row['id']}:{start}-{end}" for start, end, _, _ in spans_in(row["places"])]
