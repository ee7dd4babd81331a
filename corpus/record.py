"""Opening the record of a library: the SQLite file of a data folder, or a PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from corpus.connections import Connections
from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.lock import WriterLock
from corpus.originals import Originals, SharedOriginals
from corpus.schema import migrate, prepare
from corpus.sqlite import SqliteConnections, translated


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
