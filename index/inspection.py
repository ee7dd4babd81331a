"""Each derived index compared with the library: opened, counted, and its contents checked.

A search only checks sizes and times of files; this reads everything, which takes about as long as a
rebuild, and is what `briefing doctor` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus.errors import SearchIndexError
from corpus.i18n import tr
from corpus.library import Library
from index import forward_files
from index.forward_index import ForwardIndex, is_consistent
from index.keyword_index import KeywordIndex
from index.manifest import VECTORS, Manifest
from index.probe import probe_vectors, sample
from index.server_address import is_address
from index.shared_vectors import SharedVectors
from index.vector_store import DEFAULT_STORE


@dataclass(frozen=True, slots=True)
class Inspection:
    """How many passages each index holds, None for one that does not open, and what is wrong."""

    passages: int
    vectors: int | None
    words: int | None
    forward: int | None
    faults: tuple[str, ...]


def inspect_indexes(library: Library, *, store: str = DEFAULT_STORE) -> Inspection:
    """Return what the indexes of a library hold, each opened; nobody may be writing to them.

    `store` keeps the vectors.
    """
    folder = library.home / "index"
    ids, matrix = library.vectors()
    faults = []
    stored = sample(ids, matrix)
    opened = _forward(folder)
    # The store may lack some passages, and have some that are gone: the forward index says which,
    # where it can be believed.
    ahead = opened is not None and is_consistent(opened) and _is_ahead(opened)
    index = opened if ahead else None
    lacks = len(index.late_rows) - index.gone_passages if index else 0
    if is_address(store):
        probed = SharedVectors(library, store).probe(ids, stored)
    else:
        there = set(index.stored_ids()) if index else set(ids)
        known = {one: vector for one, vector in stored.items() if one in there}
        probed = probe_vectors(folder / VECTORS, there, known, store=store)
        if probed.sound:
            probed = replace(probed, count=probed.count + lacks)
    if not probed.sound:
        faults.append(tr("vectors: {reason}", reason=probed.reason))
    words = _keyword_count(folder / "words")
    manifest = Manifest.read(folder)
    if manifest is not None and manifest.hosted_words:
        # The server finds by words, and what it holds was counted with the vectors.
        words = probed.count
    elif words is None:
        faults.append(tr("words: they cannot be opened"))
    elif words != len(ids):
        faults.append(tr("words: they hold {count} passages", count=words))
    forward = None
    if opened is None:
        faults.append(tr("forward: it cannot be opened"))
    else:
        forward = len(opened)
        faults += [tr("forward: {fault}", fault=one) for one in _forward_faults(opened, library)]
    return Inspection(len(ids), probed.count or None, words, forward, tuple(faults))


def _forward(folder: Path) -> ForwardIndex | None:
    """Return the forward index; None where it does not open."""
    try:
        return forward_files.load(folder / "forward")
    except SearchIndexError:
        return None


def _is_ahead(index: ForwardIndex) -> bool:
    """Say whether the vector store is behind a forward index."""
    return bool(len(index.late_rows) or index.gone)


def _keyword_count(folder: Path) -> int | None:
    """Return how many passages the keyword index holds; None where it does not open."""
    if not (folder / "meta.json").is_file():
        # Opening would make an empty index.
        return None
    try:
        return len(KeywordIndex(folder).searcher())
    except SearchIndexError:
        return None


def _forward_faults(index: ForwardIndex, library: Library) -> Iterator[str]:
    """Yield what differs from the library: the shape, the documents, their passages and vectors."""
    if not is_consistent(index):
        yield tr("its arrays do not fit each other")
        return
    if not np.isfinite(index.vectors_of(index.rows)).all():
        yield tr("some of its vectors are no numbers")
    entries = {one.id for one in library.entries() if one.passages}
    indexed = set(index.documents)
    if indexed != entries:
        yield tr(
            "it lacks {missing} documents and holds {foreign} others",
            missing=len(entries - indexed),
            foreign=len(indexed - entries),
        )
    differing = sum(not _same_contents(index, library, one) for one in sorted(entries & indexed))
    if differing:
        yield tr(
            "{count} documents have other passages or vectors than the library", count=differing
        )


def _same_contents(index: ForwardIndex, library: Library, document: str) -> bool:
    ids, matrix = library.vectors([document])
    rows = index.rows_of([document])
    places = {one: place for place, one in enumerate(ids)}
    order = [places.get(index.id(int(row)), -1) for row in rows]
    return sorted(order) == list(range(len(ids))) and np.array_equal(
        index.vectors_of(rows), matrix[order]
    )
