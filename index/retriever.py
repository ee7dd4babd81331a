"""The retriever: candidates by vectors and BM25, weighed, read, deduplicated and diversified."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from corpus import tracing
from corpus.catalogue import Entry
from corpus.cells import Row, rows_in
from corpus.document import Passage
from corpus.errors import EmbedderMismatch, SearchIndexError
from corpus.i18n import joined, tr
from corpus.library import Library
from corpus.vocabulary import AliasGroup
from index.diversity import near_duplicates, repeat_groups, share_among_documents
from index.embedding import Embedder, Vectors
from index.evidence import Evidence, Match, Newer
from index.exact_search import nearest_rows
from index.filters import Filters
from index.forward_index import ForwardIndex, Rows
from index.hosted_words import HostedWords
from index.index_manager import IndexManager
from index.keyword_index import AROUND, stems
from index.late_interaction import States, embed_question
from index.pair_encoding import pair_of
from index.query import Query, spelling_corrected
from index.ranking import Coverage, Values, date_fit, late_values, named_months, weighted_signals
from index.reader import ReaderModel, Reading
from index.shared_vectors import SharedReader
from index.snapshot import Snapshot, VectorReader

_LOG = logging.getLogger(__name__)
# Candidates taken from each ranking before they are fused.
_CANDIDATES = 200
# So many of the candidates are read: the right passage is among them for 0.93 of 159 questions over
# documents whose questions had no part in training, as it is among forty.
RERANK_DEPTH = 32
# So many of these are read to the end, the best by early relevance and by the search: as many right
# passages are first and among five as if all were, in half the time.
TO_THE_END = 16
# What the reader's relevance weighs against the score of the search: with 0.35 the right passage is
# first for 0.72 of those questions and among five for 0.94, with 0.2 for 0.73 and 0.94, with 0 for
# 0.65 and 0.89, with 0.6 for 0.73 and 0.93 (python -m training.calibration): as many
# among five count for more than one question more that is first.
_READER_WEIGHT = 0.35
# Where some documents may not be read, twice as many neighbours are asked for as their share makes
# necessary, and a thousand at most: Chroma takes longer for more than exact comparison.
_SPARE, _MOST_ASKED = 2, 1_000
# So many passages are compared as quickly as Chroma finds those among them.
_COMPARED_AT_ONCE = 100_000
# Filters of one snapshot whose documents are remembered.
_MOST_BOUNDS = 16
# Of this relevance or more a passage is told to answer, as the reader finds it.
_ANSWERS = 0.5


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a search is restricted to: documents by id, and their rows of the forward index."""

    documents: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The candidates of a search, by row of the forward index, with their signals."""

    rows: Rows
    signals: Mapping[str, Values]
    parts: Mapping[str, Values]
    score: Values
    coverage: Coverage


class Retriever:
    """Searches one library, each time its newest snapshot. Thread-safe; waits for no writer."""

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        indexes: IndexManager,
        aliases: tuple[AliasGroup, ...],
        reader: ReaderModel | None = None,
    ) -> None:
        """Search `library`; without a `reader` the signals alone rank passages."""
        self._aliases = aliases
        self._reader = reader
        self._library = library
        self._embedder = embedder
        self._indexes = indexes
        # The snapshot that was searched last, and what filters have bounded of it.
        self._bounded: tuple[Snapshot | None, dict[Filters, _Bounds | None]] = None, {}

    def query(self, question: str) -> Query:
        """Return the analysed question, its spelling corrected by the library's words."""
        words = self._indexes.snapshot().words
        return Query.of(spelling_corrected(question, words, self._library.passages), self._aliases)

    def search(
        self, question: str | Query, *, limit: int = 10, filters: Filters | None = None
    ) -> list[Evidence]:
        """Return up to `limit` passages for `question`, best first, labels from 1.

        A text is analysed first; one without words finds nothing. Raises EmbedderMismatch for a
        library that another embedder made.
        """
        query = question if isinstance(question, Query) else self.query(question)
        if not query.words:
            return []
        with tracing.span("embed", words=len(query.words)):
            vector, states = embed_question(self._embedder, query.embedding_text)
        snapshot = self._indexes.snapshot()
        if len(snapshot.forward) and snapshot.embedder != self._embedder.name:
            raise embedder_mismatch(snapshot.embedder, self._embedder.name)
        filters = filters or Filters()
        only = self._bounds(snapshot, filters)
        if not snapshot.entries or not len(snapshot.forward) or (only and not only.documents):
            return []
        with tracing.span(
            "search", passages=len(snapshot.forward), bounded=only is not None
        ) as one:
            ranked = self._ranked(query, vector, states, snapshot, only)
            one.note(candidates=len(ranked.rows))
        with tracing.span("rank", candidates=len(ranked.rows)) as one:
            evidence = self._evidence(query, ranked, snapshot, limit, filters)
            one.note(evidence=len(evidence))
        return evidence

    @property
    def passages(self) -> int:
        """How many passages are searched."""
        snapshot = self._indexes.snapshot()
        return len(snapshot.forward if snapshot.readable is None else snapshot.readable)

    def later_versions(self) -> Mapping[str, Sequence[Entry]]:
        """Return the later versions of each document that has some, the latest first."""
        return self._indexes.snapshot().later

    def _bounds(self, snapshot: Snapshot, filters: Filters) -> _Bounds | None:
        """Return which documents of a snapshot a search is restricted to, None for no bounds.

        Those of the last snapshot are remembered: an analyst keeps a filter for several questions.
        """
        # Other threads replace the pair, and clear what is remembered, at any time.
        of, known = self._bounded
        if of is not snapshot:
            known = {}
            self._bounded = snapshot, known
        with suppress(KeyError):
            return known[filters]
        allowed = [
            one
            for one, entry in snapshot.entries.items()
            if filters.is_open or filters.admits(entry)
        ]
        # Documents removed since the snapshot have no entry: then the search is restricted too. A
        # bounded snapshot bounds words and vectors by itself, where no filter bounds them further.
        bounded = snapshot.readable is not None
        whole = len(snapshot.entries if bounded else snapshot.forward.documents)
        rows = snapshot.forward.rows_of(allowed) if len(allowed) < whole else None
        found = None if rows is None else _Bounds(tuple(allowed), rows)
        if len(known) >= _MOST_BOUNDS:
            known.clear()
        known[filters] = found
        return found

    def _ranked(
        self,
        query: Query,
        vector: Vectors,
        states: States | None,
        snapshot: Snapshot,
        only: _Bounds | None,
    ) -> _Ranked:
        """Gather candidates by meaning and by words, and weigh their signals."""
        forward, words = snapshot.forward, snapshot.words
        near, found = self._candidates(query, vector, snapshot, only)
        bm25 = {row: score for one, score in found if (row := forward.row(one)) >= 0}
        # In an order of their own, so that ties are always broken in the same way.
        rows = forward.in_order(np.array(sorted({*near, *bm25}), dtype=np.intp))
        ids = {forward.id(row): row for row in rows.tolist()}
        around: dict[int, float] = {}
        with tracing.span("words"):
            if ids:
                missing = [one for one, row in ids.items() if row not in bm25]
                rest = words.search(query.terms, len(ids), among=missing) if missing else []
                bm25 |= {ids[one]: score for one, score in rest}
                beside = words.search(query.terms, len(ids), field=AROUND, among=list(ids))
                around = {ids[one]: score for one, score in beside}
        candidates = rows.tolist()
        coverage = Coverage(query.concepts, forward, candidates)
        signals = {
            "meaning": snapshot.scale(forward.vectors_of(rows).astype(np.float64) @ vector),
            "words": np.array([bm25.get(row, 0.0) for row in candidates]),
            "words around": np.array([around.get(row, 0.0) for row in candidates]),
            "covered around": np.array(
                [coverage.share(coverage.held_around(row)) for row in candidates]
            ),
            "date": _date_fits(query, ids, snapshot),
            "late": np.zeros(len(rows)),
        }
        if states is not None and len(rows):
            before = np.asarray(sum(weighted_signals(signals).values()), dtype=np.float64)
            with tracing.span("late"):
                signals["late"] = late_values(
                    lambda some: self._library.token_codes_at(
                        [forward.number(row) for row in some.tolist()]
                    ),
                    rows,
                    states,
                    before,
                )
        parts = weighted_signals(signals)
        score = np.asarray(sum(parts.values()), dtype=np.float64)
        return _Ranked(rows, signals, parts, score, coverage)

    def _evidence(
        self, query: Query, ranked: _Ranked, snapshot: Snapshot, limit: int, filters: Filters
    ) -> list[Evidence]:
        """Deduplicate, read, diversify and label the top of a ranking, with reasons."""
        forward = snapshot.forward
        head = np.argsort(-ranked.score, kind="stable")[: max(4 * limit, RERANK_DEPTH)]
        passages = self._still_visible([forward.id(int(row)) for row in ranked.rows[head]])
        head = head[[forward.id(int(row)) in passages for row in ranked.rows[head]]]
        rows = ranked.rows[head]
        stem_codes = [frozenset(forward.codes(row).tolist()) for row in rows.tolist()]
        vectors = forward.vectors_of(rows)
        repeats = near_duplicates(stem_codes, vectors, snapshot.scale)
        kept = [position for position in range(len(head)) if position not in repeats]
        passages_kept = [passages[forward.id(int(rows[one]))] for one in kept]
        search_scores = [float(ranked.score[head[one]]) for one in kept]
        titles = [snapshot.entries[passage.document].source.title for passage in passages_kept]
        readings = self._readings(query, passages_kept, titles, search_scores)
        scores = search_scores if self._reader is None else _fused(search_scores, readings)
        best = sorted(range(len(kept)), key=lambda one: -scores[one])
        documents = [forward.number(int(row))[0] for row in rows]
        groups = repeat_groups(documents, stem_codes, vectors, snapshot.scale)
        order = share_among_documents(
            [groups[kept[one]] for one in best], [scores[one] for one in best]
        )
        ranks = {name: _ranks(ranked.signals[name]) for name in ("meaning", "words")}
        evidence = []
        for label, place in enumerate(order[:limit], start=1):
            one = best[place]
            at = int(head[kept[one]])
            copies = [int(rows[copy]) for copy, first in repeats.items() if first == kept[one]]
            match = self._match(
                query, ranked, forward, at, ranks, copies, held_back=label > place + 1
            )
            passage, reading = passages_kept[one], readings[one]
            entry = snapshot.entries[passage.document]
            source = filters.admitted(entry) or entry.source
            # A search restricted to one document should still show that it has a later version.
            any_document = replace(filters, documents=())
            later = [
                one for one in snapshot.later.get(passage.document, ()) if any_document.admits(one)
            ]
            evidence.append(
                Evidence(
                    label=label,
                    passage=passage,
                    source=source,
                    score=scores[one],
                    why=_explanation(match, reading),
                    match=match,
                    newer=Newer(later[0].id, later[0].source) if later else None,
                    rows=table_rows(self._library, passage),
                    reading=reading,
                )
            )
        return evidence

    def _readings(
        self,
        query: Query,
        passages: Sequence[Passage],
        titles: Sequence[str],
        scores: Sequence[float],
    ) -> list[Reading | None]:
        """Read the first passages of a ranking, the best of them to the end; None for the others.

        The early relevance is not comparable with a whole reading, so it only chooses what is read
        to the end. A passage of headings alone has None too.
        """
        if self._reader is None:
            return [None] * len(passages)
        pairs = [
            pair_of(query.text, title, passage)
            for title, passage in zip(titles[:RERANK_DEPTH], passages, strict=False)
        ]
        with tracing.span("read", pairs=len(pairs)):
            read = self._reader.read(pairs, prior=scores[: len(pairs)], keep=TO_THE_END)
        whole = [one if one.sentences else None for one in read]
        return [*whole, *([None] * (len(passages) - len(pairs)))]

    def _still_visible(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages whose documents have not been removed since the snapshot."""
        with tracing.span("passages"):
            return {passage.id: passage for passage in self._library.passages(ids)}

    def _candidates(
        self, query: Query, vector: Vectors, snapshot: Snapshot, only: _Bounds | None
    ) -> tuple[list[int], list[tuple[str, float]]]:
        """Return the rows nearest in meaning, and the (id, BM25) that are best by words."""
        words = snapshot.words
        if only is None and isinstance(words, HostedWords):
            both = words.candidates(vector, query.terms, _CANDIDATES)
            # Too few in meaning: `_nearest` finds that out too, and what is to be done.
            if both is not None and 2 * len(both[0]) >= min(_CANDIDATES, len(snapshot.forward)):
                return _rows(snapshot.forward, both[0]), both[1]
        with tracing.span("vectors"):
            near = self._nearest(snapshot, vector, only)
        with tracing.span("words"):
            return near, words.search(
                query.terms, _CANDIDATES, documents=only.documents if only else ()
            )

    def _nearest(self, snapshot: Snapshot, vector: Vectors, only: _Bounds | None) -> list[int]:
        """Return the rows nearest in meaning: by the vector store, or by exact search.

        The search is exact where few passages are allowed, since Chroma's filtered search grows
        with the collection (240 ms for a range over 100,000 passages), and while Chroma is being
        written or has failed. Of many it is asked for so many more that enough of them are allowed.
        """
        forward, vectors = snapshot.forward, snapshot.vectors
        allowed = snapshot.readable if only is None else only.rows
        if vectors is not None and allowed is not None:
            if only is None or len(allowed) > _COMPARED_AT_ONCE:
                found = self._nearest_allowed(snapshot, vectors, vector, allowed)
                if found is not None:
                    return found
        elif vectors is not None:
            wanted = min(_CANDIDATES, len(forward))
            try:
                pairs = vectors.nearest(vector, wanted)
            except SearchIndexError as error:
                _LOG.error("the vector index fails a query", exc_info=error)
                pairs = []
            if pairs is not None and len(pairs) * 2 < wanted:
                # A broken graph may also return a handful without an error.
                self._indexes.distrust(vectors)
            elif pairs is not None:
                return _rows(forward, pairs)
        rows = forward.rows if allowed is None else allowed
        return nearest_rows(forward.vectors, rows, vector, _CANDIDATES)

    def _nearest_allowed(
        self,
        snapshot: Snapshot,
        vectors: VectorReader | SharedReader,
        vector: Vectors,
        allowed: Rows,
    ) -> list[int] | None:
        """Return the nearest rows that are allowed; None where comparing those alone is quicker.

        Asked for so many more as the others have a share, the store returns enough of them; where
        it does not, their documents are near to the question, and the vectors are compared.
        """
        forward = snapshot.forward
        wanted = min(_CANDIDATES, len(allowed))
        asked = wanted * _SPARE * len(forward) // max(1, len(allowed))
        if asked > _MOST_ASKED:
            return None
        try:
            pairs = vectors.nearest(vector, min(asked, len(forward)))
        except SearchIndexError as error:
            _LOG.error("the vector index fails a query", exc_info=error)
            self._indexes.distrust(vectors)
            return None
        found = np.array(_rows(forward, pairs or ()), dtype=np.intp)
        is_allowed = np.zeros(forward.extent, dtype=bool)
        is_allowed[allowed] = True
        kept = found[is_allowed[found]][:wanted]
        return kept.tolist() if len(kept) == wanted else None

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

    def knows(self, stem: str) -> bool:
        """Say whether a stem occurs in any passage."""
        return self._indexes.snapshot().words.frequencies([stem])[stem] > 0


def _rows(forward: ForwardIndex, pairs: Sequence[tuple[str, float]]) -> list[int]:
    """Return the rows of passages by id; those that a store has and a snapshot has not are none."""
    return [row for one, _ in pairs if (row := forward.row(one)) >= 0]


def _date_fits(query: Query, ids: Iterable[str], snapshot: Snapshot) -> Values:
    """Return how well the date of each passage's document fits the months that a query names."""
    months, known = named_months(query.text), snapshot.entries
    documents = [one.partition(":")[0] for one in ids]
    fits = {
        one: date_fit(known[one].source.dated, months) if months and one in known else 0.0
        for one in set(documents)
    }
    return np.array([fits[one] for one in documents])


def _fused(found: Sequence[float], readings: Sequence[Reading | None]) -> list[float]:
    """Return the fused scores of passages: the search's score and the reader's relevance."""
    return [
        (1 - _READER_WEIGHT) * score + _READER_WEIGHT * (reading.relevance if reading else 0.0)
        for score, reading in zip(found, readings, strict=True)
    ]


def _explanation(match: Match, reading: Reading | None) -> str:
    """Return why a passage was found as one line of text."""
    read = ""
    if reading:
        read = (
            tr("read in full, it seems to answer the question")
            if reading.relevance >= _ANSWERS
            else tr("read in full, it seems to answer little of the question")
        )
    return joined("; ", (*match.reasons, read))


def table_rows(library: Library, passage: Passage) -> tuple[Row, ...]:
    """Return the rows of tables in a passage of a library; raises what reading it raises."""
    if not passage.rows:
        return ()
    return rows_in(library.document(passage.document), passage.start, passage.end)


def embedder_mismatch(present: str, wanted: str) -> EmbedderMismatch:
    """Return the error for a library whose vectors another embedder made."""
    return EmbedderMismatch(
        tr(
            "this library was embedded by {one}, not by {other}; run: briefing doctor --reembed",
            one=repr(present),
            other=repr(wanted),
        )
    )


def _ranks(scores: Values) -> list[int]:
    """Return the 1-based rank of each position, the highest score first."""
    ranks = np.empty(len(scores), dtype=int)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return [int(rank) for rank in ranks]
