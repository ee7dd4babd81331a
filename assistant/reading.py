"""Reading the passages that were found: how well each sentence answers the question."""

from __future__ import annotations

import math
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from assistant.asking import Asked, asked_for, holds
from corpus.cells import Cell, Row, said
from corpus.document import Passage
from index.embedding import Embedder, Vectors
from index.evidence import Evidence
from index.query import Query
from index.words import analyser

# Weights of the features below, tried on a public set over five unlike corpora, where sentences do
# or do not stand in gold spans (benchmarks/fit_reading.py). The first sentence is a gold one for
# 0.56 of 472 questions with these, for 0.53 with those of a logistic regression (leaving one corpus
# out at a time), for 0.41 by similarity alone.
WEIGHTS: Mapping[str, float] = {
    "similarity": 5.9,
    "score": 3.9,
    "first": 1.7,
    "covered": 2.5,
    "near": 2.2,
    "holds": 1.0,
    "lacks": -1.0,
    "question": -2.0,
    "fragment": -0.4,
}
BIAS = -9.5


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question looks for: its content stems with their weights, and the kind of answer."""

    text: str
    weights: Mapping[str, float]
    asked: Asked

    def covered(self, *stems: frozenset[str]) -> float:
        """Return the share of the weights whose stems stand in the union of `stems`."""
        total = sum(self.weights.values())
        union = frozenset().union(*stems)
        return sum(w for stem, w in self.weights.items() if stem in union) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence of the evidence, with how well it answers; `start` and `end` are the document's.

    Of a row of a table (`row`) the text is the cells that are asked for, each with the head of its
    column; `pointed` says that the question names this row, no other, and a column of it. `answers`
    is in 0…1, comparable within and across questions.
    """

    label: int
    start: int
    end: int
    text: str
    stems: frozenset[str]
    features: Mapping[str, float]
    row: Row | None = None
    pointed: bool = False

    @property
    def answers(self) -> float:
        """The chance, as the regression sees it, that this sentence is part of an answer."""
        total = BIAS + sum(WEIGHTS[name] * value for name, value in self.features.items())
        return 1 / (1 + math.exp(-total))


# Vectors of sentences that are kept: 15 MB. A memo reads the same passages for several of its
# questions, and so does a conversation.
_KEPT = 10_000
# Cells of a row that are said where the question asks for no column of it.
_CELLS = 16


