"""What lists of references state of the documents of a library, beside title, publisher and date.

A source is what every document has. Authors, a DOI, a journal and a kind are known of those that a
reference manager described, are searched by nobody and are shown nowhere but in a list of sources
that is exported: so they stand here, by place, and not in `Source`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from corpus.connections import Connection, Connections
from corpus.references.csl import item_of, reference_from
from corpus.references.reference import Reference
from corpus.rows import now


class Bibliography:
    """The references of one library, by the place of the document that they describe."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def note(self, references: Mapping[str, Reference]) -> None:
        """Keep references by place; what was kept of a place before is replaced."""

        def work(connection: Connection) -> None:
            for location, one in references.items():
                connection.execute(
                    "INSERT INTO bibliography (location, record, at) VALUES (?, ?, ?)"
                    " ON CONFLICT (location) DO UPDATE SET record = excluded.record,"
                    " at = excluded.at",
                    (location, json.dumps(item_of(one), ensure_ascii=False), now()),
                )

        self._connections.write(work)

    def all(self) -> dict[str, Reference]:
        """Return every reference by the place of its document."""
        rows = self._connections.rows("SELECT location, record FROM bibliography")
        return {str(row[0]): reference_from(json.loads(row[1])) for row in rows}


__all__ = ["Bibliography"]
