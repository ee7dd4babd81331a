"""What a terminal is told of work that takes a while: how far, how fast, and how long still."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from corpus.pace import Pace, Unit
from ui.terminal import cut_to_cells, safe

if TYPE_CHECKING:
    from index.ingest import Progress

Result = TypeVar("Result")
_BAR = 12
# Seconds before anything is shown, between two drawings of the line, and between two lines where
# the output is no terminal: in a log one is enough.
_QUIET, _REDRAW, _PLAIN = 1.0, 0.1, 5.0
# Columns of a line at most: what is longer is hard to read at a glance.
_WIDEST = 120


class ProgressLine:
    """One line of standard error that is written over; plain lines, few, where it is no terminal.

    Nothing is told of work that is done within a second; texts that grow are shown at once.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` returns seconds."""
        self._clock = clock
        self._begun = clock()
        self._live = sys.stderr.isatty()
        self._pace = Pace(clock)
        self._of: str | None = None
        self._share = 0.0
        self._shown: float | None = None

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Clear the line away, before something else is printed."""
        if self._live and self._shown is not None:
            self._draw("")

    def show(self, text: str) -> None:
        """Show the end of a text that grows, on a terminal only."""
        if self._live:
            self._shown = self._clock()
            # Cut from behind: what was written last is the end.
            backwards = safe(" ".join(text.split()))[::-1]
            self._draw(cut_to_cells(backwards, shutil.get_terminal_size().columns - 2)[::-1])

    def tell(
        self,
        done: float,
        total: float,
        said: str = "",
        *,
        unit: Unit = "items",
        of: str = "",
        count: str = "",
        pace: str | None = None,
    ) -> None:
        """Note that `done` of `total` of a unit are done, and show it where it is time to.

        `said` is what is being done; `of` names the piece of work, whose pace is its own; `count`
        is how much is done in words, where it is not the two numbers, `pace` how fast it goes,
        where the work itself tells that.
        """
        if of != self._of:
            self._of, self._pace, self._share = of, Pace(self._clock), 0.0
        self._pace.tell(done, total)
        now = self._clock()
        since = self._begun + _QUIET if self._shown is None else self._shown + self._pause
        if now < since:
            return
        self._shown = now
        # What all of it is may turn out to be more than was thought; the bar does not go back.
        self._share = max(self._share, min(1.0, done / total) if total else 0.0)
        count = count or f"{done:,.0f}/{total:,.0f}"
        pace = self._pace.words(unit) if pace is None else pace
        figures = f"{count}, {pace}" if pace else count
        # What a file is called may hold line breaks.
        bar = "#" * int(self._share * _BAR)
        line = f"[{bar:<{_BAR}}] {figures}  {' '.join(said.split())}".rstrip()
        if self._live:
            width = min(_WIDEST, shutil.get_terminal_size().columns - 1)
            self._draw(cut_to_cells(safe(line), width))
        else:
            sys.stderr.write(f"{safe(line)[:_WIDEST]}\n")
            sys.stderr.flush()

    def _draw(self, line: str) -> None:
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    @property
    def _pause(self) -> float:
        return _REDRAW if self._live else _PLAIN


def with_bar(
    work: Iterator[Progress | Result], *, clock: Callable[[], float] = time.monotonic
) -> Result | None:
    """Run work to its report, showing how far it is once it takes over a second."""
    from index.ingest import Progress

    report: Result | None = None
    with ProgressLine(clock=clock) as line:
        for step in work:
            if not isinstance(step, Progress):
                report = step
                continue
            said = f"{step.stage}: {step.note}" if step.note else step.stage
            count = f"{step.done}/{step.total}"
            if step.stage == "recognising":
                line.tell(step.made, step.parts, said, unit="pages", of=step.stage, count=count)
            elif step.work:
                line.tell(step.worked, step.work, said, unit="passages", of="work", count=count)
            else:
                of = "fetching" if step.stage in {"fetching", "refused"} else "files"
                line.tell(step.done, step.total, said, unit="files", of=of, count=count)
    return report


__all__ = ["ProgressLine", "with_bar"]
