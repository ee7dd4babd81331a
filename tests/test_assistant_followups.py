"""What a follow-up may mean is proposed, and what is answered best is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.answer import Question
from assistant.planning.follow_ups_chinese import is_chinese
from assistant.planning.follow_ups_english import RewriteCandidate
from assistant.planning.query_plan import plans_of
from assistant.planning.query_rewriting import (
    Turn,
    best_candidate,
    candidates,
    needs_context,
    standalone,
    turns_from_json,
)
from assistant.planning.time_asked import When
from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.followups import APART, FILE, measured, talks

CORVA = ["What did Corva Glass do in January 2026?", "And how many people does it employ?"]


@pytest.mark.parametrize(
    ("turns", "question", "whole"),
    [
        (["Why did Italy act against DeepSeek?"], "and Taiwan?",
         "Why did Taiwan act against DeepSeek?"),
        (["Why did Italy act against DeepSeek?"], "what about Huawei?",
         "Why did Italy act against Huawei?"),
        (["How many parameters does Kimi K2 have?"], "and GLM-4.5",
         "How many parameters does GLM-4.5 have?"),
        (["Who issued the AI diffusion rule?"], "when was that rescinded?",
         "When was the AI diffusion rule rescinded?"),
        (["When did the affiliates rule take effect?"], "Who drafted the rule?",
         "The affiliates rule: Who drafted the rule?"),
        (["How do Ascend 910B and Ascend 910C compare?"], "tell me of the second one",
         "tell me of Ascend 910C"),
        (CORVA[:1], CORVA[1], "How many people does Corva Glass employ?"),
        (CORVA, "What about Brill & Son?", "How many people does Brill & Son employ?"),
        ([*CORVA, "What about Brill & Son?"], "Which of the two is bigger?",
         "Which of Corva Glass and Brill & Son is bigger?"),
        (["When was the AI diffusion rule rescinded?"], "what is the affiliates rule?",
         "what is the affiliates rule?"),
        (["Compare R1 and o1 on price"], "what did nvidia earn?", "what did nvidia earn?"),
        (["What is the EU AI Act?"], "what is distillation?", "what is distillation?"),
        (["Who makes the H100?"], "No, I meant the H20", "Who makes the H20?"),
        (["What is the price of the H20?"], "And its memory?", "H20's memory?"),
        (["What is the price of the H20?"], "memory?", "H20: memory?"),
        (["How much did Meta plan to spend in 2025?"], "and in 2024?",
         "How much did Meta plan to spend in 2024?"),
        (["How much did Nvidia earn in China in 2024?"], "and in Taiwan?",
         "How much did Nvidia earn in Taiwan in 2024?"),
        (["How much did Nvidia earn in China?"], "and in 2023?",
         "How much did Nvidia earn in China in 2023?"),
        (["What is MiniMax-M1?"], "how much did that cost?", "How much did MiniMax-M1 cost?"),
        (["What is MiniMax-M1?"], "How much did it cost to train?",
         "How much did MiniMax-M1 cost to train?"),
        (["Who funds Stargate?"], "who is the chairman?", "Stargate: who is the chairman?"),
        (["Did Italy ban DeepSeek?"], "why?", "Why did Italy ban DeepSeek?"),
        (["Did Meta sign the code?"], "why not?", "Why did Meta not sign the code?"),
        (["Is the affiliates rule suspended?"], "since when?",
         "Since when is the affiliates rule suspended?"),
        (["What did Microsoft see?"], "when was that?", "What did Microsoft see? when was that?"),
        ([{"question": "Who founded DeepSeek?", "answer": "Liang Wenfeng founded DeepSeek."}],
         "When was he born?", "When was Liang Wenfeng born?"),
        (["华为昇腾910C的良率是多少？"], "那它的价格呢？", "华为昇腾910C的价格呢？"),
        (["华为昇腾910C的良率是多少？"], "那中芯国际呢？", "中芯国际的良率是多少？"),
        (["DeepSeek在2024年花了多少钱？"], "那2025年呢？", "DeepSeek在2025年花了多少钱？"),
        (["英伟达的收入是多少？"], "不，我是说华为", "华为的收入是多少？"),
        (["意大利为什么封禁DeepSeek？"], "那台湾呢？", "台湾为什么封禁DeepSeek？"),
    ],
)  # fmt: skip
def test_the_likeliest_meaning_of_a_follow_up_comes_first(
    turns: list[object], question: str, whole: str
) -> None:
    """What a pronoun stands for, the like element, or the subject before a question of no name."""
    assert standalone(question, turns_from_json(turns)) == whole


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        (["What is the affiliates rule?"], "What is the GDP of France?"),
        (["What is the affiliates rule?"], "How much did it cost to train V3 and R1?"),
        (["What is the affiliates rule?"], "How long did it take DeepSeek to train V3?"),
        (["Who founded DeepSeek?"], "and what is MoBA?"),
        (["What did Ardent Optics say?"], "What is the weather in Paris?"),
        (["Who issued the diffusion order?"], "What was new in January 2025?"),
        (["华为昇腾910C的良率是多少？"], "中芯国际的产能是多少？"),
        ([], "and Huawei?"),
        ([], "它的价格是多少？"),
    ],
)
def test_a_question_that_stands_alone_costs_one_search(turns: list[object], question: str) -> None:
    """With a name or a date of its own and nothing that leans, it is the only candidate."""
    assert candidates(question, turns_from_json(turns)) == [RewriteCandidate(question)]


@pytest.mark.parametrize(
    ("turns", "question"),
    [
        (["What is the affiliates rule?"], "How do bees make honey?"),
        (["Did the agency ban the H20?"], "Can a company export chips if it has a licence?"),
        (["How many ships came to Orsk?"], "Is it true that bees make honey?"),
        (["Who is the head of Orsk?"], "what does it say about chips?"),
        (["How many ships came?"], "and the price?"),
        (["华为的营收是多少？"], "什么是蜂蜜？"),
    ],
)
def test_what_may_be_meant_either_way_is_proposed_as_asked_too(
    turns: list[object], question: str
) -> None:
    """So that a change of topic is heard; never more than four texts, each once."""
    texts = [one.text.lower() for one in candidates(question, turns_from_json(turns))]
    assert 2 <= len(texts) == len(set(texts)) <= 4
    assert any(text == question.removeprefix("and ").lower() for text in texts)


def test_a_follow_up_after_two_things_may_be_of_either() -> None:
    """Of the last one first, and of the one before it."""
    history = turns_from_json([*CORVA, "What about Brill & Son?"])
    texts = [one.text for one in candidates("Who is its director?", history)]
    assert texts[:2] == ["Who is Brill & Son's director?", "Who is Corva Glass's director?"]


def test_a_conversation_goes_on_from_what_was_searched_for() -> None:
    """What was taken for an earlier follow-up is its meaning, not what is likeliest by its form."""
    turns = [Turn("What is Orsk?"), Turn("and Delft Ray?", whole="Who leads Delft Ray?")]
    assert standalone("and Corva Glass?", turns) == "Who leads Corva Glass?"
    stored = turns_from_json([{"question": "and Delft Ray?", "standalone": "Who leads Delft Ray?"}])
    assert standalone("and Corva Glass?", stored) == "Who leads Corva Glass?"


@pytest.mark.parametrize(
    ("chances", "taken", "searches"),
    [
        ((0.9, 0.95), "with the subject", 1),
        ((0.2, 0.95), "as asked", 2),
        ((0.4, 0.6), "as asked", 2),
        ((0.3, 0.35), "with the subject", 2),
        ((0.1, 0.4), "as asked", 2),
    ],
)
def test_the_first_text_that_is_answered_is_taken(
    chances: tuple[float, float], taken: str, searches: int
) -> None:
    """A change of topic is heard; where nothing is answered a weaker guess must be much nearer."""
    searched: list[str] = []
    known = dict(zip(("with the subject", "as asked"), chances, strict=True))

    def find(text: str) -> str:
        searched.append(text)
        return text

    assert best_candidate(list(known), find, known.__getitem__, enough=0.5) == taken
    assert len(searched) == searches


def test_a_question_that_stands_alone_is_not_judged() -> None:
    """What is found for the only candidate is taken whatever its chance."""
    alone = "Who founded DeepSeek?"
    assert best_candidate([alone], str, dict[str, float]().__getitem__, 0.5) == alone


def test_a_text_that_is_proposed_twice_keeps_its_first_place() -> None:
    """The likeliest is not moved behind others."""
    made = candidates("and Moonshot?", [Turn("DeepSeek?")])
    assert made[0].text == "Moonshot?" and len({one.text for one in made}) == len(made)


def test_an_english_question_about_a_chinese_name_is_english() -> None:
    """ "It" is understood; a Chinese question may hold Latin names."""
    history = [Turn("How many chips did Nvidia sell?")]
    asked = "How much did it pay to 华为?"
    assert any("Nvidia" in one.text for one in candidates(asked, history))
    assert not is_chinese(asked)
    assert all(
        map(is_chinese, ("DeepSeek R1 呢？", "A轮和A+轮融资各是多少？", "To B 和 To C 的收入呢？"))
    )


def test_a_question_leans_or_stands_alone() -> None:
    """Pronouns, "and …" and a bare "why?" lean by their form."""
    assert (
        needs_context("and Huawei?")
        and needs_context("why?")
        and needs_context("It was rescinded in May.")
    )
    assert needs_context("它的价格是多少？") and not needs_context("中芯国际的产能是多少？")
    assert not needs_context("When did the October 2022 rule take effect?")
    assert not needs_context("Nvidia said that it sold no H20 in China.")


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", [pytest.param(3, id="every third"), pytest.param(1, id="all", marks=pytest.mark.long)]
)
@pytest.mark.parametrize(("file", "count"), [(FILE, 40), (APART, 20)])
def test_follow_ups_find_what_questions_spelt_out_by_hand_find(
    starter_desk: Workspace, file: Path, count: int, step: int
) -> None:
    """Over conversations about the starter library: at least 0.9 of their hit@5, no model."""
    found = talks(file)
    assert len(found) == count and all(len(one.turns) >= 2 for one in found)
    hits = measured(starter_desk, found[::step])
    assert hits.by_hand >= 0.9 and hits.judged >= 0.9 * hits.by_hand
    assert hits.asked < hits.judged


def test_a_follow_up_asks_of_its_own_time(tmp_path: Path) -> None:
    """What happened in the year of the question before it is not what the new fee is asked of."""
    turns = [Turn("What did the Harbour Board decide in March 2024?")]
    with Workspace(Settings(home=tmp_path, embedder="hash", engine="extractive")) as workspace:
        question = Question("And the new fee?", tuple(turns))
        *_, plans = plans_of(workspace, question)
        assert isinstance(plans, list)
        (plan,) = [one for one in plans if one.focus]
        assert plan.time.when is When.NAMED and plan.newly_asked_time.when is When.OPEN
