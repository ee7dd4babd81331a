"""Long work behind the page: it belongs to the program, not to the window that asked for it."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextvars import copy_context
from typing import Generic, TypeVar

from corpus import tracing
from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr
from corpus.log import level_of
from ui.fair_line import FairLine

_LOG = logging.getLogger(__name__)
Step = TypeVar("Step")
# Finished jobs that can still be looked at, so that a window that comes back sees the end.
_ENDED_JOBS = 200
# Seconds for which a place stays reserved for a job that is never started.
_RESERVED_SECONDS = 30.0
# Seconds after which a watcher wakes up without a new snapshot: it may have been closed.
_WATCH_POLL = 0.5
# Seconds for which a job still waits whose window was closed: one that is loaded again is back
# within a few.
_AWAY_SECONDS = 15.0
# The weight of the newest job in what one takes: some ten jobs back nothing is left of one.
_NEWEST = 0.2


class Job(Generic[Step]):
    """One piece of work that yields snapshots of itself; any number of windows may watch it."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Iterator[Step]],
        after: Callable[[], None] | None,
        give_way: Callable[[Callable[[], bool]], None] | None = None,
        first: Step | None = None,
        reader: str = "",
        window: str = "",
    ) -> None:
        self.name = name
        self.reader, self.window = reader, window
        # Ends it in another thread where it still waits in line; the queue it stands in sets it.
        self.leave: Callable[[], None] = lambda: None
        self._make = make
        # Who asked is known from where it was started (ui.sign_in).
        self._context = copy_context()
        self._after = after
        self._give_way = give_way
        self._changed = threading.Condition()
        self._latest = first
        self._count = 0
        self._ended = False
        self._cancelled = threading.Event()
        self._failure: BriefingError | None = None
        self._begun_at: float | None = None
        self._given = tracing.carried()

    @property
    def seconds(self) -> float:
        """For how many seconds it has been worked on; 0.0 while it waits."""
        return time.monotonic() - self._begun_at if self._begun_at is not None else 0.0

    @property
    def latest(self) -> Step | None:
        """The newest snapshot; before the first what the job was started with, else None."""
        return self._latest

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop before its end."""
        return self._cancelled.is_set()

    @property
    def failure(self) -> BriefingError | None:
        """Why it ended early, where it did."""
        return self._failure

    def cancel(self) -> None:
        """Ask it to stop; it ends after the snapshot it is working on, at once while it waits.

        This waits for no end: whoever calls may be an event loop.
        """
        self._cancelled.set()
        self.leave()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, so many seconds at most; return whether it ended."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended, max(0.0, seconds))

    def watch(self) -> Iterator[Step]:
        """Yield snapshots as they come: at first the newest one, and always the last one.

        Snapshots that come faster than they are taken are passed over. A failure is raised after
        the last snapshot: BriefingError.
        """
        seen = 0
        while True:
            with self._changed:
                while self._count == seen and not self._ended:
                    self._changed.wait(_WATCH_POLL)
                seen, latest, ended = self._count, self._latest, self._ended
            if latest is not None:
                yield latest
            if ended and self._count == seen:
                if self._failure is not None:
                    raise self._failure
                return

    def run(self) -> None:
        """Do the work, in the thread that calls, for the request that it was started by."""
        with tracing.within(self._given):
            self._work()

    def _work(self) -> None:
        self._begun_at = time.monotonic()
        try:
            try:
                if not self._cancelled.is_set():
                    self._context.run(self._run)
            finally:
                if self._after is not None:
                    self._context.run(self._after)
        except BriefingError as error:
            name = threading.current_thread().name
            _LOG.log(level_of(error), "work of %s failed", name, exc_info=error)
            self._failure = error
        except Exception as error:  # noqa: BLE001  # reason: a thread's failure must reach the page
            _LOG.error("work of %s failed", threading.current_thread().name, exc_info=error)
            self._failure = BriefingError(
                tr("unexpected failure ({kind}: {reason})", kind=type(error).__name__, reason=error)
            )
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _run(self) -> None:
        steps = self._make()
        for step in steps:
            with self._changed:
                self._latest = step
                self._count += 1
                self._changed.notify_all()
            if self._give_way is not None and not self._cancelled.is_set():
                self._give_way(self._cancelled.is_set)
            if self._cancelled.is_set():
                if isinstance(steps, Generator):
                    steps.close()
                return


class Jobs(Generic[Step]):
    """A queue of jobs of one kind: some run at once, some wait, more are refused.

    Jobs have a key (a conversation, a memo); the newest of a key can be found again by it. Readers
    take turns (`ui.fair_line`). A job that waits costs no thread.
    """

    def __init__(
        self,
        kind: str,
        *,
        at_once: int,
        waiting: int,
        each: int | None = None,
        give_way: Callable[[Callable[[], bool]], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`kind` names what waits, for the reader: "questions".

        `waiting` jobs wait at most, `each` of one reader (None: all of them). `give_way` is called
        after each step of a job, and may wait until what it is given says that the job was
        cancelled: somebody else goes first. `clock` returns seconds.
        """
        self._kind = kind
        self._give_way = give_way
        self._waiting = waiting
        self._each = each
        self._clock = clock
        self._line: FairLine[Job[Step]] = FairLine()
        self._jobs: OrderedDict[str, Job[Step]] = OrderedDict()
        self._lock = threading.RLock()
        self._put = threading.Condition(self._lock)
        self._open = 0
        self._at_once = at_once
        self._threads = 0
        # Those that wait and whose windows were closed, and when.
        self._away: dict[Job[Step], float] = {}
        # Those that left the line, until their ends are done: these may write to the library.
        self._left: deque[Job[Step]] = deque()
        # Seconds that a job takes; 0.0 before the first.
        self._job_seconds = 0.0
        # When each place was reserved for a job that is not started yet, the oldest first.
        self._reserved: list[float] = []

    def reserve(self) -> bool:
        """Reserve a place for a job that is about to be started; False where the queue is full."""
        now = self._clock()
        with self._lock:
            self._reserved = [one for one in self._reserved if now - one < _RESERVED_SECONDS]
            if self._open + len(self._reserved) >= self._at_once + self._waiting:
                return False
            self._reserved.append(now)
            return True

    def release(self) -> None:
        """Give a reserved place back: its job is started now, or refused."""
        with self._lock:
            del self._reserved[:1]

    def start(
        self,
        key: str,
        make: Callable[[], Iterator[Step]],
        *,
        after: Callable[[], None] | None = None,
        alone: bool = False,
        first: Step | None = None,
        reader: str = "",
        window: str = "",
    ) -> Job[Step]:
        """Queue a job and return it; raises UsageError when the queue is full.

        `after` is a callback for its end, also where it was cancelled before it began. A job that
        is to be `alone` is refused (UsageError) while another one of its key goes on. `first` is
        its snapshot while it waits. `reader` is whose turn it takes, `window` where its end is
        waited for (`left`).
        """
        with self._lock:
            before = self._jobs.get(key)
            if alone and before is not None and not (before.ended or before.cancelled):
                raise UsageError(tr("this is being worked on already; wait for it, or stop it"))
            full = self._open >= self._at_once + self._waiting
            much = self._each is not None and self._line.count_of(reader) >= self._each
            if full or much:
                raise UsageError(
                    tr(
                        "{count} {kind} are being worked on already; try again in a moment",
                        count=self._open,
                        kind=self._kind,
                    )
                )
            job: Job[Step] = Job(key, make, after, self._give_way, first, reader, window)
            job.leave = lambda: self._leave(job)
            self._jobs.pop(key, None)
            self._jobs[key] = job
            self._open += 1
            for old in [name for name, one in self._jobs.items() if one.ended][:-_ENDED_JOBS]:
                del self._jobs[old]
            self._line.put(job, reader)
            if self._threads < self._at_once:
                self._threads += 1
                name = f"{self._kind}-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
            self._put.notify()
        return job

    def of(self, owner: str) -> Jobs[Step]:
        """Return this queue as one person sees it: their own jobs alone; itself for nobody ("")."""
        return _OwnJobs(self, owner) if owner else self

    def find(self, key: str) -> Job[Step] | None:
        """Return the newest job of a key, running or ended; None where there is none."""
        with self._lock:
            return self._jobs.get(key)

    def newest(self) -> Job[Step] | None:
        """Return the job that was started last; None where there was none."""
        with self._lock:
            return next(reversed(self._jobs.values()), None)

    def unfinished(self) -> list[Job[Step]]:
        """Return the jobs that have not ended, the oldest first."""
        with self._lock:
            return [one for one in self._jobs.values() if not one.ended]

    def place_of(self, job: Job[Step]) -> int:
        """Return the place of a job in the line, 1 for the next one; 0 for one that waits no more.

        Whoever asks is there to see its end. Jobs whose windows are gone for good give theirs up.
        """
        now = self._clock()
        with self._lock:
            self._away.pop(job, None)
            gone = [one for one, since in self._away.items() if now - since > _AWAY_SECONDS]
            for one in gone:
                one.cancel()
            return self._line.place_of(job)

    def seconds_until(self, place: int) -> float:
        """Return in how many seconds work on the job at a place begins; 0.0 where that is unknown.

        By what the jobs before took: an estimate, for people.
        """
        return place * self._job_seconds / self._at_once

    def left(self, window: str) -> None:
        """Note that a window was closed: what waits for it alone is given up in a while.

        Work that was started from no window ("") waits for none.
        """
        if not window:
            return
        now = self._clock()
        with self._lock:
            for job in self._line.in_order():
                if job.window == window:
                    self._away.setdefault(job, now)

    def _leave(self, job: Job[Step]) -> None:
        """Take a cancelled job out of the line and have it ended, where it stands there."""
        with self._lock:
            if not self._line.remove(job, job.reader):
                return
            self._open -= 1
            self._away.pop(job, None)
            self._left.append(job)
            if len(self._left) == 1:
                name = f"{self._kind}-ends"
                threading.Thread(target=self._end, name=name, daemon=True).start()

    def _end(self) -> None:
        """Do what is to be done at the end of jobs that nobody worked on: one after another."""
        while True:
            self._left[0].run()
            with self._lock:
                self._left.popleft()
                if not self._left:
                    return

    def _jobs_of(self, owner: str) -> list[Job[Step]]:
        with self._lock:
            return [one for key, one in self._jobs.items() if key.startswith(owner)]

    def cancel_all(self, patience: float) -> None:
        """Cancel every job and wait until none is worked on, so many seconds at most for all."""
        _cancel(self.unfinished(), patience)

    def _work(self) -> None:
        while True:
            with self._put:
                self._put.wait_for(lambda: bool(self._line))
                job = self._line.take()
                began = self._clock()
                gone = began - self._away.pop(job, began) > _AWAY_SECONDS
            if gone:
                job.cancel()
            try:
                job.run()
            finally:
                with self._lock:
                    self._open -= 1
                    if not job.cancelled:
                        took = self._clock() - began
                        before = self._job_seconds or took
                        self._job_seconds = before + _NEWEST * (took - before)


