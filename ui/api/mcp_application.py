"""The tools of MCP as a web application."""

from __future__ import annotations

from mcp.server.transport_security import TransportSecuritySettings

from ui.api.access import ApiAccess
from ui.api.mcp_tools import mcp_server
from ui.api.service import Service

# Where they are.
MCP_PATH = "/mcp"


def http_application(service: Service, token: str = "") -> ApiAccess:
    """Return the tools as a web application at /mcp; with a `token` for those who have it."""
    # The guard knows the hosts already, those of a public address too.
    hosts = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = mcp_server(service).streamable_http_app(
        streamable_http_path=MCP_PATH, transport_security=hosts
    )
    return ApiAccess(app, token)
