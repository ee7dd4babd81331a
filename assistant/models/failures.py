"""Exceptions of model clients as one-line failures; owns the HTTP client's exceptions."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from assistant.models.model import ModelFailure
from corpus.i18n import tr
from corpus.redaction import redacted

_LONGEST = 160
_TOO_LONG = re.compile(
    r"context (?:length|size|window)|exceed_context_size|maximum context|too long|too many tokens|"
    r"max_model_len",
    re.IGNORECASE,
)
_BUSY = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_MEANING = {
    400: tr("it refuses the request"),
    401: tr("it refuses the key"),
    402: tr("it asks for payment first"),
    403: tr("it forbids this"),
    404: tr("it does not know this model"),
    408: tr("it timed out"),
    413: tr("the request is too long for it"),
    429: tr("it asks to slow down"),
    529: tr("it is overloaded"),
}
_NOTHING_THERE = tr("nothing answers there: start the server or check the address")
# The more specific of two classes comes first. Ollama's client raises Python's own ConnectionError
# for a refused connection.
_KINDS: tuple[tuple[type[Exception], str, bool], ...] = (
    (httpx.ConnectTimeout, tr("it does not accept the connection in time"), True),
    (httpx.TimeoutException, tr("it stopped sending and timed out"), False),
    (httpx.ConnectError, _NOTHING_THERE, False),
    (httpx.TransportError, tr("it broke the connection"), False),
    (json.JSONDecodeError, tr("what it sends is not the format of such a server"), False),
    (UnicodeDecodeError, tr("what it sends is not the format of such a server"), False),
    (ConnectionError, _NOTHING_THERE, False),
)
# What looks like an API key: providers repeat keys in errors.
_SECRET = re.compile(
    r"(?:sk|key|pk|gsk|xai|Bearer)[-_ ][\w\-.*]{6,}|[A-Za-z0-9_\-]{32,}", re.IGNORECASE
)


def failure_of(error: BaseException) -> ModelFailure:
    """Return an exception of a client (OpenAI's, Anthropic's, Ollama's, httpx) as a failure."""
    if isinstance(error, ModelFailure):
        return error
    chain = list(_chain(error))
    for one in chain:
        status = getattr(one, "status_code", None)
        if isinstance(status, int) and status >= 400:
            return _failure_of_status(status, one)
    for one in chain:
        for kind, line, retryable in _KINDS:
            if isinstance(one, kind):
                return ModelFailure(line, retryable=retryable)
    sent = scrubbed(str(error)) or type(error).__name__
    return ModelFailure(
        tr("it sent an error: {error}", error=sent),
        logged=f"it sent an error ({type(error).__name__})",
    )


def _chain(error: BaseException | None) -> Any:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _failure_of_status(status: int, error: BaseException) -> ModelFailure:
    sent = scrubbed(_message(error))
    if status in {400, 413, 500} and _TOO_LONG.search(_message(error)):
        return ModelFailure(tr("the question with its passages is too long for it"), too_long=True)
    meaning = _MEANING.get(
        status, tr("it failed") if status >= 500 else tr("it refuses the request")
    )
    line = tr(
        "{reason} (status {status}{said})",
        reason=meaning,
        status=status,
        said=f": {sent}" if sent else "",
    )
    logged = f"{meaning} (status {status})"
    refused = status in {400, 422}
    return ModelFailure(
        line,
        retryable=status in _BUSY,
        retry_after=_retry_after(error),
        refused=refused,
        logged=logged,
    )


def _message(error: BaseException) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        text = inner.get("message") if isinstance(inner, dict) else inner
        kind = inner.get("type", "") if isinstance(inner, dict) else ""
        return f"{text} {kind}".strip() if text else str(error)
    return str(getattr(error, "error", "") or error)


def _retry_after(error: BaseException) -> float | None:
    """Return the seconds of a Retry-After header, which holds a number or a date; None without."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after", ""))
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        now = parsedate_to_datetime(str(headers.get("date", "")))
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def scrubbed(text: str) -> str:
    """Return the first line of `text`, short and without anything that looks like a key."""
    line = _SECRET.sub("…", redacted(" ".join(text.split())))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
