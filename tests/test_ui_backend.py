"""The page's backend opens in a thread of its own, and leaves when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import Settings
from index.ingest import Progress
from ui.backend import Backend


def test_leaving_breaks_off_the_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The starter library is not waited for to its end, and the library is let go of."""
    begun, ended = threading.Event(), threading.Event()

    def endless(_: Any) -> Iterator[Progress]:
        try:
            while True:
                begun.set()
                yield Progress("embedding", 1, 2)
                ended.wait(0.01)
        finally:
            ended.set()

    monkeypatch.setattr("assistant.starter.ensure_starter", endless)
    backend = Backend(Settings(home=tmp_path, embedder="hash", engine="extractive"))
    backend.open()
    assert begun.wait(60)
    closing = threading.Thread(target=backend.close, daemon=True)
    closing.start()
    closing.join(60)
    assert not closing.is_alive()
    assert ended.wait(60) and backend.workspace() is None


def test_a_room_that_was_never_opened_closes_at_once(tmp_path: Path) -> None:
    """As happens when the page cannot be built."""
    backend = Backend(Settings(home=tmp_path, embedder="hash", engine="extractive"))
    closing = threading.Thread(target=backend.close, daemon=True)
    closing.start()
    closing.join(60)
    assert not closing.is_alive()
