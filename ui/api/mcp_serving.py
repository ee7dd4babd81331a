"""Running the tools of `briefing mcp`: over standard input and output, or over HTTP."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings

from ui.api.access import ApiAccess, asker_of
from ui.api.mcp_tools import mcp_server
from ui.api.service import Service
from ui.api.serving import MCP_PATH, Where, serve_application
from ui.backend import Backend

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from assistant.settings import Settings

_LOG = logging.getLogger(__name__)


def serve_stdio(settings: Settings, *, writes: bool) -> None:
    """Serve until standard input ends; standard output carries the protocol and nothing else."""
    backend = Backend(settings)
    service = Service(backend)

    def leave(*_: object) -> None:
        # Standard input is read by a thread that nothing interrupts and that Python waits for.
        _LOG.info("stop: told to leave")
        service.close()
        backend.close()
        os._exit(0)

    def told(*_: object) -> None:
        threading.Thread(target=leave, name="leaving").start()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, told)
    try:
        backend.open()
        mcp_server(service, writes=writes).run("stdio")
    finally:
        service.close()
        backend.close()


def http_application(service: Service, token: str = "") -> ApiAccess:
    """Return the tools as a web application at /mcp; with a `token` for those who have it."""
    # The guard knows the hosts already, those of a public address too.
    hosts = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = mcp_server(service).streamable_http_app(
        streamable_http_path=MCP_PATH, transport_security=hosts
    )
    return ApiAccess(_OwnSessions(app), token)


class _OwnSessions:
    """Has a session answer whoever began it alone: for anybody else there is none of its id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the package who asks: it compares that with who began the session."""
        if scope["type"] == "http":
            known = AccessToken(
                token="", client_id="briefing", scopes=[], subject=asker_of(scope).name
            )
            scope = {**scope, "user": AuthenticatedUser(known)}
        await self._app(scope, receive, send)


def serve_http(settings: Settings, where: Where, say: Callable[[str], None]) -> None:
    """Serve at /mcp until interrupted, behind the guard; raises what `serve_application` raises."""

    def told(address: str) -> str:
        return f"The tools are at {address}{MCP_PATH} (Ctrl-C stops it)."

    serve_application(settings, http_application, told, where, say)


__all__ = ["http_application", "serve_http", "serve_stdio"]
