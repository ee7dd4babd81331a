"""How fast work goes and how long it will still take, told from what was done at which time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

from corpus.i18n import Translatable, joined, tr

# Seconds in which what was seen loses two thirds of its weight: long enough that a slow page or a
# short stall does not make the time left jump, short enough that a change is seen.
_MEMORY = 20.0
# Seconds that work must have been watched before anything is said of it.
_KNOWN_AFTER = 1.5
# Seconds up to which time left is said in steps of one, of five, and in minutes.
_BY_ONE, _BY_FIVE, _BY_MINUTE = 10, 90, 5_400


Unit = Literal["passages", "bytes", "files", "pages", "sentences", "items"]


class Pace:
    """The rate of one piece of work: an average over time in which what is long ago fades.

    Done over time, both weighted by exp(-age / 20 s), so that neither many small steps nor one
    large one count for more than the time that they took. What was done before the first `tell` is
    no part of it: a download that goes on, files that were known.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` returns seconds."""
        self._clock = clock
        self._begun = self._last = math.nan
        self._done = self._total = 0.0
        self._moved = self._waited = 0.0

    def tell(self, done: float, total: float) -> None:
        """Note that `done` of `total` are done now, in whatever unit, always the same."""
        now = self._clock()
        if math.isnan(self._last) or done < self._done:
            # It begins, or was begun again.
            self._begun, self._moved, self._waited = now, 0.0, 0.0
        else:
            faded = math.exp((self._last - now) / _MEMORY)
            self._moved = self._moved * faded + done - self._done
            self._waited = self._waited * faded + now - self._last
        self._last, self._done, self._total = now, done, total

    @property
    def rate(self) -> float:
        """What is done in a second; 0.0 while that is not known. It falls while nothing comes."""
        if not self._moved or self._clock() - self._begun < _KNOWN_AFTER:
            return 0.0
        since = self._clock() - self._last
        faded = math.exp(-since / _MEMORY)
        return self._moved * faded / (self._waited * faded + since)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all is done at this rate; None while that is not known."""
        rate = self.rate
        return max(0.0, self._total - self._done) / rate if rate else None

    def words(self, unit: Unit = "items") -> str:
        """Return the rate and the time left in words: "12 passages/s, about 2 min left"."""
        left = self.seconds_left
        said = time_left(left) if left is not None and left >= 1 else ""
        return joined(", ", (rate_in_words(self.rate, unit), said))


def rate_in_words(rate: float, unit: Unit = "items") -> str:
    """Return so many of a unit a second as a line, a minute where they are few; "" for none."""
    if not rate:
        return ""
    if unit == "bytes":
        return tr("{rate} MB/s", rate=_short(rate / 1e6))
    often = rate >= 1
    said = _short(rate if often else 60 * rate)
    if unit == "passages":
        return tr("{rate} passages/s", rate=said) if often else tr("{rate} passages/min", rate=said)
    if unit == "files":
        return tr("{rate} files/s", rate=said) if often else tr("{rate} files/min", rate=said)
    if unit == "pages":
        return tr("{rate} pages/s", rate=said) if often else tr("{rate} pages/min", rate=said)
    if unit == "sentences":
        return (
            tr("{rate} sentences/s", rate=said) if often else tr("{rate} sentences/min", rate=said)
        )
    return tr("{rate}/s", rate=said) if often else tr("{rate}/min", rate=said)


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def time_left(seconds: float) -> Translatable:
    """Return a time that work will still take, in words."""
    return tr("{time} left", time=about(seconds))


def about(seconds: float) -> Translatable:
    """Return a time in words, no more exact than an estimate is: "about 25 s"."""
    if seconds < _BY_ONE:
        return tr("about {count} s", count=max(1, math.ceil(seconds)))
    if seconds < _BY_FIVE:
        return tr("about {count} s", count=5 * math.ceil(seconds / 5))
    if seconds < _BY_MINUTE:
        return tr("about {count} min", count=math.ceil(seconds / 60))
    return tr("about {count} h", count=f"{seconds / 3600:.1f}")


__all__ = ["Pace", "Unit", "about", "rate_in_words", "time_left"]
