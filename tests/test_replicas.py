"""Two servers on one record: one is killed while it answers, and the other says so."""

from __future__ import annotations

import os
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import Settings
from corpus.conversations import Conversations
from corpus.library import Library
from tests.browser import GRADIO_WARNS
from tests.real_servers import answers, free_port, running
from tests.test_page_for_many import QUESTION, Window, _blocks_of, _sign_in
from tests.test_who_may_see_what import ANN, made
from ui.backend import Backend
from ui.server import application
from ui.sign_in import asker_of_event

pytestmark = [*GRADIO_WARNS, pytest.mark.process, pytest.mark.slow, pytest.mark.timeout(400)]
__all__ = ["made"]


class _Silent(socketserver.BaseRequestHandler):
    """A model server that takes a question and never answers."""

    def handle(self) -> None:
        while self.request.recv(65_536):
            continue


@pytest.fixture
def silent() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Silent) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def test_a_server_that_is_killed_in_mid_answer_is_told_of_by_the_other(
    made: Path, silent: int, tmp_path: Path
) -> None:
    """The question is not lost: it is being answered, then interrupted, to be asked again."""
    numbers = {
        event.name: (number, len(event.inputs))
        for number, event in _blocks_of(
            application(Backend(_nowhere(tmp_path), asker=asker_of_event), (), sign_in=_sign_in())
        ).fns.items()
    }
    environment = {
        "BRIEFING_USERS": "headers", "BRIEFING_EMBEDDER": "hash", "BRIEFING_JUDGE": "none",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }  # fmt: skip
    ports = free_port(), free_port()
    engine = f"http://127.0.0.1:{silent}/v1#silent"
    command = [sys.executable, "-m", "ui.cli", "--home", str(made / "home"), "chat", "--no-browser",
               "--engine", engine]  # fmt: skip
    urls = [f"http://127.0.0.1:{one}" for one in ports]
    with (
        running([*command, "--port", str(ports[0])], ready=answers(urls[0]),
                log=tmp_path / "first.log", env=environment) as first,
        running([*command, "--port", str(ports[1])], ready=answers(urls[1]),
                log=tmp_path / "second.log", env=environment),
    ):  # fmt: skip
        ask, inputs = numbers["ask"]
        Window(urls[0], ANN, "first").event(ask, [QUESTION, *[None] * (inputs - 1)])
        talk = _kept_conversation(made / "home")
        second = Window(urls[1], ANN, "second")
        restore, watch = numbers["restore"], numbers["watch"]
        until = time.monotonic() + 120
        while "Being answered by another server" not in "".join(second.heard):
            assert time.monotonic() < until, second.heard[-3:]
            second.event(restore[0], [None, talk, None, None])
        os.kill(first.pid, 9)
        second.event(watch[0], [None] * watch[1])
        assert "interrupted" in second.heard[-1] or "interrupted" in "".join(second.heard[-5:])


def _nowhere(folder: Path) -> Settings:
    return Settings(home=folder / "nowhere", embedder="hash", engine="extractive")


def _kept_conversation(home: Path) -> str:
    """Return the id of Ann's conversation once it is in the record."""
    library, until = Library(home), time.monotonic() + 120
    try:
        while time.monotonic() < until:
            if found := Conversations(library._connections, ANN.name).all():
                return found[0].id
            time.sleep(0.1)
    finally:
        library.close()
    raise AssertionError("the question is not in the record")
