"""What is said of a document: by each place it was read from, and by whoever keeps the library.

A document is its text; who published it, when and under which title is said of it, by the file it
was read from, and may be corrected. Every statement is kept, so that a later one replaces an
earlier one of the same place and no other. What holds is settled here alone: a person's edit before
the newest statement of the place that showed the document first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import astuple, replace

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


def latest_statement(connection: sqlite3.Connection, document: str, location: str) -> Source | None:
    """Return what a place says of a document at present; None where it never showed it."""
    row = connection.execute(
        f"SELECT {', '.join(SOURCE)} FROM statements WHERE document = ? AND location = ?"
        " ORDER BY id DESC LIMIT 1",
        (document, location),
    ).fetchone()
    return Source(*row) if row else None


def edits_at(connection: sqlite3.Connection, location: str) -> dict[str, str]:
    """Return the fields that a person edited of what lies at a place."""
    rows = connection.execute("SELECT field, value FROM edits WHERE location = ?", (location,))
    return {str(field): str(value) for field, value in rows}


def is_same_statement(said: Source | None, source: Source) -> bool:
    """Say whether a place says what it said before; that it was fetched again is no news."""
    return said is not None and said == replace(source, fetched=said.fetched or source.fetched)


def record_statement(connection: sqlite3.Connection, document: str, source: Source) -> None:
    """Keep what a place says of a document, unless that is what it said last."""
    if not is_same_statement(latest_statement(connection, document, source.location), source):
        connection.execute(
            f"INSERT INTO statements (document, {', '.join(SOURCE)}, at)"
            f" VALUES ({', '.join('?' * (len(SOURCE) + 2))})",
            (document, *astuple(source), now()),
        )


def record_edits(
    connection: sqlite3.Connection, document: str, location: str, values: Mapping[str, str]
) -> None:
    """Keep a person's edit of a document's fields, as one place shows it.

    What other places state stands: another publisher of the same text is no mistake. A field
    that is given back the value its place states is edited no more.
    """
    source = latest_statement(connection, document, location)
    for field, value in values.items():
        if source is not None and getattr(source, field) == value:
            connection.execute(
                "DELETE FROM edits WHERE location = ? AND field = ?", (location, field)
            )
        else:
            connection.execute(
                "INSERT OR REPLACE INTO edits VALUES (?, ?, ?, ?)",
                (location, field, value, now()),
            )


def update_row(connection: sqlite3.Connection, document: str) -> bool:
    """Write what holds of a document into its row; return whether that changed it."""
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


def other_sources(connection: sqlite3.Connection) -> dict[str, tuple[Source, ...]]:
    """Return what further places say of the documents that are shown at more than one.

    By document id, by the time of what they say, the place of the document's own row left out.
    """
    found: dict[str, tuple[Source, ...]] = {}
    for row in connection.execute(
        f"{_NEWEST} AND places.document IN (SELECT document FROM places GROUP BY document"
        " HAVING count(*) > 1) AND places.location NOT IN"
        " (SELECT location FROM documents WHERE documents.id = places.document)"
        " ORDER BY statements.id"
    ):
        source = Source(*row[: len(SOURCE)])
        values = dict(zip(SOURCE, astuple(source), strict=True)) | edits_at(
            connection, source.location
        )
        found[row["document"]] = (*found.get(row["document"], ()), Source(**values))
    return found
