"""Finding passages for a question: meaning and words, fused, folded and shared."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from corpus.catalogue import Entry
from corpus.library import Library
from index.concepts import concepts, spoken, terms
from index.dates import fit, named_months
from index.derived import DerivedIndexes, Indexes, forward_of
from index.embedding import Embedder, Vectors
from index.evidence import Evidence, Match, Newer
from index.forward import ForwardIndex, Rows
from index.fusion import folded, shared
from index.late import States, question_read
from index.query import Query
from index.ranking import Coverage, Values, late_values, meaning_around, weighed
from index.spelling import repaired
from index.versions import later_versions
from index.words import AROUND, stems

# Candidates taken from each ranking before they are fused.
_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which documents may be searched; empty fields do not bound.

    `since` and `until` are ISO dates, both included; a document without a date is kept by
    `until` and `since` alike only when neither is given.
    """

    publishers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    def admits(self, entry: Entry) -> bool:
        """Say whether a document lies within the bounds."""
        published = entry.source.published
        if self.publishers and entry.source.publisher.casefold() not in {
            publisher.casefold() for publisher in self.publishers
        }:
            return False
        if self.documents and entry.id not in self.documents:
            return False
        if (self.since or self.until) and not published:
            return False
        # "2025-01" is within "2025-01-15": a shortened date counts as its own beginning.
        return not (
            (self.since and published < self.since[: len(published)])
            or (self.until and published > self.until)
        )


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a search needs to know of the library at one generation."""

    generation: int
    entries: Mapping[str, Entry]
    forward: ForwardIndex
    later: Mapping[str, list[Entry]]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The candidates of a search, by row of the forward index, with their signals."""

    rows: Rows
    signals: Mapping[str, Values]
    parts: Mapping[str, Values]
    score: Values
    coverage: Coverage


