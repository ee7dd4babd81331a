"""A library's record in PostgreSQL: the statements of SQLite, through SQLAlchemy and psycopg.

Reading asks again for a while where the server went away (it may be restarting), and so does a
write transaction: each leaves a mark, so that one whose end was not heard is done once. Write
transactions wait for each other by an advisory lock, so that the generations of the library are in
the order in which they became visible.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection as ServerConnection
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoneFree

from corpus.connections import Connection
from corpus.errors import (
    LibraryClosed,
    LibraryDamaged,
    LibraryError,
    LibraryLocked,
    RecordUnreachable,
    StorageError,
    UsageError,
)
from corpus.i18n import tr
from corpus.postgresql_errors import not_allowed, server_error
from corpus.postgresql_statements import Session, tables_for_server
from corpus.redaction import hide
from corpus.schema import CONVERSIONS, MIGRATIONS, keys_of_tables, numbered_tables, too_new

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

# Seconds. A server that restarts is back within some; one that is gone must be told of.
_CONNECTING = 10
_READ_PATIENCE, _WRITE_PATIENCE, _LOCK_PATIENCE = 20.0, 60.0, 60.0
# Half of that at first: the address may be wrong.
_OPENING_PATIENCE = 10.0
_STATEMENT, _IDLE = 300, 900
# Connections of one process that stay open, and how many more there may be at once: PostgreSQL
# itself takes 100 of all processes together unless it is told otherwise.
_KEPT, _MORE = 5, 15
# The first that makes random names for libraries without an extension: PostgreSQL 13.
_OLDEST = 130_000
# A peer that vanished without a word is noticed after about a minute, by either side.
_KEEPALIVE = {
    "keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}  # fmt: skip
# Tables of this record alone, which no move takes along: the version of the others, and what each
# thread that writes left last.
_SERVER_TABLES = """
    CREATE TABLE library_schema (version BIGINT NOT NULL);
    CREATE TABLE library_writers (
        writer TEXT PRIMARY KEY, mark TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now()
    );
