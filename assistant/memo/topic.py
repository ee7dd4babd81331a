"""The topic of a memo: which words of it a text holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from index.query import Query
from index.words import stems


@dataclass(frozen=True, slots=True)
class Topic:
    """The content stems of a topic, each with its weight in 0…1."""

    weights: Mapping[str, float]

    @classmethod
    def of(cls, text: str) -> Topic:
        """Return the topic that a text names."""
        return cls(Query.from_question(text).weights(stems))

    def covered(self, *held: frozenset[str]) -> float:
        """Return the share of the weights whose stems stand in the union of `held`."""
        total = sum(self.weights.values())
        union = frozenset().union(*held)
        return sum(w for stem, w in self.weights.items() if stem in union) / total if total else 0.0
