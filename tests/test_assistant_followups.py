"""Follow-ups are spelt out before the search, with a model and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.desk import Desk
from assistant.followup import exchanges, leans, other_reading, standalone
from assistant.settings import Settings
from benchmarks.followups import measured, talks

CORVA = ["What did Corva Glass do in January 2026?", "And how many people does it employ?"]


@pytest.mark.parametrize(
    ("turns", "question", "whole"),
    [
        (["Why did Italy act against DeepSeek?"], "and Taiwan?",
         "Why did Taiwan act against DeepSeek?"),
        (["Why did Italy act against DeepSeek?"], "what about Huawei?",
         "Why did Italy act against Huawei?"),
        (["Who issued the AI diffusion rule?"], "when was that rescinded?",
         "When was the AI diffusion rule rescinded?"),
        (["When did the affiliates rule take effect?"], "Who drafted the rule?",
         "Who drafted the affiliates rule?"),
        (["How do Ascend 910B and Ascend 910C compare?"], "tell me of the second one",
         "Tell me of Ascend 910C"),
        (CORVA[:1], CORVA[1], "How many people does Corva Glass employ?"),
        (CORVA, "What about Brill & Son?", "How many people does Brill & Son employ?"),
        ([*CORVA, "What about Brill & Son?"], "Which of the two is bigger?",
         "Which of Corva Glass and Brill & Son is bigger?"),
        (["Who makes the H100?"], "No, I meant the H20", "Who makes the H20?"),
        (["What is the price of the H20?"], "And its memory?", "What is the memory of the H20?"),
        (["How much did Meta plan to spend in 2025?"], "and in 2024?",
         "How much did Meta plan to spend in 2024?"),
        (["How much did Nvidia earn in China in 2024?"], "and in Taiwan?",
         "How much did Nvidia earn in Taiwan in 2024?"),
        (["Which DeepSeek models did CAISI test?"], "with what did it compare them?",
         "With what did CAISI compare the DeepSeek models?"),
        (["Who funds Stargate?"], "who is the chairman?", "Who is the chairman of Stargate?"),
        (["Tell me about Corva Glass"], "Who runs the company?", "Who runs Corva Glass?"),
        (["Did Italy ban DeepSeek?"], "why?", "Why did Italy ban DeepSeek?"),
        ([{"question": "Who founded DeepSeek?", "answer": "Liang Wenfeng founded DeepSeek."}],
         "When was he born?", "When was Liang Wenfeng born?"),
        (["华为昇腾910C的良率是多少？"], "那它的价格呢？", "华为昇腾910C的价格是多少？"),
        (["华为昇腾910C的良率是多少？"], "那中芯国际呢？", "中芯国际的良率是多少？"),
        (["DeepSeek在2024年花了多少钱？"], "那2025年呢？", "DeepSeek在2025年花了多少钱？"),
        (["英伟达的收入是多少？"], "不，我是说华为", "华为的收入是多少？"),
    ],
)  # fmt: skip
def test_one_phrase_makes_a_follow_up_whole(turns: list[object], question: str, whole: str) -> None:
    """What a pronoun stands for, or the like element, is put in its place: a question as typed."""
    assert standalone(question, exchanges(turns)) == whole


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        (["What is the affiliates rule?"], "What is the GDP of France?"),
        (["What is the affiliates rule?"], "How do bees make honey?"),
        (["Who issued the diffusion order?"], "When did the rule take effect?"),
        (["How did Nvidia and AMD react to the ban?"], "Who is its director?"),
        (["What did Ardent Optics say?"], "What is the weather in Paris?"),
        (["Did the agency ban the H20?"], "Can a company export chips if it has a licence?"),
        (["Who founded DeepSeek?"], "Who founded Nvidia and who runs it?"),
        (["How many ships came?"], "Is it true that bees make honey?"),
        (["What did Senator Hawley propose?"], "what fines does it provide for?"),
        (["How many ships came?"], "and the price?"),
        (["华为昇腾910C的良率是多少？"], "中芯国际的产能是多少？"),
        (["华为的营收是多少？"], "什么是蜂蜜？"),
        (["华为的营收是多少？"], "其他公司的营收是多少？"),
        ([], "and Huawei?"),
    ],
)
def test_a_new_topic_and_what_is_not_plain_stay_as_typed(
    turns: list[object], question: str
) -> None:
    """No word of the conversation is carried into a question that does not ask for it."""
    assert standalone(question, exchanges(turns)) == question


def test_a_question_leans_or_stands_alone() -> None:
    """Pronouns, "and …" and a bare question lean; a name or year makes them stand."""
    assert leans("and Huawei?") and leans("why?") and leans("Who pleaded guilty?")
    assert leans("它的价格是多少？") and not leans("中芯国际的产能是多少？")
    assert not leans("When did the October 2022 rule take effect?")
    assert not leans("What does the 2023 rule on chips say about China?")


def test_a_follow_up_after_two_things_may_be_of_either() -> None:
    """What is not answered of the last is looked for of the other."""
    history = exchanges([*CORVA, "What about Brill & Son?"])
    question = "Who is its director?"
    assert standalone(question, history) == "Who is Brill & Son's director?"
    assert other_reading(question, history) == "Who is Corva Glass's director?"
    assert other_reading("Who is the director of Delft Ray?", history) == ""


@pytest.mark.slow
def test_follow_ups_find_nearly_what_questions_spelt_out_by_hand_find(starter_home: Path) -> None:
    """Over 40 conversations about the starter library: at least 0.9 of their hit@5, no model."""
    found = talks()
    assert len(found) == 40 and all(len(one.turns) >= 2 for one in found)
    with Desk(Settings(home=starter_home, engine="extractive")) as desk:
        hits = measured(desk, found)
    assert hits.by_hand >= 0.9 and hits.rewritten >= 0.9 * hits.by_hand
    assert hits.asked < hits.rewritten