class Searcher:
    """Searches one library. Thread-safe."""

    def __init__(self, library: Library, embedder: Embedder, indexes: DerivedIndexes) -> None:
        self._library = library
        self._embedder = embedder
        self._indexes = indexes
        self._lock = threading.Lock()
        self._kept: _Shelf | None = None

    def search(
        self, question: str, *, limit: int = 10, bounds: Bounds | None = None
    ) -> list[Evidence]:
        """Return up to `limit` passages for `question`, best first, labels from 1.

        Raises UsageError for an empty question and EmbedderMismatch for a library that another
        embedder made.
        """
        query = Query.from_question(self.repaired(question))
        if not query.words:
            return []
        vector, states = question_read(self._embedder, spoken(query.text))
        with self._indexes.reading() as indexes:
            shelf = self._shelf(indexes)
            bounds = bounds or Bounds()
            allowed = [one for one, entry in shelf.entries.items() if bounds.admits(entry)]
            bounded = allowed if len(allowed) < len(shelf.entries) else None
            if not allowed or not len(shelf.forward):
                return []
            ranked = self._ranked(query, vector, states, indexes, shelf, bounded)
        return self._evidence(query, ranked, shelf, limit, bounds)

    @property
    def passages(self) -> int:
        """How many passages are searched."""
        with self._indexes.reading() as indexes:
            return len(self._shelf(indexes).forward)

    def later_versions(self) -> Mapping[str, list[Entry]]:
        """Return the later versions of each document that has some, the latest first."""
        with self._indexes.reading() as indexes:
            return self._shelf(indexes).later

    def _shelf(self, indexes: Indexes) -> _Shelf:
        """Return the shelf of the present generation; made anew when the library has changed."""
        with self._lock:
            generation = self._library.generation
            if self._kept is None or self._kept.generation != generation:
                entries = {one.id: one for one in self._library.entries() if one.passages}
                forward = indexes.forward or forward_of(self._library)
                later = later_versions(entries.values(), forward)
                self._kept = _Shelf(generation, entries, forward, later)
            return self._kept

    def _ranked(
        self,
        query: Query,
        vector: Vectors,
        states: States | None,
        indexes: Indexes,
        shelf: _Shelf,
        bounded: Sequence[str] | None,
    ) -> _Ranked:
        """Gather candidates by meaning and by words, and weigh their signals."""
        forward = shelf.forward
        wanted = concepts(query, stems)
        looked_for = terms(wanted)
        near = _nearest(indexes, forward, vector, bounded)
        found: list[tuple[str, float]] = []
        if indexes.words:
            found = indexes.words.search(looked_for, _CANDIDATES, documents=bounded or ())
        bm25 = {row: score for one, score in found if (row := forward.row(one)) >= 0}
        rows = np.array(list(dict.fromkeys([*near, *bm25])), dtype=np.intp)
        ids = {forward.id(row): row for row in rows.tolist()}
        around: dict[int, float] = {}
        if indexes.words and ids:
            missing = [one for one, row in ids.items() if row not in bm25]
            rest = indexes.words.search(looked_for, len(ids), among=missing) if missing else []
            bm25 |= {ids[one]: score for one, score in rest}
            beside = indexes.words.search(looked_for, len(ids), field=AROUND, among=list(ids))
            around = {ids[one]: score for one, score in beside}
        coverage = Coverage(wanted, forward)
        months = named_months(query.text)
        published = [shelf.entries[str(one)].source.published for one in forward.documents]
        fits = np.array([fit(one, months) for one in published])
        candidates = rows.tolist()
        signals = {
            "meaning": np.asarray(forward.vectors[rows], dtype=np.float64) @ vector,
            "meaning around": meaning_around(forward, rows, vector),
            "words": np.array([bm25.get(row, 0.0) for row in candidates]),
            "words around": np.array([around.get(row, 0.0) for row in candidates]),
            "covered": np.array([coverage.share(coverage.held(row)) for row in candidates]),
            "covered around": np.array(
                [coverage.share(coverage.held_around(row)) for row in candidates]
            ),
            "date": fits[[forward.place(row) for row in candidates]],
            "late": np.zeros(len(rows)),
        }
        if states is not None and len(rows):
            before = np.asarray(sum(weighed(signals).values()), dtype=np.float64)
            signals["late"] = late_values(forward, rows, states, before)
        parts = weighed(signals)
        score = np.asarray(sum(parts.values()), dtype=np.float64)
        return _Ranked(rows, signals, parts, score, coverage)

    def _evidence(
        self, query: Query, ranked: _Ranked, shelf: _Shelf, limit: int, bounds: Bounds
    ) -> list[Evidence]:
        """Fold, share and label the head of a ranking, saying why each stands where it does."""
        forward = shelf.forward
        head = np.argsort(-ranked.score, kind="stable")[: max(4 * limit, 40)]
        rows = ranked.rows[head]
        held = [frozenset(forward.codes(row).tolist()) for row in rows.tolist()]
        repeats = folded(held, np.asarray(forward.vectors[rows]))
        kept = [position for position in range(len(head)) if position not in repeats]
        documents = [str(forward.documents[forward.place(int(rows[one]))]) for one in kept]
        order = shared(documents, [float(ranked.score[head[one]]) for one in kept])
        ranks = {name: _ranks(ranked.signals[name]) for name in ("meaning", "words")}
        found = []
        for label, place in enumerate(order[:limit], start=1):
            at = int(head[kept[place]])
            copies = [int(rows[one]) for one, first in repeats.items() if first == kept[place]]
            match = self._match(
                query, ranked, forward, at, ranks, copies, held_back=label > place + 1
            )
            (passage,) = self._library.passages([forward.id(int(ranked.rows[at]))])
            source = shelf.entries[passage.document].source
            score = float(ranked.score[at])
            # Whoever asks one document alone still wants to know that it has a successor.
            beyond = replace(bounds, documents=())
            later = [one for one in shelf.later.get(passage.document, ()) if beyond.admits(one)]
            newer = Newer(later[0].id, later[0].source) if later else None
            found.append(Evidence(label, passage, source, score, match.in_words, match, newer))
        return found

    def _match(
        self,
        query: Query,
        ranked: _Ranked,
        forward: ForwardIndex,
        at: int,
        ranks: Mapping[str, Sequence[int]],
        copies: Sequence[int],
        *,
        held_back: bool,
    ) -> Match:
        row = int(ranked.rows[at])
        coverage = ranked.coverage
        here, around = coverage.held(row), coverage.held_around(row)
        words = {word: stems(word) for word in dict.fromkeys(query.words)}
        inside = [one for one, parts in words.items() if coverage.covers(here, parts)]
        beside = [
            one
            for one, parts in words.items()
            if one not in inside and coverage.covers(around, parts)
        ]
        bm25 = float(ranked.signals["words"][at])
        return Match(
            words=tuple(inside),
            beside=tuple(beside),
            missing=tuple(one for one in words if one not in inside and one not in beside),
            parts={name: round(float(values[at]), 4) for name, values in ranked.parts.items()},
            meaning=float(ranked.signals["meaning"][at]),
            meaning_rank=ranks["meaning"][at],
            bm25=bm25,
            bm25_rank=ranks["words"][at] if bm25 else 0,
            late=float(ranked.signals["late"][at]),
            covered=float(ranked.signals["covered around"][at]),
            date=float(ranked.signals["date"][at]),
            folded=tuple(forward.id(one) for one in copies),
            held_back=held_back,
        )

    def repaired(self, question: str) -> str:
        """Return `question` with misspelt words as the library spells them (index.spelling)."""
        with self._indexes.reading() as indexes:
            if indexes.words is None:
                return question
            return repaired(question, indexes.words, self._library)

    def knows(self, stem: str) -> bool:
        """Say whether a stem of the word index stands in any passage; True while there is none."""
        with self._indexes.reading() as indexes:
            return indexes.words is None or indexes.words.frequencies([stem])[stem] > 0


def _nearest(
    indexes: Indexes, forward: ForwardIndex, vector: Vectors, bounded: Sequence[str] | None
) -> list[int]:
    """Return the rows nearest in meaning: by Chroma, or exactly where few documents are allowed.

    Chroma's filtered search grows with the collection (240 ms for a range over 100,000 passages),
    exact search over the mapped vectors takes 13 ms at most.
    """
    if bounded is None and indexes.vectors is not None:
        # The forward index has a row for each; asking Chroma for its count takes as long again.
        pairs = indexes.vectors.nearest(vector, min(_CANDIDATES, len(forward)))
        return [row for one, _ in pairs if (row := forward.row(one)) >= 0]
    rows = np.arange(len(forward)) if bounded is None else forward.rows_of(bounded)
    cosines = forward.vectors[rows] @ vector
    return [int(row) for row in rows[np.argsort(-cosines, kind="stable")[:_CANDIDATES]]]


def _ranks(scores: Values) -> list[int]:
    """Return the 1-based rank of each position, the highest score first."""
    ranks = np.empty(len(scores), dtype=int)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return [int(rank) for rank in ranks]
