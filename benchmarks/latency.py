"""What searches and quoted answers take where users wait, in libraries of several sizes.

Run: python -m benchmarks.latency --home FOLDER [--home FOLDER …] [--questions FILE]. A process a
library, asked in turns, so that all of them meet the same machine: searches with reading over
everything, over about half of the documents and over a few, and quoted answers with the judge's
check. No question is asked twice of a library. Seconds, core-seconds, the seconds of each step,
and the memory of each process; ratios are to the first library.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from assistant.answer import Question
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import tracing
from index.filters import Filters

_WAYS = ("search", "half", "few", "answer")
# Of "search" the three steps after it are parts; the rest of it is the weighing of signals.
_STEPS = ("embed", "search", "vectors", "words", "late", "passages", "read", "check")
_WARM_UP = "What does the report say about {way}?"
_LIMIT = 10


def half(workspace: Workspace) -> Filters:
    """Return filters that about half of the documents pass, by their date."""
    dates = sorted(one.source.dated for one in workspace.library.entries())
    return Filters(since=dates[len(dates) // 2] or "2000")


def few(workspace: Workspace) -> Filters:
    """Return filters that the documents of a publisher with few pass."""
    counts: dict[str, int] = defaultdict(int)
    for one in workspace.library.entries():
        if one.source.publisher:
            counts[one.source.publisher] += 1
    return Filters(publishers=(min(sorted(counts), key=lambda one: counts[one]),))


def serve(home: Path) -> None:
    """Answer each line {"way", "question"} with a line of what it took, until there is none."""
    taken: dict[str, float] = defaultdict(float)

    def noted(name: str, seconds: float) -> None:
        taken[name] += seconds

    started = time.perf_counter()
    with Workspace(Settings(home, engine="extractive")) as workspace:
        tracing.time_steps(noted)
        bounds = {"search": Filters(), "half": half(workspace), "few": few(workspace)}

        def done(way: str, question: str) -> None:
            if way == "answer":
                *_, _ = ask(workspace, Question(question))
            else:
                workspace.retriever.search(question, limit=_LIMIT, filters=bounds[way])

        for way in _WAYS:
            done(way, _WARM_UP.format(way=way))
        passages = workspace.retriever.passages
        ready = {"passages": passages, "opened": time.perf_counter() - started}
        print(json.dumps(ready), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            taken.clear()
            core, began = _core_seconds(), time.perf_counter()
            done(asked["way"], asked["question"])
            seconds = time.perf_counter() - began
            said = {"seconds": seconds, "core": _core_seconds() - core, "steps": taken}
            print(json.dumps(said), flush=True)


def _core_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@dataclass(slots=True)
class Asked:
    """A library's process and what it said: by way, the seconds of each question, and of steps."""

    process: subprocess.Popen[str]
    passages: int = 0
    opened: float = 0.0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    core: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    steps: dict[str, dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )

    @classmethod
    def begun(cls, home: Path) -> Asked:
        """Start the process of a library and wait until it is warm."""
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.latency", "--serve", str(home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        ready = json.loads(_pipe(process.stdout).readline())
        return cls(process, ready["passages"], ready["opened"])

    def ask(self, way: str, question: str) -> None:
        """Have a question searched for or answered, and note what it took."""
        _pipe(self.process.stdin).write(json.dumps({"way": way, "question": question}) + "\n")
        _pipe(self.process.stdin).flush()
        said = json.loads(_pipe(self.process.stdout).readline())
        self.seconds[way].append(said["seconds"])
        self.core[way].append(said["core"])
        for name, seconds in said["steps"].items():
            self.steps[way][name] += seconds

    def memory(self) -> str:
        """Return peak and present memory in megabytes."""
        found = {}
        for file, names in (("status", ("VmHWM", "RssAnon")), ("smaps_rollup", ("Pss",))):
            for line in Path(f"/proc/{self.process.pid}/{file}").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in names:
                    found[name] = int(rest.split()[0]) / 1024
        return (
            f"{found['VmHWM']:,.0f} MB at most, now {found['Pss']:,.0f} MB proportional, "
            f"of which {found['RssAnon']:,.0f} MB its own"
        )

    def close(self) -> None:
        """End it."""
        _pipe(self.process.stdin).close()
        self.process.wait(60)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of some values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, round(share * len(ordered)) - 1)]


def table(asked: Sequence[Asked], say: Callable[[str], object]) -> None:
    """Say what was measured, a line for each way and library."""
    shown = "".join(f"{one:>10}" for one in _STEPS)
    say(f"{'':8}{'passages':>9}{'p50 ms':>8}{'p95 ms':>8}{'ratio':>7}{'core ms':>9}{shown}")
    for way in _WAYS:
        first = percentile(asked[0].seconds[way], 0.5)
        for one in asked:
            seconds, steps = one.seconds[way], one.steps[way]
            middle, count = percentile(seconds, 0.5), len(seconds)
            parts = "".join(f"{1e3 * steps[step] / count:10.1f}" for step in _STEPS)
            say(
                f"{way:8}{one.passages:>9,}{1e3 * middle:8.0f}"
                f"{1e3 * percentile(seconds, 0.95):8.0f}{middle / first:7.2f}"
                f"{1e3 * sum(one.core[way]) / count:9.0f}{parts}"
            )
    for one in asked:
        say(f"{one.passages:,} passages: warm after {one.opened:.1f} s; {one.memory()}")


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, action="append", default=[], help="data folder")
    parser.add_argument("--questions", type=Path, help='JSON Lines with "q"')
    parser.add_argument("--each", type=int, default=30, help="questions of each way")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
        return
    if not given.home or not given.questions:
        parser.error("give --home and --questions")
    lines = given.questions.read_text(encoding="utf-8").splitlines()
    questions = list(dict.fromkeys(json.loads(line)["q"] for line in lines if line.strip()))
    step = max(1, len(questions) // (given.each * len(_WAYS)))
    asked = [Asked.begun(home) for home in given.home]
    for number, question in enumerate(questions[::step][: given.each * len(_WAYS)]):
        for one in asked:
            one.ask(_WAYS[number % len(_WAYS)], question)
    table(asked, lambda line: sys.stdout.write(f"{line}\n"))
    for one in asked:
        one.close()


if __name__ == "__main__":
    main()
