"""The original bytes of documents, kept under the hash of their content."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.connections import Connection, Connections
from corpus.errors import LibraryDamaged, ReadError, StorageError
from corpus.files import digest_of, open_file
from corpus.i18n import tr
from corpus.private_files import private_folder

# Bytes that are copied at once, and that the record of several machines holds in one row.
PART = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Original:
    """The kept file that a document was read from, and where that was.

    `part` are the names that lead to a document within the file (corpus.readers.read_open).
    """

    path: Path
    location: str
    part: tuple[str, ...] = ()


class Originals:
    """A folder of files named by their SHA-256; a file there is whole or is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str) -> Path:
        """Return where the bytes with that hash lie, whether they do or not."""
        return self._folder / digest[:2] / digest

    def fetched(self, digest: str) -> Path | None:
        """Return the file with the bytes of that hash; None where they were not kept."""
        path = self.path(digest)
        return path if path.exists() else None

    def digests(self) -> list[str]:
        """Return the hashes of all that is kept, in order."""
        files = self._folder.glob("??/*")
        return sorted(one.name for one in files if _DIGEST.fullmatch(one.name))

    def keep(self, file: Path) -> str:
        """Copy a file in, unless its bytes are there, and return their hash.

        Written under a temporary name, flushed to the disk, then renamed. Raises StorageError when
        the disk is full or refuses, ReadError for what is no regular file (corpus.files); nothing
        is left behind.
        """
        with open_file(file) as descriptor:
            digest = digest_of(descriptor)
            target = self.path(digest)
            if not target.exists():
                os.lseek(descriptor, 0, os.SEEK_SET)
                with os.fdopen(descriptor, "rb", closefd=False) as source:
                    write_whole(iter(lambda: source.read(PART), b""), target)
        return digest

    def forget(self, digest: str) -> None:
        """Take away what is kept under that hash, if anything."""
        self.path(digest).unlink(missing_ok=True)

    def whole(self, digest: str) -> bool:
        """Say whether the original of that hash is there and unaltered."""
        try:
            with open_file(self.path(digest)) as descriptor:
                return digest_of(descriptor) == digest
        except (ReadError, OSError):
            return False


class SharedOriginals(Originals):
    """Originals in a record that several machines share, and those that were read here in a folder.

    The record holds each in parts of a megabyte. The folder may be deleted at any time.
    """

    def __init__(self, folder: Path, connections: Connections) -> None:
        super().__init__(folder)
        self._connections = connections
        # The files here that were found sound, as they were then: inode, time, size.
        self._sound: set[tuple[int, int, int]] = set()

    def fetched(self, digest: str) -> Path | None:
        """Return the file with the bytes of that hash, brought from the record if need be.

        Raises LibraryDamaged where what the record holds is not what was kept.
        """
        path = self.path(digest)
        if self._is_sound(path, digest):
            return path
        parts = self._parts(digest)
        first = next(parts, None)
        if first is None:
            return None
        write_whole(_checked(first, parts, digest), path)
        return path

    def digests(self) -> list[str]:
        """Return the hashes of all that is kept, in order."""
        rows = self._connections.rows("SELECT DISTINCT digest FROM originals ORDER BY digest")
        return [str(row[0]) for row in rows]

    def keep(self, file: Path) -> str:
        """Put a file into the record, unless its bytes are there, and return their hash.

        Raises StorageError when the record refuses, ReadError for what is no regular file, and for
        one that changes while it is read.
        """
        with open_file(file) as descriptor:
            digest = digest_of(descriptor)
            if self._connections.rows("SELECT 1 FROM originals WHERE digest = ?", (digest,)):
                return digest

            def work(connection: Connection) -> None:
                os.lseek(descriptor, 0, os.SEEK_SET)
                number, seen = 0, hashlib.sha256()
                while (content := os.read(descriptor, PART)) or not number:
                    seen.update(content)
                    connection.execute(
                        "INSERT INTO originals VALUES (?, ?, ?) ON CONFLICT (digest, part)"
                        " DO NOTHING",
                        (digest, number, content),
                    )
                    number += 1
                if seen.hexdigest() != digest:
                    raise ReadError("missing", tr("{path} changed while it was read", path=file))

            self._connections.write(work)
        return digest

    def forget(self, digest: str) -> None:
        """Take away what is kept under that hash, here and in the record."""
        super().forget(digest)
        statement = "DELETE FROM originals WHERE digest = ?"
        self._connections.write(lambda connection: connection.execute(statement, (digest,)))

    def whole(self, digest: str) -> bool:
        """Say whether the original of that hash is in the record, unaltered."""
        seen = hashlib.sha256()
        count = 0
        for part in self._parts(digest):
            seen.update(part)
            count += 1
        return count > 0 and seen.hexdigest() == digest

    def _is_sound(self, path: Path, digest: str) -> bool:
        try:
            status = path.stat()
        except OSError:
            return False
        mark = (status.st_ino, status.st_mtime_ns, status.st_size)
        if mark not in self._sound and super().whole(digest):
            self._sound.add(mark)
        return mark in self._sound

    def _parts(self, digest: str) -> Iterator[bytes]:
        number = 0
        while rows := self._connections.rows(
            "SELECT content FROM originals WHERE digest = ? AND part = ?", (digest, number)
        ):
            yield rows[0][0]
            number += 1


def _checked(first: bytes, parts: Iterator[bytes], digest: str) -> Iterator[bytes]:
    """Yield the parts of an original, and raise LibraryDamaged at their end if it is another."""
    seen = hashlib.sha256(first)
    yield first
    for part in parts:
        seen.update(part)
        yield part
    if seen.hexdigest() != digest:
        raise LibraryDamaged(
            tr("the original {digest} was altered in the record; restore a backup", digest=digest)
        )


def write_whole(parts: Iterable[bytes], target: Path) -> None:
    """Write a file, whole or not at all: under another name, flushed to the disk, then renamed.

    Raises StorageError; whatever `parts` raises leaves nothing behind either.
    """
    temporary = target.with_suffix(f".{uuid.uuid4().hex}.new")
    try:
        private_folder(target.parent.parent)
        private_folder(target.parent)
        with temporary.open("wb") as copy:
            for part in parts:
                copy.write(part)
            copy.flush()
            os.fsync(copy.fileno())
        temporary.chmod(0o600)
        temporary.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise storage_error(error, target.parent) from error
    finally:
        temporary.unlink(missing_ok=True)


def storage_error(error: OSError, place: Path) -> StorageError:
    """Return an OSError as the line a user can act on."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(
            tr("the disk is full: free some space below {folder} and try again", folder=place)
        )
    return StorageError(
        tr("cannot write below {folder} ({reason})", folder=place, reason=error.strerror or error)
    )
