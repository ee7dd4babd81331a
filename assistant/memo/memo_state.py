"""What a memo has gathered so far, and one question of a section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from assistant.answer import Answer, Question
from assistant.engine import Task
from assistant.memo.references import ReferenceNamer
from assistant.memo.topic import Topic
from index.evidence import Evidence

# Two sentences that share this much of their stems say the same: one section may have it.
_SAME = 0.6


@dataclass
class MemoState:
    """What a memo has so far: its citations, what was said, all that was read, what was not found.

    `answer` carries the citations of the whole memo, so that numbers run through; `template` and
    `scale` are the memo's; `pool` is every passage on the topic, by id; `said` the stems of each
    line. `missing` are the questions without an answer, as they are told, `unquoted` those that
    only passages as a whole answer, `near` those that sentences come close to; `answered` counts
    the others. `readable` makes what is quoted readable.
    """

    answer: Answer
    topic: Topic
    readable: ReferenceNamer
    template: str = ""
    scale: str = "icd203"
    pool: dict[str, Evidence] = field(default_factory=dict)
    said: list[frozenset[str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    answered: int = 0
    unquoted: list[str] = field(default_factory=list)
    near: list[Task] = field(default_factory=list)
    notice: str = ""

    def repeats(self, stems: frozenset[str]) -> bool:
        """Say whether a sentence with these stems says what a line says already.

        The words of the topic, which every line has, do not count.
        """
        own = stems - self.topic.weights.keys()
        for one in self.said:
            other = one - self.topic.weights.keys()
            if len(own & other) >= _SAME * max(1, min(len(own), len(other))):
                return True
        return False

    def on_topic(self, found: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Return the passages that are about the topic, labelled anew, and keep them."""
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
    """One question of a section: as it is searched for, and as a reader is told of it.

    `most` is the number of lines it brings in, `words` how many they may have together; `leads`
    says that its lines state what the memo stands for.
    """

    question: Question
    told: str
    most: int
    words: int
    leads: bool = False
