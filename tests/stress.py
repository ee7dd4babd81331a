"""Everything at once on one data folder, for a while: what the stress tests run, also by itself."""

from __future__ import annotations

import json
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from assistant.answer import Question
from assistant.memo.request import Request
from assistant.memo.writing import write
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import (
    BriefingError,
    LibraryLocked,
    NothingFound,
    NotInLibrary,
    StorageError,
)

SHIPS = {f"Port{number:02d}": 100 + number for number in range(24)}

_SAID = re.compile(r"harbour of (Port\d\d) handled (\d+) ships")


def write_articles(folder: Path) -> list[Path]:
    """Write an article for each port, and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for place, ships in SHIPS.items():
        file = folder / f"{place}.md"
        file.write_text(
            f"---\ntitle: The harbour of {place}\npublisher: Port Gazette\n"
            f"published: 2024-03-01\n---\n\n"
            f"The harbour of {place} handled {ships} ships in 2023, its director said.\n",
            encoding="utf-8",
        )
        files.append(file)
    return files


class Stress:
    """Threads that ask, search, add, remove, restore, edit, rebuild and write memos."""

    def __init__(
        self, workspace: Workspace, files: list[Path], seed: int, *, others: bool = False
    ) -> None:
        self._workspace = workspace
        self._files = files
        self._seed = seed
        # Another process writes too: being told so is then the right answer.
        self._locked = (LibraryLocked, StorageError) if others else ()
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self._until = 0.0

    def run(self, seconds: float) -> None:
        """Run all threads for so long; each call that fails is kept in `failures`."""
        work: dict[str, Callable[[random.Random], None]] = {
            "ask": self._ask,
            "search": self._search,
            "add": self._add,
            "remove": self._remove,
            "restore": self._restore,
            "edit": self._edit,
            "rebuild": self._rebuild,
            "memo": self._memo,
        }
        self._until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._repeat, args=(name, call, number), name=name, daemon=True)
            for number, (name, call) in enumerate(work.items())
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, self._until - time.monotonic()) + 60)
        self.failures += [f"{one.name} never ended" for one in threads if one.is_alive()]

    def _repeat(self, name: str, call: Callable[[random.Random], None], number: int) -> None:
        chance = random.Random(self._seed + number)
        while time.monotonic() < self._until and not self.failures:
            try:
                call(chance)
            except (NotInLibrary, NothingFound, *self._locked):
                # Another thread was there first, or took the documents away.
                continue
            except BriefingError as error:
                self.failures.append(f"{name}: {type(error).__name__}: {error}")
            except Exception as error:  # noqa: BLE001  # reason: any failure is a finding here
                self.failures.append(f"{name}: unexpected {type(error).__name__}: {error}")
            self.done[name] += 1

    def _ask(self, chance: random.Random) -> None:
        place = chance.choice(sorted(SHIPS))
        *_, answer = ask(
            self._workspace, Question(f"How many ships did the harbour of {place} handle?")
        )
        if answer.outcome == "failed":
            raise AssertionError(answer.notice)
        for named, ships in _SAID.findall(answer.text):
            if SHIPS[named] != int(ships):
                raise AssertionError(f"said of {named}: {ships} ships")

    def _search(self, chance: random.Random) -> None:
        place = chance.choice(sorted(SHIPS))
        for one in self._workspace.retriever.search(f"the harbour of {place}"):
            document = self._workspace.library.document(one.passage.document)
            if document.text[one.passage.start : one.passage.end] != one.passage.text:
                raise AssertionError("a passage does not slice back")

    def _add(self, chance: random.Random) -> None:
        for _ in self._workspace.add(chance.sample(self._files, 3)):
            continue

    def _remove(self, chance: random.Random) -> None:
        entries = self._workspace.library.entries()
        if len(entries) > 4:
            self._workspace.remove(chance.choice(entries).id)

    def _restore(self, chance: random.Random) -> None:
        self._workspace.restore(chance.choice(self._workspace.library.every_document()))

    def _edit(self, chance: random.Random) -> None:
        entries = self._workspace.library.entries()
        if entries:
            self._workspace.update_source(chance.choice(entries).id, publisher="Harbour Times")

    def _rebuild(self, chance: random.Random) -> None:
        self._workspace.indexes.update(rebuild=chance.random() < 0.5)
        time.sleep(0.05)

    def _memo(self, chance: random.Random) -> None:
        place = chance.choice(sorted(SHIPS))
        for _ in write(self._workspace, Request(f"the harbour of {place}")):
            continue


def main(home: Path, articles: Path, seconds: float, seed: int) -> None:
    """Stress a data folder that another process uses too, and print what became of it."""
    with Workspace(Settings(home=home, embedder="hash", engine="extractive")) as workspace:
        stress = Stress(workspace, sorted(articles.iterdir()), seed, others=True)
        stress.run(seconds)
    sys.stdout.write(json.dumps({"done": stress.done, "failures": stress.failures}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
