"""Whether the evidence answers the question at all: decided in code, before an engine is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.asking import Asked, holds
from assistant.reading import Read, Sought
from index.evidence import Evidence

# A logistic regression over four sets of questions of our own with and without answers (186 over
# the starter library, 80 over real documents, 46 over one article, 12 over one report), each set
# weighing by the root of its size. docs/decisions.md has the operating curve, and says what it
# cannot do: a question that misses by one attribute looks like an answerable one to every signal.
WEIGHTS: Mapping[str, float] = {
    "typed": 0.84,
    "covered": 1.74,
    "unknown": -1.8,
    "length": 2.36,
    "open": 1.1,
    "size": -0.56,
}
_BIAS = -4.98
# The sum at which an answer is given, chosen on the same sets, each judged by weights that had not
# seen it.
ENOUGH = -0.5
# A cell whose row and column the question names answers it, where they cover this share of it.
_POINTED = 0.8
# Beyond this many stems a longer question is no surer to be answered.
_LONG = 12


class Known(Protocol):
    """What must be known of a library to judge what was found in it."""

    @property
    def passages(self) -> int:
        """How many passages there are."""

    def knows(self, stem: str) -> bool:
        """Say whether a stem stands in any of them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the evidence suffices, how sure that is (0…1, 0.5 is just enough), and by what."""

    enough: bool
    chance: float
    signals: Mapping[str, float]


def judged(
    sought: Sought,
    read: Sequence[Read],
    evidence: Sequence[Evidence],
    library: Known,
) -> Judgement:
    """Return the judgement of the sentences that were read in `evidence`.

    The signals: "typed", the likeness of the sentence most like the question among those that hold
    the kind of thing asked for (a date, a sum, a name); "covered", the share of the question that
    the best passage with its neighbours covers; "unknown", the share of the question's weight that
    stands nowhere in the library; "length", the logarithm of how many stems the question has, since
    much that is found together is seldom chance; "open", whether no kind of thing is asked for;
    "size", the logarithm to base 10 of the passages in the library, since in a large one words meet
    by chance. A cell that the question names by row and column is enough whatever they say.
    """
    if not read:
        return Judgement(False, 0.0, {})
    typed = [
        one.features["similarity"]
        for one in read
        if sought.asked is Asked.OPEN or holds(sought.asked, one.text, sought.text)
    ]
    weights = sought.weights.items()
    total = sum(weight for _, weight in weights) or 1.0
    near = max(one.features["near"] for one in read)
    signals = {
        "typed": max(typed, default=0.0),
        "covered": max([one.match.covered for one in evidence if one.match], default=near),
        "unknown": sum(weight for stem, weight in weights if not library.knows(stem)) / total,
        "length": math.log(1 + min(len(sought.weights), _LONG)),
        "open": float(sought.asked is Asked.OPEN),
        "size": math.log10(max(1, library.passages)),
    }
    if any(one.pointed and sought.covered(one.stems) >= _POINTED for one in read):
        return Judgement(True, 1.0, signals)
    score = _BIAS + sum(weight * signals[name] for name, weight in WEIGHTS.items())
    return Judgement(score >= ENOUGH, 1 / (1 + math.exp(-(score - ENOUGH))), signals)
