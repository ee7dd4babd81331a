"""Serving other programs over HTTP: the library opens behind it, and leaves when it is told to."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from ui.api.access import PREFIXES, TOKEN
from ui.api.service import Service
from ui.backend import Backend
from ui.guard import Guard
from ui.http_server import HOST, Server, free_socket, serve_until_told

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from assistant.settings import Settings

_LOG = logging.getLogger(__name__)
# Seconds that answers which are being sent have to end when the program is told to.
_LEAVING = 5


def serve_api(settings: Settings, *, port: int, say: Callable[[str], None]) -> None:
    """Serve the JSON API and OpenAI's interface until interrupted; `say` is told the address.

    Raises UsageError where no port is free.
    """
    from ui.api.application import api_application

    def told(address: str) -> str:
        return (
            f"The API is at {address}/api (described at {address}/api/openapi.json), for clients "
            f"of OpenAI's at {address}/v1 (Ctrl-C stops it)."
        )

    serve_application(
        settings, lambda service, token: api_application(service, token), told, port=port, say=say
    )


def serve_application(
    settings: Settings,
    make: Callable[[Service, str], ASGIApp],
    told: Callable[[str], str],
    *,
    port: int,
    say: Callable[[str], None],
) -> None:
    """Serve what `make` makes of a service and the token, behind the guard, until interrupted.

    `told` is the line for an address. Raises UsageError where no port is free.
    """
    listening = free_socket(port)
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    backend = Backend(settings)
    service = Service(backend)
    try:
        app = Guard(make(service, os.environ.get(TOKEN, "")), prefixes=PREFIXES)
        backend.open()
        say(told(address))
        _LOG.info("serving other programs at %s", address)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_LEAVING,
        )
        serve_until_told(Server(config), [listening])
    finally:
        service.close()
        backend.close()


__all__ = ["serve_api", "serve_application"]
