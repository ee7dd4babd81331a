"""A lock keeps other processes out, says who holds it, and is free when its holder ends."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from corpus.errors import LibraryLocked, StorageError
from corpus.lock import Locked, ProcessLock, WriterLock


def test_another_lock_on_the_file_is_refused_until_the_first_is_free(tmp_path: Path) -> None:
    """At once without patience; the file is its owner's alone, names the process, and stays."""
    file = tmp_path / "one.lock"
    first, second = ProcessLock(file, patience=0), ProcessLock(file, patience=0)
    with first.taken():
        assert first.held_here and not second.held_here
        with pytest.raises(Locked):
            second.taken()
        assert second.owner == str(os.getpid())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not first.held_here and file.is_file()
    with second.taken():
        assert second.held_here


def test_a_lock_that_is_freed_in_time_is_waited_for(tmp_path: Path) -> None:
    """Patience is an end to waiting, not a wait that must be sat through."""
    file = tmp_path / "one.lock"
    held, freed = ProcessLock(file, patience=0).taken(), threading.Event()

    def free() -> None:
        freed.wait(60)
        held.__exit__(None, None, None)

    thread = threading.Thread(target=free)
    thread.start()
    freed.set()
    with ProcessLock(file, patience=60).taken():
        thread.join(60)
    assert not thread.is_alive()


def test_threads_of_one_process_share_the_writer_lock(tmp_path: Path) -> None:
    """It is free when the last of them is done, whichever took it first."""
    lock, other = WriterLock(tmp_path / "writer.lock"), WriterLock(tmp_path / "writer.lock")
    entered, leave = threading.Event(), threading.Event()

    def write() -> None:
        with lock.held():
            entered.set()
            leave.wait(60)

    thread = threading.Thread(target=write)
    with lock.held():
        thread.start()
        assert entered.wait(60)
    # The thread that came second has it still.
    assert lock.held_here
    with pytest.raises(LibraryLocked, match=f"process {os.getpid()} is writing"), other.held():
        raise AssertionError("two writers at once")
    leave.set()
    thread.join(60)
    assert not lock.held_here
    with other.held():
        assert other.held_here


def test_a_generator_that_another_thread_closes_lets_go(tmp_path: Path) -> None:
    """Work of the page begins in one thread and may be ended by another."""
    lock = ProcessLock(tmp_path / "one.lock", patience=0)

    def working() -> Generator[int, None, None]:
        with lock.taken():
            yield 1

    work = working()
    assert next(work) == 1 and lock.held_here
    thread = threading.Thread(target=work.close)
    thread.start()
    thread.join(60)
    assert not lock.held_here


def test_a_folder_that_is_gone_is_said_and_not_made_anew(tmp_path: Path) -> None:
    """A lock in an empty folder would let somebody write to a library that is no more."""
    home = tmp_path / "home"
    home.mkdir()
    lock = WriterLock(home / "writer.lock")
    with lock.held():
        pass
    (home / "writer.lock").unlink()
    home.rmdir()
    with pytest.raises(StorageError, match=r"cannot write .*writer\.lock"), lock.held():
        raise AssertionError("held in a folder that is gone")
    assert not home.exists() and not lock.held_here


def test_nobody_waits_without_end(tmp_path: Path) -> None:
    """A writer that goes on and on is named within seconds."""
    file = tmp_path / "writer.lock"
    started = time.monotonic()
    with (
        WriterLock(file).held(),
        pytest.raises(LibraryLocked, match="stop it, and try again"),
        WriterLock(file).held(),
    ):
        raise AssertionError("two writers at once")
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("content", [b"", b"\n", None])
def test_an_owner_that_cannot_be_read_is_not_invented(
    tmp_path: Path, content: bytes | None
) -> None:
    """No file, or one that says nothing."""
    file = tmp_path / "one.lock"
    if content is not None:
        file.write_bytes(content)
    assert ProcessLock(file, patience=0).owner == "?"
