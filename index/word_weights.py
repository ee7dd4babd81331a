"""The weights of words, by which a server with sparse indexes ranks passages: BM25.

The words are ours (English stems, Chinese bigrams), each under its number in the forward index;
Chroma's own function knows no Chinese.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from corpus.document import Passage
from index.forward_index import stem_code
from index.keyword_index import contents_of, stems

# BM25's usual constants, those of Tantivy and of Chroma's own function.
K, B = 1.2, 0.75
# Stems of a passage with its title and headings, on the average of the starter library. A weight
# is stored once, so the average cannot follow a library that grows.
_AVERAGE_LENGTH = 93.0


def word_weights(title: str, passage: Passage) -> dict[int, float]:
    """Return the weight of each stem of a passage by its code: BM25 without the rarity of the word.

    The server multiplies it by the rarity, which it counts.
    """
    counts = Counter(map(stem_code, stems(contents_of(title, passage))))
    long = 1 - B + B * sum(counts.values()) / _AVERAGE_LENGTH
    return {code: n * (K + 1) / (n + K * long) for code, n in counts.items()}


def term_weights(terms: Mapping[str, float]) -> dict[int, float]:
    """Return the terms of a query as the server is asked for them."""
    weights: dict[int, float] = {}
    for stem, weight in terms.items():
        code = stem_code(stem)
        weights[code] = weights.get(code, 0.0) + weight
    return weights
