"""A request to `/v1/chat/completions`: what is read of it, what is ignored and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from assistant.answer import Question
from assistant.planning.query_rewriting import Turn
from corpus.errors import UsageError
from corpus.i18n import tr
from ui.api.chat_text import spoken
from ui.api.failures import first_problem
from ui.api.values import AskIn

# Turns that a follow-up may lean on; a conversation of any length may be sent.
_TURNS = 20
# What would change the answer in a way that is not done here, by its field; the values are those
# that ask for nothing. What only tunes a model (temperature, max_tokens, stop, seed …) is ignored.
_REFUSED: dict[str, tuple[Any, ...]] = {
    "tools": (None, []), "functions": (None, []), "n": (None, 1), "audio": (None,),
    "logprobs": (None, False), "response_format": (None, {"type": "text"}),
    "modalities": (None, ["text"]), "web_search_options": (None,), "prediction": (None,),
}  # fmt: skip


class WrongRequest(UsageError):
    """A request that cannot be answered, with the field that is wrong."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What was asked, of which engine, and how the answer is to come."""

    question: Question
    engine: str
    stream: bool
    with_usage: bool


def read_request(body: bytes) -> ChatRequest:
    """Return a request as it was sent; raises WrongRequest.

    The last message is the question, those before it the conversation. Messages of the system are
    instructions to a model and are ignored. The field `briefing` may hold bounds as `/api/ask` has
    them: as_of, since, publishers, documents, limit.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WrongRequest(tr("the body is no JSON"), "") from error
    if not isinstance(given, dict):
        raise WrongRequest(tr("the body is no JSON object"), "")
    for name, nothing in _REFUSED.items():
        if given.get(name) not in nothing:
            raise WrongRequest(tr("{field} is not supported here; leave it out", field=name), name)
    model = given.get("model")
    if not isinstance(model, str) or not model:
        raise WrongRequest(tr("name a model; /v1/models lists them"), "model")
    options = given.get("stream_options")
    return ChatRequest(
        _question(given),
        model,
        _flag(given, "stream"),
        isinstance(options, dict) and options.get("include_usage") is True,
    )


def _flag(given: dict[str, Any], name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool | None):
        raise WrongRequest(tr("{field} is true or false", field=name), name)
    return bool(value)


def _question(given: dict[str, Any]) -> Question:
    messages = given.get("messages")
    if not isinstance(messages, list) or not messages:
        raise WrongRequest(tr("messages holds no message"), "messages")
    said = [_message(one, place) for place, one in enumerate(messages)]
    said = [one for one in said if one[0] in {"user", "assistant"}]
    if not said or said[-1][0] != "user":
        raise WrongRequest(tr("the last message is not one of the user's"), "messages")
    bounds = given.get("briefing") or {}
    if not isinstance(bounds, dict) or "engine" in bounds or "history" in bounds:
        raise WrongRequest(
            tr("briefing holds as_of, since, publishers, documents or limit"), "briefing"
        )
    try:
        asked = AskIn.model_validate(bounds | {"question": said[-1][1]}).asked()
    except ValidationError as error:
        message, field = first_problem(error.errors())
        known = "messages" if field == "question" else f"briefing.{field}"
        raise WrongRequest(message, known) from error
    return Question(
        asked.text, _turns(said[:-1]), asked.as_of, asked.since, asked.publishers, asked.documents,
        asked.limit,
    )  # fmt: skip


def _turns(said: list[tuple[str, str]]) -> tuple[Turn, ...]:
    """Return earlier messages as turns, oldest first: each question with its answer."""
    turns: list[Turn] = []
    for role, content in said:
        if role == "user" and content.strip():
            turns.append(Turn(" ".join(content.split())))
        elif role == "assistant" and turns:
            turns[-1] = Turn(turns[-1].question, spoken(content))
    return tuple(turns[-_TURNS:])


def _message(one: Any, place: int) -> tuple[str, str]:
    """Return the role and the text of a message."""
    where = f"messages[{place}]"
    if not isinstance(one, dict) or not isinstance(one.get("role"), str):
        raise WrongRequest(tr("{field} has no role", field=where), where)
    content = one.get("content")
    if isinstance(content, list):
        kinds = {str(part.get("type")) if isinstance(part, dict) else "" for part in content}
        if not kinds <= {"text"}:
            raise WrongRequest(
                tr("only text is read, and {field} holds something else", field=where), where
            )
        content = "\n".join(str(part.get("text") or "") for part in content)
    if content is None:
        content = ""
    if not isinstance(content, str):
        raise WrongRequest(tr("the content of {field} is no text", field=where), where)
    # Half a character, which an escape of JSON may be, has no UTF-8.
    return one["role"], content.encode("utf-8", "replace").decode()


__all__ = ["ChatRequest", "WrongRequest", "read_request"]
