"""Near-duplicates folded into one, and the top of a ranking shared among documents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.cosine_scale import DEFAULT_SCALE, CosineScale
from index.embedding import Vectors

# Near-duplicates: the same paragraph in a reprint, in the HTML and the PDF of one filing. Cosine
# alone confuses table rows that differ in a figure, words alone miss re-flowed lines.
_SAME_MEANING = 0.93
_SAME_WORDS = 0.8
# Two documents of which half the passages are this like are near copies: a reprint cut otherwise,
# or one planted text in several files.
_COPY_MEANING, _COPY_WORDS, _COPY_SHARE = 0.9, 0.6, 0.5
# A document matches a question when a passage of it scores this share of the best one's score. One
# file written to match must not fill the top, so it is low: over our 146 answerable questions hit@5
# is 0.904 without a cap, 0.890 with 0.5 and 0.884 with 0.3 and less, while of the first fives 107,
# 32 and 9 have more than two passages of one document. hit@1 and the reciprocal rank do not move.
_MATCHING_SHARE = 0.3


def near_duplicates(
    words: Sequence[frozenset[int]], vectors: Vectors, scale: CosineScale = DEFAULT_SCALE
) -> dict[int, int]:
    """Return, for each position that repeats an earlier one, that earlier position.

    `words` (the distinct stems of each text) and the rows of `vectors` are in rank order; a text
    repeats another when both its meaning (cosine over 0.93) and its words (Jaccard over 0.8) do.
    `scale` is that of the embedder that made the vectors.
    """
    repeats: dict[int, int] = {}
    # Few pairs are alike: only these are looked at, in rank order of the later and the earlier.
    alike = np.argwhere(np.tril(scale(vectors @ vectors.T) >= _SAME_MEANING, -1))
    for here, before in alike.tolist():
        if here in repeats or before in repeats:
            continue
        if _overlap(words[before], words[here]) >= _SAME_WORDS:
            repeats[here] = before
    return repeats


def repeat_groups(
    documents: Sequence[str],
    words: Sequence[frozenset[int]],
    vectors: Vectors,
    scale: CosineScale = DEFAULT_SCALE,
) -> list[str]:
    """Return for each passage the document that it counts for: near copies count for the first.

    `documents`, `words` (the distinct stems of each passage) and the rows of `vectors` are in rank
    order. A document is a near copy of one before it when half of its passages here, or half of the
    other's, have a passage there with nearly the same words and meaning. `scale` is as for
    `near_duplicates`.
    """
    of: dict[str, list[int]] = {}
    for place, document in enumerate(documents):
        of.setdefault(document, []).append(place)
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one, two in np.argwhere(scale(vectors @ vectors.T) >= _COPY_MEANING).tolist():
        both = documents[one], documents[two]
        if both[0] != both[1] and _overlap(words[one], words[two]) >= _COPY_WORDS:
            pairs.setdefault(both, []).append((one, two))
    first: dict[str, str] = {}
    for document, places in of.items():
        for before in list(first):
            alike = pairs.get((document, before), [])
            here, other = {one for one, _ in alike}, {two for _, two in alike}
            shares = len(here) / len(places), len(other) / len(of[before])
            if alike and max(shares) >= _COPY_SHARE:
                first[document] = first[before]
                break
        first.setdefault(document, document)
    return [first[document] for document in documents]


def _overlap(first: frozenset[int], second: frozenset[int]) -> float:
    either = len(first | second)
    return len(first & second) / either if either else 0.0


def share_among_documents(
    documents: Sequence[str], scores: Sequence[float], *, top: int = 5, most: int = 2
) -> list[int]:
    """Return positions so that no document has more than `most` of the first `top`.

    `documents[i]` is the document of the passage ranked i (`repeat_groups`), `scores[i]` its
    score, the best first. The cap applies only if three documents or more match: with fewer it
    would push good passages below bad ones. Passages that do not match are never lifted.
    """
    if not documents:
        return []
    matching = [score >= _MATCHING_SHARE * scores[0] for score in scores]
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
