"""Finding passages by words where a Chroma server indexes them, and this machine does not.

The server finds the candidates among all passages (its sparse index, weighed by BM25). What else is
asked of words is answered from the forward index, which has the stems of each passage, though not
how often each stands there: a filtered search, the score of a passage that the server did not
name, and everything while the server does not answer.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.forward_index import ForwardIndex, Rows, stem_code
from index.keyword_index import CONTENTS, stems
from index.shared_vectors import SharedReader
from index.word_weights import B, K, term_weights

_LETTERS = string.ascii_lowercase


class HostedWords:
    """The words of one snapshot: candidates from the server, the rest from the forward index."""

    def __init__(self, forward: ForwardIndex, reader: SharedReader | None) -> None:
        """Ask `reader`, the server; None where there is only the forward index."""
        self._forward = forward
        self._reader = reader
        self._known: dict[int, int] = {}
        # Which rows may be found, and how many; None for all.
        self._shown: NDArray[np.bool_] | None = None
        if len(forward) < forward.extent:
            self._shown = _among(forward, forward.rows)
        self._total = len(forward)

    def __len__(self) -> int:
        return self._total

    def bounded(
        self, documents: Sequence[str], passages: int, *, hidden: Sequence[str]
    ) -> HostedWords:
        """Return this search for `documents` alone, answered from the forward index."""
        found = HostedWords(self._forward, None)
        found._shown = _among(self._forward, self._forward.rows_of(documents))
        found._total = passages
        return found

    def candidates(
        self, vector: Vectors, terms: Mapping[str, float], count: int
    ) -> tuple[list[tuple[str, float]], list[tuple[str, float]]] | None:
        """Return the passages nearest in meaning, and those best by words, by one request.

        None while the server does not answer.
        """
        if self._reader is None or not terms:
            return None
        return self._reader.hybrid(vector, term_weights(terms), count)

    def search(
        self,
        terms: Mapping[str, float],
        count: int,
        *,
        field: str = CONTENTS,
        documents: Sequence[str] = (),
        among: Sequence[str] = (),
    ) -> list[tuple[str, float]]:
        """Return up to `count` (passage id, score) pairs, best first; see `WordSearch`.

        Only without `documents` and `among` the server is asked. The other scores count each word
        once, however often a passage has it.
        """
        if not terms:
            return []
        if among:
            return self._best_among(term_weights(terms), count, among, around=field != CONTENTS)
        if not documents and field == CONTENTS and self._reader is not None:
            found = self._reader.by_words(term_weights(terms), count)
            if found is not None:
                return found
        scores = self._scores(term_weights(terms))
        rows = self._forward.rows_of(documents) if documents else self._forward.rows
        rows = self._forward.in_order(rows[scores[rows] > 0])
        best = rows[np.argsort(-scores[rows], kind="stable")[:count]]
        return [(self._forward.id(int(row)), float(scores[row])) for row in best]

    def holding(self, terms: Sequence[str], count: int, *, begun: str = "") -> list[str]:
        """Return the ids of up to `count` passages that hold every one of `terms`, best first.

        `begun` counts as a whole word: stems are kept as numbers, of which none begins with
        another.
        """
        codes = sorted({stem_code(one) for one in (*terms, *stems(begun))})
        if not codes:
            return []
        rows, _ = self._places(codes)
        counts = np.bincount(rows, minlength=self._forward.extent)
        held = self._forward.in_order(np.flatnonzero(counts == len(codes)))
        scores = self._scores(dict.fromkeys(codes, 1.0))[held]
        best = held[np.argsort(-scores, kind="stable")[:count]]
        return [self._forward.id(int(row)) for row in best]

    def resembling(self, stem: str, count: int = 10) -> list[str]:
        """Return the ids of passages with a word one letter away from `stem`, or two exchanged."""
        cuts = [(stem[:at], stem[at:]) for at in range(len(stem) + 1)]
        near = chain(
            (a + b[1:] for a, b in cuts if b),
            (a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1),
            (a + one + b[1:] for a, b in cuts if b for one in _LETTERS),
            (a + one + b for a, b in cuts for one in _LETTERS),
        )
        rows, _ = self._places(sorted({stem_code(one) for one in near}))
        best = self._forward.in_order(np.unique(rows))[:count]
        return [self._forward.id(int(row)) for row in best]

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """Return in how many passages each stem occurs, title and headings included."""
        wanted = {stem: stem_code(stem) for stem in stems}
        self._count(wanted.values())
        return {stem: self._known[code] for stem, code in wanted.items()}

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        return np.diff(self._forward.starts)

    def _places(self, codes: Sequence[int]) -> tuple[Rows, Rows]:
        """Return the row of each place with one of `codes` (sorted), and which code it is."""
        wanted = np.array(codes, dtype=np.uint32)
        if not codes or not len(self):
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        # By the lower half of each number first, which a table answers: of the rest few are wrong.
        table = np.zeros(1 << 16, dtype=bool)
        table[wanted.astype(np.uint16)] = True
        maybe = np.flatnonzero(table[self._forward.stems.astype(np.uint16)])
        held = self._forward.stems[maybe]
        at = np.minimum(np.searchsorted(wanted, held), len(wanted) - 1)
        right = wanted[at] == held
        rows = np.searchsorted(self._forward.starts, maybe[right], side="right") - 1
        if self._shown is None:
            return rows, at[right]
        kept = self._shown[rows]
        return rows[kept], at[right][kept]

    def _count(self, codes: Iterable[int]) -> None:
        """Count in how many passages some stems occur, those that are not known yet."""
        fresh = sorted({one for one in codes if one not in self._known})
        if fresh:
            _, which = self._places(fresh)
            counts = np.bincount(which, minlength=len(fresh)).tolist()
            self._known |= dict(zip(fresh, counts, strict=True))

    def _rare(self, weights: Mapping[int, float]) -> dict[int, float]:
        """Return the weights times how rare each word is, as the server reckons it."""
        self._count(weights)
        total = len(self)
        return {
            code: weight
            * float(np.log1p((total - self._known[code] + 0.5) / (self._known[code] + 0.5)))
            for code, weight in weights.items()
        }

    def _scores(self, weights: Mapping[int, float]) -> NDArray[np.float64]:
        """Return the score of every row, in one pass over all stems."""
        rare = self._rare(weights)
        codes = sorted(rare)
        rows, which = self._places(codes)
        values = np.array([rare[one] for one in codes])
        sums = np.bincount(rows, weights=values[which], minlength=self._forward.extent)
        return np.asarray(sums * self._saturation(self._lengths), dtype=np.float64)

    def _saturation(self, lengths: NDArray[Any]) -> NDArray[np.float64]:
        """Return what one occurrence of a word counts in texts with so many stems."""
        mean = float(self._lengths[self._forward.rows].mean()) if len(self) else 1.0
        return np.asarray((K + 1) / (1 + K * (1 - B + B * lengths / max(mean, 1.0))))

    def _best_among(
        self, weights: Mapping[int, float], count: int, among: Sequence[str], *, around: bool
    ) -> list[tuple[str, float]]:
        """Return the best of a few passages, each taken with its neighbours for `around`."""
        rare = self._rare(weights)
        scored = []
        for one in among:
            if (row := self._forward.row(one)) < 0:
                continue
            near = self._forward.around(row) if around else range(row, row + 1)
            first, after = self._forward.starts[near.start], self._forward.starts[near.stop]
            held = set(self._forward.stems[first:after].tolist())
            length = np.array([len(held)]) / (len(near) if around else 1)
            if score := sum(value for code, value in rare.items() if code in held):
                scored.append((one, score * float(self._saturation(length)[0])))
        return sorted(scored, key=lambda pair: -pair[1])[:count]


def _among(forward: ForwardIndex, rows: Rows) -> NDArray[np.bool_]:
    shown = np.zeros(forward.extent, dtype=bool)
    shown[rows] = True
    return shown
