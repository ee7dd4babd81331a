"""What newcomers ask first over the starter library: well formed, and answered as the file says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from assistant.answer import Question
from assistant.evaluation import EvaluationQuestion, questions_from
from assistant.pipeline import ask
from assistant.workspace import Workspace
from corpus.sandbox import Sandbox
from corpus.starter import starter_files

FILE = Path(__file__).parent / "newcomers.jsonl"
QUESTIONS = questions_from(FILE)
ANSWERABLE = [one for one in QUESTIONS if not one.abstain]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The texts of the starter library by file name, white space and case folded."""
    with Sandbox() as sandbox:
        return {file.name: _folded(sandbox.read(file).text) for file in starter_files()}


def test_there_are_sixty_short_questions_and_twenty_that_nothing_answers() -> None:
    """Three to ten words each; some as people type them, without a capital or a question mark."""
    assert (len(ANSWERABLE), len(QUESTIONS)) == (60, 80)
    assert len({one.text.casefold() for one in QUESTIONS}) == 80
    assert all(3 <= len(one.text.split()) <= 10 for one in QUESTIONS)
    assert sum(one.text == one.text.lower() and "?" not in one.text for one in QUESTIONS) >= 20
    assert {
        "Who founded DeepSeek?",
        "What did DeepSeek say R1 cost?",
        "How many parameters does DeepSeek V4 have?",
        "What should Europe learn from DeepSeek?",
    } <= {one.text for one in ANSWERABLE}


@pytest.mark.parametrize("one", ANSWERABLE, ids=[one.text for one in ANSWERABLE])
def test_every_wanted_string_stands_in_a_document_that_the_question_names(
    one: EvaluationQuestion, texts: dict[str, str]
) -> None:
    """Each string in some of them, each document with some of the strings."""
    named = [texts[file] for file in one.files]
    assert named and one.must and one.first
    assert all(any(string in text for text in named) for string in one.must)
    assert all(any(string in text for string in one.must) for text in named)


def test_nothing_is_wanted_where_nothing_answers() -> None:
    """Each says how far off it is: beside what the library holds, or of another world."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    closed = [row for row in rows if row.get("abstain")]
    assert {row["distance"] for row in closed} == {"near", "far"}
    assert not any(row["must"] or row.get("file") for row in closed)
    assert all(isinstance(row["article_trained"], bool) for row in rows if row not in closed)


def test_newcomers_are_answered(starter_desk: Workspace) -> None:
    """Where evidence answers, a short question is answered: 56 of the sixty."""
    outcomes = [list(ask(starter_desk, Question(one.text)))[-1].outcome for one in ANSWERABLE]
    declined = [
        one.text for one, told in zip(ANSWERABLE, outcomes, strict=True) if told == "declined"
    ]
    assert len(declined) <= 6, declined
    assert "failed" not in outcomes


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold()
