"""Following feeds: what is new in them is fetched and added like any other page."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from corpus.addresses import Policy
from corpus.document import WITHIN, Document
from corpus.errors import Busy, ReadError
from corpus.feed_parsing import FeedEntry, LinkedFeed, ParsedFeed, feeds_of_page, parse_feed
from corpus.feeds import ADDED, FIRST, NEW, PASSED, REFUSED, Feed, Feeds, SeenEntry
from corpus.fetching import FetchedFeed, fetch_feed
from corpus.i18n import tr
from corpus.library import Library
from corpus.log import log_name
from index.ingest import MetadataOverride, Progress, Report

_LOG = logging.getLogger(__name__)
# Entries that are brought of one feed at one time, after the first.
AT_ONCE = 200
# A feed is text: 10 MB are ten times the longest one with 5,000 entries and their summaries.
_SIZE = 10_000_000
# Why a page may be there another time.
_PASSING = {"unreachable", "busy", "too_slow"}
_LETTERS = re.compile(r"[\W_]+")
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
# A feed that has gone is not asked again.
_NEVER = "9999-12-31"


@dataclass(frozen=True, slots=True)
class _EntryMetadata(MetadataOverride):
    """What an entry says of its page: it stands where the page says nothing itself."""

    def applied(self, document: Document) -> Document:
        """Return the document with what is missing in its source filled in."""
        source = document.source
        letters = _LETTERS.sub("", source.title).casefold()
        # What states no title is called as its address is, or by its first sentence.
        nameless = letters in _LETTERS.sub("", source.location).casefold() or (
            source.title.endswith(_SENTENCE_ENDS)
            and document.text.lstrip().startswith(source.title)
        )
        filled = replace(
            source,
            title=(self.title if nameless else "") or source.title,
            publisher=source.publisher or self.publisher,
            published=source.published or self.published,
            fetched=self.fetched or source.fetched,
        )
        return replace(document, source=filled)


class AddFiles(Protocol):
    """`Workspace.add`."""

    def __call__(
        self,
        files: Sequence[Path],
        *,
        described: Mapping[Path, MetadataOverride],
        places: Mapping[Path, str],
    ) -> Iterator[Progress | Report]:
        """Add files with their metadata, under their places."""


class AddAddresses(Protocol):
    """`Workspace.add_addresses`."""

    def __call__(
        self, addresses: Sequence[str], *, described: Mapping[str, MetadataOverride]
    ) -> Iterator[Progress | Report]:
        """Fetch and add addresses with their metadata."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A feed that is followed now: whether it was not before, and the page that named it.

    `others` are further feeds that the page names.
    """

    feed: Feed
    new: bool
    page: str = ""
    others: tuple[LinkedFeed, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What a feed brought: `reports` of what was added; `problem` is why it could not be read.

    `passed` entries are older than those brought at first, `waiting` ones come the next time.
    `damaged` is set where its XML could be read in part only.
    """

    feed: Feed
    reports: tuple[Report, ...] = ()
    problem: str = ""
    passed: int = 0
    waiting: int = 0
    damaged: bool = False

    @property
    def added(self) -> int:
        """How many documents went in, replaced ones included."""
        return sum(len(one.added) + len(one.replaced) for one in self.reports)


def follow(library: Library, address: str, policy: Policy) -> Followed:
    """Follow the feed at an address, or the first one that the page there names.

    Raises ReadError where nothing can be fetched, or what is there is no feed and names none.
    """
    fetched = fetch_feed(address, _bounded(policy))
    page = ""
    others: tuple[LinkedFeed, ...] = ()
    try:
        parsed = parse_feed(fetched.content, fetched.url)
    except ReadError as error:
        linked = feeds_of_page(fetched.content, fetched.url)
        if error.reason != "unsupported" or not linked:
            raise
        page, others = fetched.url, tuple(linked[1:])
        fetched = fetch_feed(linked[0].url, _bounded(policy))
        parsed = parse_feed(fetched.content, fetched.url)
    title = parsed.title or fetched.url
    new = library.feeds.follow(fetched.url, title)
    feed = next(one for one in library.feeds.all() if one.url == fetched.url)
    return Followed(feed, new, page, others)


def _bounded(policy: Policy) -> Policy:
    return replace(policy, size=min(policy.size, _SIZE))


