"""One writer at a time: a lock on a file that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import LibraryLocked, StorageError

# How long a second writer waits before it is told who holds the lock.
_PATIENCE = 1.0


class WriterLock:
    """An exclusive `flock` on `file`, re-entrant within a thread, shared by no two processes.

    The kernel frees it when its process ends, however it ends, so no stale lock needs breaking.
    The file holds the owner's process id, for the message only.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._within = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the block; raises LibraryLocked naming the process that has it."""
        with self._within:
            if self._depth:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                return
            try:
                descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise StorageError(f"cannot write {self._file} ({error.strerror})") from error
            try:
                self._acquire(descriptor)
                self._depth = 1
                yield
            finally:
                self._depth = 0
                os.close(descriptor)

    def _acquire(self, descriptor: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "?"
                    raise LibraryLocked(
                        f"process {owner} is writing to this library; wait for it to finish, "
                        "or stop it, and try again"
                    ) from None
                time.sleep(0.05)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
