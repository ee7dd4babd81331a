"""Take pictures of every page, over the starter library, in a headless Chromium.

    make screenshots        (or: python -m benchmarks.screenshots [FOLDER])

FOLDER is docs/ unless given. Each picture is to be looked at: clipped text, an empty panel or a
spinner without words is a fault of the page.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from assistant.starter import EXAMPLES, add_starter
from assistant.workspace import Workspace
from benchmarks.serving import chromium_running, serving
from ui.backend import Backend

# Answered by a report of the starter library, so that a page is drawn beside it.
_QUESTION = "How do the open-weight models compare in cost?"
_TOPIC = "What do export controls do to DeepSeek?"


def shots(page: Any, address: str, folder: Path, name: str) -> None:
    """Ask, follow a marker into a report, look at the library and write a memo; a picture each."""
    page.goto(address)
    page.wait_for_selector("#question textarea", timeout=60_000)
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / f"{name}-start.png")
    page.fill("#question textarea", _QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("a.cite", timeout=120_000)
    page.wait_for_timeout(3000)
    for link in page.query_selector_all("a.cite"):
        link.click()
        page.wait_for_timeout(2000)
        if page.query_selector("#source .sheet"):
            break
        close = page.query_selector("#source .close")
        if close and close.is_visible():
            close.click()
    page.screenshot(path=folder / f"{name}-chat.png")
    close = page.query_selector("#source .close")
    if close and close.is_visible():
        close.click()
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector("#library-table tbody tr")
    page.locator("#library-table td.title button").nth(2).click()
    page.wait_for_selector("#library-document h2")
    page.screenshot(path=folder / f"{name}-library.png")
    page.get_by_role("tab", name="Memo").click()
    page.fill("#topic textarea", _TOPIC)
    page.get_by_role("button", name="Write the memo").click()
    page.get_by_text("cited sentences were checked").wait_for(timeout=120_000)
    page.locator("#memo a.memo-cite").first.click()
    page.wait_for_selector("#memo-source .source:not(.empty)")
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"{name}-memo.png")


def main() -> None:
    """Serve the starter library and take the pictures: wide, dark, and as wide as a phone."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), engine="extractive")
        with Workspace(settings) as workspace:
            list(add_starter(workspace))
        backend = Backend(settings)
        backend.open()
        with serving(backend, EXAMPLES, 19300) as address, chromium_running() as browser:
            for name, size, scheme in (
                ("wide", (1400, 900), "light"),
                ("dark", (1400, 900), "dark"),
                ("phone", (390, 844), "light"),
            ):
                page = browser.new_page(
                    viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
                )
                shots(page, address, folder, name)
                page.close()
        backend.close()
    print(f"12 pictures in {folder}")


if __name__ == "__main__":
    main()
