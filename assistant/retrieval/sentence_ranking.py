"""The sentences of the evidence, each with the chance that it answers the question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.tables.table_lookup import looked_up
from corpus import tracing
from corpus.cells import Row
from index.evidence import Evidence
from index.keyword_index import stems
from index.pair_encoding import pair_of, sentence_spans
from index.reader import ReaderModel, Reading

# How much a sentence of a passage that ranks lower gives way, as a power of its score's share of
# the best: the first sentence is right for 0.58 of 159 questions over documents that had no part in
# training (0.53 without, 0.58 with the fourth power); other products of what the reader says of
# sentence and passage gave 0.57 to 0.60.
_RANK_POWER = 3


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence or a row of the evidence; `start` and `end` are offsets of the document.

    Of a row of a table (`row`) the text is the cells that are asked for, each with the head of its
    column. `answers` is the chance that it is part of the answer, in 0…1, comparable within and
    across questions. `previous_start` is where the sentence before it in its passage starts,
    its own start where there is none.
    """

    label: int
    start: int
    end: int
    text: str
    stems: frozenset[str]
    answers: float
    row: Row | None = None
    previous_start: int = -1


class SentenceRanker:
    """Reads evidence with the reader's model. Thread-safe, as the model is."""

    def __init__(self, model: ReaderModel) -> None:
        self._model = model

    def stems(self, text: str) -> frozenset[str]:
        """Return the distinct stems of a text, as the word index has them."""
        return frozenset(stems(text))

    def readings(self, question: str, evidence: Sequence[Evidence]) -> list[Reading]:
        """Return what the model says of each passage, to the end; it remembers what it read."""
        pairs = [pair_of(question, one.source.title, one.passage) for one in evidence]
        with tracing.span("read", pairs=len(pairs)):
            return self._model.read(pairs)

    def read(self, question: str, evidence: Sequence[Evidence]) -> list[RankedSentence]:
        """Return the sentences of `evidence`, those that answer best first."""
        return self.sentences(question, evidence, self.readings(question, evidence))

    def sentences(
        self, question: str, evidence: Sequence[Evidence], readings: Sequence[Reading]
    ) -> list[RankedSentence]:
        """Return the sentences of `evidence` by its `readings`, those that answer best first."""
        best = max((one.score for one in evidence), default=0.0)
        ranked = [
            one
            for passage, reading in zip(evidence, readings, strict=True)
            for one in self._sentences(
                question, passage, reading, passage.score / best if best > 0 else 1.0
            )
        ]
        return sorted(ranked, key=lambda one: -one.answers)

    def _sentences(
        self, question: str, one: Evidence, reading: Reading, share: float
    ) -> Iterator[RankedSentence]:
        """Yield the sentences of a passage with their chances; heads of tables say nothing.

        `share` is the score of the passage as a share of the best one's.
        """
        spans = sentence_spans(one.passage)
        rows = {row.start: row for row in one.rows}
        passage_start, previous = one.passage.start, None
        for (start, end), chance in zip(spans, reading.sentences, strict=True):
            row = rows.get(passage_start + start)
            if row is None or not row.is_head:
                text = looked_up(question, row) if row else one.passage.text[start:end]
                previous_start = passage_start + (
                    start if previous is None or row is not None else previous
                )
                # The passage as a whole is judged apart from where in it the answer stands.
                answers = (reading.answers * chance) ** 0.5 * share**_RANK_POWER
                yield RankedSentence(
                    one.label,
                    passage_start + start,
                    passage_start + end,
                    text,
                    self.stems(text),
                    answers,
                    row,
                    previous_start,
                )
            previous = start
