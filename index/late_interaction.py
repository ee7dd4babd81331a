"""Late interaction: the best match of each question token in a passage (MaxSim).

ColBERT's scoring (Khattab and Zaharia, 2020, https://arxiv.org/abs/2004.12832) over the token
vectors that all-MiniLM-L6-v2 makes on the way to a passage's vector. A token is stored as one bit
for each dimension, the side of the mean it lies on: 48 bytes; stop words and punctuation are not
stored. A passage takes 5 KB. docs/decisions.md has how much of the gain that keeps.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from corpus import tracing
from corpus.token_codes import Bits, TokenCodes
from index.embedder_weights import DEFAULT_MODEL
from index.embedding import Embedder, Vectors
from index.forward_index import ForwardIndex, Rows
from index.query import STOP_WORDS

States = NDArray[np.float32]
# The mean length of one side of a normal distribution, in standard deviations.
_SIDE = float(np.sqrt(2 / np.pi))
# Made from the starter library by benchmarks/fit_tokens.py: mean and spread of each dimension.
_CONSTANTS = Path(__file__).parent / "tokens.npz"


@runtime_checkable
class TokenEmbedder(Protocol):
    """An embedder that also gives the token vectors of a text, from the same pass."""

    def with_codes(self, texts: Sequence[str]) -> tuple[Vectors, TokenCodes]:
        """Return the vectors of passages and the codes of their tokens."""


@runtime_checkable
class TokenReader(Protocol):
    """An embedder that gives the vector of a question with the states of its tokens."""

    def with_states(self, text: str) -> tuple[Vectors, States]:
        """Return the vector [dimension] and the states [tokens, dimension] of a question."""


@cache
def _constants() -> tuple[States, States]:
    values = np.load(_CONSTANTS)
    return values["mean"].astype(np.float32), values["spread"].astype(np.float32)


def embed_with_codes(embedder: Embedder, texts: Sequence[str]) -> tuple[Vectors, TokenCodes]:
    """Return the vectors of passages and their token codes.

    A model other than the one that the constants here were fitted for gives no codes.
    """
    with tracing.span("embed passages", passages=len(texts)):
        if embedder.name == DEFAULT_MODEL and isinstance(embedder, TokenEmbedder):
            return embedder.with_codes(texts)
        return embedder.embed(texts), TokenCodes.none(len(texts))


def embed_question(embedder: Embedder, text: str) -> tuple[Vectors, States | None]:
    """Return the vector of a question and its token states, None for other models."""
    if embedder.name == DEFAULT_MODEL and isinstance(embedder, TokenReader):
        return embedder.with_states(text)
    return embedder.embed([text])[0], None


def content_tokens(vocabulary: Mapping[str, int]) -> NDArray[np.bool_]:
    """Return for each token id whether it has content: no special token, stop word, punctuation."""
    kept = np.zeros(max(vocabulary.values()) + 1, dtype=bool)
    for token, number in vocabulary.items():
        special = token.startswith("[") and token.endswith("]")
        bare = all(sign in string.punctuation for sign in token)
        kept[number] = not (special or bare or token in STOP_WORDS)
    return kept


def content_states(states: States, ids: NDArray[np.int64], is_content: NDArray[np.bool_]) -> States:
    """Return the states of the content tokens, rows of length 1.

    A text without content tokens keeps all of its tokens, so that every text has some.
    """
    kept = states[is_content[ids]]
    kept = kept if len(kept) else states
    lengths = np.linalg.norm(kept, axis=1, keepdims=True)
    return np.asarray(kept / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def codes_of(states: States) -> Bits:
    """Return the codes uint8 [tokens, dimension / 8] of states with rows of length 1."""
    mean, _ = _constants()
    return np.packbits(states > mean, axis=1)


def max_similarities(forward: ForwardIndex, rows: Rows, question: States) -> NDArray[np.float64]:
    """Return for each row the mean, over the question's tokens, of the best cosine with its tokens.

    NaN for a row whose passage has no token codes: it was embedded without, or by another model.
    """
    found = np.full(len(rows), np.nan)
    counts = forward.token_starts[rows + 1] - forward.token_starts[rows]
    known = np.flatnonzero(counts)
    if not len(known) or not len(question):
        return found
    places = np.concatenate(
        [np.arange(forward.token_starts[row], forward.token_starts[row + 1]) for row in rows[known]]
    )
    mean, spread = _constants()
    bits = np.unpackbits(forward.tokens[places], axis=1).astype(np.float32)
    side = _SIDE * spread
    # A token is taken for mean + side · sign; its length follows from the same product. A sign is
    # 2 · bit - 1: to compute with the bits spares two passes over an array of 15 MB.
    factors = np.vstack([question * side, 2 * mean * side]).T
    products = 2 * (bits @ factors) - factors.sum(axis=0)
    lengths = np.sqrt(np.maximum(products[:, -1] + mean @ mean + side @ side, 1e-9))
    cosines = (products[:, :-1] + question @ mean) / lengths[:, None]
    starts = np.cumsum([0, *counts[known][:-1]])
    found[known] = np.maximum.reduceat(cosines, starts, axis=0).mean(axis=1)
    return found
