"""Exact search: the rows of an array of vectors nearest to one vector, in blocks of a few MB."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedding import Vectors
from index.forward_index import Rows

# Rows compared at once: 384 dimensions in single precision are 6 MB, which stay in the cache.
_BLOCK = 4_096


def cosines_with(vectors: NDArray[Any], rows: Rows, vector: Vectors) -> Vectors:
    """Return the cosine of `vector` [dimension] with each of some rows, as float32.

    `vectors` [n, dimension] have length 1, in single or half precision, and may be mapped from a
    file: of no more than a block a copy is made, and none of rows that follow each other.
    """
    found = np.empty(len(rows), dtype=np.float32)
    for begin in range(0, len(rows), _BLOCK):
        block = rows[begin : begin + _BLOCK]
        first, last = int(block[0]), int(block[-1])
        run = last - first + 1 == len(block) and bool((np.diff(block) == 1).all())
        part = vectors[first : last + 1] if run else vectors[block]
        found[begin : begin + len(block)] = np.asarray(part, dtype=np.float32) @ vector
    return found


def nearest_rows(vectors: NDArray[Any], rows: Rows, vector: Vectors, count: int) -> list[int]:
    """Return up to `count` of `rows`, those nearest to `vector` first; of equal ones the earlier.

    The arguments are as in `cosines_with`.
    """
    cosines = cosines_with(vectors, rows, vector)
    if len(rows) <= count:
        kept: Any = np.arange(len(rows))
    else:
        # Sorting all half a million would take as long as comparing them.
        least = np.partition(cosines, len(rows) - count)[len(rows) - count]
        kept = np.flatnonzero(cosines >= least)
    best = kept[np.argsort(-cosines[kept], kind="stable")[:count]]
    return [int(row) for row in rows[best]]
