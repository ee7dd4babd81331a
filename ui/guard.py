"""What the web server refuses, the headers it sends, and what an event of the page may carry.

Gradio takes any object with a `path` and a `meta` for a file and copies it to where it is served,
in whatever field it stands (6.31). So an event is rebuilt from the fields that it may have, before
Gradio sees it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus import tracing
from corpus.errors import UsageError
from corpus.i18n import tr
from ui.local_host import is_local_host
from ui.own_sessions import with_own_body, with_own_session
from ui.sign_in import SignIn, Throttled, Told, asker_of, let_through
from ui.uploads import Uploads
from ui.wording import language_of, word

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WRITING_METHODS = frozenset(("POST", "PUT", "PATCH", "DELETE"))
# What the page asks for; whatever else Gradio has (files, proxies, statistics, MCP, other ways to
# begin an event) is shut.
_EVENTS = ("/gradio_api/queue/join", "/gradio_api/run/")
_UPLOAD = "/gradio_api/upload"
_POST_PREFIXES = (*_EVENTS, _UPLOAD, "/gradio_api/cancel", "/gradio_api/reset")
_EXACT_PATHS = frozenset(
    ("/", "/config", "/config/", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt",
     _UPLOAD, "/gradio_api/queue/join")
)  # fmt: skip
_GET_PREFIXES = ("/assets/", "/static/", "/svelte/", "/pwa_icon", "/originals/", "/pages/",
         "/gradio_api/app_id",
         "/gradio_api/heartbeat/", "/gradio_api/info", "/gradio_api/queue/data",
         "/gradio_api/startup-events", "/gradio_api/theme.css",
         "/gradio_api/upload_progress")  # fmt: skip
# Bytes of an event: the longest memo or list of addresses is a twentieth of it.
_MOST_BYTES = 1_000_000
# Seconds in which the body of an event must be there, an upload's whole body, and the next piece of
# it.
_EVENT_TIMEOUT, _UPLOAD_TIMEOUT, PIECE_TIMEOUT = 30.0, 1_800.0, 30.0
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


@dataclass(frozen=True, slots=True)
class PageRules:
    """What the guard knows of the page behind it.

    `file_inputs` has each event and which of its inputs take files, `ask_events` the events that
    begin an answer; `can_ask` says whether one more may begin, `is_adding` whether uploads wait to
    be read.
    """

    file_inputs: Mapping[int, frozenset[int]]
    ask_events: frozenset[int]
    uploads: Uploads
    can_ask: Callable[[], bool]
    is_adding: Callable[[], bool]


class Guard:
    """Lets through what this machine's own page asks for, and refuses the rest."""

    def __init__(
        self,
        app: ASGIApp,
        page: PageRules | None = None,
        *,
        sign_in: SignIn | None = None,
        public_url: str = "",
        refused: Told | None = None,
        prefixes: tuple[str, ...] = (),
    ) -> None:
        """Stand before `app`; without a page no event and no upload comes through.

        Paths that begin with one of `prefixes` are open beside those of the page, to any method:
        what stands behind them (`ui.api.access`) refuses what it does not know.

        With a `sign_in` only who signed in comes through, and the scope says who (`asker_of`);
        `refused` is told of those who do not. `public_url` ("https://host") is where people open
        the page, "" on this machine alone.
        """
        self.inner = app
        self._page = page
        self._sign_in = sign_in
        self._public_url = public_url
        self._prefixes = prefixes
        self._refused = Throttled(refused or _not_told)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, adding the headers."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*filter(_is_sent_on, message["headers"]), *_HEADERS.items()]
            await send(message)

        own_paths = self._sign_in.paths if self._sign_in is not None else {}
        if reason := refusal(
            scope, public_url=self._public_url, own_paths=own_paths, prefixes=self._prefixes
        ):
            await _respond(with_headers, 403, reason)
            return
        if self._sign_in is not None:
            person = await self._sign_in.admit(scope, receive, with_headers, self._refused)
            if person is None:
                return
            tracing.note_asker(person.asker.name)
            scope = let_through(with_own_session(scope, person.asker), person)
        await self._pass_on(scope, receive, with_headers)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request that is allowed, once its body is."""
        path, posted = scope["path"], scope["method"] == "POST"
        if posted and path.startswith(_EVENTS):
            await self._event(scope, receive, send)
            return
        if posted and path == _UPLOAD:
            await self._upload(scope, receive, send)
            return
        body = _LimitedBody(receive, _EVENT_TIMEOUT, _MOST_BYTES)
        if not posted or self._sign_in is None or path.startswith(self._prefixes):
            await self.inner(scope, body.receive, send)
            return
        content = await body.read()
        if content is None:
            await _respond(send, 413, "this request is too long or too slow")
            return
        await self._resend(scope, receive, send, with_own_body(content, asker_of(scope)))

    async def _resend(self, scope: Scope, receive: Receive, send: Send, content: bytes) -> None:
        """Pass on a request with another body than it came with."""
        length = (b"content-length", str(len(content)).encode())
        others = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
        given = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def resent() -> Message:
            return next(given, None) or await receive()

        await self.inner({**scope, "headers": [*others, length]}, resent, send)

    async def _event(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on an event as the page sends it, or say at once why not."""
        body = _LimitedBody(receive, _EVENT_TIMEOUT, _MOST_BYTES)
        content = await body.read()
        if content is None:
            await _respond(send, 413 if body.long else 408, "this event is too long or too slow")
            return
        page, language = self._page, language_of(_headers(scope))
        if page is None:
            await _respond(send, 403, "this address is shut")
            return
        try:
            number, content = checked_event(content, page.file_inputs, page.uploads.holds)
        except UsageError as error:
            await _respond(send, 400, str(error))
            return
        if number in page.ask_events and not page.can_ask():
            # Before Gradio's queue, in which a refusal would wait for what it refuses to add to.
            reason = f"{word('chat.full', language)} {word('chat.kept_in_box', language)}"
            await _respond(send, 429, reason)
            return
        if self._sign_in is not None:
            content = with_own_body(content, asker_of(scope))
        await self._resend(scope, receive, send, content)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on an upload that there is room for."""
        headers, page = _headers(scope), self._page
        length = headers.get("content-length", "")
        if page is None or not re.fullmatch("[0-9]{1,15}", length):
            await _respond(send, 411, "an upload says how long it is")
            return
        size, body = int(length), _LimitedBody(receive, _UPLOAD_TIMEOUT, int(length))
        if not await asyncio.to_thread(page.uploads.reserve, size, page.is_adding):
            # Taken and thrown away: a browser that is cut off while it sends hears no reason.
            await body.drain(_EVENT_TIMEOUT)
            await _respond(send, 413, word("library.no_room", language_of(headers)))
            return
        try:
            await self.inner(scope, body.receive, send)
        finally:
            await asyncio.shield(asyncio.to_thread(page.uploads.release, size))


class _LimitedBody:
    """The body of a request, so many bytes of it at most and not waited for without end."""

    def __init__(self, receive: Receive, seconds: float, most: int) -> None:
        self._receive = receive
        self._deadline = time.monotonic() + seconds
        self._left = most
        self._whole = False
        self.long = False

    async def receive(self) -> Message:
        """Return the next message; what comes too late or is too long counts as a disconnect.

        Once the body is whole the next message is the end of the connection, which may be waited
        for as long as the answer takes.
        """
        if self._whole:
            return await self._receive()
        wait = min(PIECE_TIMEOUT, self._deadline - time.monotonic())
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, wait))
        except TimeoutError:
            return {"type": "http.disconnect"}
        self._left -= len(message.get("body", b""))
        self.long = self._left < 0
        if self.long:
            return {"type": "http.disconnect"}
        self._whole = message["type"] != "http.request" or not message.get("more_body")
        return message

    async def read(self) -> bytes | None:
        """Return the whole body; None for one that is not."""
        pieces = []
        while not self._whole:
            message = await self.receive()
            if message["type"] != "http.request":
                return None
            pieces.append(message.get("body", b""))
        return b"".join(pieces)

    async def drain(self, seconds: float) -> None:
        """Take the body and throw it away, for so many seconds at most."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)
        while not self._whole and (await self.receive())["type"] == "http.request":
            continue


