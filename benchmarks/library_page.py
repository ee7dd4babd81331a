"""Time the library page and the source panel over 1,000 documents and 50,000 passages.

    python -m benchmarks.library_page [--keep FOLDER]

The documents are invented from the words of the starter library, embedded by counting words: the
page does not depend on the model. In a headless Chromium: the library tab until its table stands,
and a search in it until it is filtered; medians and maxima of ten, in seconds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.serving import chromium_running, serving
from corpus.document import Document, Passage, Source
from corpus.starter import starter_files
from index.embedding import HashEmbedder
from ui.backend import Backend

_DOCUMENTS, _PASSAGES = 1000, 50
# Each finds another number of documents than the one before.
_TERMS = ("1", "12", "123", "9", "98", "987", "5", "55", "555", "report")


def filled(home: Path) -> None:
    """Publish the documents, unless the library in `home` holds them."""
    chance = random.Random(11)
    words = " ".join(
        one.read_text("utf-8") for one in starter_files() if one.suffix == ".md"
    ).split()
    embedder = HashEmbedder()
    with Workspace(Settings(home=home, embedder="hash")) as workspace:
        if len(workspace.library.entries()) >= _DOCUMENTS:
            return
        with workspace.library.writing():
            for number in range(_DOCUMENTS):
                texts = [" ".join(chance.choices(words, k=40)) + "." for _ in range(_PASSAGES)]
                whole = "\n\n".join(texts)
                source = Source(
                    f"Report {number} on {chance.choice(words)}",
                    f"report/{number}.md",
                    f"Publisher {number % 37}",
                    f"20{20 + number % 6}-{number % 12 + 1:02}-15",
                )
                document = Document(source, whole)
                passages, at = [], 0
                for text in texts:
                    passages.append(Passage(document.id, at, at + len(text), text))
                    at += len(text) + 2
                vectors = embedder.embed(texts)
                workspace.library.publish(document, passages, vectors, embedder=embedder.name)
            workspace.indexes.update()


def timed(what: str, act: Callable[[int], None], times: int = 10) -> None:
    """Print the median and the maximum of an action, in seconds."""
    taken = []
    for number in range(times):
        started = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - started)
    print(f"{what:<44}{statistics.median(taken):>8.2f}{max(taken):>8.2f}", flush=True)


def main() -> None:
    """Build the library, serve it and time it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = given.keep or Path(temporary)
        filled(home)
        backend = Backend(Settings(home=home, embedder="hash"))
        backend.open()
        print(f"{'':<44}{'median':>8}{'most':>8}")
        with serving(backend, (), 19400) as address, chromium_running() as browser:
            page = browser.new_page(viewport={"width": 1300, "height": 900})
            page.goto(address)
            page.wait_for_selector("#question textarea")
            page.wait_for_timeout(5000)

            def opened(_: int) -> None:
                page.get_by_role("tab", name="Ask").click()
                page.get_by_role("tab", name="Library").click()
                page.wait_for_selector("#library-table tbody tr")

            def filtered(number: int) -> None:
                before = page.inner_text("#library-line")
                page.fill("#library-search input, #library-search textarea", _TERMS[number])
                page.wait_for_function(
                    "before => document.querySelector('#library-line').innerText !== before",
                    arg=before,
                )

            def read(number: int) -> None:
                button = page.locator("#library-table td.title button").nth(number)
                title = button.inner_text()
                button.click()
                page.wait_for_function(
                    "title => document.querySelector('#library-document h2')?.innerText === title",
                    arg=title,
                )

            timed("library page opens, 1,000 documents", opened)
            timed("library page searches titles and texts", filtered)
            page.fill("#library-search input, #library-search textarea", "")
            page.wait_for_timeout(2000)
            timed("a document is read", read)
        backend.close()


if __name__ == "__main__":
    main()
