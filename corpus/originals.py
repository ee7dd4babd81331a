"""The original bytes of documents, kept under the hash of their content."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import ReadError, StorageError
from corpus.files import digest_of, open_file
from corpus.i18n import tr
from corpus.private_files import private_folder


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
                self._copy(descriptor, target)
        return digest

    def whole(self, digest: str) -> bool:
        """Say whether the original of that hash is there and unaltered."""
        try:
            with open_file(self.path(digest)) as descriptor:
                return digest_of(descriptor) == digest
        except (ReadError, OSError):
            return False

    @staticmethod
    def _copy(descriptor: int, target: Path) -> None:
        temporary = target.with_suffix(f".{uuid.uuid4().hex}.new")
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            private_folder(target.parent.parent)
            private_folder(target.parent)
            with os.fdopen(descriptor, "rb", closefd=False) as source, temporary.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
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
            temporary.unlink(missing_ok=True)
            raise storage_error(error, target.parent) from error


def storage_error(error: OSError, place: Path) -> StorageError:
    """Return an OSError as the line a user can act on."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(
            tr("the disk is full: free some space below {folder} and try again", folder=place)
        )
    return StorageError(
        tr("cannot write below {folder} ({reason})", folder=place, reason=error.strerror or error)
    )
