"""Every state of the page passes axe-core, light and dark: nothing serious, nothing critical."""

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
from ui.wording import word

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


# A question that a newer document changes the answer to, and one that nothing answers.
ASKED = {
    "en": ("What is the 50 percent affiliates rule?", "Who will win the election in 2032?",
           "What do export controls do to DeepSeek?"),
    "zh": ("实体清单是什么？", "2032 年谁会赢得选举？", "DeepSeek 模型的训练成本"),
}  # fmt: skip


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "zh")])
def test_no_page_has_a_serious_fault(address: str, scheme: Any, language: str) -> None:
    """The first screen, panels, answers and their sources, the library, a memo: all states."""
    faults: dict[str, list[str]] = {}
    changed, nothing, topic = ASKED[language]

    def look(state: str) -> None:
        faults[state] = grave(page)

    def tab(key: str) -> None:
        page.get_by_role("tab", name=word(key, language), exact=True).click()

    with chromium_running() as browser:
        page = browser.new_page(
            viewport={"width": 1300, "height": 900},
            color_scheme=scheme,
            locale={"en": "en-US", "zh": "zh-CN"}[language],
        )
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector("#first", state="detached")
        look("start")
        for panel in ("scope", "engines", "keys", "add"):
            page.evaluate(f"openPanel('{panel}-panel', null)")
            page.wait_for_timeout(400)
            look(panel)
            page.keyboard.press("Escape")
        for state, question in (("answer", changed), ("declined", nothing)):
            page.fill("#question textarea", question)
            page.keyboard.press("Enter")
            page.locator("#latest .asked", has_text=question).wait_for()
            page.wait_for_selector("#latest [data-act='good']")
            page.wait_for_timeout(1500)
            look(state)
        tab("page.library")
        page.locator("#library-table button[data-act='open']").first.click()
        page.wait_for_function("document.querySelectorAll('#library-source p').length > 3")
        look("library")
        tab("page.memo")
        page.click("#memo-anew")
        page.fill("#topic textarea, #topic input", topic)
        page.keyboard.press("Enter")
        page.wait_for_timeout(1500)
        look("memo form")
        page.click("#memo-go")
        page.wait_for_selector("#memo article[data-editable]")
        look("memo")
    assert {name: found for name, found in faults.items() if found} == {}
