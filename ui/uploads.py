"""Where uploads lie until they are read: a private folder with an end to what it takes."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_LOG = logging.getLogger(__name__)
# Bytes that may lie here at once. The largest folders that people add (a thousand reports of 2 MB)
# fit; a page that is left open to uploads cannot fill the disk. Half of what is free at most.
QUOTA = 2_000_000_000
# Seconds after which a file that nobody writes is of an upload that was broken off, and after which
# one that was never added is forgotten. Uploads end when nothing comes for
# ui.guard.PIECE_TIMEOUT seconds.
_BROKEN_OFF, _FORGOTTEN = 120.0, 600.0


class Uploads:
    """The folder of one running page below `home`/uploads, emptied when it starts and ends.

    Gradio writes an upload into the folder itself and moves it into a folder of its own in there
    when it is whole.
    """

    def __init__(self, folder: Path, *, quota: int = QUOTA) -> None:
        """Take an empty private folder; see `below`."""
        self.folder = folder
        self._quota = quota
        self._lock = threading.Lock()
        self._reserved = 0
        self._uploading = 0

    @classmethod
    def below(cls, home: Path | None, *, quota: int = QUOTA) -> Uploads:
        """Return a new folder below a data folder, those of pages that have ended deleted.

        Where nothing can be written there it is a temporary one of the system's.
        """
        if home is None:
            return cls(Path(tempfile.mkdtemp(prefix="briefing-uploads-")), quota=quota)
        try:
            whole = home / "uploads"
            whole.mkdir(parents=True, exist_ok=True, mode=0o700)
            whole.chmod(0o700)
            for one in whole.iterdir():
                if not _is_running(one.name.partition("-")[0]):
                    shutil.rmtree(one, ignore_errors=True)
            return cls(Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=whole)), quota=quota)
        except OSError as error:
            _LOG.warning("uploads lie outside of the data folder: %s", error)
            return cls.below(None, quota=quota)

    def close(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def holds(self, path: str) -> bool:
        """Say whether a path is a whole upload; nothing is opened."""
        wanted = Path(path)
        try:
            parts = wanted.relative_to(self.folder).parts
            return (
                len(parts) == 2
                and ".." not in parts
                and stat.S_ISDIR(wanted.parent.lstat().st_mode)
                and stat.S_ISREG(wanted.lstat().st_mode)
            )
        except (OSError, ValueError):
            return False

    def reserve(self, size: int, busy: Callable[[], bool]) -> bool:
        """Set space aside for an upload of so many bytes; False where there is none.

        `busy` says whether something that was uploaded still waits to be read. An upload that may
        begin is ended by `release`.
        """
        with self._lock:
            self._sweep(waits=busy())
            free = shutil.disk_usage(self.folder).free
            most = min(self._quota, (free + self._stored_bytes()) // 2)
            if self._stored_bytes(whole=True) + self._reserved + size > most:
                return False
            self._reserved += size
            self._uploading += 1
            return True

    def release(self, size: int) -> None:
        """Give back the space of an upload that has ended, whole or not."""
        with self._lock:
            self._reserved -= size
            self._uploading -= 1
            self._sweep(waits=True)

    def _stored_bytes(self, *, whole: bool = False) -> int:
        """Return the bytes of what lies here; of whole uploads alone, or of all."""
        files = self.folder.glob("*/*" if whole else "**/*")
        return sum(_file_size(one) for one in files)

    def _sweep(self, *, waits: bool) -> None:
        now = time.time()
        for one in self.folder.iterdir():
            age = now - _modified(one, now)
            if one.is_dir():
                if not waits and age > _FORGOTTEN:
                    shutil.rmtree(one, ignore_errors=True)
            elif not self._uploading or age > _BROKEN_OFF:
                with suppress(OSError):
                    one.unlink()


def _is_running(process: str) -> bool:
    """Say whether a process of this machine is alive; on Windows, where it cannot be told, yes."""
    if os.name != "posix":
        # There os.kill would send Ctrl-C.
        return True
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _file_size(file: Path) -> int:
    with suppress(OSError):
        found = file.lstat()
        return found.st_size if stat.S_ISREG(found.st_mode) else 0
    return 0


def _modified(file: Path, now: float) -> float:
    with suppress(OSError):
        return file.lstat().st_mtime
    return now


__all__ = ["QUOTA", "Uploads"]
