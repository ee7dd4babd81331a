"""Dates as sources state them: a day, a month or a year, each taken for the span that it names."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from corpus.errors import UsageError
from corpus.i18n import tr

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)


def is_date(text: str) -> bool:
    """Say whether a text is a date: "2025", "2025-06" or "2025-06-30", one that exists."""
    return _span(text) is not None


def refuse_undated(*texts: str) -> None:
    """Raise UsageError for the first text that is neither a date nor empty."""
    for text in texts:
        if text and not is_date(text):
            raise UsageError(
                tr("{value} is no date; give it as 2025-01-28, 2025-01 or 2025", value=repr(text))
            )


def first_day(text: str) -> str:
    """Return the first day of a date, as ISO 8601: "2025-06" begins on 2025-06-01.

    A text that is no date is returned as it is, so that it compares as any text does.
    """
    span = _span(text)
    return span[0].isoformat() if span else text


def last_day(text: str) -> str:
    """Return the last day of a date, as ISO 8601: "2025" ends on 2025-12-31.

    A text that is no date is returned as it is.
    """
    span = _span(text)
    return span[1].isoformat() if span else text


def is_later(text: str, other: str) -> bool:
    """Say whether every day that one date can mean comes after every day of another."""
    return is_date(text) and is_date(other) and first_day(text) > last_day(other)


def days_between(earlier: str, later: str) -> int | None:
    """Return how many days lie between the ends of two dates; None where one is none."""
    one, two = _span(earlier), _span(later)
    return (two[1] - one[1]).days if one and two else None


def within(published: str, since: str, until: str) -> bool:
    """Say whether a date of publication can lie in a span, both ends included; "" bounds nothing.

    The span reaches from the beginning of `since` to the end of `until`. What states a month or a
    year only is kept where some day of it lies in the span; what states no date, only where
    nothing bounds.
    """
    if not (since or until):
        return True
    if not published:
        return False
    return (not since or last_day(published) >= first_day(since)) and (
        not until or first_day(published) <= last_day(until)
    )


def _span(text: str) -> tuple[date, date] | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        last = date(first.year, int(month or 12), 1)
    except ValueError:
        return None
    return first, first if day else last.replace(day=monthrange(last.year, last.month)[1])