class Reader:
    """Scores sentences of evidence for a question; remembers what it read. Thread-safe."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[str, Vectors] = {}
        self._lock = threading.Lock()

    @cached_property
    def _analyser(self) -> Any:
        return analyser()

    def stems(self, text: str) -> frozenset[str]:
        """Return the distinct stems of a text, as the word index has them."""
        return frozenset(self._analyser.analyze(text))

    def sought(self, question: str) -> Sought:
        """Return what `question` looks for."""
        weights = Query.from_question(question).weights(self._analyser.analyze)
        return Sought(question, weights, asked_for(question))

    def _embedded(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors [n, dimension] of texts, embedding only what was not read before."""
        with self._lock:
            kept = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in kept]
        if new:
            kept |= dict(zip(new, self._embedder.embed(new), strict=True))
        with self._lock:
            self._kept |= kept
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return np.stack([kept[text] for text in texts])

    def prepare(self, passage: Passage) -> None:
        """Read the sentences of a passage, so that a question that finds it need not."""
        texts = [passage.text[start:end] for start, end in _said(passage)]
        if texts:
            self._embedded(texts)

    def read(self, sought: Sought, evidence: Sequence[Evidence]) -> list[Read]:
        """Return the sentences of `evidence`, those that answer best first."""
        spans = list(self._spans(sought, evidence))
        if not spans:
            return []
        pointed = self._pointed(sought, [row for *_, row in spans if row is not None])
        rows = self._embedded([sought.text, *(text for *_, text, _ in spans)])
        cosines = rows[1:] @ rows[0]
        stems = [self.stems(text) for *_, text, _ in spans]
        read = []
        for place, (one, start, end, text, row) in enumerate(spans):
            around = [
                stems[near]
                for near in (place - 1, place, place + 1)
                if 0 <= near < len(spans) and spans[near][0] is one
            ]
            context = self.stems(f"{one.source.title} {one.passage.heading} {one.passage.head}")
            features = _features(sought, text, stems[place], [*around, context])
            features |= {
                "similarity": float(cosines[place]),
                "score": one.score,
                "first": 1.0 / one.label,
            }
            hit = row is not None and (row.table, row.start) in pointed
            read.append(Read(one.label, start, end, text, stems[place], features, row, hit))
        return sorted(read, key=lambda sentence: -sentence.answers)

    def _spans(
        self, sought: Sought, evidence: Sequence[Evidence]
    ) -> Iterator[tuple[Evidence, int, int, str, Row | None]]:
        """Yield the sentences and rows of the evidence: where they stand and what they say.

        Heads of tables say nothing, and of a table only the rows are read that the question names:
        no other row of it has the same words of the question and more.
        """
        met = {
            (one.passage.document, row.table, row.start): self._met(sought, row)
            for one in evidence
            for row in one.rows
            if not row.is_head
        }
        tables: dict[tuple[str, int], set[frozenset[str]]] = defaultdict(set)
        for (document, table, _), words in met.items():
            tables[document, table].add(words)
        for one in evidence:
            passage, rows = one.passage, {row.start: row for row in one.rows}
            for start, end in _said(passage):
                row = rows.get(passage.start + start)
                text = passage.text[start:end]
                if row is not None:
                    held = met.get((passage.document, row.table, row.start))
                    others = tables[passage.document, row.table]
                    if held is None or any(held < other for other in others):
                        continue
                    text = said(self._asked(sought, row))
                yield one, passage.start + start, passage.start + end, text, row

    def _met(self, sought: Sought, row: Row) -> frozenset[str]:
        """Return the stems of the question that stand in the cells of a row."""
        words = self.stems(" ".join(f"{cell.column} {cell.text}" for cell in row.cells))
        return frozenset(words & sought.weights.keys())

    def _pointed(self, sought: Sought, rows: Sequence[Row]) -> set[tuple[int, int]]:
        """Return table and start of each row that the question names alone, with a column of it."""
        wanted = sought.weights.keys()
        named: dict[tuple[int, str], set[int]] = defaultdict(set)
        asked: set[int] = set()
        for row in rows:
            for cell in row.cells:
                if (words := self.stems(cell.text)) and words <= wanted:
                    named[row.table, cell.text].add(row.start)
                elif self.stems(cell.column) & wanted:
                    asked.add(row.start)
        alone = {(table, *starts) for (table, _), starts in named.items() if len(starts) == 1}
        return {(table, start) for table, start in alone if start in asked}

    def _asked(self, sought: Sought, row: Row) -> list[Cell]:
        """Return the cells of a row that name it and those in the columns that are asked for.

        All of them, up to a number, where the question names no column.
        """
        wanted = sought.weights

        def weight(text: str) -> float:
            return sum(wanted[stem] for stem in self.stems(text) & wanted.keys())

        heads = [weight(cell.column) for cell in row.cells]
        most = max(heads)
        return [
            cell
            for place, (cell, head) in enumerate(zip(row.cells, heads, strict=True))
            if cell.names or weight(cell.text) > 0 or (head == most if most else place < _CELLS)
        ]


def _said(passage: Passage) -> list[tuple[int, int]]:
    """Return where the sentences of a passage stand in it.

    Its heading is left out: it has the words of a question and answers nothing.
    """
    heading = passage.heading.rpartition(" › ")[2]
    return [(start, end) for start, end in passage.parts() if passage.text[start:end] != heading]


def _features(
    sought: Sought, text: str, stems: frozenset[str], near: Sequence[frozenset[str]]
) -> dict[str, float]:
    """Return what can be told from the words: coverage, kind of answer, shape."""
    kind = sought.asked is not Asked.OPEN
    fits = kind and holds(sought.asked, text, sought.text)
    return {
        "covered": sought.covered(stems),
        "near": sought.covered(*near),
        "holds": float(fits),
        "lacks": float(kind and not fits),
        "question": float(text.endswith("?")),
        "fragment": float(not re.search(r"[.!。！;\"”)]$", text)),
    }
