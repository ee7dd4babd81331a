"""How much later answers begin while documents are added: idle against busy, in the page's room.

Run: python -m benchmarks.asking_while_adding [--questions 30] [--documents 200]. It fills a library
with the starter documents, asks its example questions one after the other with the extractive
engine, then asks them again while invented notes are added, and prints the median and the 95th
percentile of the time until the first words of an answer, and how many times the idle figure the
busy one is.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from assistant.answer import Question
from assistant.settings import Settings
from assistant.starter import EXAMPLES
from ui import additions
from ui.room import Room

_PATIENCE = 300.0


def _first(room: Room, text: str) -> float:
    """Return the seconds until an answer has words."""
    started = time.perf_counter()
    for step in room.answers(Question(text)):
        if not isinstance(step, str) and (step.claims or step.growing or step.outcome):
            return time.perf_counter() - started
    raise SystemExit(f"no answer to {text!r}")


def _asked(room: Room, questions: int) -> list[float]:
    return sorted(_first(room, EXAMPLES[at % len(EXAMPLES)]) for at in range(questions))


def _p95(times: list[float]) -> float:
    return times[max(0, round(0.95 * len(times)) - 1)]


def _notes(folder: Path, documents: int) -> list[str]:
    """Write invented notes and return their paths."""
    written = []
    for number in range(documents):
        lines = [
            f"The harbour of place {number} counted {number * 31 + day} ships on day {day}."
            for day in range(60)
        ]
        file = folder / f"{number:04}" / f"harbour-{number}.md"
        file.parent.mkdir()
        file.write_text(f"# Harbour {number}\n\n" + "\n\n".join(lines), encoding="utf-8")
        written.append(str(file))
    return written


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--documents", type=int, default=200)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        room = Room(Settings(home=Path(home), engine="extractive"))
        room.open()
        deadline = time.monotonic() + _PATIENCE
        while not room.settled() and time.monotonic() < deadline:
            time.sleep(0.1)
        _asked(room, len(EXAMPLES))
        idle = _asked(room, chosen.questions)
        additions.start_files(room, _notes(Path(folder), chosen.documents))
        busy = _asked(room, chosen.questions)
        went_on = bool(room.additions.open())
        room.close()
    for name, times in (("idle", idle), ("busy", busy)):
        print(f"{name}: median {statistics.median(times):.3f} s, p95 {_p95(times):.3f} s")
    median = statistics.median(busy) / statistics.median(idle)
    print(f"busy/idle: median {median:.2f}, p95 {_p95(busy) / _p95(idle):.2f}")
    if not went_on:
        print("the addition ended before the questions did; give more --documents")


if __name__ == "__main__":
    main()
