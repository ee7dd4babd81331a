"""One number says whether the evidence answers: it grows with what the reader is sure of."""

from __future__ import annotations

import pytest

from assistant.retrieval.answerability import ANSWERED, NEAR, Judgement, Zone, judge_answerability
from corpus.document import Passage, Source
from index.evidence import Evidence, Match
from index.reader import Reading


def judgement(
    answers: float, *, second: float = 0.1, meaning: float = 0.6, covered: float = 0.8
) -> Judgement:
    """Judge two passages by the chance that each answers and by how the search matched them."""
    readings = [Reading(one, one, 1 - one, (one,)) for one in (second, answers)]
    return judge_answerability(readings, [found(meaning, covered), found(0.1, 0.1)])


def found(meaning: float, covered: float) -> Evidence:
    """A passage that the search found."""
    passage = Passage("d", 0, 9, "It is so.")
    match = Match(meaning=meaning, covered=covered)
    return Evidence(1, passage, Source("Title", "file"), 1.0, "", match)


def test_no_evidence_is_absent() -> None:
    """Nothing was found: no chance, and no number is computed of nothing."""
    assert judge_answerability([], []) == Judgement(0.0, Zone.ABSENT)


def test_what_is_sure_is_answered_and_what_is_hopeless_is_absent() -> None:
    """Also at the very ends of the scale, where log odds would be infinite."""
    for sure in (0.99, 1.0):
        assert judgement(sure, second=sure).zone is Zone.ANSWERED
    for hopeless in (0.001, 0.0):
        assert judgement(hopeless, second=hopeless).zone is Zone.ABSENT


def test_the_zone_follows_from_the_chance_alone() -> None:
    """Three zones in the order of their bounds, all of which occur."""
    steps = [one / 100 for one in range(1, 100)]
    found = [judgement(one, second=one) for one in steps]
    for one in found:
        wanted = Zone.ANSWERED if one.chance >= ANSWERED else Zone.NEAR
        assert one.zone is (wanted if one.chance >= NEAR else Zone.ABSENT)
    assert [*dict.fromkeys(one.zone for one in found)] == [Zone.ABSENT, Zone.NEAR, Zone.ANSWERED]


@pytest.mark.parametrize("feature", ["answers", "second", "meaning", "covered"])
def test_the_chance_never_falls_with_what_speaks_for_an_answer(feature: str) -> None:
    """Of the best passage, the second one and how the search matched, the others unchanged."""
    chances = []
    for one in (0.05, 0.2, 0.4, 0.6):
        values = {"answers": 0.7, "second": 0.1, feature: one}
        if feature == "answers":
            values["second"] = 0.0
        chances.append(judgement(**values).chance)
    assert chances == sorted(chances) and chances[0] > 0 and chances[-1] < 1
    assert feature == "second" or chances[0] < chances[-1]
