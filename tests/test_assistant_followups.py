"""Follow-ups are spelt out before the search, with a model and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.desk import Desk
from assistant.followup import exchanges, leans, standalone
from assistant.settings import Settings
from benchmarks.followups import measured, talks


@pytest.mark.parametrize(
    ("turns", "question", "spelt_out"),
    [
        (["Why did Italy act against DeepSeek?"], "and Taiwan?",
         "Why did Taiwan act against DeepSeek?"),
        (["Why did Italy act against DeepSeek?"], "what about Huawei?",
         "Why did Italy act against Huawei?"),
        (["Who issued the AI diffusion rule?"], "when was that rescinded?",
         "issued AI diffusion rule: when was that rescinded?"),
        (["Who issued the diffusion order?"], "When did the rule take effect?",
         "issued diffusion order: When did the rule take effect?"),
        (["How do Ascend 910B and Ascend 910C compare?"], "tell me of the second one",
         "Ascend 910C Ascend 910B 910C compare: tell me of the second one"),
        ([{"question": "Who banned it?", "answer": "Italy banned it. Taiwan barred it."}],
         "what of the second one?", "Taiwan barred it. banned: what of the second one?"),
        (["Why did Italy act?", "and when?"], "Which chips does the 2022 rule of BIS cover?",
         "Which chips does the 2022 rule of BIS cover?"),
        ([], "and Huawei?", "and Huawei?"),
        (["What is the affiliates rule?"], "What is the GDP of France?",
         "What is the GDP of France?"),
        (["What is the affiliates rule?"], "Who founded DeepSeek?", "Who founded DeepSeek?"),
        (["How did Nvidia and AMD react to the H20 ban?"], "What did Nvidia say?",
         "AMD react H20 ban: What did Nvidia say?"),
        (["What is the affiliates rule?"], "How many in China?",
         "affiliates rule: How many in China?"),
    ],
)  # fmt: skip
def test_what_is_left_out_is_put_in(turns: list[object], question: str, spelt_out: str) -> None:
    """Names change places, pronouns and articles get their ground, another subject stays alone."""
    assert standalone(question, exchanges(turns)) == spelt_out


def test_a_question_leans_or_stands_alone() -> None:
    """Short ones, pronouns and a bare "the rule" lean; a name or year makes them stand."""
    assert leans("and Huawei?") and leans("why?") and leans("When did the rule take effect?")
    assert not leans("When did the October 2022 rule take effect?")
    assert not leans("What does the 2023 rule on chips say about China?")


@pytest.mark.slow
def test_follow_ups_find_nearly_what_questions_spelt_out_by_hand_find(starter_home: Path) -> None:
    """Over 40 conversations about the starter library: at least 0.9 of their hit@5, no model."""
    found = talks()
    assert len(found) == 40 and all(len(one.turns) >= 2 for one in found)
    with Desk(Settings(home=starter_home, engine="extractive")) as desk:
        hits = measured(desk, found)
    assert hits.by_hand >= 0.9 and hits.rewritten >= 0.9 * hits.by_hand
    assert hits.asked < hits.rewritten
