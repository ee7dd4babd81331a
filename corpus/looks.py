"""Up to where a reader has looked at what is new in a library."""

from __future__ import annotations

from dataclasses import dataclass

from corpus.connections import Connection, Connections
from corpus.rows import now


@dataclass(frozen=True, slots=True)
class Look:
    """The generation of the library that a reader has seen, and when (ISO 8601, UTC)."""

    generation: int
    at: str


class Looks:
    """The looks of the readers of one library; "" is the reader where nobody signs in."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def last(self, owner: str = "") -> Look | None:
        """Return the last look of a reader; None before the first."""
        rows = self._connections.rows("SELECT generation, at FROM looks WHERE owner = ?", (owner,))
        return Look(int(rows[0][0]), str(rows[0][1])) if rows else None

    def note(self, generation: int, owner: str = "") -> None:
        """Remember that a reader has seen the library up to a generation, and that it is now."""

        def work(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO looks (owner, generation, at) VALUES (?, ?, ?) ON CONFLICT (owner)"
                " DO UPDATE SET generation = excluded.generation, at = excluded.at",
                (owner, generation, now()),
            )

        self._connections.write(work)


__all__ = ["Look", "Looks"]
