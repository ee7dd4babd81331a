"""Connections to a library's SQLite file, one a thread, their transactions, errors translated."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from corpus.connections import Connection
from corpus.errors import LibraryClosed, LibraryDamaged, LibraryError, StorageError
from corpus.i18n import tr
from corpus.lock import WriterLock

# Less free space than this is a full disk, whatever SQLite calls the failure: its own shared-memory
# file takes 32 KB.
_FULL = 100_000
T = TypeVar("T")


class _Lease:
    """A connection that is closed when the last reference to its lease is gone.

    By itself it would stay open until the garbage collector comes by: its cache of statements
    refers back to it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class SqliteConnections:
    """The connections of one library file: each thread has its own, and it ends with its thread.

    Thread-safe. `read_only` says whether the file could only be opened for reading: a full disk,
    or one that is mounted so.
    """

    shared = False

    def __init__(self, file: Path, lock: WriterLock) -> None:
        self._file, self._lock = file, lock
        self._local = threading.local()
        # Weak: the only other reference is the thread's, and goes with it.
        self._open: weakref.WeakSet[_Lease] = weakref.WeakSet()
        self._mutex = threading.Lock()
        self._closed = False
        self.read_only = False

    def __call__(self) -> sqlite3.Connection:
        """Return this thread's connection; raises LibraryClosed, StorageError, LibraryDamaged."""
        if self._closed:
            raise LibraryClosed(tr("the library has been closed; open it again"))
        lease: _Lease | None = getattr(self._local, "lease", None)
        if lease is None:
            lease = _Lease(self._opened())
            with self._mutex:
                # Closed while this was being opened: the lease ends here, and its connection.
                if self._closed:
                    raise LibraryClosed(tr("the library has been closed; open it again"))
                self._open.add(lease)
            self._local.lease = lease
        return lease.connection

    def __len__(self) -> int:
        """Return how many connections are open."""
        with self._mutex:
            return len(self._open)

    def close(self) -> None:
        """Close the connections of every thread; none is opened afterwards."""
        with self._mutex:
            self._closed = True
            left = list(self._open)
            self._open.clear()
        for lease in left:
            lease.connection.close()
        self._local = threading.local()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return what a statement yields in this thread's connection, errors translated."""
        with translated(self._file):
            return self().execute(statement, values).fetchall()

    @property
    def name(self) -> str:
        """What the record is and where."""
        return f"SQLite, {self._file}"

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` makes of several statements that read."""
        with translated(self._file):
            return work(self())

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one write transaction: all of it or nothing, errors translated."""
        with self._transaction() as connection:
            return work(connection)

    def exclusively(self, _: str, *, wait: bool = True) -> AbstractContextManager[None]:
        """Keep every other process out for a block: the writer lock, whatever the name."""
        return self._lock.held()

    def number_on(self) -> None:
        """Do nothing: SQLite numbers new rows after those that were copied in by itself."""

    def fault(self) -> str:
        """Have SQLite check its file, and return what is wrong with it; "" for nothing."""
        found = [str(row[0]) for row in self.rows("PRAGMA integrity_check")]
        return "" if found == ["ok"] else "; ".join(found)

    def size(self) -> int:
        """Return how many bytes the file takes, with what SQLite keeps beside it."""
        files = self._file.parent.glob(f"{self._file.name}*")
        return sum(one.stat().st_size for one in files if one.is_file())

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """Have this thread see the file as it is now for the whole block, whoever writes.

        One read transaction: SQLite shows it the state at its first statement.
        """
        connection = self()
        if connection.in_transaction:
            yield
            return
        with translated(self._file):
            connection.execute("BEGIN")
        try:
            yield
        finally:
            with translated(self._file):
                connection.execute("COMMIT")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction of this thread: all of it or nothing, errors translated."""
        with translated(self._file):
            connection = self()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:  # reason: a half transaction must not outlive any failure
                # SQLite has rolled back by itself after some errors (a full disk), not all.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _opened(self) -> sqlite3.Connection:
        with translated(self._file):
            try:
                connection = _connected(self._file)
                self.read_only = False
            except sqlite3.OperationalError as error:
                if not (self._file.exists() and _refuses_writing(error)):
                    raise
                # Another connection may still write: then the file must not be called unchanging.
                connection = _connected_for_reading(self._file, alone=not len(self))
                self.read_only = True
        return connection


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Read once here: a disk that is full or read-only refuses only when a page is wanted.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    with suppress(OSError):
        # A read-only disk keeps the mode it has.
        file.chmod(0o600)
    return connection


def _connected_for_reading(file: Path, *, alone: bool) -> sqlite3.Connection:
    """Open a file whose disk takes no writes.

    Without pending changes beside it, SQLite may be told that nothing changes it ("immutable") and
    makes no file of its own.
    """
    pending = file.with_name(f"{file.name}-wal")
    settled = alone and not (pending.exists() and pending.stat().st_size)
    mode = "mode=ro&immutable=1" if settled else "mode=ro"
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=10,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    return connection


def _name(error: sqlite3.Error) -> str:
    """Return SQLite's name of an error; "" for those that Python's own module raises."""
    return getattr(error, "sqlite_errorname", None) or ""


def _refuses_writing(error: sqlite3.OperationalError) -> bool:
    """Say whether SQLite failed because it could not write."""
    name = _name(error)
    return name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL"))


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Turn sqlite3's errors into ours, each with what to do about it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        name = _name(error)
        if name == "SQLITE_FULL" or (_refuses_writing(error) and _full(file)):
            raise StorageError(
                tr("the disk is full: free some space for {file} and try again", file=file)
            ) from error
        if name.startswith("SQLITE_READONLY"):
            raise StorageError(
                tr(
                    "{file} cannot be written: its disk or folder is read-only; what is in the "
                    "library can be read",
                    file=file,
                )
            ) from error
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StorageError(
                tr("another program holds {file}; wait for it to finish, and try again", file=file)
            ) from error
        if _refuses_writing(error):
            raise StorageError(
                tr(
                    "cannot read or write {file} ({reason}); check its disk and try again",
                    file=file,
                    reason=error,
                )
            ) from error
        raise LibraryError(
            tr("the library {file} refused a request ({reason})", file=file, reason=error)
        ) from error
    except sqlite3.ProgrammingError as error:
        if "closed" in str(error):
            raise LibraryClosed(tr("the library has been closed; open it again")) from error
        raise
    except sqlite3.DatabaseError as error:
        raise LibraryDamaged(
            tr(
                "{file} is damaged or no library ({reason}); restore it from a backup, or move "
                "it away and add your documents again",
                file=file,
                reason=error,
            )
        ) from error


def _full(file: Path) -> bool:
    try:
        return shutil.disk_usage(file.parent).free < _FULL
    except OSError:
        return False
