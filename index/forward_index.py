"""The forward index: the vector and stems of each passage by row, memory-mapped.

Ranking looks at some four hundred candidates and their neighbours. Taken from the library's
documents one by one that costs a second on large reports; from two arrays mapped into memory, a
few milliseconds. It is derived like the other indexes and can be rebuilt from the library.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.catalogue import Entry
from corpus.document import Passage
from corpus.errors import SearchIndexError
from corpus.i18n import tr
from corpus.library import Library
from corpus.token_codes import Bits, TokenCodes
from index.embedding import Vectors
from index.keyword_index import stems

Rows = NDArray[np.intp]
_ARRAYS = ("vectors", "stems", "starts", "spans", "firsts", "documents", "tokens", "token_starts")


def stem_code(stem: str) -> int:
    """Return the number under which a stem is kept: CRC-32, one clash in 4 billion pairs."""
    return zlib.crc32(stem.encode())


@dataclass(frozen=True)
class ForwardIndex:
    """Passages by row; those of one document follow each other in order.

    `vectors` is float32 [n, dimension]; `stems[starts[i]:starts[i + 1]]` are the distinct stem
    codes of passage i with its title, headings and head; `spans` [n, 2] its offsets; `firsts` the
    first row of each document, then n; `documents` their ids. `tokens` are token codes, those of
    passage i from token_starts[i] to token_starts[i + 1]; none where the library has none.
    """

    vectors: Vectors
    stems: NDArray[np.uint32]
    starts: NDArray[np.int64]
    spans: NDArray[np.int64]
    firsts: NDArray[np.int64]
    documents: NDArray[np.str_]
    tokens: Bits
    token_starts: NDArray[np.int64]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {str(one): place for place, one in enumerate(self.documents)}

    def __len__(self) -> int:
        return len(self.spans)

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
        first, after = int(self.firsts[place]), int(self.firsts[place + 1])
        row = first + int(np.searchsorted(self.spans[first:after, 0], int(start)))
        fits = row < after and tuple(self.spans[row]) == (int(start), int(end))
        return row if fits else -1

    def id(self, row: int) -> str:
        """Return the passage id of a row."""
        start, end = self.spans[row]
        return f"{self.documents[self.document_place(row)]}:{start}-{end}"

    def document_place(self, row: int) -> int:
        """Return which document, by its place in `documents`, a row belongs to."""
        return int(np.searchsorted(self.firsts, row, side="right")) - 1

    def around(self, row: int) -> range:
        """Return the row and its neighbours in the document."""
        place = self.document_place(row)
        first, after = int(self.firsts[place]), int(self.firsts[place + 1])
        return range(max(first, row - 1), min(after, row + 2))

    def codes(self, row: int) -> NDArray[np.uint32]:
        """Return the distinct stem codes of a row."""
        return self.stems[self.starts[row] : self.starts[row + 1]]

    def rows_of(self, documents: Iterable[str]) -> Rows:
        """Return the rows of the documents named; unknown ones are ignored."""
        places = [self._places[one] for one in documents if one in self._places]
        parts = [np.arange(self.firsts[one], self.firsts[one + 1]) for one in places]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.intp)

    def save(self, folder: Path) -> None:
        """Write the arrays into `folder`, in place of what is there; raises SearchIndexError.

        They are written beside it first: this index may be a view of the files that are replaced.
        """
        fresh = folder.with_name(f"{folder.name}.new")
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            for name in _ARRAYS:
                np.save(fresh / f"{name}.npy", getattr(self, name))
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
        except OSError as error:
            raise SearchIndexError(
                tr(
                    "cannot write {file} ({reason}); run: briefing doctor --rebuild",
                    file=folder,
                    reason=error.strerror,
                )
            ) from error

    @classmethod
    def load(cls, folder: Path) -> ForwardIndex:
        """Map the arrays of `folder` into memory; raises SearchIndexError where they are not."""
        try:
            large = {"vectors", "stems", "spans", "tokens"}
            return cls(
                *(
                    # A plain view of the mapping: a slice of a memmap is another one, 4 us each.
                    np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
                    if name in large
                    else np.load(folder / f"{name}.npy")
                    for name in _ARRAYS
                )
            )
        except (OSError, ValueError) as error:
            raise SearchIndexError(
                tr("cannot read {file}; run: briefing doctor --rebuild", file=folder)
            ) from error

    @classmethod
    def made(
        cls,
        documents: Sequence[str],
        read: Callable[[str], tuple[str, Sequence[Passage], Vectors, TokenCodes]],
        stems: Callable[[str], list[str]],
        *,
        before: ForwardIndex | None = None,
        changed: Collection[str] = (),
    ) -> ForwardIndex:
        """Return the index of `documents`; `read` gives title, passages, their vectors and tokens.

        The rows of a document in `before` that has not `changed` are reused without reading it.
        """
        known = before._places if before is not None else {}
        vectors: list[Vectors] = []
        codes: list[NDArray[np.uint32]] = []
        spans: list[NDArray[np.int64]] = []
        tokens: list[TokenCodes] = []
        firsts = [0]
        for one in documents:
            if before is not None and one in known and one not in changed:
                first, after = before.firsts[known[one]], before.firsts[known[one] + 1]
                vectors.append(before.vectors[first:after])
                spans.append(before.spans[first:after])
                codes.extend(before.codes(row) for row in range(first, after))
                bounds = before.token_starts[first : after + 1]
                tokens.append(TokenCodes(before.tokens[bounds[0] : bounds[-1]], np.diff(bounds)))
            else:
                title, passages, matrix, token_codes = read(one)
                vectors.append(matrix)
                tokens.append(token_codes)
                spans.append(np.array([(p.start, p.end) for p in passages], dtype=np.int64))
                contexts = [f"{title}\n{one.heading}\n{one.head}" for one in passages]
                context_codes = {context: _stem_codes(stems(context)) for context in set(contexts)}
                codes.extend(
                    np.union1d(context_codes[context], _stem_codes(stems(one.text)))
                    for context, one in zip(contexts, passages, strict=True)
                )
            firsts.append(firsts[-1] + len(spans[-1]))
        lengths = np.cumsum([0, *(len(one) for one in codes)])
        return cls(
            np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float32),
            np.concatenate(codes) if codes else np.zeros(0, dtype=np.uint32),
            lengths.astype(np.int64),
            np.concatenate(spans) if spans else np.zeros((0, 2), dtype=np.int64),
            np.array(firsts, dtype=np.int64),
            np.array(list(documents), dtype=np.str_),
            *_concatenated(tokens),
        )


def _concatenated(tokens: Sequence[TokenCodes]) -> tuple[Bits, NDArray[np.int64]]:
    """Return the codes of all passages in one array, and where those of each begin."""
    whole = TokenCodes.joined(tokens)
    return whole.codes, np.cumsum([0, *whole.counts]).astype(np.int64)


def _stem_codes(stems: Iterable[str]) -> NDArray[np.uint32]:
    return np.unique(np.array([stem_code(one) for one in stems], dtype=np.uint32))


def is_consistent(index: ForwardIndex) -> bool:
    """Say whether the arrays fit each other; they do unless a file was truncated or replaced."""
    return (
        len(index.vectors) == len(index.spans) == len(index.starts) - 1
        and int(index.firsts[-1]) == len(index.spans)
        and int(index.starts[-1]) == len(index.stems)
        and len(index.token_starts) == len(index.starts)
        and int(index.token_starts[-1]) == len(index.tokens)
        and all(a <= b for a, b in pairwise(index.firsts.tolist()))
    )


def forward_index_of(
    library: Library,
    entries: Mapping[str, Entry],
    *,
    before: ForwardIndex | None = None,
    changed: Collection[str] = (),
) -> ForwardIndex:
    """Return the forward index of those documents, reusing what is unchanged in `before`."""

    def read(document: str) -> tuple[str, list[Passage], Vectors, TokenCodes]:
        vectors = library.vectors([document])[1]
        title = entries[document].source.title
        return title, library.passages_of(document), vectors, library.token_codes(document)

    return ForwardIndex.made(sorted(entries), read, stems, before=before, changed=changed)
