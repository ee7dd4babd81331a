"""What else says so, worked out behind the page: a source is drawn before it is known."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from assistant.related import Related
from ui.source import SelectedCitation

_LOG = logging.getLogger(__name__)
# Results that are kept: a few conversations' worth.
_KEPT = 256
_NOTHING = Related()

_Key = tuple[str, int, int, str, tuple[str, ...]]


class Comparisons:
    """Works out one comparison after the other, and keeps the last ones; thread-safe."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="comparing")
        self._kept: OrderedDict[_Key, Future[Related]] = OrderedDict()
        self._lock = Lock()

    def of(
        self, selected: SelectedCitation, compare: Callable[[SelectedCitation], Related]
    ) -> Related | None:
        """Return what `compare` says of a citation; None while it is being worked out.

        A citation without a sentence or without passages beside it has nothing to compare.
        """
        if not selected.claim or not selected.evidence:
            return _NOTHING
        key = (
            selected.citation.document, *selected.span, selected.claim,
            tuple(one.passage.id for one in selected.evidence),
        )  # fmt: skip
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._worker.submit(compare, selected)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            found = self._kept[key]
        if not found.done():
            return None
        if error := found.exception():
            _LOG.error("the sources beside a citation cannot be compared", exc_info=error)
            return _NOTHING
        return found.result()

    def close(self) -> None:
        """Begin no further comparison."""
        self._worker.shutdown(wait=False, cancel_futures=True)
