"""The reader and the judge in each process or on one server: `python -m benchmarks.inference HOME`.

Askers at once, each a process of its own as a replica is, read and judge what a question needs:
32 passages of which 16 are read to the end, and 12 sentences against one passage each. They do so
by their own sessions, or by the server, on the same cores, in rounds side by side. Every asker has
its own questions; with `--shared` all have the same, as people do who ask about the day's news.
Prints questions a second and seconds a question (median, 95th percentile), what the processes take
in memory, and the processor's seconds a question, which other programs disturb least.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assistant.checking.entailment import COMMITTED as JUDGE
from assistant.checking.remote_judge import RemoteJudge, judge_of
from benchmarks.reader_speed import pairs_of
from index.inference_client import Connection, RemoteReader, reader_of
from index.inference_protocol import mark_of
from index.pair_encoding import Pair
from index.reader import COMMITTED as READER
from index.retriever import RERANK_DEPTH, TO_THE_END

_PORT = 18_770
_CLAIMS = 12
_PATIENCE = 600.0


def _pairs(home: Path, question: str) -> list[Pair]:
    return [Pair(f"{one.question} {question}", one.context, one.sentences)
            for one in pairs_of(home, RERANK_DEPTH)]  # fmt: skip


def answer_like(reader: Any, judge: Any, pairs: Sequence[Pair]) -> None:
    """Do for a question what an answer has read and judged."""
    reader.read(pairs, prior=[1.0 / (1 + one) for one in range(len(pairs))], keep=TO_THE_END)
    for one in pairs[:_CLAIMS]:
        said = one.sentences[0] if one.sentences else one.context
        judge.judge(f"{said} {one.question[-12:]}", [(one.context, " ".join(one.sentences))])


def _never() -> Any:
    raise SystemExit("the server did not answer")


def asker(home: Path, address: str, name: str) -> None:
    """Be one replica: answer as many questions as each line of standard input says."""
    cache = home / "models"
    reader: Any
    judge: Any
    if address:
        # Waited for as long as it takes: computing here in its place would be the other way.
        connection = Connection(address, patience=_PATIENCE)
        reader = RemoteReader(connection, _never, mark_of(READER / "reader.json"))
        judge = RemoteJudge(connection, _never, mark_of(JUDGE / "judge.json"))
    else:
        reader, judge = reader_of("", cache=cache), judge_of("", cache=cache)
    base = _pairs(home, "")
    answer_like(reader, judge, base[:2])
    print("ready", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        taken = []
        for number in range(given["questions"]):
            mark = (
                f"{given['mark']} {number}"
                if given["shared"]
                else f"{name} {given['mark']} {number}"
            )
            pairs = [Pair(f"{one.question} {mark}", one.context, one.sentences) for one in base]
            began = time.perf_counter()
            answer_like(reader, judge, pairs)
            taken.append(time.perf_counter() - began)
        print(json.dumps(taken), flush=True)


@dataclass(frozen=True, slots=True)
class Round:
    """What a round took: seconds in all, and of each question."""

    seconds: float
    taken: list[float]


class Askers:
    """So many processes that ask, by their own sessions or by a server."""

    def __init__(self, home: Path, count: int, address: str) -> None:
        command = [sys.executable, "-m", "benchmarks.inference", str(home), "--asker"]
        self.processes = [
            subprocess.Popen(
                [*command, str(number), "--address", address],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for number in range(count)
        ]  # fmt: skip
        for one in self.processes:
            assert _pipe(one.stdout).readline() == "ready\n"

    def round(self, mark: str, questions: int, *, shared: bool) -> Round:
        """Let all of them answer so many questions each, at once."""
        line = json.dumps({"mark": mark, "questions": questions, "shared": shared}) + "\n"
        began = time.perf_counter()
        for one in self.processes:
            _pipe(one.stdin).write(line)
            _pipe(one.stdin).flush()
        with ThreadPoolExecutor(len(self.processes)) as pool:
            lines = list(pool.map(lambda one: _pipe(one.stdout).readline(), self.processes))
        return Round(
            time.perf_counter() - began, [float(one) for line in lines for one in json.loads(line)]
        )

    def memory(self) -> float:
        """Return the megabytes that the processes hold together, shared ones divided."""
        return sum(_megabytes(one.pid) for one in self.processes)

    def processor(self) -> float:
        """Return the seconds that they have computed."""
        return sum(_processor(one.pid) for one in self.processes)

    def close(self) -> None:
        """End them."""
        for one in self.processes:
            _pipe(one.stdin).close()
            one.wait(30)
            _pipe(one.stdout).close()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _megabytes(process: int) -> float:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def _processor(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "--home", str(home), "inference", "--port", str(_PORT)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert "http://" in _pipe(process.stdout).readline()
    return process


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, help="data folder of a library")
    parser.add_argument("--askers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--questions", type=int, default=16, help="of a round, by all together")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shared", action="store_true", help="all ask the same questions")
    parser.add_argument("--asker", help=argparse.SUPPRESS)
    parser.add_argument("--address", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.asker is not None:
        asker(given.home, given.address, given.asker)
        return
    with tempfile.TemporaryDirectory() as folder:
        server = _serve(Path(folder))
        try:
            for count in given.askers:
                _compare(given, count, server)
        finally:
            server.terminate()
            server.wait(30)


def _compare(given: argparse.Namespace, count: int, server: subprocess.Popen[str]) -> None:
    ways = {"own": "", "server": f"http://127.0.0.1:{_PORT}"}
    askers = {name: Askers(given.home, count, address) for name, address in ways.items()}
    rounds: dict[str, list[Round]] = {name: [] for name in ways}
    computed = dict.fromkeys(ways, 0.0)
    each = max(1, given.questions // count)
    for number in range(given.rounds):
        for name, one in askers.items():
            mark = f"{name} {count} {number}"
            before = one.processor() + _processor(server.pid)
            rounds[name].append(one.round(mark, each, shared=given.shared))
            computed[name] += one.processor() + _processor(server.pid) - before
    own = 0.0
    for name, done in rounds.items():
        rate = statistics.median(each * count / one.seconds for one in done)
        taken = sorted(seconds for one in done for seconds in one.taken)
        late = taken[max(0, round(0.95 * len(taken)) - 1)]
        memory = askers[name].memory() + (_megabytes(server.pid) if name == "server" else 0.0)
        own = own or rate
        print(
            f"{count:3} at once, {name:6}: {rate:5.2f} questions/s ({rate / own:.2f}), "
            f"median {statistics.median(taken):.2f} s, p95 {late:.2f} s, "
            f"{computed[name] / len(taken):.2f} processor s, {memory:.0f} MB",
            flush=True,
        )
    for one in askers.values():
        one.close()


if __name__ == "__main__":
    main()
