"""Dates a question names, and how well a document's date of publication fits them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.date_mentions import date_mentions

# How much of the boost a document earns: published in the month named, a month beside it, in the
# year where no month is named, in the year but another month.
IN_MONTH, BESIDE, IN_YEAR, OTHER_MONTH = 1.0, 0.4, 0.6, 0.15


def named_months(question: str) -> tuple[tuple[int, int | None], ...]:
    """Return the (year, month) pairs that a question names; the month is None for a year alone."""
    text = re.sub(r"\b(?:late|early|mid)-(?=20\d\d)", "", question)
    found = {
        (one.year, one.month)
        for one in date_mentions(text, loose=True)
        if one.year and not one.decade
    }
    return tuple(sorted(found, key=lambda pair: (pair[0], pair[1] or 0)))


def fit(published: str, months: Sequence[tuple[int, int | None]]) -> float:
    """Return in 0…1 how well a date of publication ("2025-01-28", "2025") fits the months named."""
    if not published or not months:
        return 0.0
    year = int(published[:4])
    month = int(published[5:7]) if len(published) >= 7 else None
    return max(_one(year, month, *named) for named in months)


def _one(year: int, month: int | None, named: int, named_month: int | None) -> float:
    if named_month is not None and month is not None:
        apart = abs((named * 12 + named_month) - (year * 12 + month))
        if apart <= 1:
            return IN_MONTH if apart == 0 else BESIDE
        return OTHER_MONTH if named == year else 0.0
    return IN_YEAR if named == year else 0.0
