"""Eight threads at once, and two processes: every call ends, and nothing is wrong afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest

from assistant.answer import Question
from assistant.memo.request import Request
from assistant.memo.writing import write
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.lock import WriterLock
from tests.stress import SHIPS, Stress, write_articles

ROOT = Path(__file__).parent.parent


def desk_in(home: Path) -> Workspace:
    return Workspace(Settings(home=home, embedder="hash", engine="extractive"))


def results(workspace: Workspace) -> list[list[tuple[str, int, float]]]:
    """Return what searches for each port find: documents, offsets and scores, in order."""
    found = []
    for place in SHIPS:
        evidence = workspace.retriever.search(f"How many ships did the harbour of {place} handle?")
        found.append(
            [(one.passage.document, one.passage.start, round(one.score, 6)) for one in evidence]
        )
    return found


def check_against_a_serial_run(home: Path, files: list[Path], fresh: Path) -> None:
    """Compare a stressed library with one to which the same documents were added in peace."""
    with desk_in(home) as workspace, desk_in(fresh) as serial:
        workspace.indexes.maintain()
        assert workspace.indexes.fault() == ""
        assert all(one.ok for one in workspace.library.check())
        titles = {one.source.title for one in workspace.library.entries()}
        assert titles
        for _ in serial.add([one for one in files if f"The harbour of {one.stem}" in titles]):
            continue
        assert {one.id for one in serial.library.entries()} == {
            one.id for one in workspace.library.entries()
        }
        assert results(workspace) == results(serial)


def run_threads(tmp_path: Path, seconds: float) -> None:
    files = write_articles(tmp_path / "articles")
    with desk_in(tmp_path / "home") as workspace:
        for _ in workspace.add(files[:12]):
            continue
        stress = Stress(workspace, files, seed=14)
        stress.run(seconds)
    assert not stress.failures
    assert set(stress.done) == {
        "ask", "search", "add", "remove", "restore", "edit", "rebuild", "memo",
    }  # fmt: skip
    check_against_a_serial_run(tmp_path / "home", files, tmp_path / "serial")


def run_processes(tmp_path: Path, seconds: float) -> None:
    files = write_articles(tmp_path / "articles")
    home = tmp_path / "home"
    with desk_in(home) as workspace:
        for _ in workspace.add(files[:12]):
            continue
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.stress", home, files[0].parent, str(seconds), str(seed)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    for child in children:
        printed, _ = child.communicate(timeout=seconds + 100)
        outcome = json.loads(printed)
        assert outcome["failures"] == []
        assert outcome["done"]["ask"] and outcome["done"]["search"]
    check_against_a_serial_run(home, files, tmp_path / "serial")


@pytest.mark.slow
def test_eight_threads_on_one_desk(tmp_path: Path) -> None:
    """Ask, search, add, remove, restore, edit, rebuild and memo for eight seconds."""
    run_threads(tmp_path, 8)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_eight_threads_on_one_desk_for_a_minute(tmp_path: Path) -> None:
    """The same for sixty seconds."""
    run_threads(tmp_path, 60)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.timeout(180)
def test_two_processes_on_one_folder(tmp_path: Path) -> None:
    """Each with eight threads: whoever cannot write is told so, and everybody is answered."""
    run_processes(tmp_path, 8)


@pytest.mark.long
@pytest.mark.process
@pytest.mark.timeout(400)
def test_two_processes_on_one_folder_for_a_minute(tmp_path: Path) -> None:
    """The same for sixty seconds."""
    run_processes(tmp_path, 60)


class Recorder:
    """Remembers, for each lock of ours, which others were held when it was waited for."""

    def __init__(self) -> None:
        self.edges: set[tuple[str, str]] = set()
        self._held = threading.local()

    def stack(self) -> list[str]:
        if not hasattr(self._held, "names"):
            self._held.names = []
        names: list[str] = self._held.names
        return names

    def waits_for(self, name: str) -> None:
        self.edges |= {(held, name) for held in self.stack() if held != name}

    def circle(self) -> list[str]:
        """Return locks that are taken in a circle, or none."""
        after: dict[str, set[str]] = {}
        for first, second in self.edges:
            after.setdefault(first, set()).add(second)

        def walk(path: list[str]) -> list[str]:
            for following in after.get(path[-1], ()):
                if following in path:
                    return [*path[path.index(following) :], following]
                if found := walk([*path, following]):
                    return found
            return []

        return next((found for name in after if (found := walk([name]))), [])


class RecordedLock:
    """A lock that tells a recorder when it is waited for, had and let go."""

    def __init__(self, lock: Any, name: str, recorder: Recorder) -> None:
        self._lock, self._name, self._recorder = lock, name, recorder

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        # One that is not waited for can close no circle.
        if blocking and timeout != 0:
            self._recorder.waits_for(self._name)
        got = bool(self._lock.acquire(blocking, timeout))
        if got:
            self._recorder.stack().append(self._name)
        return got

    def release(self) -> None:
        self._recorder.stack().remove(self._name)
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Have every lock that the program makes from here on tell its order."""
    recorder = Recorder()

    def recorded(make: Callable[[], Any]) -> Callable[[], Any]:
        def made() -> Any:
            frame = sys._getframe(1)
            file = Path(frame.f_code.co_filename)
            if not file.is_relative_to(ROOT) or file.is_relative_to(ROOT / "tests"):
                return make()
            return RecordedLock(make(), f"{file.relative_to(ROOT)}:{frame.f_lineno}", recorder)

        return made

    monkeypatch.setattr(threading, "Lock", recorded(threading.Lock))
    monkeypatch.setattr(threading, "RLock", recorded(threading.RLock))
    enter = WriterLock.held

    def held(self: WriterLock) -> Any:
        recorder.waits_for("writer")
        context = enter(self)

        class Held:
            def __enter__(self) -> None:
                context.__enter__()
                recorder.stack().append("writer")

            def __exit__(self, *error: Any) -> Any:
                recorder.stack().remove("writer")
                return context.__exit__(*error)

        return Held()

    monkeypatch.setattr(WriterLock, "held", held)
    yield recorder


