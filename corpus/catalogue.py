"""The reading side of a library: what is in it, texts, passages and vectors."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus import metadata
from corpus.conversations import Conversations
from corpus.document import WITHIN, Document, Passage, Source
from corpus.errors import NotInLibrary
from corpus.extraction_report import ExtractionReport
from corpus.i18n import tr
from corpus.lock import WriterLock
from corpus.originals import Original, Originals, storage_error
from corpus.private_files import private_home
from corpus.rows import (
    DOCUMENT,
    SOURCE,
    document_from_row,
    extraction_report_from_row,
    ids_from_row,
    passages_from_row,
)
from corpus.schema import migrate, prepare
from corpus.sqlite import Connections, translated
from corpus.token_codes import TokenCodes

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as it is listed; `added` is ISO 8601 in UTC, `pages` 0 for formats without.

    `others` are other places with the very same text, as they describe it: another publisher,
    another date.
    """

    id: str
    source: Source
    pages: int
    passages: int
    added: str
    starter: bool = False
    others: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """What every place says of the document, the one that counts first."""
        return (self.source, *self.others)


@dataclass(frozen=True, slots=True)
class LibraryChange:
    """A document became visible or invisible with this generation of the library."""

    generation: int
    document: str
    visible: bool


class Catalogue:
    """What can be read from one data folder: from any thread, and never waiting for the writer."""

    def __init__(self, home: Path) -> None:
        """Open or create the library in `home`, which is kept private to the user.

        Raises StorageError when the folder cannot be written, LibraryTooNew and LibraryDamaged.
        """
        self.home = home
        try:
            private_home(home)
        except OSError as error:
            raise storage_error(error, home) from error
        self._file = home / "library.sqlite3"
        self._lock = WriterLock(home / "writer.lock")
        self._originals = Originals(home / "originals")
        self._connections = Connections(self._file)
        # The text under an id never changes; 128 documents are a few MB.
        self._texts = lru_cache(maxsize=128)(self._load)
        with translated(self._file):
            prepare(self._file)
            migrate(self._connection, self._file, self._lock)

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._connections()

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """Have this thread see the library as it is now for the whole block, whoever writes.

        One read transaction: SQLite shows it the state at its first statement.
        """
        connection = self._connection
        if connection.in_transaction:
            yield
            return
        with translated(self._file):
            connection.execute("BEGIN")
        try:
            yield
        finally:
            with translated(self._file):
                connection.execute("COMMIT")

    @property
    def conversations(self) -> Conversations:
        """The conversations that are kept beside the documents."""
        return Conversations(lambda: self._connection, self._file)

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with translated(self._file):
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Let go of the file, in every thread; what asks afterwards gets LibraryClosed."""
        self._connections.close()

    @property
    def generation(self) -> int:
        """How many times a document became visible or invisible; 0 in a new library."""
        (row,) = self._rows("SELECT coalesce(max(generation), 0) FROM changes")
        return int(row[0])

    @property
    def read_only(self) -> bool:
        """Whether the disk takes no writes, so that the library can only be read."""
        return self._connections.read_only

    @property
    def identity(self) -> str:
        """A random name given to the library when it was made, the same in its copies."""
        return self._fact("id")

    def last_change(self, generation: int) -> str:
        """Return what happened at a generation, in words of its own; "" where nothing did.

        Two copies of one library that went separate ways differ in it.
        """
        rows = self._rows(
            "SELECT document, visible, replaced_by, at FROM changes WHERE generation = ?",
            (generation,),
        )
        return " ".join(str(value) for value in rows[0]) if rows else ""

    @property
    def embedder(self) -> str:
        """The name of the model that made the vectors; "" before there are any."""
        return self._fact("embedder")

    @property
    def ever_added(self) -> bool:
        """Whether the user ever added a document; the starter library does not count."""
        return self._fact("ever_added") == "1"

    @property
    def starter_loaded(self) -> bool:
        """Whether the starter library was ever loaded to its end."""
        return self._fact("starter_loaded") == "1"

    def _fact(self, name: str) -> str:
        rows = self._rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def changes_since(self, generation: int) -> list[LibraryChange]:
        """Return the changes after `generation`, oldest first."""
        rows = self._rows(
            "SELECT generation, document, visible FROM changes WHERE generation > ? ORDER BY 1",
            (generation,),
        )
        return [LibraryChange(row[0], row[1], bool(row[2])) for row in rows]

    def entries(self) -> list[Entry]:
        """Return the visible documents, newest publication first, then by title."""
        rows = self._rows(
            f"SELECT id, {', '.join(SOURCE)},"
            " json_array_length(pages, '$[0]') AS page_count, passage_count, added, starter"
            " FROM documents WHERE visible ORDER BY published DESC, title, id"
        )
        with translated(self._file):
            others = metadata.others(self._connection)
        return [
            Entry(
                row[0],
                Source(*row[1 : 1 + len(SOURCE)]),
                row["page_count"],
                row["passage_count"],
                row["added"],
                bool(row["starter"]),
                others.get(row[0], ()),
            )
            for row in rows
        ]

    def entry(self, document: str) -> Entry:
        """Return one visible document as listed; raises NotInLibrary."""
        for entry in self.entries():
            if entry.id == document:
                return entry
        raise _missing(document)

    def accounts(self, documents: Sequence[str]) -> dict[str, ExtractionReport]:
        """Return by id how documents were read, without their texts."""
        some = list(dict.fromkeys(documents))
        rows = self._rows(
            "SELECT id, title, location, published, left_out, reading FROM documents"
            f" WHERE id IN ({', '.join('?' * len(some))})",
            some,
        )
        return {str(row["id"]): extraction_report_from_row(row) for row in rows}

    def every_document(self) -> list[str]:
        """Return the ids of all documents, replaced and removed ones included."""
        return [str(row[0]) for row in self._rows("SELECT id FROM documents ORDER BY id")]

    def resolve(self, prefix: str) -> str:
        """Return the id of the one visible document whose id starts so; raises NotInLibrary."""
        found = [entry.id for entry in self.entries() if prefix and entry.id.startswith(prefix)]
        if not found:
            raise _missing(prefix)
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
        rows = self._rows(f"SELECT {', '.join(SOURCE)} FROM documents WHERE id = ?", (document,))
        if not rows:
            raise _missing(document)
        # The text is kept; what is said of it may have been edited since, by another program too.
        return replace(self._texts(document)[0], source=Source(*rows[0]))

    def beginning(self, document: str, characters: int) -> str:
        """Return the first characters of a document's text; "" for one that is not here."""
        rows = self._rows(
            "SELECT substr(text, 1, ?) FROM documents WHERE id = ?", (characters, document)
        )
        return str(rows[0][0]) if rows else ""

    def passages_of(self, document: str) -> list[Passage]:
        """Return the passages of a document in order."""
        return list(self._texts(document)[1])

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """Return the passages with those ids, in that order; those not visible are left out."""
        known: dict[str, Passage] = {}
        for document in self.visible([one.partition(":")[0] for one in ids]):
            known |= {passage.id: passage for passage in self._texts(document)[1]}
        return [known[one] for one in ids if one in known]

    def visible(self, documents: Sequence[str]) -> set[str]:
        """Return those of some documents that are visible."""
        some = list(dict.fromkeys(documents))
        rows = self._rows(
            f"SELECT id FROM documents WHERE visible AND id IN ({', '.join('?' * len(some))})", some
        )
        return {str(row[0]) for row in rows}

    def vectors(self, documents: Sequence[str] | None = None) -> tuple[list[str], Matrix]:
        """Return (passage ids, float32 [n, dimension]) of all visible documents, or of some."""
        ids: list[str] = []
        parts: list[Matrix] = []
        for row in self._vector_rows(documents):
            ids.extend(ids_from_row(row))
            parts.append(np.frombuffer(row["vectors"], dtype="<f4").reshape(row[2], -1))
        return ids, np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)

    def _vector_rows(self, documents: Sequence[str] | None) -> Iterator[sqlite3.Row]:
        statement = (
            "SELECT id, spans, passage_count, vectors FROM documents"
            " WHERE visible AND passage_count > 0"
        )
        if documents is None:
            yield from self._rows(f"{statement} ORDER BY id")
            return
        for one in documents:
            yield from self._rows(f"{statement} AND id = ?", (one,))

    def token_codes(self, document: str) -> TokenCodes:
        """Return the token codes of a visible document; raises NotInLibrary."""
        rows = self._rows(
            "SELECT tokens, token_counts, passage_count FROM documents WHERE id = ? AND visible",
            (document,),
        )
        if not rows:
            raise _missing(document)
        return TokenCodes.stored(rows[0][0], rows[0][1], rows[0][2])

    def original(self, document: str) -> Original | None:
        """Return the file with the bytes a document was read from, where they were kept."""
        rows = self._rows(
            # The place that the document is told to be from, if it is still shown there.
            "SELECT documents.location, coalesce(nullif(places.original, ''), documents.original)"
            " FROM documents LEFT JOIN places ON places.location = documents.location"
            " AND places.document = documents.id WHERE documents.id = ?",
            (document,),
        )
        if not rows or not rows[0][1]:
            return None
        location, digest = str(rows[0][0]), str(rows[0][1])
        path = self._originals.path(digest)
        if not path.exists():
            return None
        # A "#" may be of a file's own name: what lies within a file has the bytes of that one.
        for mark in re.finditer(WITHIN, location):
            around = location[: mark.start()]
            if self._rows(
                "SELECT 1 FROM places WHERE location = ? AND original = ?", (around, digest)
            ):
                return Original(path, around, tuple(location[mark.end() :].split(WITHIN)))
        return Original(path, location)

    def places_of(self, document: str) -> list[str]:
        """Return every place where the content of a document was seen."""
        rows = self._rows(
            "SELECT location FROM places WHERE document = ? ORDER BY location", (document,)
        )
        return [str(row[0]) for row in rows]

    def versions_before(self, document: str) -> list[tuple[str, str]]:
        """Return (title, when it was replaced) of the versions whose place this one took."""
        rows = self._rows(
            "SELECT documents.title, changes.at FROM changes JOIN documents ON documents.id ="
            " changes.document WHERE changes.replaced_by = ? ORDER BY changes.generation DESC",
            (document,),
        )
        return [(str(row[0]), str(row[1])) for row in rows]

    def known_original(self, location: str, digest: str, *, in_full: bool = False) -> bool:
        """Say whether the bytes with that SHA-256 are visible from that place already.

        With `in_full` those are not whose text lacks pages that OCR might read.
        """
        return bool(
            self._rows(
                "SELECT 1 FROM places JOIN documents ON documents.id = places.document"
                " WHERE places.location = ? AND places.original = ? AND visible AND EXISTS"
                " (SELECT 1 FROM statements WHERE statements.document = places.document"
                " AND statements.location = places.location)"
                " AND (NOT ? OR documents.left_out NOT LIKE '%\"pages without text\"%')",
                (location, digest, in_full),
            )
        )

    def known(self, document: Document, edits: Mapping[str, str] | None = None) -> str:
        """Return the outcome that publishing would have: see `Publication`."""
        place = document.source.location
        here = self._shown_at(place)
        if here == document.id:
            with translated(self._file):
                said = metadata.stated(self._connection, here, place)
                kept = metadata.edited(self._connection, place)
            same = metadata.same(said, document.source) and all(
                kept.get(field, getattr(said, field)) == value
                for field, value in (edits or {}).items()
            )
            return "unchanged" if same else "updated"
        if self._rows("SELECT 1 FROM documents WHERE id = ? AND visible", (document.id,)):
            return "duplicate"
        return "replaced" if here else "added"

    def _shown_at(self, location: str) -> str:
        """Return the visible document that a place shows, or ""."""
        rows = self._rows(
            "SELECT document FROM places JOIN documents ON documents.id = document"
            " WHERE places.location = ? AND visible",
            (location,),
        )
        return str(rows[0][0]) if rows else ""

    def _load(self, document: str) -> tuple[Document, tuple[Passage, ...]]:
        # Not the vectors: those of a long report are larger than its text.
        rows = self._rows(
            f"SELECT id, {', '.join(SOURCE + DOCUMENT)}, spans FROM documents WHERE id = ?",
            (document,),
        )
        if not rows:
            raise _missing(document)
        found = document_from_row(rows[0])
        return found, passages_from_row(rows[0], found)


def _missing(document: str) -> NotInLibrary:
    return NotInLibrary(
        tr("the library holds no document {id}; see: briefing sources", id=repr(document))
    )
