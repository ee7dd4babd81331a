"""A question as concepts: each a word or a name with the other names it goes by.

"Did 华为 get on the blacklist?" is looked for as Huawei and the Entity List too, from the alias
file (corpus.vocabulary). A passage covers a concept by the question's own words or by another name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from corpus.vocabulary import AliasGroup
from index.query_terms import STOP_WORDS, QueryTerms

# Weight of a word that only an alias brings in, against 1 for the question's own, in BM25: tried
# with 0.4 only. Coverage counts an alias in full, but only when all of its words are there.
ALIAS = 0.4
# Written small these are English words, whatever they mean in capitals.
_ORDINARY = frozenset(
    "ear us x sec house commission in me or pa ma hi id ok la de ct co un al may administration "
    "un who it".split()
)
_Stems = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Concept:
    """What a passage should speak of: `own` are the question's stems, `others` alias names' stems.

    `weight` is how much it counts, the sum of its stems' weights.
    """

    own: tuple[tuple[str, float], ...]
    others: tuple[frozenset[str], ...] = ()

    @property
    def weight(self) -> float:
        """How much the concept counts."""
        return sum(weight for _, weight in self.own)

    def covered(self, present: frozenset[str] | set[str]) -> float:
        """Return the weight that a text with these stems covers, up to `weight`."""
        if any(other <= present for other in self.others):
            return self.weight
        return sum(weight for stem, weight in self.own if stem in present)


def concepts(
    query: QueryTerms, stems: _Stems, known: tuple[AliasGroup, ...]
) -> tuple[Concept, ...]:
    """Return the concepts of a question, aliases first; every content stem is in one of them."""
    weights = query.weights(stems)
    made: list[Concept] = []
    taken: set[str] = set()
    for found, names in _aliases(query.text, known):
        own = tuple((one, weights[one]) for one in dict.fromkeys(stems(found)) if one in weights)
        if not own or taken >= {stem for stem, _ in own}:
            continue
        others = tuple({part for name in names if (part := frozenset(stems(name)))})
        made.append(Concept(own, others))
        taken |= {stem for stem, _ in own}
    made.extend(Concept(((stem, weight),)) for stem, weight in weights.items() if stem not in taken)
    return tuple(made)


def terms(wanted: tuple[Concept, ...]) -> dict[str, float]:
    """Return the stems to search for with their weights: the question's own, then the aliases'."""
    own = {stem: 1.0 for one in wanted for stem, _ in one.own}
    added = {
        stem: ALIAS
        for one in wanted
        for other in one.others
        for stem in other
        if stem not in own and stem not in STOP_WORDS
    }
    return own | added


def embedding_text(text: str, known: tuple[AliasGroup, ...]) -> str:
    """Return what is embedded for a question: its text, foreign names followed by English ones.

    The embedder was trained on English and splits Chinese into signs it does not know.
    """
    english = [
        next((one for one in names if one.isascii()), "")
        for found, names in _aliases(text, known)
        if not found.isascii()
    ]
    return " ".join([text, *(one for one in english if one)])


def _aliases(text: str, known: tuple[AliasGroup, ...]) -> list[tuple[str, list[str]]]:
    """Return the names of `text` that the alias file knows, longest first where they overlap."""
    pattern, others = _known(known)
    return [
        (found[0], others[found[0].casefold()])
        for found in pattern.finditer(text)
        if not (found[0].islower() and found[0] in _ORDINARY)
    ]


@cache
def _known(known: tuple[AliasGroup, ...]) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    others: dict[str, list[str]] = {}
    for group in known:
        # Postal codes of states are ordinary words too often to be looked for.
        names = [name for name in group.names if not (group.section == "states" and len(name) < 3)]
        for name in names:
            rest = [one for one in names if one.casefold() != name.casefold()]
            others.setdefault(name.casefold(), []).extend(rest)
    ordered = sorted(others, key=len, reverse=True)
    # Chinese runs on without spaces: its names may stand beside any sign.
    western = [re.escape(one) for one in ordered if one.isascii()]
    eastern = [re.escape(one) for one in ordered if not one.isascii()]
    pattern = rf"(?<!\w)(?:{'|'.join(western)})(?![a-zA-Z0-9_])" if western else r"(?!)"
    return re.compile("|".join([pattern, *eastern]), re.IGNORECASE), others
