"""Take pictures of every page in all its states, over the starter library, in a headless Chromium.

    make screenshots        (or: python -m benchmarks.screenshots FOLDER [LOOK …])

Looks: wide, dark, zh (Chinese), phone, zoom (200 %); all unless some are named. Each picture
is to be looked at: clipped text, an empty panel or a spinner without words is a fault of the page.
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
from ui.wording import word

_LOOKS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "zh": {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "zoom": {"viewport": {"width": 720, "height": 450}, "device_scale_factor": 2},
}
# By language: a question that has a banner, one that is answered by a report so that a page is
# drawn beside it, one that nothing answers, and a topic.
_ASKED = {
    "en": ("What is the 50 percent affiliates rule?",
           "How do the open-weight models compare in cost?",
           "Who will win the election in 2032?", "What do export controls do to DeepSeek?"),
    "zh": ("实体清单是什么？", "DeepSeek-V3 的训练成本是多少？", "2032 年谁会赢得选举？",
           "出口管制对 DeepSeek 有什么影响？"),
}  # fmt: skip


def shots(page: Any, address: str, folder: Path, name: str) -> None:
    """Go through the page as a reader does, and take a picture of each state."""
    language = "zh" if name == "zh" else "en"

    def shot(state: str, wait: int = 1200) -> None:
        page.wait_for_timeout(wait)
        page.screenshot(path=folder / f"{name}-{state}.png")

    def tab(key: str) -> None:
        page.get_by_role("tab", name=word(key, language), exact=True).click()

    page.goto(address, wait_until="commit")
    page.wait_for_selector("#first")
    shot("1-first", 0)
    page.wait_for_selector("#first", state="detached", timeout=60_000)
    shot("2-start")
    *questions, topic = _ASKED[language]
    for state, question in zip(("3-banner", "4-answer", "5-declined"), questions, strict=True):
        page.fill("#question textarea", question)
        page.keyboard.press("Enter")
        page.locator("#latest .asked", has_text=question).wait_for()
        page.wait_for_selector("#latest [data-act='good']", timeout=120_000)
        # The source, the pictures and what to ask next come after the answer.
        shot(state, 3000)
    tab("page.library")
    page.wait_for_selector("#library-table button[data-act='open']")
    shot("6-library")
    page.locator("#library-table button[data-act='open']").nth(2).click()
    shot("7-document", 2500)
    tab("page.memo")
    page.fill("#topic textarea, #topic input", topic)
    page.keyboard.press("Enter")
    shot("8-memo-form", 2500)
    page.click("#memo-go")
    page.wait_for_selector("#memo article[data-editable]", timeout=120_000)
    page.locator("#memo a.memo-cite").first.click()
    shot("9-memo", 2500)
    for number, panel in enumerate(("engines", "scope", "add"), start=10):
        page.evaluate(f"openPanel('{panel}-panel', null)")
        shot(f"{number}-{panel}")
        page.keyboard.press("Escape")


def main() -> None:
    """Serve the starter library and take the pictures in each look."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with Workspace(settings) as workspace:
            list(add_starter(workspace))
        backend = Backend(settings)
        backend.open()
        with serving(backend, EXAMPLES, 19300) as address, chromium_running() as browser:
            for name in sys.argv[2:] or _LOOKS:
                context = browser.new_context(**_LOOKS[name])
                shots(context.new_page(), address, folder, name)
                context.close()
        backend.close()
    print(f"pictures in {folder}")


if __name__ == "__main__":
    main()
