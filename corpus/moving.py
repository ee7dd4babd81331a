"""Moving a library into another record, between SQLite and PostgreSQL, without embedding again.

Every table is copied row by row as it is, and the bytes of the originals beside it; then both sides
are read and compared. The moved library has the same identity and generations, so that indexes made
from the one show the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from corpus.connections import Connection, Connections
from corpus.errors import LibraryDamaged, UsageError
from corpus.i18n import tr
from corpus.library import ARRIVING, Library
from corpus.schema import keys_of_tables

# What is being copied (a table, "originals"), or "comparing"; how much is done, and of how much.
Say = Callable[[str, int, int], None]

# Rows that are held at once: a document has its text in its row, or its vectors, some megabytes.
_AT_ONCE = {"documents": 8, "document_vectors": 8}
_SMALL = 500
_ORIGINALS = "originals"
# A sum of hashes, so that the order of the rows is of no matter.
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table holds: how many rows, and one SHA-256 figure over all of them, in hex."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class MoveReport:
    """What was moved and found equal on both sides, by table; "originals" are whole files."""

    identity: str
    generation: int
    tables: dict[str, Contents]


def move(
    source: Library,
    target: Library,
    *,
    alone: bool = True,
    say: Say = lambda table, done, total: None,
) -> MoveReport:
    """Copy all of a library into an empty one, or go on with a move that was broken off.

    `target` is opened with `arriving`. The source stays as it is; nobody of this data folder writes
    to it meanwhile, unless `alone` is false, and what is written to it meanwhile is not taken
    along. Until all is found equal, the target opens for nothing but this. Raises UsageError for a
    target that holds something else, LibraryDamaged where the two differ in the end, LibraryLocked,
    StorageError.
    """
    _claim(source, target)
    one_folder = source.home == target.home and not target.shared
    # The lock of the folder is held for both already.
    here = source.writing() if alone else nullcontext()
    there = nullcontext() if one_folder else target.exclusively("move")
    with here, there, source.connections.unchanging():
        gone = [
            (table, _copy(source.connections, target.connections, table, say))
            for table in _tables()
        ]
        for table, keys in reversed(gone):
            _forget(target.connections, table, keys)
        _copy_originals(source, target, say)
        target.connections.number_on()
        contents = _compared(source, target, say)
        target.connections.write(_finished)
    return MoveReport(source.identity, source.generation, contents)


def _tables() -> list[str]:
    """Return the tables that are copied as rows, those that others refer to first."""
    return [name for name in keys_of_tables() if name != _ORIGINALS]


def _claim(source: Library, target: Library) -> None:
    """Note in the target whose move it holds; raises UsageError where it holds anything else."""
    arriving = target.fact(ARRIVING)
    if arriving == source.identity:
        return
    if arriving:
        raise UsageError(
            tr("{place} holds a part of another library's move", place=target.connections.name)
        )

    def work(connection: Connection) -> None:
        for table in keys_of_tables():
            if table != "facts" and connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                raise UsageError(
                    tr(
                        "{place} holds a library already: name an empty database, or a new folder",
                        place=target.connections.name,
                    )
                )
        connection.execute("INSERT INTO facts VALUES (?, ?)", (ARRIVING, source.identity))

    target.connections.write(work)


def _finished(connection: Connection) -> None:
    connection.execute("DELETE FROM facts WHERE name = ?", (ARRIVING,))


def _copy(source: Connections, target: Connections, table: str, say: Say) -> list[tuple[Any, ...]]:
    """Put the rows of a table into the target's, unless they are there.

    Returns the keys of rows that are there and in the source no more: a move that was broken off
    brought them.
    """
    total, done = _count(source, table), 0
    present = _digests(target, table)
    for rows in _batches(source, table):
        missing = [row for row in rows if present.pop(_key(table, row), b"") != _digest(row)]
        if missing:
            target.write(partial(_put, table=table, rows=missing))
        done += len(rows)
        say(table, done, total)
    return [key for key in present if not (table == "facts" and key == (ARRIVING,))]


def _forget(target: Connections, table: str, keys: Sequence[tuple[Any, ...]]) -> None:
    names = " AND ".join(f"{name} = ?" for name in keys_of_tables()[table])

    def work(connection: Connection) -> None:
        for key in keys:
            connection.execute(f"DELETE FROM {table} WHERE {names}", key)

    if keys:
        target.write(work)


def _put(connection: Connection, *, table: str, rows: Sequence[Any]) -> None:
    names, keys = list(rows[0].keys()), keys_of_tables()[table]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        f" ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {changed}' if changed else 'NOTHING'}"
    )
    for row in rows:
        connection.execute(statement, tuple(row))


def _batches(connections: Connections, table: str) -> Iterator[list[Any]]:
    """Yield the rows of a table in the order of its key, some at once."""
    keys = keys_of_tables()[table]
    names, size = ", ".join(keys), _AT_ONCE.get(table, _SMALL)
    after: tuple[Any, ...] = ()
    while True:
        beyond = f" WHERE ({names}) > ({', '.join('?' * len(keys))})" if after else ""
        rows = connections.rows(
            f"SELECT * FROM {table}{beyond} ORDER BY {names} LIMIT {size}", after
        )
        if not rows:
            return
        yield rows
        after = _key(table, rows[-1])


def _key(table: str, row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in keys_of_tables()[table])


def _digest(row: Any) -> bytes:
    """Return the SHA-256 of a row, the same whichever database it came from."""
    found = hashlib.sha256()
    for name in sorted(row.keys()):
        value = row[name]
        held = value if isinstance(value, bytes) else json.dumps(value).encode()
        found.update(f"{name} {type(value).__name__} {len(held)} ".encode())
        found.update(held)
    return found.digest()


def _digests(connections: Connections, table: str) -> dict[tuple[Any, ...], bytes]:
    return {_key(table, row): _digest(row) for rows in _batches(connections, table) for row in rows}


def _count(connections: Connections, table: str) -> int:
    return int(connections.rows(f"SELECT count(*) FROM {table}")[0][0])


def _copy_originals(source: Library, target: Library, say: Say) -> None:
    """Copy the bytes of the originals that are whole; `Library.check` tells of others."""
    # Those of a move that was broken off.
    there = set()
    for digest in target.originals.digests():
        if target.originals.whole(digest):
            there.add(digest)
        else:
            target.originals.forget(digest)
    wanted = source.originals.digests()
    for done, digest in enumerate(wanted, start=1):
        if digest not in there and source.originals.whole(digest):
            file = source.originals.fetched(digest)
            # One that was altered in the source would get another name.
            if file is not None and target.originals.keep(file) != digest:
                raise _differ(target, _ORIGINALS)
        say(_ORIGINALS, done, len(wanted))


def _compared(source: Library, target: Library, say: Say) -> dict[str, Contents]:
    """Return what both sides hold; raises LibraryDamaged where they differ."""
    found = {}
    for number, table in enumerate(_tables(), start=1):
        say("comparing", number, len(_tables()) + 1)
        here, there = (_contents(one.connections, table) for one in (source, target))
        if here != there:
            raise _differ(target, table)
        found[table] = here
    kept = [one for one in source.originals.digests() if source.originals.whole(one)]
    arrived = [one for one in target.originals.digests() if target.originals.whole(one)]
    say("comparing", len(_tables()) + 1, len(_tables()) + 1)
    if kept != arrived:
        raise _differ(target, _ORIGINALS)
    found[_ORIGINALS] = Contents(len(kept), hashlib.sha256("".join(kept).encode()).hexdigest())
    return found


def _contents(connections: Connections, table: str) -> Contents:
    total, count = 0, 0
    for rows in _batches(connections, table):
        for row in rows:
            if table == "facts" and row["name"] == ARRIVING:
                continue
            total = (total + int.from_bytes(_digest(row), "big")) % _MODULUS
            count += 1
    return Contents(count, f"{total:064x}")


def _differ(target: Library, table: str) -> LibraryDamaged:
    return LibraryDamaged(
        tr(
            "what arrived at {place} differs ({table}); the library that was moved is as it was: "
            "run the same briefing move again",
            place=target.connections.name,
            table=table,
        )
    )
