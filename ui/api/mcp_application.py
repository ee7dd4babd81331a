"""The tools of MCP as a web application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings

from ui.api.access import ApiAccess, asker_of
from ui.api.mcp_tools import mcp_server
from ui.api.service import Service

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Where they are.
MCP_PATH = "/mcp"


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
