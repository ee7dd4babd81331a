"""A question as the word index sees it: its terms, without the words that only ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from index.keyword_index import SIGNS
from index.term_rarity import rarity

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
# The same of Chinese, longest first where one begins another. Those of one sign are none
# beside the signs with which they make another word ("存在", "在线", "参与").
_CHINESE_STOP_WORDS = re.compile(
    "请问|请说明|请介绍|请|告诉我|介绍一下|解释一下|说明一下|一下|关于|根据|以及|是否|有没有|能不能|"
    "为什么|为何|什么时候|什么样|什么|何时|何地|有多少|有多|多少|多大|多高|多长|多久|多远|"
    "哪一年|哪些|哪里|哪个|哪家|哪种|哪|几个|几家|几年|几月|如何|怎么样|怎样|怎么|有哪些|具体|"
    "目前|可以|能够|这个|那个|这些|那些|它们|他们|她们|(?<!目)的(?!确)|(?<!但)是|由?谁|吗|呢|吧|"
    "了(?!解)|(?<!存)在(?!线)|(?<![共饱缓])和(?![平谐])|(?<![参赋])与|被|把"
)
# Names and figures are what an answer must be about, however common the word.
_NAMED = 0.8
_PLAIN = rf"(?:(?![{SIGNS}])[^\W_])+"
_WORD = re.compile(rf"[{SIGNS}]+|{_PLAIN}(?:[.,'’-]{_PLAIN})*")
_CHINESE = re.compile(f"[{SIGNS}]")


@dataclass(frozen=True, slots=True)
class QueryTerms:
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
    def from_question(cls, question: str) -> QueryTerms:
        """Return the query of a question; one made of stop words only keeps them all."""
        words = _WORD.findall(question)
        content = tuple(
            part
            for word in words
            if word.lower().strip("'’") not in STOP_WORDS
            for part in (_content(word) if _CHINESE.match(word) else (word,))
        )
        return cls(" ".join(question.split()), content or tuple(words))


def _content(run: str) -> list[str]:
    """Return what stands between the stop words of a run of Chinese: "总投资是多少" is 总投资.

    A single sign is left out: the index has signs in pairs, and nearly every word has two.
    """
    return [part for part in _CHINESE_STOP_WORDS.split(run) if len(part) > 1]
