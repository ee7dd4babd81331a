"""While another program writes to the library, the page answers, and says what it waits for."""

from __future__ import annotations

import http.client
import queue
import sqlite3
import threading
from pathlib import Path

from corpus.library import Library
from tests.browser import GRADIO_WARNS
from tests.test_ui_attacks import Served
from tests.test_ui_page import Harbour
from ui.uploads import Uploads

pytestmark = GRADIO_WARNS


def test_a_write_that_waits_holds_up_no_other_window(tmp_path: Path) -> None:
    """An event that must write ends with a line; others are answered while it waits."""
    library, uploads = Library(tmp_path / "home"), Uploads.below(tmp_path / "home")
    page = Served(Harbour(library.conversations), uploads, guarded=True)
    events = {event.name: number for number, event in page.page.fns.items()}
    asking, searching = page.page.fns[events["ask"]], page.page.fns[events["search"]]
    heard: list[str] = []

    def ask() -> None:
        data = ["How many ships?", *[None] * (len(asking.inputs) - 1)]
        heard.append(page.event(events["ask"], data, session="asking"))

    other = sqlite3.connect(tmp_path / "home" / "library.sqlite3")
    other.execute("BEGIN IMMEDIATE")
    waiting = threading.Thread(target=ask)
    waiting.start()
    answered = 0
    while waiting.is_alive():
        data = ["", *[None] * (len(searching.inputs) - 1)]
        assert "process_completed" in page.event(
            events["search"], data, session=f"search{answered}"
        )
        answered += 1
    other.rollback()
    other.close()
    page.close()
    uploads.close()
    library.close()
    # The wait for the other program ends after ten seconds: one search alone would be a page that
    # stood still meanwhile.
    assert answered > 3
    assert "another program" in heard[0] or "hold" in heard[0], heard[0]


class Watched(Harbour):
    """A place that notes which window was closed."""

    def __init__(self, library: Library) -> None:
        super().__init__(library.conversations)
        self.closed: queue.SimpleQueue[str] = queue.SimpleQueue()

    def window_closed(self, window: str) -> None:
        self.closed.put(window)


def test_a_window_that_is_closed_is_told_of(tmp_path: Path) -> None:
    """Its browser breaks off the beat of its heart: what waits for it may be given up."""
    library, uploads = Library(tmp_path / "home"), Uploads.below(tmp_path / "home")
    place = Watched(library)
    page = Served(place, uploads, guarded=True)
    link = http.client.HTTPConnection(page.address.removeprefix("http://"), timeout=60)
    link.request("GET", "/gradio_api/heartbeat/abc123")
    answer = link.getresponse()
    assert b"ALIVE" in answer.readline() and place.closed.empty()
    answer.close()
    link.close()
    closed = place.closed.get(timeout=60)
    page.close()
    uploads.close()
    library.close()
    assert closed == "abc123"
