"""The feeds that a library follows, and which of their entries were seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.connections import Connection, Connections
from corpus.rows import now

# What became of an entry: it waits, it went in, it could not be read and is asked for again, it was
# older than what was brought at first.
NEW, ADDED, REFUSED, PASSED = "new", "added", "refused", "passed"
# Entries that are brought when a feed is first followed.
FIRST = 20
# Ids in one statement: SQLite takes 32,766 values and older ones 999.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its address and title, what its server calls its last state, and its last trouble.

    `checked` is when it was last asked with success, "" before; `wait_until` is until when its
    server asked to be left alone. Both are ISO 8601 in UTC.
    """

    url: str
    title: str = ""
    etag: str = ""
    modified: str = ""
    checked: str = ""
    problem: str = ""
    wait_until: str = ""


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry of a feed as it was noted: its id there, where it leads, and what became of it."""

    entry: str
    address: str
    title: str
    published: str
    outcome: str


class Feeds:
    """The feeds of one library. Like conversations, they need no writer's lock."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def all(self) -> list[Feed]:
        """Return the feeds by title."""
        rows = self._connections.rows(
            "SELECT url, title, etag, modified, checked, problem, wait_until FROM feeds"
            " ORDER BY title, url"
        )
        return [Feed(*row) for row in rows]

    def follow(self, url: str, title: str) -> bool:
        """Follow a feed; return False where it is followed already."""
        statement = (
            "INSERT INTO feeds (url, title, etag, modified, checked, problem, wait_until)"
            " VALUES (?, ?, '', '', '', '', '') ON CONFLICT (url) DO NOTHING"
        )
        return self._connections.write(
            lambda connection: bool(connection.execute(statement, (url, title)).rowcount)
        )

    def remove(self, url: str) -> bool:
        """Stop following a feed, and forget its entries; documents stay. False for an unknown."""

        def work(connection: Connection) -> bool:
            connection.execute("DELETE FROM feed_entries WHERE feed = ?", (url,))
            return bool(connection.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount)

        return self._connections.write(work)

    def moved(self, url: str, to: str) -> None:
        """Follow a feed at another address, where it has gone for ever."""

        def work(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO feeds (url, title, etag, modified, checked, problem, wait_until)"
                " SELECT ?, title, '', '', checked, '', '' FROM feeds WHERE url = ?"
                " ON CONFLICT (url) DO NOTHING",
                (to, url),
            )
            connection.execute(
                "DELETE FROM feed_entries WHERE feed = ? AND entry IN"
                " (SELECT entry FROM feed_entries WHERE feed = ?)",
                (url, to),
            )
            connection.execute("UPDATE feed_entries SET feed = ? WHERE feed = ?", (to, url))
            connection.execute("DELETE FROM feeds WHERE url = ?", (url,))

        self._connections.write(work)

    def succeeded(self, url: str, *, title: str, etag: str, modified: str) -> None:
        """Note that a feed was read, and what its server calls its state; "" keeps the title."""

        def work(connection: Connection) -> None:
            connection.execute(
                "UPDATE feeds SET title = CASE WHEN ? = '' THEN title ELSE ? END, etag = ?,"
                " modified = ?, checked = ?, problem = '', wait_until = '' WHERE url = ?",
                (title, title, etag, modified, now(), url),
            )

        self._connections.write(work)

    def failed(self, url: str, problem: str, *, wait_until: str = "") -> None:
        """Note why a feed could not be read; it stays followed."""

        def work(connection: Connection) -> None:
            connection.execute(
                "UPDATE feeds SET problem = ?, wait_until = ? WHERE url = ?",
                (problem, wait_until, url),
            )

        self._connections.write(work)

    def outcomes(self, url: str) -> dict[str, str]:
        """Return what became of the entries of a feed, by their ids."""
        rows = self._connections.rows(
            "SELECT entry, outcome FROM feed_entries WHERE feed = ?", (url,)
        )
        return {str(row[0]): str(row[1]) for row in rows}

    def count(self, url: str, outcome: str) -> int:
        """Return of how many entries of a feed that became."""
        (row,) = self._connections.rows(
            "SELECT count(*) FROM feed_entries WHERE feed = ? AND outcome = ?", (url, outcome)
        )
        return int(row[0])

    def note(self, url: str, entries: Iterable[SeenEntry]) -> None:
        """Note entries and what became of them, over what was noted before.

        Does nothing for a feed that is followed no more.
        """
        some = list(entries)

        def work(connection: Connection) -> None:
            if not connection.execute("SELECT 1 FROM feeds WHERE url = ?", (url,)).fetchone():
                return
            for one in some:
                connection.execute(
                    "INSERT INTO feed_entries (feed, entry, address, title, published, outcome)"
                    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (feed, entry) DO UPDATE SET"
                    " address = excluded.address, title = excluded.title,"
                    " published = excluded.published, outcome = excluded.outcome",
                    (url, one.entry, one.address, one.title, one.published, one.outcome),
                )

        self._connections.write(work)

    def known_addresses(self, addresses: Sequence[str]) -> set[str]:
        """Return those of some addresses that an entry of any feed was added from."""
        found: set[str] = set()
        some = list(dict.fromkeys(addresses))
        for first in range(0, len(some), _AT_ONCE):
            part = some[first : first + _AT_ONCE]
            rows = self._connections.rows(
                "SELECT DISTINCT address FROM feed_entries WHERE outcome = 'added'"
                f" AND address IN ({', '.join('?' * len(part))})",
                part,
            )
            found |= {str(row[0]) for row in rows}
        return found


__all__ = ["ADDED", "NEW", "PASSED", "REFUSED", "Feed", "Feeds", "SeenEntry"]
