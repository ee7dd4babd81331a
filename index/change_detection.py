"""Whether a file is the one that was read before, and is still the one that is being read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus.errors import ReadError
from corpus.files import digest_of, open_file
from corpus.library import Library
from corpus.limits import DEFAULT_LIMITS


def with_noted_states(files: Iterable[Path], states: dict[Path, tuple[int, ...]]) -> Iterator[Path]:
    """Yield files as they are about to be read, noting the state of each."""
    for file in files:
        states[file] = file_state(file)
        yield file


def file_state(file: Path) -> tuple[int, ...]:
    """Return what changes about a file when it is written or replaced; () where it is gone."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def if_same_state(file: Path, noted: tuple[int, ...]) -> Path | None:
    """Return a file whose state is the one that was noted, None for another.

    Bytes that were written since are not those that its text is of: kept beside it, they would have
    the next addition take the file for unchanged.
    """
    return file if file_state(file) == noted else None


def is_published(library: Library, file: Path, place: str, *, in_full: bool) -> bool:
    """Say whether these very bytes are published from this very place already.

    With `in_full` a text that lacks pages which OCR might read is not.
    """
    try:
        with open_file(file) as descriptor:
            digest = digest_of(descriptor, limit=DEFAULT_LIMITS.bytes)
    except (ReadError, OSError):
        # Whoever reads it says why it cannot be read.
        return False
    return bool(digest) and library.known_original(place, digest, in_full=in_full)


__all__ = ["if_same_state", "is_published", "with_noted_states"]
