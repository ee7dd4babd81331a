"""Small falsehoods are caught, and true sentences in other words are left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.checking.checker import Checker
from assistant.checking.entailment import judge_named
from assistant.checking.source_changes import quotations
from benchmarks.mutations import measured, paraphrases, true_claims
from index.embedder_weights import DEFAULT_MODEL
from index.embedders import question_embedder

ARTICLES = Path(__file__).parent.parent / "corpus" / "starter" / "articles"
FLOORS = {
    "number": 0.99, "date": 0.99, "quotation": 0.99, "unit": 0.99, "name": 0.95, "negation": 0.85,
}  # fmt: skip


@pytest.fixture(scope="module")
def checker(starter_home: Path) -> Checker:
    cache = starter_home / "models"
    return Checker(question_embedder(DEFAULT_MODEL, cache=cache), judge_named("", cache=cache))


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", [pytest.param(3, id="every third"), pytest.param(1, id="all", marks=pytest.mark.long)]
)
def test_one_changed_fact_is_caught(checker: Checker, step: int) -> None:
    """Over 350 true claims of the starter library; benchmarks/mutations.py prints all 2,000.

    What is quoted, which is rare, is in every sample.
    """
    claims = [
        one
        for number, one in enumerate(true_claims(ARTICLES, 2000)[:350])
        if number % step == 0 or quotations(one.text)
    ]
    assert len(claims) > 110
    verdicts = measured(checker, claims)
    for kind, floor in FLOORS.items():
        caught = [one != "supported" for one in verdicts[kind]]
        assert len(caught) >= 10 and sum(caught) / len(caught) >= floor, kind
    unchanged = verdicts["unchanged"]
    assert len(unchanged) == len(claims) and unchanged.count("unsupported") <= 0.02 * len(unchanged)


def test_paraphrases_are_not_held_up(checker: Checker) -> None:
    """Of true sentences in other words four fifths are supported, of false ones three tenths."""
    found = {True: [], False: []}  # type: dict[bool, list[str]]
    for text, cited, true in paraphrases():
        found[true].append(checker.check(text, cited).verdict)
    assert len(found[True]) >= 100 and len(found[False]) >= 50
    assert found[True].count("supported") >= 0.8 * len(found[True])
    assert found[False].count("supported") <= 0.3 * len(found[False])
