"""Feeds as values: RSS, Atom and JSON Feed, read from bytes that were fetched.

Nothing here asks the network. What is read is bounded in size and number, and XML with entities of
its own is refused: their expansion can fill any memory.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.references.reference import date_of, storable

# Entries that are read of one feed, the first ones: the newest, by custom of all of them.
MOST_ENTRIES = 5_000
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|channel)[\s>]", re.IGNORECASE)
# How far into a file its own element may begin, behind comments and instructions.
_HEAD = 20_000
_PAGE_HEAD = 200_000
_FEED_TYPES = (
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry of a feed.

    `id` tells it from the others of its feed; `link` is where it leads, "" for an entry that is all
    there is; `published` an ISO 8601 date in UTC or as it is stated, "" unknown; `content` its own
    words, HTML.
    """

    id: str
    link: str
    title: str
    published: str
    publisher: str
    content: str


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed: its title, its entries as they stand in it, and whether its XML is damaged."""

    title: str
    entries: tuple[FeedEntry, ...]
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class LinkedFeed:
    """A feed that a web page names."""

    title: str
    url: str


def parse_feed(content: bytes, url: str) -> ParsedFeed:
    """Return the feed that some bytes from `url` hold.

    A damaged one is read as far as it can be. Raises ReadError: "unsupported" for what is no feed,
    "refused" for XML that defines entities, "damaged" where nothing can be read.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _json_feed(content, url)
    if _ENTITY.search(content) or _ENTITY.search(content.replace(b"\0", b"")):
        raise ReadError(
            "refused", tr("{address} defines entities of its own and is not read", address=url)
        )
    head = content[:_HEAD].replace(b"\0", b"")
    if not _FEED.search(head) or re.search(rb"<html[\s>]", head, re.IGNORECASE):
        raise _no_feed(url)
    return _xml_feed(content, url)


def _no_feed(url: str) -> ReadError:
    return ReadError(
        "unsupported", tr("{address} is no feed: no RSS, Atom or JSON Feed", address=url)
    )


def _xml_feed(content: bytes, url: str) -> ParsedFeed:
    import feedparser

    # Bytes in a stream: given an address or a path as text, it would open that.
    damage = ReadError(
        "damaged", tr("{address} cannot be read as a feed; its XML is damaged", address=url)
    )
    try:
        found = feedparser.parse(
            io.BytesIO(content),
            response_headers={"content-location": url, "content-type": "application/xml"},
        )
    except (ValueError, RecursionError) as error:
        # "&#xD800;" is no character.
        raise damage from error
    if not found.get("version") and not found.get("entries"):
        raise damage
    title = _plain(found.feed.get("title", ""))
    entries = tuple(_entries(found.entries[:MOST_ENTRIES], url))
    trouble = found.get("bozo_exception")
    # An encoding that is declared wrongly and was found all the same is no damage.
    damaged = trouble is not None and not isinstance(trouble, feedparser.CharacterEncodingOverride)
    return ParsedFeed(title, entries, damaged)


def _entries(entries: list[Any], url: str) -> Iterator[FeedEntry]:
    for one in entries:
        link = _web_address(one.get("link", ""), url)
        parts = [str(part.get("value") or "") for part in one.get("content", ())]
        content = max([*parts, str(one.get("summary") or "")], key=len)
        title = _plain(one.get("title", ""))
        source = one.get("source") or {}
        key = str(one.get("id") or link or title)
        if not key and not content:
            continue
        yield FeedEntry(
            id=storable(key or _plain(content))[:1_000],
            link=link,
            title=title,
            # Asked for what it lacks, an entry answers with something else, and a warning.
            published=_day(one, "published" if "published" in one else "updated"),
            publisher=_plain(source.get("title", "") or one.get("publisher", "")),
            content=storable(content),
        )


