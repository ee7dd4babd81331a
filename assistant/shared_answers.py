"""A quoted answer is worked out once for all who ask the same of the same library at once or soon.

What an answer quotes depends on the question, the documents that may be read, and the library and
its indexes as they are: with all of these the same, it is the same answer word for word. What a
model writes is not: it is worked out anew for each (`assistant.pipeline.ask_shared`).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable
from contextlib import closing
from dataclasses import dataclass, field, replace

from assistant.answer import Answer
from corpus.errors import LibraryError

# Answers that are kept, some tens of kilobytes each with what was found for them.
_MOST = 200
# Seconds between two looks whether the one that is worked out is there, or was stopped: a question
# that waits for it can be stopped meanwhile.
_POLL = 0.05

Work = Callable[[], Generator[Answer, None, None]]


@dataclass
class _Flight:
    """An answer that is being worked out for whoever asked first: its newest step, and its end."""

    ended: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None


class SharedAnswers:
    """The answers of one open library; several threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[Hashable, _Flight] = {}
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()

    def of(self, state: Callable[[], Hashable], work: Work) -> Generator[Answer, None, None]:
        """Yield the answer as it grows; complete at once where it was given already.

        `state` returns all that the answer depends on, as it is now; `work` works it out. Whoever
        asks what is being worked out waits for it, and does the work where it is stopped or fails.
        Raises what either raises.
        """
        started, key = time.perf_counter(), state()
        while True:
            with self._lock:
                kept, flight = self._kept.get(key), self._flights.get(key)
                if kept is None and flight is None:
                    mine = self._flights[key] = _Flight()
                    break
            if kept is not None:
                yield replace(kept, seconds={"total": time.perf_counter() - started})
                return
            assert flight is not None
            shown: Answer | None = None
            while not flight.ended.wait(_POLL):
                if flight.answer is not None and flight.answer is not shown:
                    shown = flight.answer
                    yield shown
        try:
            with closing(work()) as steps:
                for answer in steps:
                    mine.answer = replace(answer, outcome="")
                    if answer.outcome not in {"", "failed"} and _is_still(key, state):
                        self._keep(key, answer)
                    yield answer
        finally:
            with self._lock:
                del self._flights[key]
            mine.ended.set()

    def _keep(self, key: Hashable, answer: Answer) -> None:
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)


def _is_still(key: Hashable, state: Callable[[], Hashable]) -> bool:
    """Say whether the library is what it was; while an answer is worked out it may change."""
    try:
        return state() == key
    except LibraryError:
        # The answer is complete without whatever cannot be read now.
        return False


__all__ = ["SharedAnswers"]
