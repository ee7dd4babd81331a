"""The audit trail: a line for each answer, export, refused sign-in and change of rights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from corpus.connections import Connection, Connections
from corpus.errors import LibraryError, StorageError
from corpus.i18n import tr


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what, when (ISO 8601, UTC); `subject` is what it was done to, `detail` the rest."""

    at: str
    who: str
    action: str
    subject: str
    detail: dict[str, Any]


class Audit:
    """The audit trail of one library: lines are added and read, never changed."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def note(self, who: str, action: str, subject: str, **detail: Any) -> None:
        """Add a line, on disk when this returns.

        Raises StorageError where it cannot be written: what it would record must then not be done.
        """
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        values = (at, who, action, subject, json.dumps(detail, ensure_ascii=False))

        def work(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO audit (at, who, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
                values,
            )

        try:
            self._connections.write(work)
        except LibraryError as error:
            raise StorageError(
                tr(
                    "the audit trail cannot be written, so this is not done ({reason})",
                    reason=str(error),
                )
            ) from error

    def lines(self, *, since: str = "", who: str = "", limit: int = 0) -> Sequence[AuditLine]:
        """Return the lines from a time on (ISO 8601) and of one person, the oldest first.

        With a `limit`, the last so many of them.
        """
        statement = "SELECT at, who, action, subject, detail FROM audit WHERE at >= ?"
        values: list[Any] = [since]
        if who:
            statement += " AND who = ?"
            values.append(who)
        statement += " ORDER BY id DESC"
        if limit:
            statement += " LIMIT ?"
            values.append(limit)
        rows = self._connections.rows(statement, values)
        return [
            AuditLine(str(row[0]), str(row[1]), str(row[2]), str(row[3]), json.loads(row[4]))
            for row in reversed(rows)
        ]


__all__ = ["Audit", "AuditLine"]
