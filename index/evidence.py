"""Evidence: a passage found for a question, with the reason it was ranked there."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.document import Passage, Source


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage found for one question.

    `label` is its 1-based rank, which is also the number a citation of it carries; `score` is the
    fused score in 0…1 (comparable within one question only); `why` says in words what ranked it.
    """

    label: int
    passage: Passage
    source: Source
    score: float
    why: str
