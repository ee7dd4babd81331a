"""The web application for other programs: the JSON API with its OpenAPI, and OpenAI's interface.

It can be mounted beside the page: every path of it begins with one of `access.PREFIXES`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from assistant.answer import answer_json
from assistant.memo.export import FORMATS, exported
from corpus.access import Asker
from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr
from corpus.log import level_of
from ui.api.access import ApiAccess, asker_of
from ui.api.chat_completions import ChatCompletions
from ui.api.failures import error_json, error_response, failure_response, first_problem, status_of
from ui.api.service import FoundPassage, Service
from ui.api.values import (
    AnswerOut,
    AskIn,
    ErrorOut,
    MemoIn,
    MemoOut,
    PassageOut,
    SearchIn,
    SearchOut,
    SourcesOut,
)
from ui.api.watching import last_of
from ui.json_objects import evidence_json

_LOG = logging.getLogger(__name__)
_MEDIA = {
    "md": "text/markdown", "html": "text/html", "json": "application/json", "csv": "text/csv",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip
_MemoId = Annotated[
    str, Path(pattern="^[0-9a-f]{32}$", description="The `id` that beginning it returned.")
]
_ANY_MEDIA = "application/octet-stream"
_SAID = {
    400: "The request cannot be read.",
    401: "The token is missing or wrong.",
    403: "Another site's page asked, or whoever signed in may not.",
    404: "There is nothing of that id or name.",
    409: "It is not finished.",
    413: "The request is too long.",
    422: "A field of the request means nothing.",
    429: "Too much is asked at once; `Retry-After` says when to ask again.",
    500: "It failed; the log of the server says more.",
    502: "The engine that writes answers failed.",
    503: "The library is still opening; `Retry-After` says when to ask again.",
    504: "It took too long and was stopped.",
}


def _failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what an operation may answer beside its result, for its description."""
    usual = (400, 401, 403, 413, 422, 429, 500, 503)
    return {
        one: {"model": ErrorOut, "description": _SAID[one]} for one in sorted({*usual, *statuses})
    }


