"""Dates and times of day that a text states, however it writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs", "friday fri",
         "saturday sat", "sunday sun"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = r"(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3,
             "4th": 4}  # fmt: skip
# "may" and "march" are verbs too: alone they are months only after a preposition of time, and in
# lower case only beside a figure.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i:\b{_YEAR}[-/.](?P<number>[01]?\d)(?:[-/.](?P<day>[0-3]?\d))?\b)(?![\d-])",
        rf"{_YEAR}\s?年(?:\s?(?P<number>1?\d)\s?月(?:\s?(?P<day>[1-3]?\d)\s?日)?)?",
        rf"(?i:\b{_MONTH}\.?\s+{_DAY}\b(?!\s?%|,\d|\.\d)(?:,?\s+{_YEAR}\b)?)",
        rf"(?i:\b{_DAY}\s+(?:of\s+)?{_MONTH}\b\.?(?:,?\s+{_YEAR}\b)?)",
        rf"(?i:\b{_MONTH}\.?,?\s+(?:of\s+)?{_YEAR}\b)",
        r"\b(?i:(?P<quarter>first|second|third|fourth|[1-4](?:st|nd|rd|th))[ -]quarter)"
        rf"(?:,?\s+(?i:of\s+)?(?:(?i:fiscal|FY)\s?)?{_YEAR}\b)?",
        rf"\bQ(?P<quarter>[1-4])\b(?:,?\s+(?:of\s+)?(?:FY\s?)?{_YEAR}\b)?",
        rf"\b{_YEAR}\s?Q(?P<quarter>[1-4])\b",
        r"\b(?P<month>January|February|April|June|July|August|September|October|November|December)"
        r"\b",
        r"\b(?<=[Ii]n |[Oo]f |by )(?P<month>March|May)\b|"
        r"(?<=since |until |after |early |later |every )(?P<month2>March|May)\b",
        rf"\b(?:FY|fiscal\s)?{_YEAR}(?:[-–/](?P<upto>\d\d)\b)?(?P<decade>s)?(?![\d,]*\d)"
        r"(?!\s?(?:percent|%|GPUs|chips|dollars|tokens))",
        r"\b(?i:(?P<weekday>" + "|".join(one for one in _WEEKDAYS if one.endswith("day"))
        + r"))s?\b",
        r"\b(?P<weekday>Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\b",
    )
)  # fmt: skip
_SLASHED = re.compile(rf"\b(?P<one>[0-3]?\d)/(?P<two>[0-3]?\d)/{_YEAR}\b")
_CLOCK = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-4])(?::(?P<minute>[0-5]?\d))?\s?(?P<half>[ap])\.?m\b\.?|"
    r"(?<![\d:])(?P<hour24>[01]?\d|2[0-4])[:](?P<minute24>[0-5]?\d)(?::[0-5]\d)?(?![\d:])|"
    r"\b(?P<word>noon|midnight)\b",
    re.IGNORECASE,
)
_NOON = 12
_PARTS = ("year", "quarter", "month", "day", "weekday")


@dataclass(frozen=True, slots=True)
class Moment:
    """What a text says of a time; None for what it leaves open.

    `minutes` is the time of day in minutes after midnight; `open_half` says that the text does not
    tell morning from evening.
    """

    text: str
    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    weekday: int | None = None
    decade: bool = False
    minutes: int | None = None
    open_half: bool = False


def moments(text: str) -> list[Moment]:
    """Return the dates and times of `text`, in order; their spans do not overlap."""
    found: list[Moment] = []
    taken = bytearray(len(text))
    for one in _all(text):
        if any(taken[one.start : one.end]):
            # A date that may be read in two ways stands twice over the same span.
            same = any(
                other.start == one.start and other.end == one.end and other.day and one.day
                for other in found
            )
            if not (same and "/" in one.text):
                continue
        taken[one.start : one.end] = b"\1" * (one.end - one.start)
        found.append(one)
    return sorted(found, key=lambda one: one.start)


def _all(text: str) -> Iterator[Moment]:
    for match in _CLOCK.finditer(text):
        yield _clock(match)
    for match in _SLASHED.finditer(text):
        one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
        for month, day in {(one, two), (two, one)}:
            if 1 <= month <= 12 and day <= 31:
                yield Moment(match[0], *match.span(), year=year, month=month, day=day)
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield from _date(match)


def _clock(match: re.Match[str]) -> Moment:
    if match["word"]:
        minutes, open_half = (_NOON * 60 if match["word"].lower() == "noon" else 0), False
    elif match["half"]:
        hour = int(match["hour"]) % _NOON + (_NOON if match["half"].lower() == "p" else 0)
        minutes, open_half = hour * 60 + int(match["minute"] or 0), False
    else:
        hour = int(match["hour24"]) % 24
        minutes = hour * 60 + int(match["minute24"])
        open_half = 1 <= hour <= _NOON
    return Moment(match[0], *match.span(), minutes=minutes, open_half=open_half)


def _date(match: re.Match[str]) -> Iterator[Moment]:
    part = match.groupdict()
    month = part.get("month") or part.get("month2")
    number = int(part["number"]) if part.get("number") else None
    day = int(part["day"]) if part.get("day") else None
    if (number is not None and not 1 <= number <= 12) or (day is not None and not 1 <= day <= 31):
        return
    quarter = (part.get("quarter") or "").lower()
    weekday = (part.get("weekday") or "").lower()
    year = int(part["year"]) if part.get("year") else None
    yield Moment(
        match[0],
        *match.span(),
        year=year,
        month=MONTHS[month.lower()] if month else number,
        day=day,
        quarter=(_QUARTERS.get(quarter) or int(quarter)) if quarter else None,
        weekday=_WEEKDAYS.get(weekday),
        decade=bool(part.get("decade")),
    )


def supported(claimed: Moment, given: Sequence[Moment]) -> bool:
    """Say whether the times of a source say `claimed`.

    A time is supported by one that says the same or more. Where a date of the source leaves
    something open ("January 20"), that may stand in another date of it ("2025").
    """
    if claimed.minutes is not None:
        return any(_same_time(claimed, one) for one in given)
    if claimed.decade:
        return any(one.decade and one.year == claimed.year for one in given)
    return any(_covers(one, claimed, given) for one in given if one.minutes is None)


def _same_time(claimed: Moment, given: Moment) -> bool:
    if given.minutes is None or claimed.minutes is None:
        return False
    apart = abs(given.minutes - claimed.minutes)
    return apart == 0 or (apart == _NOON * 60 and (claimed.open_half or given.open_half))


def _covers(given: Moment, claimed: Moment, others: Sequence[Moment]) -> bool:
    shared = False
    for name in _PARTS:
        wanted = getattr(claimed, name)
        if wanted is None:
            continue
        stated = getattr(given, name)
        if stated == wanted:
            shared = True
        elif stated is not None or not _elsewhere(name, claimed, given, others):
            return False
    return shared


def _elsewhere(name: str, claimed: Moment, given: Moment, others: Sequence[Moment]) -> bool:
    """Say whether another date of the source fills in what `given` leaves open.

    That other date must say nothing against `claimed`: "March 2024" gives no March to "in 2025".
    """
    if name == "day":
        # A day without its month is no date of its own: nothing else can fill it in.
        return False
    if name == "quarter":
        return given.month is not None and (given.month - 1) // 3 + 1 == claimed.quarter
    return any(
        getattr(one, name) == getattr(claimed, name)
        and all(
            None in (getattr(one, part), getattr(claimed, part))
            or getattr(one, part) == getattr(claimed, part)
            for part in _PARTS
        )
        for one in others
    )
