"""Memos that an older version kept as files, taken over into the library's record once."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path

from corpus.connections import Connection, Connections
from corpus.errors import StorageError
from corpus.private_files import private_folder

_LOG = logging.getLogger(__name__)
FOLDER = "memos"
# Below that folder: the files as they were, once the record has what they hold.
TAKEN_OVER = "taken-over"


def take_over(home: Path, connections: Connections) -> None:
    """Put the memos of `home` into the record, and their files into a folder of their own.

    A file is moved only once the record gives its words back. What cannot be written now stays,
    and is taken over when the library is opened next.
    """
    folder = home / FOLDER
    if not folder.is_dir() or connections.read_only:
        return
    try:
        private_folder(folder)
        files = sorted(folder.glob("*.json"))
        if not files:
            return
        private_folder(folder / TAKEN_OVER)
        for file in files:
            if _is_stored(file, connections):
                file.replace(folder / TAKEN_OVER / file.name)
        _LOG.info("memos taken over into the library: %d", len(files))
    except (OSError, StorageError) as error:
        _LOG.error("not all memos could be taken over into the library", exc_info=error)


def _is_stored(file: Path, connections: Connections) -> bool:
    """Store a memo's file, and say whether the record now holds its words.

    Bytes that are no text are stored as what can be read of them: such a memo is listed with what
    is wrong with it, as its file was.
    """
    content = file.read_bytes().decode("utf-8", "replace")
    saved = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="microseconds")
    # Where machines share a record, another may have brought a memo of the same name.
    other = f"{file.stem}-{hashlib.sha256(content.encode()).hexdigest()[:6]}"

    def work(connection: Connection) -> None:
        for name in (file.stem, other):
            there = connection.execute("SELECT content FROM memos WHERE id = ?", (name,)).fetchone()
            if there is None:
                connection.execute(
                    "INSERT INTO memos (id, owner, content, saved) VALUES (?, '', ?, ?)",
                    (name, content, saved),
                )
                return
            if there[0] == content:
                return

    connections.write(work)
    return bool(
        connections.rows(
            "SELECT 1 FROM memos WHERE id IN (?, ?) AND content = ?", (file.stem, other, content)
        )
    )
