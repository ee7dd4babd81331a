"""Feeds are read from bytes: RSS, Atom and JSON Feed, whole, damaged or hostile."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from corpus.errors import ReadError
from corpus.feed_parsing import MOST_ENTRIES, feeds_of_page, parse_feed

URL = "https://example.org/news/feed.xml"
RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Port &amp; Gazette</title>
<item><title>A &lt;b&gt;bold&lt;/b&gt; ship</title><link>../ships/1?a=1&amp;b=2#top</link><guid isPermaLink="false">id-1</guid>
<pubDate>Tue, 03 Jun 2025 23:30:00 -0500</pubDate><description>&lt;p&gt;Short.&lt;/p&gt;</description></item>
<item><description>&lt;p&gt;No link, no title.&lt;/p&gt;</description><pubDate>03 Jun 2025</pubDate></item>
<item><title>Hostile</title><link>javascript:alert(1)</link><pubDate>Tue, 03 Jun 2025 10:00:00 XYZ</pubDate></item>
<item><title>Undated</title><link>https://example.org/2</link><pubDate>soon</pubDate></item>
</channel></rss>"""  # noqa: E501
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.org/base/"><title>Atom</title>
<entry><id>urn:1</id><title type="html">&lt;i&gt;Quays&lt;/i&gt;</title><link rel="alternate" href="quays"/>
<updated>2025-06-04T01:00:00+09:00</updated><content type="html">&lt;p&gt;Long words.&lt;/p&gt;</content>
<source><title>Road News</title></source></entry></feed>"""  # noqa: E501
JSON = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "JSON", "items": [
        {"id": 7, "url": "/seven", "title": "Seven", "date_published": "2025-06-03T23:00:00-08:00"},
        {"id": "8", "content_text": "One <two>\nthree"}, "nonsense", {"title": "no id"}]}
)  # fmt: skip


def test_rss_is_read_with_what_it_lacks() -> None:
    """Relative links, dates of any zone, entries without a link, a link that is no address."""
    feed = parse_feed(RSS.encode(), URL)
    assert feed.title == "Port & Gazette" and not feed.damaged
    first, second, third, fourth = feed.entries
    assert (first.id, first.link) == ("id-1", "https://example.org/ships/1?a=1&b=2")
    assert (first.title, first.published) == ("A bold ship", "2025-06-03")
    assert (second.link, second.published) == ("", "2025-06-03") and "No link" in second.content
    assert (third.link, third.published, fourth.published) == ("", "2025-06-03", "")


def test_atom_and_json_feed_are_read() -> None:
    """The base of the links, the source that an entry names, text as paragraphs."""
    (entry,) = parse_feed(ATOM.encode(), URL).entries
    assert (entry.link, entry.title, entry.published) == (
        "https://example.org/base/quays", "Quays", "2025-06-04",
    )  # fmt: skip
    assert entry.publisher == "Road News" and "Long words" in entry.content
    seven, eight = parse_feed(JSON.encode("utf-8-sig"), URL).entries
    assert (seven.id, seven.link, seven.published) == (
        "7", "https://example.org/seven", "2025-06-03",
    )  # fmt: skip
    assert (eight.link, eight.content) == ("", "<p>One &lt;two&gt;</p><p>three</p>")


def test_a_date_ahead_of_time_is_today() -> None:
    """A clock that is set wrong does not make a document the newest for years."""
    ahead = datetime.now(UTC) + timedelta(days=400)
    text = RSS.replace("03 Jun 2025", f"{ahead:%d %b %Y}")
    assert (
        parse_feed(text.encode(), URL).entries[0].published == datetime.now(UTC).date().isoformat()
    )


def test_a_damaged_feed_is_read_as_far_as_it_can_be() -> None:
    """And says so; an encoding that is declared wrongly is no damage."""
    cut = parse_feed(RSS[:-120].encode(), URL)
    assert cut.damaged and len(cut.entries) >= 3
    utf16 = RSS.replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16")
    assert parse_feed(utf16, URL).title == "Port & Gazette"


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + RSS.partition("?>")[2]
BAD = (
    (BOMB.encode(), "refused"),
    (BOMB.encode("utf-16"), "refused"),
    (b"<html><head><title>rss</title></head><rss></html>", "unsupported"),
    (b'{"version": "1", "items": []}', "unsupported"),
    (b"{", "unsupported"),
    (b"%PDF-1.7", "unsupported"),
    (b"", "unsupported"),
)


@pytest.mark.parametrize(("content", "reason"), BAD)
def test_what_is_no_feed_is_refused(content: bytes, reason: str) -> None:
    """Pages, files, and XML that defines entities."""
    with pytest.raises(ReadError) as refused:
        parse_feed(content, URL)
    assert refused.value.reason == reason and "\n" not in str(refused.value)


def test_a_feed_without_end_is_bounded() -> None:
    """The newest five thousand entries are read, in seconds."""
    item = "<item><title>{0}</title><link>/{0}</link><description>word</description></item>"
    text = f'<rss version="2.0"><channel>{"".join(map(item.format, range(6_000)))}</channel></rss>'
    started = time.monotonic()
    assert len(parse_feed(text.encode(), URL).entries) == MOST_ENTRIES
    assert time.monotonic() - started < 60


def test_a_page_names_its_feeds() -> None:
    """Those in its head, relative to its base, feeds of comments last."""
    page = b"""<html><head><base href="https://example.org/a/"><link rel="stylesheet" href="x.css">
    <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
    <link rel='alternate' type='application/atom+xml; charset=utf-8' title='News &amp; more' href='news'>
    <link rel="alternate" hreflang="zh" href="/zh"><link rel="alternate" type="application/rss+xml"
    href="file:///etc/passwd"></head>"""  # noqa: E501
    assert [(one.title, one.url) for one in feeds_of_page(page, URL)] == [
        ("News & more", "https://example.org/a/news"),
        ("Comments", "https://example.org/comments/feed"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        '{"version": "https://jsonfeed.org/version/1", "title": "\\ud800N\\u0000", "items": ['
        '{"id": "\\udfff1", "title": "T\\ud800", "content_text": "x\\udc00"}]}',
        "<rss version='2.0'><channel><title>N</title><item><guid isPermaLink='false'>1</guid>"
        "<title>T&lt;![x</title></item></channel></rss>",
    ],
    ids=["halves of surrogate pairs", "markup that the parser refuses"],
)
def test_what_cannot_be_stored_is_left_out(content: str) -> None:
    """No feed can hand on a text that the record refuses."""
    feed = parse_feed(content.encode(), URL)
    (entry,) = feed.entries
    assert (feed.title, entry.id) == ("N", "1")
    assert entry.title.startswith("T")
    f"{feed}{entry.content}".encode()


def test_signs_that_are_none_end_in_one_line() -> None:
    """A number that is no character is damage, and no failure of ours."""
    content = b'<rss version="2.0"><channel><item><title>x&#xD800;</title></item></channel></rss>'
    with pytest.raises(ReadError, match="damaged") as raised:
        parse_feed(content, URL)
    assert raised.value.reason == "damaged"


def test_a_page_with_addresses_that_are_none_still_names_its_feeds() -> None:
    """A base and links that cannot be parsed are passed over."""
    page = (
        '<base href="http://[x"><link rel=alternate type="application/rss+xml" href="http://[y">'
        '<link rel=alternate type="application/rss+xml" href="/z"> <![x'
    )
    assert [one.url for one in feeds_of_page(page.encode(), URL)] == ["https://example.org/z"]
