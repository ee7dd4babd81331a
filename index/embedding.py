"""What an embedder is, and the embedder that needs no model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpus.counting import Counting, words

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is the cosine of their meaning."""

    @property
    def name(self) -> str:
        """The model's name; a library remembers which one made its vectors."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [len(texts), dimension], each row of length 1, in the order given."""


def normalised(vectors: NDArray[Any]) -> Vectors:
    """Return the rows at length 1, in float32; a row of zeros stays zero."""
    single = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(single, axis=1, keepdims=True)
    return np.asarray(single / np.where(lengths == 0, 1, lengths), dtype=np.float32)


class HashEmbedder:
    """Counts words into hashed buckets: an embedder for tests, which knows words but no meaning.

    The hashing trick of Weinberger et al., 2009 (https://arxiv.org/abs/0902.2206).
    """

    def __init__(self, dimension: int = 256) -> None:
        self.name = f"hash-{dimension}"
        self.dimension = dimension
        self.counting = Counting()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text; texts that share words have a positive product."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                digest = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
                row[digest % self.dimension] += 1.0 if digest >> 63 else -1.0
        return normalised(rows)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words of each text."""
        return words(texts)
