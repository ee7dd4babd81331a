"""A follow-up made into a question that stands alone, so that the search finds its passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant import rewriting
from assistant import rewriting_chinese as chinese
from assistant.phrases import runs
from index.query import Query

# With no more content words than this and no name or figure, a question may be half of one.
_BARE = 3


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of a conversation and the sentences of its answer, without markers."""

    question: str
    answer: str = ""


def exchanges(values: Sequence[Any]) -> tuple[Exchange, ...]:
    """Return turns from JSON: questions, or objects {"question": …, "answer": …}.

    Raises KeyError for an object without a question.
    """
    return tuple(
        Exchange(str(one["question"]), str(one.get("answer") or ""))
        if isinstance(one, dict)
        else Exchange(str(one))
        for one in values
    )


def standalone(question: str, history: Sequence[Exchange]) -> str:
    """Return `question` with what it leaves to the conversation put in, or as it is.

    One phrase of the last question that stood alone is put in the place of a pronoun, or of the
    element that the follow-up names anew (`assistant.rewriting`). A new topic stays as it is, and
    so does a follow-up of which it is not plain what it stands for.
    """
    before, said = _ground(history)
    return _whole(question, before, said, history[-1].answer if history else "") or question


def other_reading(question: str, history: Sequence[Exchange]) -> str:
    """Return how else a follow-up may be meant where a conversation spoke of two things, or "".

    "Who is its director?", asked after two companies, is of the last one first.
    """
    before, said = _ground(history)
    here = [one for one in said if one in before]
    if not rewriting.leans(question) or len(said) != 2 or len(here) != 1:
        return ""
    (other,) = (one for one in said if one not in here)
    whole = _whole(question, before.replace(here[0], other), said, "")
    return whole if other in whole and other not in question else ""


def _ground(history: Sequence[Exchange]) -> tuple[str, list[str]]:
    """Return the last question of a conversation that stood alone, and the names of all of them."""
    before, said, answer = "", list[str](), ""
    for turn in history:
        if whole := _whole(turn.question, before, said, answer):
            before = whole
            said += [one.text for one in runs(whole) if one.text not in said]
        answer = turn.answer
    return before, said


def _whole(question: str, before: str, said: list[str], answer: str) -> str:
    """Return a question standing alone, by the one before it; "" where that cannot be told."""
    question = " ".join(question.split())
    if chinese.is_chinese(question):
        if not chinese.leans(question):
            return question
        return chinese.rewritten(question, before) if before else ""
    whole = rewriting.rewritten(question, before, said, answer) if before else ""
    if whole:
        return whole[0].upper() + whole[1:]
    return "" if rewriting.leans(question) else question


def leans(question: str) -> bool:
    """Say whether a question may need what was said before it: by its form, or since it is bare.

    What leans by its bareness alone only a model can tell ("who pleaded guilty?").
    """
    if chinese.is_chinese(question):
        return chinese.leans(question)
    named = runs(question) or re.search(r"\d", question)
    return rewriting.leans(question) or (
        not named and len(Query.from_question(question).words) <= _BARE
    )
