"""An ASGI application served on loopback by uvicorn, in a thread, for the tests of servers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.real_servers import free_port


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """Serve `app` during the block and yield its address."""
    listening = port or free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=listening, log_config=None, lifespan="off",
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started
    try:
        yield f"http://127.0.0.1:{listening}"
    finally:
        server.should_exit = True
        thread.join(30)
