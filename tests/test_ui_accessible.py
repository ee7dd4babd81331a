"""Every page passes axe-core, in light and dark: nothing serious, nothing critical."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import Settings
from benchmarks.serving import chromium_running, serving
from tests.browser import GRADIO_WARNS, PATIENCE, browser_test
from ui.backend import Backend

pytestmark = [browser_test, pytest.mark.slow, *GRADIO_WARNS]


@pytest.fixture(scope="module")
def address(starter_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("accessible") / "home"
    shutil.copytree(starter_home, home)
    backend = Backend(Settings(home=home, engine="extractive"))
    backend.open()
    with serving(backend, ("Why?",), 18850) as served:
        yield served
    backend.close()


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
    """The empty chat, an answer and its source, the library, a memo and adding to it."""
    faults: dict[str, list[str]] = {}
    with chromium_running() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 900}, color_scheme=scheme)
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector("#question textarea")
        page.wait_for_timeout(1500)
        faults["start"] = grave(page)
        page.locator("#bar-who button").click()
        page.locator("#engines-list summary").first.click()
        page.locator("#engines-list [data-row=openai] summary").click()
        faults["engines"] = grave(page)
        page.keyboard.press("Escape")
        page.fill("#question textarea", "When was the AI diffusion rule rescinded?")
        page.keyboard.press("Enter")
        page.wait_for_selector("a.cite")
        page.wait_for_selector("#chat .acts")
        page.click("a.cite")
        page.wait_for_selector("#source mark")
        faults["answer"] = grave(page)
        page.get_by_role("tab", name="Library").click()
        page.wait_for_selector("#library-table tbody tr")
        page.locator("#library-table td.title button").first.click()
        page.wait_for_selector("#library-document h2")
        page.locator("#library-table tbody input").first.check()
        page.wait_for_selector("#library-selection .selected")
        page.click("#bar-add button")
        page.wait_for_selector("#add-panel.open")
        faults["library"] = grave(page)
        page.get_by_role("tab", name="Memo").click()
        page.fill("#topic textarea", "What do export controls do to DeepSeek?")
        page.get_by_role("button", name="Write the memo").click()
        page.get_by_text("cited sentences were checked").wait_for()
        faults["memo"] = grave(page)
        page.get_by_role("tab", name="Chat").click()
        page.get_by_role("button", name="Add to memo").click()
        page.wait_for_selector("#into")
        faults["add to memo"] = grave(page)
    assert {name: found for name, found in faults.items() if found} == {}
