"""A reranker that counts which words of the question stand in a passage, in any language."""

import re
from collections.abc import Sequence

from index.pair_encoding import Pair
from index.rerankers import RerankerKind


class SharedWords:
    """The share of the question's words that a passage has, or what stands ahead of it."""

    name = "shared words"
    reads_many = True

    def relevance(self, pairs: Sequence[Pair]) -> list[float]:
        """Return a relevance from 0 to 1 of each pair, in the order given."""
        return [_share(pair) for pair in pairs]


def _share(pair: Pair) -> float:
    asked = _words(pair.question)
    held = _words(" ".join([pair.context, *pair.sentences]))
    return len(asked & held) / max(1, len(asked))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


SHARED_WORDS = RerankerKind(lambda folder: SharedWords())
