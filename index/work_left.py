"""How much of an addition is done: in passages, guessed from bytes for what is not read yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from index.file_reading import Progress

# Bytes that a passage is guessed to take before any file was read. Only the share of files among
# each other hangs on it, and only until one of their kind is known.
_BYTES_PER_PASSAGE = 4_000.0


class WorkLeft:
    """The work of adding files: passages of what is read, and a guess for what is not.

    The guess is by bytes, at so many a passage as the files of its kind that were read had. So
    neither a file of fifty megabytes of pictures nor the number of files misleads: what takes
    the time is embedding, passage by passage.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        """Look at the size of each file; one that cannot be looked at counts nothing."""
        self._sizes = {one: _size(one) for one in files}
        # Of the files that are read: what they were taken out of the guess with.
        self._taken: dict[Path, int] = {}
        # By the ending of their names: bytes that are not read yet, and what was read.
        self._unread: Counter[str] = Counter()
        for one, size in self._sizes.items():
            self._unread[one.suffix.lower()] += size
        self._read: Counter[str] = Counter()
        self._passages: Counter[str] = Counter()
        self._done = 0
        # Of the document that is being embedded: what is made of how many.
        self._made = self._parts = 0
        # Passages of the documents of the file in work that are done.
        self._of_file = 0

    def weighed(self, file: Path, step: Progress) -> Progress:
        """Return a step of the work on a file with how much of all is done, and how much all is."""
        self._take(file)
        if step.stage != "embedding" or step.made < self._made:
            self._of_file += self._made
            self._made = self._parts = 0
        if step.stage == "embedding":
            self._made, self._parts = step.made, step.parts
        return self.told(step)

    def told(self, step: Progress) -> Progress:
        """Return any other step with how much of all is done, and how much all is."""
        worked = self._done + self._of_file + self._made
        return replace(step, worked=worked, work=worked + self._parts - self._made + self._guessed)

    def finished(self, file: Path) -> None:
        """Note that a file is done; one without new passages tells nothing of the others."""
        self._take(file)
        made, size = self._of_file + self._made, self._taken.pop(file, 0)
        if made:
            self._read[file.suffix.lower()] += size
            self._passages[file.suffix.lower()] += made
        self._done += made
        self._made = self._parts = self._of_file = 0

    def _take(self, file: Path) -> None:
        """Take a file out of what is guessed."""
        if file in self._sizes:
            self._taken[file] = self._sizes.pop(file)
            self._unread[file.suffix.lower()] -= self._taken[file]

    @property
    def _guessed(self) -> float:
        """Passages of the files that are not read yet."""
        read = sum(self._read.values())
        usual = sum(self._passages.values()) / read if read else 1 / _BYTES_PER_PASSAGE
        return sum(
            size * (self._passages[kind] / self._read[kind] if self._read[kind] else usual)
            for kind, size in self._unread.items()
        )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except (OSError, ValueError):
        return 0


__all__ = ["WorkLeft"]