async def _respond(send: Send, status: int, reason: str) -> None:
    """Answer with a line; the page reads what its events are told from an object."""
    plain = status in {403, 411, 413}
    text = reason if plain else json.dumps({"detail": reason, "error": reason})
    kind = b"text/plain; charset=utf-8" if plain else b"application/json"
    headers = [(b"content-type", kind)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _is_sent_on(header: tuple[bytes, bytes]) -> bool:
    """Say whether a header of Gradio's is sent: ours take its place, and no other site reads."""
    name = header[0].lower()
    return name not in _HEADERS and not name.startswith(b"access-control-")


def _headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def _not_told(who: str, reason: str) -> None:
    """Take no note of a refused sign-in."""


def refusal(
    scope: dict[str, Any] | Scope,
    *,
    public_url: str = "",
    own_paths: Mapping[str, frozenset[str]] | None = None,
    prefixes: tuple[str, ...] = (),
) -> str:
    """Return why a request is refused, or "".

    A foreign Host is a name that was made to point here (DNS rebinding); a foreign origin is
    another site's page writing through the user's browser. With a `public_url` its host alone is
    answered. `own_paths` are let through besides, by method, and what begins with one of
    `prefixes`.
    """
    headers = _headers(scope)
    hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
    host = headers.get("host", "")
    public_host = public_url.partition("://")[2]
    if len(hosts) != 1 or not (host.lower() == public_host if public_url else is_local_host(host)):
        return (
            "this page answers at its public address only"
            if public_url
            else "this page answers on this machine only"
        )
    path = scope["path"]
    own = path in (own_paths or {}).get(scope["method"], ()) or path.startswith(prefixes)
    if not own and not _is_allowed(scope["method"], path, scope.get("query_string", b"")):
        return "this address is shut"
    if scope["method"] in _WRITING_METHODS:
        origin, site = public_url or f"http://{host}", headers.get("sec-fetch-site")
        # A form of ours comes from "null", since our pages send no referrer; no page can claim the
        # other header.
        same = site == "same-origin" and headers.get("origin") == "null"
        if headers.get("origin", origin) != origin and not same:
            return "requests from other sites are refused"
        if site not in {None, "same-origin", "none"}:
            return "requests from other sites are refused"
    return ""


def _is_allowed(method: str, path: str, query: bytes) -> bool:
    """Say whether the page asks for this."""
    if method == "POST":
        return path in _EXACT_PATHS or path.startswith(_POST_PREFIXES)
    if method not in {"GET", "HEAD"} or b"deep_link" in query:
        return False
    return path in _EXACT_PATHS or path.startswith(_GET_PREFIXES)


_FILE_KEYS = frozenset(("path", "url", "meta", "_type", "is_stream", "orig_name"))
_MOST_FILES = 10_000
_MOST_DEPTH = 20


def checked_event(
    body: bytes, file_inputs: Mapping[int, frozenset[int]], uploaded: Callable[[str], bool]
) -> tuple[int, bytes]:
    """Return the number of an event and its body, with nothing in it but what the page sends.

    `file_inputs` has each event of the page and which of its inputs take files; `uploaded` says
    whether a path is that of an upload. Raises UsageError for a body that the page does not send.
    """
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(tr("this is no event: it cannot be read")) from error
    values = values if isinstance(values, dict) else {}
    number, data = values.get("fn_index"), values.get("data")
    if type(number) is not int or number not in file_inputs or not isinstance(data, list):
        raise UsageError(tr("the page has no such event; load it again"))
    taking = file_inputs[number]
    now = {
        "fn_index": number,
        "data": [
            _checked_files(one, uploaded) if place in taking else _checked_value(one)
            for place, one in enumerate(data)
        ],
        # What an upload tells beside its files nobody reads.
        "event_data": None
        if taking
        else _checked_event_data(values.get("event_data"), _MOST_DEPTH),
        "session_hash": _checked_value(values.get("session_hash")),
        "trigger_id": _checked_value(values.get("trigger_id")),
    }
    return number, json.dumps(now).encode()


def _checked_value(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    if not all(one is None or isinstance(one, str | int | float) for one in items):
        raise UsageError(tr("an event carries text and numbers alone"))
    return value


def _checked_files(value: Any, uploaded: Callable[[str], bool]) -> list[dict[str, Any]] | None:
    """Return files as Gradio takes them: their places, and nothing that it would fetch."""
    if value is None:
        return None
    found = value if isinstance(value, list) else [value]
    if len(found) > _MOST_FILES:
        raise UsageError(
            tr("more than {count} files at once; add them in parts", count=f"{_MOST_FILES:,}")
        )
    paths = [one.get("path") if isinstance(one, dict) else None for one in found]
    if not all(isinstance(one, str) and uploaded(one) for one in paths):
        raise UsageError(tr("this file was not uploaded here; choose it again"))
    return [{"path": one, "meta": {"_type": "gradio.FileData"}} for one in paths]


def _checked_event_data(value: Any, depth: int) -> Any:
    """Return what an event tells beside its inputs, once it is sure that no file is in it."""
    if not depth:
        raise UsageError(tr("an event carries text and numbers alone"))
    if isinstance(value, dict):
        if _FILE_KEYS & value.keys():
            raise UsageError(tr("an event carries text and numbers alone"))
        return {key: _checked_event_data(one, depth - 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_checked_event_data(one, depth - 1) for one in value]
    return value


__all__ = ["PIECE_TIMEOUT", "Guard", "PageRules", "checked_event", "refusal"]
