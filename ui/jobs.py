"""Long work behind the page: it belongs to the program, not to the window that asked for it."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from typing import Generic, TypeVar

from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr
from corpus.log import level_of

_LOG = logging.getLogger(__name__)
Step = TypeVar("Step")
# Finished jobs that can still be looked at, so that a window that comes back sees the end.
_ENDED_JOBS = 200
# Seconds for which a place stays reserved for a job that is never started.
_RESERVED_SECONDS = 30.0
# Seconds after which a watcher wakes up without a new snapshot: it may have been closed.
_WATCH_POLL = 0.5


class Job(Generic[Step]):
    """One piece of work that yields snapshots of itself; any number of windows may watch it."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Iterator[Step]],
        after: Callable[[], None] | None,
        give_way: Callable[[Callable[[], bool]], None] | None = None,
        first: Step | None = None,
    ) -> None:
        self.name = name
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
        """Ask it to stop; it ends after the snapshot it is working on, at once while it waits."""
        self._cancelled.set()

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
        """Do the work, in the thread that calls."""
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

    Jobs have a key (a conversation, a memo); the newest of a key can be found again by it.
    """

    def __init__(
        self,
        kind: str,
        *,
        at_once: int,
        waiting: int,
        give_way: Callable[[Callable[[], bool]], None] | None = None,
    ) -> None:
        """`kind` names what waits, for the reader: "questions".

        `give_way` is called after each step of a job, and may wait until what it is given says
        that the job was cancelled: somebody else goes first.
        """
        self._kind = kind
        self._give_way = give_way
        self._waiting = waiting
        self._queue: queue.SimpleQueue[Job[Step]] = queue.SimpleQueue()
        self._jobs: OrderedDict[str, Job[Step]] = OrderedDict()
        self._lock = threading.Lock()
        self._open = 0
        self._at_once = at_once
        self._threads = 0
        # When each place was reserved for a job that is not started yet, the oldest first.
        self._reserved: list[float] = []

    def reserve(self) -> bool:
        """Reserve a place for a job that is about to be started; False where the queue is full."""
        now = time.monotonic()
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
    ) -> Job[Step]:
        """Queue a job and return it; raises UsageError when the queue is full.

        `after` is a callback for its end, also where it was cancelled before it began. A job that
        is to be `alone` is refused (UsageError) while another one of its key goes on. `first` is
        its snapshot while it waits.
        """
        with self._lock:
            before = self._jobs.get(key)
            if alone and before is not None and not (before.ended or before.cancelled):
                raise UsageError(tr("this is being worked on already; wait for it, or stop it"))
            if self._open >= self._at_once + self._waiting:
                raise UsageError(
                    tr(
                        "{count} {kind} are being worked on already; try again in a moment",
                        count=self._open,
                        kind=self._kind,
                    )
                )
            job: Job[Step] = Job(key, make, after, self._give_way, first)
            self._jobs.pop(key, None)
            self._jobs[key] = job
            self._open += 1
            for old in [name for name, one in self._jobs.items() if one.ended][:-_ENDED_JOBS]:
                del self._jobs[old]
            if self._threads < self._at_once:
                self._threads += 1
                name = f"{self._kind}-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        self._queue.put(job)
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

    def ahead_of(self, job: Job[Step]) -> int:
        """Return how many unfinished jobs, anyone's, stand before one."""
        with self._lock:
            before = [one for one in self._jobs.values() if not one.ended]
        return before.index(job) if job in before else 0

    def _jobs_of(self, owner: str) -> list[Job[Step]]:
        with self._lock:
            return [one for key, one in self._jobs.items() if key.startswith(owner)]

    def cancel_all(self, patience: float) -> None:
        """Cancel every job and wait until none is worked on, so many seconds at most for all."""
        deadline = time.monotonic() + patience
        for job in self.unfinished():
            job.cancel()
            job.wait(deadline - time.monotonic())

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            try:
                job.run()
            finally:
                with self._lock:
                    self._open -= 1


class _OwnJobs(Jobs[Step]):
    """A queue as one person sees it: the places in it are everyone's, the jobs their own."""

    def __init__(self, whole: Jobs[Step], owner: str) -> None:
        self._whole = whole
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
    ) -> Job[Step]:
        job = self._whole.start(self._owner + key, make, after=after, alone=alone, first=first)
        # By this name it is found again.
        job.name = key
        return job

    def find(self, key: str) -> Job[Step] | None:
        return self._whole.find(self._owner + key)

    def newest(self) -> Job[Step] | None:
        return next(reversed(self._whole._jobs_of(self._owner)), None)

    def unfinished(self) -> list[Job[Step]]:
        return [one for one in self._whole._jobs_of(self._owner) if not one.ended]

    def ahead_of(self, job: Job[Step]) -> int:
        return self._whole.ahead_of(job)

    def cancel_all(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        for job in self.unfinished():
            job.cancel()
            job.wait(deadline - time.monotonic())
