"""The connection to a library's SQLite file, and its errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.errors import LibraryDamaged, LibraryError, StorageError


def connect(file: Path) -> sqlite3.Connection:
    """Open `file`, made if missing, for one thread; every write reaches the disk before it counts.

    Raises StorageError when it cannot be opened and LibraryDamaged when it is no database.
    """
    with translated(file):
        connection = sqlite3.connect(
            file, timeout=10, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    file.chmod(0o600)
    return connection


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Turn sqlite3's errors into ours, each with what to do about it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text:
            raise StorageError(
                f"the disk is full: free some space for {file} and try again"
            ) from error
        if any(word in text for word in ("readonly", "unable to open", "disk I/O", "locked")):
            raise StorageError(f"cannot write {file} ({text})") from error
        raise LibraryError(f"the library {file} refused a request ({text})") from error
    except sqlite3.DatabaseError as error:
        raise LibraryDamaged(
            f"{file} is damaged or no library ({error}); restore it from a backup, or move it away "
            "and add your documents again"
        ) from error
