"""A vector store of one numpy file: every vector is compared, and nothing is passed over."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embedding import Vectors
from index.vector_store import VectorStoreKind

_FILE = "vectors.npz"


class ExactVectors:
    """Ids and vectors in memory; `close` writes them. Two threads may ask at the same time."""

    def __init__(self, folder: Path) -> None:
        """Read what the folder holds; raises OSError or ValueError where it is damaged."""
        self._file = folder / _FILE
        self._rows: dict[str, Vectors] = {}
        self._changed = not self._file.exists()
        # What is searched, made of the rows when it is first asked for.
        self._matrix: tuple[list[str], Vectors] | None = None
        self._making = threading.Lock()
        if self._file.exists():
            with np.load(self._file) as read:
                self._rows = dict(zip(read["ids"].tolist(), read["vectors"], strict=True))

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Keep ids with their vectors."""
        self._rows |= dict(zip(ids, np.array(vectors), strict=True))
        self._matrix, self._changed = None, True

    def remove_documents(self, documents: Sequence[str]) -> None:
        """Forget every passage of those documents."""
        gone = set(documents)
        self._rows = {
            one: row for one, row in self._rows.items() if one.partition(":")[0] not in gone
        }
        self._matrix, self._changed = None, True

    def nearest(self, vector: Vectors, count: int) -> list[tuple[str, float]]:
        """Return up to `count` (id, cosine) pairs, the best first."""
        with self._making:
            if self._matrix is None:
                self._matrix = list(self._rows), np.array(list(self._rows.values()))
            ids, matrix = self._matrix
        if not ids:
            return []
        cosines = matrix @ vector
        best = np.argsort(-cosines, kind="stable")[:count]
        return [(ids[row], float(cosines[row])) for row in best]

    def ids(self) -> list[str]:
        """Return all ids."""
        return list(self._rows)

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of those that are here."""
        return {one: self._rows[one] for one in ids if one in self._rows}

    def __len__(self) -> int:
        return len(self._rows)

    def close(self) -> None:
        """Write what changed, beside the old file first, so that no half of it is ever read."""
        if self._changed:
            fresh = self._file.with_suffix(".new.npz")
            rows = np.array(list(self._rows.values()), np.float32)
            np.savez(fresh, ids=np.array(list(self._rows), np.str_), vectors=rows)
            fresh.replace(self._file)
            self._changed = False


EXACT = VectorStoreKind(
    ExactVectors,
    files=lambda folder: [folder / _FILE],
    present=(_FILE,),
)
