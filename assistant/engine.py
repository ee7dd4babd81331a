"""What an engine is: one method that writes an answer as a stream of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.reading import Read
from index.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Task:
    """What an engine is given: the question, the evidence, and its sentences as they were read.

    `sentences` are ranked, best first; an engine with a model may leave them aside.
    """

    question: str
    evidence: Sequence[Evidence]
    sentences: Sequence[Read]


class Engine(Protocol):
    """Writes answers whose sentences carry the labels of the evidence they rest on."""

    @property
    def name(self) -> str:
        """What the engine is called on screen and in JSON."""

    def write(self, task: Task) -> Iterator[str]:
        """Yield the answer in pieces of any size; "[n]" after a sentence cites evidence n.

        Raises EngineError when the engine fails.
        """