"""
_MARK = (
    "INSERT INTO library_writers (writer, mark) VALUES (?, ?) ON CONFLICT (writer)"
    " DO UPDATE SET mark = excluded.mark, at = excluded.at"
)
# Of threads that are gone: a day is longer than any write is tried.
_FORGET = "DELETE FROM library_writers WHERE at < now() - interval '1 day'"
_ON_SERVER = {
    "statement_timeout": f"{_STATEMENT}s",
    "lock_timeout": f"{int(_LOCK_PATIENCE)}s",
    "idle_in_transaction_session_timeout": f"{_IDLE}s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


@dataclass
class _Exclusive:
    """A lock by name that threads of this process share, and the connection that holds it."""

    mutex: threading.Lock
    holders: int = 0
    connection: ServerConnection | None = None


class PostgresConnections:
    """The connections to one PostgreSQL database, from a pool. Thread-safe.

    A thread that is within a transaction has one of its own; anything else borrows one for a
    statement.
    """

    shared = True

    def __init__(self, address: str) -> None:
        """Connect, and make or update the tables.

        Raises UsageError for an address that is none, RecordUnreachable, StorageError,
        LibraryTooNew, LibraryDamaged.
        """
        url = _url_of(address)
        if url.password:
            hide(str(url.password))
        host = url.query.get("host", url.host) or "localhost"
        self._place = f"{host}:{url.port or 5432}/{url.database or ''}"
        self._engine = _engine(url)
        self._ordinary = self._engine.execution_options(isolation_level="READ COMMITTED")
        self._still = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._local = threading.local()
        self._closed = False
        self._exclusives: dict[str, _Exclusive] = {}
        self._mutex = threading.Lock()
        self.read_only = False
        self._schema = ""
        self._version = ""
        try:
            self._until(self._look, time.monotonic() + _OPENING_PATIENCE)
            self._migrate()
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """What the record is and where, without the password."""
        return f"PostgreSQL {self._version}, {self._place}"

    def _look(self) -> None:
        with self._connected(self._engine) as session:
            row = session.execute(
                "SELECT current_setting('server_version'), current_schema(),"
                " current_setting('transaction_read_only'), current_setting('server_encoding'),"
                " current_setting('server_version_num')::int"
            ).fetchone()
        assert row is not None
        self._version, self._schema = str(row[0]).split()[0], str(row[1] or "")
        self.read_only = row[2] == "on"
        if row[4] < _OLDEST:
            raise StorageError(
                tr(
                    "{place} is PostgreSQL {version}; version 13 or a later one is needed",
                    place=self._place,
                    version=self._version,
                )
            )
        if row[3] != "UTF8":
            raise LibraryDamaged(
                tr(
                    "the database {place} keeps texts as {encoding}; make one with ENCODING 'UTF8'",
                    place=self._place,
                    encoding=row[3],
                )
            )
        if not self._schema:
            raise not_allowed(self._place)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return what a statement yields, errors translated."""
        return self.read(lambda connection: connection.execute(statement, values).fetchall())

    def read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` makes of several statements that read; it may be called again."""
        present: Session | None = getattr(self._local, "session", None)
        if present is not None:
            with self._translated():
                return work(present)

        def once() -> T:
            with self._connected(self._engine) as session:
                return work(session)

        return self._until(once, time.monotonic() + _READ_PATIENCE)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one write transaction, again where the server went away before its end."""
        known: str | None = getattr(self._local, "writer", None)
        writer = self._local.writer = known or secrets.token_hex(8)
        mark = secrets.token_hex(8)
        # What `work` returned in a transaction whose end may not have been heard.
        made: list[T] = []

        def once() -> T:
            with self._transaction() as session:
                # It holds the lock, so that an earlier try is over by now.
                if made and _is_marked(session, writer, mark):
                    return made[0]
                result = work(session)
                session.execute(_MARK, (writer, mark))
                if known is None:
                    session.execute(_FORGET)
                made[:] = [result]
            return result

        return self._until(once, time.monotonic() + _WRITE_PATIENCE)

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """Have this thread see the record as it is now for the whole block, whoever writes."""
        if getattr(self._local, "session", None) is not None:
            yield
            return

        def begun() -> ExitStack:
            with ExitStack() as opening:
                # The state is that of the first statement.
                opening.enter_context(self._connected(self._still)).execute("SELECT 1")
                return opening.pop_all()

        with self._until(begun, time.monotonic() + _READ_PATIENCE):
            yield

    @contextmanager
    def exclusively(self, name: str, *, wait: bool = True) -> Iterator[None]:
        """Keep every other process, of all machines, out of what goes by this name for a block.

        Threads of this process share it. Raises LibraryLocked where another has it for too long,
        without `wait` where another has it.
        """
        with self._mutex:
            one = self._exclusives.setdefault(name, _Exclusive(threading.Lock()))
        with one.mutex:
            if not one.holders:
                patience = _LOCK_PATIENCE if wait else 0.0
                one.connection = self._until(
                    lambda: self._locked(name, patience), time.monotonic() + _READ_PATIENCE
                )
            one.holders += 1
        try:
            yield
        finally:
            with one.mutex:
                one.holders -= 1
                if not one.holders and one.connection is not None:
                    connection, one.connection = one.connection, None
                    with suppress(StorageError), self._translated():
                        # Closing it would do: a lock ends with its connection.
                        Session(connection).execute(
                            "SELECT pg_advisory_unlock(?)", (self._key(name),)
                        )
                    connection.close()

    def fault(self) -> str:
        """Return what is wrong with the server's keeping of the library; "" for nothing."""
        (row,) = self.rows(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
            " coalesce((SELECT sum(checksum_failures) FROM pg_stat_database"
            " WHERE datname = current_database()), 0)"
        )
        if row[0] != "on" or row[1] != "on":
            return tr(
                "fsync or full_page_writes is off: a crash of the server may lose the library"
            )
        return tr("{count} pages did not pass their checksum", count=row[2]) if row[2] else ""

    def size(self) -> int:
        """Return how many bytes the tables of the library take."""
        sizes = " + ".join(f"pg_total_relation_size('{name}')" for name in keys_of_tables())
        return int(self.rows(f"SELECT {sizes}")[0][0])

    def number_on(self) -> None:
        """Have the server number new rows after those that were copied in with their numbers."""

        def work(connection: Connection) -> None:
            for table, column in numbered_tables().items():
                connection.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'),"
                    f" greatest(coalesce(max({column}), 0), 1), coalesce(max({column}), 0) > 0)"
                    f" FROM {table}"
                )

        self.write(work)

    def close(self) -> None:
        """Close every connection; none is opened afterwards."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Session]:
        """Borrow a connection for a block, as this thread's own."""
        if self._closed:
            raise LibraryClosed(tr("the library has been closed; open it again"))
        before = getattr(self._local, "session", None)
        with self._translated(), engine.connect() as connection:
            self._local.session = Session(connection)
            try:
                yield self._local.session
            finally:
                self._local.session = before

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        """One write transaction, alone on all machines; what raises in it undoes it."""
        if getattr(self._local, "writing", False):
            raise LibraryError(tr("a change of the library was begun within another one"))
        with self._connected(self._ordinary) as session:
            self._local.writing = True
            try:
                session.execute("SELECT pg_advisory_xact_lock(?)", (self._key("writing"),))
                yield session
                session.commit()
            finally:
                self._local.writing = False

    def _until(self, work: Callable[[], T], until: float) -> T:
        """Return what `work` returns, tried again until a time where the server is away."""
        pause = 0.1
        while True:
            try:
                return work()
            except RecordUnreachable as error:
                if time.monotonic() + pause > until or self._closed:
                    raise
                _LOG.warning("the record is asked again: %s", error)
                time.sleep(pause)
                pause = min(pause * 2, 2.0)

    def _locked(self, name: str, patience: float) -> ServerConnection:
        """Return a connection of its own that holds the lock of a name, within some seconds."""
        if self._closed:
            raise LibraryClosed(tr("the library has been closed; open it again"))
        until, pause = time.monotonic() + patience, 0.05
        with self._translated():
            connection = self._engine.connect()
            # It is not the pool's any more: waiting for a lock must not use it up.
            connection.detach()
            try:
                while True:
                    row = (
                        Session(connection)
                        .execute("SELECT pg_try_advisory_lock(?)", (self._key(name),))
                        .fetchone()
                    )
                    if row is not None and row[0]:
                        return connection
                    if time.monotonic() > until:
                        raise LibraryLocked(
                            tr(
                                "another process or machine is at this ({name}); wait for it to "
                                "finish, and try again",
                                name=name,
                            )
                        )
                    time.sleep(pause)
                    pause = min(pause * 2, 1.0)
            except BaseException:
                connection.close()
                raise

    def _key(self, name: str) -> int:
        """Return the number of an advisory lock: they are common to a whole database."""
        digest = hashlib.sha256(f"briefing {self._schema} {name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def _migrate(self) -> None:
        """Bring the tables to the present form, all steps in one transaction."""
        version = self.read(_version_of)
        if version == len(MIGRATIONS):
            return
        if version > len(MIGRATIONS):
            raise too_new(self._place, version)
        if version < 0:
            raise LibraryDamaged(
                tr(
                    "the database {place} holds tables of another program; name an empty one",
                    place=self._place,
                )
            )

        def work(connection: Connection) -> None:
            assert isinstance(connection, Session)
            # Another machine may have done it meanwhile.
            present = _version_of(connection)
            if not present:
                connection.run_script(f"{_SERVER_TABLES} INSERT INTO library_schema VALUES (0);")
            for step in range(present, len(MIGRATIONS)):
                connection.run_script(tables_for_server(MIGRATIONS[step]))
                if step in CONVERSIONS:
                    CONVERSIONS[step](connection)
            connection.run_script(f"UPDATE library_schema SET version = {len(MIGRATIONS)}")

        self.write(work)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the driver's errors into ours, each with what to do about it."""
        try:
            yield
        except NoneFree as error:
            raise RecordUnreachable(
                tr("all connections to {place} are in use; try again", place=self._place)
            ) from error
        except (DBAPIError, PendingRollbackError, psycopg.Error) as error:
            if self._closed:
                raise LibraryClosed(tr("the library has been closed; open it again")) from error
            raise server_error(error, self._place) from error


def _is_marked(connection: Connection, writer: str, mark: str) -> bool:
    """Say whether a writer's last transaction that was committed left this mark."""
    # The table itself may be what an earlier try was to make.
    if not _version_of(connection):
        return False
    return bool(
        connection.execute(
            "SELECT 1 FROM library_writers WHERE writer = ? AND mark = ?", (writer, mark)
        ).fetchone()
    )


def _version_of(connection: Connection) -> int:
    """Return the version of the tables, 0 where there are none, -1 where another's are there."""
    (table,) = connection.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        " AND tablename = 'library_schema'"
    ).fetchone()
    if table:
        return int(connection.execute("SELECT version FROM library_schema").fetchone()[0])
    names = ", ".join(f"'{name}'" for name in keys_of_tables())
    (others,) = connection.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
        f" AND tablename IN ({names})"
    ).fetchone()
    return -1 if others else 0


def _url_of(address: str) -> URL:
    """Return an address as SQLAlchemy takes it; raises UsageError, which never shows a password."""
    if not re.match(r"postgres(?:ql)?://", address):
        raise UsageError(
            tr(
                "the record must be postgresql://USER@HOST:PORT/DATABASE; correct BRIEFING_RECORD "
                "or --to"
            )
        )
    try:
        url = make_url(re.sub(r"\Apostgres(?:ql)?://", "postgresql+psycopg://", address))
    except (ArgumentError, ValueError):
        # Its own words may hold the password, so it is not kept as the cause.
        url = None
    if url is None:
        raise UsageError(
            tr(
                "the record must be postgresql://USER@HOST:PORT/DATABASE; correct BRIEFING_RECORD "
                "or --to"
            )
        )
    return url


def _engine(url: URL) -> Engine:
    wanted = {
        "connect_timeout": _CONNECTING,
        "application_name": "briefing",
        "client_encoding": "utf8",
        **_KEEPALIVE,
    }
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_pre_ping=True,
        pool_size=_KEPT,
        max_overflow=_MORE,
        pool_timeout=30,
        hide_parameters=True,
        connect_args={name: value for name, value in wanted.items() if name not in url.query},
    )
    calls = ", ".join(
        f"set_config('{name}', '{value}', false)" for name, value in _ON_SERVER.items()
    )

    @event.listens_for(engine, "connect")
    def bound(connection: Any, _: object) -> None:
        before, connection.autocommit = connection.autocommit, True
        connection.execute(f"SELECT {calls}")
        connection.autocommit = before

    return engine
