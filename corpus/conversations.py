"""Conversations, stored in the library's database; answers are JSON that is not parsed here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from corpus.connections import Connection, Connections
from corpus.errors import NoConversation
from corpus.i18n import tr

_TITLE = 80
# A server that writes an answer says so every five seconds; one that has not for so long is gone.
# Clocks of servers may differ by some of it.
ALIVE_FOR = timedelta(seconds=30)
# The conversations of an owner.
_OWN = "SELECT id FROM conversations WHERE owner = ?"
# Characters shown before and after the words that a search found.
_AROUND = 30


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is listed; times are ISO 8601 in UTC.

    `hit` are the words that a search found in a turn of it, and those around them; () for none.
    """

    id: str
    title: str
    turns: int
    created: str
    updated: str
    hit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question and its answer as JSON, in the order in which they were asked (from 1).

    The answer is "" while it is being written, and stays "" if that was interrupted. `alive` is
    when the server that writes it last said so, where people sign in.
    """

    number: int
    question: str
    answer: str
    at: str
    alive: str = ""

    @property
    def being_answered(self) -> bool:
        """Whether a server writes its answer now, as far as the record tells."""
        if self.answer or not self.alive:
            return False
        return datetime.now(UTC) - datetime.fromisoformat(self.alive) < ALIVE_FOR


@dataclass(frozen=True, slots=True)
class Rating:
    """A user's rating of an answer, with the reason and the turn that it is about."""

    conversation: str
    number: int
    good: bool
    reason: str
    at: str
    question: str
    answer: str


