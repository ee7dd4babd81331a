"""The first screen, drawn by the server into the page that Gradio serves.

Gradio's page is white until its scripts have run, some two seconds. What stands here until then has
the same places and words, and a question can be typed into it at once: ui/scripts/first.js takes it
over.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ui.page_scripts import PAGE_SCRIPT
from ui.rendering import rendered
from ui.sign_in import asker_of, asking_as, is_signed_in
from ui.wording import language_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BEFORE = b"<gradio-app"
_STYLE = (Path(__file__).parent / "styles" / "first.css").read_text(encoding="utf-8")


class FirstScreen:
    """Puts the first screen into the one page of an application, and is else not there."""

    def __init__(self, app: ASGIApp, screen: Callable[[str], str]) -> None:
        """`screen` returns the HTML of the first screen in a language."""
        self._app = app
        self._screen = screen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; the page's own answer is changed once it is whole."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        language = language_of(headers)
        asked = asking_as(asker_of(scope)) if is_signed_in(scope) else nullcontext()
        with asked:
            first = first_screen_html(self._screen(language), language)
        # It is changed as text: not compressed.
        plain = [one for one in scope["headers"] if one[0].lower() != b"accept-encoding"]
        started: Message = {}
        body = b""

        async def changed(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start":
                started = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = body.replace(_BEFORE, first.encode() + _BEFORE, 1)
            length = (b"content-length", str(len(body)).encode())
            kept = [one for one in started["headers"] if one[0].lower() != b"content-length"]
            await send({**started, "headers": [*kept, length]})
            await send({"type": "http.response.body", "body": body})

        await self._app({**scope, "headers": plain}, receive, changed)


def first_screen_html(greeting: str, language: str) -> str:
    """Return the first screen around a greeting, with the styles and scripts that it needs."""
    return rendered("first.html", "screen", language, greeting, _STYLE, PAGE_SCRIPT)


__all__ = ["FirstScreen", "first_screen_html"]
