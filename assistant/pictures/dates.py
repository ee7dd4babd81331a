"""Days and months as a picture writes them, and where they lie on an axis of time."""

from __future__ import annotations

from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")


def day_in_words(iso: str, language: str = "en") -> str:
    """Return "2025-11-10" as "10 Nov 2025" or "2025年11月10日", as exact as it is."""
    year, *rest = iso.split("-")
    if language.startswith("zh"):
        signs = zip((year, *(str(int(one)) for one in rest)), "年月日", strict=False)
        return "".join(f"{value}{sign}" for value, sign in signs)
    month = [_MONTHS[int(rest[0]) - 1]] if rest else []
    day = [str(int(rest[1]))] if len(rest) > 1 else []
    return " ".join([*day, *month, year])


def span_of_day(iso: str) -> tuple[int, int]:
    """Return the first and last day that a date covers, as ordinals: a month is thirty of them."""
    parts = [int(one) for one in iso.split("-")]
    year, month, day = (*parts, 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    if day:
        return first.toordinal(), first.toordinal()
    following = date(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
    return first.toordinal(), following.toordinal() - 1


def ticks(first: int, last: int, language: str = "en") -> list[tuple[int, str]]:
    """Return where an axis between two ordinals has its marks, and what they are called.

    Years; quarters or months where it is short. Only a January has the year.
    """
    days = last - first
    step = 12 if days > 1100 else 3 if days > 400 else 1 if days < 200 else 2
    found = []
    start = date.fromordinal(first)
    year, month = start.year, 1
    while (now := date(year, month, 1)).toordinal() <= last:
        if now.toordinal() >= first:
            chinese = language.startswith("zh")
            name = f"{month}月" if chinese else _MONTHS[month - 1]
            if month == 1:
                name = f"{year}年" if chinese else str(year)
            found.append((now.toordinal(), name))
        month += step
        if month > 12:
            year, month = year + 1, month - 12
    return found
