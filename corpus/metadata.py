"""Metadata of documents: what each place states, what the user edited, and which of them holds.

A document is its text. Its title, publisher and date come from the file that it was read from, and
the user may edit them. Every statement is kept; a later one replaces only an earlier one of the
same place. Precedence is decided in this module alone: the user's edit first, then the newest
statement of the place that the document was first read from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace

from corpus.connections import Connection
from corpus.document import Source
from corpus.rows import SOURCE, now

# What a person can edit: where a document lies and which format it has are facts.
EDITABLE = ("title", "publisher", "published", "theme")
_NEWEST = (
    f"SELECT {', '.join(f'statements.{name}' for name in SOURCE)}, statements.document FROM places"
    " JOIN statements ON statements.document = places.document"
    " AND statements.location = places.location WHERE statements.id IN"
    " (SELECT max(id) FROM statements GROUP BY document, location)"
)


def latest_statement(connection: Connection, document: str, location: str) -> Source | None:
    """Return the newest statement of a place about a document, None if it never showed it."""
    row = connection.execute(
        f"SELECT {', '.join(SOURCE)} FROM statements WHERE document = ? AND location = ?"
        " ORDER BY id DESC LIMIT 1",
        (document, location),
    ).fetchone()
    return Source(*row) if row else None


def edits_at(connection: Connection, location: str) -> dict[str, str]:
    """Return the fields that the user edited for a place, by name."""
    rows = connection.execute("SELECT field, value FROM edits WHERE location = ?", (location,))
    return {str(field): str(value) for field, value in rows}


def is_same_statement(said: Source | None, source: Source) -> bool:
    """Say whether a statement equals the last one; a new date of fetching alone is no change."""
    return said is not None and said == replace(source, fetched=said.fetched or source.fetched)


def record_statement(connection: Connection, document: str, source: Source) -> None:
    """Store what a place states about a document, unless it equals the last statement."""
    if not is_same_statement(latest_statement(connection, document, source.location), source):
        connection.execute(
            f"INSERT INTO statements (document, {', '.join(SOURCE)}, at)"
            f" VALUES ({', '.join('?' * (len(SOURCE) + 2))})",
            (document, *astuple(source), now()),
        )


def record_edits(
    connection: Connection, document: str, location: str, values: Mapping[str, str]
) -> None:
    """Store the user's edits of a document's fields for one place.

    Statements of other places are unaffected: another publisher of the same text is no mistake. A
    field that is set back to what its place states counts as unedited again.
    """
    source = latest_statement(connection, document, location)
    for field, value in values.items():
        if source is not None and getattr(source, field) == value:
            connection.execute(
                "DELETE FROM edits WHERE location = ? AND field = ?", (location, field)
            )
        else:
            connection.execute(
                "INSERT INTO edits VALUES (?, ?, ?, ?) ON CONFLICT (location, field)"
                " DO UPDATE SET value = excluded.value, at = excluded.at",
                (location, field, value, now()),
            )


def update_row(connection: Connection, document: str) -> bool:
    """Write the metadata that hold into the document's row; return whether that changed it."""
    row = connection.execute(
        f"SELECT {', '.join(SOURCE)} FROM documents WHERE id = ?", (document,)
    ).fetchone()
    if row is None:
        return False
    present = Source(*row)
    places = [
        str(place)
        for (place,) in connection.execute(
            "SELECT places.location FROM places JOIN statements ON statements.document ="
            " places.document AND statements.location = places.location"
            " WHERE places.document = ? GROUP BY places.location ORDER BY min(statements.id)",
            (document,),
        )
    ]
    if not places:
        return False
    place = present.location if present.location in places else places[0]
    holds = latest_statement(connection, document, place)
    assert holds is not None
    values = dict(zip(SOURCE, astuple(holds), strict=True)) | edits_at(connection, place)
    if Source(**values) == present:
        return False
    connection.execute(
        f"UPDATE documents SET {', '.join(f'{name} = ?' for name in SOURCE)} WHERE id = ?",
        (*(values[name] for name in SOURCE), document),
    )
    return True


def other_sources(connection: Connection) -> dict[str, tuple[Source, ...]]:
    """Return the statements of further places, for documents that are at more than one place.

    By document id, oldest first, without the place that the document's own row names.
    """
    edits: dict[str, dict[str, str]] = {}
    for place, field, value in connection.execute("SELECT location, field, value FROM edits"):
        edits.setdefault(place, {})[field] = value
    found: dict[str, tuple[Source, ...]] = {}
    for row in connection.execute(
        f"{_NEWEST} AND places.document IN (SELECT document FROM places GROUP BY document"
        " HAVING count(*) > 1) AND places.location NOT IN"
        " (SELECT location FROM documents WHERE documents.id = places.document)"
        " ORDER BY statements.id"
    ):
        source = Source(*row[: len(SOURCE)])
        values = dict(zip(SOURCE, astuple(source), strict=True)) | edits.get(source.location, {})
        found[row["document"]] = (*found.get(row["document"], ()), Source(**values))
    return found
