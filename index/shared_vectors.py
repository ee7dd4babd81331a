"""The vectors of a library on a Chroma server, which every machine that shows the library searches.

The record notes which collection of the server holds them, and the generation of the library that
it shows; whoever updates first writes, and the others find it done. The server may be ahead of a
search or behind it: passages that a search does not know are passed over, and what the server does
not have yet is found by words. While it does not answer, searches compare every vector.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TypeVar

import numpy as np

from corpus.catalogue import Entry
from corpus.errors import SearchIndexError
from corpus.i18n import tr
from corpus.library import Library
from index.chroma_server import ChromaServer, CollectionGone, ServerCollection, Weights
from index.embedding import Vectors
from index.probe import ProbeResult, fault_in, sample
from index.server_address import ServerAddress
from index.word_weights import word_weights

_LOG = logging.getLogger(__name__)
# The name of the note in the record, and of the lock under which it is changed.
FACT = LOCK = "vectors"
# Seconds in which the server answers a search, and a write; after a failed search it is not asked
# for so long, and after so long a search looks whether the note names another collection.
_SEARCH_TIMEOUT, _WRITE_TIMEOUT = 5.0, 120.0
_PAUSE, _LOOK_AGAIN = 20.0, 5.0
# Seconds for which a collection stays that another one has replaced: all have looked by then.
_KEPT = 120.0
# Passages that are read from the record at once.
_AT_ONCE = 2_000

Pairs = list[tuple[str, float]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Note:
    """What the record says of the vectors on the server at `store`.

    `collection` holds `passages` vectors of `embedder`, those of the library's `generation`;
    `words` says whether their words are indexed there. `mark` is what whoever wrote last left in
    the collection, `next_mark` what a write under way leaves there: any other mark is that of
    another copy of this library, which must have a collection of its own. `aside` are collections
    to delete, with the time (seconds of the epoch) at which they were left.
    """

    store: str
    embedder: str
    collection: str = ""
    generation: int = 0
    passages: int = 0
    words: bool = False
    mark: str = ""
    next_mark: str = ""
    aside: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, library: Library) -> Note | None:
        """Return the note in a library's record; None where there is none that can be read."""
        try:
            return cls(**json.loads(library.fact(FACT)))
        except (ValueError, TypeError):
            return None

    def write(self, library: Library) -> None:
        """Note it; raises LibraryError."""
        library.note_fact(FACT, json.dumps(asdict(self)))


