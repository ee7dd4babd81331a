"""The original bytes of documents, kept under the hash of their content."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from pathlib import Path

from corpus.errors import StorageError


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex; OSError when it cannot be read."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
        the disk is full or refuses; nothing is left behind.
        """
        digest = digest_of(file)
        target = self.path(digest)
        if target.exists():
            return digest
        temporary = target.with_suffix(f".{uuid.uuid4().hex}.new")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with file.open("rb") as source, temporary.open("wb") as copy:
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
        return digest


def storage_error(error: OSError, place: Path) -> StorageError:
    """Return an OSError as the line a user can act on."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(f"the disk is full: free some space below {place} and try again")
    return StorageError(f"cannot write below {place} ({error.strerror or error})")
