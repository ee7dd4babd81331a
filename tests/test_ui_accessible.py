"""Every page passes axe-core, in light and dark: nothing serious, nothing critical."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import Settings
from ui.room import Room

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:gradio"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def address(starter_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import uvicorn

    from ui.server import application, free_socket

    home = tmp_path_factory.mktemp("accessible") / "home"
    shutil.copytree(starter_home, home)
    room = Room(Settings(home=home, engine="extractive"))
    room.open()
    listening: socket.socket = free_socket(18850)
    server = uvicorn.Server(uvicorn.Config(application(room, ("Why?",)), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    room.close()


def grave(page: Any) -> list[str]:
    """Return the serious and critical findings of axe-core, each with its places."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {', '.join(str(node['target']) for node in one['nodes'])}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault(address: str, scheme: Any) -> None:
    """The empty chat, an answer with its source, the library with a document, a memo."""
    from playwright.sync_api import sync_playwright

    flags = (
        "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
        "--disable-sync --no-first-run"
    ).split()
    faults: dict[str, list[str]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1300, "height": 900}, color_scheme=scheme)
        page.goto(address)
        page.wait_for_selector("#question textarea")
        page.wait_for_timeout(1500)
        faults["start"] = grave(page)
        page.fill("#question textarea", "When was the AI diffusion rule rescinded?")
        page.keyboard.press("Enter")
        page.wait_for_selector("a.cite", timeout=120_000)
        page.wait_for_selector("#chat .acts")
        page.click("a.cite")
        page.wait_for_selector("#source mark")
        faults["answer"] = grave(page)
        page.get_by_role("tab", name="Library").click()
        page.wait_for_selector("#library-table button")
        page.click("#library-add button >> nth=0")
        page.locator("#library-table button").first.click()
        page.wait_for_selector("#library-details h3")
        faults["library"] = grave(page)
        page.get_by_role("tab", name="Memo").click()
        page.fill("#topic textarea", "What do export controls do to DeepSeek?")
        page.get_by_role("button", name="Write the memo").click()
        page.get_by_text("cited sentences were checked").wait_for(timeout=120_000)
        faults["memo"] = grave(page)
        browser.close()
    assert {name: found for name, found in faults.items() if found} == {}
