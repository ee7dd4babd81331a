"""`briefing sync --watch`: real folders, real events, and what goes wrong with them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import LibraryLocked, StorageError, WorkersError
from corpus.library import Library
from corpus.synced_files import SyncedFiles
from index import folder_watch
from index.embedders import HASHING
from index.folder_sync import SyncReport
from index.folder_watch import Watch
from tests.servers import until
from tests.test_index_folder_sync import write

ROOT = Path(__file__).parent.parent


class Watched:
    """A folder that is watched in a thread: what was said and reported."""

    def __init__(self, workspace: Workspace, folder: Path, **options: float) -> None:
        self.said: list[str] = []
        self.reports: list[SyncReport] = []
        self.looks = 0
        self.failure: BaseException | None = None
        self.workspace, self.folder = workspace, folder
        self.refuses: Exception | None = None

        def look(ready, first):  # type: ignore[no-untyped-def]  # as Watch calls it
            self.looks += 1
            if self.refuses is not None:
                raise self.refuses
            yield from workspace.sync(folder, refused_again=first, ready=ready)

        self.watch = Watch(
            folder, look, said=self.said.append, reported=self.reports.append,
            quiet=options.pop("quiet", 0.4), **options,
        )  # fmt: skip
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.watch.run()
        except BaseException as error:
            self.failure = error
            raise

    @property
    def names(self) -> set[str]:
        return names_in(self.workspace.library, self.folder)

    def shows(self, *names: str, seconds: float = 60) -> bool:
        return until(lambda: self.names == set(names), seconds)

    def idle(self) -> bool:
        """Wait until a while has passed without a look."""
        before = -1
        while before != self.looks:
            before = self.looks
            time.sleep(2.5)
        return True


def names_in(library: Library, folder: Path) -> set[str]:
    """Return the paths below a folder that the library shows documents from."""
    found = SyncedFiles(library.connections, str(folder)).places()
    return {path for path, place in found.items() if place.visible}


@contextmanager
def watched(workspace: Workspace, folder: Path, **options: float) -> Iterator[Watched]:
    made = Watched(workspace, folder, **options)
    made.thread.start()
    try:
        yield made
        assert made.failure is None
    finally:
        made.watch.stop()
        made.thread.join(60)
        assert not made.thread.is_alive()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    settings = Settings(home=tmp_path / "home", engine="extractive", embedder=HASHING)
    with Workspace(settings) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    return made


@pytest.mark.slow
def test_the_library_follows_a_folder(workspace: Workspace, folder: Path) -> None:
    """New, changed, renamed and removed files, also in folders that were just made."""
    write(folder / "before.md", "Beforehaven")
    with watched(workspace, folder) as found:
        assert found.shows("before.md")
        write(folder / "new/deep/one.md", "Onehaven")
        assert found.shows("before.md", "new/deep/one.md")
        (folder / "new").rename(folder / "old")
        assert found.shows("before.md", "old/deep/one.md")
        assert until(lambda: bool(found.reports[-1].renamed), 60)
        write(folder / "before.md", "Beforehaven", 91)
        assert until(lambda: bool(found.reports[-1].added.replaced), 60)
        shutil.rmtree(folder / "old")
        assert found.shows("before.md")
        # Where nothing happens nothing is looked at: reading files is no change.
        assert found.idle()
        looks = found.looks
        (folder / "before.md").read_text()
        list(folder.iterdir())
        time.sleep(3)
        assert found.looks == looks


@pytest.mark.slow
def test_a_file_is_read_once_it_is_whole(workspace: Workspace, folder: Path) -> None:
    """A PDF that comes in slowly, one under a browser's name, and one that goes at once."""
    from tests.papers import long_report

    whole = long_report(folder.parent / "whole.pdf", 30, "It is over.").read_bytes()
    write(folder / "first.md", "Firsthaven")
    with watched(workspace, folder, quiet=0.8) as found:
        assert found.shows("first.md")
        with (folder / "slow.pdf").open("wb") as slow, (folder / "b.md.crdownload").open("w") as b:
            for at in range(0, len(whole), len(whole) // 12 + 1):
                slow.write(whole[at : at + len(whole) // 12 + 1])
                slow.flush()
                b.write("The harbour of Twohaven handled ships. ")
                b.flush()
                (folder / "brief.md").write_text("Gone at once.")
                time.sleep(0.25)
                assert found.names == {"first.md"}
            (folder / "brief.md").unlink()
        assert found.shows("first.md", "slow.pdf")
        (folder / "b.md.crdownload").rename(folder / "b.md")
        assert found.shows("first.md", "slow.pdf", "b.md")
        assert not any(one.added.refused for one in found.reports)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [300, pytest.param(3_000, marks=pytest.mark.long)])
def test_bursts_of_events(workspace: Workspace, folder: Path, count: int) -> None:
    """Files made, changed, renamed and removed in bursts: the end is what the folder holds."""
    chance = random.Random(3)
    with watched(workspace, folder) as found:
        for number in range(count):
            file = folder / f"{number % 40}" / f"{number}.txt"
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"Port {number} handled {number} ships.\n")
        assert until(lambda: len(found.names) > 50, 120)
        for _ in range(6):
            for file in [one for one in folder.rglob("*.txt") if chance.random() < 0.1]:
                what = chance.randrange(3)
                if what == 0:
                    file.write_text(f"{file.stem} has {chance.random()} ships.\n")
                elif what == 1:
                    file.rename(file.with_name(f"{file.stem}-{chance.randrange(1_000)}.txt"))
                else:
                    file.unlink()
            time.sleep(chance.random())
        (folder / "3").rename(folder / "three")
        left = {str(one.relative_to(folder)) for one in folder.rglob("*.txt")}
        assert until(lambda: found.names == left, 600) and len(left) > count / 2
        assert found.idle()
    library = workspace.library
    texts = {
        one.source.location: library.document(one.id).text.strip() for one in library.entries()
    }
    on_disk = {str(folder / one): (folder / one).read_text().strip() for one in left}
    assert set(on_disk.values()) == set(texts.values())
    assert not workspace.indexes.is_behind()


@pytest.mark.slow
def test_what_refuses_is_waited_out_and_said_once(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked library, a full disk, workers that went away; then it goes on by itself."""
    monkeypatch.setattr(folder_watch, "_LONGEST_WAIT", 0.3)
    for error in (
        LibraryLocked("process 7 is writing"),
        StorageError("the disk is full"),
        WorkersError("the workers went away"),
    ):
        with watched(workspace, folder) as found:
            found.refuses = error
            write(folder / f"{type(error).__name__}.md", type(error).__name__)
            assert until(lambda found=found: found.looks > 4, 60)  # type: ignore[misc]
            assert found.said == [f"waiting: {error}"]
            found.refuses = None
            assert until(lambda found=found: len(found.reports) == 1, 60)  # type: ignore[misc]
            assert len(found.said) == 2


@pytest.mark.slow
def test_a_folder_that_goes_and_comes_back(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a disk is taken away and connected again: nothing is removed, and it goes on."""
    monkeypatch.setattr(folder_watch, "_GONE", 0.3)
    write(folder / "one.md", "Onehaven")
    with watched(workspace, folder) as found:
        assert found.shows("one.md")
        folder.rename(folder.parent / "away")
        assert until(lambda: len(found.said) == 1, 60) and "nothing was removed" in found.said[0]
        folder.mkdir()
        assert until(lambda: len(found.said) == 2, 60) and "has become empty" in found.said[1]
        folder.rmdir()
        (folder.parent / "away").rename(folder)
        assert until(lambda: found.said[-1].endswith("is looked at again"), 60)
        assert found.names == {"one.md"}
        write(folder / "two.md", "Twohaven")
        assert found.shows("one.md", "two.md")


@pytest.mark.slow
def test_looking_where_nothing_is_reported(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By wish, on a networked disk, where the system watches no more, and where events are lost."""
    import watchfiles

    def full(*_: object, **__: object) -> Iterator[object]:
        raise OSError("OS file watch limit reached.")
        yield

    def silent(*_: object, **options: object) -> Iterator[set[object]]:
        stop = options["stop_event"]
        while not stop.wait(0.1):  # type: ignore[attr-defined]
            yield set()

    monkeypatch.setattr(folder_watch, "POLL", 0.5)
    for number, (name, options) in enumerate(
        (("wish", {"poll": 0.5}), ("network", {}), ("full", {}), ("lost", {"every": 0.5}))
    ):
        with monkeypatch.context() as patch:
            if name == "network":
                patch.setattr(folder_watch, "_networked", lambda _: "nfs4")
            if name in ("full", "lost"):
                patch.setattr(watchfiles, "watch", full if name == "full" else silent)
            with watched(workspace, folder, **options) as found:  # type: ignore[arg-type]
                assert found.shows(*(f"{one}.md" for one in range(number)))
                write(folder / f"{number}.md", f"Port{number}")
                assert found.shows(*(f"{one}.md" for one in range(number + 1)))
                assert len(found.said) == (name in ("network", "full")), found.said
                assert all("0 seconds" in one for one in found.said)


def test_networked_file_systems_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the list of mounts; the innermost counts."""
    lines = (
        "22 1 0:20 / / rw - ext4 /dev/sda rw\n"
        "23 22 0:21 / /mnt/team\\040files rw,relatime shared:1 - nfs4 server:/x rw\n"
        "24 23 0:22 / /mnt/team\\040files/here rw - ext4 /dev/sdb rw\n"
        "25 22 0:23 / /home/a/far rw - fuse.sshfs a@b: rw\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: lines)
    for folder, kind in (
        ("/mnt/team files/x", "nfs4"),
        ("/mnt/team files/here/x", ""),
        ("/mnt/team filesystem", ""),
        ("/home/a/far", "fuse.sshfs"),
        ("/home/a", ""),
    ):
        assert folder_watch._networked(Path(folder)) == kind


@contextmanager
def process(home: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the command itself; it is killed at the end if it still runs."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "BRIEFING_HOME": str(home), "BRIEFING_EMBEDDER": HASHING,
    }  # fmt: skip
    started = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "sync", str(folder), "--watch"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_watch_goes_on_where_it_was(tmp_path: Path, folder: Path) -> None:
    """kill -9 in the middle of an addition, changes while nothing runs, and a restart."""
    home = tmp_path / "home"
    for number in range(300):
        write(folder / f"{number}.md", f"Port{number}", number)
    library = Library(home)

    def shown() -> set[str]:
        return names_in(library, folder)

    with process(home, folder) as first:
        assert until(lambda: len(shown()) > 30, 120)
        first.send_signal(signal.SIGKILL)
        first.wait(30)
    begun = {one.id for one in library.entries()}
    assert 30 < len(begun) < 300
    (folder / "0.md").rename(folder / "zero.md")
    (folder / "1.md").unlink()
    left = {one.name for one in folder.iterdir()}
    with process(home, folder) as second:
        assert until(lambda: shown() == left, 200)
        second.send_signal(signal.SIGTERM)
        out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert "renamed: 1" in out and "removed: 1" in out and "ending after" in err
    # The documents of before were not read again: their rows say when they were added.
    assert len(begun & {one.id for one in library.entries()}) == len(begun) - 1
    library.close()
