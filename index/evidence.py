"""Evidence: a passage found for a question, with the reasons it was ranked there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corpus.cells import Row
from corpus.document import Passage, Source
from corpus.i18n import tr
from corpus.validation import StoredLine
from index.reader import Reading


@dataclass(frozen=True, slots=True)
class Match:
    """How a passage matched a question.

    `words` are the question's words that stand in the passage, its title or headings (or another
    name for them does), `beside` those that stand only in the passages next to it, `missing` the
    rest. `parts` says what each signal gave to the score of the search, before the passage was
    read; they add up to it. `meaning` and `bm25` are the cosine (on the scale of
    index.cosine_scale) and the BM25 score, each with its rank among the candidates (0: none of the
    words). `late` is the mean cosine of the question's words with their likest words here, 0 where
    it was not computed. `covered` is the share of the question that the passage and its neighbours
    hold, `date` how well its date of publication fits one that the question names, both in 0…1.
    `folded` are the ids of near-duplicates that count as this one; `held_back` says that two
    passages of its document stand above it, so that others as good went before it.
    """

    words: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)
    meaning: float = 0.0
    meaning_rank: int = 0
    bm25: float = 0.0
    bm25_rank: int = 0
    late: float = 0.0
    covered: float = 0.0
    date: float = 0.0
    folded: tuple[str, ...] = ()
    held_back: bool = False

    @property
    def reasons(self) -> list[str]:
        """The reasons for the passage's rank, a line for each."""
        found: list[str] = [
            tr("meaning {score} (rank {rank})", score=f"{self.meaning:.2f}", rank=self.meaning_rank)
        ]
        if self.bm25_rank:
            score, words = f"{self.bm25:.1f}", ", ".join(self.words)
            line = tr(
                "words {score} (rank {rank}): {words}",
                score=score,
                rank=self.bm25_rank,
                words=words,
            )
            found.append(line)
        else:
            found.append(tr("none of the words"))
        if self.late:
            found.append(tr("word by word {score}", score=f"{self.late:.2f}"))
        if self.beside:
            found.append(tr("next to it: {words}", words=", ".join(self.beside)))
        if self.date:
            share = f"{self.parts['date']:.2f}"
            found.append(tr("published at a date the question names (+{share})", share=share))
        if self.folded:
            found.append(tr("{count} near-duplicate(s) folded into it", count=len(self.folded)))
        if self.held_back:
            found.append(tr("held back: two of its document stand above"))
        return found


@dataclass(frozen=True, slots=True)
class Newer:
    """The latest version of a document, where the library holds a later one than that quoted."""

    document: str
    source: Source


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage found for one question.

    `label` is its 1-based rank, which is also the number a citation of it carries; `score` is the
    fused score in 0…1 (comparable within one question only); `why` says in words what ranked it,
    `match` in figures. `newer` is a later version of the document within the bounds of the search.
    `rows` are the rows of tables in the passage, each cell with its heads; they follow from the
    document and are not stored. `reading` is what the reader found in it, None where it was not
    read.
    """

    label: int
    passage: Passage
    source: Source
    score: float
    why: StoredLine
    match: Match | None = None
    newer: Newer | None = None
    rows: tuple[Row, ...] = ()
    reading: Reading | None = None
