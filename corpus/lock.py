"""One writing process at a time: a lock on a file that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import LibraryLocked, StorageError
from corpus.said import said

# How long a second process waits before it is told who holds the lock.
_PATIENCE = 1.0


class WriterLock:
    """An exclusive `flock` on `file` that keeps other processes out; threads of one share it.

    The kernel frees it when its process ends, however it ends, so no stale lock needs breaking.
    The file holds the owner's process id, for the message only. Threads that write at the same
    time are kept apart by SQLite's own transactions, so that removing a document need not wait for
    a long addition to end. The lock is the outermost one: nothing is held while it is waited for.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._mutex = threading.Lock()
        self._holders = 0
        self._descriptor = -1

    @property
    def held_here(self) -> bool:
        """Whether some thread of this process holds the lock."""
        return self._holders > 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the block; raises LibraryLocked naming the process that has it.

        Raises StorageError where the lock file cannot be written.
        """
        deadline = time.monotonic() + _PATIENCE
        while not self._entered():
            if time.monotonic() > deadline:
                raise LibraryLocked(
                    said(
                        "process {number} is writing to this library; wait for it to finish, or "
                        "stop it, and try again",
                        number=self._owner(),
                    )
                )
            time.sleep(0.05)
        try:
            yield
        finally:
            with self._mutex:
                self._holders -= 1
                if not self._holders:
                    os.close(self._descriptor)

    def _entered(self) -> bool:
        """Join the holders, or become the first; False while another process has the lock."""
        with self._mutex:
            if not self._holders:
                try:
                    descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                except OSError as error:
                    raise StorageError(
                        said(
                            "cannot write {file} ({reason})", file=self._file, reason=error.strerror
                        )
                    ) from error
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                except BlockingIOError:
                    os.close(descriptor)
                    return False
                except OSError as error:
                    os.close(descriptor)
                    raise StorageError(
                        said(
                            "cannot write {file} ({reason})", file=self._file, reason=error.strerror
                        )
                    ) from error
                self._descriptor = descriptor
            self._holders += 1
            return True

    def _owner(self) -> str:
        """Return the process id in the file; "?" where there is none to read."""
        try:
            return self._file.read_text(errors="replace").strip() or "?"
        except OSError:
            return "?"
