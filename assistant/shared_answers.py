"""A quoted answer is worked out once for all who ask the same of the same library at once or soon.

What an answer quotes depends on the question, the documents that may be read, and the library and
its indexes as they are: with all of these the same, it is the same answer word for word. What a
model writes is not: it is worked out anew for each.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from assistant.answer import Answer, Question
from assistant.extractive_engine import ExtractiveEngine

if TYPE_CHECKING:
    from assistant.workspace import Workspace

# Answers that are kept, some tens of kilobytes each with what was found for them.
_MOST = 200
# Seconds between two looks whether the one that is worked out is there, or was stopped: a question
# that waits for it can be stopped meanwhile.
_POLL = 0.05

Work = Callable[["Workspace", Question], Generator[Answer, None, None]]
_Key = tuple[Question, Collection[str] | None, int, int, bool, date]


@dataclass
class _Flight:
    """An answer that is being worked out for whoever asked first: its newest step, and its end."""

    ended: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None


class SharedAnswers:
    """The answers of one open library; several threads may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[_Key, _Flight] = {}
        self._kept: OrderedDict[_Key, Answer] = OrderedDict()

    def of(
        self, workspace: Workspace, question: Question, work: Work
    ) -> Generator[Answer, None, None]:
        """Yield the answer as it grows; complete at once where it was given already.

        Whoever asks what is being worked out waits for it, and does the work where it is stopped or
        fails. Raises what `work` raises, and what looking at the library raises.
        """
        if not isinstance(workspace.engine, ExtractiveEngine):
            with closing(work(workspace, question)) as steps:
                yield from steps
            return
        started, key = time.perf_counter(), _key(workspace, question)
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
            with closing(work(workspace, question)) as steps:
                for answer in steps:
                    mine.answer = replace(answer, outcome="")
                    # While it was worked out the library may have become another.
                    if answer.outcome not in {"", "failed"} and key == _key(workspace, question):
                        self._keep(key, answer)
                    yield answer
        finally:
            with self._lock:
                del self._flights[key]
            mine.ended.set()

    def _keep(self, key: _Key, answer: Answer) -> None:
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)


def _key(workspace: Workspace, question: Question) -> _Key:
    """Return all that a quoted answer depends on within one open library.

    What may be read, for two people of the same rights the same; the library; the state of it that
    the search sees, and whether it compares by the vector index; and today, for "this year".
    """
    snapshot = workspace.indexes.snapshot()
    return (
        question,
        workspace.readable,
        workspace.library.generation,
        snapshot.generation,
        snapshot.vectors is None,
        date.today(),
    )


__all__ = ["SharedAnswers"]
