"""Dates and times of day that a text states, however and in whichever language it writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from corpus.months import FOREIGN_MONTHS, MONTHS, without_accents

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
# Beside a month two figures after an apostrophe are a year as well: "Feb 3, '26".
_ANY_YEAR = r"(?P<year>(?:19|20)\d\d|['’]\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_ABROAD = r"(?P<abroad>[^\W\d_]{3,12})\b\.?"
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3,
             "4th": 4}  # fmt: skip
# "may" and "march" are verbs too: alone they are months only after a preposition of time, and in
# lower case only beside a figure.
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i:\b{_YEAR}[-/.](?P<number>[01]?\d)(?:[-/.](?P<day>[0-3]?\d))?(?:\b|(?=T\d)))"
        r"(?![\d-])",
        rf"{_YEAR}\s?[年년](?:\s?(?P<number>1?\d)\s?[月월](?:\s?(?P<day>[1-3]?\d)\s?[日号號일])?)?",
        rf"(?i:\b{_MONTH}\.?\s+{_DAY}\b(?!\s?%|,(?!(?:19|20)\d\d\b)\d|\.\d)"
        rf"(?:(?:,\s*|\s+){_ANY_YEAR}\b)?)",
        rf"(?i:\b{_DAY}[\s-]+(?:of\s+)?{_MONTH}\b\.?(?:,?[\s-]+{_ANY_YEAR}\b)?)",
        # Other languages: any word may be the month, and is looked up.
        rf"(?<![\w.,/-])(?P<day>[0-3]?\d)(?:\.|er|º|°|ª|:[ae])?\s{{0,3}}(?:de\s|d['’]|di\s)?\s{{0,3}}{_ABROAD}"
        rf"(?:,?\s+(?:de[l]?\s+)?{_ANY_YEAR}\b)?",
        # After it: "3. Feb. 2026" names a day.
        rf"(?i:\b{_MONTH}\.?,?\s+(?:of\s+)?{_ANY_YEAR}\b)",
        rf"\b{_ABROAD}\s+(?P<day>[0-3]?\d)(?:,|\s+del?)\s+{_YEAR}\b",
        rf"\b{_ABROAD}\s+(?:del?\s+)?{_YEAR}\b",
        r"\b(?i:(?P<quarter>first|second|third|fourth|[1-4](?:st|nd|rd|th))[ -]quarter)"
        rf"(?:,?\s+(?i:of\s+)?(?:(?i:fiscal|FY)\s?)?{_YEAR}\b)?",
        rf"\bQ(?P<quarter>[1-4])\b(?:,?\s+(?:of\s+)?(?:FY\s?)?{_YEAR}\b)?",
        rf"\b{_YEAR}\s?Q(?P<quarter>[1-4])\b",
        r"\b(?P<month>January|February|April|June|July|August|September|October|November|December)"
        r"\b",
        r"\b(?<=[Ii]n |[Oo]f |by )(?P<month>March|May)\b|"
        r"(?<=since |until |after |early |later |every )(?P<month2>March|May)\b",
        rf"\b(?:FY|fiscal\s)?{_YEAR}(?:[-–/](?P<upto>\d\d)\b)?(?P<decade>s)?(?!,*\d)"
        r"(?!\s?(?:percent|%|GPUs|chips|dollars|tokens))",
        r"\b(?i:(?P<weekday>" + "|".join(one for one in _WEEKDAYS if one.endswith("day"))
        + r"))s?\b",
        r"\b(?P<weekday>Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\b",
    )
)  # fmt: skip
_FIGURES = re.compile(
    r"(?<![\w/.-])(?P<one>[0-3]?\d)(?P<sign>[/.-])\s?(?P<two>[0-3]?\d)(?P=sign)\s?"
    r"(?P<year>(?:19|20)\d\d|(?<=/)\d\d)(?![\w/-]|\.\d)"
)
_SHORT_FIGURES = re.compile(
    r"(?<![\w/.-])(?P<one>[0-3]\d)(?P<sign>[.-])(?P<two>[0-3]\d)(?P=sign)(?P<year>\d\d)(?![\w/.-])"
)
# "二〇二六年二月三日", and the eras of Japan and Taiwan: "令和8年2月3日".
_HAN = "〇零○一二三四五六七八九"
_HAN_DATE = re.compile(
    rf"(?P<year>[{_HAN}]{{4}})年(?:(?P<month>[一二三四五六七八九十]{{1,2}})月"
    r"(?:(?P<day>[一二三四五六七八九十]{1,3})[日号號])?)?|"
    r"(?P<era>令和|平成|昭和|民國|民国)\s?(?P<since>\d{1,3}|元)年"
    r"(?:\s?(?P<number>1?\d)月(?:\s?(?P<other>[1-3]?\d)日)?)?"
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
# "jan 23", "oct '24": a month and two digits that cannot be a day of an old century.
_SHORT_YEAR = re.compile(
    rf"(?i:\b{_MONTH}\.?\s+)(?P<year>['’]?[1-4]\d)\b(?!\s?,?\s?\d|(?:st|nd|rd|th))"
)
# Verbs and nouns as well: only with a capital, or beside a figure, are they months.
_VERBS = frozenset({"may", "march", "mar", "dec", "sun"})
_LOWER = re.compile(r"\b[a-z]{3,9}\b")
# Names of months that are words of other languages: "Mars 2020" is a rover, "a data set 2024" none.
_SHORT_NAMES = frozenset("mai mei maj juin aout juni juli mayo maio maja luty marz marts".split())
_CLOCK = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-4])(?::(?P<minute>[0-5]?\d))?\s?(?P<half>[ap])\.?m\b\.?|"
    r"(?<![\d:])(?P<hour24>[01]?\d|2[0-4])[:](?P<minute24>[0-5]?\d)(?::[0-5]\d)?(?![\d:])|"
    r"\b(?P<word>noon|midnight)\b",
    re.IGNORECASE,
)
_NOON = 12
_PARTS = ("year", "quarter", "month", "day", "weekday")


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date or time of day that a text states; None for what it leaves open.

    `minutes` is the time of day in minutes after midnight; `open_half` says that the text does not
    tell morning from evening, `unsure` that the date may be read in two ways and stands once for
    each ("04/05/2026"). `language` is the ISO 639-1 code of the language that calls the month so,
    "" where that is several or the month is a figure.
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
    unsure: bool = False
    language: str = ""

    @property
    def iso(self) -> str:
        """The date as ISO 8601, as exact as it is stated: "2025-01-28", "2025-01", "2025".

        "" for a time of day, a decade, a date without a year, and a day that does not exist.
        """
        if self.year is None or self.decade:
            return ""
        if self.month is None:
            return f"{self.year:04}"
        if self.day is None:
            return f"{self.year:04}-{self.month:02}"
        try:
            return date(self.year, self.month, self.day).isoformat()
        except ValueError:
            return ""


def date_mentions(text: str, *, loose: bool = False) -> list[DateMention]:
    """Return the dates and times of `text`, in order; their spans overlap only where `unsure`.

    `loose` reads what is hastily written, as in a question, or known to state a date: months in
    lower case, years of two figures ("jan 23", "03.02.26").
    """
    if loose:
        text = _LOWER.sub(_capital, text)
    found: list[DateMention] = []
    taken = bytearray(len(text))
    for one in _all(text, loose):
        if any(taken[one.start : one.end]):
            last = found[-1]
            if not (one.unsure and (last.start, last.end) == (one.start, one.end)):
                continue
        taken[one.start : one.end] = b"\1" * (one.end - one.start)
        found.append(one)
    return sorted(found, key=lambda one: one.start)


def _capital(found: re.Match[str]) -> str:
    word = found[0]
    return word.capitalize() if word in MONTHS and word not in _VERBS else word


def _all(text: str, loose: bool) -> Iterator[DateMention]:
    for match in _CLOCK.finditer(text):
        yield _clock(match)
    for pattern in (_FIGURES, _SHORT_FIGURES)[: 1 + loose]:
        for match in pattern.finditer(text):
            yield from _figures(match)
    for match in _HAN_DATE.finditer(text):
        yield _han(match)
    if loose:
        for match in _SHORT_YEAR.finditer(text):
            yield DateMention(match[0], *match.span(), year=_year(match["year"]),
                         month=MONTHS[match["month"].lower()])  # fmt: skip
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield from _date(match)


def _figures(match: re.Match[str]) -> Iterator[DateMention]:
    """Yield "3/2/2026" in each order that is possible; with dots the day is first if it can be."""
    one, two, year = int(match["one"]), int(match["two"]), _year(match["year"])
    orders = [(day, month) for day, month in ((one, two), (two, one))
              if 1 <= month <= 12 and 1 <= day <= 31]  # fmt: skip
    orders = list(dict.fromkeys(orders))[: 1 if match["sign"] == "." else 2]
    for day, month in orders:
        yield DateMention(match[0], *match.span(), year=year, month=month, day=day,
                     unsure=len(orders) > 1)  # fmt: skip


def _han(match: re.Match[str]) -> DateMention:
    if match["era"]:
        since = 1 if match["since"] == "元" else int(match["since"])
        year = _ERAS[match["era"]] + since
        month, day = (int(match[name]) if match[name] else None for name in ("number", "other"))
    else:
        year = int("".join(str(max(0, _HAN.index(sign) - 2)) for sign in match["year"]))
        month, day = (_han_number(match[name]) for name in ("month", "day"))
    return DateMention(match[0], *match.span(), year=year, month=month, day=day)


def _han_number(signs: str | None) -> int | None:
    """Return 1 to 31 as Chinese writes it: 三, 十二, 二十, 三十一."""
    if not signs:
        return None
    tens, ten, ones = signs.rpartition("十")
    value = (_HAN.index(tens[0]) - 2 if tens else 1) * 10 if ten else 0
    return value + (_HAN.index(ones[0]) - 2 if ones else 0)


def _year(figures: str) -> int:
    """Return the year of "2026", "'26" or "26"; what two figures leave open lies around ours."""
    year = int(figures.lstrip("'’"))
    return year if year >= 100 else year + (2000 if year < 70 else 1900)


def _clock(match: re.Match[str]) -> DateMention:
    if match["word"]:
        minutes, open_half = (_NOON * 60 if match["word"].lower() == "noon" else 0), False
    elif match["half"]:
        hour = int(match["hour"]) % _NOON + (_NOON if match["half"].lower() == "p" else 0)
        minutes, open_half = hour * 60 + int(match["minute"] or 0), False
    else:
        hour = int(match["hour24"]) % 24
        minutes = hour * 60 + int(match["minute24"])
        open_half = 1 <= hour <= _NOON
    return DateMention(match[0], *match.span(), minutes=minutes, open_half=open_half)


def _date(match: re.Match[str]) -> Iterator[DateMention]:
    part = match.groupdict()
    named = part.get("month") or part.get("month2")
    month = MONTHS[named.lower()] if named else None
    if part.get("number"):
        month = int(part["number"])
    day = int(part["day"]) if part.get("day") else None
    year = _year(part["year"]) if part.get("year") else None
    language = "en" if named else ""
    if abroad := part.get("abroad"):
        name = without_accents(abroad)
        known = FOREIGN_MONTHS.get(name)
        if known is None:
            return
        full = len(name) > 4 or name in _SHORT_NAMES
        plain = full or name == "mars" == abroad
        if not (year and day) and (not plain or (day and len(name) < 5)):
            return
        month, languages = known
        language = next(iter(languages)) if len(languages) == 1 else ""
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return
    quarter = (part.get("quarter") or "").lower()
    weekday = (part.get("weekday") or "").lower()
    yield DateMention(
        match[0],
        *match.span(),
        year=year,
        month=month,
        day=day,
        quarter=(_QUARTERS.get(quarter) or int(quarter)) if quarter else None,
        weekday=_WEEKDAYS.get(weekday),
        decade=bool(part.get("decade")),
        language=language,
    )


def dates_supported(claimed: DateMention, given: Sequence[DateMention]) -> bool:
    """Say whether the times of a source say `claimed`.

    A time is supported by one that says the same or more. Where a date of the source leaves
    something open ("January 20"), that may stand in another date of it ("2025").
    """
    if claimed.minutes is not None:
        return any(_same_time(claimed, one) for one in given)
    if claimed.decade:
        return any(one.decade and one.year == claimed.year for one in given)
    return any(_covers(one, claimed, given) for one in given if one.minutes is None)


def _same_time(claimed: DateMention, given: DateMention) -> bool:
    if given.minutes is None or claimed.minutes is None:
        return False
    apart = abs(given.minutes - claimed.minutes)
    return apart == 0 or (apart == _NOON * 60 and (claimed.open_half or given.open_half))


def _covers(given: DateMention, claimed: DateMention, others: Sequence[DateMention]) -> bool:
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


def _elsewhere(
    name: str, claimed: DateMention, given: DateMention, others: Sequence[DateMention]
) -> bool:
    """Say whether another date of the source fills in what `given` leaves open.

    That other date must say nothing against `claimed`: "March 2024" gives no March to "in 2025".
    """
    if name == "day":
        # A day without its month is no date: another date cannot fill it in.
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
