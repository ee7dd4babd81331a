"""Whether the evidence answers the question at all: decided in code, before an engine is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.asking import Asked, holds
from assistant.reading import Read, Sought

# The sum of the signals below that is enough, and how fast the chance rises around it. Weights and
# threshold were set on 46 questions of our own about one news article (22 that it answers, 24 that
# it does not): 0.91 answered, 0.88 declined. docs/decisions.md has the operating curve, also on
# questions over a large library, where refusing is harder.
WEIGHTS: Mapping[str, float] = {"similarity": 1.0, "near": 0.3, "typed": 0.3, "unknown": -0.5}
ENOUGH = 0.785
_STEEPNESS = 12.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the evidence suffices, how sure that is (0…1, 0.5 is just enough), and by what."""

    enough: bool
    chance: float
    signals: Mapping[str, float]


def judged(sought: Sought, read: Sequence[Read], known: Callable[[str], bool]) -> Judgement:
    """Return the judgement of the sentences that were read.

    `known` says whether a stem stands anywhere in the library. The signals, each in 0…1:
    "similarity" of the sentence most like the question; "near", the share of the question's weight
    that a sentence, its neighbours, title and headings hold; "typed", the same over the sentences
    that hold the kind of thing asked for (a date, a sum, a name); "unknown", the share of the
    question's weight that stands nowhere in the library, which tells most in a small one.
    """
    if not read:
        return Judgement(False, 0.0, {})
    typed = [
        one
        for one in read
        if sought.asked is Asked.OPEN or holds(sought.asked, one.text, sought.text)
    ]
    total = sum(sought.weights.values()) or 1.0
    signals = {
        "similarity": max(one.features["similarity"] for one in read),
        "near": max(one.features["near"] for one in read),
        "typed": max((one.features["near"] for one in typed), default=0.0),
        "unknown": sum(w for stem, w in sought.weights.items() if not known(stem)) / total,
    }
    score = sum(weight * signals[name] for name, weight in WEIGHTS.items())
    chance = 1 / (1 + math.exp(-_STEEPNESS * (score - ENOUGH)))
    return Judgement(score >= ENOUGH, chance, signals)
