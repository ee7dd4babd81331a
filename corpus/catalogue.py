"""The list of the documents in a library: what is shown of each, and when it came or went."""

from __future__ import annotations

from dataclasses import dataclass

from corpus import metadata
from corpus.connections import Connection
from corpus.document import Source
from corpus.errors import NotInLibrary
from corpus.i18n import tr
from corpus.rows import SOURCE


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as it is listed; `added` is ISO 8601 in UTC, `pages` 0 for formats without.

    `others` are other places with the very same text, as they describe it: another publisher,
    another date.
    """

    id: str
    source: Source
    pages: int
    passages: int
    added: str
    starter: bool = False
    others: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The statements of all places about the document, the one that holds first."""
        return (self.source, *self.others)


@dataclass(frozen=True, slots=True)
class LibraryChange:
    """A document became visible or invisible with this generation of the library."""

    generation: int
    document: str
    visible: bool


def entries(connection: Connection) -> list[Entry]:
    """Return the visible documents, newest publication first, then by title."""
    rows = connection.execute(
        f"SELECT id, {', '.join(SOURCE)},"
        " json_array_length(pages, '$[0]') AS page_count, passage_count, added, starter"
        " FROM documents WHERE visible = 1 ORDER BY published DESC, title, id"
    ).fetchall()
    others = metadata.other_sources(connection)
    return [
        Entry(
            row[0],
            Source(*row[1 : 1 + len(SOURCE)]),
            row["page_count"],
            row["passage_count"],
            row["added"],
            bool(row["starter"]),
            others.get(row[0], ()),
        )
        for row in rows
    ]


def missing(document: str) -> NotInLibrary:
    """Return the error for a document that is not there, which says how to list those that are."""
    return NotInLibrary(
        tr("the library holds no document {id}; see: briefing sources", id=repr(document))
    )
