"""Answers to JSON and back, whole: what a conversation keeps so that citations stay intact."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from assistant.answer import Answer, answer_json
from assistant.checking.problems import with_problems
from assistant.planning.query_rewriting import Turn
from corpus.conversations import Conversation, Conversations, Rating, StoredTurn
from corpus.errors import FormatError
from corpus.i18n import tr, translatable_json
from corpus.validation import from_json_text, stored

# Raised when a field changes its meaning; a new field with a default needs no new format. Answers
# without a format were stored before formats were numbered, when fields were only added. From 2 on
# a translatable line keeps its template and values.
_FORMAT = 2
_ADVICE = tr("ask the question again")


def to_json(answer: Answer) -> str:
    """Return an answer as JSON text, with the evidence: what was not used is part of the record."""
    # The rows of tables follow from the documents.
    bare = tuple(replace(one, rows=()) for one in answer.evidence)
    return json.dumps(
        translatable_json({"format": _FORMAT, **asdict(replace(answer, growing="", evidence=bare))})
    )


def from_json(text: str) -> Answer:
    """Return the answer that `to_json` wrote, now or earlier; raises FormatError.

    A turn that has no answer ("") gives one without outcome.
    """
    name = "the stored answer"
    values = from_json_text(text or '{"question": ""}', name, advice=_ADVICE)
    return stored(Answer, _with_codes(values), name, newest=_FORMAT, advice=_ADVICE)


def _with_codes(values: object) -> object:
    """Return a stored answer with the problems of its claims as they are read today."""
    if not isinstance(values, dict):
        return values
    names = [name for name in ("claims", "nearest", "quoted") if isinstance(values.get(name), list)]
    return values | {name: [with_problems(one) for one in values[name]] for name in names}


def stored_answer(turn: StoredTurn | Rating) -> Answer:
    """Return the answer of a turn; one that cannot be read has failed and says why.

    What is stored stays as it is: a newer version of this program may be able to read it.
    """
    try:
        return from_json(turn.answer)
    except FormatError as error:
        return Answer(turn.question, outcome="failed", notice=str(error))


def store_answer(conversations: Conversations, conversation: str, answer: Answer) -> str:
    """Add an answer to a conversation ("" begins one) and return the conversation's id."""
    return conversations.append(
        conversation, answer.question, to_json(answer), searchable_text(answer)
    )


def searchable_text(answer: Answer) -> str:
    """Return what a search through conversations looks at of an answer."""
    nearest = (one.text for one in answer.nearest)
    return " ".join([answer.spoken, *answer.not_found, *nearest])


def store_finished(
    conversations: Conversations, conversation: str, number: int, answer: Answer
) -> None:
    """Keep the answer of a question that was kept when it was asked; raises NoConversation."""
    conversations.finish(conversation, number, to_json(answer), searchable_text(answer))


def history_of(conversations: Conversations, conversation: str) -> tuple[Turn, ...]:
    """Return the turns of a conversation as a new question may refer to them."""
    turns = conversations.turns(conversation)
    answers = (stored_answer(one) for one in turns)
    return tuple(one.turn for one in answers if one.outcome not in {"", "failed"})


def as_json(conversation: Conversation, turns: list[StoredTurn]) -> dict[str, Any]:
    """Return a whole conversation as it is exported: the answers as `ask --json` prints them."""
    return {
        **asdict(conversation),
        "turns": [{"at": one.at, **answer_json(stored_answer(one))} for one in turns],
    }
