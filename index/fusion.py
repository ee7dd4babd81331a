"""Folding repeats, and sharing the top of a ranking among documents."""

from __future__ import annotations

from collections.abc import Sequence

from index.embedding import Vectors

# Near-duplicates: the same paragraph in a reprint, in the HTML and the PDF of one filing. Cosine
# alone confuses table rows that differ in a figure, words alone miss re-flowed lines.
_SAME_MEANING = 0.93
_SAME_WORDS = 0.8
# A document matches a question when a passage of it scores this share of the best one's score.
# Sharing the top with documents that do not match cost more than it gave: hit@5 over three sets
# was 0.836, 0.733 and 0.725 with every document let in, 0.864, 0.800 and 0.775 with these.
_MATCHES = 0.85


def folded(words: Sequence[frozenset[int]], vectors: Vectors) -> dict[int, int]:
    """Return, for each position that repeats an earlier one, that earlier position.

    `words` (the distinct stems of each text) and the rows of `vectors` are in rank order; a text
    repeats another when both its meaning (cosine over 0.93) and its words (Jaccard over 0.8) do.
    """
    kept: list[int] = []
    repeats: dict[int, int] = {}
    cosines = vectors @ vectors.T
    for here in range(len(words)):
        for before in kept:
            if cosines[before, here] < _SAME_MEANING:
                continue
            either = len(words[before] | words[here])
            if either and len(words[before] & words[here]) / either >= _SAME_WORDS:
                repeats[here] = before
                break
        else:
            kept.append(here)
    return repeats


def shared(
    documents: Sequence[str], scores: Sequence[float], *, top: int = 5, most: int = 2
) -> list[int]:
    """Return positions so that no document has more than `most` of the first `top`.

    `documents[i]` is the document of the passage ranked i, `scores[i]` its score, falling. Only
    where three documents or more match: with fewer the cap would push good passages below bad
    ones, and passages that do not match are never lifted.
    """
    matching = [score >= _MATCHES * scores[0] for score in scores]
    if len({one for one, fits in zip(documents, matching, strict=True) if fits}) < 3:
        return list(range(len(documents)))
    first: list[int] = []
    later: list[int] = []
    count: dict[str, int] = {}
    for position, document in enumerate(documents):
        if len(first) < top and count.get(document, 0) < most and matching[position]:
            count[document] = count.get(document, 0) + 1
            first.append(position)
        else:
            later.append(position)
    return first + later
