"""Collections: which documents belong together, and who may read and who may change them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.access import Asker
from corpus.connections import Connection, Connections
from corpus.document import WITHIN
from corpus.errors import NotAllowed, UsageError
from corpus.i18n import tr
from corpus.rows import now

READER, EDITOR = "reader", "editor"
_PRINCIPALS = ("user:", "group:")
_LONGEST_NAME = 80
# Documents whose collections are asked for by their ids: old versions of SQLite take 999 values.
_FEW = 500
# How often rights were changed, in the table of facts: what is kept of them is then out of date.
_CHANGES = "rights"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as it is listed; `members` are (principal, role): ("group:china", "reader")."""

    name: str
    documents: int
    members: tuple[tuple[str, str], ...]


class Collections:
    """The collections of one library. Like conversations they need no writer's lock."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @property
    def changes(self) -> int:
        """How many times rights were changed; 0 where there never were any."""
        rows = self._connections.rows("SELECT value FROM facts WHERE name = ?", (_CHANGES,))
        return int(rows[0][0]) if rows else 0

    def all(self) -> list[Collection]:
        """Return the collections by name."""
        counts = self._connections.rows(
            "SELECT name, count(document) FROM collections LEFT JOIN collection_documents"
            " ON collection = name GROUP BY name ORDER BY name"
        )
        members: dict[str, list[tuple[str, str]]] = {}
        for collection, principal, role in self._connections.rows(
            "SELECT collection, principal, role FROM collection_members ORDER BY role, principal"
        ):
            members.setdefault(str(collection), []).append((str(principal), str(role)))
        return [
            Collection(str(row[0]), int(row[1]), tuple(members.get(str(row[0]), ())))
            for row in counts
        ]

    def of(self, documents: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the collections of documents by id; those in none are left out."""
        wanted = set(documents)
        statement, values = "SELECT document, collection FROM collection_documents", sorted(wanted)
        if len(wanted) <= _FEW:
            statement += f" WHERE document IN ({', '.join('?' * len(values))})"
        else:
            values = []
        found: dict[str, tuple[str, ...]] = {}
        for document, collection in self._connections.rows(
            f"{statement} ORDER BY collection", values
        ):
            if document in wanted:
                found[document] = (*found.get(document, ()), str(collection))
        return found

    def make(self, name: str) -> None:
        """Make an empty collection, which nobody may read yet; raises UsageError."""
        name = _valid_name(name)

        def work(connection: Connection) -> None:
            if _is_there(connection, name):
                raise UsageError(
                    tr("there is a collection {name} already; give another", name=repr(name))
                )
            connection.execute(
                "INSERT INTO collections (name, created) VALUES (?, ?)", (name, now())
            )
            _note_change(connection)

        self._connections.write(work)

    def delete(self, name: str) -> None:
        """Delete an empty collection; raises UsageError for one that holds documents.

        Its documents would otherwise be in no collection, and everyone could read them.
        """

        def work(connection: Connection) -> None:
            _require(connection, name)
            (held,) = connection.execute(
                "SELECT count(*) FROM collection_documents WHERE collection = ?", (name,)
            ).fetchone()
            if held:
                raise UsageError(
                    tr(
                        "the collection {name} holds {count} documents; remove them from it, or "
                        "put them into another first",
                        name=repr(name),
                        count=held,
                    )
                )
            connection.execute("DELETE FROM collection_members WHERE collection = ?", (name,))
            connection.execute("DELETE FROM collections WHERE name = ?", (name,))
            _note_change(connection)

        self._connections.write(work)

    def add(self, name: str, documents: Sequence[str]) -> None:
        """Put documents into a collection: only its readers find them now; raises UsageError."""

        def work(connection: Connection) -> None:
            _require(connection, name)
            for one in documents:
                _put(connection, name, one)
            _note_change(connection)

        self._connections.write(work)

    def remove(self, name: str, documents: Sequence[str], *, to_everyone: bool = False) -> None:
        """Take documents out of a collection; raises UsageError.

        One that is in no other could then be read by everyone who signs in: that is refused, unless
        it is said to be meant (`to_everyone`).
        """

        def work(connection: Connection) -> None:
            _require(connection, name)
            for one in documents:
                connection.execute(
                    "DELETE FROM collection_documents WHERE collection = ? AND document = ?",
                    (name, one),
                )
                if not to_everyone and not _collections_of(connection, one):
                    raise UsageError(
                        tr(
                            "the document {id} would be in no collection, and everyone could read "
                            "it; put it into another first, or give --to-everyone",
                            id=one[:12],
                        )
                    )
            _note_change(connection)

        self._connections.write(work)

    def allow(self, name: str, principal: str, role: str) -> None:
        """Let "user:NAME" or "group:NAME" read or change a collection; raises UsageError."""
        if not principal.startswith(_PRINCIPALS) or principal in _PRINCIPALS:
            raise UsageError(
                tr(
                    "{name} is neither user:NAME nor group:NAME; group:* is everyone who signs in",
                    name=repr(principal),
                )
            )
        if role not in {READER, EDITOR}:
            raise UsageError(tr("a role is reader or editor, not {role}", role=repr(role)))

        def work(connection: Connection) -> None:
            _require(connection, name)
            connection.execute(
                "INSERT INTO collection_members (collection, principal, role) VALUES (?, ?, ?)"
                " ON CONFLICT (collection, principal) DO UPDATE SET role = excluded.role",
                (name, principal, role),
            )
            _note_change(connection)

        self._connections.write(work)

    def forbid(self, name: str, principal: str) -> None:
        """Take every right on a collection from a user or group; raises UsageError."""

        def work(connection: Connection) -> None:
            _require(connection, name)
            if not connection.execute(
                "DELETE FROM collection_members WHERE collection = ? AND principal = ?",
                (name, principal),
            ).rowcount:
                raise UsageError(
                    tr(
                        "{name} has no right on the collection {collection}",
                        name=repr(principal),
                        collection=repr(name),
                    )
                )
            _note_change(connection)

        self._connections.write(work)

    def require(self, name: str) -> None:
        """Raise UsageError for a collection that is not there."""
        if not self._connections.rows("SELECT 1 FROM collections WHERE name = ?", (name,)):
            raise _no_collection(name)

    def readable(self, asker: Asker) -> frozenset[str]:
        """Return the ids of all documents, replaced and removed ones too, that may be read.

        One statement, so one state of the library: a document that comes in later is not among
        them, whosever it is.
        """
        marks = ", ".join("?" * len(asker.principals))
        rows = self._connections.rows(
            "SELECT id FROM documents WHERE NOT EXISTS (SELECT 1 FROM collection_documents"
            " WHERE document = documents.id)"
            " UNION SELECT document FROM collection_documents JOIN collection_members"
            " ON collection_members.collection = collection_documents.collection"
            f" WHERE principal IN ({marks})",
            asker.principals,
        )
        return frozenset(str(row[0]) for row in rows)

    def editable_by(self, asker: Asker) -> list[str]:
        """Return the collections that a person may add to, by name."""
        marks = ", ".join("?" * len(asker.principals))
        rows = self._connections.rows(
            f"SELECT DISTINCT collection FROM collection_members WHERE principal IN ({marks})"
            " AND role = ? ORDER BY collection",
            (*asker.principals, EDITOR),
        )
        return [str(row[0]) for row in rows]

    def may_open(self, asker: Asker, name: str) -> bool:
        """Say whether a person is a reader or an editor of a collection, and may know its name."""
        marks = ", ".join("?" * len(asker.principals))
        return bool(
            self._connections.rows(
                f"SELECT 1 FROM collection_members WHERE collection = ? AND principal IN ({marks})",
                (name, *asker.principals),
            )
        )

    def may_change(self, asker: Asker, document: str) -> bool:
        """Say whether a person may change a document: an editor of every collection it is in.

        One collection must not lose a document by the hand of another's editor. What is in none is
        everyone's: only admins change it.
        """
        belongs = self.of([document]).get(document, ())
        if not belongs:
            return asker.admin
        return set(belongs) <= set(self.editable_by(asker))


