"""Processes that read files, handed from one test to the next: each takes a second to start.

A sandbox that is closed ends its children. Those that are idle and sound are kept here for the next
sandbox that would start such a child. What a child may do, and that it ends with its sandbox, is
tested where they are not kept (tests/test_corpus_sandbox.py).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest

from corpus.formats import READERS
from corpus.sandbox import Sandbox, _Child

# Children that are kept at most, of all kinds: 0.1 GB each.
_MOST = 4


class WarmReaders:
    """The children that are kept, by what they were started with; off while `lending` is False."""

    def __init__(self) -> None:
        self.lending = True
        self._lock = threading.Lock()
        self._kept: dict[Hashable, list[_Child]] = defaultdict(list)
        self._killed: set[int] = set()

    @contextmanager
    def used(self) -> Iterator[WarmReaders]:
        """Let every sandbox take from here and give back, until the end of the block."""
        asked, kill, close = _Child.asked, _Child.kill, Sandbox.close

        def lent(child: _Child, request: Any, descriptor: int, counting: Any) -> Any:
            if child._process is None:
                self._lend(child, counts=counting is not None)
            return asked(child, request, descriptor, counting)

        def killed(child: _Child) -> None:
            if child._process is not None:
                self._killed.add(child._process.pid)
            kill(child)

        def closed(sandbox: Sandbox) -> None:
            if sandbox._idle.qsize() == len(sandbox._children):
                for child in sandbox._children:
                    self._keep(child)
            close(sandbox)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_Child, "asked", lent)
            patch.setattr(_Child, "kill", killed)
            patch.setattr(Sandbox, "close", closed)
            yield self
        for children in self._kept.values():
            for child in children:
                child.end()

    def _lend(self, child: _Child, *, counts: bool) -> None:
        with self._lock:
            kept = self._kept[_kind(child, counts)]
            one = kept.pop() if self.lending and kept else None
        if one is not None:
            # One that ended meanwhile is replaced by the child itself, as ever.
            child._process, child._requests = one._process, one._requests
            child._count, child._counts = one._count, False
            child._inherited = one._inherited

    def _keep(self, child: _Child) -> None:
        process = child._process
        with self._lock:
            full = sum(map(len, self._kept.values())) >= _MOST
            if not self.lending or full or process is None or process.pid in self._killed:
                return
            if process.poll() is None:
                self._kept[_kind(child, child._counts)].append(copy(child))
                child._process = child._requests = None


def _kind(child: _Child, counts: bool) -> Hashable:
    """Return what a child was started with; one that was told how to count goes on counting."""
    return child._memory, child._cpu, tuple(READERS.folders), counts
