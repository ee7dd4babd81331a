"""A file that is on its way: its bytes so far, kept for the next try; and a source that failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.lock import Locked, ProcessLock

SUFFIX = ".part"


class SourceFailed(Exception):
    """A source does not give the file; the message says why, and another may be tried.

    `again` says that the same one may give more of it in a while.
    """

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


class PartialFile:
    """The beginning of `whole`, in a file beside it; what is written there stays for a resume.

    Never what is used: the whole takes its name once it is checked. Raises OSError.
    """

    def __init__(self, whole: Path, total: int) -> None:
        self.whole, self.total = whole, total
        self.file = whole.with_name(whole.name + SUFFIX)
        # More than the whole file: not its beginning.
        if self.size > total:
            self.clear()

    @property
    def size(self) -> int:
        """How many bytes are there."""
        try:
            return self.file.stat().st_size
        except FileNotFoundError:
            return 0

    def cut(self, size: int) -> None:
        """Forget what comes after `size` bytes."""
        if size < self.size:
            os.truncate(self.file, size)

    def clear(self) -> None:
        """Forget all of it."""
        self.file.unlink(missing_ok=True)

    def add(self, data: bytes) -> None:
        """Append bytes; raises SourceFailed for more than the whole file has."""
        if self.size + len(data) > self.total:
            raise SourceFailed(tr("it sends more than the file has"))
        with self.file.open("ab") as stream:
            stream.write(data)

    def finish(self) -> None:
        """Give the whole file its name, on disk for good."""
        with self.file.open("rb") as stream:
            os.fsync(stream.fileno())
        self.file.chmod(0o600)
        self.file.replace(self.whole)


@contextmanager
def alone(file: Path, name: str) -> Iterator[None]:
    """Keep others from getting or removing the same file for the block.

    Raises UsageError where another is at it, and OSError.
    """
    try:
        taken = ProcessLock(file.with_name(f".{file.name}.lock"), patience=0).taken()
    except Locked as error:
        raise UsageError(
            tr("another process is getting {name}; wait for it to end", name=name)
        ) from error
    with taken:
        yield
