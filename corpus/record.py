"""Opening the record of a library: the SQLite file of a data folder, or a PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from corpus.connections import Connections
from corpus.errors import RecordUnreachable, UsageError
from corpus.i18n import tr
from corpus.lock import WriterLock
from corpus.originals import Originals, SharedOriginals
from corpus.schema import migrate, prepare
from corpus.sqlite import SqliteConnections, translated

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
_TRIES = 3


def opened(home: Path, address: str, lock: WriterLock) -> tuple[Connections, Originals]:
    """Open or make the record at an address, "" for the file in `home`, in its present form.

    Returns its connections and the kept bytes of its documents. Raises what `Library` does.
    """
    if address:
        try:
            from corpus.postgresql import PostgresConnections
        except ImportError as error:
            raise UsageError(
                tr('PostgreSQL needs further packages: pip install "briefing-assistant[server]"')
            ) from error
        server = PostgresConnections(address)
        return server, SharedOriginals(home / "originals-cache", server)
    file = home / "library.sqlite3"
    connections = SqliteConnections(file, lock)
    with translated(file):
        prepare(file)
        migrate(connections(), file, lock)
    return connections, Originals(home / "originals")


def from_the_beginning(work: Callable[[], T]) -> T:
    """Return what `work` returns, done again where the state of the record that it reads is lost.

    That is what a server that restarts does to it. Each try waits for the server by itself, for
    some seconds; raises RecordUnreachable where the last fails too.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except RecordUnreachable as error:
            _LOG.warning("the library is read again: %s", error)
    return work()
