"""Listening on this machine, and a server that keeps no idle connection for long."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import time
from typing import Any
from weakref import WeakKeyDictionary

import uvicorn

from corpus.errors import UsageError
from corpus.i18n import tr

_LOG = logging.getLogger(__name__)
HOST = "127.0.0.1"
_PORTS = 10


def refuse_open_listener(listen: str, public_url: str, *, signs_in: bool) -> None:
    """Raise UsageError for an address that others reach where nobody signs in, or for none."""
    try:
        local = ipaddress.ip_address(listen).is_loopback
    except ValueError as error:
        raise UsageError(
            tr("--listen takes an address of this machine, not {value}", value=repr(listen))
        ) from error
    if signs_in:
        if not local and not public_url:
            raise UsageError(
                tr("--listen needs --public-url https://HOST, where people open the page")
            )
    elif not local or public_url:
        raise UsageError(
            tr(
                "others would read and change this library: set BRIEFING_USERS, so that they sign "
                "in, before you give --listen or --public-url"
            )
        )


def free_socket(port: int, listen: str = HOST) -> socket.socket:
    """Return a listening socket at `port` or one of the ten after it, on loopback by default."""
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    for number in range(port, min(port + _PORTS, 65_536)):
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((listen, number))
            # Two sockets may be bound to one port until one of them listens.
            listening.listen()
        except OSError:
            listening.close()
            continue
        return listening
    raise UsageError(
        f"no port from {port} to {port + _PORTS - 1} is free; give another with --port"
    )


# Seconds that the head of a request may take; uvicorn 0.54 itself waits for ever for a first one.
# Browsers open connections ahead of use: they open another where one was closed.
_HEAD_TIMEOUT = 15.0


class Server(uvicorn.Server):
    """A server that closes connections on which no request is under way for a while."""

    def __init__(self, config: uvicorn.Config, *, head: float = _HEAD_TIMEOUT) -> None:
        """Take how the server runs, and how many seconds the head of a request may take."""
        super().__init__(config)
        self._head_timeout = head
        # What was being answered on a connection when nothing was, and since when.
        self._idle_since: WeakKeyDictionary[Any, tuple[Any, float]] = WeakKeyDictionary()
        self._checked_at = 0.0

    async def on_tick(self, counter: int) -> bool:
        """Look through the connections once a second, as uvicorn ticks ten times."""
        now = time.monotonic()
        if now - self._checked_at >= min(1.0, self._head_timeout):
            self._checked_at = now
            for one in list(self.server_state.connections):
                self._check(one, now)
        return await super().on_tick(counter)

    def _check(self, connection: Any, now: float) -> None:
        cycle = getattr(connection, "cycle", None)
        transport = getattr(connection, "transport", None)
        if transport is None or (cycle is not None and not cycle.response_complete):
            self._idle_since.pop(connection, None)
            return
        before, since = self._idle_since.setdefault(connection, (cycle, now))
        if before is not cycle:
            self._idle_since[connection] = (cycle, now)
        elif now - since > self._head_timeout:
            transport.abort()


class _Told(Exception):
    """SIGTERM: the program is to leave."""


def serve_until_told(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    """Run a server until it is interrupted or terminated; what follows in the program still runs.

    uvicorn raises the signal again once it has shut down, and the default of SIGTERM ends the
    process there and then. An interrupt is raised on: KeyboardInterrupt.
    """

    def told(*_: object) -> None:
        raise _Told

    before = signal.signal(signal.SIGTERM, told)
    try:
        server.run(sockets=sockets)
    except _Told:
        _LOG.info("told to leave")
    finally:
        signal.signal(signal.SIGTERM, before)


__all__ = ["HOST", "Server", "free_socket", "refuse_open_listener", "serve_until_told"]
