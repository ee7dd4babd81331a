"""Whether a number of a claim is stated by a source, or computed from two that are.

"A third of the members" follows from "28,500 members, of whom 9,500 …". By chance two numbers of a
long text give nearly any third, so that by itself a number counts as computed (`derived`) only
where the claim has an English word for the calculation, both numbers stand near each other and
count the same thing, and, for shares, changes and factors, the source does not state a number of
that kind there itself. Where a judge is sure of what the claim says less is asked (`computable`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations

from assistant.checking.problems import Code, Problem, problem
from corpus.quantities import Quantity

# Units of time in seconds, and of the calendar in months.
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_CALENDAR = {"month": 1, "year": 12, "decade": 120, "century": 1200}
# A hedged number may differ from the source's by this share.
_ROUNDED = Decimal("0.06")


def number_problem(claimed: Quantity, given: Sequence[Quantity]) -> Problem | None:
    """Return the problem of a number that a source does not state, None where it does."""
    equal = [one for one in given if _equal(claimed, one) or _same_duration(claimed, one)]
    if any(_units_fit(claimed.unit, one.unit) or _same_duration(claimed, one) for one in equal):
        return None
    if equal:
        return problem(Code.NUMBER_DIFFERS, equal[0].text, claimed.text)
    return problem(Code.NUMBER_MISSING, claimed.text)


def _same_duration(claimed: Quantity, given: Quantity) -> bool:
    """Say whether two durations are equal in other units: "half an hour" and "30 minutes".

    A hedged one may be off by as much as rounding.
    """
    for lengths in (_SECONDS, _CALENDAR):
        if claimed.unit in lengths and given.unit in lengths and claimed.unit != given.unit:
            ours, theirs = claimed.value * lengths[claimed.unit], given.value * lengths[given.unit]
            return ours == theirs or (claimed.hedged and abs(ours - theirs) <= _ROUNDED * theirs)
    return False


def _units_fit(claimed: str, given: str) -> bool:
    if claimed == given:
        return True
    if "ordinal" in (claimed, given):
        return False
    return not claimed or not given


def _equal(claimed: Quantity, given: Quantity) -> bool:
    """Say whether two numbers are the same, or `claimed` is `given` as one rounds it."""
    if claimed.value == given.value:
        return True
    if not given.value or claimed.value * given.value < 0 or given.exact <= claimed.exact:
        return False
    if claimed.exact >= 2:
        return _rounded(given.value, claimed.exact) == claimed.value
    apart = abs(claimed.value - given.value) / abs(given.value)
    return claimed.hedged and apart <= _ROUNDED


def _rounded(value: Decimal, figures: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(value.adjusted() - figures + 1))


# Characters between two numbers of one statement, and around them where it would state the result.
_NEAR, _STATED = 300, 60
_SUM = re.compile(
    r"\b(?:together|combined|in total|in all|altogether|the sum|total(?:s|led)?|both)\b",
    re.IGNORECASE,
)
_RISING = re.compile(
    r"\b(?:rose|risen|rises?|grew|grown|growth|increased?|gained|climbed|up|higher|more|above|"
    r"larger|longer|later|ahead|dearer)\b",
    re.IGNORECASE,
)
_FALLING = re.compile(
    r"\b(?:fell|fallen|falls?|dropp?ed|drop|declined?|decreased?|lost|shrank|down|lower|less|fewer|"
    r"below|smaller|shorter|earlier|behind|cheaper)\b",
    re.IGNORECASE,
)
_APART = re.compile(r"\b(?:gap|difference|differs?|margin|apart)\b", re.IGNORECASE)
_REST = re.compile(r"\b(?:remain(?:ing|der|s|ed)?|rest|still|left)\b", re.IGNORECASE)
_POINTS = re.compile(r"\bpoints?\b", re.IGNORECASE)
_ONE_IN = re.compile(r"\b(?:one|1)\s+(?:\w+\s+)?(?:in|out of)\s+(?:every\s+)?$", re.IGNORECASE)
_IN_SO_MANY = re.compile(r"\s+(?:\w+\s+)?(?:in|out of)\s+(?:every\s+)?\w", re.IGNORECASE)
_OF = re.compile(r"\s+(?:out )?of (?:the |its |their )?|,? of (?:whom|which) ", re.IGNORECASE)
_NOUN = re.compile(r"\s+([^\W\d]{3,})")
_PART = re.compile(
    r"\b(?:hal(?:f|ves)|(?:third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth)s?)\b",
    re.IGNORECASE,
)
_NOT_MORE_THAN = re.compile(
    r"\b(?:no|not|never|nor)\s+(?:more|fewer|less|over|above|under|below|exceed(?:s|ed|ing)?)\b"
    r"[^.,;]{0,12}$",
    re.IGNORECASE,
)
_MORE_THAN = re.compile(
    r"\b(?:(?:more|greater|higher|larger|longer) than|over|above|exceed(?:s|ed|ing)?)\s+"
    r"(?:a |an |the )?[$€£¥]?$",
    re.IGNORECASE,
)
_LESS_THAN = re.compile(
    r"\b(?:(?:fewer|less|lower|smaller|shorter) than|under|below)\s+(?:a |an |the )?[$€£¥]?$",
    re.IGNORECASE,
)
_TIMES = ("day", "week", "month", "year")
# "More than 300" may stand for 500, but not for 5,000.
_NOT_FAR = Decimal(2)
# The relative error allowed in a share in words or a factor.
_ROUGH = Decimal("0.03")
_HUNDRED = Decimal(100)
_Pair = tuple[Quantity, Quantity]


def is_derived(claimed: Quantity, claim: str, given: Sequence[Quantity], source: str) -> bool:
    """Say whether a number of `claim` is computed from two of those that its source states.

    `given` are the numbers of the text `source`.
    """
    pairs = [
        (first, second)
        for first, second in permutations(given, 2)
        if first.unit == second.unit != "ordinal"
        and first.value * second.value > 0
        and abs(first.start - second.start) <= _NEAR
    ]
    if not claimed.unit and _ONE_IN.search(claim[: claimed.start]):
        parts = [pair for pair in pairs if _is_part(pair, source)]
        return any(_is_rounded(claimed, second.value / first.value) for first, second in parts)
    if claimed.value == 1 and not claimed.unit:
        # The "1" of "1 in 7"; the 7 is checked by itself.
        return bool(_IN_SO_MANY.match(claim, claimed.end))
    if claimed.unit in ("percent", "times") and not _POINTS.search(claimed.text):
        pairs = [
            pair
            for pair in pairs
            if pair[0].unit != "percent" and not _states(given, claimed.unit, pair)
        ]
        if claimed.unit == "times":
            return any(_is_rounded(claimed, first.value / second.value) for first, second in pairs)
        return any(_is_rounded(claimed, value) for value in _shares(claimed, claim, pairs))
    equal = _is_rounded if claimed.hedged else _same
    alike = [pair for pair in pairs if pair[0].unit == claimed.unit]
    return any(equal(claimed, value) for value in _sums(claim, alike, source))


def is_computable(claimed: Quantity, claim: str, given: Sequence[Quantity], source: str) -> bool:
    """Say whether a calculation over two near numbers of a source gives a number of `claim`.

    That often happens by chance, so it is used only where the judge is sure of the claim. The claim
    needs no word for the calculation, but a rise is no fall, points are no shares, and units must
    fit. "More than 300" and "less than 60" hold for an exact number that is beyond, and not far.
    """
    exact = [one.value for one in given if one.unit == claimed.unit and not one.hedged]
    before = claim[: claimed.start]
    if _NOT_MORE_THAN.search(before):
        return False
    if _MORE_THAN.search(before):
        return any(claimed.value < one <= _NOT_FAR * claimed.value for one in exact)
    if _LESS_THAN.search(before):
        return any(one < claimed.value <= _NOT_FAR * one for one in exact)
    results = (
        value
        for first, second in permutations(given, 2)
        if abs(first.start - second.start) <= _NEAR and first.value * second.value > 0
        for value in _results(claimed, claim, (first, second), source)
    )
    return any(_is_rounded(claimed, one) for one in results)


def _results(claimed: Quantity, claim: str, pair: _Pair, source: str) -> Iterator[Decimal]:
    """Yield the results of two numbers in the unit of `claimed`."""
    first, second = pair
    if "ordinal" in (first.unit, second.unit, claimed.unit):
        return
    if first.unit == second.unit:
        yield from _of_one_unit(claimed, claim, pair, source)
    elif second.unit == "percent" and first.unit == claimed.unit:
        yield from (
            first.value * second.value / _HUNDRED,
            first.value * (_HUNDRED - second.value) / _HUNDRED,
        )
    elif first.unit == claimed.unit and second.unit in ("", *_TIMES):
        # So much a year for so many years; so much for so many pieces.
        yield from (first.value * second.value, first.value / second.value)


def _of_one_unit(claimed: Quantity, claim: str, pair: _Pair, source: str) -> Iterator[Decimal]:
    """Yield the results of two numbers in one unit: shares, factors, rests, sums, differences."""
    first, second = pair
    points = bool(_POINTS.search(claimed.text))
    if claimed.unit == "times":
        yield first.value / second.value
    elif claimed.unit == "percent" and not points:
        if first.unit != "percent":
            yield from _shares(claimed, claim, [pair], part=True)
        elif _REST.search(claim) or _REST.search(source):
            yield from (_HUNDRED - first.value, _HUNDRED - first.value - second.value)
    elif first.unit == claimed.unit:
        yield abs(first.value - second.value)
        if not points:
            yield first.value + second.value


def _shares(
    claimed: Quantity, claim: str, pairs: Sequence[_Pair], *, part: bool = False
) -> Iterator[Decimal]:
    """Yield the percent change between two numbers, or one as a percentage of the other.

    The latter only where the claim has a word for it, or is known to be about a `part`.
    """
    apart = bool(_APART.search(claim))
    rising, falling = bool(_RISING.search(claim)) or apart, bool(_FALLING.search(claim)) or apart
    for first, second in pairs:
        change = (first.value - second.value) / second.value * _HUNDRED
        if rising and change > 0:
            yield change
        if falling and change < 0:
            yield -change
        if not (rising or falling) and (part or _PART.search(claimed.text) or " of " in claim):
            yield first.value / second.value * _HUNDRED


def _sums(claim: str, pairs: Sequence[_Pair], source: str) -> Iterator[Decimal]:
    """Yield the sums and differences that a claim has words for, of equal things."""
    together, rest = bool(_SUM.search(claim)), bool(_REST.search(claim))
    apart = any(one.search(claim) for one in (_RISING, _FALLING, _APART))
    for first, second in pairs:
        if together:
            yield first.value + second.value
        if rest and _is_part((second, first), source):
            yield first.value - second.value
        if apart and (first.unit or _noun(first, source) == _noun(second, source) != ""):
            yield first.value - second.value


def _is_part(pair: _Pair, source: str) -> bool:
    """Say whether the first of two numbers is a part of the second: "14 of 96", "9, of whom 3"."""
    first, second = pair
    begin, end = sorted((first, second), key=lambda one: one.start)
    between = source[begin.end : end.start]
    return first.value < second.value and bool(_OF.search(f" {between} ")) and "." not in between


def _noun(number: Quantity, source: str) -> str:
    """Return the word after a number, in lower case; "" for none."""
    found = _NOUN.match(source, number.end)
    return found[1].lower() if found else ""


def _states(given: Sequence[Quantity], unit: str, around: _Pair) -> bool:
    """Say whether a source states a number of this unit near two others, as their result."""
    return any(
        other.unit == unit and abs(other.start - one.start) < _STATED
        for other in given
        for one in around
    )


def _is_rounded(claimed: Quantity, value: Decimal) -> bool:
    """Say whether a number is `value` rounded: to its last digit, or roughly where in words."""
    apart = abs(claimed.value - value)
    if any(sign.isdigit() for sign in claimed.text) and not claimed.hedged:
        decimals = claimed.text.partition(".")[2]
        places = sum(sign.isdigit() for sign in decimals)
        return apart <= Decimal(1).scaleb(-places) / 2
    return apart <= _ROUGH * value


def _same(claimed: Quantity, value: Decimal) -> bool:
    return claimed.value == value
