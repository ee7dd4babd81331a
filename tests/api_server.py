"""The API over a small library of its own, served on loopback by the real server in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from assistant.settings import Settings
from assistant.workspace import Workspace
from tests.servers import until
from ui.api.access import PREFIXES
from ui.api.application import api_application
from ui.api.service import Service
from ui.backend import Backend
from ui.guard import Guard
from ui.http_server import Server, free_socket
from ui.sign_in import SignIn

NOTES = {
    "norden.md": """---
title: The harbour of Norden
publisher: Norden Gazette
date: 2025-03-01
---

The harbour of Norden cost 41 million crowns. The lighthouse of Norden was built in 1902.
""",
    "tarn.md": """---
title: The harbour of Tarn
publisher: Tarn Post
date: 2024-05-10
---

The harbour of Tarn cost 12 million crowns. The pilots of Tarn are from Pell.
""",
}
COST = "What did the harbour of Norden cost?"
COST_ANSWER = "The harbour of Norden cost 41 million crowns."


def notes_home(folder: Path) -> Path:
    """Make a data folder with the two notes in it, embedded without a model; return it."""
    files = []
    for name, text in NOTES.items():
        file = folder / name
        file.write_text(text, encoding="utf-8")
        files.append(file)
    home = folder / "home"
    with Workspace(Settings(home=home, embedder="hash", engine="extractive")) as workspace:
        for _ in workspace.add(files):
            continue
    return home


@dataclass
class Served:
    """A server that runs: its address, and what stands behind it."""

    url: str
    backend: Backend
    service: Service


@contextmanager
def opened(home: Path, *, engine: str = "extractive", **options: Any) -> Iterator[Service]:
    """Return a service over an open library, without a server."""
    backend = Backend(Settings(home=home, embedder="hash", engine=engine))
    service = Service(backend, **options)
    backend.open()
    try:
        assert until(backend.opening_finished, 120)
        yield service
    finally:
        service.close()
        backend.close()


@contextmanager
def served(
    home: Path,
    *,
    engine: str = "extractive",
    token: str = "",
    make: Any = api_application,
    sign_in: SignIn | None = None,
    **options: Any,
) -> Iterator[Served]:
    """Serve a library until the end of the block; `options` are those of `Service`."""
    with opened(home, engine=engine, signs_in=sign_in is not None, **options) as service:
        app = Guard(make(service, token), sign_in=sign_in, prefixes=PREFIXES)
        listening = free_socket(20_080)
        server = Server(
            uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1, proxy_headers=False)
        )
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            assert until(lambda: server.started, 30)
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            yield Served(url, service._backend, service)
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
