"""How soon the page can be used, and whether anything jumps until the first answer stands.

    python -m benchmarks.page [--home FOLDER] [--rounds N]

It serves the page over a library (the starter library in a new folder unless one is given) with the
engine that quotes, and opens it in a headless Chromium, N times, each in a browser profile of its
own. Usable: a question can be typed and is kept. Whole: Gradio's page has taken over. Answered: the
first answer stands whole after Enter. Layout shift is Chromium's own measure (sum of the session,
https://web.dev/articles/cls), from the opening of the page to a second after the answer; beside it
the same with the shifts within 500 ms of a key or click, which that measure leaves out.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from assistant.starter import EXAMPLES, add_starter
from assistant.workspace import Workspace
from benchmarks.serving import chromium_running, serving
from ui.backend import Backend

_SHIFTS = """
window.shifted = {counted: 0, all: 0, what: []};
new PerformanceObserver(list => { for (const one of list.getEntries()) {
  window.shifted.all += one.value;
  if (!one.hadRecentInput) window.shifted.counted += one.value;
  const named = one.sources.map(source => source.node && (source.node.id || source.node.className));
  window.shifted.what.push([Number(one.value.toFixed(4)), ...named]);
} }).observe({type: 'layout-shift', buffered: true});
"""


def opened_once(browser: Any, address: str, question: str) -> dict[str, Any]:
    """Open the page, ask, and return seconds and shifts."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(_SHIFTS)
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator("#first textarea, #question textarea").first.wait_for()
    usable = time.perf_counter() - started
    page.wait_for_selector("#first", state="detached")
    whole = time.perf_counter() - started
    page.wait_for_timeout(1000)
    page.fill("#question textarea", question)
    asked = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_selector("#latest [data-act='good']", timeout=120_000)
    answered = time.perf_counter() - asked
    page.wait_for_timeout(1000)
    shifted = page.evaluate("window.shifted")
    context.close()
    return {"usable": usable, "whole": whole, "answered": answered, **shifted}


def main() -> None:
    """Print the medians and the worst shift."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--question", default="When was the AI diffusion rule rescinded?")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=chosen.home or Path(folder), engine="extractive")
        if chosen.home is None:
            with Workspace(settings) as workspace:
                list(add_starter(workspace))
        backend = Backend(settings)
        backend.open()
        while not backend.opening_finished():
            time.sleep(0.1)
        with serving(backend, EXAMPLES, 19400) as address, chromium_running() as browser:
            rounds = [opened_once(browser, address, chosen.question) for _ in range(chosen.rounds)]
        backend.close()
    for name in ("usable", "whole", "answered"):
        values = sorted(one[name] for one in rounds)
        print(f"{name}: median {statistics.median(values):.2f} s, worst {values[-1]:.2f} s")
    worst = max(rounds, key=lambda one: one["all"])
    print(f"layout shift, worst: {max(one['counted'] for one in rounds):.4f}; "
          f"with those after keys and clicks {worst['all']:.4f}")  # fmt: skip
    for one in worst["what"]:
        print("   ", *one)


if __name__ == "__main__":
    main()
