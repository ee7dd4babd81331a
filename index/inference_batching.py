"""Work of many askers computed together: a bounded queue, and batches of what waits in it.

The reader and the judge take one pair at a time, on as many cores as there are: their int8 scales
are those of one pair, so that a batch of tensors would make a reading depend on its neighbours.
What is gained by a batch is that pairs of several questions fill the cores together, the longest
first, and that a pair which two of them have is computed once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from corpus import metrics

Work = TypeVar("Work")
Result = TypeVar("Result")
# Pairs of a batch: those of two questions. Larger ones hold up the question that comes next.
MOST_TOGETHER = 64
# Pairs that may wait: two cores compute so many in about eight seconds (11 ms a half of a pair).
MOST_WAITING = 1_024


class Full(Exception):
    """So much waits already that nothing more is taken."""


class TooLate(Exception):
    """Whoever asked would no longer be waiting for the result."""


class Closed(Exception):
    """The server ends."""


@dataclass(slots=True)
class _Waiting(Generic[Work, Result]):
    work: Work
    pairs: int
    until: float
    came: float
    result: Future[Result]


class Batches(Generic[Work, Result]):
    """Computes what is handed in, in the order in which it came; a context manager."""

    def __init__(
        self,
        model: str,
        compute: Callable[[Sequence[Work]], Sequence[Result]],
        *,
        together: int = MOST_TOGETHER,
        waiting: int = MOST_WAITING,
    ) -> None:
        """Compute by `compute`, up to so many pairs `together`; `model` names it in metrics."""
        self._model, self._compute = model, compute
        self._together, self._most = together, waiting
        self._queue: deque[_Waiting[Work, Result]] = deque()
        self._changed = threading.Condition()
        self._pairs = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"batches-{model}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Batches[Work, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def waiting(self) -> int:
        """How many pairs wait."""
        return self._pairs

    def submit(self, work: Work, pairs: int, *, seconds: float) -> Future[Result]:
        """Hand in work of so many pairs that is waited for so many seconds.

        Raises Full, Closed. The future fails with TooLate where that time passes before its turn;
        one that is cancelled before is not computed.
        """
        now = time.monotonic()
        with self._changed:
            if self._closed:
                raise Closed
            # One that is larger than the queue is taken by an empty one.
            if self._queue and self._pairs + pairs > self._most:
                metrics.count("briefing_inference_refused", self._model, "full")
                raise Full
            one: _Waiting[Work, Result] = _Waiting(work, pairs, now + seconds, now, Future())
            self._queue.append(one)
            self._pairs += pairs
            self._changed.notify()
        return one.result

    def close(self) -> None:
        """Take nothing more, and fail what waits."""
        with self._changed:
            self._closed = True
            left, self._queue = list(self._queue), deque()
            self._pairs = 0
            self._changed.notify()
        for one in left:
            if one.result.set_running_or_notify_cancel():
                one.result.set_exception(Closed())
        self._thread.join()

    def _run(self) -> None:
        while batch := self._taken():
            due = [one for one in batch if self._is_wanted(one)]
            if not due:
                continue
            metrics.observe(
                "briefing_inference_batch_pairs", sum(one.pairs for one in due), self._model
            )
            metrics.observe("briefing_inference_batch_requests", len(due), self._model)
            try:
                results = self._compute([one.work for one in due])
            except Exception as error:  # noqa: BLE001  # reason: each asker is told, and the next batch computed
                metrics.count("briefing_model_errors", self._model)
                for one in due:
                    one.result.set_exception(error)
                continue
            for one, result in zip(due, results, strict=True):
                one.result.set_result(result)

    def _taken(self) -> list[_Waiting[Work, Result]]:
        """Return the work of the next batch, once there is some; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            batch: list[_Waiting[Work, Result]] = []
            taken = 0
            while self._queue and (not batch or taken + self._queue[0].pairs <= self._together):
                batch.append(self._queue.popleft())
                taken += batch[-1].pairs
            self._pairs -= taken
            return batch

    def _is_wanted(self, one: _Waiting[Work, Result]) -> bool:
        """Say whether work is still waited for, and mark it as begun."""
        if not one.result.set_running_or_notify_cancel():
            metrics.count("briefing_inference_refused", self._model, "gone")
            return False
        now = time.monotonic()
        if now > one.until:
            metrics.count("briefing_inference_refused", self._model, "late")
            one.result.set_exception(TooLate())
            return False
        metrics.observe("briefing_inference_wait_seconds", now - one.came, self._model)
        return True
