"""The server with an end to waiting for a request that is never sent whole."""

from __future__ import annotations

import time
from typing import Any
from weakref import WeakKeyDictionary

import uvicorn

# Seconds that the head of a request may take; uvicorn 0.54 itself waits for ever for a first one.
# Browsers open connections ahead of use: they open another where one was closed.
_HEAD = 15.0


class Server(uvicorn.Server):
    """A server that closes connections on which no request is under way for a while."""

    def __init__(self, config: uvicorn.Config, *, head: float = _HEAD) -> None:
        """Take how the server runs, and how many seconds the head of a request may take."""
        super().__init__(config)
        self._head = head
        # What was being answered on a connection when nothing was, and since when.
        self._waiting: WeakKeyDictionary[Any, tuple[Any, float]] = WeakKeyDictionary()
        self._looked = 0.0

    async def on_tick(self, counter: int) -> bool:
        """Look through the connections once a second, as uvicorn ticks ten times."""
        now = time.monotonic()
        if now - self._looked >= min(1.0, self._head):
            self._looked = now
            for one in list(self.server_state.connections):
                self._look(one, now)
        return await super().on_tick(counter)

    def _look(self, connection: Any, now: float) -> None:
        cycle = getattr(connection, "cycle", None)
        transport = getattr(connection, "transport", None)
        if transport is None or (cycle is not None and not cycle.response_complete):
            self._waiting.pop(connection, None)
            return
        before, since = self._waiting.setdefault(connection, (cycle, now))
        if before is not cycle:
            self._waiting[connection] = (cycle, now)
        elif now - since > self._head:
            transport.abort()


__all__ = ["Server"]
