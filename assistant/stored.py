"""Answers to JSON and back, whole: what a conversation keeps so that citations stay intact."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from assistant.answer import Answer, Citation, Claim, answer_json
from assistant.engine import Usage
from assistant.followup import Exchange
from corpus.conversations import Conversation, Conversations, StoredTurn
from corpus.document import Passage, Source
from index.evidence import Evidence, Match, Newer


def to_json(answer: Answer) -> str:
    """Return an answer as JSON text, with the evidence: what was not used is part of the record."""
    return json.dumps(asdict(replace(answer, growing="")))


def from_json(text: str) -> Answer:
    """Return the answer that `to_json` wrote; fields that this version does not know are left.

    A turn that has no answer ("") gives one without outcome.
    """
    values: dict[str, Any] = json.loads(text or '{"question": ""}')
    known = {name: values[name] for name in Answer.__dataclass_fields__ if name in values}
    return Answer(
        **known
        | {
            "claims": tuple(_claim(one) for one in values.get("claims", ())),
            "citations": tuple(_citation(one) for one in values.get("citations", ())),
            "evidence": tuple(_evidence(one) for one in values.get("evidence", ())),
            "not_found": tuple(values.get("not_found", ())),
            "searches": tuple(values.get("searches", ())),
            "usage": Usage(**values["usage"]) if values.get("usage") else None,
        }
    )


def _claim(values: dict[str, Any]) -> Claim:
    lists = {name: tuple(values.get(name, ())) for name in ("citations", "problems", "offered")}
    return Claim(text=values["text"], verdict=values["verdict"], **lists)


def _citation(values: dict[str, Any]) -> Citation:
    return Citation(**values | {"source": Source(**values["source"]), "newer": _newer(values)})


def _evidence(values: dict[str, Any]) -> Evidence:
    passage, source = Passage(**values["passage"]), Source(**values["source"])
    match = _match(values["match"]) if values.get("match") else None
    own = {"passage": passage, "source": source, "match": match, "newer": _newer(values)}
    return Evidence(**values | own)


def _newer(values: dict[str, Any]) -> Newer | None:
    found = values.get("newer")
    return Newer(found["document"], Source(**found["source"])) if found else None


def _match(values: dict[str, Any]) -> Match:
    lists = ("words", "beside", "missing", "folded")
    return Match(**values | {name: tuple(values[name]) for name in lists})


def keep(conversations: Conversations, conversation: str, answer: Answer) -> str:
    """Add an answer to a conversation ("" begins one) and return the conversation's id."""
    return conversations.append(conversation, answer.question, to_json(answer), searchable(answer))


def searchable(answer: Answer) -> str:
    """Return what a search through conversations looks at of an answer."""
    return " ".join([answer.spoken, *answer.not_found])


def finish(conversations: Conversations, conversation: str, number: int, answer: Answer) -> None:
    """Keep the answer of a question that was kept when it was asked; raises NoConversation."""
    conversations.finish(conversation, number, to_json(answer), searchable(answer))


def history_of(conversations: Conversations, conversation: str) -> tuple[Exchange, ...]:
    """Return the turns of a conversation as a new question may refer to them."""
    turns = conversations.turns(conversation)
    answers = ((one.question, from_json(one.answer)) for one in turns)
    return tuple(
        Exchange(question, answer.spoken)
        for question, answer in answers
        if answer.outcome not in {"", "failed"}
    )


def as_json(conversation: Conversation, turns: list[StoredTurn]) -> dict[str, Any]:
    """Return a whole conversation as it is exported: the answers as `ask --json` prints them."""
    return {
        **asdict(conversation),
        "turns": [{"at": one.at, **answer_json(from_json(one.answer))} for one in turns],
    }
