"""A simulation of one machine's queues, and a load test that says how far it can be trusted.

Run: python -m benchmarks.load [--asks 120] [--loads 0.4 0.7] [--crowd 20] [--documents 12]. It
opens the page's backend over the starter library with the quoting engine, measures how long one
question takes alone, beside another and beside an addition, and simulates what follows from that
(SimPy). Then the same arrivals are sent to the backend itself. Printed are both, and their ratio;
docs/scale.md quotes it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import simpy

from assistant.answer import Question
from assistant.settings import Settings
from benchmarks.asking_while_writing import articles
from corpus.starter import starter_files
from index.ingest import Report
from ui.backend import Backend

# How many questions ui.backend lets run at once.
_AT_ONCE = 2
_SEED = 20261201
# Seconds between two questions of which each is alone.
_PAUSE = 0.7
# So many simulated days of the same load; the figures are their means.
_RUNS = 200
_WAYS = (
    "What does “{title}” say?",
    "Who is named in “{title}”?",
    "Which dates does “{title}” give?",
    "What is new in “{title}”?",
    "Which rules does “{title}” mention?",
    "Which companies does “{title}” mention?",
    "What is uncertain in “{title}”?",
    "When was the decision of “{title}” taken?",
    "Who is affected by “{title}”?",
    "Which figures does “{title}” give?",
    "Why does “{title}” matter for DeepSeek?",
    "What changed according to “{title}”?",
)


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds that questions took, one by one: alone, beside another one, beside an addition.

    `document` is how long adding a document takes while nobody asks.
    """

    alone: list[float]
    beside: list[float]
    adding: list[float]
    document: float


@dataclass(frozen=True, slots=True)
class Waits:
    """What askers waited, in seconds: the mean, the median and the 95th percentile."""

    mean: float
    median: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Waits:
        """Return the figures of some waits."""
        return cls(
            statistics.fmean(seconds),
            float(np.quantile(seconds, 0.5)),
            float(np.quantile(seconds, 0.95)),
        )


