"""A question as the word index sees it: its terms, without the words that only ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from index.rarity import rarity

# Function words and the words of asking. They say nothing about what is looked for; BM25 would
# still pay for them, since a library of reports holds few questions and they are rare there.
STOP_WORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being "
    "below between both but by can could did do does doing down during each few for from "
    "further had has have having he her here hers him his how i if in into is it its itself "
    "just me more most my no nor not of off on once only or other our out over own same she "
    "should so some such than that the their them then there these they this those through to "
    "too under until up us very was we were what when where which while who whom whose why will "
    "with would you your tell give show list please describe explain know say says said "
    "according exactly ballpark roughly much many kind sort there's what's who's it's 's s t vs "
    "versus per via etc".split()
)
# Names and figures are what an answer must be about, however common the word.
_NAMED = 0.8
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the words of it that carry content, as written, in order."""

    text: str
    words: tuple[str, ...]

    def weights(self, stems: Callable[[str], list[str]]) -> dict[str, float]:
        """Return the stems of the words with how much each must be covered, in 0…1.

        Rare words weigh more than common ones, and names and figures 0.8 at least.
        """
        weights: dict[str, float] = {}
        for word in self.words:
            weight = rarity(word)
            if word[:1].isupper() or any(sign.isdigit() for sign in word):
                weight = max(weight, _NAMED)
            for stem in stems(word):
                weights[stem] = max(weights.get(stem, 0.0), weight)
        return weights

    @classmethod
    def from_question(cls, question: str) -> Query:
        """Return the query of a question; one made of stop words only keeps them all."""
        words = _WORD.findall(question)
        content = tuple(word for word in words if word.lower().strip("'’") not in STOP_WORDS)
        return cls(" ".join(question.split()), content or tuple(words))
