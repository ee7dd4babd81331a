"""The indexes as one person sees them: searches read snapshots without the documents of others."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection

from index.index_manager import IndexManager
from index.index_writer import Told
from index.shared_vectors import SharedReader
from index.snapshot import Snapshot, VectorReader


class BoundedIndexes(IndexManager):
    """The indexes of an `IndexManager`, whose snapshots have `readable` documents alone in them."""

    def __init__(self, whole: IndexManager, readable: Collection[str]) -> None:
        self._whole = whole
        self._readable = readable
        # The snapshot that was bounded last, and what came of it.
        self._bounded: tuple[Snapshot, Snapshot] | None = None
        self._bounding = threading.Lock()

    def snapshot(self) -> Snapshot:
        """Return the newest state with the readable documents in it; see `IndexManager`."""
        newest = self._whole.snapshot()
        with self._bounding:
            if self._bounded is None or self._bounded[0] is not newest:
                self._bounded = newest, newest.bounded(self._readable)
            return self._bounded[1]

    def update(self, *, rebuild: bool = False, wait: bool = True, told: Told | None = None) -> bool:
        """Update the indexes, which are everyone's."""
        return self._whole.update(rebuild=rebuild, wait=wait, told=told)

    def update_if_due(self) -> None:
        """Update the indexes from time to time while documents are added."""
        self._whole.update_if_due()

    def maintain(self, told: Told | None = None) -> bool:
        """Update or rebuild what an interrupted process left."""
        return self._whole.maintain(told)

    def distrust(self, vectors: VectorReader | SharedReader) -> None:
        """Stop using the vector store, which failed a query."""
        self._whole.distrust(vectors)

    def hold_vectors_back(self, up_to: float = math.inf) -> None:
        """Have searches compare vectors exactly until the store was tried."""
        self._whole.hold_vectors_back(up_to)

    def try_vectors(self) -> str:
        """Try the store in another process; return what is wrong, or ""."""
        return self._whole.try_vectors()

    def is_behind(self) -> bool:
        """Say whether the indexes on disk are older than the library, or cannot be trusted."""
        return self._whole.is_behind()

    def generation_shown(self) -> int:
        """Return the generation of the library that the indexes on disk show; 0 without any."""
        return self._whole.generation_shown()

    def fault(self) -> str:
        """Return what is wrong with the indexes on disk, or ""."""
        return self._whole.fault()

    def server_fault(self) -> str:
        """Ask the server that keeps the vectors what is wrong; "" if there is none."""
        return self._whole.server_fault()

    def close(self) -> None:
        """Leave the indexes open: they are another's."""


__all__ = ["BoundedIndexes"]
