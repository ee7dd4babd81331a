"""One process at a time: locks on files that are freed when the process that holds them ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from corpus.errors import LibraryLocked, StorageError
from corpus.i18n import tr

# Seconds that a second process waits before it is told who holds the writer lock.
_PATIENCE = 1.0
# What a lock's file begins with: Windows lets nobody else read the byte that is locked, the first.
_AHEAD = b"\n"


class Locked(Exception):
    """Another process, or another lock on the same file, holds it."""


class ProcessLock:
    """An exclusive lock on `file` that keeps other processes out; threads of one share it.

    The operating system frees it when its process ends, however it ends, so no stale lock needs
    breaking. The file holds the owner's process id, for messages only, and stays.
    """

    def __init__(self, file: Path, *, patience: float) -> None:
        """Take nothing yet; `patience` is for how many seconds another process is waited for."""
        self._file = file
        self._lock = FileLock(
            file,
            timeout=patience,
            mode=0o600,
            # A generator that holds the lock may be closed by another thread than began it.
            thread_local=False,
            preserve_lock_file=True,
            on_acquired=_sign,
        )

    @property
    def held_here(self) -> bool:
        """Whether some thread of this process holds the lock."""
        return self._lock.is_locked

    @property
    def owner(self) -> str:
        """The id of the process that took the lock last; "?" where there is none to read."""
        try:
            with self._file.open("rb", buffering=0) as stream:
                stream.seek(len(_AHEAD))
                return stream.read(20).decode("ascii", "replace").strip() or "?"
        except OSError:
            return "?"

    def taken(self) -> AbstractContextManager[object]:
        """Take the lock, and return the block that frees it at its end.

        Raises Locked where another has it, and OSError where its file cannot be written.
        """
        # FileLock would make a folder anew that is gone.
        self._file.parent.stat()
        try:
            return self._lock.acquire()
        except Timeout as error:
            raise Locked from error


def _sign(descriptor: int) -> None:
    """Write the id of this process into the file of a lock that it has just taken."""
    os.ftruncate(descriptor, 0)
    os.write(descriptor, _AHEAD + f"{os.getpid()}\n".encode())


class WriterLock:
    """The lock of whoever writes to a library.

    Threads that write at the same time are kept apart by SQLite's own transactions, so that
    removing a document need not wait for a long addition to end. The lock is the outermost one:
    nothing is held while it is waited for.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = ProcessLock(file, patience=_PATIENCE)

    @property
    def held_here(self) -> bool:
        """Whether some thread of this process holds the lock."""
        return self._lock.held_here

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the block; raises LibraryLocked naming the process that has it.

        Raises StorageError where the lock file cannot be written.
        """
        try:
            taken = self._lock.taken()
        except Locked as error:
            raise LibraryLocked(
                tr(
                    "process {number} is writing to this library; wait for it to finish, or "
                    "stop it, and try again",
                    number=self._lock.owner,
                )
            ) from error
        except OSError as error:
            raise StorageError(
                tr("cannot write {file} ({reason})", file=self._file, reason=error.strerror)
            ) from error
        with taken:
            yield
