"""Folders that are kept in step with the library: their files as they were last read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpus import publishing
from corpus.connections import Connection, Connections
from corpus.document import WITHIN

# Places that are asked for in one statement.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class FileState:
    """What a file system says of a file: bytes, when it was written (ns), its number there.

    `modified` is -1 where the file was written so lately that a further change might not show.
    """

    size: int
    modified: int
    inode: int


@dataclass(frozen=True, slots=True)
class SyncedFile:
    """A file below a folder as it was last read: its path there, state, SHA-256 and document.

    Hash and document are "" for a file that was refused.
    """

    path: str
    state: FileState
    digest: str
    document: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place that the library knows a document from, the hash of its bytes, and its title."""

    location: str
    document: str
    digest: str
    title: str
    visible: bool


class SyncedFiles:
    """The files of one folder, by their paths below it ("/" between names)."""

    def __init__(self, connections: Connections, folder: str) -> None:
        """Those of the library that `connections` are of."""
        self._connections = connections
        self._folder = folder
        self._prefix = folder.rstrip("/") + "/"

    def location(self, path: str) -> str:
        """Return the location of a file in the library."""
        return self._prefix + path

    def files(self) -> dict[str, SyncedFile]:
        """Return the files as they were last read, by path."""
        rows = self._connections.rows(
            "SELECT path, size, modified, inode, digest, document FROM synced_files"
            " WHERE folder = ?",
            (self._folder,),
        )
        return {
            str(row[0]): SyncedFile(
                str(row[0]), FileState(row[1], row[2], row[3]), str(row[4]), str(row[5])
            )
            for row in rows
        }

    def places(self) -> dict[str, Place]:
        """Return what the library knows from files below the folder, by path.

        However it came to know them: by `add` too. Documents within files go with their files.
        """
        rows = self._connections.rows(
            "SELECT places.location, places.document, places.original, documents.title, visible"
            " FROM places JOIN documents ON documents.id = places.document"
            " WHERE substr(places.location, 1, ?) = ?",
            (len(self._prefix), self._prefix),
        )
        digests = {str(row[0]): str(row[2]) for row in rows}
        return {
            str(row[0])[len(self._prefix) :]: Place(
                str(row[0]), str(row[1]), str(row[2]), str(row[3]), bool(row[4])
            )
            for row in rows
            if not _is_part(str(row[0]), digests)
        }

    def known(self, locations: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return (document, SHA-256) of what the library knows from some places, by location."""
        found: dict[str, tuple[str, str]] = {}
        for first in range(0, len(locations), _AT_ONCE):
            some = locations[first : first + _AT_ONCE]
            rows = self._connections.rows(
                "SELECT location, document, original FROM places"
                f" WHERE location IN ({', '.join('?' * len(some))})",
                some,
            )
            found |= {str(row[0]): (str(row[1]), str(row[2])) for row in rows}
        return found

    def move(self, moves: Mapping[str, str], *, read_again: Collection[str] = ()) -> None:
        """Let files have moved, old location to new one: documents, edits and citations stay.

        Files may have changed places among themselves. A document that was removed is shown again;
        what a new place showed before is hidden, unless it is known from elsewhere. Those of the
        new places that are in `read_again` count as changed for the next `add`.
        """
        if moves:
            self._connections.write(
                lambda connection: publishing.move(connection, moves, read_again)
            )

    def leave(self, places: Collection[str]) -> list[str]:
        """Let files be gone, and return those of the locations that showed a document.

        What is known from these places alone becomes invisible and can be restored; what is known
        from others too stays, and no longer names these; where another is in this folder, what a
        person edited holds there.
        """
        if not places:
            return []
        return self._connections.write(
            lambda connection: publishing.leave(connection, places, self._prefix)
        )

    def record(self, files: Iterable[SyncedFile], *, gone: Iterable[str] = ()) -> None:
        """Store files as they were read, and forget those whose paths are gone."""
        kept, forgotten = list(files), list(gone)
        if not kept and not forgotten:
            return
        columns = "folder, path, size, modified, inode, digest, document"
        changed = ", ".join(f"{one} = excluded.{one}" for one in columns.split(", ")[2:])
        rows = [
            (one.path, one.state.size, one.state.modified, one.state.inode, one.digest)
            for one in kept
        ]

        def work(connection: Connection) -> None:
            for path in forgotten:
                connection.execute(
                    "DELETE FROM synced_files WHERE folder = ? AND path = ?", (self._folder, path)
                )
            for row, one in zip(rows, kept, strict=True):
                connection.execute(
                    f"INSERT INTO synced_files ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"
                    f" ON CONFLICT (folder, path) DO UPDATE SET {changed}",
                    (self._folder, *row, one.document),
                )

        self._connections.write(work)


def _is_part(location: str, digests: Mapping[str, str]) -> bool:
    """Say whether a place is that of a document within a file, whose bytes it shares."""
    return any(digests.get(around) == digests[location] for around in _around(location))


def _around(location: str) -> Iterator[str]:
    at = location.find(WITHIN)
    while at >= 0:
        yield location[:at]
        at = location.find(WITHIN, at + 1)
