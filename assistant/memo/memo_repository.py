"""Memos stored in the data folder, to be resumed, opened again and compared."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from assistant.memo.contents import finished_sections
from assistant.memo.memo_json import from_json, to_json
from assistant.memo.values import Memo
from corpus.errors import FormatError, NothingFound, UsageError
from corpus.i18n import tr
from corpus.originals import storage_error
from corpus.private_files import private_folder

_FOLDER = "memos"
_ID = re.compile(r"[\w-]+")
# Held from reading a memo to writing its change, so that no concurrent change is lost.
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class StoredMemo:
    """A memo in the repository: its id, its topic, and whether it is complete.

    `saved` is the local time of the last write: "2026-01-31 09:30". `problem` says why a file
    cannot be read; only its id is known then. `sample` is of the memo that shows what memos are.
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
    """The memos of one data folder, a JSON file each, written atomically."""

    def __init__(self, home: Path, owner: str = "") -> None:
        """Keep the memos of one owner, "" where nobody signs in."""
        self._folder = home / _FOLDER
        if owner:
            self._folder /= f"of-{hashlib.sha256(owner.encode()).hexdigest()[:32]}"

    def new_id(self, memo: Memo) -> str:
        """Return a new id for a memo: its date, topic and a number."""
        words = "-".join(re.findall(r"[a-z0-9]+", memo.topic.lower()))[:40].strip("-") or "memo"
        stem = f"{memo.created}-{words}"
        number = 1
        while (self._folder / f"{stem}-{number}.json").exists():
            number += 1
        return f"{stem}-{number}"

    def save(self, memo: Memo, name: str) -> None:
        """Write a memo under an id; raises StorageError, which leaves the old file as it was."""
        try:
            private_folder(self._folder)
            handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(to_json(memo, templates=True))
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(self._folder / f"{name}.json")
            finally:
                Path(temporary).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, self._folder) from error

    def change(self, name: str, before: Memo, now: Memo) -> Memo:
        """Replace `before` by `now` unless the stored memo was changed; return what is stored then.

        A memo that was changed meanwhile stays, and is returned. Raises UsageError for a memo that
        is gone, and what `save` raises.
        """
        with _LOCK:
            present = self.load(name)
            # Compared as JSON: values that are not stored make no difference.
            if to_json(present) != to_json(before):
                return present
            self.save(now, name)
            return now

    def load(self, name: str) -> Memo:
        """Return the memo with an id ("last" is the newest); raises UsageError, FormatError."""
        file = self._file(name)
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FormatError(
                tr(
                    "cannot read {file} ({reason}); restore it from a backup",
                    file=file,
                    reason=error,
                )
            ) from error
        return from_json(text, str(file))

    def _file(self, name: str) -> Path:
        name = self.latest() if name == "last" else name
        file = self._folder / f"{name}.json"
        if not _ID.fullmatch(name) or not file.is_file():
            raise UsageError(tr("there is no memo {name}; see: briefing memos", name=repr(name)))
        return file

    def saved_steps(self, steps: Iterator[Memo], name: str = "") -> Iterator[tuple[Memo, str]]:
        """Yield (memo, id) while a memo is written, saving after each finished section.

        Where the library has nothing on the topic, no file is left; a memo that was kept before
        stays as it was.
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
                (self._folder / f"{name}.json").unlink(missing_ok=True)
            raise

    def latest(self) -> str:
        """Return the id of the newest memo that can be read; raises UsageError for none."""
        for one in self.listed():
            if not one.problem:
                return one.id
        raise UsageError(tr("no memo was written yet"))

    def listed(self) -> list[StoredMemo]:
        """Return the memos, newest first; one that cannot be read has its `problem`."""
        times = {file: file.stat().st_mtime for file in self._folder.glob("*.json")}
        return [
            self._stored(file, datetime.fromtimestamp(time).isoformat(" ", "minutes"))
            for file, time in sorted(times.items(), key=lambda one: one[1], reverse=True)
        ]

    def _stored(self, file: Path, saved: str) -> StoredMemo:
        try:
            memo = self.load(file.stem)
        except UsageError as error:
            return StoredMemo(file.stem, "", "", "", complete=True, saved=saved, problem=str(error))
        return StoredMemo(
            file.stem, memo.title, memo.template, memo.created, memo.complete, saved,
            sample=memo.sample, language=memo.language,
        )  # fmt: skip

    def delete(self, name: str) -> None:
        """Delete a memo, readable or not; raises UsageError where there is none."""
        self._file(name).unlink()