def put_published(
    connection: Connection,
    document: str,
    location: str,
    *,
    replaced: str,
    was_public: bool,
    into: str,
) -> None:
    """Put a document into its collections in the transaction that makes it visible.

    A new version stays in those of the version whose place it took, and what lies within a file in
    those of the file, so that nobody reads what only some could read before. `into` is the
    collection that it is added to, "" for none; what everyone could read before stays so.
    """
    names = set(_collections_of(connection, replaced)) if replaced else set()
    if WITHIN in location:
        for carrier in connection.execute(
            "SELECT document FROM places WHERE location = ?", (location.rpartition(WITHIN)[0],)
        ).fetchall():
            names.update(_collections_of(connection, str(carrier[0])))
    if into:
        _require(connection, into)
        names.add(into)
    missing = names - set(_collections_of(connection, document))
    if missing and not was_public:
        for name in sorted(missing):
            _put(connection, name, document)
        _note_change(connection)


def is_public(connection: Connection, document: str) -> bool:
    """Say whether a document is shown and in no collection, so that everyone may read it."""
    shown = connection.execute(
        "SELECT 1 FROM documents WHERE id = ? AND visible = 1", (document,)
    ).fetchone()
    return bool(shown) and not _collections_of(connection, document)


def not_allowed(document: str) -> NotAllowed:
    """Return the error for a change that takes a right that the asker has not."""
    return NotAllowed(
        tr("you may read the document {id}, not change it; ask an editor", id=document[:12])
    )


def _put(connection: Connection, name: str, document: str) -> None:
    connection.execute(
        "INSERT INTO collection_documents (collection, document) VALUES (?, ?)"
        " ON CONFLICT (collection, document) DO NOTHING",
        (name, document),
    )


def _collections_of(connection: Connection, document: str) -> list[str]:
    return [
        str(row[0])
        for row in connection.execute(
            "SELECT collection FROM collection_documents WHERE document = ?", (document,)
        ).fetchall()
    ]


def _note_change(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO facts (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET"
        " value = CAST(CAST(facts.value AS INTEGER) + 1 AS TEXT)",
        (_CHANGES,),
    )


def _is_there(connection: Connection, name: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM collections WHERE name = ?", (name,)).fetchone())


def _require(connection: Connection, name: str) -> None:
    if not _is_there(connection, name):
        raise _no_collection(name)


def _no_collection(name: str) -> UsageError:
    return UsageError(
        tr("there is no collection {name}; see: briefing collections list", name=repr(name))
    )


def _valid_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or "/" in name or not name.isprintable():
        raise UsageError(
            tr(
                "a collection's name has 1 to {count} characters, none of them a slash",
                count=_LONGEST_NAME,
            )
        )
    return name


__all__ = ["EDITOR", "READER", "Collection", "Collections", "is_public", "not_allowed",
           "put_published"]  # fmt: skip
