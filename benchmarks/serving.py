"""A place served on loopback and a headless Chromium, for the benchmarks and tests of the page."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

CHROMIUM = shutil.which("chromium")
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()


@contextmanager
def serving(place: Any, examples: Sequence[str], port: int) -> Iterator[str]:
    """Serve the page over a place on loopback for as long as the block lasts; yield its address."""
    from ui.server import application

    with served(application(place, tuple(examples)), port) as address:
        yield address


@contextmanager
def served(app: Any, port: int, **options: float) -> Iterator[str]:
    """Serve an application on loopback for as long as the block lasts; yield its address.

    `options` are those of ui.server.Server; port 0 takes a free one.
    """
    import uvicorn

    from ui.http_server import Server, free_socket

    listening: socket.socket = free_socket(port)
    config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=3)
    server = Server(config, **options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def chromium_running() -> Iterator[Any]:
    """Run a headless Chromium for as long as the block lasts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()
