"""Reading ahead: what the newest documents say is read while nobody asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from assistant.desk import Desk
from corpus.document import Passage

# Sentences cost about 0.01 s each on one core, most of the time of a first answer; the 370 passages
# of the starter library take 15 to 20 s. A large library is not read to its end: a laptop's core
# is kept busy for about as long.
PASSAGES = 400


def read_ahead(desk: Desk, may: Callable[[], bool], passages: int = PASSAGES) -> None:
    """Read the sentences of the newest documents, `passages` passages in all.

    What was read before costs nothing. `may` is asked before each passage, may wait, and ends it by
    saying no. Raises LibraryError for a library that cannot be read.
    """
    newest = sorted(desk.library.entries(), key=lambda one: one.added, reverse=True)
    every = (passage for entry in newest for passage in _of(desk, entry.id, may))
    for passage in islice(every, passages):
        if not may():
            return
        desk.reader.prepare(passage)


def _of(desk: Desk, document: str, may: Callable[[], bool]) -> Sequence[Passage]:
    return desk.library.passages_of(document) if may() else ()
