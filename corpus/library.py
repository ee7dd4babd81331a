"""The library: the record of truth for documents, passages and embeddings, in one SQLite file.

A document with its passages, their vectors and the place it was read from becomes visible in one
transaction; replaced and removed versions stay on record and can come back. Chroma and Tantivy are
made from here and can be lost.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from corpus import publishing
from corpus.bibliography import Bibliography
from corpus.catalogue import Entry, LibraryChange, LibraryNews, entries, missing, news_since
from corpus.conversations import Conversations
from corpus.document import WITHIN, Document, Passage, Source
from corpus.errors import NotInLibrary, ReadError
from corpus.extraction_report import ExtractionReport
from corpus.feeds import Feeds
from corpus.i18n import tr
from corpus.integrity import IntegrityFinding, check
from corpus.lock import WriterLock
from corpus.looks import Looks
from corpus.originals import Original, Originals, storage_error
from corpus.private_files import private_home
from corpus.publishing import Matrix, Publication
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


class Library:
    """One data folder, read from any thread without waiting for the writer; one process writes."""

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
            migrate(self._connections(), self._file, self._lock)

    def unchanging(self) -> AbstractContextManager[None]:
        """Have this thread see the library as it is now for the whole block, whoever writes."""
        return self._connections.unchanging()

    @property
    def conversations(self) -> Conversations:
        """The conversations that are kept beside the documents."""
        return Conversations(self._connections)

    @property
    def bibliography(self) -> Bibliography:
        """What lists of references state of the documents."""
        return Bibliography(self._connections)

    @property
    def feeds(self) -> Feeds:
        """The feeds that are followed."""
        return Feeds(self._connections)

    @property
    def looks(self) -> Looks:
        """Up to where each reader has looked at what is new."""
        return Looks(self._connections)

    def close(self) -> None:
        """Close the connections of every thread; any later call raises LibraryClosed."""
        self._connections.close()

    @property
    def generation(self) -> int:
        """How many times a document became visible or invisible; 0 in a new library."""
        (row,) = self._connections.rows("SELECT coalesce(max(generation), 0) FROM changes")
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
        """Return a string that identifies the change at a generation; "" where there was none.

        Two copies of one library that diverged differ in it.
        """
        rows = self._connections.rows(
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
        rows = self._connections.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def changes_since(self, generation: int) -> list[LibraryChange]:
        """Return the changes after `generation`, oldest first."""
        rows = self._connections.rows(
            "SELECT generation, document, visible FROM changes WHERE generation > ? ORDER BY 1",
            (generation,),
        )
        return [LibraryChange(row[0], row[1], bool(row[2])) for row in rows]

    def news(self, generation: int) -> LibraryNews:
        """Return what came and went after a generation."""
        with translated(self._file):
            return news_since(self._connections(), generation)

    def generation_before(self, day: str) -> int:
        """Return the last generation before a day (ISO 8601, UTC)."""
        (row,) = self._connections.rows(
            "SELECT coalesce(max(generation), 0) FROM changes WHERE at < ?", (day,)
        )
        return int(row[0])

    def entries(self) -> list[Entry]:
        """Return the visible documents, newest publication first, then by title."""
        with translated(self._file):
            return entries(self._connections())

    def entry(self, document: str) -> Entry:
        """Return one visible document as listed; raises NotInLibrary."""
        for entry in self.entries():
            if entry.id == document:
                return entry
        raise missing(document)

    def extraction_reports(self, documents: Sequence[str]) -> dict[str, ExtractionReport]:
        """Return the extraction reports of documents by id, without loading their texts."""
        some = list(dict.fromkeys(documents))
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
        return replace(self._texts(document)[0], source=Source(*rows[0]))

    def beginning(self, document: str, characters: int) -> str:
        """Return the first characters of a document's text; "" for one that is not here."""
        rows = self._connections.rows(
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
        rows = self._connections.rows(
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
            yield from self._connections.rows(f"{statement} ORDER BY id")
            return
        for one in documents:
            yield from self._connections.rows(f"{statement} AND id = ?", (one,))

    def token_codes(self, document: str) -> TokenCodes:
        """Return the token codes of a visible document; raises NotInLibrary."""
        rows = self._connections.rows(
            "SELECT tokens, token_counts, passage_count FROM documents WHERE id = ? AND visible",
            (document,),
        )
        if not rows:
            raise missing(document)
        return TokenCodes.stored(rows[0][0], rows[0][1], rows[0][2])

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
        path = self._originals.path(digest)
        if not path.exists():
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

        With `in_full`, a document with pages without text, which OCR might read, does not count.
        """
        return bool(
            self._connections.rows(
                "SELECT 1 FROM places JOIN documents ON documents.id = places.document"
                " WHERE places.location = ? AND places.original = ? AND visible AND EXISTS"
                " (SELECT 1 FROM statements WHERE statements.document = places.document"
                " AND statements.location = places.location)"
                " AND (NOT ? OR documents.left_out NOT LIKE '%\"pages without text\"%')",
                (location, digest, in_full),
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

    def known(self, document: Document, edits: Mapping[str, str] | None = None) -> str:
        """Return the outcome that publishing would have: see `Publication`."""
        with translated(self._file):
            return publishing.outcome_of(self._connections(), document, edits)

    def writing(self) -> AbstractContextManager[None]:
        """Keep other processes from writing for a block; raises LibraryLocked naming which does.

        Threads of this process may write meanwhile: each transaction is whole in itself.
        """
        return self._lock.held()

    @property
    def written_here(self) -> bool:
        """Whether this process is writing to the library now."""
        return self._lock.held_here

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One write: the lock held, all of it or nothing, errors translated."""
        with self._lock.held(), self._connections.writing() as connection:
            yield connection

    def publish(
        self,
        document: Document,
        passages: Sequence[Passage],
        vectors: Matrix | None,
        *,
        tokens: TokenCodes | None = None,
        edits: Mapping[str, str] | None = None,
        embedder: str = "",
        original: Path | None = None,
        within: Sequence[str] | None = None,
        starter: bool = False,
    ) -> Publication:
        """Make a document visible from its place, in place of what that place showed before.

        `vectors` is float32 [len(passages), dimension] made by `embedder`, `tokens` the codes of
        the passages' tokens where it makes them; None goes with content that the library has
        ("unchanged", "updated", "duplicate"). `edits` are fields that the user gave, which go
        before what the document says. The bytes of `original` are kept, if it is still there.
        `within` are the places of all documents that lie within the file: what an earlier version
        of it held beside them goes with that version; None is for one that lies within itself.
        Raises EmbedderMismatch when the library's vectors were made by another model, LibraryError
        for passages that do not slice back, StorageError when the disk refuses: then nothing
        changed.
        """
        publishing.check_passages(document, passages, vectors)
        kept = ""
        if original is not None:
            # A file that went away was read all the same.
            with suppress(ReadError):
                kept = self._originals.keep(original)
        with self._transaction() as connection:
            published = publishing.publish(
                connection,
                document,
                passages,
                vectors,
                tokens=tokens,
                edits=edits,
                embedder=embedder,
                original=kept,
                within=within,
                starter=starter,
            )
        self._texts.cache_clear()
        return published

    def note_starter_loaded(self) -> None:
        """Remember that the starter library is in, so that it is never loaded unasked again."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES ('starter_loaded', '1')")

    def remove(self, document: str) -> Entry:
        """Make a document invisible and return what it was; raises NotInLibrary.

        What lies within its file goes with it, unless that was read from elsewhere too.
        """
        entry = self.entry(document)
        with self._transaction() as connection:
            publishing.show(connection, document, visible=False)
        return entry

    def restore(self, document: str) -> Entry:
        """Undo `remove`; raises NotInLibrary for a document that was never there."""
        self._load(document)
        with self._transaction() as connection:
            publishing.show(connection, document, visible=True)
        return self.entry(document)

    def update_source(self, document: str, **values: str | None) -> Entry:
        """Change what the library says of a document; None leaves a field as it is.

        The fields are title, publisher, published and theme. A person's edit goes before what the
        file says, also in later versions of it; a field that is given back the file's own value,
        or is emptied after an edit, follows the file again. Raises NotInLibrary.
        """
        present = self.entry(document).source
        with self._transaction() as connection:
            publishing.update_source(connection, document, present, values)
        self._texts.cache_clear()
        return self.entry(document)

    def describe(self, document: str, location: str, **values: str) -> bool:
        """State title, publisher and date of a document at one of its places, as a list does.

        It counts as the newest word of that place: a person's edit goes before it. "" leaves a
        field as it is. Returns whether that changed what is stated; a place that does not show the
        document states nothing.
        """
        with self._transaction() as connection:
            changed = publishing.describe(connection, document, location, values)
        if changed:
            self._texts.cache_clear()
        return changed

    def replace_vectors(
        self, embedder: str, vectors: Mapping[str, tuple[Matrix, TokenCodes]]
    ) -> list[str]:
        """Give every document new vectors, by another model, in one transaction.

        `vectors` has (float32 [its passages, dimension], its token codes) by document id, replaced
        and removed ones included, since they can be brought back. Returns the documents that are
        missing there, having come in meanwhile: then nothing was changed.
        """
        with self._transaction() as connection:
            unknown = publishing.replace_vectors(connection, embedder, vectors)
        self._texts.cache_clear()
        return unknown

    def check(self) -> list[IntegrityFinding]:
        """Check the database, every visible passage and every kept original."""
        return check(self._connections, self._originals)

    def _load(self, document: str) -> tuple[Document, tuple[Passage, ...]]:
        # Not the vectors: those of a long report are larger than its text.
        rows = self._connections.rows(
            f"SELECT id, {', '.join(SOURCE + DOCUMENT)}, spans FROM documents WHERE id = ?",
            (document,),
        )
        if not rows:
            raise missing(document)
        found = document_from_row(rows[0])
        return found, passages_from_row(rows[0], found)
