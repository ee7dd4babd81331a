"""The state of a memo while it is written, and one question of a section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from assistant.answer import Answer, Question
from assistant.engine import Task
from assistant.memo.references import ReferenceNamer
from assistant.memo.topic import Topic
from index.evidence import Evidence

# The share of stems from which two sentences say the same; only one is kept.
_SAME = 0.6


@dataclass
class MemoState:
    """The state of a memo: its citations, lines and passages so far, and what was not found.

    `answer` carries the citations of the whole memo, so that numbers run through; `rules` and
    `scale` are the memo's; `pool` has every passage on the topic, by id; `said` the stems of each
    line. `missing` are the questions without an answer, in their wording for the reader;
    `unquoted` those that passages answer but no sentence alone; `near` tasks with a sentence that
    comes close; `answered` counts the others. `readable` names the references in quoted sentences.
    """

    answer: Answer
    topic: Topic
    readable: ReferenceNamer
    rules: tuple[str, ...] = ()
    scale: str = "icd203"
    pool: dict[str, Evidence] = field(default_factory=dict)
    said: list[frozenset[str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    answered: int = 0
    unquoted: list[str] = field(default_factory=list)
    near: list[Task] = field(default_factory=list)
    notice: str = ""

    def repeats(self, stems: frozenset[str]) -> bool:
        """Say whether a sentence with these stems repeats a line.

        Words of the topic, which every line has, do not count.
        """
        own = stems - self.topic.weights.keys()
        for one in self.said:
            other = one - self.topic.weights.keys()
            if len(own & other) >= _SAME * max(1, min(len(own), len(other))):
                return True
        return False

    def on_topic(self, found: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Return the passages on the topic with new labels, and add them to the pool."""
        kept = [
            one
            for one in found
            if self.topic.bears(one.passage.text, one.source.title, one.passage.heading)
        ]
        for one in kept:
            self.pool.setdefault(one.passage.id, one)
        return tuple(replace(one, label=label) for label, one in enumerate(kept, start=1))


@dataclass(frozen=True, slots=True)
class SectionQuestion:
    """One question of a section: as it is searched for, and its wording for the reader (`told`).

    `most` is the maximum of its lines, `words` of their words together; `leads` says that its lines
    state the memo's main point.
    """

    question: Question
    told: str
    most: int
    words: int
    leads: bool = False