@dataclass
class FeedFetching:
    """Brings what is new of feeds; `first` bounds what one brings that was never read, None not."""

    library: Library
    add: AddFiles
    add_addresses: AddAddresses
    policy: Policy
    first: int | None = FIRST
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @property
    def _feeds(self) -> Feeds:
        return self.library.feeds

    def bring(self, feeds: Sequence[Feed]) -> Iterator[Progress | FeedReport]:
        """Yield progress and, for each feed, a report; one that fails does not stop the others."""
        for number, feed in enumerate(feeds):
            name = feed.title or feed.url
            yield Progress("fetching", number, len(feeds), name, place=feed.url)
            if feed.wait_until > self.now().isoformat():
                yield FeedReport(feed, problem=feed.problem)
                continue
            try:
                fetched, parsed = self._read(feed)
            except ReadError as error:
                yield self._failed(feed, error)
                continue
            yield from self._brought(feed, fetched, parsed)

    def _read(self, feed: Feed) -> tuple[FetchedFeed, ParsedFeed]:
        # While entries wait, their words are needed again, changed or not.
        known = not self._feeds.count(feed.url, NEW)
        fetched = fetch_feed(
            feed.url,
            _bounded(self.policy),
            etag=feed.etag if known else "",
            modified=feed.modified if known else "",
        )
        if fetched.unchanged:
            return fetched, ParsedFeed(feed.title, ())
        return fetched, parse_feed(fetched.content, fetched.url)

    def _failed(self, feed: Feed, error: ReadError) -> FeedReport:
        """Note why a feed could not be read, and return the report that says so."""
        _LOG.warning("a feed at %s was not read: %s", log_name(feed.url), error.reason)
        problem, until = str(error), ""
        if isinstance(error, Busy):
            until = (self.now() + timedelta(seconds=error.seconds)).isoformat()
        elif error.reason == "gone":
            until = _NEVER
            problem = tr(
                "{title} has gone for good; stop following it with: briefing follow --remove {url}",
                title=feed.title or feed.url,
                url=feed.url,
            )
        self._feeds.failed(feed.url, problem, wait_until=until)
        return FeedReport(feed, problem=problem)

    def _brought(
        self, feed: Feed, fetched: FetchedFeed, parsed: ParsedFeed
    ) -> Iterator[Progress | FeedReport]:
        if fetched.url != feed.url:
            self._feeds.moved(feed.url, fetched.url)
            feed = replace(feed, url=fetched.url)
        feed = replace(feed, title=parsed.title or feed.title)
        outcomes = self._feeds.outcomes(feed.url)
        wanted = self._wanted(parsed.entries, outcomes)
        passed = []
        if not feed.checked and self.first is not None:
            wanted, passed = wanted[: self.first], wanted[self.first :]
        older = {one.link or one.id for one in passed}
        # With their twins, which lead to the same page.
        self._note(feed, [it for it in parsed.entries if (it.link or it.id) in older], PASSED)
        # Noted before they are fetched: what an interruption leaves is brought the next time.
        self._note(feed, wanted, NEW)
        now = wanted if self.first is None else wanted[:AT_ONCE]
        reports = []
        for step in self._added(feed, now):
            if isinstance(step, Report):
                reports.append(step)
            else:
                yield step
        self._feeds.succeeded(
            feed.url, title=parsed.title, etag=fetched.etag, modified=fetched.modified
        )
        waiting = self._feeds.count(feed.url, NEW)
        yield FeedReport(
            feed, tuple(reports), "", passed=len(passed), waiting=waiting, damaged=parsed.damaged
        )

    def _wanted(self, entries: Sequence[FeedEntry], outcomes: Mapping[str, str]) -> list[FeedEntry]:
        """Return the entries that are to be brought, the newest first, each address once."""
        found: dict[str, FeedEntry] = {}
        for one in entries:
            if outcomes.get(one.id, NEW) == NEW:
                found.setdefault(one.link or one.id, one)
        # Sorting is stable: without dates the order of the feed stands.
        return sorted(found.values(), key=lambda one: one.published, reverse=True)

    def _note(self, feed: Feed, entries: Sequence[FeedEntry], outcome: str) -> None:
        self._feeds.note(
            feed.url,
            [SeenEntry(one.id, one.link, one.title, one.published, outcome) for one in entries],
        )

    def _added(self, feed: Feed, entries: Sequence[FeedEntry]) -> Iterator[Progress | Report]:
        """Add entries, and note what became of each."""
        links = [one.link for one in entries if one.link]
        here = self._feeds.known_addresses(links) | {
            source.location for entry in self.library.entries() for source in entry.sources
        }
        self._note(feed, [one for one in entries if one.link in here], ADDED)
        by_link = {one.link: one for one in entries if one.link and one.link not in here}
        refused: set[str] = set()
        passing: set[str] = set()
        if by_link:
            described = {link: _filling(feed, one) for link, one in by_link.items()}
            for step in self.add_addresses(list(by_link), described=described):
                if isinstance(step, Report):
                    passing = {it.path for it in step.refused if it.reason in _PASSING}
                elif step.stage in ("refused", "left_out"):
                    refused.add(step.place)
                yield step
            for link, one in by_link.items():
                ended = (REFUSED if link not in passing else NEW) if link in refused else ADDED
                self._note(feed, [one], ended)
        whole = [one for one in entries if not one.link]
        if whole:
            yield from self._added_whole(feed, whole)

    def _added_whole(self, feed: Feed, entries: Sequence[FeedEntry]) -> Iterator[Progress | Report]:
        """Add entries that lead nowhere: what they say themselves is the document."""
        with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
            places: dict[Path, str] = {}
            described: dict[Path, MetadataOverride] = {}
            for number, one in enumerate(entries):
                file = Path(folder) / f"{number:04}.html"
                file.write_text(_as_page(one), encoding="utf-8")
                places[file] = f"{feed.url}{WITHIN}{_place_name(one.id)}"
                described[file] = MetadataOverride(**asdict(_filling(feed, one)))
            yield from self.add(list(places), described=described, places=places)
        self._note(feed, entries, ADDED)


def _place_name(entry: str) -> str:
    """Return an id as the end of a place; one that is shortened has a mark of the whole."""
    name = re.sub(r"[^\w.-]+", "-", entry)[:120].strip("-")
    if name == entry:
        return name
    mark = hashlib.sha256(entry.encode()).hexdigest()[:8]
    return f"{name}-{mark}" if name else mark


def _as_page(entry: FeedEntry) -> str:
    from html import escape

    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        f"<title>{escape(entry.title)}</title></head><body><article>"
        f"<h1>{escape(entry.title)}</h1>{entry.content}</article></body></html>"
    )


def _filling(feed: Feed, entry: FeedEntry) -> _EntryMetadata:
    return _EntryMetadata(
        entry.title,
        entry.publisher or feed.title,
        entry.published,
        fetched=datetime.now(UTC).date().isoformat(),
    )


__all__ = ["FeedFetching", "FeedReport", "Followed", "follow"]
