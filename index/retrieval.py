"""Finding passages for a question: meaning and words, fused, folded and shared."""

from __future__ import annotations

import difflib
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.catalogue import Entry
from corpus.document import Passage, Source
from corpus.library import Library
from index.derived import DerivedIndexes
from index.embedding import Embedder, Vectors
from index.evidence import Evidence
from index.fusion import folded, fused, shared
from index.query import Query
from index.rarity import rarity
from index.words import WordIndex

# Candidates taken from each ranking before they are fused.
_CANDIDATES = 200
# A question's word that stands nowhere in the library is taken for the word there that is most
# like it, if it is this like it (difflib's ratio): "ownershp" for "ownership".
_LIKE = 0.8


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


class Searcher:
    """Searches one library. Thread-safe; holds the vectors in memory only when it must."""

    def __init__(self, library: Library, embedder: Embedder, indexes: DerivedIndexes) -> None:
        self._library = library
        self._embedder = embedder
        self._indexes = indexes
        self._lock = threading.Lock()
        self._exact: tuple[int, list[str], Vectors] | None = None

    def search(
        self, question: str, *, limit: int = 10, bounds: Bounds | None = None
    ) -> list[Evidence]:
        """Return up to `limit` passages for `question`, best first, labels from 1.

        Raises UsageError for an empty question and EmbedderMismatch for a library that another
        embedder made.
        """
        query = Query.from_question(self.repaired(question))
        entries = {entry.id: entry for entry in self._library.entries()}
        bounds = bounds or Bounds()
        allowed = [one for one, entry in entries.items() if bounds.admits(entry)]
        if not allowed or not query.words:
            return []
        bounded = allowed if len(allowed) < len(entries) else None
        vector = self._embedder.embed([query.text])[0]
        with self._indexes.reading() as (vectors, words):
            if bounded is not None or vectors is None:
                near = self._exactly(vector, bounded)
            else:
                near = vectors.nearest(vector, min(_CANDIDATES, len(vectors)))
            weights = query.weights(words.stems) if words else {}
            terms = dict.fromkeys(weights, 1.0)
            worded = words.search(terms, _CANDIDATES, documents=bounded or ()) if words else []
            ids = list(dict.fromkeys([one for one, _ in near] + [one for one, _ in worded]))
            passages = {passage.id: passage for passage in self._library.passages(ids)}
            passages = {one: p for one, p in passages.items() if p.document in entries}
            if not passages:
                return []
            rows = self._rows(list(passages.values()))
            scores = dict(worded)
            missing = [one for one in passages if one not in scores]
            if words and missing:
                scores |= dict(words.search(terms, len(missing), among=missing))
            covered = {
                one: _covered(words, weights, passage, entries[passage.document].source)
                for one, passage in passages.items()
            }
        meaning = {one: float(rows[one] @ vector) for one in passages}
        by_words = {one: scores.get(one, 0.0) for one in passages}
        ranking = fused(meaning, by_words, covered, self._beside(passages.values()))
        return self._evidence(ranking, passages, rows, meaning, by_words, entries, limit)

    def repaired(self, question: str) -> str:
        """Return `question` with misspelt words as the library spells them.

        A word of five letters or more that is no common English word and stands nowhere in the
        library, not even as a stem, is replaced by the most like word of the passages that hold
        one a letter or two away.
        """
        with self._indexes.reading() as (_, words):
            if words is None:
                return question
            for word in Query.from_question(question).words:
                stems = words.stems(word)
                # Names ("Irish") and words of English at large are spelt as meant.
                if len(word) < 5 or not word.islower() or rarity(word) < 1:
                    continue
                if any(words.frequencies(stems).values()):
                    continue
                near = self._library.passages(words.resembling(stems[0]))
                there = {one.lower() for p in near for one in re.findall(r"\w+", p.text)}
                like = difflib.get_close_matches(word.lower(), there, n=1, cutoff=_LIKE)
                if like:
                    question = re.sub(rf"\b{re.escape(word)}\b", like[0], question)
        return question

    def knows(self, stem: str) -> bool:
        """Say whether a stem of the word index stands in any passage; True while there is none."""
        with self._indexes.reading() as (_, words):
            return words is None or words.frequencies([stem])[stem] > 0

    def _evidence(
        self,
        ranking: list[tuple[str, float]],
        passages: dict[str, Passage],
        rows: dict[str, Vectors],
        meaning: dict[str, float],
        by_words: dict[str, float],
        entries: dict[str, Entry],
        limit: int,
    ) -> list[Evidence]:
        """Fold, share and label the head of a ranking, saying why each stands where it does."""
        head = ranking[: max(4 * limit, 40)]
        repeats = folded(
            [passages[one].text for one, _ in head], np.stack([rows[one] for one, _ in head])
        )
        copies = Counter(repeats.values())
        kept = [position for position in range(len(head)) if position not in repeats]
        order = shared([passages[head[position][0]].document for position in kept])
        ranks = {
            "meaning": _ranks(meaning),
            "words": _ranks({one: score for one, score in by_words.items() if score > 0}),
        }
        found = []
        for label, place in enumerate(order[:limit], start=1):
            position = kept[place]
            one, score = head[position]
            parts = [f"meaning {meaning[one]:.2f} (rank {ranks['meaning'][one]})"]
            if one in ranks["words"]:
                parts.append(f"words {by_words[one]:.1f} (rank {ranks['words'][one]})")
            else:
                parts.append("none of the words")
            if copies[position]:
                parts.append(f"{copies[position]} near-duplicate(s) folded into it")
            passage = passages[one]
            source = entries[passage.document].source
            found.append(Evidence(label, passage, source, score, ", ".join(parts)))
        return found

    def _beside(self, passages: Iterable[Passage]) -> dict[str, list[str]]:
        """Return for each passage the ids of those before and after it in its document."""
        beside: dict[str, list[str]] = {}
        for document in dict.fromkeys(passage.document for passage in passages):
            ids = [passage.id for passage in self._library.passages_of(document)]
            for place, one in enumerate(ids):
                beside[one] = ids[max(0, place - 1) : place] + ids[place + 1 : place + 2]
        return beside

    def _exactly(self, vector: Vectors, documents: Sequence[str] | None) -> list[tuple[str, float]]:
        """Search the library's own vectors: all of them (kept in memory), or some documents'."""
        if documents is None:
            with self._lock:
                generation = self._library.generation
                if self._exact is None or self._exact[0] != generation:
                    self._exact = (generation, *self._library.vectors())
                _, ids, matrix = self._exact
        else:
            ids, matrix = self._library.vectors(documents)
        if not ids:
            return []
        cosines = matrix @ vector
        best = np.argsort(-cosines, kind="stable")[:_CANDIDATES]
        return [(ids[row], float(cosines[row])) for row in best]

    def _rows(self, passages: Sequence[Passage]) -> dict[str, Vectors]:
        """Return the stored vector of each passage."""
        wanted = {passage.id for passage in passages}
        documents = sorted({passage.document for passage in passages})
        ids, matrix = self._library.vectors(documents)
        return {one: row for one, row in zip(ids, matrix, strict=True) if one in wanted}


def _covered(
    words: WordIndex | None, weights: Mapping[str, float], passage: Passage, source: Source
) -> float:
    """Return the share of a question's weights that a passage, its title and headings hold."""
    total = sum(weights.values())
    if words is None or not total:
        return 0.0
    present = set(words.stems(f"{source.title} {passage.heading} {passage.text}"))
    return sum(weight for stem, weight in weights.items() if stem in present) / total


def _ranks(scores: dict[str, float]) -> dict[str, int]:
    ordered = sorted(scores, key=lambda one: -scores[one])
    return {one: rank for rank, one in enumerate(ordered, start=1)}
