"""Whether the evidence answers the question at all: decided in code, before an engine is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.asking import Asked, holds
from assistant.reading import Read, Sought
from index.evidence import Evidence

# A logistic regression over four sets of questions of our own with and without answers (186 over
# the starter library, 80 over real documents, 46 over one article, 12 over one report), each set
# weighing by the root of its size. Left out in turn, the sets have areas under the curve of 0.66,
# 0.70, 0.89 and 0.88; docs/decisions.md has the operating curve, and says what it cannot do:
# questions that miss by one attribute look like answerable ones to every signal here.
WEIGHTS: Mapping[str, float] = {
    "typed": 0.87,
    "covered": 3.15,
    "unknown": -0.24,
    "length": 1.93,
    "open": 1.16,
}
_BIAS = -6.79
# The sum at which an answer is given, chosen on the same four sets.
ENOUGH = -0.7
# Beyond this many stems a longer question is no surer to be answered.
_LONG = 12


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
    known: Callable[[str], bool],
) -> Judgement:
    """Return the judgement of the sentences that were read in `evidence`.

    `known` says whether a stem stands anywhere in the library. The signals: "typed", the likeness
    of the sentence most like the question among those that hold the kind of thing asked for (a
    date, a sum, a name); "covered", the share of the question that the best passage with its
    neighbours covers; "unknown", the share of the question's weight that stands nowhere in the
    library; "length", the logarithm of how many stems the question has, since much that is found
    together is seldom chance; "open", whether no kind of thing is asked for.
    """
    if not read:
        return Judgement(False, 0.0, {})
    typed = [
        one.features["similarity"]
        for one in read
        if sought.asked is Asked.OPEN or holds(sought.asked, one.text, sought.text)
    ]
    total = sum(sought.weights.values()) or 1.0
    near = max(one.features["near"] for one in read)
    signals = {
        "typed": max(typed, default=0.0),
        "covered": max([one.match.covered for one in evidence if one.match], default=near),
        "unknown": sum(w for stem, w in sought.weights.items() if not known(stem)) / total,
        "length": math.log(1 + min(len(sought.weights), _LONG)),
        "open": float(sought.asked is Asked.OPEN),
    }
    score = _BIAS + sum(weight * signals[name] for name, weight in WEIGHTS.items())
    return Judgement(score >= ENOUGH, 1 / (1 + math.exp(-(score - ENOUGH))), signals)
