"""Whether the evidence answers the question: one calibrated number and two bounds, three zones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.reading import Read
from index.reader import Reading

# A logistic regression over what the reader says of the best passages, fitted by
# `python -m training.calibration` on questions about documents that the reader never saw;
# docs/decisions.md has the curve and says where these bounds lie on it.
_WEIGHTS = {"answers": 0.73, "second": 0.65, "sentence": 0.1}
_BIAS = 0.85
ANSWERED, NEAR = 0.43, 0.15


class Zone(StrEnum):
    """What is said: the answer; that the closest sentences may not answer; that nothing is here."""

    ANSWERED = "answered"
    NEAR = "near"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The chance in 0…1 that the evidence answers, and what is said by it."""

    chance: float
    zone: Zone


def judged(readings: Sequence[Reading], read: Sequence[Read]) -> Judgement:
    """Return the judgement of evidence by its readings and its sentences, best first.

    It depends on neither the length of the question nor the size of the library.
    """
    if not read:
        return Judgement(0.0, Zone.ABSENT)
    signals = features(readings, read)
    score = _BIAS + sum(_WEIGHTS[name] * value for name, value in signals.items())
    chance = 1 / (1 + math.exp(-score))
    zone = Zone.ANSWERED if chance >= ANSWERED else Zone.NEAR if chance >= NEAR else Zone.ABSENT
    return Judgement(chance, zone)


def features(readings: Sequence[Reading], read: Sequence[Read]) -> dict[str, float]:
    """Return what is weighed, as log odds.

    "answers": of the passage that answers best; "second": of the next one; "sentence": of the best
    sentence.
    """
    best = sorted((one.answers for one in readings), reverse=True)
    return {
        "answers": _odds(best[0]),
        "second": _odds(best[1] if len(best) > 1 else 0.0),
        "sentence": _odds(read[0].answers),
    }


def _odds(chance: float) -> float:
    chance = min(max(chance, 1e-4), 1 - 1e-4)
    return math.log(chance / (1 - chance))
