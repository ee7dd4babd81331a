"""Watching work for another program: what it shows of itself, its place while it waits, its end."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from corpus.errors import BriefingError, UsageError
from corpus.i18n import Translatable, tr
from corpus.pace import about
from ui.api.errors import Busy, TooSlow
from ui.jobs import Job, Jobs
from ui.wording import ordinal

_Step = TypeVar("_Step")
# Seconds between two looks at work that goes on: half of it is what a sentence comes late, and a
# look costs some microseconds, where a waiting thread for each window would cost a thread.
_POLL = 0.03
# And at what waits for its turn, far behind: its place changes with every answer.
_POLL_A_PLACE, _POLL_FAR = 0.03, 1.0


@dataclass(frozen=True, slots=True)
class InLine:
    """Work that waits: its place, 1 for the next one, and the seconds until it begins, if known."""

    place: int
    seconds: float = 0.0

    def words(self, language: str = "en") -> Translatable:
        """Return it as a line: "3rd in the queue, about 8 s"."""
        place = ordinal(self.place, language)
        if not self.seconds:
            return tr("{place} in the queue", place=place)
        return tr("{place} in the queue, {time}", place=place, time=about(self.seconds))


def begun(
    line: Jobs[Any], make: Callable[[], Iterator[_Step]], key: str = "", *, most: float = math.inf
) -> Job[_Step]:
    """Begin work at the end of a line; raises Busy where the line is full.

    What would wait longer than `most` seconds, by what the work before it took, is told its place
    and refused at once (Busy): it would be stopped before its turn.
    """
    full = tr("more is being asked than can be answered; ask again in a moment")
    if not line.reserve():
        raise Busy(full)
    try:
        job = line.start(key or f"api-{uuid.uuid4().hex}", make)
    except UsageError as error:
        raise Busy(full) from error
    finally:
        line.release()
    place = line.place_of(job)
    seconds = line.seconds_until(place)
    if seconds > most:
        job.cancel()
        told = InLine(place, seconds).words()
        refused = Busy(tr("{place}, longer than is waited here; ask again later", place=told))
        refused.seconds = math.ceil(seconds - most)
        raise refused
    return job


async def snapshots(
    job: Job[_Step], seconds: float, pulse: float, line: Jobs[Any] | None = None
) -> AsyncGenerator[_Step | InLine | None, None]:
    """Yield what work shows of itself, None each `pulse` seconds without anything new.

    With the `line` that it waits in, its places there too, as they change. Raises what the work
    raises, and TooSlow after so many seconds; closing this stops the work.
    """
    seen, began = None, time.monotonic()
    told, place = began, 0
    try:
        while True:
            # In this order: once it has ended, its newest snapshot is its last.
            ended, latest, now = job.ended, job.latest, time.monotonic()
            at = line.place_of(job) if line is not None and latest is None and not ended else 0
            if latest is not None and latest is not seen:
                seen, told = latest, now
                yield latest
            elif at and at != place and line is not None:
                place, told = at, now
                yield InLine(at, line.seconds_until(at))
            elif now - told > pulse:
                told = now
                yield None
            if ended:
                if job.failure is not None:
                    raise job.failure
                return
            if now - began > seconds:
                raise TooSlow(
                    tr("this took longer than {seconds} s and was stopped", seconds=round(seconds))
                )
            await asyncio.sleep(min(max(_POLL, _POLL_A_PLACE * at), _POLL_FAR))
    finally:
        if not job.ended:
            job.cancel()


async def last_of(
    steps: AsyncGenerator[_Step | InLine | None, None], gone: Callable[[], Any] | None = None
) -> _Step:
    """Return the last snapshot of some work; it is stopped where `gone` (a coroutine) says so.

    Raises what the work raises, and Busy where nobody waits any more.
    """
    last: _Step | None = None
    async with aclosing(steps) as open_steps:
        async for step in open_steps:
            if step is None or isinstance(step, InLine):
                if gone is not None and await gone():
                    raise Busy(tr("the question was stopped before it was answered; ask again"))
            else:
                last = step
    if last is None:
        raise BriefingError(tr("the work ended without a result; see the log"))
    return last


__all__ = ["InLine", "begun", "last_of", "snapshots"]
