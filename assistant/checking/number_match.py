"""Whether a number of a claim is one of those that a source states, as one may write it again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from assistant.checking.problems import Code, Problem, problem
from corpus.quantities import Quantity

# Times of a fixed length, in seconds, and of a calendar's, in months.
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_CALENDAR = {"month": 1, "year": 12, "decade": 120, "century": 1200}
# What is rounded keeps at least this many leading figures, or differs by no more than this.
_ROUNDED = Decimal("0.06")


def compared(claimed: Quantity, given: Sequence[Quantity]) -> Problem | None:
    """Return what the numbers of a source have against `claimed`, None for nothing."""
    equal = [one for one in given if _equal(claimed, one) or _as_long(claimed, one)]
    if any(_fits(claimed.unit, one.unit) or _as_long(claimed, one) for one in equal):
        return None
    if equal:
        return problem(Code.NUMBER_DIFFERS, equal[0].text, claimed.text)
    return problem(Code.NUMBER_MISSING, claimed.text)


def _as_long(claimed: Quantity, given: Quantity) -> bool:
    """Say whether two times are as long: "half an hour" and "30 minutes", "two years", "24 months".

    A rough one may be off by as much as rounding takes.
    """
    for lengths in (_SECONDS, _CALENDAR):
        if claimed.unit in lengths and given.unit in lengths and claimed.unit != given.unit:
            ours, theirs = claimed.value * lengths[claimed.unit], given.value * lengths[given.unit]
            return ours == theirs or (claimed.hedged and abs(ours - theirs) <= _ROUNDED * theirs)
    return False


def _fits(claimed: str, given: str) -> bool:
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
