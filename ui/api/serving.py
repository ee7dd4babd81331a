"""Serving other programs over HTTP: the library opens behind it, and leaves when it is told to."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from ui.api.access import PREFIXES, TOKEN
from ui.api.service import Service
from ui.backend import Backend
from ui.guard import Guard
from ui.http_server import HOST, Server, free_socket, refuse_open_listener, serve_until_told
from ui.observing import Observed, observing, watch_library, watch_queues
from ui.sign_in import SignIn, checked_public_url
from ui.sign_in_choice import sign_in_named

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from assistant.settings import Settings

_LOG = logging.getLogger(__name__)
# Seconds that answers which are being sent have to end when the program is told to.
_LEAVING = 5
# Where the tools of MCP are, as `ui.api.mcp_application` has them: it needs the package mcp.
_MCP = "/mcp"


@dataclass(frozen=True, slots=True)
class Where:
    """Where to listen: the first port to try, an address of this machine, and the public one."""

    port: int
    listen: str = HOST
    public_url: str = ""


def serve_api(settings: Settings, where: Where, say: Callable[[str], None]) -> None:
    """Serve the JSON API, OpenAI's interface and MCP until interrupted; `say` is told the address.

    Without the package mcp there is no /mcp. Raises UsageError as `serve_application` does.
    """
    from ui.api.application import api_application

    def told(address: str) -> str:
        return (
            f"The API is at {address}/api (described at {address}/api/openapi.json), for clients "
            f"of OpenAI's at {address}/v1, for those of MCP at {address}{_MCP} (Ctrl-C stops "
            "it)."
        )

    def make(service: Service, token: str) -> ASGIApp:
        api = api_application(service, token)
        try:
            from ui.api.mcp_application import http_application
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] not in {"mcp", "mcp_types"}:
                raise
            return api
        return _Both(api, http_application(service, token))

    serve_application(settings, make, told, where, say)


class _Both:
    """The tools of MCP at their path, which begin and end with the server, and the API."""

    def __init__(self, api: ASGIApp, mcp: ASGIApp) -> None:
        self._api, self._mcp = api, mcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to whose it is."""
        path = scope.get("path", _MCP)
        is_mcp = scope["type"] == "lifespan" or f"{path}/".startswith(f"{_MCP}/")
        await (self._mcp if is_mcp else self._api)(scope, receive, send)


def serve_application(
    settings: Settings,
    make: Callable[[Service, str], ASGIApp],
    told: Callable[[str], str],
    where: Where,
    say: Callable[[str], None],
) -> None:
    """Serve what `make` makes of a service and the token, behind the guard, until interrupted.

    `told` is the line for an address. Raises UsageError where others could reach it and nobody
    signs in, for a way to sign in that cannot be, and where no port is free.
    """
    public_url = checked_public_url(where.public_url) if where.public_url else ""
    sign_in = sign_in_named(settings.users, public_url=public_url)
    refuse_open_listener(where.listen, public_url, signs_in=sign_in is not None)
    listening = free_socket(where.port, where.listen)
    address = public_url or f"http://{HOST}:{listening.getsockname()[1]}"
    with observing(settings, "tools", stream=sys.stderr):
        _serve(settings, make, told, sign_in, public_url, address, listening, say)


def _serve(
    settings: Settings,
    make: Callable[[Service, str], ASGIApp],
    told: Callable[[str], str],
    sign_in: SignIn | None,
    public_url: str,
    address: str,
    listening: socket.socket,
    say: Callable[[str], None],
) -> None:
    backend = Backend(settings)
    service = Service(backend, signs_in=sign_in is not None, public_url=public_url)
    try:
        guarded = Guard(
            make(service, os.environ.get(TOKEN, "").strip()),
            sign_in=sign_in,
            public_url=public_url,
            refused=backend.note_refusal,
            prefixes=PREFIXES,
        )
        watch_library(backend.whole_workspace)
        watch_queues(backend.queues)
        backend.open()
        say(told(address))
        _LOG.info("serving other programs at %s", address)
        config = uvicorn.Config(
            Observed(guarded, remote=sign_in is not None),
            log_config=None,
            log_level="warning",
            access_log=False,
            # Who a proxy is, is for `ui.sign_in` to say.
            proxy_headers=False,
            timeout_graceful_shutdown=_LEAVING,
        )
        serve_until_told(Server(config), [listening])
    finally:
        service.close()
        backend.close()


__all__ = ["Where", "serve_api", "serve_application"]
