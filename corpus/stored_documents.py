"""Reading what a record holds of documents: lists, texts, passages, vectors, places, originals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from corpus.catalogue import Entry, LibraryChange, LibraryNews, entries, missing, news_since
from corpus.connections import Connection, Connections, Row
from corpus.document import WITHIN, Document, Passage, Source
from corpus.errors import NotInLibrary
from corpus.extraction_report import ExtractionReport
from corpus.i18n import tr
from corpus.originals import Original, Originals
from corpus.rows import (
    CONTENT,
    SOURCE,
    CutDocument,
    cut_from_row,
    damage_told,
    extraction_report_from_row,
    ids_from_row,
    unpacked,
)
from corpus.stored_vectors import (
    VECTORS,
    Matrix,
    matrix_of,
    token_codes_at,
    token_codes_of,
)
from corpus.token_codes import TokenCodes


class StoredDocuments:
    """The documents of a record, read from any thread; what writes them is `corpus.library`."""

    def __init__(self, connections: Connections, originals: Originals) -> None:
        """Read from the record behind `connections`; `originals` keeps the files."""
        self._connections = connections
        self._originals = originals
        # The collection that documents are added to, where a view says so (`Library.into`).
        self._into: str | None = None
        # What `entries` read last, and in which state.
        self._listed: tuple[tuple[Any, ...], tuple[Entry, ...]] | None = None
        # The text under an id never changes; 128 documents are a few MB.
        self._texts = lru_cache(maxsize=128)(self._load)

    def changes_since(self, generation: int) -> list[LibraryChange]:
        """Return the changes after `generation`, oldest first."""
        rows = self._connections.rows(
            "SELECT generation, document, visible FROM changes WHERE generation > ? ORDER BY 1",
            (generation,),
        )
        return [LibraryChange(row[0], row[1], bool(row[2])) for row in rows]

    def news(self, generation: int) -> LibraryNews:
        """Return what came and went after a generation."""
        return self._connections.read(lambda connection: news_since(connection, generation))

    def generation_before(self, day: str) -> int:
        """Return the last generation before a day (ISO 8601, UTC)."""
        (row,) = self._connections.rows(
            "SELECT coalesce(max(generation), 0) FROM changes WHERE at < ?", (day,)
        )
        return int(row[0])

    def entries(self) -> list[Entry]:
        """Return the visible documents, newest publication first, then by title.

        They are read once for each state: a question asks for them several times, and reading
        14,000 takes half a second.
        """
        # By the last change and not its number alone: a transaction may have been rolled back. A
        # place that is removed beside others is no change of a document.
        state = self._connections.read(_state)
        if self._listed is None or self._listed[0] != state:
            self._listed = state, tuple(self._connections.read(entries))
        return list(self._listed[1])

    def entry(self, document: str) -> Entry:
        """Return one visible document as listed; raises NotInLibrary."""
        for entry in self.entries():
            if entry.id == document:
                return entry
        raise missing(document)

    def extraction_reports(self, documents: Sequence[str]) -> dict[str, ExtractionReport]:
        """Return the extraction reports of documents by id, without loading their texts."""
        some = list(dict.fromkeys(documents))
        if not some:
            return {}
        rows = self._connections.rows(
            "SELECT id, title, location, published, left_out, reading FROM documents"
            f" WHERE id IN ({', '.join('?' * len(some))})",
            some,
        )
        return {str(row["id"]): extraction_report_from_row(row) for row in rows}

    def every_document(self) -> list[str]:
        """Return the ids of all documents, replaced and removed ones included."""
        return [
            str(row[0]) for row in self._connections.rows("SELECT id FROM documents ORDER BY id")
        ]

    def resolve(self, prefix: str) -> str:
        """Return the id of the one visible document whose id starts so; raises NotInLibrary."""
        found = [entry.id for entry in self.entries() if prefix and entry.id.startswith(prefix)]
        if not found:
            raise missing(prefix)
        if len(found) > 1:
            raise NotInLibrary(
                tr(
                    "{count} documents have an id starting {id}: give more",
                    count=len(found),
                    id=repr(prefix),
                )
            )
        return found[0]

    def document(self, document: str) -> Document:
        """Return a document as published, replaced and removed ones included."""
        rows = self._connections.rows(
            f"SELECT {', '.join(SOURCE)} FROM documents WHERE id = ?", (document,)
        )
        if not rows:
            raise missing(document)
        # The text is cached; its metadata may have been edited since, by another process too.
        return replace(self._texts(document).document, source=Source(*rows[0]))

    @property
    def readable(self) -> frozenset[str] | None:
        """The ids of the documents that whoever asks may read, None for all."""
        return None

    def may_read(self, document: str) -> bool:
        """Say whether whoever asks may read a document, replaced and removed ones included."""
        return bool(document)

    def beginning(self, document: str, characters: int) -> str:
        """Return the first characters of a document's text; "" for one that is not here."""
        rows = self._connections.rows("SELECT content FROM documents WHERE id = ?", (document,))
        return unpacked(rows[0][0])[:characters] if rows else ""

    def passages_of(self, document: str) -> list[Passage]:
        """Return the passages of a document in order."""
        return self._texts(document).passages()

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Return the passages with those ids, in that order; those not visible are left out."""
        visible = self.visible([one.partition(":")[0] for one in ids])
        found = (
            self._texts(document).passage(one)
            for one in ids
            if (document := one.partition(":")[0]) in visible
        )
        return [one for one in found if one is not None]

    def visible(self, documents: Sequence[str]) -> set[str]:
        """Return those of some documents that are visible."""
        some = list(dict.fromkeys(documents))
        if not some:
            return set()
        rows = self._connections.rows(
            f"SELECT id FROM documents WHERE visible = 1 AND id IN ({', '.join('?' * len(some))})",
            some,
        )
        return {str(row[0]) for row in rows}

    def vectors(self, documents: Sequence[str] | None = None) -> tuple[list[str], Matrix]:
        """Return (passage ids, float32 [n, dimension]) of all visible documents, or of some."""
        ids: list[str] = []
        parts: list[Matrix] = []
        for row in self._vector_rows(documents):
            ids.extend(ids_from_row(row))
            parts.append(matrix_of(row["vectors"], row["passage_count"]))
        with damage_told():
            return ids, np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)

    def _vector_rows(self, documents: Sequence[str] | None) -> Iterator[Row]:
        if documents is None:
            yield from self._connections.rows(f"{VECTORS} ORDER BY id")
            return
        for one in documents:
            yield from self._connections.rows(f"{VECTORS} AND id = ?", (one,))

    def token_codes(self, document: str) -> TokenCodes:
        """Return the token codes of a visible document; raises NotInLibrary."""
        rows = self._connections.rows(
            "SELECT passage_count FROM documents WHERE id = ? AND visible = 1", (document,)
        )
        if not rows:
            raise missing(document)
        return token_codes_of(self._connections, document, int(rows[0][0]))

    def token_codes_at(self, places: Sequence[tuple[str, int]]) -> TokenCodes:
        """Return the token codes of passages, each given by its document and its number there.

        A passage that is not there has none.
        """
        return token_codes_at(self._connections, places)

    def original(self, document: str) -> Original | None:
        """Return the file with the bytes a document was read from, where they were kept."""
        rows = self._connections.rows(
            # The place that the document's row names, if the document is still shown there.
            "SELECT documents.location, coalesce(nullif(places.original, ''), documents.original)"
            " FROM documents LEFT JOIN places ON places.location = documents.location"
            " AND places.document = documents.id WHERE documents.id = ?",
            (document,),
        )
        if not rows or not rows[0][1]:
            return None
        location, digest = str(rows[0][0]), str(rows[0][1])
        path = self._originals.fetched(digest)
        if path is None:
            return None
        # A "#" may be part of a file's own name: a part of a file shares the bytes of that file.
        for mark in re.finditer(WITHIN, location):
            around = location[: mark.start()]
            if self._connections.rows(
                "SELECT 1 FROM places WHERE location = ? AND original = ?", (around, digest)
            ):
                return Original(path, around, tuple(location[mark.end() :].split(WITHIN)))
        return Original(path, location)

    def places_of(self, document: str) -> list[str]:
        """Return every place where the content of a document was seen."""
        rows = self._connections.rows(
            "SELECT location FROM places WHERE document = ? ORDER BY location", (document,)
        )
        return [str(row[0]) for row in rows]

    def versions_before(self, document: str) -> list[tuple[str, str]]:
        """Return (title, when it was replaced) of the versions whose place this one took."""
        rows = self._connections.rows(
            "SELECT documents.title, changes.at FROM changes JOIN documents ON documents.id ="
            " changes.document WHERE changes.replaced_by = ? ORDER BY changes.generation DESC",
            (document,),
        )
        return [(str(row[0]), str(row[1])) for row in rows]

    def known_original(self, location: str, digest: str, *, in_full: bool = False) -> bool:
        """Say whether the bytes with that SHA-256 are visible from that place already.

        With `in_full`, a document with pages without text, which OCR might read, does not count;
        nor does one that is not in the collection that documents are added to.
        """
        known = bool(
            self._connections.rows(
                "SELECT 1 FROM places JOIN documents ON documents.id = places.document"
                " WHERE places.location = ? AND places.original = ? AND visible = 1 AND EXISTS"
                " (SELECT 1 FROM statements WHERE statements.document = places.document"
                " AND statements.location = places.location)"
                " AND (? = 0 OR documents.left_out NOT LIKE '%\"pages without text\"%')",
                (location, digest, int(in_full)),
            )
        )
        if not known or not self._into:
            return known
        return bool(
            self._connections.rows(
                "SELECT 1 FROM places JOIN collection_documents"
                " ON collection_documents.document = places.document"
                " WHERE location = ? AND collection = ?",
                (location, self._into),
            )
        )

    def places_with_bytes(self, digest: str) -> list[tuple[str, str]]:
        """Return (document, place) of each file shown whose bytes have that SHA-256.

        What lies within a file shares its bytes and is not named.
        """
        rows = self._connections.rows(
            "SELECT places.document, places.location FROM places JOIN documents"
            " ON documents.id = places.document WHERE places.original = ? AND visible = 1"
            " ORDER BY length(places.location)",
            (digest,),
        )
        found: list[tuple[str, str]] = []
        for document, place in rows:
            if not any(str(place).startswith(f"{one}{WITHIN}") for _, one in found):
                found.append((str(document), str(place)))
        return found

    def _load(self, document: str) -> CutDocument:
        # Not the vectors: those of a long report are larger than its text.
        rows = self._connections.rows(
            f"SELECT id, {', '.join(SOURCE + CONTENT)} FROM documents WHERE id = ?",
            (document,),
        )
        if not rows:
            raise missing(document)
        return cut_from_row(rows[0])


def _state(connection: Connection) -> tuple[Any, ...]:
    """Return what differs between any two states of which `entries` differ."""
    last = connection.execute(
        "SELECT generation, document, at FROM changes ORDER BY generation DESC LIMIT 1"
    ).fetchone()
    places = connection.execute("SELECT count(*) FROM places").fetchone()
    return (*(last or ()), *places)
