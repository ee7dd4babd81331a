"""What was computed of pairs, kept for the next time: the least recently used goes first."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from index.pair_encoding import Pair

Value = TypeVar("Value")


class PairCache(Generic[Value]):
    """Values by pair, the whole of its texts: up to so many. Thread-safe.

    A conversation and a memo read some pairs again and again; with the oldest going first these
    would be computed anew as often as any other.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[Pair, Value] = {}
        self._lock = threading.Lock()

    def known(self, pairs: Iterable[Pair]) -> dict[Pair, Value]:
        """Return what is kept of some pairs, by pair; they count as used just now."""
        with self._lock:
            found = {pair: self._values.pop(pair) for pair in pairs if pair in self._values}
            # A dictionary keeps the order in which its keys came: the last used is last.
            self._values |= found
        return found

    def keep(self, values: Mapping[Pair, Value]) -> None:
        """Keep values, and let go of those that nobody used for longest."""
        with self._lock:
            for pair, value in values.items():
                self._values.pop(pair, None)
                self._values[pair] = value
            for pair in list(self._values)[: -self._most] if self._most else list(self._values):
                del self._values[pair]

    def __len__(self) -> int:
        with self._lock:
            return len(self._values)
