"""Whether the evidence answers the question at all: decided in code, before an engine is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.asking import Asked
from assistant.reading import Read, Sought
from index.evidence import Evidence

# Fitted by benchmarks/fit_reading.py; see docs/decisions.md for the operating curve.
WEIGHTS: Mapping[str, float] = {
    "best": 1.5,
    "similarity": 4.0,
    "passage": 3.0,
    "near": 2.0,
    "lacks": -1.0,
    "unknown": -3.0,
}
BIAS = -4.0
ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the evidence suffices, how sure that is (0…1), and what was looked for in vain."""

    enough: bool
    chance: float
    missing: tuple[str, ...]
    signals: Mapping[str, float]


def judged(
    sought: Sought,
    evidence: Sequence[Evidence],
    read: Sequence[Read],
    *,
    stems: Callable[[str], frozenset[str]],
    known: Callable[[str], bool],
) -> Judgement:
    """Return the judgement of `evidence`, whose sentences are `read`, best first.

    `known` says whether a stem stands anywhere in the library.
    """
    if not evidence or not read:
        return Judgement(False, 0.0, tuple(sought.weights), {})
    passages = {
        one.label: stems(f"{one.source.title} {one.passage.heading} {one.passage.text}")
        for one in evidence
    }
    best = read[0]
    total = sum(sought.weights.values()) or 1.0
    unknown = [stem for stem in sought.weights if not known(stem)]
    typed = sought.asked is not Asked.OPEN
    signals = {
        "best": best.answers,
        "similarity": max(one.features["similarity"] for one in read),
        "passage": max(sought.covered(one) for one in passages.values()),
        "near": max(one.features["near"] for one in read[:5]),
        "lacks": float(typed and not any(one.features["holds"] for one in read[:5])),
        "unknown": sum(sought.weights[stem] for stem in unknown) / total,
    }
    chance = 1 / (1 + math.exp(-BIAS - sum(WEIGHTS[name] * signals[name] for name in WEIGHTS)))
    missing = tuple(sought.missing(passages[best.label]))
    return Judgement(chance >= ENOUGH, chance, missing, signals)