def _cancel(jobs: Sequence[Job[Step]], patience: float) -> None:
    deadline = time.monotonic() + patience
    # Those that wait first: one that ends must not make room for the next.
    for job in reversed(jobs):
        job.cancel()
    for job in jobs:
        job.wait(deadline - time.monotonic())


class _OwnJobs(Jobs[Step]):
    """A queue as one person sees it: the places in it are everyone's, the jobs their own."""

    def __init__(self, whole: Jobs[Step], owner: str) -> None:
        self._whole = whole
        self._person = owner
        # No name holds this character: a key of one person is never the beginning of another's.
        self._owner = f"{owner}\0"

    def of(self, owner: str) -> Jobs[Step]:
        return self._whole.of(owner)

    def reserve(self) -> bool:
        return self._whole.reserve()

    def release(self) -> None:
        self._whole.release()

    def start(
        self,
        key: str,
        make: Callable[[], Iterator[Step]],
        *,
        after: Callable[[], None] | None = None,
        alone: bool = False,
        first: Step | None = None,
        reader: str = "",
        window: str = "",
    ) -> Job[Step]:
        # A person takes one turn, however many windows are open.
        job = self._whole.start(
            self._owner + key, make, after=after, alone=alone, first=first, reader=self._person,
            window=window,
        )  # fmt: skip
        # By this name it is found again.
        job.name = key
        return job

    def find(self, key: str) -> Job[Step] | None:
        return self._whole.find(self._owner + key)

    def newest(self) -> Job[Step] | None:
        return next(reversed(self._whole._jobs_of(self._owner)), None)

    def unfinished(self) -> list[Job[Step]]:
        return [one for one in self._whole._jobs_of(self._owner) if not one.ended]

    def place_of(self, job: Job[Step]) -> int:
        return self._whole.place_of(job)

    def seconds_until(self, place: int) -> float:
        return self._whole.seconds_until(place)

    def left(self, window: str) -> None:
        self._whole.left(window)

    def cancel_all(self, patience: float) -> None:
        _cancel(self.unfinished(), patience)
