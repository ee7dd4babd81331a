"""The time axis over the library's table: how many documents of each theme each period has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpus.catalogue import Entry
from ui.library import NO_THEME, LibraryFilter
from ui.rendering import rendered
from ui.wording import word

# Months as long as so many fit, then quarters, then years.
_MOST_PERIODS = 36
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
# Colours of the style sheet, in the order of the list of themes; what has none is grey.
_COLOURS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """The documents of one theme in a period: their share of the highest period, in 0…1."""

    theme: str
    name: str
    count: int
    share: float
    colour: int


@dataclass(frozen=True, slots=True)
class Period:
    """A month, quarter or year of the axis: its first and last month, and what it holds.

    `tick` is what stands below it, "" where its neighbours say enough; `chosen` says that the table
    is bounded to it.
    """

    since: str
    until: str
    name: str
    tick: str
    parts: tuple[Part, ...]
    chosen: bool

    @property
    def count(self) -> int:
        """How many documents were published in it."""
        return sum(one.count for one in self.parts)


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """A theme in the legend: its key and name, how many documents, whether it is chosen."""

    key: str
    name: str
    count: int
    colour: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """The axis, the legend below it, and how many documents have no month."""

    periods: tuple[Period, ...]
    themes: tuple[ThemeCount, ...]
    most: int
    undated: int


def timeline(
    entries: Sequence[Entry],
    order: Sequence[str],
    name: Callable[[str], str],
    wanted: LibraryFilter,
    language: str = "en",
) -> Timeline:
    """Return the axis of documents that have their themes.

    `order` are the keys of all themes, which fixes their colours; `name` says what one is called.
    Periods without documents are there too.
    """
    dated = [one for one in entries if len(one.source.published) >= len("2025-01")]
    themes = Counter(one.source.theme for one in entries)
    legend = tuple(
        ThemeCount(
            one or NO_THEME,
            name(one),
            themes[one],
            colour_of(one, order),
            wanted.theme == (one or NO_THEME),
        )
        for one in (*order, "")
        if themes[one]
    )
    if not dated:
        return Timeline((), legend, 0, len(entries))
    months = [_month(one.source.published) for one in dated]
    unit = _unit(min(months), max(months))
    size = _MONTHS[unit]
    counts = Counter((at // size, one.source.theme) for at, one in zip(months, dated, strict=True))
    totals: Counter[int] = Counter()
    for (at, _), count in counts.items():
        totals[at] += count
    most = max(totals.values())
    spans = range(min(totals), max(totals) + 1)
    every = max(1, -(-len(spans) // 12)) if unit != "month" else max(1, -(-len(spans) // 9))
    periods = []
    for place, at in enumerate(spans):
        first, last = at * size, at * size + size - 1
        since, until = _written(first), _written(last)
        parts = tuple(
            Part(one or NO_THEME, name(one), counts[at, one], counts[at, one] / most,
                 colour_of(one, order))
            for one in (*order, "")
            if counts[at, one]
        )  # fmt: skip
        said = _name(at, unit, language)
        chosen = (wanted.since, wanted.until) == (since, until)
        tick = said if place % every == 0 else ""
        periods.append(Period(since, until, said, tick, parts, chosen))
    return Timeline(tuple(periods), legend, most, len(entries) - len(dated))


def colour_of(theme: str, order: Sequence[str]) -> int:
    """Return the number of a theme's colour, the same whatever the library holds; 0 is grey."""
    return order.index(theme) % _COLOURS + 1 if theme in order else 0


def timeline_html(shown: Timeline, language: str) -> str:
    """Return the axis with its legend."""
    return rendered("library.html", "timeline", language, shown)


def _month(published: str) -> int:
    return int(published[:4]) * 12 + int(published[5:7]) - 1


def _written(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _unit(first: int, last: int) -> str:
    for unit, size in _MONTHS.items():
        if last // size - first // size < _MOST_PERIODS:
            return unit
    return "year"


def _name(at: int, unit: str, language: str) -> str:
    if unit == "year":
        return str(at)
    if unit == "quarter":
        return word("library.quarter_of", language, year=at // 4, quarter=at % 4 + 1)
    return _written(at)


__all__ = ["Timeline", "colour_of", "timeline", "timeline_html"]