class SharedVectors:
    """The vectors of one library on one server. Thread-safe; connects when it is first asked."""

    def __init__(self, library: Library, store: str) -> None:
        """Keep the vectors of `library` at the address `store`; raises UsageError for a bad one."""
        self._library = library
        self._address = ServerAddress.of(store)
        self._lock = threading.Lock()
        self._server: ChromaServer | None = None
        self._open: tuple[Note, ServerCollection] | None = None
        self._looked = self._paused_until = 0.0
        self._suspect = self._failing = False

    @property
    def has_words(self) -> bool:
        """Whether the server indexes the words of passages too, as far as the record knows."""
        note = self._note()
        return note is not None and note.words

    def is_behind(self) -> bool:
        """Say whether there is something to write to the server, and it may well answer."""
        if time.monotonic() < self._paused_until or not self._library.generation:
            return False
        note = self._note()
        return (
            note is None
            or self._suspect
            or note.embedder != self._library.embedder
            or note.generation < self._library.generation
        )

    def reader(self, embedder: str) -> SharedReader:
        """Return what a snapshot searches by, whose vectors `embedder` made."""
        return SharedReader(self, embedder)

    def distrust(self) -> None:
        """Have searches compare every vector until `bring_up` has found the collection sound."""
        self._suspect = True

    def close(self) -> None:
        """Close the connection; the next search opens it again."""
        with self._lock:
            self._disconnect()
            self._paused_until = 0.0

    # Searching.

    def collection(self, embedder: str) -> ServerCollection | None:
        """Return the collection with the vectors of `embedder`; None while there is none to search.

        Never waits for another thread that is connecting.
        """
        now = time.monotonic()
        if self._suspect or now < self._paused_until:
            return None
        found = self._open
        if (found is None or now - self._looked > _LOOK_AGAIN) and self._lock.acquire(
            blocking=False
        ):
            try:
                self._look()
                found = self._open
            except CollectionGone as error:
                _LOG.warning("%s; it is made anew", error)
                self._suspect = True
                return None
            except SearchIndexError as error:
                self._pause(error)
                return None
            finally:
                self._lock.release()
        return None if found is None or found[0].embedder != embedder else found[1]

    def failed(self, error: SearchIndexError) -> None:
        """Do without the server for a while, since it failed a search."""
        if self._lock.acquire(blocking=False):
            try:
                self._pause(error)
            finally:
                self._lock.release()

    def look_again(self) -> None:
        """Read the note anew at the next search: the collection that was open is gone."""
        with self._lock:
            self._open = None

    def _look(self) -> None:
        """Open the collection that the record names now; the caller holds the lock."""
        note = self._note()
        self._looked = time.monotonic()
        if note is None or not note.collection:
            self._open = None
            return
        if self._open is not None and self._open[0].collection == note.collection:
            self._open = (note, self._open[1])
            return
        if self._server is None:
            self._server = ChromaServer(self._address, timeout=_SEARCH_TIMEOUT)
        self._open = (note, self._server.collection(note.collection, words=note.words))
        self._answers()

    def _answers(self) -> None:
        if self._failing:
            self._failing = False
            _LOG.info("the vector store at %s answers again", self._address.url)

    def _pause(self, error: SearchIndexError) -> None:
        # Once for each time that it is off: it is tried again and again.
        level = logging.DEBUG if self._failing else logging.ERROR
        _LOG.log(level, "%s; until then searches compare every vector", error)
        self._failing = True
        self._disconnect()
        self._paused_until = time.monotonic() + _PAUSE

    def _disconnect(self) -> None:
        self._open = None
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _note(self) -> Note | None:
        """Return what the record notes of this server; None where it notes another, or nothing."""
        note = Note.read(self._library)
        return note if note is not None and note.store == self._address.url else None

    # Writing.

    def bring_up(self, *, rebuild: bool = False, wait: bool = True) -> None:
        """Write what changed in the library to the server, unless another machine has done so.

        A collection that is missing, damaged, or written to by another copy of the library is not
        touched: a new one takes its place, and the old one is deleted later. The same is done with
        `rebuild`. Raises SearchIndexError where the server fails, LibraryLocked where another
        machine is writing to it, at once or with `wait` after a minute; then all stays searchable
        as it is.
        """
        if not self._library.generation:
            return
        with self._library.exclusively(LOCK, wait=wait):
            note = self._note()
            if note is not None and note.embedder != self._library.embedder:
                rebuild = True
            try:
                with closing(ChromaServer(self._address, timeout=_WRITE_TIMEOUT)) as server:
                    if note is None or rebuild or not self._applied(server, note):
                        self._fill(server, note)
                    self._sweep(server)
            except SearchIndexError as error:
                with self._lock:
                    self._pause(error)
                raise
        with self._lock:
            self._looked = self._paused_until = 0.0
            self._suspect = False
            self._answers()

    def _applied(self, server: ChromaServer, note: Note) -> bool:
        """Write the changes since the note; False where the collection must be made anew."""
        try:
            store = server.collection(note.collection, words=note.words)
        except CollectionGone:
            _LOG.warning("the collection %s is gone from the vector store", note.collection)
            return False
        if store.mark not in {note.mark, note.next_mark}:
            _LOG.warning("another copy of this library writes to %s", note.collection)
            return False
        if note.generation >= self._library.generation and store.mark == note.mark:
            return self._is_sound(store, note.passages)
        note = replace(note, next_mark=secrets.token_hex(8))
        note.write(self._library)
        with self._library.unchanging():
            target, entries = self._library.generation, self._entries()
            changed = {one.document for one in self._library.changes_since(note.generation)}
            present = sorted(changed & entries.keys())
            # First what is new, so that a replaced document is never missing altogether.
            self._put(store, entries, present)
            store.remove_documents(sorted(changed - entries.keys()))
            passages = sum(one.passages for one in entries.values())
            if len(store) != passages:
                # A document may have been cut into other passages than before.
                store.remove_documents(present)
                self._put(store, entries, present)
        if len(store) != passages:
            _LOG.warning("%s holds %d passages, not %d", note.collection, len(store), passages)
            return False
        store.set_mark(note.next_mark)
        replace(
            note, generation=target, passages=passages, mark=note.next_mark, next_mark=""
        ).write(self._library)
        return True

    def _fill(self, server: ChromaServer, before: Note | None) -> None:
        """Write every vector into a new collection, and have searches use that one."""
        name = f"briefing-{self._library.identity[:12]}-{secrets.token_hex(4)}"
        mark = secrets.token_hex(8)
        old = before or Note(self._address.url, self._library.embedder)
        # Noted first: what a crash leaves half-filled is deleted by the next update.
        old = replace(old, aside={**old.aside, name: time.time()})
        old.write(self._library)
        started = time.monotonic()
        store = server.create(name, mark)
        with self._library.unchanging():
            target, entries = self._library.generation, self._entries()
            embedder = self._library.embedder
            self._put(store, entries, sorted(entries))
        passages = sum(one.passages for one in entries.values())
        if len(store) != passages:
            raise SearchIndexError(
                tr(
                    "the vector store at {address} fails ({reason}); see its log",
                    address=self._address.url,
                    reason=f"{len(store)} of {passages} passages",
                )
            )
        aside = {one: left for one, left in old.aside.items() if one != name}
        # One that another copy of the library writes to is that copy's, so only our mark is swept.
        if old.collection and self._is_ours(server, old):
            aside[old.collection] = time.time()
        Note(
            self._address.url, embedder, name, target, passages, store.words, mark, "", aside
        ).write(self._library)
        seconds = time.monotonic() - started
        _LOG.info("%d vectors written to %s in %.1f s", passages, name, seconds)

    def _is_ours(self, server: ChromaServer, note: Note) -> bool:
        try:
            mark = server.collection(note.collection, words=note.words).mark
        except CollectionGone:
            return False
        return mark in {note.mark, note.next_mark}

    def _sweep(self, server: ChromaServer) -> None:
        """Delete the collections that nobody searches any more."""
        note = self._note()
        if note is None:
            return
        over = [name for name, left in note.aside.items() if time.time() - left > _KEPT]
        for name in over:
            server.delete(name)
        if over:
            kept = {name: left for name, left in note.aside.items() if name not in over}
            replace(note, aside=kept).write(self._library)

    def _is_sound(self, store: ServerCollection, passages: int) -> bool:
        """Say whether a collection holds what it should, and finds it where that was in doubt."""
        if len(store) != passages:
            _LOG.warning("the vector store holds %d passages, not %d", len(store), passages)
            return False
        if not self._suspect:
            return True
        ids, vectors = self._library.vectors([one.id for one in self._library.entries()[:1]])
        reason = fault_in(store, None, _arrays(sample(ids, vectors)), count=passages)
        if reason:
            _LOG.warning("the vector store is not sound: %s", reason)
        return not reason

    def _entries(self) -> dict[str, Entry]:
        return {one.id: one for one in self._library.entries() if one.passages}

    def _put(
        self, store: ServerCollection, entries: Mapping[str, Entry], documents: Sequence[str]
    ) -> None:
        """Write the vectors of documents, and their words where the server indexes them."""
        for some in _batches(entries, documents):
            ids, vectors = self._library.vectors(some)
            store.put(ids, vectors, self._weights(entries, ids) if store.words else None)

    def _weights(self, entries: Mapping[str, Entry], ids: Sequence[str]) -> list[Weights]:
        return [
            word_weights(entries[one.document].source.title, one)
            for one in self._library.passages(ids)
        ]

    # Looking after it.

    def fault(self) -> str:
        """Return what is wrong with the server or the collection, or ""; asks it now."""
        try:
            with self._written() as (note, store):
                count = len(store)
        except SearchIndexError as error:
            return error.args[0] if error.args else str(error)
        if note.generation < self._library.generation:
            return tr("the vector store is behind the library; run: briefing doctor")
        if count != note.passages:
            return tr(
                "the vector store holds {count} passages, not {passages}; run:"
                " briefing doctor --rebuild",
                count=count,
                passages=note.passages,
            )
        return ""

    def probe(self, ids: Collection[str], stored: Mapping[str, Sequence[float]]) -> ProbeResult:
        """Return what is found of the vectors there; see `index.probe.probe_vectors`."""
        started, count = time.monotonic(), 0
        try:
            with self._written() as (_, store):
                count = len(store)
                reason = fault_in(store, set(ids), _arrays(stored))
        except SearchIndexError as error:
            reason = error.args[0] if error.args else str(error)
        return ProbeResult(not reason, reason, count, time.monotonic() - started)

    @contextmanager
    def _written(self) -> Iterator[tuple[Note, ServerCollection]]:
        """Open what the record names by a connection of its own; raises SearchIndexError."""
        with closing(ChromaServer(self._address, timeout=_WRITE_TIMEOUT)) as server:
            note = self._note()
            if note is None or not note.collection:
                raise SearchIndexError(
                    tr("the vector store has nothing of this library yet; run: briefing doctor")
                )
            yield note, server.collection(note.collection, words=note.words)


