"""A newer document that changes the answer is named with it, and only such a one."""

from __future__ import annotations

import pytest

from assistant.answer import Answer, Question
from assistant.answer_storage import from_json, to_json
from assistant.pipeline import ask
from assistant.retrieval.reported_changes import reported_change
from assistant.workspace import Workspace


@pytest.mark.parametrize(
    ("sentence", "kind", "date"),
    [
        ("The bureau suspended the rule from 10 May 2025 to 9 May 2026.", "suspended",
         "2025-05-10"),
        ("On 13 May 2025 it said that it rescinds the harbour rule.", "rescinded", "2025-05-13"),
        ("The order was revoked by the minister on 3 May 2024.", "rescinded", "2024-05-03"),
        ("They replace the tests of October 2022 for boats.", "replaced", ""),
        ("The port will suspend, starting on May 10, 2025, the berth rule.", "suspended",
         "2025-05-10"),
    ],
)  # fmt: skip
def test_a_change_is_read_with_its_date(sentence: str, kind: str, date: str) -> None:
    """In the active and the passive; a plan counts once its day has come."""
    change = reported_change(sentence, "2026-01-01")
    assert change is not None and (change.kind, change.date) == (kind, date)


@pytest.mark.parametrize(
    "sentence",
    [
        "The rule stays in force until new regulations replace it.",
        "The ministry has not suspended the rule.",
        "The administration can keep, change or withdraw the rule.",
        "The port will suspend the rule from 10 May 2027.",
        "The revised text has nine articles.",
    ],
)
def test_what_has_not_happened_is_no_change(sentence: str) -> None:
    """A condition, a denial, a possibility, a plan, an attribute."""
    assert reported_change(sentence, "2026-01-01") is None


def answered(desk: Workspace, question: str) -> Answer:
    *_, answer = ask(desk, Question(question))
    return answer


@pytest.mark.parametrize(
    ("question", "change", "date"),
    [
        ("What is the 50 percent affiliates rule?", "suspended", "2025-11-10"),
        ("Which companies fall under the affiliates rule?", "suspended", "2025-11-10"),
        ("What caps does the AI diffusion framework set?", "rescinded", "2025-05-13"),
    ],
)
def test_what_was_suspended_or_rescinded_since_is_said(
    starter_desk: Workspace, question: str, change: str, date: str
) -> None:
    """With its citation, word for word, in the stored answer too."""
    answer = answered(starter_desk, question)
    (later,) = from_json(to_json(answer)).later
    assert (later.change, later.date) == (change, date)
    citation = next(one for one in answer.citations if one.number == later.citation)
    assert later.text in citation.quote and citation in answer.cited


@pytest.mark.parametrize(
    "question",
    [
        "Who founded DeepSeek?",
        "How many parameters does Kimi K2 have?",
        "What is the Entity List?",
        "Which compute threshold does the EU AI Act set for systemic risk?",
        "When was the AI diffusion rule rescinded?",
    ],
)
def test_where_nothing_changed_nothing_is_said(starter_desk: Workspace, question: str) -> None:
    """Nor where the answer itself reports the change."""
    answer = answered(starter_desk, question)
    assert answer.claims and not answer.later


def test_the_rescission_comes_first(starter_desk: Workspace) -> None:
    """Not the day on which the rule was issued."""
    answer = answered(starter_desk, "When was the AI diffusion rule rescinded?")
    assert "13 May 2025" in answer.claims[0].text and answer.leading == 1
