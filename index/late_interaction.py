"""Late interaction: the best match of each question token in a passage (MaxSim).

ColBERT's scoring (Khattab and Zaharia, 2020, https://arxiv.org/abs/2004.12832) over the token
vectors that all-MiniLM-L6-v2 makes on the way to a passage's vector. A token is stored as one bit
for each dimension, the side of the mean it lies on: 48 bytes; stop words and punctuation are not
stored, and each two of the others share a code. A passage takes 2.5 KB. docs/decisions.md has how
much of the gain that keeps.
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
from index.query import STOP_WORDS

States = NDArray[np.float32]
# The mean length of one side of a normal distribution, in standard deviations.
_SIDE = float(np.sqrt(2 / np.pi))
# How many tokens of a passage share a code: with two the right passages rank as they do with one
# each, with three fewer of them are first (docs/decisions.md).
_A_CODE = 2
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
    # Of 30,000 tokens most pass the first test alone: 0.02 s of a first question, not 0.1 s.
    kept[
        [
            number
            for token, number in vocabulary.items()
            if token.strip(string.punctuation)
            and token not in STOP_WORDS
            and not (token[0] == "[" and token[-1] == "]")
        ]
    ] = True
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
    """Return the codes uint8 [tokens / 2, dimension / 8] of a passage's states, rows of length 1.

    Alike ones share a code.
    """
    mean, _ = _constants()
    return np.packbits(pooled(states, -(-len(states) // _A_CODE)) > mean, axis=1)


def pooled(states: States, count: int) -> States:
    """Return the means of so many clusters of states, by Ward's method.

    Token pooling (Clavié, Chaffin and Adams, 2024, https://arxiv.org/abs/2409.14683). Pairs that
    are each other's nearest are merged at once, the nearest first: some five rounds for a passage.
    """
    sums, sizes = states.copy(), np.ones(len(states), dtype=np.float32)
    while len(sums) > count:
        means = sums / sizes[:, None]
        squares = (means * means).sum(axis=1)
        costs = squares[:, None] + squares - 2 * means @ means.T
        costs *= sizes[:, None] * sizes / (sizes[:, None] + sizes)
        np.fill_diagonal(costs, np.inf)
        nearest = costs.argmin(axis=1)
        places = np.arange(len(sums))
        left = np.flatnonzero((nearest[nearest] == places) & (nearest > places))
        if not len(left):
            # Several are equally near, in a ring.
            left = np.array([costs.min(axis=1).argmin()])
        left = left[np.argsort(costs[left, nearest[left]], kind="stable")[: len(sums) - count]]
        right = nearest[left]
        sums[left] += sums[right]
        sizes[left] += sizes[right]
        kept = np.ones(len(sums), dtype=bool)
        kept[right] = False
        sums, sizes = sums[kept], sizes[kept]
    return np.asarray(sums / sizes[:, None], dtype=np.float32)


def max_similarities(tokens: TokenCodes, question: States) -> NDArray[np.float64]:
    """Return for each passage the mean, over the question's tokens, of their best cosines there.

    NaN for a passage without token codes: it was embedded without, or by another model.
    """
    found = np.full(len(tokens.counts), np.nan)
    known = tokens.counts > 0
    if not known.any() or not len(question):
        return found
    mean, spread = _constants()
    bits = np.unpackbits(tokens.codes, axis=1).astype(np.float32)
    side = _SIDE * spread
    # A token is taken for mean + side · sign; its length follows from the same product. A sign is
    # 2 · bit - 1: to compute with the bits spares two passes over an array of 15 MB.
    factors = np.vstack([question * side, 2 * mean * side]).T
    products = 2 * (bits @ factors) - factors.sum(axis=0)
    lengths = np.sqrt(np.maximum(products[:, -1] + mean @ mean + side @ side, 1e-9))
    cosines = (products[:, :-1] + question @ mean) / lengths[:, None]
    starts = np.cumsum([0, *tokens.counts[known][:-1]])
    found[known] = np.maximum.reduceat(cosines, starts, axis=0).mean(axis=1)
    return found