def api_application(service: Service, token: str = "") -> ApiAccess:
    """Return the application over `service`; with a `token` it answers those who have it."""
    app = FastAPI(
        title="Briefing assistant",
        version="1",
        summary="Answers from your own documents, each sentence with the words it rests on.",
        description=(
            "Answers quote the library and are checked against it: `verdict` says of each "
            "sentence whether the cited words bear it out. Where the library does not answer, "
            "`outcome` is `declined`. A failure is a status and an `error`, never an answer. "
            "Fields are added, never renamed."
        ),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    _add_operations(app, service)
    _add_memos(app, service)
    chat = ChatCompletions(service)
    for path, handler, method in (
        ("/v1/models", chat.models, "GET"),
        ("/v1/models/{name:path}", chat.model, "GET"),
        ("/v1/chat/completions", chat.complete, "POST"),
    ):
        app.add_route(path, handler, methods=[method], include_in_schema=False)
    app.add_exception_handler(BriefingError, _told)
    app.add_exception_handler(RequestValidationError, _told_invalid)
    app.add_exception_handler(HTTPException, _told_status)
    app.add_exception_handler(Exception, _told_crash)
    return ApiAccess(app, token)


def _add_operations(app: FastAPI, service: Service) -> None:
    """Add what is answered at once."""

    @app.post("/api/ask", response_model=AnswerOut, responses=_failures(404, 502, 504))
    async def ask(asked: AskIn, request: Request) -> JSONResponse:
        """Answer a question from the library, each sentence with its citations and its verdict.

        `history` holds the earlier questions, so that "And in 2025?" can be asked.
        """
        steps = service.answers(asked.asked(), asker=asker_of(request.scope), engine=asked.engine)
        return JSONResponse(answer_json(await last_of(steps, request.is_disconnected)))

    @app.post("/api/search", response_model=SearchOut, responses=_failures(404, 504))
    async def search(asked: SearchIn, request: Request) -> JSONResponse:
        """Return the passages found for a query, best first, and why each ranks there."""
        steps = service.found(asked.asked(), asker=asker_of(request.scope))
        found = await last_of(steps, request.is_disconnected)
        results = [evidence_json(one) for one in found]
        return JSONResponse({"query": asked.query, "results": results})

    @app.get("/api/sources", response_model=SourcesOut, responses=_failures())
    async def sources(request: Request) -> JSONResponse:
        """List the documents of the library, the newest publication first."""
        return JSONResponse({"documents": await service.documents(asker_of(request.scope))})

    @app.get("/api/passage", response_model=PassageOut, responses=_failures(404))
    async def passage(
        request: Request,
        document: Annotated[
            str,
            Query(
                min_length=1,
                max_length=100,
                pattern="^[0-9a-zA-Z-]+$",
                description="The id of a document, or the beginning of one.",
            ),
        ],
        start: Annotated[int, Query(ge=0, le=10**9, description="The first character.")] = 0,
        end: Annotated[
            int | None, Query(ge=1, le=10**9, description="After the last character.")
        ] = None,
    ) -> JSONResponse:
        """Return a part of a document, and what stands before and after it.

        `start` and `end` of a citation give its quote.
        """
        found = await service.passage(document, start, end, asker=asker_of(request.scope))
        return JSONResponse(passage_json(found))


def passage_json(found: FoundPassage) -> dict[str, Any]:
    """Return a part of a document with its source and what stands around it."""
    whole, source = found.whole, found.whole.source
    as_passage = whole.passage(found.start, found.end)
    return {
        "document": found.document,
        "title": source.title,
        "publisher": source.publisher,
        "published": source.published,
        "location": source.location,
        "page": whole.page_at(found.start),
        "page_name": as_passage.page_name,
        "heading": "".join(whole.headings_at([found.start])),
        "start": found.start,
        "end": found.end,
        "length": len(whole.text),
        "before": found.before,
        "text": found.text,
        "after": found.after,
    }


def _add_memos(app: FastAPI, service: Service) -> None:
    """Add memos: they are begun, looked at, stopped and exported."""

    @app.post("/api/memo", status_code=202, response_model=MemoOut, responses=_failures(404))
    async def begin_memo(asked: MemoIn, request: Request) -> JSONResponse:
        """Begin to write a memo; look at `/api/memo/{id}` until its `state` is `done`.

        Whoever began it finds it while the server runs and 200 others are not newer.
        """
        asker = asker_of(request.scope)
        name, _ = await service.begin_memo(asked.asked(), asker=asker, engine=asked.engine)
        headers = {"Location": f"/api/memo/{name}"}
        return JSONResponse(await _memo_json(service, name, asker), 202, headers)

    @app.get("/api/memo/{id}", response_model=MemoOut, responses=_failures(404))
    async def memo(request: Request, id: _MemoId) -> JSONResponse:
        """Return how far a memo is, and the memo once it is done."""
        return JSONResponse(await _memo_json(service, id, asker_of(request.scope)))

    @app.delete("/api/memo/{id}", response_model=MemoOut, responses=_failures(404))
    async def stop_memo(request: Request, id: _MemoId) -> JSONResponse:
        """Stop writing a memo; one that is done stays as it is."""
        job = service.memo(id, asker_of(request.scope))
        if not job.ended:
            job.cancel()
        return JSONResponse(await _memo_json(service, id, asker_of(request.scope)))

    @app.get(
        "/api/memo/{id}/export",
        response_class=Response,
        responses={
            200: {
                "description": "The file.",
                "content": {_MEDIA.get(one, _ANY_MEDIA): {} for one in FORMATS},
            },
            **_failures(404, 409),
        },
    )
    async def export_memo(
        request: Request,
        id: _MemoId,
        format: Annotated[str, Query(json_schema_extra={"enum": list(FORMATS)})] = "md",
    ) -> Response:
        """Return a memo that is done as a file."""
        if format not in FORMATS:
            raise UsageError(
                tr("no format {form}; use one of: {forms}", form=format, forms=", ".join(FORMATS))
            )
        job = service.memo(id, asker_of(request.scope))
        written = job.latest
        if not job.ended or written is None or not written.complete:
            message = tr("this memo is not finished; look at its state")
            return error_response(409, message, "not_finished")
        asker = asker_of(request.scope)
        readable = await service.readable(written, asker=asker, name=id, form=format)
        content = await asyncio.to_thread(exported, readable, format)
        headers = {"Content-Disposition": f'attachment; filename="memo.{format}"'}
        return Response(content, media_type=_MEDIA.get(format, _ANY_MEDIA), headers=headers)


async def _memo_json(service: Service, name: str, asker: Asker) -> dict[str, Any]:
    """Return how far a memo is, and the memo once it is done."""
    job = service.memo(name, asker)
    # Read in this order, an end that is seen has its last memo.
    ended, written, failure = job.ended, job.latest, job.failure
    done = ended and written is not None and written.complete
    if failure is not None:
        state = "failed"
    elif done:
        state = "done"
    elif ended or job.cancelled:
        state = "stopped"
    else:
        state = "writing" if job.seconds else "waiting"
    whole = None
    if done and written is not None:
        readable = await service.readable(written, asker=asker)
        whole = json.loads(await asyncio.to_thread(exported, readable, "json"))
    error = None
    if failure is not None:
        status, code = status_of(failure)
        error = error_json(status, str(failure), code)["error"]
    return {
        "id": name,
        "state": state,
        "notice": str(written.notice) if written is not None and not done else "",
        "sections": len(written.sections) if written is not None else 0,
        "memo": whole,
        "error": error,
    }


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, BriefingError)
    _LOG.log(level_of(error), "a request of another program failed", exc_info=error)
    return failure_response(error)


async def _told_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    message, field = first_problem(error.errors())
    return error_response(422, message, "invalid", param=field or None)


async def _told_status(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = error_response(error.status_code, str(error.detail), "refused")
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def _told_crash(_: Request, error: Exception) -> Response:
    _LOG.error("a request of another program failed", exc_info=error)
    kind = type(error).__name__
    message = tr("unexpected failure ({kind}); see the log of the server", kind=kind)
    return error_response(500, message, "failed")


__all__ = ["api_application", "passage_json"]
