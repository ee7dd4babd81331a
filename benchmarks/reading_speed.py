"""How long reading takes beside another version of the program, format by format.

    python -m benchmarks.reading_speed FOLDER --against TREE [--rounds N]

TREE is a checkout of the other version (`git worktree add TREE COMMIT`). Both read every file of
FOLDER in turns, each in a process of its own with this Python, so that whatever else the machine
does slows both alike; what counts is processor time, the least of the rounds for each file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

_READ = """
import json, sys, time
from pathlib import Path
from corpus.errors import ReadError
from corpus.readers import read
for line in sys.stdin:
    started = time.process_time()
    try:
        length = len(read(Path(line.rstrip("\\n"))).text)
    except ReadError:
        length = 0
    print(json.dumps([time.process_time() - started, length]), flush=True)
"""


class _Version:
    """A process that reads files with the program in one tree."""

    def __init__(self, tree: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _READ],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, file: Path) -> float:
        """Return the processor time that one file takes."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline())[0])

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    files = [one.resolve() for one in sorted(given.folder.rglob("*.*")) if one.is_file()]
    versions = [_Version(Path.cwd()), _Version(given.against.resolve())]
    for version in versions:
        # What is imported with the first file of a format is not the file's time.
        for file in {one.suffix: one for one in files}.values():
            version.seconds(file)
    taken: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for file in files:
        rounds = [[one.seconds(file) for one in versions] for _ in range(given.rounds)]
        for place in (0, 1):
            taken[file.suffix][place] += min(one[place] for one in rounds)
    for version in versions:
        version.close()
    taken["all"] = [sum(one[place] for one in taken.values()) for place in (0, 1)]
    print(f"{'format':8} {'files':>5} {'here s':>8} {'there s':>8} {'ratio':>6}")
    for suffix, (here, there) in taken.items():
        count = sum(one.suffix == suffix for one in files) or len(files)
        print(f"{suffix:8} {count:5} {here:8.2f} {there:8.2f} {here / max(there, 1e-9):6.2f}")


if __name__ == "__main__":
    main()
