"""The library: the record of truth for documents, passages and embeddings.

A document with its passages, their vectors and the place it was read from becomes visible in one
transaction; replaced and removed versions stay on record and can come back. Chroma and Tantivy are
made from here and can be lost. The record is one SQLite file, or a PostgreSQL that machines share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from copy import copy
from pathlib import Path
from typing import TypeVar

from corpus import publishing, tracing
from corpus.audit import Audit
from corpus.bibliography import Bibliography
from corpus.catalogue import Entry
from corpus.collections import Collections, is_public, put_published
from corpus.connections import Connection, Connections
from corpus.conversations import Conversations
from corpus.document import Document, Passage
from corpus.errors import LibraryDamaged, ReadError
from corpus.feeds import Feeds
from corpus.i18n import tr
from corpus.integrity import IntegrityFinding, check
from corpus.lock import WriterLock
from corpus.looks import Looks
from corpus.memo_files import take_over
from corpus.originals import Originals, storage_error
from corpus.private_files import private_home
from corpus.publishing import Publication
from corpus.record import opened
from corpus.stored_documents import StoredDocuments
from corpus.stored_vectors import Matrix
from corpus.token_codes import TokenCodes

T = TypeVar("T")
# The fact that a library is being moved here (corpus.moving): whose it is.
ARRIVING = "arriving"


class Library(StoredDocuments):
    """One data folder, read from any thread without waiting for the writer; one process writes.

    With a record that several machines share each has a folder of its own, for its indexes and the
    originals that it read, and any of them may write.
    """

    def __init__(self, home: Path, *, record: str = "", arriving: bool = False) -> None:
        """Open or create the library in `home`, which is kept private to the user.

        `record` is the address of a PostgreSQL that holds it, "" for a file in `home`. Only
        `arriving` opens one whose move here was broken off (corpus.moving). Raises StorageError
        when the folder or the record cannot be written, UsageError for an address that is none,
        LibraryTooNew and LibraryDamaged.
        """
        self.home = home
        try:
            private_home(home)
        except OSError as error:
            raise storage_error(error, home) from error
        self._lock = WriterLock(home / "writer.lock")
        super().__init__(*opened(home, record, self._lock))
        try:
            if not arriving:
                if self.fact(ARRIVING):
                    raise LibraryDamaged(
                        tr(
                            "a move into {place} was broken off; run the same briefing move again",
                            place=self._connections.name,
                        )
                    )
                take_over(home, self._connections)
        except BaseException:
            self.close()
            raise

    def unchanging(self) -> AbstractContextManager[None]:
        """Have this thread see the library as it is now for the whole block, whoever writes."""
        return self._connections.unchanging()

    @property
    def connections(self) -> Connections:
        """The connections of the record, for what is kept beside the documents."""
        return self._connections

    @property
    def originals(self) -> Originals:
        """The kept bytes of the documents, by their hash."""
        return self._originals

    @property
    def conversations(self) -> Conversations:
        """The conversations that are kept beside the documents, where nobody signs in."""
        return Conversations(self._connections)

    def conversations_of(self, owner: str) -> Conversations:
        """Return the conversations of one who signed in."""
        return Conversations(self._connections, owner)

    @property
    def collections(self) -> Collections:
        """The collections, and who may read and change them."""
        return Collections(self._connections)

    @property
    def audit(self) -> Audit:
        """Who asked, exported and changed rights, where people sign in."""
        return Audit(self._connections)

    def into(self, collection: str) -> Library:
        """Return a view of this library that adds documents to a collection, "" for none.

        Raises UsageError for one that is not there. Another closes what it is a view of.
        """
        if collection:
            self.collections.require(collection)
        view = copy(self)
        view._into = collection
        return view

    @property
    def is_adding(self) -> bool:
        """Whether this is a view that says into which collection documents are added."""
        return self._into is not None

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
        return self.fact("id")

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
        return self.fact("embedder")

    @property
    def ever_added(self) -> bool:
        """Whether the user ever added a document; the starter library does not count."""
        return self.fact("ever_added") == "1"

    @property
    def starter_loaded(self) -> bool:
        """Whether the starter library was ever loaded to its end."""
        return self.fact("starter_loaded") == "1"

    @property
    def shared(self) -> bool:
        """Whether several machines may write to the library."""
        return self._connections.shared

    def fact(self, name: str) -> str:
        """Return what was noted of the library under a name; "" for nothing."""
        rows = self._connections.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def note_fact(self, name: str, value: str) -> None:
        """Note something of the library under a name, in place of what was noted there."""
        self._write(
            lambda connection: connection.execute(
                "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name)"
                " DO UPDATE SET value = excluded.value",
                (name, value),
            )
        )

    def known(self, document: Document, edits: Mapping[str, str] | None = None) -> str:
        """Return the outcome that publishing would have: see `Publication`."""
        return self._connections.read(
            lambda connection: publishing.outcome_of(connection, document, edits)
        )

    def writing(self) -> AbstractContextManager[None]:
        """Keep other processes from writing for a block; raises LibraryLocked naming which does.

        Threads of this process may write meanwhile: each transaction is whole in itself. Where
        machines share the record it keeps the processes of this data folder apart, and other
        machines may write: see `exclusively`.
        """
        return self._lock.held()

    def exclusively(self, name: str, *, wait: bool = True) -> AbstractContextManager[None]:
        """Keep every other process, on all machines, from what goes by a name for a block.

        Threads of this process share it. Raises LibraryLocked after waiting for a minute at most;
        at once without `wait`, and on a single machine, where it is the same as `writing`.
        """
        return self._connections.exclusively(name, wait=wait)

    @property
    def written_here(self) -> bool:
        """Whether this process is writing to the library now."""
        return self._lock.held_here

    def _write(self, work: Callable[[Connection], T]) -> T:
        """One write: the lock held, all of it or nothing, errors translated."""
        with self._lock.held():
            return self._connections.write(work)

    @tracing.spanned("publish")
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

        def work(connection: Connection) -> Publication:
            was_public = is_public(connection, document.id)
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
            put_published(
                connection,
                document.id,
                document.source.location,
                replaced=published.replaced,
                was_public=was_public,
                into=self._into or "",
            )
            return published

        published = self._write(work)
        self._texts.cache_clear()
        return published

    def note_starter_loaded(self) -> None:
        """Remember that the starter library is in, so that it is never loaded unasked again."""
        self.note_fact("starter_loaded", "1")

    def remove(self, document: str) -> Entry:
        """Make a document invisible and return what it was; raises NotInLibrary.

        What lies within its file goes with it, unless that was read from elsewhere too.
        """
        entry = self.entry(document)
        self._write(lambda connection: publishing.show(connection, document, visible=False))
        return entry

    def restore(self, document: str) -> Entry:
        """Undo `remove`; raises NotInLibrary for a document that was never there."""
        self._load(document)
        self._write(lambda connection: publishing.show(connection, document, visible=True))
        return self.entry(document)

    def update_source(self, document: str, **values: str | None) -> Entry:
        """Change what the library says of a document; None leaves a field as it is.

        The fields are title, publisher, published and theme. A person's edit goes before what the
        file says, also in later versions of it; a field that is given back the file's own value,
        or is emptied after an edit, follows the file again. Raises NotInLibrary.
        """
        present = self.entry(document).source
        self._write(
            lambda connection: publishing.update_source(connection, document, present, values)
        )
        self._texts.cache_clear()
        return self.entry(document)

    def describe(self, document: str, location: str, **values: str) -> bool:
        """State title, publisher and date of a document at one of its places, as a list does.

        It counts as the newest word of that place: a person's edit goes before it. "" leaves a
        field as it is. Returns whether that changed what is stated; a place that does not show the
        document states nothing.
        """
        changed = self._write(
            lambda connection: publishing.describe(connection, document, location, values)
        )
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
        unknown = self._write(
            lambda connection: publishing.replace_vectors(connection, embedder, vectors)
        )
        self._texts.cache_clear()
        return unknown

    def check(self) -> list[IntegrityFinding]:
        """Check the database, every visible passage and every kept original."""
        return check(self._connections, self._originals)
