"""What reading costs: `python -m benchmarks.reader_speed HOME [--float FOLDER]`.

Milliseconds to read as many passages as a search rereads, side by side in rounds: whole in int8,
with early exit, and in float32 where a folder has both graphs so (`training.export --float`).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from corpus.library import Library
from index.pair_encoding import Pair, pair_of
from index.reader import COMMITTED, OnnxReader
from index.retriever import RERANK_DEPTH, TO_THE_END

_QUESTION = "What did the training of the model cost, and who paid for it?"


def pairs_of(home: Path, count: int) -> list[Pair]:
    """Return pairs of passages that are evenly spread over a library."""
    library = Library(home)
    found = [
        pair_of(_QUESTION, entry.source.title, passage)
        for entry in library.entries()
        for passage in library.passages_of(entry.id)
    ]
    library.close()
    return found[:: max(1, len(found) // count)][:count]


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, help="data folder of a library")
    parser.add_argument("--float", type=Path, help="folder of the reader in float32")
    parser.add_argument("--passages", type=int, default=RERANK_DEPTH)
    parser.add_argument(
        "--keep", type=int, default=TO_THE_END, help="read to the end with early exit"
    )
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    pairs = pairs_of(given.home, given.passages)
    ways: dict[str, tuple[Path, int | None]] = {"int8": (COMMITTED, None)}
    ways[f"int8, {given.keep} to the end"] = COMMITTED, given.keep
    if given.float:
        ways = {"float32": (given.float, None), **ways}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        readers = {name: OnnxReader(where, cache=Path(folder)) for name, (where, _) in ways.items()}
        for name, (_, keep) in ways.items():
            readers[name].read(pairs[:4], keep=keep)
        for round_ in range(given.rounds):
            # Another question each round: what was read is remembered.
            asked = [Pair(f"{one.question} {round_}", one.context, one.sentences) for one in pairs]
            for name, (_, keep) in ways.items():
                started = time.perf_counter()
                readers[name].read(asked, keep=keep)
                taken[name].append(1000 * (time.perf_counter() - started))
    first = statistics.median(taken[next(iter(ways))])
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"{name:24} {middle:6.0f} ms, {middle / first:.2f} of the first")


if __name__ == "__main__":
    main()
