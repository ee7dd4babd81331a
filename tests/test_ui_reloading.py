"""A window of a program that is gone loads again by itself when another one takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.serving import served
from corpus.library import Library
from tests.browser import GRADIO_WARNS, browser_test
from tests.real_servers import free_port
from tests.test_ui_page import EXAMPLES, Harbour, chromium
from ui.server import application

pytestmark = GRADIO_WARNS
__all__ = ["chromium"]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "home")
    yield library
    library.close()


@browser_test
def test_an_idle_window_goes_on_with_the_program_that_took_over(
    chromium: Any, library: Library
) -> None:
    """Its conversation is open again and what was typed is in the box, without a hand on it."""
    port = free_port()
    tab = chromium.new_page()
    with served(application(Harbour(library.conversations), EXAMPLES), port) as address:
        tab.goto(address)
        tab.wait_for_selector("#question textarea")
        tab.get_by_role("button", name=EXAMPLES[0]).click()
        tab.wait_for_selector('#chat [data-act="good"]')
        tab.fill("#question textarea", "half a question")
        tab.wait_for_function(
            "sessionStorage.getItem('briefing-conversation')"
            " && sessionStorage.getItem('briefing-draft') === 'half a question'"
        )
        tab.evaluate("window.before = true")
    with served(application(Harbour(library.conversations), EXAMPLES), port):
        tab.wait_for_function("window.before === undefined", timeout=60_000)
        tab.wait_for_selector('#chat [data-act="good"]', timeout=60_000)
        assert "4,800 ships" in tab.inner_text("#chat")
        tab.wait_for_function(
            "document.querySelector('#question textarea').value === 'half a question'"
        )
    tab.close()
