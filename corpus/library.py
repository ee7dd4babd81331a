"""The library: the record of truth for documents, passages and embeddings, in one SQLite file.

A document with its passages, their vectors and the place it was read from becomes visible in one
transaction; replaced and removed versions stay on record and can come back. Chroma and Tantivy are
made from here and can be lost.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus import metadata
from corpus.catalogue import Catalogue, Entry, Matrix
from corpus.document import WITHIN, Document, Passage
from corpus.errors import EmbedderMismatch, LibraryError, ReadError
from corpus.i18n import tr
from corpus.rows import now, row_of
from corpus.sqlite import translated
from corpus.token_codes import TokenCodes


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did: "added", "replaced", "unchanged", "updated" or "duplicate".

    "updated": the text is the same and what is said of it has changed (title, publisher, date).
    "duplicate": the same content is there from another place, and this place is now known too.
    `replaced` is the id of the version whose place this one took.
    """

    outcome: str
    document: str
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """One check of the library: its name, whether it passed, and what was seen."""

    name: str
    ok: bool
    detail: str


class Library(Catalogue):
    """One data folder with its writing side: one process writes at a time."""

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
        with self._lock.held(), translated(self._file):
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:  # reason: a half transaction must not outlive any failure
                # SQLite has rolled back by itself after some errors (a full disk), not all.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

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
        _check(document, passages, vectors)
        kept = ""
        if original is not None:
            # A file that went away was read all the same.
            with suppress(ReadError):
                kept = self._originals.keep(original)
        with self._transaction() as connection:
            outcome = self.known(document, edits)
            before = self._shown_at(document.source.location)
            held = self._held_by([document.source.location]) if within is not None else {}
            if outcome in {"added", "replaced"}:
                if vectors is None:
                    raise LibraryError(
                        tr("no passages were given for {id}", id=document.source.location)
                    )
                self._agree_on(connection, embedder)
                codes = tokens or TokenCodes.none(len(passages))
                self._insert(connection, document, passages, vectors, codes, kept, starter=starter)
            connection.execute(
                "INSERT OR REPLACE INTO places VALUES (?, ?, ?)",
                (document.source.location, document.id, kept),
            )
            metadata.state(connection, document.id, document.source)
            if edits:
                metadata.edit(connection, document.id, document.source.location, edits)
            # Another place may be all that changed: who searches by publisher finds that one too.
            if metadata.settle(connection, document.id) or outcome in {"updated", "duplicate"}:
                self._record(connection, document.id, visible=True)
            if before and before != document.id:
                self._hide_unless_elsewhere(connection, before, replaced_by=document.id)
            for place in held.keys() - set(within or ()):
                connection.execute("DELETE FROM places WHERE location = ?", (place,))
                self._hide_unless_elsewhere(connection, held[place], replaced_by="")
            if not starter:
                connection.execute("UPDATE facts SET value = '1' WHERE name = 'ever_added'")
        self._texts.cache_clear()
        return Publication(outcome, document.id, before if outcome == "replaced" else "")

    def _agree_on(self, connection: sqlite3.Connection, embedder: str) -> None:
        present = self.embedder
        if present and present != embedder:
            raise EmbedderMismatch(
                tr(
                    "this library was embedded by {one}, not {other}; run: briefing doctor "
                    "--reembed",
                    one=repr(present),
                    other=repr(embedder),
                )
            )
        connection.execute("UPDATE facts SET value = ? WHERE name = 'embedder'", (embedder,))

    def _insert(
        self,
        connection: sqlite3.Connection,
        document: Document,
        passages: Sequence[Passage],
        vectors: Matrix,
        tokens: TokenCodes,
        original: str,
        *,
        starter: bool,
    ) -> None:
        columns = (
            row_of(document, passages)
            | {
                "vectors": np.ascontiguousarray(vectors, dtype="<f4").tobytes(),
                "original": original,
                "starter": int(starter),
                "added": now(),
                "visible": 1,
            }
            | tokens.columns()
        )
        connection.execute(
            f"INSERT OR REPLACE INTO documents ({', '.join(columns)})"
            f" VALUES ({', '.join('?' * len(columns))})",
            tuple(columns.values()),
        )
        self._record(connection, document.id, visible=True)

    def _hide_unless_elsewhere(
        self, connection: sqlite3.Connection, document: str, *, replaced_by: str
    ) -> None:
        places = connection.execute("SELECT 1 FROM places WHERE document = ?", (document,))
        if places.fetchone() is None:
            connection.execute("UPDATE documents SET visible = 0 WHERE id = ?", (document,))
            self._record(connection, document, visible=False, replaced_by=replaced_by)
        elif metadata.settle(connection, document):
            self._record(connection, document, visible=True)

    def _record(
        self,
        connection: sqlite3.Connection,
        document: str,
        *,
        visible: bool,
        replaced_by: str = "",
    ) -> None:
        connection.execute(
            "INSERT INTO changes (document, visible, replaced_by, at) VALUES (?, ?, ?, ?)",
            (document, int(visible), replaced_by, now()),
        )

    def note_starter_loaded(self) -> None:
        """Remember that the starter library is in, so that it is never loaded unasked again."""
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO facts VALUES ('starter_loaded', '1')")

    def remove(self, document: str) -> Entry:
        """Make a document invisible and return what it was; raises NotInLibrary.

        What lies within its file goes with it, unless that was read from elsewhere too.
        """
        entry = self.entry(document)
        self._show([document, *self._with(document)], visible=False)
        return entry

    def restore(self, document: str) -> Entry:
        """Undo `remove`; raises NotInLibrary for a document that was never there."""
        self._load(document)
        self._show([document, *self._with(document)], visible=True)
        return self.entry(document)

    def _show(self, documents: Sequence[str], *, visible: bool) -> None:
        with self._transaction() as connection:
            for document in documents:
                changed = connection.execute(
                    "UPDATE documents SET visible = ? WHERE id = ? AND visible != ?",
                    (int(visible), document, int(visible)),
                )
                if changed.rowcount:
                    self._record(connection, document, visible=visible)

    def _with(self, document: str) -> list[str]:
        """Return the documents that are read from within a document and from nowhere else."""
        held = self._held_by(self.places_of(document))
        return [
            one
            for one in dict.fromkeys(held.values())
            if one != document and held.keys() >= set(self.places_of(one))
        ]

    def _held_by(self, places: Sequence[str]) -> dict[str, str]:
        """Return the places within the files at some places, each with what it shows."""
        held: dict[str, str] = {}
        for place in places:
            begins = f"{place}{WITHIN}"
            # What lies within a file has its bytes; a file of such a name has its own.
            rows = self._rows(
                "SELECT part.location, part.document FROM places AS part JOIN places AS file"
                " ON file.location = ? AND file.original = part.original"
                " WHERE part.location > ? AND part.location < ?",
                (place, begins, f"{begins}\U0010ffff"),
            )
            held |= {str(row[0]): str(row[1]) for row in rows}
        return held

    def update_source(self, document: str, **values: str | None) -> Entry:
        """Change what the library says of a document; None leaves a field as it is.

        The fields are title, publisher, published and theme. A person's edit goes before what the
        file says, also in later versions of it; a field that is given back the file's own value,
        or is emptied after an edit, follows the file again. Raises NotInLibrary.
        """
        present = self.entry(document).source
        with self._transaction() as connection:
            kept = metadata.edited(connection, present.location)
            said = metadata.stated(connection, document, present.location)
            changed = {}
            for field, value in values.items():
                if value is None or value == getattr(present, field):
                    continue
                # A document without a title is nobody's wish; one without a publisher may be.
                emptied = not value and (field in kept or field == "title") and said is not None
                changed[field] = getattr(said, field) if emptied else value
            if self._shown_at(present.location) == document:
                metadata.edit(connection, document, present.location, changed)
                metadata.settle(connection, document)
            else:
                # A replaced version that was brought back: its place shows the next one.
                for field, value in changed.items():
                    connection.execute(
                        f"UPDATE documents SET {field} = ? WHERE id = ?", (value, document)
                    )
            # The title is in the word index: a new generation brings it there.
            self._record(connection, document, visible=True)
        self._texts.cache_clear()
        return self.entry(document)

    def replace_vectors(
        self, embedder: str, vectors: Mapping[str, tuple[Matrix, TokenCodes]]
    ) -> list[str]:
        """Give every document new vectors, by another model, in one transaction.

        `vectors` has (float32 [its passages, dimension], its token codes) by document id, replaced
        and removed ones included, since they can be brought back. Returns the documents that are
        missing there, having come in meanwhile: then nothing was changed.
        """
        with self._transaction() as connection:
            kept = connection.execute("SELECT id FROM documents WHERE passage_count > 0")
            missing = [str(row[0]) for row in kept if row[0] not in vectors]
            if missing:
                return missing
            for document, (matrix, tokens) in vectors.items():
                columns = tokens.columns()
                connection.execute(
                    "UPDATE documents SET vectors = ?, tokens = ?, token_counts = ? WHERE id = ?",
                    (
                        np.ascontiguousarray(matrix, dtype="<f4").tobytes(),
                        columns["tokens"],
                        columns["token_counts"],
                        document,
                    ),
                )
            for (document,) in connection.execute(
                "SELECT id FROM documents WHERE visible"
            ).fetchall():
                self._record(connection, document, visible=True)
            connection.execute("UPDATE facts SET value = ? WHERE name = 'embedder'", (embedder,))
        self._texts.cache_clear()
        return []

    def check(self) -> list[IntegrityFinding]:
        """Check the database, every visible passage and every kept original."""
        integrity = [row[0] for row in self._rows("PRAGMA integrity_check")]
        findings = [IntegrityFinding("database", integrity == ["ok"], "; ".join(integrity)[:200])]
        rows = self._rows(
            "SELECT id, location, length(text) AS length, spans, original, passage_count,"
            " length(vectors) AS bytes FROM documents WHERE visible"
        )
        odd = [row["id"] for row in rows if not _spans_fit(row)]
        findings.append(
            IntegrityFinding(
                "passages",
                not odd,
                tr("{count} documents, {odd} with passages outside", count=len(rows), odd=len(odd)),
            )
        )
        lost = [
            row["location"]
            for row in rows
            if row["original"] and not self._originals.whole(row["original"])
        ]
        detail = f"lost or altered: {', '.join(lost[:3])}" if lost else "all present and unaltered"
        findings.append(IntegrityFinding("originals", not lost, detail))
        return findings


def _spans_fit(row: sqlite3.Row) -> bool:
    """Say whether a document's passages lie in its text and its vectors are whole rows."""
    spans = json.loads(row["spans"])
    inside = all(0 <= start < end <= row["length"] for start, end, _, _ in spans)
    count = len(spans)
    return inside and count == row["passage_count"] and (not count or row["bytes"] % count == 0)


def _check(document: Document, passages: Sequence[Passage], vectors: Matrix | None) -> None:
    if vectors is not None and len(vectors) != len(passages):
        raise LibraryError(
            tr(
                "{vectors} vectors for {passages} passages",
                vectors=len(vectors),
                passages=len(passages),
            )
        )
    for passage in passages:
        whole = document.text[passage.start : passage.end]
        if passage.document != document.id or whole != passage.text or not whole:
            raise LibraryError(tr("a passage does not slice back: {id}", id=passage.id))
