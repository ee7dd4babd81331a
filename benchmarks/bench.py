"""Every measurement of docs/benchmarks.md, or some: `make bench PART="ingest growth"`.

Each part is run by the code of its own command, kept in docs/benchmarks.json under its name, and
the page is written anew after it; a part that fails stops the rest and leaves what was measured.
Libraries that are grown stay in `.bench` for the next time (500,000 passages: 8 GB).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks import bench_page, latency, one_file, startup, users
from benchmarks.bench_results import ROOT, Results
from benchmarks.beside import PEERS, Bench, asked_of, compare, files_in, printed
from benchmarks.grown import grow
from benchmarks.growth_fit import told
from benchmarks.measured_process import peak_of, run, size_of
from benchmarks.serving import chromium_running
from index.openvino_embedder import usable_cores

_SIZES = (1_000, 10_000, 100_000)
_COLD = 10_000
_READERS = (20, 200)
# Questions of each way of asking a library: a p95 of fewer is that of one or two.
_EACH = 40
_FILES = 5
_WAYS = ("search", "half", "few", "answer")


@dataclass
class Given:
    """What a run is given: documents, questions, sizes, rounds, and a folder for what it makes."""

    documents: Sequence[Path]
    questions: Path | None
    sizes: Sequence[int]
    rounds: int
    folder: Path

    @cached_property
    def bench(self) -> Bench:
        """The PDFs and the questions, with the libraries and stores that were made last."""
        folder = Path(tempfile.mkdtemp(prefix="beside-", dir=self.folder))
        return Bench(files_in(self.documents, ".pdf"), folder, asked_of(self.questions))

    def library(self, passages: int) -> Path:
        """Return the folder of a library of so many passages, grown now unless it is there.

        It is grown from one of all documents, which is made by adding them.
        """
        source = self.folder / "source"
        if not source.exists():
            making = self.folder / "source.making"
            shutil.rmtree(making, ignore_errors=True)
            _added(making, files_in(self.documents))
            making.rename(source)
        target = self.folder / f"{passages}"
        with Workspace(_quoting(source)) as one, Workspace(_quoting(target)) as other:
            grow(one, other, passages)
        return target

    def asked(self, home: Path) -> list[str]:
        """Return questions, each once: those given, then some by the titles of the documents."""
        with Workspace(_quoting(home)) as workspace:
            titles = [one.source.title for one in workspace.library.entries()]
        known = asked_of(self.questions, _EACH * len(_WAYS))
        asked = [*known, *(f"What does “{one}” say?" for one in titles)]
        return list(dict.fromkeys(asked))[: _EACH * len(_WAYS)]

    def close(self) -> None:
        """Take away what only this run needs."""
        if "bench" in self.__dict__:
            shutil.rmtree(self.bench.folder)


def _quoting(home: Path) -> Settings:
    return Settings(home, engine="extractive")


def _added(home: Path, files: Sequence[Path]) -> None:
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", home, "add"]
    run([*command, "--json", *files])


def _told(*lines: str) -> None:
    print("\n".join(lines), flush=True)


def ingest(given: Given) -> dict[str, Any]:
    """Add the PDFs, beside every peer that indexes."""
    peers = [name for name, one in PEERS.items() if "ingest" in one.works]
    found = compare(given.bench, "ingest", peers, rounds=given.rounds)
    _told(*printed(found))
    return found.as_json()


def reading(given: Given) -> dict[str, Any]:
    """Read and cut the PDFs, beside PaperQA and LlamaIndex."""
    found = compare(given.bench, "read", ["paperqa", "llamaindex"], rounds=given.rounds)
    _told(*printed(found))
    return found.as_json()


def search(given: Given) -> dict[str, Any]:
    """Search the PDFs, beside every peer that does."""
    found = compare(given.bench, "search", ["llamaindex-256", "txtai"], rounds=given.rounds)
    _told(*printed(found))
    return found.as_json()


def growth(given: Given) -> dict[str, Any]:
    """Measure libraries of several sizes: opening, search, answers, one file more, memory, disk."""
    measured: dict[int, dict[str, float]] = {}
    for size in given.sizes:
        home = given.library(size)
        measured[size] = _opening(home) | _asking(home, given) | _disk(home)
        measured[size] |= _one_more(home, given)
        _told(*told(measured))
    return {str(size): costs for size, costs in measured.items()}


def _opening(home: Path) -> dict[str, float]:
    started = time.perf_counter()
    with Workspace(_quoting(home)) as workspace:
        workspace.indexes.snapshot()
        return {"opening": time.perf_counter() - started}


def _asking(home: Path, given: Given) -> dict[str, float]:
    """Search without and with filters, and answer, in a process of the library's own."""
    asked = latency.Asked.begun(home)
    for number, question in enumerate(given.asked(home)):
        asked.ask(_WAYS[number % len(_WAYS)], question)
    seconds = asked.seconds
    memory = peak_of(asked.process.pid) / 1e6
    asked.close()
    return {
        "search_p50": latency.percentile(seconds["search"], 0.5),
        "search_p95": latency.percentile(seconds["search"], 0.95),
        "filtered_p95": max(latency.percentile(seconds[one], 0.95) for one in ("half", "few")),
        "answer_p50": latency.percentile(seconds["answer"], 0.5),
        "answer_p95": latency.percentile(seconds["answer"], 0.95),
        "memory": memory,
    }


