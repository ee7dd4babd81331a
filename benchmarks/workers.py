"""Reading and embedding by hosts of a Ray cluster, one of which is lost: costs, and what is kept.

    python -m benchmarks.workers [--editions N] [--embedder NAME]

Needs root and Linux: three network namespaces stand for machines, with addresses of 10.77.0.0/24
between them, and are removed at the end. One holds the head of the cluster and the process that
adds, two a worker each. The starter library, each document in N editions of its own words, is added

1. in this process, as on one machine;
2. by both hosts;
3. by both hosts, of which one loses its network in the middle and is killed five seconds later;
4. from results that are there already, which is what publishing alone can do.

"doubled" are documents that became visible twice, "lost" those that are not there. All namespaces
share the processors of this machine: with two hosts it does not become faster, which is what the
second line shows. The last lines are what a passage costs by step, in time of the processor (which
other work on the machine changes little), from which follows how many workers a rate takes, and
where publishing is the bound.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.sandbox import Sandbox
from corpus.starter import starter_files
from index.file_reading import (
    CallerMetadata,
    Part,
    Progress,
    ReadFile,
    Reading,
    embed_in_steps,
    read_files,
)
from index.folder_walk import files_below
from index.ingest import Report, add
from index.workers import Workers
from tests.ray_nodes import QUIET, ROOT, Node, node, wait_until

_HEAD, _HOSTS = "briefing-head", ("briefing-a", "briefing-b")
_NET = "10.77.0"
_PORT, _CLIENT = 6379, 10001
# How far the addition is when a host is lost, and how long its processes outlive its network.
_LOST_AT, _OUTLIVES = 0.3, 5.0


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def namespaces() -> Iterator[None]:
    """Make a namespace for the head, with a bridge in it, and one for each host; remove them."""
    names = (_HEAD, *_HOSTS)
    try:
        for name in names:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", _HEAD, "link", "add", "hosts", "type", "bridge")
        _ip("-n", _HEAD, "address", "add", f"{_NET}.1/24", "dev", "hosts")
        _ip("-n", _HEAD, "link", "set", "hosts", "up")
        for number, name in enumerate(_HOSTS, start=2):
            port = f"to-{number}"
            _ip("link", "add", port, "netns", _HEAD, "type", "veth", "peer", "name", "eth0",
                "netns", name)  # fmt: skip
            _ip("-n", _HEAD, "link", "set", port, "master", "hosts", "up")
            _ip("-n", name, "address", "add", f"{_NET}.{number}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


@contextmanager
def hosts(folder: Path) -> Iterator[list[Node]]:
    """Run a head in the namespace that this is, and a node in each of the others."""
    temporary = Path(tempfile.mkdtemp(prefix="briefing-ray-", dir="/tmp"))
    head = ["--head", f"--port={_PORT}", f"--ray-client-server-port={_CLIENT}", "--num-cpus=0",
            "--include-dashboard=false", f"--temp-dir={temporary}"]  # fmt: skip
    try:
        with ExitStack() as stack:
            stack.enter_context(node(head, f"{_NET}.1", folder / "head.log"))
            yield [
                stack.enter_context(
                    node(
                        [f"--address={_NET}.1:{_PORT}", "--num-cpus=1"],
                        f"{_NET}.{number}",
                        folder / f"{name}.log",
                        before=("ip", "netns", "exec", name),
                    )
                )
                for number, name in enumerate(_HOSTS, start=2)
            ]
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def documents(folder: Path, editions: int) -> list[Path]:
    """Write the articles of the starter library in editions that differ in every paragraph."""
    folder.mkdir()
    for article in [one for one in starter_files() if one.suffix == ".md"]:
        text = article.read_text(encoding="utf-8")
        for edition in range(editions):
            marked = text.replace("\n\n", f"\n\nEdition {edition}: ", 3) + f"\n\nNo. {edition}.\n"
            (folder / f"{article.stem}-{edition:02}.md").write_text(marked, encoding="utf-8")
    return files_below([folder])


@dataclass(frozen=True)
class Kept:
    """Reads nothing: gives back what was read before."""

    files: Sequence[ReadFile]
    parts: Sequence[list[object]]

    def __call__(
        self, files: Sequence[Path], given: CallerMetadata, *, ocr: bool
    ) -> Generator[Progress | ReadFile, None, None]:
        """Yield what is kept, whatever was asked for."""
        for one, parts in zip(self.files, self.parts, strict=True):
            yield replace(one, parts=iter(parts))  # type: ignore[arg-type]


@dataclass
class Run:
    """What an addition came to: `doubled` and `lost` are documents, `by` those of each host."""

    what: str
    report: Report
    doubled: int
    lost: int
    by: Counter[str]
    again: int
    # Of the process that adds, all its threads, in seconds of the processor.
    used: float

    def line(self) -> str:
        """Return it as a line of the table."""
        rate = self.report.passages / self.report.seconds
        by = ", ".join(f"{name} {count}" for name, count in sorted(self.by.items())) or "here"
        return (
            f"{self.what:<34}{len(self.report.added):>10}{self.report.passages:>10}"
            f"{self.report.seconds:>9.1f}{rate:>12.1f}{self.again:>7}{self.doubled:>9}"
            f"{self.lost:>6}  {by}"
        )


def addition(
    what: str,
    home: Path,
    files: Sequence[Path],
    embedder: str,
    reading: Reading | None,
    *,
    lose: Node | None = None,
) -> Run:
    """Add files to a new library, losing a host in the middle."""
    losing: list[threading.Thread] = []
    report, began = None, 0.0
    with Workspace(Settings(home=home, embedder=embedder, engine="extractive")) as workspace:
        if reading is None:
            # Loaded before, as the workers are when the second run begins.
            workspace.document_embedder().embed(["The first text takes longest."])
        began = time.process_time()
        steps = add(
            files, library=workspace.library, embedder=workspace.document_embedder,
            indexes=workspace.indexes, counting=workspace._counting, reading=reading,
        )  # fmt: skip
        for step in steps:
            if isinstance(step, Report):
                report = step
            elif lose and not losing and step.done >= _LOST_AT * len(files):
                losing.append(threading.Thread(target=_lose, args=(lose,)))
                losing[0].start()
        used = time.process_time() - began
    for one in losing:
        one.join()
    assert report is not None
    with sqlite3.connect(home / "library.sqlite3") as record:
        shown = Counter(
            row[0] for row in record.execute("SELECT document FROM changes WHERE visible = 1")
        )
        (places,) = record.execute("SELECT count(*) FROM places").fetchone()
    by: Counter[str] = Counter()
    if isinstance(reading, Workers):
        for worker, count in reading.done_by.items():
            by[worker.split()[0]] += count
    doubled = sum(count > 1 for count in shown.values())
    again = reading.retried if isinstance(reading, Workers) else 0
    return Run(what, report, doubled, len(files) - places, by, again, used)


def _lose(host: Node) -> None:
    """Cut the network of the second host while it is at work, and kill it a while later."""
    wait_until(host.working, 120, "the host is not at work")
    _ip("-n", _HOSTS[1], "link", "set", "eth0", "down")
    time.sleep(_OUTLIVES)
    host.kill()


def reading_and_embedding(
    files: Sequence[Path], embedder: str, folder: Path
) -> tuple[float, float]:
    """Return the processor's seconds of reading and splitting all files, and of embedding them."""
    with Workspace(Settings(home=folder, embedder=embedder, engine="extractive")) as workspace:
        model, given = workspace.document_embedder(), CallerMetadata({}, {})
        model.embed(["The first text takes longest."])
        before = _of_children()
        with Sandbox(counting=workspace._counting) as sandbox:
            read = [one for one in read_files(files, given, sandbox, ocr=False)
                    if isinstance(one, ReadFile)]  # fmt: skip
            parts = [part for one in read for part in one.parts if isinstance(part, Part)]
        reading, began = _of_children() - before, time.process_time()
        for part in parts:
            list(embed_in_steps(part.document, part.passages, model))
        return reading, time.process_time() - began


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def kept_from(address: str, embedder: str, files: Sequence[Path]) -> Kept:
    """Return all that the workers make of some files, held in memory."""
    read, parts = [], []
    for one in Workers(address, embedder)(files, CallerMetadata({}, {}), ocr=False):
        if isinstance(one, ReadFile):
            read.append(one)
            parts.append(list(one.parts))
    return Kept(read, parts)


