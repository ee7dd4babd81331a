"""Token codes: the words of passages as a few bits each, kept beside the passages' vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TokenCodes:
    """The codes of the tokens of some passages, in order: a row of bytes a token.

    `codes` is uint8 [tokens, bytes]; `counts[i]` is how many of its rows belong to passage i. What
    the bits mean is the business of whoever made them (index.late_interaction).
    """

    codes: Bits
    counts: Counts

    @classmethod
    def of(cls, passages: Sequence[Bits]) -> TokenCodes:
        """Return the codes of passages given one by one."""
        counts = np.array([len(one) for one in passages], dtype=np.int64)
        codes = np.concatenate(passages) if len(passages) else np.zeros((0, 0), dtype=np.uint8)
        return cls(codes, counts)

    @classmethod
    def none(cls, passages: int) -> TokenCodes:
        """Return empty codes, for passages whose tokens are not known."""
        return cls(np.zeros((0, 0), dtype=np.uint8), np.zeros(passages, dtype=np.int64))

    @classmethod
    def joined(cls, parts: Sequence[TokenCodes]) -> TokenCodes:
        """Return the codes of several runs of passages as one."""
        some = [one.codes for one in parts if len(one.codes)]
        counts = [one.counts for one in parts]
        return cls(
            np.concatenate(some) if some else np.zeros((0, 0), dtype=np.uint8),
            np.concatenate(counts) if counts else np.zeros(0, dtype=np.int64),
        )

    @property
    def known(self) -> bool:
        """Whether every passage has tokens."""
        return bool(len(self.counts)) and bool((self.counts > 0).all())

    def passage(self, number: int) -> TokenCodes:
        """Return the codes of one passage by its place; none for a place beyond the last."""
        if number >= len(self.counts):
            return TokenCodes.none(1)
        first = int(self.counts[:number].sum())
        count = self.counts[number : number + 1]
        return TokenCodes(self.codes[first : first + int(count[0])], count)

    def blocks(self, size: int) -> Iterator[tuple[int, TokenCodes]]:
        """Yield the codes of so many passages at a time, each with the place of its first."""
        ends = np.cumsum([0, *self.counts])
        for first in range(0, len(self.counts), size):
            counts = self.counts[first : first + size]
            yield first, TokenCodes(self.codes[ends[first] : ends[first + len(counts)]], counts)

    def columns(self) -> dict[str, bytes]:
        """Return the codes as the library stores them."""
        return {
            "tokens": np.ascontiguousarray(self.codes).tobytes(),
            "token_counts": self.counts.astype("<i4").tobytes(),
        }

    @classmethod
    def stored(cls, tokens: bytes, counts: bytes) -> TokenCodes:
        """Return the codes from their columns; none where the two do not fit each other."""
        if len(counts) % 4:
            return cls.none(0)
        some = np.frombuffer(counts, dtype="<i4").astype(np.int64)
        total = int(some.sum())
        if not total or len(tokens) % total:
            return cls.none(len(some))
        return cls(np.frombuffer(tokens, dtype=np.uint8).reshape(total, -1), some)
