"""The forward index: the vector and stems of each passage by row, memory-mapped.

Ranking looks at some four hundred candidates and their neighbours. Taken from the library's
documents one by one that costs a second on large reports; from arrays mapped into memory, a few
milliseconds. It is derived like the other indexes and can be rebuilt from the library. Files grow
at their ends (index.forward_files): what comes in does not move what is there.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from corpus.catalogue import Entry
from corpus.document import Passage
from corpus.library import Library
from index.embedding import Vectors
from index.keyword_index import stems

Rows = NDArray[np.intp]
# What a vector is kept as, here and in the record.
Halves = NDArray[np.float16]


def stem_code(stem: str) -> int:
    """Return the number under which a stem is kept: CRC-32, one clash in 4 billion pairs."""
    return zlib.crc32(stem.encode())


@dataclass(frozen=True)
class ForwardIndex:
    """Passages by row; those of one document follow each other in order.

    `vectors` is float16 [rows, dimension]; `stems[starts[i]:starts[i + 1]]` are the distinct stem
    codes of row i: the passage with its title, headings and head; `spans` [rows, 2] its offsets.
    `documents` are in the order of their rows, which is that in which they came in; `runs[d]` is
    the first row of document d and the row after its last. Rows between the runs are holes: their
    documents are gone, or came in anew.

    The vector store may be behind: it has the rows below `stored`, those of the runs in `gone`
    (document, first row, row after the last) among them, whose documents went meanwhile.
    """

    vectors: Halves
    stems: NDArray[np.uint32]
    starts: NDArray[np.int64]
    spans: NDArray[np.uint32]
    documents: tuple[str, ...]
    runs: NDArray[np.int64]
    stored: int
    gone: tuple[tuple[str, int, int], ...] = ()

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {one: place for place, one in enumerate(self.documents)}

    @cached_property
    def _ranks(self) -> NDArray[np.int64]:
        """The place of each document among all, sorted by their ids."""
        ranks = np.empty(len(self.documents), dtype=np.int64)
        ranks[sorted(range(len(ranks)), key=self.documents.__getitem__)] = np.arange(len(ranks))
        return ranks

    @cached_property
    def _count(self) -> int:
        return int((self.runs[:, 1] - self.runs[:, 0]).sum())

    def __len__(self) -> int:
        """Return how many passages there are; `extent` has the holes too."""
        return self._count

    @property
    def extent(self) -> int:
        """How many rows the arrays have, holes among them."""
        return len(self.spans)

    @cached_property
    def rows(self) -> Rows:
        """The rows of all passages, ascending."""
        shown = np.zeros(self.extent + 1, dtype=np.int8)
        np.add.at(shown, self.runs[:, 0], 1)
        np.add.at(shown, self.runs[:, 1], -1)
        return np.flatnonzero(np.cumsum(shown[:-1], dtype=np.int8))

    def vectors_of(self, rows: Rows) -> Vectors:
        """Return the vectors of some rows, float32 [rows, dimension]."""
        return np.asarray(self.vectors[rows], dtype=np.float32)

    def in_order(self, rows: Rows) -> Rows:
        """Return rows sorted by document and place: an order that no history of a library shifts.

        Ties of a ranking are broken by it.
        """
        places = np.searchsorted(self.runs[:, 0], rows, side="right") - 1
        return rows[np.lexsort((rows, self._ranks[places]))]

    @cached_property
    def late_rows(self) -> Rows:
        """The rows of passages that the vector store does not have yet."""
        return self.rows[np.searchsorted(self.rows, self.stored) :]

    @property
    def gone_passages(self) -> int:
        """How many passages the vector store has of documents that are gone."""
        return sum(after - first for _, first, after in self.gone)

    def leaving(self, documents: Collection[str]) -> tuple[tuple[str, int, int], ...]:
        """Return the runs of some documents that the vector store has: see `gone`."""
        return tuple(
            (one, first, after)
            for one, (first, after) in self._runs()
            if one in documents and first < self.stored
        )

    def stored_ids(self) -> list[str]:
        """Return the ids of the passages that the vector store has, each once."""
        ids = [self.id(row) for row in self.rows.tolist() if row < self.stored]
        for document, first, after in self.gone:
            spans = self.spans[first:after].tolist()
            ids += [f"{document}:{start}-{end}" for start, end in spans]
        return ids

    def holds(self, document: str) -> bool:
        """Say whether passages of a document are here."""
        return document in self._places

    def row(self, passage: str) -> int:
        """Return the row of a passage id, or -1 for one that is not here."""
        document, _, span = passage.partition(":")
        place = self._places.get(document)
        if place is None:
            return -1
        start, _, end = span.partition("-")
        first, after = self.runs[place].tolist()
        row = first + int(np.searchsorted(self.spans[first:after, 0], int(start)))
        fits = row < after and tuple(self.spans[row]) == (int(start), int(end))
        return row if fits else -1

    def id(self, row: int) -> str:
        """Return the passage id of a row."""
        start, end = self.spans[row]
        return f"{self.documents[self.document_place(row)]}:{start}-{end}"

    def document_place(self, row: int) -> int:
        """Return which document, by its place in `documents`, a row belongs to."""
        return int(np.searchsorted(self.runs[:, 0], row, side="right")) - 1

    def number(self, row: int) -> tuple[str, int]:
        """Return the document of a row, and the number of the passage in it, from 0."""
        place = self.document_place(row)
        return self.documents[place], row - int(self.runs[place, 0])

    def around(self, row: int) -> range:
        """Return the row and its neighbours in the document."""
        first, after = self.runs[self.document_place(row)].tolist()
        return range(max(first, row - 1), min(after, row + 2))

    def codes(self, row: int) -> NDArray[np.uint32]:
        """Return the distinct stem codes of a row."""
        return self.stems[self.starts[row] : self.starts[row + 1]]

    def rows_of(self, documents: Iterable[str]) -> Rows:
        """Return the rows of the documents named, ascending; unknown ones are ignored."""
        places = sorted(self._places[one] for one in documents if one in self._places)
        parts = [np.arange(*self.runs[one]) for one in places]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.intp)

    def joined(self, other: ForwardIndex, *, without: Collection[str] = ()) -> ForwardIndex:
        """Return the passages of both in memory, but for those of some documents of this one."""
        kept = [(one, run) for one, run in self._runs() if one not in without]
        rows = self.rows_of([one for one, _ in kept])
        lengths = np.diff(self.starts)
        held = np.repeat(np.isin(np.arange(self.extent), rows), lengths)
        first, after = len(rows), len(rows) + other.extent
        ends = np.cumsum([0, *(last - begin for _, (begin, last) in kept)])
        return ForwardIndex(
            np.concatenate([one for one in (self.vectors[rows], other.vectors) if len(one)])
            if after
            else other.vectors,
            np.concatenate([self.stems[held], other.stems]),
            np.cumsum([0, *lengths[rows], *np.diff(other.starts)]).astype(np.int64),
            np.concatenate([self.spans[rows], other.spans]),
            (*(one for one, _ in kept), *other.documents),
            np.concatenate([_pairs(ends), other.runs + first]),
            after,
        )

    def _runs(self) -> list[tuple[str, list[int]]]:
        return list(zip(self.documents, self.runs.tolist(), strict=True))

    @classmethod
    def made(
        cls,
        documents: Iterable[str],
        read: Callable[[str], tuple[str, Sequence[Passage], Vectors]],
        stems: Callable[[str], list[str]],
    ) -> ForwardIndex:
        """Return the index of `documents` in memory; `read` gives title, passages and vectors."""
        held: list[str] = []
        vectors: list[Halves] = []
        codes: list[NDArray[np.uint32]] = []
        spans: list[NDArray[np.uint32]] = []
        for one in documents:
            title, passages, matrix = read(one)
            held.append(one)
            vectors.append(matrix.astype(np.float16))
            spans.append(np.array([(p.start, p.end) for p in passages], dtype=np.uint32))
            contexts = [f"{title}\n{one.heading}\n{one.head}" for one in passages]
            context_codes = {context: _stem_codes(stems(context)) for context in set(contexts)}
            codes.extend(
                np.union1d(context_codes[context], _stem_codes(stems(one.text)))
                for context, one in zip(contexts, passages, strict=True)
            )
        ends = np.cumsum([0, *(len(one) for one in spans)])
        return cls(
            np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float16),
            np.concatenate(codes) if codes else np.zeros(0, dtype=np.uint32),
            np.cumsum([0, *(len(one) for one in codes)]).astype(np.int64),
            np.concatenate(spans) if spans else np.zeros((0, 2), dtype=np.uint32),
            tuple(held),
            _pairs(ends),
            int(ends[-1]),
        )


def _pairs(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the runs between some borders, which follow each other."""
    return np.stack([ends[:-1], ends[1:]], axis=1).astype(np.int64)


def _stem_codes(stems: Iterable[str]) -> NDArray[np.uint32]:
    return np.unique(np.array([stem_code(one) for one in stems], dtype=np.uint32))


def is_consistent(index: ForwardIndex) -> bool:
    """Say whether the arrays fit each other; they do unless a file was truncated or replaced."""
    bounds = index.runs.ravel().tolist()
    return (
        len(index.vectors) == len(index.spans) == len(index.starts) - 1
        and int(index.starts[-1]) == len(index.stems)
        and len(index.runs) == len(index.documents)
        and all(a <= b for a, b in pairwise([0, *bounds, index.extent]))
    )


def forward_index_of(library: Library, entries: Mapping[str, Entry]) -> ForwardIndex:
    """Return the forward index of those documents, made in memory."""

    def read(document: str) -> tuple[str, list[Passage], Vectors]:
        vectors = library.vectors([document])[1]
        return entries[document].source.title, library.passages_of(document), vectors

    return ForwardIndex.made(sorted(entries), read, stems)
