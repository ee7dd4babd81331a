"""Evidence: a passage found for a question, with the reasons it was ranked there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corpus.cells import Row
from corpus.document import Passage, Source
from corpus.i18n import tr
from corpus.validation import StoredLine
from index.reader import Reading

# A passage of this rank by meaning or a better one is "among the nearest".
_NEAREST = 10


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
        """Why the passage was found and stands where it does, a line for each reason."""
        found: list[str] = []
        if self.words:
            found.append(tr("found by its words: {words}", words=", ".join(self.words)))
        if self.beside:
            words = ", ".join(self.beside)
            found.append(tr("the lines before or after it hold: {words}", words=words))
        if 0 < self.meaning_rank <= _NEAREST:
            found.append(tr("its meaning is among the nearest to the question"))
        elif not self.words:
            found.append(tr("its meaning is near the question, in other words"))
        if self.date:
            found.append(tr("it was published at a date that the question names"))
        if self.folded:
            found.append(
                tr("nearly equal texts that are not shown: {count}", count=len(self.folded))
            )
        if self.held_back:
            found.append(tr("two parts of the same document come before it"))
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
