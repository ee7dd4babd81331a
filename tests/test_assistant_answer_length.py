"""A length that is asked for is taken out of the question, and the answer keeps it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import pytest

from assistant.answer import Answer, Question
from assistant.engine import Piece, Task
from assistant.length_obeyed import length_asked
from assistant.pipeline import ask
from assistant.planning.answer_length import AnswerLength, LengthRequest, without_length_request
from assistant.planning.query_rewriting import Turn
from assistant.workspace import Workspace
from corpus.sentences import sentences

AFFILIATES = "What is the affiliates rule?"


@pytest.mark.parametrize(
    ("asked", "rest", "request_"),
    [
        ("What is the affiliates rule in one sentence?", AFFILIATES, LengthRequest(1)),
        ("give me one sentence: what is the affiliates rule?", AFFILIATES, LengthRequest(1)),
        ("In two sentences, what is the affiliates rule?", AFFILIATES, LengthRequest(2)),
        ("What is the affiliates rule? Three bullets please.", AFFILIATES, LengthRequest(3, True)),
        ("Give me 3 bullet points on ships", "Summarise ships", LengthRequest(3, True)),
        ("Explain in two sentences what it does", "Explain what it does", LengthRequest(2)),
        ("Briefly, what is the affiliates rule?", AFFILIATES, LengthRequest(change=-1)),
        ("Explain the rule in detail", "Explain the rule", LengthRequest(change=1)),
        ("shorter", "", LengthRequest(change=-1)),
        ("three bullets", "", LengthRequest(3, True)),
        ("more detail please", "", LengthRequest(change=1)),
        ("什么是实体清单？用三点说明", "什么是实体清单？", LengthRequest(3, True)),
        ("一句话：什么是实体清单？", "什么是实体清单？", LengthRequest(1)),
        ("简短", "", LengthRequest(change=-1)),
        ("详细一点", "", LengthRequest(change=1)),
        ("用一句话", "", LengthRequest(1)),
    ],
)  # fmt: skip
def test_a_request_for_a_length_is_taken_out(
    asked: str, rest: str, request_: LengthRequest
) -> None:
    """Before the question, after it, or alone; in English and in Chinese."""
    assert without_length_request(asked) == (rest, request_)


@pytest.mark.parametrize(
    "question",
    [
        "How many sentences did the court give?",
        "What are the three points of the plan?",
        "Which chips have a shorter lead time?",
        "Who wrote a longer report?",
        "What were in short supply?",
        "DeepSeek的三点主张是什么？",
        "短期内H20能卖吗",
        "哪三条规则被撤销？",
    ],
)
def test_words_of_length_within_a_question_ask_for_no_length(question: str) -> None:
    """They belong to what is asked."""
    assert without_length_request(question) == (question, None)


def test_shorter_asks_the_last_question_again() -> None:
    """With fewer sentences than its answer had; a list stays a list."""
    turns = (Turn(f"{AFFILIATES} In four bullets.", "One it is. Two it is. Three it is. Four."),)
    asked, length = length_asked(Question("shorter", turns))
    assert asked.text == AFFILIATES and asked.history == ()
    assert length == AnswerLength(2, bullets=True)
    again = (*turns, Turn("shorter", "One it is. Two it is.", AFFILIATES))
    assert length_asked(Question("shorter", again))[1] == AnswerLength(1, bullets=True)
    assert length_asked(Question("longer", again))[1].most > 2


def test_without_a_conversation_there_is_nothing_to_shorten(starter_desk: Workspace) -> None:
    """It is asked for more instead of searching for "shorter"."""
    *_, answer = ask(starter_desk, Question("shorter"))
    assert answer.outcome == "declined" and not answer.evidence


def said(desk: Workspace, question: str, *turns: Turn) -> Answer:
    *_, answer = ask(desk, Question(question, turns))
    return answer


def test_an_answer_is_as_long_as_it_is_asked_to_be(starter_desk: Workspace) -> None:
    """One sentence, three items, then fewer; the question is shown as it was asked."""
    question = "What did CAISI find when it evaluated DeepSeek models?"
    one = said(starter_desk, f"In one sentence: {question}")
    assert one.question.startswith("In one") and len(sentences(one.spoken)) == 1
    three = said(starter_desk, f"{question} Three bullets.")
    assert three.bullets and len(three.claims) == 3 and three.leading == 1
    fewer = said(starter_desk, "shorter", three.turn)
    assert 0 < len(fewer.claims) < 3 and fewer.standalone == question
    shortest = said(starter_desk, "shorter", one.turn)
    assert len(shortest.claims) == 1 and "cannot be shorter" in str(shortest.notice)


class Talker:
    """An engine that writes five sentences, whatever is asked."""

    name = "talker"
    host = ""

    def __init__(self) -> None:
        self.task: Task | None = None

    def write(self, task: Task) -> Generator[Piece, None, None]:
        self.task = task
        for number in range(5):
            yield f"CAISI found thing {number} in it [1]. "


def test_a_model_that_writes_on_is_cut(starter_desk: Workspace) -> None:
    """It was told, and what goes beyond is left out."""
    talker = Talker()
    *_, answer = ask(
        starter_desk.with_engine(talker), Question("What did CAISI find? Two sentences.")
    )
    assert len(answer.claims) <= 2
    assert talker.task is not None and talker.task.length.most == 2
    assert talker.task.question == "What did CAISI find?"


def test_a_request_does_not_change_what_a_later_question_leans_on() -> None:
    """ "And Taiwan?" after "shorter" still follows the question before it."""
    turns = (Turn("Why did Italy act against DeepSeek?"), Turn("three bullets"))
    asked, _ = length_asked(Question("shorter", turns))
    assert asked.text == "Why did Italy act against DeepSeek?"
    assert replace(asked, text="").history == ()