def _day(entry: Any, name: str) -> str:
    """Return the day of a date of an entry, as its publisher states it, whatever the zone."""
    day = date_of(str(entry.get(name) or ""))
    parsed = entry.get(f"{name}_parsed")
    if len(day) < len("2025-01-28") and parsed is not None:
        # In figures whose order only the parser knows.
        day = date_of("-".join(map(str, parsed[:3]))) or day
    return _published(day)


def _published(day: str) -> str:
    """Return a day, today for one to come: a clock that is set wrong."""
    return min(day, datetime.now(UTC).date().isoformat())


def _json_feed(content: bytes, url: str) -> ParsedFeed:
    """Return a JSON Feed (https://www.jsonfeed.org/version/1.1/)."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _no_feed(url) from error
    if not isinstance(found, Mapping) or "jsonfeed.org" not in str(found.get("version")):
        raise _no_feed(url)
    items = found.get("items")
    return ParsedFeed(
        _plain(found.get("title", "")),
        tuple(
            _item(one, url)
            for one in (items if isinstance(items, list) else [])[:MOST_ENTRIES]
            if isinstance(one, Mapping) and (one.get("id") or one.get("url"))
        ),
    )


def _item(one: Mapping[str, Any], url: str) -> FeedEntry:
    def said(name: str) -> str:
        value = one.get(name)
        return storable(value) if isinstance(value, str) else ""

    link = _web_address(said("url") or said("external_url"), url)
    return FeedEntry(
        id=storable(str(one.get("id") or link))[:1_000],
        link=link,
        title=_plain(said("title")),
        published=_published(date_of((said("date_published") or said("date_modified"))[:10])),
        publisher="",
        content=said("content_html") or _as_html(said("content_text") or said("summary")),
    )


def _as_html(text: str) -> str:
    from html import escape

    return "".join(f"<p>{escape(one)}</p>" for one in text.split("\n") if one.strip())


def _web_address(link: Any, url: str) -> str:
    """Return a link as an absolute address of the web; "" for anything else."""
    try:
        found = urljoin(url, str(link or "").strip())
        scheme = urlsplit(found).scheme
    except ValueError:
        return ""
    return storable(found.partition("#")[0]) if link and scheme in ("http", "https") else ""


def _read(parser: HTMLParser, markup: str) -> None:
    # How it refuses "<![x", which browsers pass over.
    with suppress(AssertionError):
        parser.feed(markup)
        parser.close()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep the text between tags."""
        self.parts.append(data)


def _plain(markup: Any) -> str:
    """Return a title without its markup, in one line."""
    text = storable(str(markup or ""))[:2_000]
    if "<" in text or "&" in text:
        parser = _Text()
        _read(parser, text)
        text = storable("".join(parser.parts))
    return " ".join(text.split())[:300]


class _Links(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.base = url
        self.found: list[LinkedFeed] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what links to a feed."""
        said = {name: value or "" for name, value in attrs}
        if tag == "base":
            self.base = _web_address(said.get("href"), self.base) or self.base
        kind = said.get("type", "").partition(";")[0].strip().lower()
        if tag == "link" and "alternate" in said.get("rel", "").lower().split():
            address = _web_address(said.get("href"), self.base)
            if kind in _FEED_TYPES and address:
                self.found.append(LinkedFeed(_plain(said.get("title", "")), address))


def feeds_of_page(content: bytes, url: str) -> list[LinkedFeed]:
    """Return the feeds that a page links to in its head, in its order; feeds of comments last."""
    parser = _Links(url)
    _read(parser, content[:_PAGE_HEAD].decode("utf-8", "replace"))
    once = {one.url: one for one in reversed(parser.found)}
    return sorted(
        reversed(list(once.values())),
        key=lambda one: "comment" in f"{one.title} {one.url}".casefold(),
    )


__all__ = ["MOST_ENTRIES", "FeedEntry", "LinkedFeed", "ParsedFeed", "feeds_of_page", "parse_feed"]