def _one_more(home: Path, given: Given) -> dict[str, float]:
    """Add small files, one after another, to a copy of the library."""
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        copy, files = Path(folder) / "home", Path(folder) / "files"
        shutil.copytree(home, copy)
        files.mkdir()
        with Workspace(_quoting(copy)) as workspace:
            # The first loads the models.
            added = [one_file.one_file(workspace, files, number) for number in range(_FILES + 1)]
    return {"one_file": statistics.median(one["besides"] for one in added[1:])}


def _disk(home: Path) -> dict[str, float]:
    parts = {name: home / "index" / name for name in ("vectors", "words", "forward")}
    parts["record"] = home / "library.sqlite3"
    return {name: size_of(path) / 1e6 for name, path in parts.items()}


def starting(given: Given) -> dict[str, Any]:
    """Ask from the command line and open the page, each from nothing, idle and on a slow day."""
    home = given.library(_COLD)
    questions = given.asked(home)
    found: dict[str, list[float]] = defaultdict(list)
    startup.asked_once(ROOT, home, questions[-1])
    with chromium_running() as browser:
        for question in questions[: given.rounds]:
            idle = startup.asked_once(ROOT, home, question)
            idle |= startup.page_once(ROOT, home, question, browser)
            with startup.busy(usable_cores()):
                slow = startup.page_once(ROOT, home, question, browser)
            for name, value in idle.items():
                found[name].append(value)
            found["slow: answered"].append(slow["page: answered"])
    return {name: statistics.median(values) for name, values in found.items()}


def readers(given: Given) -> dict[str, Any]:
    """Let twenty and 200 people ask the page at once."""
    found = {}
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for turn in ("filled", "warm"):
            process, _ = users.served(Path(folder))
            try:
                users.crowd(users.PORT, 1)
                for count in _READERS if turn == "warm" else ():
                    heard = users.crowd(users.PORT, count)
                    taken = [one.seconds for one in heard if one.answered]
                    found[str(count)] = {
                        "answered": len(taken),
                        "p95": latency.percentile(taken, 0.95),
                        "last": max(taken),
                    }
            finally:
                process.terminate()
                process.wait(30)
    return found


def install(given: Given) -> dict[str, float]:
    """Install the program as a user does, with nothing cached, in a copy of the checkout."""
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        copy = Path(folder) / "checkout"
        tracked = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
        ).stdout.split("\0")
        for name in filter(None, tracked):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        seconds = _timed(["make", "-C", str(copy), ".venv/.installed"], PIP_NO_CACHE_DIR="1")
        return {"seconds": seconds, "gigabytes": size_of(copy / ".venv") / 1e9}


def tests(given: Given) -> dict[str, float]:
    """Run the tests."""
    return {"seconds": _timed(["make", "-C", str(ROOT), "test"])}


def _timed(command: Sequence[str], **environment: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, env={**os.environ, **environment}, check=True)
    return time.perf_counter() - started


PARTS: dict[str, Callable[[Given], dict[str, Any]]] = {
    "ingest": ingest,
    "reading": reading,
    "search": search,
    "growth": growth,
    "startup": starting,
    "readers": readers,
    "install": install,
    "tests": tests,
}


def main() -> None:
    """Measure, keep, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all unless given")
    parser.add_argument("--documents", nargs="+", type=Path, default=[])
    parser.add_argument("--questions", type=Path, default=os.environ.get("BRIEFING_QUESTIONS"))
    parser.add_argument("--sizes", nargs="+", type=int, default=_SIZES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench", help="for libraries")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    questions = Path(options.questions) if options.questions else None
    options.folder.mkdir(parents=True, exist_ok=True)
    given = Given(
        options.documents, questions, sorted(options.sizes), options.rounds, options.folder
    )
    results = Results()
    try:
        for name in options.parts or PARTS:
            started = time.perf_counter()
            results.keep(name, PARTS[name](given))
            bench_page.write(results)
            _told(f"{name}: {time.perf_counter() - started:,.0f} s")
    finally:
        given.close()


if __name__ == "__main__":
    main()
