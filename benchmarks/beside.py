"""Us beside other programs on the same files, in turns on one machine.

    python -m benchmarks.beside ingest FILES --peer llamaindex      read, split, embed, index
    python -m benchmarks.beside read   FILES --peer paperqa         read and split alone
    python -m benchmarks.beside search FILES --peer llamaindex      the ten best

FILES are files and folders (BRIEFING_DOCUMENTS unless given; `--kind .pdf` takes some of them).
Peers, of which several may be named:

    llamaindex        its default splitter: 1,024 tokens, of which the model reads 256
    llamaindex-256    chunks of 256 of its own tokens
    llamaindex-given  reads the files, and embeds our passages in place of its own
    txtai             embeds our passages: its own reader needs Java or Docling
    paperqa           reads and cuts: what comes after asks a hosted model

Each side runs alone, ours and every peer in turns, `--rounds` times, with the same weights and no
network; the medians count. Peers live in an environment of their own (`make .venv-peers`; elsewhere
by BRIEFING_PEERS).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant.evaluation import questions_from
from assistant.starter import EXAMPLES
from benchmarks.measured_process import Run, run, size_of
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.folder_walk import files_below
from index.openvino_embedder import usable_cores
from index.retriever import RERANK_DEPTH

ROOT = Path(__file__).parent.parent
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
_LIMIT = 10
_QUESTIONS = 40


@dataclass(frozen=True, slots=True)
class Peer:
    """Which script runs a peer, what it can do, and what it is told: see benchmarks/peers.

    `given`: it embeds our passages. `rerank`: how many passages its reranker reads.
    """

    script: str
    works: tuple[str, ...]
    chunk: int | None = None
    given: bool = False
    rerank: int = 0


_LLAMAINDEX = ("ingest", "read", "search")
PEERS = {
    "llamaindex": Peer("with_llamaindex.py", _LLAMAINDEX, rerank=RERANK_DEPTH),
    "llamaindex-256": Peer("with_llamaindex.py", _LLAMAINDEX, chunk=256, rerank=RERANK_DEPTH),
    "llamaindex-given": Peer(
        "with_llamaindex.py", ("ingest", "search"), given=True, rerank=RERANK_DEPTH
    ),
    "txtai": Peer("with_txtai.py", ("ingest", "search"), given=True),
    "paperqa": Peer("with_paperqa.py", ("read",)),
}


@dataclass(frozen=True, slots=True)
class Side:
    """What one side did: medians of the rounds, seconds and bytes; `stages` are its own clocks.

    `questions` are the seconds of every question of every round.
    """

    name: str
    seconds: float
    memory: int
    passages: int = 0
    disk: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    questions: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Passages a second, from the start of the program to its end."""
        return self.passages / self.seconds

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, of the questions their p50 and p95."""
        values = asdict(self)
        if self.questions:
            values |= {"questions": len(self.questions), "p50": quantile(self.questions, 0.5),
                       "p95": quantile(self.questions, 0.95)}  # fmt: skip
        return values


def quantile(seconds: Sequence[float], share: float) -> float:
    """Return the time within which that share of some questions was answered."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Us and peers at the same work; `bound` is cores times the best rate of one (passages/s)."""

    work: str
    files: int
    rounds: int
    ours: Side
    theirs: tuple[Side, ...]
    bound: float = 0.0

    def ratio(self, peer: Side) -> float:
        """Return how many times as long a peer takes, by the whole work or by the question."""
        if peer.questions:
            return quantile(peer.questions, 0.5) / quantile(self.ours.questions, 0.5)
        return peer.seconds / self.ours.seconds

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, with the ratios to each peer, above 1 where we are faster."""
        values: dict[str, Any] = {
            "work": self.work,
            "files": self.files,
            "rounds": self.rounds,
            "ours": self.ours.as_json(),
            "theirs": {
                one.name: one.as_json()
                | {"ratio": self.ratio(one)}
                | ({"ratio_a_passage": self.ours.rate / one.rate} if one.passages else {})
                for one in self.theirs
            },
        }
        if self.bound:
            values |= {"bound": self.bound, "share_of_bound": self.ours.rate / self.bound}
        return values


class Bench:
    """Files, a folder to work in and questions; runs either side of each work once."""

    def __init__(self, files: Sequence[Path], folder: Path, asked: Sequence[str]) -> None:
        self.files, self.folder = files, folder
        self._job: dict[str, Any] = {
            "files": [str(one) for one in files],
            "weights": str(weights_folder(DEFAULT_MODEL, cache=folder)),
            "asked": list(asked),
            "limit": _LIMIT,
        }
        self._count = 0
        # The library that was made last, and the store of each peer.
        self.home = Path()
        self._stores: dict[str, Path] = {}

    def ours(self, work: str) -> Side:
        """Do the work by this program; adding makes a new library each time."""
        if work != "ingest":
            return _side("ours", self._own(work), self.home)
        self.home = self._new("home")
        command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", self.home]
        done = run([*command, "add", "--json", *self.files], environment=_OFFLINE)
        return _side("ours", done, self.home)

    def theirs(self, work: str, name: str) -> Side:
        """Do the work by a peer; what it ingests goes into a new store each time."""
        peer = PEERS[name]
        if work == "ingest":
            self._stores[name] = self._new("store")
        python = Path(os.environ.get("BRIEFING_PEERS") or ROOT / ".venv-peers") / "bin" / "python"
        if not python.exists():
            raise SystemExit(f"{python} is missing; make it with: make .venv-peers")
        store = self._stores.get(name, Path())
        given = str(self.passages()) if peer.given and work == "ingest" else None
        told = {"chunk": peer.chunk, "passages": given, "rerank": peer.rerank, "store": str(store)}
        script = ROOT / "benchmarks" / "peers" / peer.script
        done = run([python, script], job=self._job | told | {"do": work}, environment=_OFFLINE)
        return _side(name, done, store)

    def ready_to_search(self, peers: Sequence[str]) -> None:
        """Make what is searched, unless it is there; not timed."""
        if self.home == Path():
            self.ours("ingest")
        for name in peers:
            if name not in self._stores:
                self.theirs("ingest", name)

    def best_rate(self) -> float:
        """Return the passages a second that one core embeds, by the best way there is."""
        said = self._own("rate", passages=str(self.passages())).said
        return max(said["rates"].values())

    def passages(self) -> Path:
        """Return a file of the passages of the library that was made last, as they are embedded."""
        file = self.folder / f"{self.home.name}.jsonl"
        if not file.exists():
            self._own("passages", passages=str(file))
        return file

    def _own(self, work: str, **other: Any) -> Run:
        job = self._job | {"do": work, "store": str(self.home)} | other
        command = [sys.executable, "-m", "benchmarks.own_work"]
        return run(command, job=job, environment=_OFFLINE)

    def _new(self, name: str) -> Path:
        self._count += 1
        folder = self.folder / f"{name}-{self._count}"
        folder.mkdir(parents=True)
        return folder


def _side(name: str, done: Run, store: Path) -> Side:
    said = done.said
    # The model that is exported at the first start is no part of a library.
    disk = size_of(store) - size_of(store / "models") if store != Path() else 0
    return Side(
        name, done.seconds, done.memory, said.get("passages", 0), disk,
        said.get("stages", {}), said.get("questions", []),
    )  # fmt: skip


def compare(bench: Bench, work: str, peers: Sequence[str], *, rounds: int) -> Comparison:
    """Run all sides in turns, each alone, telling of each, and return the medians.

    Of adding, the rate of one core is measured in each round too. Raises SystemExit for what a
    peer cannot do, and where a side fails.
    """
    for name in peers:
        if work not in PEERS[name].works:
            raise SystemExit(f"{name} does not {work}: see --help")
    if work == "search":
        bench.ready_to_search(peers)
    ran: dict[str, list[Side]] = {"ours": [], **{one: [] for one in peers}}
    rates: list[float] = []
    for number in range(1, rounds + 1):
        for name, sides in ran.items():
            sides.append(bench.ours(work) if name == "ours" else bench.theirs(work, name))
            print(f"{work} {number}/{rounds}: {name} {sides[-1].seconds:.1f} s", flush=True)
        if work == "ingest":
            rates.append(bench.best_rate())
            print(f"{work} {number}/{rounds}: one core {rates[-1]:.1f} passages/s", flush=True)
    bound = usable_cores() * statistics.median(rates) if rates else 0.0
    ours, *theirs = (_middle(one) for one in ran.values())
    return Comparison(work, len(bench.files), rounds, ours, tuple(theirs), bound)


def _middle(sides: Sequence[Side]) -> Side:
    """Return the medians of some rounds of one side."""
    return Side(
        sides[0].name,
        statistics.median(one.seconds for one in sides),
        round(statistics.median(one.memory for one in sides)),
        round(statistics.median(one.passages for one in sides)),
        round(statistics.median(one.disk for one in sides)),
        {name: statistics.median(one.stages[name] for one in sides) for name in sides[0].stages},
        [seconds for one in sides for seconds in one.questions],
    )


def printed(found: Comparison) -> list[str]:
    """Return a comparison as the lines of a table."""
    lines = [
        f"{found.work}: {found.files} files, {found.rounds} rounds, {usable_cores()} cores; "
        "ratios above 1 where we are faster"
    ]
    for one in (found.ours, *found.theirs):
        told = f"{one.name:17}{one.seconds:8.1f} s in all{one.memory / 1e6:8,.0f} MB of memory"
        if one.questions:
            told += f"{quantile(one.questions, 0.5) * 1e3:8.0f} ms p50"
            told += f"{quantile(one.questions, 0.95) * 1e3:8.0f} ms p95"
        else:
            told += f"{one.passages:8,} passages{one.rate:8.1f} a second"
        told += f"{one.disk / 1e6:8.1f} MB on disk" if one.disk else ""
        if one is not found.ours:
            told += f"   ratio {found.ratio(one):.2f}"
            if one.passages:
                told += f" end to end, {found.ours.rate / one.rate:.2f} a passage"
        stages = ", ".join(f"{name} {taken:.1f} s" for name, taken in one.stages.items())
        lines.append(told + (f"   ({stages})" if stages else ""))
    if found.bound:
        lines.append(
            f"cores x best rate of one: {found.bound:.1f} passages/s; "
            f"ours reaches {found.ours.rate / found.bound:.2f} of it"
        )
    return lines


def asked_of(file: Path | None, count: int = _QUESTIONS) -> list[str]:
    """Return questions, the first to warm up: of a file, always the same, or of the program."""
    if file is None:
        return [EXAMPLES[0], *EXAMPLES]
    texts = [one.text for one in questions_from(file) if not one.history]
    return random.Random(0).sample(texts, min(count + 1, len(texts)))


def files_in(paths: Sequence[Path], kind: str = "") -> list[Path]:
    """Return the files below some paths (BRIEFING_DOCUMENTS for none) whose names end so."""
    folder = os.environ.get("BRIEFING_DOCUMENTS")
    named = paths or ([Path(folder)] if folder else [])
    found = [one for one in files_below(named) if one.name.endswith(kind)]
    if not found:
        raise SystemExit("name files or folders, or set BRIEFING_DOCUMENTS to one")
    return found


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", choices=("ingest", "read", "search"))
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--kind", default="", help="the ending of the files that are taken")
    parser.add_argument("--peer", choices=PEERS, action="append", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=Path, help="a file of questions, JSON lines with `q`")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="beside-") as folder:
        bench = Bench(files_in(given.files, given.kind), Path(folder), asked_of(given.questions))
        found = compare(bench, given.work, given.peer, rounds=given.rounds)
    print("\n".join(printed(found)))


if __name__ == "__main__":
    main()
