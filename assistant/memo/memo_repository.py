"""Memos stored in the library's record, to be resumed, opened again and compared."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from assistant.memo.contents import finished_sections
from assistant.memo.memo_json import from_json, to_json
from assistant.memo.values import Memo
from corpus.connections import Connection
from corpus.errors import NothingFound, UsageError
from corpus.i18n import tr
from corpus.library import Library


@dataclass(frozen=True, slots=True)
class StoredMemo:
    """A memo in the repository: its id, its topic, and whether it is complete.

    `saved` is the local time of the last write: "2026-01-31 09:30". `problem` says why it cannot be
    read; only its id is known then. `sample` is of the memo that shows what memos are.
    """

    id: str
    topic: str
    template: str
    created: str
    complete: bool
    saved: str
    problem: str = ""
    sample: bool = False
    language: str = ""


class MemoRepository:
    """The memos of one owner in one library, as JSON: no other's are shown or changed.

    Like conversations they need no writer's lock: see `corpus.conversations`.
    """

    def __init__(self, library: Library, owner: str = "") -> None:
        """Take the owner's name; "" where nobody signs in."""
        self._connections = library.connections
        self._owner = owner

    def new_id(self, memo: Memo) -> str:
        """Return a new id for a memo: its date, topic and a number.

        Where machines share the library it is a random one: another may be beginning the same.
        """
        words = "-".join(re.findall(r"[a-z0-9]+", memo.topic.lower()))[:40].strip("-") or "memo"
        stem = f"{memo.created}-{words}"
        if self._connections.shared:
            return f"{stem}-{uuid.uuid4().hex[:8]}"
        number = 1
        while self._connections.rows("SELECT 1 FROM memos WHERE id = ?", (f"{stem}-{number}",)):
            number += 1
        return f"{stem}-{number}"

    def save(self, memo: Memo, name: str) -> None:
        """Write a memo under an id; raises StorageError, which leaves the old one as it was.

        Raises UsageError for the id of somebody else's memo.
        """
        content = to_json(memo, templates=True)
        self._connections.write(lambda connection: self._store(connection, name, content))

    def _store(self, connection: Connection, name: str, content: str) -> None:
        saved = datetime.now(UTC).isoformat(timespec="microseconds")
        if not connection.execute(
            "INSERT INTO memos (id, owner, content, saved) VALUES (?, ?, ?, ?) ON CONFLICT (id)"
            " DO UPDATE SET content = excluded.content, saved = excluded.saved"
            " WHERE memos.owner = excluded.owner",
            (name, self._owner, content, saved),
        ).rowcount:
            raise _missing(name)

    def change(self, name: str, before: Memo, now: Memo) -> Memo:
        """Replace `before` by `now` unless the stored memo was changed; return what is stored then.

        A memo that was changed meanwhile, here or on another machine, stays, and is returned.
        Raises UsageError for a memo that is gone, and what `save` raises.
        """
        was, content = to_json(before), to_json(now, templates=True)

        def work(connection: Connection) -> Memo:
            row = connection.execute(
                "SELECT content FROM memos WHERE id = ? AND owner = ?", (name, self._owner)
            ).fetchone()
            if row is None:
                raise _missing(name)
            present = from_json(row[0], name)
            # Compared as JSON: values that are not stored make no difference.
            if to_json(present) != was:
                return present
            self._store(connection, name, content)
            return now

        return self._connections.write(work)

    def load(self, name: str) -> Memo:
        """Return the memo with an id ("last" is the newest); raises UsageError, FormatError."""
        name = self.latest() if name == "last" else name
        rows = self._connections.rows(
            "SELECT content FROM memos WHERE id = ? AND owner = ?", (name, self._owner)
        )
        if not rows:
            raise _missing(name)
        return from_json(rows[0][0], name)

    def saved_steps(self, steps: Iterator[Memo], name: str = "") -> Iterator[tuple[Memo, str]]:
        """Yield (memo, id) while a memo is written, saving after each finished section.

        Where the library has nothing on the topic, none is left; a memo that was kept before stays
        as it was.
        """
        sections, was_kept = 0, bool(name)
        try:
            for memo in steps:
                name = name or self.new_id(memo)
                finished = finished_sections(memo)
                if len(finished) > sections or memo.complete:
                    sections = len(finished)
                    self.save(replace(memo, sections=finished), name)
                yield memo, name
        except NothingFound:
            if not was_kept:
                self._forget(name)
            raise

    def latest(self) -> str:
        """Return the id of the newest memo that can be read; raises UsageError for none."""
        for one in self.listed():
            if not one.problem:
                return one.id
        raise UsageError(tr("no memo was written yet"))

    def listed(self) -> list[StoredMemo]:
        """Return the memos, newest first; one that cannot be read has its `problem`."""
        rows = self._connections.rows(
            "SELECT id, content, saved FROM memos WHERE owner = ? ORDER BY saved DESC, id DESC",
            (self._owner,),
        )
        return [_listed(*row) for row in rows]

    def delete(self, name: str) -> None:
        """Delete a memo, readable or not; raises UsageError where there is none."""
        if not self._forget(name):
            raise _missing(name)

    def _forget(self, name: str) -> int:
        return self._connections.write(
            lambda connection: (
                connection.execute(
                    "DELETE FROM memos WHERE id = ? AND owner = ?", (name, self._owner)
                ).rowcount
            )
        )


def _listed(name: str, content: str, at: str) -> StoredMemo:
    saved = datetime.fromisoformat(at).astimezone().replace(tzinfo=None).isoformat(" ", "minutes")
    try:
        memo = from_json(content, name)
    except UsageError as error:
        return StoredMemo(name, "", "", "", complete=True, saved=saved, problem=str(error))
    return StoredMemo(
        name, memo.title, memo.template, memo.created, memo.complete, saved,
        sample=memo.sample, language=memo.language,
    )  # fmt: skip


def _missing(name: str) -> UsageError:
    return UsageError(tr("there is no memo {name}; see: briefing memos", name=repr(name)))
