"""How long a question takes while documents are added, the indexes rebuilt, all embedded again.

`python -m benchmarks.asking_while_writing [--documents N] [--questions N]` opens the page's backend
on a new folder with the starter library, asks its example questions in turn while nothing else is
done, then while each kind of writing goes on, and prints medians, 95th percentiles (seconds) and
their ratio to those of the idle run beside it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from assistant.answer import Question
from assistant.settings import Settings
from assistant.starter import EXAMPLES
from corpus.starter import starter_files
from index.ingest import Progress, embed_again
from ui.backend import Backend


def articles(folder: Path, count: int) -> list[Path]:
    """Write so many articles, each a starter article with another port in every paragraph."""
    folder.mkdir()
    texts = [one.read_text() for one in starter_files() if one.suffix == ".md"]
    files = []
    for number in range(count):
        file = folder / f"article-{number}.md"
        body = texts[number % len(texts)].split("---", 2)[-1]
        parts = [f"{part} Port {number} saw it too." for part in body.split("\n\n") if part.strip()]
        file.write_text(
            f"---\ntitle: Port {number}\n---\n\n" + "\n\n".join(parts), encoding="utf-8"
        )
        files.append(file)
    return files


def asked(backend: Backend, until: Callable[[int], bool]) -> list[float]:
    """Ask the examples in turn until told to stop; return the seconds of each."""
    seconds: list[float] = []
    while not until(len(seconds)):
        question = Question(EXAMPLES[len(seconds) % len(EXAMPLES)])
        started = time.perf_counter()
        job = backend.questions.start("bench", partial(backend.answers, question))
        *_, answer = job.watch()
        seconds.append(time.perf_counter() - started)
        if answer.outcome == "failed":
            raise SystemExit(answer.notice)
        # A reader thinks before the next one, and the addition goes on.
        time.sleep(0.2)
    return seconds


def beside(
    backend: Backend, name: str, work: Callable[[], Iterator[Any]], most: int
) -> list[float]:
    """Ask while some work goes on in the background, at most so often; return the seconds."""
    began = threading.Event()

    def steps() -> Iterator[Any]:
        for step in work():
            began.set()
            yield step
        began.set()

    job = backend.additions.start(name, steps)
    began.wait()
    found = asked(backend, lambda count: job.ended or count >= most)
    job.cancel()
    list(job.watch())
    return found


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--embedder", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        settings = Settings(home=home, **({"embedder": chosen.embedder} if chosen.embedder else {}))
        backend = Backend(settings)
        backend.open()
        while not backend.opening_finished():
            time.sleep(0.5)
        workspace = backend.workspace()
        if workspace is None:
            raise SystemExit(backend.status())
        most = chosen.questions
        asked(backend, lambda count: count >= len(EXAMPLES))
        idle = asked(backend, lambda count: count >= most)
        files = articles(Path(folder) / "articles", chosen.documents)

        def rebuilding() -> Iterator[Progress]:
            for number in range(most):
                yield Progress("rebuilding", number, most)
                workspace.indexes.update(rebuild=True)

        rows = {
            "idle": idle,
            f"adding {len(files)} documents": beside(
                backend, "add", lambda: workspace.add(files), most
            ),
            "rebuilding": beside(backend, "rebuild", rebuilding, most),
            "embedding again": beside(
                backend,
                "embed",
                lambda: embed_again(
                    workspace.library, workspace.document_embedder(), workspace.indexes
                ),
                most,
            ),
            "idle again": asked(backend, lambda count: count >= most),
        }
        rest = statistics.quantiles(idle + rows["idle again"], n=20)[18]
        print(f"{'':<24}{'questions':>10}{'median':>9}{'p95':>9}{'p95 / idle':>12}")
        for name, seconds in rows.items():
            worst = statistics.quantiles(seconds, n=20)[18]
            middle = statistics.median(seconds)
            print(f"{name:<24}{len(seconds):>10}{middle:>9.3f}{worst:>9.3f}{worst / rest:>12.2f}")
        backend.close()


if __name__ == "__main__":
    main()
