"""Measure what one small file costs that is added to a large library, step by step.

    python -m benchmarks.one_file --home FOLDER [--files 5] [--work FOLDER]

FOLDER is a library, which is copied (into --work, or a temporary folder) and left as it is. Some
new files of a few passages are added to the copy, one after another, as an open page adds them, and
each is searched for. What is printed are medians, in seconds: the file's own work (reading it,
embedding it), and what the library's size might add to that: publishing, each index, the manifest,
opening the indexes again, the first search after it beside one that comes later. `besides` is all
that is not the file's own work. The first file of all loads the models, and is not counted.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import tracing

_TEXT = """# Pilotage notes, number {number}

The pilots of Lund took {number} ships through the northern channel in May {year}.

## Tides

The tide gauge at the outer pier read {number} centimetres above the mean at its highest.

## Tariffs

From June the tariff for a ship of number {number} is {number},400 crowns a passage.
"""
# The steps that are the file's own, by the names of their spans; the others come with the library.
_OWN = ("read file", "split", "embed passages")
_SHOWN = (
    "publish", "index", "index words", "index vectors", "index forward", "index manifest",
    "open indexes",
)  # fmt: skip


def one_file(workspace: Workspace, folder: Path, number: int) -> dict[str, float]:
    """Add a new file and search for it; return the seconds of each step by name."""
    steps: dict[str, float] = defaultdict(float)

    def timed(name: str, seconds: float) -> None:
        steps[name] += seconds

    file = folder / f"pilots-{time.time_ns()}.md"
    file.write_text(_TEXT.format(number=number, year=2100 + number), encoding="utf-8")
    tracing.time_steps(timed)
    try:
        started = time.perf_counter()
        list(workspace.add([file]))
        steps["all"] = time.perf_counter() - started
    finally:
        tracing.time_steps(None)
    steps["own work"] = sum(steps[name] for name in _OWN)
    steps["besides"] = steps["all"] - steps["own work"]
    # Two questions: the reader remembers what it has read for one.
    for name, question in (
        ("first search", f"How many ships did the pilots of Lund take in May {2100 + number}?"),
        ("a later search", f"What took {number} ships through the channel in {2100 + number}?"),
    ):
        started = time.perf_counter()
        found = workspace.retriever.search(question, limit=3)
        steps[name] = time.perf_counter() - started
        if found[0].source.title != f"Pilotage notes, number {number}":
            raise SystemExit(f"the new file was not found first, but {found[0].source.title}")
    return steps


def table(rows: Sequence[dict[str, float]], passages: int) -> list[str]:
    """Return the lines of the table: a step a line, its median and its most."""
    lines = [f"{len(rows)} files, one after another, into {passages:,} passages: seconds"]
    lines.append(f"{'':<24}{'median':>9}{'most':>9}")
    own = ("all", "own work", *_OWN, "besides")
    for name in (*own, *_SHOWN, "first search", "a later search"):
        taken = [row.get(name, 0.0) for row in rows]
        lines.append(f"{name:<24}{statistics.median(taken):>9.3f}{max(taken):>9.3f}")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.work) as place:
        copy, files = Path(place) / "home", Path(place) / "files"
        shutil.copytree(options.home, copy)
        files.mkdir()
        with Workspace(Settings(copy, engine="extractive")) as workspace:
            # An older library, or one whose indexes are behind, is brought up first.
            workspace.indexes.update()
            one_file(workspace, files, 1)
            rows = [one_file(workspace, files, number) for number in range(2, options.files + 2)]
            passages = workspace.retriever.passages
    print("\n".join(table(rows, passages)))


if __name__ == "__main__":
    main()
