"""What the web server refuses, and the headers it sends: Gradio's own defaults leave these open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = ("127.0.0.1", "localhost", "[::1]")
_UNSAFE = frozenset(("POST", "PUT", "PATCH", "DELETE"))
# Routes of Gradio that fetch addresses, proxy other hosts, show statistics or serve MCP.
_SHUT = (
    "/proxy=",
    "/gradio_api/proxy=",
    "/monitoring",
    "/gradio_api/mcp",
    "/openapi.json",
    "/docs",
)
_HEADERS = {
    # Gradio's page needs inline scripts and styles and compiles templates; nothing may come from,
    # or go to, another host.
    b"content-security-policy": b"default-src 'self'; script-src 'self' 'unsafe-inline' "
    b"'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    b"font-src 'self' data:; connect-src 'self'; frame-src 'none'; object-src 'none'; "
    b"base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    b"x-frame-options": b"DENY",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
}


class Guard:
    """Lets through what this machine's own page asks for, and refuses the rest with 403."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, adding the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].lower() not in _HEADERS]
                message["headers"] = [*kept, *_HEADERS.items()]
            await send(message)

        if reason := refused(scope):
            body = reason.encode()
            kind = (b"content-type", b"text/plain; charset=utf-8")
            await with_headers({"type": "http.response.start", "status": 403, "headers": [kind]})
            await with_headers({"type": "http.response.body", "body": body})
            return
        await self._app(scope, receive, with_headers)


def refused(scope: dict[str, Any] | Scope) -> str:
    """Return why a request is refused, or "".

    A foreign Host is a name that was made to point here (DNS rebinding); a foreign origin is
    another site's page writing through the user's browser.
    """
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    if _host(headers.get("host", "")) not in LOCAL:
        return "this page answers on this machine only"
    path = scope["path"].lower()
    if any(part in path for part in _SHUT) or _address_inside(path, scope.get("query_string", b"")):
        return "this address is shut"
    if scope["method"] in _UNSAFE:
        origin = headers.get("origin", "")
        if origin and _host(urlsplit(origin).netloc) not in LOCAL:
            return "requests from other sites are refused"
        if origin and urlsplit(origin).netloc != headers.get("host"):
            return "requests from other sites are refused"
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return "requests from other sites are refused"
    return ""


def _host(netloc: str) -> str:
    """Return the name without its port."""
    return netloc if netloc.endswith("]") else netloc.rpartition(":")[0] or netloc


def _address_inside(path: str, query: bytes) -> bool:
    """Say whether a file route is asked for an address, which Gradio would fetch or redirect to."""
    wanted = path.partition("file=")[2] or path.partition("file/")[2]
    return "://" in wanted or wanted.startswith(("//", "http:", "https:")) or b"file=http" in query