class SharedReader:
    """The server as the searches of one snapshot use it, whose vectors one embedder made."""

    def __init__(self, shared: SharedVectors, embedder: str) -> None:
        self._shared = shared
        self._embedder = embedder

    def nearest(self, vector: Vectors, count: int) -> Pairs | None:
        """Return up to `count` (passage id, cosine) pairs; None while it cannot be asked."""
        return self._asked(lambda store: store.nearest(vector, count))

    def by_words(self, weights: Weights, count: int) -> Pairs | None:
        """Return up to `count` (passage id, BM25 score) pairs; None while it cannot be asked."""
        return self._asked(lambda store: store.by_words(weights, count))

    def hybrid(self, vector: Vectors, weights: Weights, count: int) -> tuple[Pairs, Pairs] | None:
        """Return the nearest in meaning and the best by words; None while it cannot be asked."""
        return self._asked(lambda store: store.hybrid(vector, weights, count))

    def withdraw(self) -> None:
        """Do nothing: a server is searched while it is written."""

    def close(self) -> None:
        """Do nothing: the connection is that of every snapshot."""

    def _asked(self, ask: Callable[[ServerCollection], T]) -> T | None:
        for _ in range(2):
            store = self._shared.collection(self._embedder)
            if store is None:
                return None
            try:
                return ask(store)
            except CollectionGone:
                # Another machine has made a new one, which the record names.
                self._shared.look_again()
            except SearchIndexError as error:
                self._shared.failed(error)
                return None
        self._shared.distrust()
        return None


def _batches(entries: Mapping[str, Entry], documents: Sequence[str]) -> Iterator[list[str]]:
    """Yield the documents in groups of some passages, at least one document each."""
    some: list[str] = []
    held = 0
    for one in documents:
        if some and held + entries[one].passages > _AT_ONCE:
            yield some
            some, held = [], 0
        some.append(one)
        held += entries[one].passages
    if some:
        yield some


def _arrays(stored: Mapping[str, Sequence[float]]) -> dict[str, Vectors]:
    return {name: np.array(one, np.float32) for name, one in stored.items()}
