"""Questions to ask next are made of what was found, and the library answers them."""

from __future__ import annotations

import pytest

from assistant.answer import Question
from assistant.follow_up_questions import is_answered, with_follow_ups
from assistant.pipeline import ask
from assistant.planning.follow_ups_chinese import is_chinese
from assistant.planning.query_rewriting import Turn, standalone
from assistant.planning.subject import subject_of
from assistant.question_making import questions_of
from assistant.workspace import Workspace


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Corva Glass was founded in May 2019 by two brothers.", "When was Corva Glass founded?"),
        ("Norden banned the Brill Ferry on 3 May 2024.", "When did Norden ban the Brill Ferry?"),
        ("The harbour rule took effect on 3 May 2024.", "When did the harbour rule take effect?"),
        ("Brill says the Zelda-5 has 40 berths.", "How many berths does the Zelda-5 have?"),
        ("The exporter must certify that the boats stay.",
         "What must the exporter certify under the harbour rule?"),
        ("Training Zelda-5 cost $3 million in all.", "How much did Zelda-5 cost to train?"),
    ],
)  # fmt: skip
def test_a_plain_sentence_makes_a_question(sentence: str, question: str) -> None:
    """In the words in which one would ask."""
    assert question in [one.text for one in questions_of(sentence, "the harbour rule")]


@pytest.mark.parametrize(
    "sentence",
    [
        "It was founded in May 2019.",
        "Press reports put the cost at 3 million.",
        "See https://a.b/c.",
    ],
)
def test_a_sentence_without_a_subject_makes_none(sentence: str) -> None:
    """Nobody knows what "it" is when the question is read alone."""
    assert not list(questions_of(sentence, ""))


@pytest.mark.parametrize(
    "question", ["What does the 50 percent rule mean for exporters?", "What did DeepSeek-V3 cost?"]
)
def test_follow_ups_are_new_and_answered(starter_desk: Workspace, question: str) -> None:
    """None is the question itself, none twice, and each is answered by the library."""
    *_, answer = ask(starter_desk, Question(question))
    found = with_follow_ups(starter_desk, answer).follow_ups
    assert 1 <= len(found) <= 3 and len(set(found)) == len(found) and question not in found
    for one in found:
        *_, told = ask(starter_desk, Question(one))
        assert told.outcome in {"answered", "partly"}, one


def test_a_document_that_says_nothing_of_it_does_not_answer(starter_desk: Workspace) -> None:
    """The trial is no formality."""
    document = next(iter(starter_desk.library.entries())).id
    assert not is_answered(starter_desk, "How do I renew a passport from abroad?", document)


@pytest.mark.parametrize(
    ("questions", "subject"),
    [
        (["What did DeepSeek-V3 cost to train?"], "DeepSeek-V3"),
        (["When was the AI diffusion rule rescinded?"], "the AI diffusion rule"),
        (["Compare R1 and o1 on benchmarks and price"], "o1"),
        (["What does China's 15th Five-Year Plan say about AI?"], "China's 15th Five-Year Plan"),
        (["What is said about the H20 export rules and their effect on Nvidia?"], "Nvidia"),
        (["What is mixture of experts?"], "mixture of experts"),
        (["DeepSeek-V3 的训练成本是多少？"], "DeepSeek-V3"),
        (["Who founded DeepSeek?", "when?", "shorter"], "DeepSeek"),
        (["asdf qwerty zxcv"], ""),
        ([], ""),
    ],
)
def test_the_subject_of_the_next_question(questions: list[str], subject: str) -> None:
    """What stands for "it" in the next question when it is searched for."""
    history = [Turn(one) for one in questions]
    assert subject_of(history) == subject
    if subject and not is_chinese(subject):
        assert subject in standalone("When did it begin?", history)


def test_a_subject_fits_its_chip() -> None:
    """A definite phrase keeps the words that say what it is."""
    long = "What must be certified under the January 2026 H200 review policy?"
    assert subject_of([Turn(long)]) == "the H200 review policy"
    assert len(subject_of([Turn(f"Who is {'Abc ' * 20}?")])) <= 30
