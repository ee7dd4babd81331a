"""A line in which readers take turns: who asks much waits behind themselves, not before others."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairLine(Generic[Item]):
    """What waits, each for a reader; those who wait are served in turn, one of theirs at a time.

    Round robin: the next in line is the oldest of the reader whose last turn is longest ago. Items
    are compared by identity. Whoever shares a line between threads holds a lock around each call.
    """

    def __init__(self) -> None:
        # The reader whose turn is next stands first.
        self._waiting: OrderedDict[str, deque[Item]] = OrderedDict()
        # The place of each by its identity; None after a change, until somebody asks again: two
        # hundred windows that look at their places sort the line once.
        self._places: dict[int, int] | None = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def count_of(self, reader: str) -> int:
        """Return how many items of a reader wait."""
        return len(self._waiting.get(reader, ()))

    def put(self, item: Item, reader: str = "") -> None:
        """Put an item at the end of what its reader waits for."""
        self._waiting.setdefault(reader, deque()).append(item)
        self._places = None

    def take(self) -> Item:
        """Take the next item out of the line; raises KeyError where nothing waits."""
        reader, theirs = self._waiting.popitem(last=False)
        item = theirs.popleft()
        if theirs:
            self._waiting[reader] = theirs
        self._places = None
        return item

    def remove(self, item: Item, reader: str = "") -> bool:
        """Take an item out of the line wherever it stands; return whether it stood there."""
        theirs = self._waiting.get(reader, deque())
        at = next((place for place, one in enumerate(theirs) if one is item), None)
        if at is None:
            return False
        del theirs[at]
        if not theirs:
            del self._waiting[reader]
        self._places = None
        return True

    def place_of(self, item: Item) -> int:
        """Return the place of an item, 1 for the next one; 0 for one that does not wait."""
        if self._places is None:
            self._places = {id(one): place for place, one in enumerate(self.in_order(), 1)}
        return self._places.get(id(item), 0)

    def in_order(self) -> list[Item]:
        """Return what waits in the order in which it is taken if nothing more comes."""
        found: list[Item] = []
        turns = [list(one) for one in self._waiting.values()]
        for number in range(max(map(len, turns), default=0)):
            found += [one[number] for one in turns if number < len(one)]
        return found


__all__ = ["FairLine"]