class Asker:
    """Asks questions that nobody asked before: an answer that is cached would be no work."""

    def __init__(self, backend: Backend) -> None:
        titles = [entry.source.title for entry in backend.entries()]
        questions = [way.format(title=title) for way in _WAYS for title in titles]
        random.Random(_SEED).shuffle(questions)
        self._backend = backend
        self._questions = iter(questions)
        self._lock = threading.Lock()
        self._number = 0

    def ask(self) -> float:
        """Ask the next question; return the seconds until its answer was whole."""
        with self._lock:
            self._number += 1
            number = self._number
            question = Question(next(self._questions))
        started = time.perf_counter()
        work = partial(self._backend.answers, question)
        *_, answer = self._backend.questions.start(f"load-{number}", work).watch()
        if answer.outcome == "failed":
            raise SystemExit(answer.notice)
        return time.perf_counter() - started

    def at(self, arrivals: Sequence[float]) -> list[float]:
        """Ask once at each of those seconds from now; return what each waited."""
        waits: list[float] = []
        began = time.perf_counter()
        threads = []
        for arrival in arrivals:
            time.sleep(max(0.0, began + arrival - time.perf_counter()))
            threads.append(threading.Thread(target=lambda: waits.append(self.ask())))
            threads[-1].start()
        for thread in threads:
            thread.join()
        return waits

    def in_turn(self, count: int, askers: int = 1, *, pause: float = 0.0) -> list[float]:
        """Have some askers ask one after the other, after so many seconds; return every wait."""
        waits: list[float] = []

        def go() -> None:
            for _ in range(count // askers):
                time.sleep(pause)
                waits.append(self.ask())

        threads = [threading.Thread(target=go) for _ in range(askers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return waits


def simulated(
    costs: Costs, arrivals: Sequence[float], rng: random.Random, *, alone: list[float] | None = None
) -> list[float]:
    """Return what askers would wait who come at those seconds: one queue, two at once.

    How much work an answer is, is drawn from what was measured alone, or from `alone`. Two that are
    worked on at the same time both go on more slowly, by as much as was measured.
    """
    environment = simpy.Environment()
    desks = simpy.Resource(environment, capacity=_AT_ONCE)
    both = statistics.fmean(costs.alone) / statistics.fmean(costs.beside)
    # What is worked on; each is told when another one comes or goes.
    working: list[simpy.Process] = []
    waits: list[float] = []

    def tell_others() -> None:
        for one in working:
            if one is not environment.active_process:
                one.interrupt()

    def asker(arrival: float) -> Iterator[simpy.Event]:
        yield environment.timeout(arrival)
        with desks.request() as turn:
            yield turn
            left = rng.choice(alone or costs.alone)
            process = environment.active_process
            assert process is not None
            tell_others()
            working.append(process)
            while left > 1e-9:
                speed = both if len(working) > 1 else 1.0
                began = environment.now
                try:
                    yield environment.timeout(left / speed)
                    left = 0.0
                except simpy.Interrupt:
                    left -= (environment.now - began) * speed
            working.remove(process)
            tell_others()
        waits.append(environment.now - arrival)

    for arrival in arrivals:
        environment.process(asker(arrival))
    environment.run()
    return waits


def predicted(costs: Costs, arrivals: Sequence[float], **more: list[float]) -> Waits:
    """Return the mean of many simulated runs of the same arrivals."""
    rng = random.Random(_SEED)
    runs = [Waits.of(simulated(costs, arrivals, rng, **more)) for _ in range(_RUNS)]
    return Waits(
        statistics.fmean(one.mean for one in runs),
        statistics.fmean(one.median for one in runs),
        statistics.fmean(one.p95 for one in runs),
    )


def arrivals_of(rate: float, count: int) -> list[float]:
    """Return when so many askers come, at so many a second on average (a Poisson process)."""
    rng = random.Random(_SEED + count)
    at, found = 0.0, []
    for _ in range(count):
        at += rng.expovariate(rate)
        found.append(at)
    return found


def added(backend: Backend, files: Sequence[Path]) -> Callable[[], float]:
    """Begin to add files; return what waits for the end and says how many seconds it took."""
    workspace = backend.workspace()
    if workspace is None:
        raise SystemExit("the library does not open")
    started = time.perf_counter()
    job = backend.additions.start("load", lambda: workspace.add(files))

    def wait() -> float:
        *_, last = job.watch()
        if not isinstance(last, Report) or last.refused:
            raise SystemExit(f"nothing was added: {last}")
        return time.perf_counter() - started

    return wait


def measured(asker: Asker, backend: Backend, files: Sequence[Path], count: int) -> Costs:
    """Measure the costs on this machine, now."""
    document = added(backend, files[: len(files) // 2])() / (len(files) // 2)
    wait = added(backend, files[len(files) // 2 :])
    beside_adding = []
    running = True
    while running:
        beside_adding.append(asker.ask())
        time.sleep(0.5)
        running = bool(backend.additions.unfinished())
    wait()
    # A question after a pause costs more than one right behind another: caches are cold again.
    alone = asker.in_turn(count, pause=_PAUSE)
    return Costs(alone, asker.in_turn(count, _AT_ONCE), beside_adding, document)


def row(name: str, guess: float, seen: float) -> str:
    """Return a line of the table, with the ratio of prediction and measurement."""
    return f"| {name} | {guess:.2f} s | {seen:.2f} s | {guess / seen:.2f} |"


def rows(name: str, guess: Waits, seen: Waits) -> Iterator[str]:
    """Yield the lines of one load."""
    for figure in ("mean", "median", "p95"):
        yield row(f"{name}: {figure}", getattr(guess, figure), getattr(seen, figure))


def main() -> None:
    """Measure, simulate, try it, and print both side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asks", type=int, default=120)
    parser.add_argument("--loads", type=float, nargs="*", default=[0.4, 0.7])
    parser.add_argument("--crowd", type=int, default=20)
    parser.add_argument("--documents", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        backend = Backend(Settings(Path(folder) / "library", engine="extractive"))
        backend.open()
        while not backend.opening_finished():
            time.sleep(0.1)
        try:
            for line in report(backend, Path(folder), options):
                print(line, flush=True)
        finally:
            backend.close()


def report(backend: Backend, folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the report."""
    asker = Asker(backend)
    files = articles(folder / "articles", 4 * options.documents)
    asker.in_turn(4)
    costs = measured(asker, backend, files[: 2 * options.documents], options.asks // 3)
    alone, beside, adding = (
        statistics.fmean(one) for one in (costs.alone, costs.beside, costs.adding)
    )
    yield (
        f"A question alone {alone:.3f} s, beside another {beside:.3f} s, beside an addition"
        f" {adding:.3f} s; a document of the starter library's kind"
        f" ({len(starter_files())} of them) {costs.document:.2f} s."
    )
    yield "\n| what | predicted | measured | ratio |\n|---|---|---|---|"
    for load in options.loads:
        # Of what two at once can answer.
        arrivals = arrivals_of(load * _AT_ONCE / beside, options.asks)
        yield from rows(
            f"asks at {load:.0%} of capacity",
            predicted(costs, arrivals),
            Waits.of(asker.at(arrivals)),
        )
    crowd = [0.0] * options.crowd
    yield from rows(f"{options.crowd} at once", predicted(costs, crowd), Waits.of(asker.at(crowd)))
    more = files[2 * options.documents : 3 * options.documents]
    yield row(f"adding {len(more)} documents", costs.document * len(more), added(backend, more)())
    last = files[3 * options.documents :]
    # While documents are added, an asker comes every second question's time on average; the
    # addition waits while a question is worked on.
    rate = 0.5 / adding
    until = costs.document * len(last) / (1 - rate * adding)
    arrivals = [one for one in arrivals_of(rate, 1000) if one < until]
    wait = added(backend, last)
    seen = Waits.of(asker.at(arrivals))
    took = wait()
    yield from rows(
        "asks while documents are added", predicted(costs, arrivals, alone=costs.adding), seen
    )
    yield row(f"adding {len(last)} documents while asked", until, took)


if __name__ == "__main__":
    main()