class Conversations:
    """The conversations of one owner in one library: no other's are shown or changed.

    They need no writer's lock: they touch neither documents nor indexes, and the record lets one
    transaction in at a time, also while another process adds documents.
    """

    def __init__(self, connections: Connections, owner: str = "") -> None:
        """Take the owner's name; "" where nobody signs in."""
        self._connections = connections
        self._owner = owner

    def append(self, conversation: str, question: str, answer: str, text: str) -> str:
        """Add a turn and return the conversation's id; "" begins one, titled by its question.

        `text` is what a search looks through beside the question. Raises NoConversation.
        """
        begun = conversation or uuid.uuid4().hex[:12]
        self._connections.write(
            lambda connection: self._insert(
                connection, begun, question, answer, text, new=not conversation
            )
        )
        return begun

    def begin(self, conversation: str, question: str, *, instead_of: int = 0) -> int:
        """Store a question before its answer, and return the turn's number.

        A conversation that is not there is begun under this id. With `instead_of`, that turn and
        those after it are given up for this one. Raises NoConversation for another owner's.
        """

        def work(connection: Connection) -> int:
            found = connection.execute(
                "SELECT owner FROM conversations WHERE id = ?", (conversation,)
            ).fetchone()
            if found is not None and found[0] != self._owner:
                raise _missing(conversation)
            if instead_of:
                for table in ("feedback", "turns"):
                    connection.execute(
                        f"DELETE FROM {table} WHERE conversation = ? AND number >= ?",
                        (conversation, instead_of),
                    )
            return self._insert(connection, conversation, question, "", "", new=found is None)

        return self._connections.write(work)

    def finish(self, conversation: str, number: int, answer: str, text: str) -> None:
        """Store the answer of a turn that was begun; raises NoConversation if it was deleted."""

        def work(connection: Connection) -> None:
            self._require(connection, conversation)
            if not connection.execute(
                "UPDATE turns SET answer = ?, text = ?, alive = ''"
                " WHERE conversation = ? AND number = ?"
                f" AND conversation IN ({_OWN})",
                (answer, text, conversation, number, self._owner),
            ).rowcount:
                raise _missing(conversation)

        self._connections.write(work)

    def note_alive(self, conversation: str, number: int, *, alive: bool = True) -> None:
        """Note that the answer of a turn is still being written, or not, for others to see."""
        at = datetime.now(UTC).isoformat(timespec="microseconds") if alive else ""
        self._connections.write(
            lambda connection: connection.execute(
                "UPDATE turns SET alive = ? WHERE conversation = ? AND number = ? AND answer = ''"
                f" AND conversation IN ({_OWN})",
                (at, conversation, number, self._owner),
            )
        )

    def _require(self, connection: Connection, conversation: str) -> None:
        """Raise NoConversation for one that is not there, or is somebody else's."""
        if not connection.execute(
            "SELECT 1 FROM conversations WHERE id = ? AND owner = ?", (conversation, self._owner)
        ).fetchone():
            raise _missing(conversation)

    def _insert(
        self,
        connection: Connection,
        conversation: str,
        question: str,
        answer: str,
        text: str,
        *,
        new: bool,
    ) -> int:
        # Two turns may be kept within a second, and the newest conversation is listed first.
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        if new:
            title = question if len(question) <= _TITLE else question[: _TITLE - 1] + "…"
            connection.execute(
                "INSERT INTO conversations (id, title, created, updated, owner)"
                " VALUES (?, ?, ?, ?, ?)",
                (conversation, title, at, at, self._owner),
            )
        elif not connection.execute(
            "UPDATE conversations SET updated = ? WHERE id = ? AND owner = ?",
            (at, conversation, self._owner),
        ).rowcount:
            raise _missing(conversation)
        (number,) = connection.execute(
            "SELECT coalesce(max(number), 0) + 1 FROM turns WHERE conversation = ?",
            (conversation,),
        ).fetchone()
        connection.execute(
            "INSERT INTO turns (conversation, number, question, answer, text, at, alive)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (conversation, number, question, answer, text, at, at if self._owner else ""),
        )
        return int(number)

    def rate(self, conversation: str, number: int, *, good: bool, reason: str = "") -> None:
        """Store a rating of an answer; a later one replaces it."""
        at = datetime.now(UTC).isoformat(timespec="seconds")

        def work(connection: Connection) -> None:
            self._require(connection, conversation)
            if not connection.execute(
                "SELECT 1 FROM turns WHERE conversation = ? AND number = ?", (conversation, number)
            ).fetchone():
                raise _missing(conversation)
            connection.execute(
                "INSERT INTO feedback VALUES (?, ?, ?, ?, ?) ON CONFLICT (conversation, number)"
                " DO UPDATE SET good = excluded.good, reason = excluded.reason, at = excluded.at",
                (conversation, number, int(good), " ".join(reason.split()), at),
            )

        self._connections.write(work)

    def ratings(self, conversation: str = "") -> list[Rating]:
        """Return what readers thought, oldest first; of one conversation or of all."""
        statement = (
            "SELECT f.conversation, f.number, good, reason, f.at, question, answer FROM feedback f"
            " JOIN turns t ON t.conversation = f.conversation AND t.number = f.number"
            " JOIN conversations c ON c.id = f.conversation WHERE c.owner = ?"
        )
        if conversation:
            statement += " AND f.conversation = ?"
        values = (self._owner, conversation) if conversation else (self._owner,)
        rows = self._connections.rows(f"{statement} ORDER BY f.at", values)
        return [Rating(row[0], row[1], bool(row[2]), *row[3:]) for row in rows]

    def all(self, search: str = "") -> list[Conversation]:
        """Return the conversations, newest first; with `search`, those that hold all its words."""
        words = search.casefold().split()
        statement = (
            "SELECT c.id, title, count(number), created, updated FROM conversations c"
            " LEFT JOIN turns ON conversation = c.id WHERE owner = ?"
        )
        pattern = (
            " AND (lower(title) LIKE ? ESCAPE '\\' OR c.id IN (SELECT conversation FROM turns"
            " WHERE lower(question) LIKE ? ESCAPE '\\' OR lower(text) LIKE ? ESCAPE '\\'))"
        )
        statement += pattern * len(words)
        values = [self._owner, *(f"%{_escaped(word)}%" for word in words for _ in range(3))]
        statement += " GROUP BY c.id ORDER BY updated DESC, created DESC, c.id DESC"
        rows = self._connections.rows(statement, values)
        return [replace(Conversation(*row), hit=self._hit(row[0], words)) for row in rows]

    def _hit(self, conversation: str, words: list[str]) -> tuple[str, ...]:
        """Return where the first of the words stands in a turn: before it, it, after it."""
        for one in words:
            found = self._connections.rows(
                "SELECT question || ' ' || text FROM turns WHERE conversation = ?"
                " AND lower(question || ' ' || text) LIKE ? ESCAPE '\\'"
                " ORDER BY number LIMIT 1",
                (conversation, f"%{_escaped(one)}%"),
            )
            for (text,) in found:
                at = text.casefold().find(one)
                if at >= 0:
                    end = at + len(one)
                    return text[max(0, at - _AROUND) : at], text[at:end], text[end : end + _AROUND]
        return ()

    def resolve(self, prefix: str) -> str:
        """Return the id of the one conversation whose id starts so; raises NoConversation."""
        found = [one.id for one in self.all() if prefix and one.id.startswith(prefix)]
        if len(found) != 1:
            raise (
                _missing(prefix)
                if not found
                else NoConversation(
                    tr(
                        "{count} conversations have an id starting {id}: give more of it",
                        count=len(found),
                        id=repr(prefix),
                    )
                )
            )
        return found[0]

    def turns(self, conversation: str) -> list[StoredTurn]:
        """Return the turns of a conversation, oldest first; raises NoConversation."""
        if not self._connections.rows(
            "SELECT 1 FROM conversations WHERE id = ? AND owner = ?", (conversation, self._owner)
        ):
            raise _missing(conversation)
        rows = self._connections.rows(
            "SELECT number, question, answer, at, alive FROM turns WHERE conversation = ?"
            " ORDER BY number",
            (conversation,),
        )
        return [StoredTurn(*row) for row in rows]

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title; raises NoConversation."""

        def work(connection: Connection) -> None:
            if not connection.execute(
                "UPDATE conversations SET title = ? WHERE id = ? AND owner = ?",
                (" ".join(title.split())[:_TITLE], conversation, self._owner),
            ).rowcount:
                raise _missing(conversation)

        self._connections.write(work)

    def delete(self, conversation: str) -> None:
        """Delete a conversation and its turns for good; raises NoConversation."""

        def work(connection: Connection) -> None:
            self._require(connection, conversation)
            connection.execute("DELETE FROM feedback WHERE conversation = ?", (conversation,))
            connection.execute("DELETE FROM turns WHERE conversation = ?", (conversation,))
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

        self._connections.write(work)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _missing(conversation: str) -> NoConversation:
    return NoConversation(
        tr("there is no conversation {id}; see: briefing conversations", id=repr(conversation))
    )
