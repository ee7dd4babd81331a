"""What a claim changes or drops of the sentence it repeats: facts, negations, quotations, doubts.

Where most words of a claim stand in the same order in one sentence of the source, the two are
aligned, and a number, date, name or negation that differs is a change even where the claim's
version stands elsewhere in the source. Dropped qualifiers only explain a verdict: that a claim says
more than its source is what the judge decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.checking.number_match import number_problem
from assistant.checking.problems import Code, Problem, problem
from assistant.entity_names import NameLookup, names
from corpus.date_mentions import date_mentions
from corpus.date_mentions import dates_supported as date_supported
from corpus.quantities import quantities
from index.query import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NEGATION_WORDS = frozenset(
    "not no never none neither nor cannot without nobody nothing nowhere hardly scarcely".split()
)
_TOKEN = re.compile(r"[^\W_]+(?:[.,'’][^\W_]+)*|[%$€£¥]")
# The share of the claim's words that must be in the source sentence in the same order.
_NEAR = 0.7
# Words of the source on both sides of an aligned fact that are compared.
_AROUND = 3


@dataclass(frozen=True, slots=True)
class _Alignment:
    """A claim and a sentence: for each token of the claim the index of its partner, or -1."""

    claim: str
    source: str
    claim_spans: list[tuple[int, int]]
    source_spans: list[tuple[int, int]]
    partner: list[int]

    @property
    def nearness(self) -> float:
        return sum(one >= 0 for one in self.partner) / max(1, len(self.partner))

    def region(self, start: int, end: int) -> tuple[str, bool]:
        """Return the source's words aligned with a span of the claim, and whether they differ."""
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
        # A gap as long as a clause does not replace one fact.
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
    """Return what `claim` changes of `source`; None where the two are not near-repeats."""
    aligned = _aligned(claim, source)
    if aligned.nearness < _NEAR:
        return None
    return [*_changed_facts(aligned), *_changed_negations(aligned)]


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


def _changed_facts(aligned: _Alignment) -> Iterator[Problem]:
    """Yield the dates, numbers and names where the source has others of the same kind."""
    claim = aligned.claim
    dated = date_mentions(claim)
    for date in dated:
        region, _ = aligned.region(date.start, date.end)
        given = date_mentions(region)
        if given and not date_supported(date, given):
            yield problem(Code.REPLACED, given[0].text, date.text)
    used = [(one.start, one.end) for one in dated]
    for number in quantities(claim, used):
        region, _ = aligned.region(number.start, number.end)
        given_numbers = quantities(region, [(one.start, one.end) for one in date_mentions(region)])
        if given_numbers and number_problem(number, given_numbers):
            yield problem(Code.REPLACED, given_numbers[0].text, number.text)
    yield from _replaced_names(aligned)


def _replaced_names(aligned: _Alignment) -> Iterator[Problem]:
    """Yield the names of the source that the claim replaces by another capitalised word."""
    for start, end in _unmatched(aligned):
        text = aligned.claim[start:end]
        region, other = aligned.region(start, end)
        capital = any(
            word[:1].isupper() and word.lower() not in STOP_WORDS for word in text.split()
        )
        if not other or not capital:
            continue
        gone = names(f"the {region}")
        if gone and not NameLookup(region).holds(text):
            yield problem(Code.REPLACED, gone[0].text, text)


def _unmatched(aligned: _Alignment) -> Iterator[tuple[int, int]]:
    """Yield the spans of the claim's runs of words without a partner in the source."""
    begin = -1
    for place, partner in enumerate([*aligned.partner, 0]):
        if partner < 0 and begin < 0:
            begin = place
        elif partner >= 0 and begin >= 0:
            yield aligned.claim_spans[begin][0], aligned.claim_spans[place - 1][1]
            begin = -1


