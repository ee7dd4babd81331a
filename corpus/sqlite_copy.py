"""Copies of a library's SQLite file, of one moment, while others go on writing."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from corpus.originals import storage_error
from corpus.sqlite import translated

# Pages (4 KB each) between two reports of progress.
_PAGES = 4096


def copy_database(
    source: Path, target: Path, say: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Copy the database `source` as it is at this moment to `target`, whole or not at all.

    The copy is readable by its owner alone, and flushed to the disk. `say` is told how many pages
    of how many are done. Raises StorageError (a full disk), LibraryDamaged.
    """
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with (
            translated(source),
            closing(
                sqlite3.connect(
                    f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=10,
                    isolation_level=None,
                )
            ) as reading,
        ):  # fmt: skip
            # One read transaction: without it each change by others would begin the copy anew.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with translated(target), closing(sqlite3.connect(temporary)) as writing:
                reading.backup(
                    writing,
                    pages=_PAGES,
                    progress=lambda _, left, total: say(total - left, total),
                )
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    except OSError as error:
        raise storage_error(error, target.parent) from error
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(temporary.name + ending).unlink(missing_ok=True)


def format_of(file: Path) -> int:
    """Return the number of the format of a library's database; raises LibraryDamaged."""
    with translated(file), closing(_opened(file)) as reading:
        return int(reading.execute("PRAGMA user_version").fetchone()[0])


def counts_of(file: Path) -> dict[str, int]:
    """Return how many rows each table of a database has; raises LibraryDamaged for a broken one."""
    with translated(file), closing(_opened(file)) as reading:
        (sound,) = reading.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(sound)
        names = reading.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " ORDER BY name"
        ).fetchall()
        return {
            str(name): int(reading.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
            for (name,) in names
        }


def facts_of(file: Path) -> tuple[str, int, str]:
    """Return the identity, generation and embedder of a library from its database."""
    with translated(file), closing(_opened(file)) as reading:
        facts = {str(row[0]): str(row[1]) for row in reading.execute("SELECT * FROM facts")}
        (newest,) = reading.execute("SELECT coalesce(max(generation), 0) FROM changes").fetchone()
        return facts.get("id", ""), int(newest), facts.get("embedder", "")


def originals_of(file: Path) -> list[str]:
    """Return the hashes of the originals that the rows of a library's database name, in order."""
    with translated(file), closing(_opened(file)) as reading:
        rows = reading.execute(
            "SELECT original FROM documents WHERE original != ''"
            " UNION SELECT original FROM places WHERE original != '' ORDER BY 1"
        ).fetchall()
        return [str(row[0]) for row in rows]


def _opened(file: Path) -> sqlite3.Connection:
    # A copy that nobody writes: SQLite makes no files beside it.
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
