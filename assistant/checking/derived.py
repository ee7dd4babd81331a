"""Numbers that a claim computes from two of its source: a share, a change, a sum, a difference.

"A third of the members" follows from "28,500 members, of whom 9,500 …". By chance two numbers of a
long text give nearly any third, so that a number counts as computed only where the claim has a word
for the calculation, both numbers stand near each other, and the source does not state a number of
that kind itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations

from corpus.quantities import Quantity

# Signs between two numbers of one statement, and around them where it would state the result.
_NEAR, _STATED = 300, 60
_SUM = re.compile(
    r"\b(?:together|combined|in total|in all|altogether|the sum|total(?:s|led)?|both)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:rose|risen|grew|grown|fell|fallen|dropp?ed|declined|increased?|decreased?|gained|lost|up|"
    r"down|higher|lower|more|less|fewer|above|below|larger|smaller|longer|shorter|cheaper|dearer|"
    r"faster|slower|growth|rise|fall|drop|decline|gap|difference|margin|ahead|behind|apart)\b",
    re.IGNORECASE,
)
_REST = re.compile(r"\b(?:remain(?:ing|der|s|ed)?|rest|other|still|left|yet|not)\b", re.IGNORECASE)
_TIMES = re.compile(r"\b(?:times|fold|doubled?|tripled?|quadrupled)\b", re.IGNORECASE)
_POINTS = re.compile(r"\bpoints?\b", re.IGNORECASE)
_ONE_IN = re.compile(r"\b(?:one|1)\s+(?:\w+\s+)?(?:in|out of)\s+(?:every\s+)?$", re.IGNORECASE)
_PART = re.compile(
    r"\b(?:hal(?:f|ves)|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)\b",
    re.IGNORECASE,
)
# How far a share or a factor may be off, of itself: as far as one rounds it in speech.
_ROUGH = Decimal("0.03")
_HUNDRED = Decimal(100)
_Pair = tuple[Quantity, Quantity]


def derived(claimed: Quantity, claim: str, given: Sequence[Quantity]) -> bool:
    """Say whether a number of `claim` is computed from two of those that its source states."""
    one_in = not claimed.unit and bool(_ONE_IN.search(claim[: claimed.start]))
    pairs = [
        (first, second)
        for first, second in permutations(given, 2)
        if first.unit == second.unit
        and first.value * second.value > 0
        and abs(first.start - second.start) <= _NEAR
    ]
    if one_in:
        return any(_about(claimed, second.value / first.value) for first, second in pairs)
    if claimed.unit in ("percent", "times") and not _POINTS.search(claimed.text):
        pairs = [
            pair
            for pair in pairs
            if pair[0].unit != "percent" and not _states(given, claimed.unit, pair)
        ]
        results = _factors if claimed.unit == "times" else _shares
        return any(_about(claimed, value) for value in results(claimed, claim, pairs))
    equal = _about if claimed.hedged else _same
    alike = [pair for pair in pairs if pair[0].unit == claimed.unit]
    return any(equal(claimed, value) for value in _sums(claim, alike))


def _shares(claimed: Quantity, claim: str, pairs: Sequence[_Pair]) -> Iterator[Decimal]:
    """Yield by how many percent one number differs from the other, or is of it."""
    change = bool(_CHANGE.search(claim))
    for first, second in pairs:
        if change:
            yield abs(first.value - second.value) / second.value * _HUNDRED
        elif _PART.search(claimed.text) or " of " in claim:
            yield first.value / second.value * _HUNDRED


def _factors(claimed: Quantity, claim: str, pairs: Sequence[_Pair]) -> Iterator[Decimal]:
    """Yield how many times one number is the other."""
    for first, second in pairs:
        if _TIMES.search(claimed.text):
            yield first.value / second.value


def _sums(claim: str, pairs: Sequence[_Pair]) -> Iterator[Decimal]:
    """Yield the sums and differences that a claim has words for."""
    together = bool(_SUM.search(claim))
    apart = bool(_CHANGE.search(claim) or _REST.search(claim))
    for first, second in pairs:
        if together:
            yield first.value + second.value
        if apart:
            yield first.value - second.value


def _states(given: Sequence[Quantity], unit: str, around: _Pair) -> bool:
    """Say whether a number of a unit stands beside others: the source has computed it itself."""
    return any(
        other.unit == unit and abs(other.start - one.start) < _STATED
        for other in given
        for one in around
    )


def _about(claimed: Quantity, value: Decimal) -> bool:
    """Say whether a number is another as one rounds it: to its last figure, or a little more."""
    half = Decimal(1).scaleb(claimed.value.adjusted() - claimed.exact + 1) / 2
    most = half if claimed.unit == "percent" else Decimal(0)
    return abs(claimed.value - value) <= max(_ROUGH * value, most)


def _same(claimed: Quantity, value: Decimal) -> bool:
    return claimed.value == value