def _changed_negations(aligned: _Alignment) -> Iterator[Problem]:
    """Yield the negations that only one of the two has, between the words they share."""
    matched = [one for one in aligned.partner if one >= 0]
    span = (aligned.source_spans[matched[0]][0], aligned.source_spans[matched[-1]][1])
    ours = _negations(aligned.claim)
    theirs = [one for one in _negations(aligned.source) if span[0] <= one[1] < span[1]]
    if len(ours) > len(theirs):
        yield problem(Code.NEGATION_ADDED, ours[-1][0])
    elif len(theirs) > len(ours):
        yield problem(Code.NEGATION_DROPPED, theirs[-1][0])


def _negations(text: str) -> list[tuple[str, int]]:
    """Return the negating words of a text, each with its offset."""
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
    return word in _NEGATION_WORDS or word.endswith("n't")


_SAID = re.compile(
    r"\b(?:according to|in the view of|says?|said|claim(?:s that|ed)|argue[sd]?|alleg(?:es|ed)|"
    r"believe[sd]?|estimate(?:s that|d)|reported|warn(?:s|ed)|den(?:ies|ied)|suggest(?:s|ed)|"
    r"told)\b",
    re.IGNORECASE,
)
# "May" with a capital is the month.
_HEDGED = re.compile(
    r"\bmay\b|(?i:\b(?:might|could|would|should|if|unless|until|reportedly|allegedly|apparently|"
    r"possibly|probably|perhaps|likely|plan(?:s|ned)? to|proposed?|proposes|intend(?:s|ed)? to|"
    r"consider(?:s|ed|ing)?|draft|expected to|except|only|not yet|seek(?:s|ing)? to|"
    r"aim(?:s|ed)? to|about to)\b)"
)
_SOME = re.compile(
    r"\b(?:some|several|many|most|certain|a few|part of|in one case|half|except|only)\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:all|every|each|always|any|everyone|entire|most|never|none)\b", re.IGNORECASE
)


def dropped_qualifiers(claim: str, source: str) -> Problem | None:
    """Return the qualifier that a claim drops of `source`, the sentence it rests on; None for none.

    To be asked of a claim that says more than its source.
    """
    if (wide := _ALL.search(claim)) and _SOME.search(source) and not _ALL.search(source):
        return problem(Code.SCOPE_WIDENED, wide[0])
    if (said := _SAID.search(source)) and not _SAID.search(claim):
        return problem(Code.ATTRIBUTION_DROPPED, said[0])
    if (hedge := _HEDGED.search(source)) and not _HEDGED.search(claim):
        return problem(Code.HEDGE_DROPPED, hedge[0])
    return None


_QUOTED = re.compile(
    r"[“\"„«]([^“”\"„«»]{2,}?)[”\"“»]|"
    # Between single marks an apostrophe is part of the words.
    r"(?<![\w’'])[‘']([^‘’'\n]{2,}?(?:['’](?:s|t|re|ve|ll|d|m)\b[^‘’'\n]*?)*)[’'](?!\w)"
)
# What a writer may change inside a quotation: "[it]" and "…".
_EDIT = re.compile(r"\[[^\]]*\]|\(\.\.\.\)|\.\.\.|…")
_QUOTED_WORD = re.compile(r"[^\W_]+(?:['.,-][^\W_]+)*|[%$€£¥]")


def quotations(sentence: str) -> list[str]:
    """Return what stands in quotation marks, in order, without the marks."""
    found = [match[1] or match[2] for match in _QUOTED.finditer(sentence)]
    return [one.strip() for one in found if re.search(r"\w{2}", one)]


def altered_quotations(sentence: str, text: str) -> list[str]:
    """Return the quotations of `sentence` that are not in `text` word for word.

    White space, case, the kind of quotation mark and a comma or stop before the closing mark do not
    count; what was replaced by an ellipsis or brackets may be anything.
    """
    words = f" {normalised(text)} "
    wrong = []
    for quotation in quotations(sentence):
        parts = [normalised(part) for part in _EDIT.split(quotation)]
        if any(part and f" {part} " not in words for part in parts):
            wrong.append(quotation)
    return wrong


def normalised(text: str) -> str:
    """Return the words and signs of a text in lower case with single spaces, no punctuation."""
    return " ".join(_QUOTED_WORD.findall(text.lower().replace("’", "'")))
