"""Who may call the API: no other site's page, nobody without the token, and no body without end.

It stands behind `ui.guard.Guard`, which knows the hosts and who signed in.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpus.access import ANYONE, Asker
from corpus.i18n import tr
from ui import sign_in
from ui.api.failures import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What is served, beside the page: all other paths are the page's.
PREFIXES = ("/api/", "/v1/", "/mcp")
TOKEN = "BRIEFING_API_TOKEN"
# Bytes of a request: fifty turns of a conversation are a tenth of it.
_MOST_BYTES = 262_144
_WITH_BODY = frozenset(("POST", "PUT", "PATCH", "DELETE"))


def asker_of(scope: Scope) -> Asker:
    """Return who signed in, as the guard noted it; ANYONE where nobody did.

    Where people sign in `Service` answers ANYONE nothing.
    """
    return sign_in.asker_of(scope) if sign_in.is_signed_in(scope) else ANYONE


class ApiAccess:
    """Lets through to `app` what has the token and is of a bounded size; a token of "" is none."""

    def __init__(self, app: ASGIApp, token: str = "") -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever is no HTTP (the start and the end) goes on as it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): one.decode("latin-1") for name, one in scope["headers"]}
        if _is_foreign(scope["method"], headers):
            message = tr("requests from pages of other sites are refused")
            await error_response(403, message, "other_site")(scope, receive, send)
            return
        if self._token and not sign_in.is_signed_in(scope) and not self._knows(headers):
            message = tr("this needs the token of {name} as a bearer token", name=TOKEN)
            await error_response(401, message, "token_needed")(scope, receive, send)
            return
        if scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            message = tr("the request is longer than {limit} bytes, or came too slowly",
                         limit=f"{_MOST_BYTES:,}")  # fmt: skip
            await error_response(413, message, "too_long")(scope, receive, send)
            return
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def resend() -> Message:
            return next(given, None) or await receive()

        await self._app(scope, resend, send)

    def _knows(self, headers: Mapping[str, str]) -> bool:
        """Say whether a request has the token; compared in the same time whatever it holds."""
        scheme, _, value = headers.get("authorization", "").partition(" ")
        same = secrets.compare_digest(value.strip().encode(), self._token.encode())
        return same and scheme.lower() == "bearer"


def _is_foreign(method: str, headers: Mapping[str, str]) -> bool:
    """Say whether another site's page asks; a link that a person follows is no such thing.

    The guard refuses what writes; here it is what reads as well, though without CORS its page
    could not see the answer.
    """
    host = headers.get("host", "")
    if headers.get("origin", f"http://{host}") not in {f"http://{host}", f"https://{host}"}:
        return True
    if headers.get("sec-fetch-site", "none") in {"same-origin", "none"}:
        return False
    return method != "GET" or headers.get("sec-fetch-mode") != "navigate"


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body; None for one that is too long, or that did not come in time."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size > _MOST_BYTES:
            return None
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


__all__ = ["PREFIXES", "TOKEN", "ApiAccess", "asker_of"]
