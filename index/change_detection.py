"""Whether a file has changed since it was last added, or while it is being read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus.errors import ReadError
from corpus.files import digest_of, open_file
from corpus.library import Library
from corpus.limits import DEFAULT_LIMITS


def with_noted_states(files: Iterable[Path], states: dict[Path, tuple[int, ...]]) -> Iterator[Path]:
    """Yield files about to be read, noting the state of each in `states`."""
    for file in files:
        states[file] = file_state(file)
        yield file


def file_state(file: Path) -> tuple[int, ...]:
    """Return the metadata that change when a file is written or replaced; () if it is gone."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def if_same_state(file: Path, noted: tuple[int, ...]) -> Path | None:
    """Return a file whose state is still the one that was noted, else None.

    Bytes written since do not belong to the text that was read: stored as its original, they would
    make the next addition take the file for unchanged.
    """
    return file if file_state(file) == noted else None


def is_published(library: Library, file: Path, place: str, *, in_full: bool) -> bool:
    """Say whether the file's present bytes are already published from this place.

    With `in_full`, a text that lacks pages which OCR might read does not count.
    """
    try:
        with open_file(file) as descriptor:
            digest = digest_of(descriptor, limit=DEFAULT_LIMITS.bytes)
    except (ReadError, OSError):
        # The attempt to read it reports why it cannot be read.
        return False
    return bool(digest) and library.known_original(place, digest, in_full=in_full)


__all__ = ["if_same_state", "is_published", "with_noted_states"]
