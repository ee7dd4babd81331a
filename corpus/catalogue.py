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


@dataclass(frozen=True, slots=True)
class LibraryNews:
    """What came and went after a generation of a library.

    `added` are documents that were never there before, in the order in which they came, without
    those that took the place of an earlier version: `replaced` has (earlier, later) of these.
    `removed` are documents that were there and are not, and no version took their place.
    """

    added: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.replaced or self.removed)


def news_since(connection: Connection, generation: int) -> LibraryNews:
    """Return what came and went after a generation."""
    # When each document was first there; what is said of it anew is a change too.
    first = {
        str(row[0]): int(row[1])
        for row in connection.execute(
            "SELECT changes.document, min(changes.generation) FROM changes JOIN documents"
            " ON documents.id = changes.document WHERE documents.visible = 1 AND"
            " changes.visible = 1 GROUP BY changes.document ORDER BY 2"
        )
    }
    gone = [
        (str(row[0]), str(row[1]))
        for row in connection.execute(
            "SELECT changes.document, changes.replaced_by FROM changes JOIN documents"
            " ON documents.id = changes.document WHERE changes.generation > ?"
            " AND changes.visible = 0 AND documents.visible = 0 AND EXISTS"
            " (SELECT 1 FROM changes AS before WHERE before.document = changes.document"
            " AND before.visible = 1 AND before.generation <= ?) ORDER BY changes.generation",
            (generation, generation),
        )
    ]
    # A version that was replaced twice since is told of once, by the last.
    later = dict(
        connection.execute(
            "SELECT document, replaced_by FROM changes WHERE generation > ? AND replaced_by != ''",
            (generation,),
        ).fetchall()
    )

    def last(document: str) -> str:
        seen: set[str] = set()
        while document in later and document not in seen and document not in first:
            seen.add(document)
            document = str(later[document])
        return document

    replaced = dict.fromkeys((old, last(new)) for old, new in gone if new and last(new) in first)
    versions = {new for _, new in replaced}
    followed = {old for old, _ in replaced}
    return LibraryNews(
        tuple(one for one, at in first.items() if at > generation and one not in versions),
        tuple(replaced),
        tuple(dict.fromkeys(old for old, _ in gone if old not in followed)),
    )


def missing(document: str) -> NotInLibrary:
    """Return the error for a document that is not there, which says how to list those that are."""
    return NotInLibrary(
        tr("the library holds no document {id}; see: briefing sources", id=repr(document))
    )
