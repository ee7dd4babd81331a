"""Ranking the candidates of a search by the weighted sum of six signals, date fit among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.date_mentions import date_mentions
from corpus.token_codes import TokenCodes
from index.forward_index import ForwardIndex, Rows, stem_code
from index.late_interaction import States, max_similarities
from index.query import Concept

Values = NDArray[np.float64]

# What each signal is worth, out of 1 where the question names no date. "around" is the passage
# together with those before and after it in its document, "late" is late interaction
# (index.late_interaction). Fitted as a conditional logit (which passage of the candidates is the
# right one) on three sets that have nothing in common: the public chunking set, SciFact and our own
# questions; two signals of the eight then, which added nothing beside the reader, went
# (benchmarks/signals.py).
WEIGHTS: Mapping[str, float] = {
    "meaning": 0.22,
    "words": 0.15,
    "words around": 0.11,
    "covered around": 0.16,
    "late": 0.36,
    "date": 0.13,
}
# Candidates whose tokens are compared, the best by the other signals: 100 take 10 ms.
COMPARED = 100


def scaled(scores: Sequence[float] | Values) -> Values:
    """Return scores moved to 0…1 by their least and greatest (min-max); all equal gives zeros.

    Normalised scores keep what ranks alone throw away: on SciFact, nDCG@10 of 0.737 against 0.716
    for reciprocal rank fusion.
    """
    values = np.asarray(scores, dtype=np.float64)
    if not len(values):
        return values
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


class Coverage:
    """Which stems of a question each passage holds, and how much of the question that is."""

    def __init__(
        self, wanted: Sequence[Concept], index: ForwardIndex, candidates: Sequence[int] = ()
    ) -> None:
        """Look for what is `wanted`: in the `candidates` and what is around them at once."""
        self._wanted = wanted
        self._index = index
        self._total = sum(one.weight for one in wanted) or 1.0
        stems = {stem for one in wanted for stem, _ in one.own_stems}
        stems |= {stem for one in wanted for other in one.alias_stems for stem in other}
        self._stems = {stem_code(stem): stem for stem in stems}
        self._held = self._held_by({row for one in candidates for row in index.around(one)})
        self._shares: dict[frozenset[str], float] = {}

    def held(self, row: int) -> frozenset[str]:
        """Return the stems of the question, and of its aliases, that a row holds."""
        if row not in self._held:
            self._held |= self._held_by([row])
        return self._held[row]

    def _held_by(self, rows: Collection[int]) -> dict[int, frozenset[str]]:
        """Return what `held` does for some rows: their hundred thousand codes are compared at once.

        Rows that hold the same stems have the same set.
        """
        order = sorted(rows)
        parts = [self._index.codes(row) for row in order]
        if not parts:
            return {}
        codes = np.concatenate(parts)
        ends = np.cumsum([len(one) for one in parts])
        of_row: list[list[str]] = [[] for _ in order]
        for code, stem in self._stems.items():
            for place in np.searchsorted(ends, np.flatnonzero(codes == code), side="right"):
                of_row[place].append(stem)
        return dict(zip(order, map(frozenset, of_row), strict=True))

    def held_around(self, row: int) -> frozenset[str]:
        """Return the stems that a row or a neighbour of it holds."""
        return frozenset().union(*(self.held(near) for near in self._index.around(row)))

    def share(self, held: frozenset[str]) -> float:
        """Return the share of the question's weight that these stems cover, in 0…1."""
        # Hundreds of candidates hold the same few sets of stems.
        if held not in self._shares:
            self._shares[held] = sum(one.covered(held) for one in self._wanted) / self._total
        return self._shares[held]

    def covers(self, held: frozenset[str], stems: Sequence[str]) -> bool:
        """Say whether the stems of one word are held, or another name for it is."""
        if stems and all(stem in held for stem in stems):
            return True
        return any(
            any(other <= held for other in one.alias_stems)
            for one in self._wanted
            if any(stem in stems for stem, _ in one.own_stems)
        )


def late_values(
    tokens_of: Callable[[Rows], TokenCodes], rows: Rows, question: States, score: Values
) -> Values:
    """Return the late interaction of the candidates that rank best by `score`.

    `tokens_of` gives the token codes of some rows: those of the others are not read.
    The others have the least of them: they gain nothing. A passage without token codes gets what
    its place by the other signals comes to, so that it neither gains nor loses by the lack; where
    none of the best has codes, all have 0.
    """
    best = np.argsort(-score, kind="stable")[:COMPARED]
    found = max_similarities(tokens_of(rows[best]), question)
    known = ~np.isnan(found)
    if not known.any():
        return np.zeros(len(rows))
    low, high = found[known].min(), found[known].max()
    found = np.where(known, found, low + (high - low) * scaled(score[best]))
    values = np.full(len(rows), low)
    values[best] = found
    return values


def weighted_signals(signals: Mapping[str, Values]) -> dict[str, Values]:
    """Return what each signal gives to the score of each candidate; the parts add up to 0…1.

    `signals` are named as in WEIGHTS. Cosines and BM25 scores are scaled over the candidates;
    coverage is not: half a question answered is half an answer. Where a question names a date, all
    parts shrink so that the sum stays below 1.
    """
    named = bool(signals["date"].any())
    most = sum(WEIGHTS.values()) if named else 1.0
    raw = {"covered around", "date"}
    return {
        name: weight / most * (signals[name] if name in raw else scaled(signals[name]))
        for name, weight in WEIGHTS.items()
    }


# The share of the date boost that a document gets: published in the month named, a month beside it,
# in the year where no month is named, in the year but another month.
IN_MONTH, BESIDE, IN_YEAR, OTHER_MONTH = 1.0, 0.4, 0.6, 0.15


def named_months(question: str) -> tuple[tuple[int, int | None], ...]:
    """Return the (year, month) pairs that a question names; the month is None for a year alone."""
    text = re.sub(r"\b(?:late|early|mid)-(?=20\d\d)", "", question)
    found = {
        (one.year, one.month)
        for one in date_mentions(text, loose=True)
        if one.year and not one.decade
    }
    return tuple(sorted(found, key=lambda pair: (pair[0], pair[1] or 0)))


def date_fit(published: str, months: Sequence[tuple[int, int | None]]) -> float:
    """Return in 0…1 how well a date of publication ("2025-01-28", "2025") fits the months named."""
    if not published or not months:
        return 0.0
    year = int(published[:4])
    month = int(published[5:7]) if len(published) >= 7 else None
    return max(_month_fit(year, month, *named) for named in months)


def _month_fit(year: int, month: int | None, named: int, named_month: int | None) -> float:
    if named_month is not None and month is not None:
        apart = abs((named * 12 + named_month) - (year * 12 + month))
        if apart <= 1:
            return IN_MONTH if apart == 0 else BESIDE
        return OTHER_MONTH if named == year else 0.0
    return IN_YEAR if named == year else 0.0
