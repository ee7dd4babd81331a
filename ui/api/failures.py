"""How a failure is told to another program: a status, and one line in the shape of OpenAI's errors.

Clients of both kinds of endpoint read that shape; whatever fails is never told as an answer.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from corpus.errors import (
    BriefingError,
    EngineError,
    NotAllowed,
    NothingFound,
    NotInLibrary,
    UsageError,
)
from ui.api.errors import Busy, StillOpening, TooSlow, UnknownEngine, UnknownName
from ui.api.values import DATE, SAID

# Where an error has several of these kinds the first one counts.
_STATUS: tuple[tuple[type[BriefingError], int, str], ...] = (
    (StillOpening, 503, "still_opening"),
    (Busy, 429, "rate_limit_exceeded"),
    (UnknownEngine, 404, "model_not_found"),
    (UnknownName, 404, "unknown_name"),
    (UsageError, 422, "invalid"),
    (NothingFound, 404, "nothing_found"),
    (NotInLibrary, 404, "not_found"),
    (NotAllowed, 403, "not_allowed"),
    (EngineError, 502, "engine_failed"),
    (TooSlow, 504, "too_slow"),
    (BriefingError, 500, "failed"),
)
_TYPES = {
    401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    429: "rate_limit_error",
}  # fmt: skip


def status_of(error: BriefingError) -> tuple[int, str]:
    """Return the HTTP status of a failure and its code."""
    return next((status, code) for kind, status, code in _STATUS if isinstance(error, kind))


def error_json(status: int, message: str, code: str, param: str | None = None) -> dict[str, Any]:
    """Return the body of an error: one line, what kind it is, and which field is meant."""
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    line = " ".join(message.split())
    return {"error": {"message": line, "type": kind, "param": param, "code": code}}


def error_response(
    status: int, message: str, code: str, *, param: str | None = None, retry_after: int = 0
) -> JSONResponse:
    """Return an error as a response; `retry_after` are seconds from now, 0 for none."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(error_json(status, message, code, param), status, headers)


def failure_response(error: BriefingError, *, usage_status: int = 422) -> JSONResponse:
    """Return a failure of ours; OpenAI's clients know a wrong request by 400, ours by 422."""
    status, code = status_of(error)
    wait = error.seconds if isinstance(error, Busy) else 0
    param = "model" if isinstance(error, UnknownEngine) else None
    status = usage_status if status == 422 else status
    return error_response(status, str(error), code, param=param, retry_after=wait)


def first_problem(errors: Any) -> tuple[str, str]:
    """Return the line and the field of the first thing that is wrong with a request's fields."""
    first: dict[str, Any] = (
        errors[0] if errors else {"loc": (), "msg": "the request cannot be read"}
    )
    parts = [str(one) for one in first["loc"]]
    # Where FastAPI found it stands first.
    field = ".".join(parts[1:] if parts[:1] in (["body"], ["query"], ["path"]) else parts)
    kind, about = first.get("type"), first.get("ctx", {})
    if kind == "json_invalid":
        # Its place is that of a character.
        return f"the request is not JSON: {about.get('error', '')}", ""
    if kind == "model_attributes_type" and not field:
        return "the request must be a JSON object, with Content-Type: application/json", ""
    said = str(first["msg"]).removeprefix("Value error, ")
    if about.get("pattern") == DATE:
        said = "no date; give it as 2025-01-28, 2025-01 or 2025"
    elif about.get("pattern") == SAID:
        said = "say something"
    return (f"{field}: {said}" if field else said), field


__all__ = ["error_json", "error_response", "failure_response", "first_problem", "status_of"]