@pytest.mark.slow
def test_locks_are_taken_in_one_order(tmp_path: Path, recorder: Recorder) -> None:
    """Over all pairs of six operations, which therefore cannot wait for each other for ever."""
    files = write_articles(tmp_path / "articles")
    with desk_in(tmp_path / "home") as workspace:
        for _ in workspace.add(files[:6]):
            continue
        removed = workspace.library.entries()[0].id

        def add() -> None:
            for _ in workspace.add(files[4:9]):
                continue

        def question() -> None:
            *_, answer = ask(
                workspace, Question("How many ships did the harbour of Port03 handle?")
            )
            assert answer.outcome in {"answered", "partly", "declined"}

        def memo() -> None:
            for _ in write(workspace, Request("the harbour of Port03")):
                continue

        def remove_and_restore() -> None:
            workspace.remove(removed)
            workspace.restore(removed)

        def rebuild() -> None:
            workspace.indexes.update(rebuild=True)

        def edit() -> None:
            workspace.update_source(removed, publisher="Harbour Times")

        operations = [add, question, memo, remove_and_restore, rebuild, edit]
        pairs = list(combinations_with_replacement(operations, 2))
        assert len(pairs) > 20
        failures: list[str] = []

        def guarded(operation: Callable[[], None]) -> None:
            try:
                operation()
            except Exception as error:  # noqa: BLE001  # reason: told by the assertion below
                failures.append(f"{operation.__name__}: {type(error).__name__}: {error}")

        for first, second in pairs:
            threads = [
                threading.Thread(target=guarded, args=(one,), daemon=True)
                for one in (first, second)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive(), f"{first.__name__} beside {second.__name__} hangs"
    assert [one for one in failures if "NotInLibrary" not in one] == []
    assert recorder.edges, "locks were recorded"
    assert not any(second == "writer" for _, second in recorder.edges), recorder.edges
    assert recorder.circle() == []
