"""Running the tools of `briefing mcp`: over standard input and output, or over HTTP."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ui.api.mcp_application import MCP_PATH, http_application
from ui.api.mcp_tools import mcp_server
from ui.api.service import Service
from ui.api.serving import Where, serve_application
from ui.backend import Backend

if TYPE_CHECKING:
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


def serve_http(settings: Settings, where: Where, say: Callable[[str], None]) -> None:
    """Serve at /mcp until interrupted, behind the guard; raises what `serve_application` raises."""

    def told(address: str) -> str:
        return f"The tools are at {address}{MCP_PATH} (Ctrl-C stops it)."

    serve_application(settings, http_application, told, where, say)


__all__ = ["serve_http", "serve_stdio"]
