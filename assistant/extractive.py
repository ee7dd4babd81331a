"""The engine without a model: it quotes the sentences that answer, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.engine import Task
from assistant.reading import Read

# An answer keeps to about this many words; a first sentence that alone is longer still stands.
_WORDS = 120
# A further sentence must be nearly as good as the first, in the regression's odds.
_NEARLY = 0.35
# Two sentences that share this much of their stems say the same.
_SAME = 0.6
_SEVERAL = re.compile(
    r"\b(?:compar\w*|versus|vs|differ\w*|difference|between|both|each|list|sequence|timeline|"
    r"in order|which (?:\w+ ){0,2}(?:are|were|do)|and)\b",
    re.IGNORECASE,
)


class ExtractiveEngine:
    """Picks the sentences that answer the question, best first, and cites each."""

    name = "extractive"

    def write(self, task: Task) -> Iterator[str]:
        """Yield each picked sentence with the label of the passage it stands in."""
        for sentence in picked(task.question, task.sentences):
            yield f"{sentence.text} [{sentence.label}]\n"


def picked(question: str, sentences: Sequence[Read]) -> list[Read]:
    """Return the sentences of the answer: the best, then those that add to it.

    One to three for an ordinary question, up to five where it asks for several things; about 120
    words in all. Sentences of one passage keep the order they have there.
    """
    if not sentences:
        return []
    most = 5 if _SEVERAL.search(question) else 3
    best = sentences[0]
    chosen = [best]
    words = len(best.text.split())
    for sentence in sentences[1:]:
        if len(chosen) == most or sentence.answers < _NEARLY * best.answers:
            break
        length = len(sentence.text.split())
        if words + length > _WORDS or length < 4 or any(_same(sentence, one) for one in chosen):
            continue
        chosen.append(sentence)
        words += length
    return _in_order(chosen)


def _same(one: Read, other: Read) -> bool:
    shared = len(one.stems & other.stems)
    return shared >= _SAME * max(1, min(len(one.stems), len(other.stems)))


def _in_order(chosen: list[Read]) -> list[Read]:
    """Keep passages in the order of their best sentence, and sentences as they stand in them."""
    rank: dict[int, int] = {}
    for place, sentence in enumerate(chosen):
        rank.setdefault(sentence.label, place)
    return sorted(chosen, key=lambda sentence: (rank[sentence.label], sentence.start))