def measure(editions: int, embedder: str) -> None:
    """Run it all in the namespace of the head and print the table."""
    os.environ.update({name: QUIET[name] for name in QUIET if name.startswith("RAY_AUTH")})
    address = f"ray://{_NET}.1:{_CLIENT}"
    with tempfile.TemporaryDirectory(prefix="briefing-workers-") as name:
        folder = Path(name)
        files = documents(folder / "documents", editions)
        reading, embedding = reading_and_embedding(files, embedder, folder / "costs")
        runs = [addition("in this process", folder / "here", files, embedder, None)]
        print(runs[-1].line(), file=sys.stderr)
        with hosts(folder) as nodes:
            # Starts the workers and loads their models.
            kept = kept_from(address, embedder, files)
            both = Workers(address, embedder)
            runs.append(addition("two hosts", folder / "both", files, embedder, both))
            print(runs[-1].line(), file=sys.stderr)
            published = addition("publishing alone", folder / "alone", files, embedder, kept)
            one = Workers(address, embedder)
            runs.append(
                addition("two hosts, one lost", folder / "one", files, embedder, one, lose=nodes[1])
            )
            runs.append(published)
    print(
        f"{'':<34}{'documents':>10}{'passages':>10}{'seconds':>9}{'passages/s':>12}{'again':>7}"
        f"{'doubled':>9}{'lost':>6}  done by"
    )
    for run in runs:
        print(run.line())
    print(f"\nOne machine gains nothing: {os.cpu_count()} processors do the work of all hosts.\n")
    passages = runs[0].report.passages
    publishing = published.used / passages
    reading, embedding = reading / passages, embedding / passages
    print("milliseconds of a processor for a passage: "
          f"read and split {reading * 1000:.1f}, embed {embedding * 1000:.1f} (a worker), "
          f"publish and index {publishing * 1000:.2f} (the process that adds)")  # fmt: skip
    most = 1 / publishing
    print(f"publishing is the bound at {most:.0f} passages/s, "
          f"which {most * (reading + embedding):.0f} workers make")  # fmt: skip
    for rate in (50, 100, 200, 400):
        needed = rate * (reading + embedding)
        beyond = " (beyond publishing)" * (rate > most)
        print(f"{rate:>5} passages/s: {needed:5.1f} workers of a processor{beyond}")


def main() -> None:
    """Make the namespaces and run the measurement in the one of the head."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--editions", type=int, default=3)
    parser.add_argument("--embedder", default=Settings(Path()).embedder)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        measure(given.editions, given.embedder)
        return
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not shutil.which("ip"):
        sys.exit("network namespaces need Linux, root and the program ip")
    with namespaces():
        done = subprocess.run(
            ["ip", "netns", "exec", _HEAD, sys.executable, "-m", "benchmarks.workers", "--inside",
             f"--editions={given.editions}", f"--embedder={given.embedder}"],
            check=False, cwd=ROOT,
        )  # fmt: skip
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
