"""Which documents may be searched: some publishers, some documents, a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from corpus.catalogue import Entry
from corpus.document import Source
from corpus.partial_dates import within

# A filter is applied to each of thousands of documents, which have a few hundred dates.
_within = lru_cache(maxsize=8_192)(within)


@lru_cache(maxsize=64)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one.casefold() for one in names)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents may be searched; empty fields do not bound.

    `since` and `until` are dates, both included: a year means its first day as `since`, its last
    as `until` (corpus.partial_dates).
    """

    publishers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    @property
    def is_open(self) -> bool:
        """Whether every document lies within the bounds."""
        return not (self.publishers or self.documents or self.since or self.until)

    def admits(self, entry: Entry) -> bool:
        """Say whether a document lies within the bounds, by what any of its places says of it."""
        return self.admitted(entry) is not None

    def admitted(self, entry: Entry) -> Source | None:
        """Return what the first place within the bounds says of a document; None without one."""
        if self.documents and entry.id not in self.documents:
            return None
        publishers = _folded(self.publishers)
        return next(
            (
                one
                for one in entry.sources
                if (not publishers or one.publisher.casefold() in publishers)
                and _within(one.dated, self.since, self.until)
            ),
            None,
        )
