"""Whether the evidence answers the question: one calibrated number and two bounds, three zones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from index.evidence import Evidence
from index.reader import Reading, logistic

# A logistic regression over what the reader and the search say of the best passages, fitted by
# `python -m training.calibration` on 254 questions about documents whose questions had no part in
# training and on 40 of another field; docs/decisions.md has the curve and where these bounds lie.
_WEIGHTS = {"answers": 0.78, "second": 0.3, "meaning": 1.05, "covered": 1.86}
_BIAS = -1.38
ANSWERED, NEAR = 0.31, 0.11


class Zone(StrEnum):
    """What to show: the answer; the closest sentences, which may not answer; or nothing found."""

    ANSWERED = "answered"
    NEAR = "near"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The chance in 0…1 that the evidence answers, and the zone it falls in."""

    chance: float
    zone: Zone


def judge_answerability(readings: Sequence[Reading], evidence: Sequence[Evidence]) -> Judgement:
    """Return the judgement of evidence by its readings, one for each.

    It depends on neither the length of the question nor the size of the library.
    """
    if not evidence:
        return Judgement(0.0, Zone.ABSENT)
    signals = features(readings, evidence)
    score = _BIAS + sum(_WEIGHTS[name] * value for name, value in signals.items())
    chance = logistic(score)
    zone = Zone.ANSWERED if chance >= ANSWERED else Zone.NEAR if chance >= NEAR else Zone.ABSENT
    return Judgement(chance, zone)


def features(readings: Sequence[Reading], evidence: Sequence[Evidence]) -> dict[str, float]:
    """Return the signals that are weighed.

    "answers": the log odds of the passage that answers best; "second": of the next one, or of the
    same if it is the only one; "meaning": the best cosine of question and passage; "covered": the
    largest share of the question's words that a passage holds with its neighbours. The last two
    recognise a question about another field.
    """
    best = sorted((one.answers for one in readings), reverse=True)
    matches = [one.match for one in evidence if one.match]
    return {
        "answers": _odds(best[0]),
        "second": _odds(best[1] if len(best) > 1 else best[0]),
        "meaning": max((one.meaning for one in matches), default=0.0),
        "covered": max((one.covered for one in matches), default=0.0),
    }


def _odds(chance: float) -> float:
    chance = min(max(chance, 1e-4), 1 - 1e-4)
    return math.log(chance / (1 - chance))
