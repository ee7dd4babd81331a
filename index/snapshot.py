"""A snapshot: one state of the library with the indexes that show it, never changed again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from corpus.catalogue import Entry
from corpus.library import Library
from index.cosine_scale import CosineScale
from index.embedding import Vectors
from index.forward_index import ForwardIndex, Rows, forward_index_of
from index.hosted_words import HostedWords
from index.index_writer import write_words
from index.keyword_index import KeywordIndex, WordSearch
from index.shared_vectors import SharedReader
from index.vector_store import VectorStore
from index.versions import later_versions

# Seconds that `withdraw` waits for running queries; one takes milliseconds.
_QUERY_TIMEOUT = 10.0


class VectorReader:
    """The vector store as searches use it, until a writer withdraws it.

    Chroma blocks queries while it writes, and two processes on one folder see half of each other's
    work; so a writer withdraws the index first, and searches are exact meanwhile.
    """

    def __init__(self, index: VectorStore, forward: ForwardIndex) -> None:
        """Search `index`, and what it lacks of `forward`, whose passages alone are found."""
        self._shared = _OpenStore(index)
        self._forward = forward

    def beside(self, forward: ForwardIndex) -> VectorReader:
        """Return a reader of the same open store for a later state of the library."""
        found = copy(self)
        found._forward = forward
        return found

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]] | None:
        """Return up to `count` (passage id, cosine) pairs; None once it is withdrawn.

        None too where passages that are gone took the places of others: a removed report may hold
        most of what is near to a question. Raises SearchIndexError where the store fails.
        """
        forward = self._forward
        wanted = count + min(count, forward.gone_passages)
        pairs = self._shared.nearest(vector, wanted)
        late = forward.late_rows
        if pairs is None or not (len(late) or forward.gone):
            return pairs
        found = {one: cosine for one, cosine in pairs if forward.row(one) >= 0}
        if len(found) < len(pairs) and len(found) < min(count, len(forward) - len(late)):
            return None
        cosines = forward.vectors_of(late) @ vector
        best = np.argsort(-cosines, kind="stable")[:count]
        found |= {forward.id(int(late[one])): float(cosines[one]) for one in best}
        return sorted(found.items(), key=lambda pair: -pair[1])[:count]

    def withdraw(self) -> None:
        """Let no further query begin, and return once none is running."""
        self._shared.withdraw()

    @property
    def is_open(self) -> bool:
        """Whether it has not been withdrawn."""
        return not self._shared.withdrawn

    def close(self) -> None:
        """Withdraw the index and close it, once; raises SearchIndexError."""
        self._shared.close()


class _OpenStore:
    """A vector store that is open, and how many queries it is answering."""

    def __init__(self, index: VectorStore) -> None:
        self._index = index
        self._idle = threading.Condition()
        self._queries = 0
        self.withdrawn = self._closed = False

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]] | None:
        with self._idle:
            if self.withdrawn:
                return None
            self._queries += 1
        try:
            return self._index.nearest(vector, count)
        finally:
            with self._idle:
                self._queries -= 1
                self._idle.notify_all()

    def withdraw(self) -> None:
        with self._idle:
            self.withdrawn = True
            self._idle.wait_for(lambda: not self._queries, timeout=_QUERY_TIMEOUT)

    def close(self) -> None:
        self.withdraw()
        if not self._closed:
            self._closed = True
            self._index.close()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a search reads: documents, their vectors and words, all of one generation.

    `embedder` made the vectors, `scale` is that of its cosines. `vectors` is None where they are
    compared one by one: the store is being written, or it is broken. `later` has the later versions
    of documents, the latest first. `readable` are the rows of `forward` that may be searched, None
    for all: those of documents that the asker may not read are left out everywhere.
    """

    generation: int
    embedder: str
    entries: Mapping[str, Entry]
    forward: ForwardIndex
    words: WordSearch
    vectors: VectorReader | SharedReader | None
    later: Mapping[str, Sequence[Entry]]
    scale: CosineScale
    readable: Rows | None = None

    def bounded(self, documents: Collection[str]) -> Snapshot:
        """Return this snapshot with `documents` alone in it: itself where they are all there is."""
        entries = {one: entry for one, entry in self.entries.items() if one in documents}
        held = self.forward.documents
        # What was removed before the snapshot may be read, and is not found all the same.
        shown = [one for one in held if one in entries]
        if len(entries) == len(self.entries) and len(shown) == len(held):
            return self
        hidden = [one for one in held if one not in entries]
        rows = self.forward.rows_of(shown)
        later = {
            one: kept
            for one, versions in self.later.items()
            if one in documents
            and (kept := [version for version in versions if version.id in documents])
        }
        words = self.words.bounded(shown, len(rows), hidden=hidden)
        return replace(self, entries=entries, words=words, later=later, readable=rows)


def snapshot_in_memory(
    library: Library, scale: Callable[[str], CosineScale], *, words: bool
) -> Snapshot:
    """Return a snapshot of the library as it is, made in memory; takes seconds for a large one.

    `scale` gives that of an embedder by its name; without `words` none are kept but in the forward
    index, since a server finds by them. Raises LibraryError.
    """
    with library.unchanging():
        generation, embedder = library.generation, library.embedder
        entries = {one.id: one for one in library.entries() if one.passages}
        forward = forward_index_of(library, entries)
        found: WordSearch = HostedWords(forward, None)
        if words:
            made = KeywordIndex(None)
            write_words(made, library, entries)
            found = made.searcher()
    own = scale(embedder)
    later = later_versions(entries.values(), forward, own)
    return Snapshot(generation, embedder, entries, forward, found, None, later, own)
