"""`/v1/chat/completions` and `/v1/models`: checked answers for clients of OpenAI's interface."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant.answer import answer_json
from corpus.errors import BriefingError
from corpus.i18n import tr
from corpus.log import level_of
from ui.api.access import asker_of
from ui.api.chat_text import ChatText
from ui.api.chat_values import ChatRequest, WrongRequest, read_request
from ui.api.errors import Busy
from ui.api.failures import error_json, error_response, failure_response, status_of
from ui.api.service import Service
from ui.api.watching import InLine, last_of
from ui.translation import translated
from ui.wording import language_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from assistant.answer import Answer, Citation

_LOG = logging.getLogger(__name__)
# Seconds without a word after which a stream says that it lives: proxies cut off at 60.
_KEEP_ALIVE = 10.0


@dataclass
class _Reply:
    """What all parts of one reply share."""

    request: Request
    asked: ChatRequest
    public_url: str = ""
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def text(self) -> ChatText:
        return ChatText(language_of(self.request.headers))

    def address(self, citation: Citation) -> str:
        """Return the URL of a citation: that of its source, or of its passage here."""
        if citation.source.location.startswith(("http://", "https://")):
            return citation.source.location
        span = f"document={citation.document}&start={citation.start}&end={citation.end}"
        base = self.public_url or str(self.request.base_url).rstrip("/")
        return f"{base}/api/passage?{span}"

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Return the reply to a request without `stream`."""
        text = self.text()
        text.finished(answer)
        message = {
            "role": "assistant",
            "content": text.text,
            "refusal": None,
            "annotations": text.annotations(answer, self.address),
        }
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": _finish_reason(answer),
            "logprobs": None,
        }
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": answer.engine,
            "choices": [choice],
            "usage": _usage(answer),
            "briefing": answer_json(answer),
        }

    def chunk(self, answer: Answer | None, delta: dict[str, Any], reason: str | None = None) -> str:
        """Return one event of a stream."""
        return _event(self._head(answer) | {
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}],
        })  # fmt: skip

    def place_chunk(self, waits: InLine) -> str:
        """Return the event that says where a question stands: its text is empty for any client."""
        language = language_of(self.request.headers)
        said = translated(waits.words(language), language)
        queue = {"place": waits.place, "seconds": round(waits.seconds, 1), "said": said}
        choice = {"index": 0, "delta": {}, "finish_reason": None, "logprobs": None}
        return _event(self._head(None) | {"choices": [choice], "briefing": {"queue": queue}})

    def last_chunks(self, answer: Answer, text: ChatText) -> str:
        """Return the events that end a stream: annotations and the whole answer, then usage."""
        rest = text.finished(answer)
        delta: dict[str, Any] = {"annotations": text.annotations(answer, self.address)}
        choice = {
            "index": 0,
            "delta": delta,
            "finish_reason": _finish_reason(answer),
            "logprobs": None,
        }
        events = [self.chunk(answer, {"content": rest})] if rest else []
        ending = {"choices": [choice], "briefing": answer_json(answer)}
        events.append(_event(self._head(answer) | ending))
        if self.asked.with_usage:
            events.append(_event(self._head(answer) | {"choices": [], "usage": _usage(answer)}))
        return "".join(events) + "data: [DONE]\n\n"

    def _head(self, answer: Answer | None) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": answer.engine if answer else self.asked.engine,
        }


class ChatCompletions:
    """The endpoints; errors come in the shape of OpenAI's, within a stream as an event."""

    def __init__(self, service: Service) -> None:
        """Answer by `service`."""
        self._service = service

    async def models(self, _: Request) -> Response:
        """List the engines that may be asked, by the names that a request gives as its model."""
        try:
            names = await self._service.engines()
        except BriefingError as error:
            return failure_response(error, usage_status=400)
        return JSONResponse({"object": "list", "data": [_model(one) for one in names]})

    async def model(self, request: Request) -> Response:
        """Describe one engine."""
        name = request.path_params["name"]
        try:
            await self._service.workspace(asker_of(request.scope), name)
        except BriefingError as error:
            return failure_response(error, usage_status=400)
        return JSONResponse(_model(name))

    async def complete(self, request: Request) -> Response:
        """Answer the last message of a conversation."""
        try:
            asked = read_request(await request.body())
        except WrongRequest as error:
            return error_response(400, str(error), "invalid", param=error.param or None)
        reply = _Reply(request, asked, self._service.public_url)
        steps = self._service.answers(
            asked.question,
            asker=asker_of(request.scope),
            engine=asked.engine,
            pulse=_KEEP_ALIVE if asked.stream else 1.0,
        )
        try:
            if not asked.stream:
                answer = await last_of(steps, request.is_disconnected)
                return JSONResponse(reply.whole(answer))
            # What is refused at all (an unknown engine, a full line) is refused by a status.
            first = await anext(steps)
        except BriefingError as error:
            _LOG.log(level_of(error), "an answer for another program failed", exc_info=error)
            return failure_response(error, usage_status=400)
        return StreamingResponse(
            _events(reply, first, steps),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


async def _events(
    reply: _Reply,
    first: Answer | InLine | None,
    steps: AsyncGenerator[Answer | InLine | None, None],
) -> AsyncGenerator[str, None]:
    """Yield the events of a stream: sentences once they are checked, then what is said of them."""
    text, answer = reply.text(), None if isinstance(first, InLine) else first
    async with aclosing(steps) as open_steps:
        try:
            yield reply.chunk(answer, {"role": "assistant", "content": ""})
            if isinstance(first, InLine):
                yield reply.place_chunk(first)
            if answer is not None and (piece := text.growing(answer)):
                yield reply.chunk(answer, {"content": piece})
            async for step in open_steps:
                if step is None:
                    yield ": still working\n\n"
                    continue
                if isinstance(step, InLine):
                    yield reply.place_chunk(step)
                    continue
                answer = step
                if not step.outcome and (piece := text.growing(step)):
                    yield reply.chunk(step, {"content": piece})
            if answer is None:
                raise Busy(tr("the question was stopped before it was answered; ask again"))
            yield reply.last_chunks(answer, text)
        except BriefingError as error:
            _LOG.log(level_of(error), "an answer for another program failed", exc_info=error)
            status, code = status_of(error)
            yield _event(error_json(status, str(error), code))


def _event(values: dict[str, Any]) -> str:
    return f"data: {json.dumps(values, ensure_ascii=False)}\n\n"


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "briefing"}


def _finish_reason(answer: Answer) -> str:
    return "length" if answer.usage and answer.usage.cut else "stop"


def _usage(answer: Answer) -> dict[str, int] | None:
    """Return the tokens that a model took: none where none wrote, null where none were counted."""
    used = answer.usage
    if used is None and not answer.fallback:
        return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    if used is None or used.prompt_tokens is None or used.answer_tokens is None:
        return None
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.answer_tokens,
        "total_tokens": used.prompt_tokens + used.answer_tokens,
    }


__all__ = ["ChatCompletions"]
