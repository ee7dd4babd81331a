"""A sentence that nearly repeats one of its source: what was changed in it, place by place.

Where most words of a claim stand in the same order in one sentence of the source, the two can be
laid side by side, and a number, date, name or negation that differs is a change even where the
claim's version stands elsewhere in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.checking.names import Vocabulary, names
from assistant.checking.number_match import number_problem
from assistant.checking.problems import Code, Problem, problem
from corpus.date_mentions import date_mentions
from corpus.date_mentions import dates_supported as date_supported
from corpus.quantities import quantities
from index.query_terms import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CUES = frozenset(
    "not no never none neither nor cannot without nobody nothing nowhere hardly scarcely".split()
)
_TOKEN = re.compile(r"[^\W_]+(?:[.,'’][^\W_]+)*|[%$€£¥]")
# The share of the claim's words that must stand in order in the source sentence.
_NEAR = 0.7
# Words of the source looked at on both sides of where a fact of the claim falls.
_AROUND = 3


@dataclass(frozen=True, slots=True)
class _Alignment:
    """A claim laid beside a sentence: for each of the claim's tokens the source's token or -1."""

    claim: str
    source: str
    claim_spans: list[tuple[int, int]]
    source_spans: list[tuple[int, int]]
    partner: list[int]

    @property
    def nearness(self) -> float:
        return sum(one >= 0 for one in self.partner) / max(1, len(self.partner))

    def region(self, start: int, end: int) -> tuple[str, bool]:
        """Return the source's words where a span of the claim falls, and whether any are other."""
        inside = [
            place
            for place, (begin, stop) in enumerate(self.claim_spans)
            if begin < end and stop > start
        ]
        if not inside:
            return "", False
        before = [one for one in self.partner[: inside[0]] if one >= 0]
        after = [one for one in self.partner[inside[-1] + 1 :] if one >= 0]
        low = before[-1] + 1 if before else 0
        high = after[0] if after else len(self.source_spans)
        own = {self.partner[place] for place in inside}
        other = any(place not in own for place in range(low, high))
        # A gap as long as a clause is no replacement of one fact.
        if high - low > len(inside) + 2 * _AROUND:
            low, high = self._around(sorted(own - {-1}), low, high)
        if low >= high:
            return "", False
        return self.source[self.source_spans[low][0] : self.source_spans[high - 1][1]], other

    def _around(self, own: list[int], low: int, high: int) -> tuple[int, int]:
        if not own:
            return low, low
        return max(low, own[0] - _AROUND), min(high, own[-1] + _AROUND + 1)


def changes(claim: str, source: str) -> list[Problem] | None:
    """Return what `claim` changes of `source`; None when it is not near it."""
    laid = _aligned(claim, source)
    if laid.nearness < _NEAR:
        return None
    return [*_changed_facts(laid), *_changed_negations(laid)]


def _aligned(claim: str, source: str) -> _Alignment:
    ours = [match.span() for match in _TOKEN.finditer(claim)]
    theirs = [match.span() for match in _TOKEN.finditer(source)]
    left = [claim[start:end].lower() for start, end in ours]
    right = [source[start:end].lower() for start, end in theirs]
    partner = [-1] * len(left)
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            partner[block.a + offset] = block.b + offset
    return _Alignment(claim, source, ours, theirs, partner)


def _changed_facts(laid: _Alignment) -> Iterator[Problem]:
    """Yield the dates, numbers and names that stand where the source has others of their kind."""
    claim = laid.claim
    dated = date_mentions(claim)
    for date in dated:
        region, _ = laid.region(date.start, date.end)
        given = date_mentions(region)
        if given and not date_supported(date, given):
            yield problem(Code.REPLACED, given[0].text, date.text)
    used = [(one.start, one.end) for one in dated]
    for number in quantities(claim, used):
        region, _ = laid.region(number.start, number.end)
        given_numbers = quantities(region, [(one.start, one.end) for one in date_mentions(region)])
        if given_numbers and number_problem(number, given_numbers):
            yield problem(Code.REPLACED, given_numbers[0].text, number.text)
    yield from _replaced_names(laid)


def _replaced_names(laid: _Alignment) -> Iterator[Problem]:
    """Yield the names of the source in whose place the claim has another capital word."""
    for start, end in _unmatched(laid):
        text = laid.claim[start:end]
        region, other = laid.region(start, end)
        capital = any(
            word[:1].isupper() and word.lower() not in STOP_WORDS for word in text.split()
        )
        if not other or not capital:
            continue
        gone = names(f"the {region}")
        if gone and not Vocabulary(region).holds(text):
            yield problem(Code.REPLACED, gone[0].text, text)


def _unmatched(laid: _Alignment) -> Iterator[tuple[int, int]]:
    """Yield the spans of the claim's runs of words that the source does not have there."""
    begin = -1
    for place, partner in enumerate([*laid.partner, 0]):
        if partner < 0 and begin < 0:
            begin = place
        elif partner >= 0 and begin >= 0:
            yield laid.claim_spans[begin][0], laid.claim_spans[place - 1][1]
            begin = -1


def _changed_negations(laid: _Alignment) -> Iterator[Problem]:
    """Yield the negations that only one of the two has, within the words they share."""
    matched = [one for one in laid.partner if one >= 0]
    span = (laid.source_spans[matched[0]][0], laid.source_spans[matched[-1]][1])
    ours = _negations(laid.claim)
    theirs = [one for one in _negations(laid.source) if span[0] <= one[1] < span[1]]
    if len(ours) > len(theirs):
        yield problem(Code.NEGATION_ADDED, ours[-1][0])
    elif len(theirs) > len(ours):
        yield problem(Code.NEGATION_DROPPED, theirs[-1][0])


def _negations(text: str) -> list[tuple[str, int]]:
    """Return the words of a text that deny, each with the offset at which it stands."""
    found = list(_WORD.finditer(text))
    words = [match[0].lower().replace("’", "'") for match in found]
    return [
        (word, match.start())
        for place, (word, match) in enumerate(zip(words, found, strict=True))
        if _is_negation(word, words[place + 1 : place + 3])
    ]


def _is_negation(word: str, after: Sequence[str]) -> bool:
    if word == "no" and after and ((after[0] == "more" and after[1:] == ["than"]) or
                                   after[0][0].isdigit()):  # fmt: skip
        return False
    if word == "not" and after and after[0] in {"only", "just", "merely"}:
        return False
    return word in _CUES or word.endswith("n't")
