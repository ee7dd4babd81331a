"""Feeds that are followed bring what is new, each entry once, whatever their servers do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.addresses import Policy
from corpus.errors import ReadError
from index.feed_ingest import FeedReport
from ui.cli import cli

LOCAL = Policy(loopback=True)


@dataclass
class Answer:
    """What a path is answered with."""

    body: str = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Publisher:
    """A site on loopback: its pages by path, and what it was asked, with which headers."""

    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    address: str = ""

    def asked_for(self, path: str) -> int:
        return sum(one == path for one, _ in self.asked)

    def feed(
        self, *items: str, title: str = "Port Gazette", path: str = "/feed", **headers: str
    ) -> str:
        """Publish a feed of items, and return its address."""
        text = f'<rss version="2.0"><channel><title>{title}</title>{"".join(items)}</channel></rss>'
        marked = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Answer(text, kind="application/rss+xml", headers=marked)
        return f"{self.address}{path}"


def item(number: int, *, day: int = 1, link: str = "", text: str = "") -> str:
    place = f"<link>{link or f'/page/{number}'}</link>" if link != "none" else ""
    return (
        f"<item><title>Ship {number} arrives</title>{place}"
        f"<guid isPermaLink='false'>g{number}</guid>"
        f"<pubDate>{day:02} Jun 2025 10:00:00 GMT</pubDate><description>{text}</description></item>"
    )


def page_of(number: int) -> Answer:
    return Answer(
        f"<html><body><article><p>Ship number {number} came to Lund with {number}00 tons of grain, "
        "the harbour master says.</p></article></body></html>"
    )


@pytest.fixture
def site() -> Iterator[Publisher]:
    publisher = Publisher({f"/page/{number}": page_of(number) for number in range(60)})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append((self.path, dict(self.headers)))
            found = publisher.pages.get(self.path, Answer(status=404))
            known = self.headers.get("if-none-match")
            status = 304 if known and known == found.headers.get("etag") else found.status
            self.send_response(status)
            for name, value in {"content-type": found.kind, **found.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if status != 304:
                self.wfile.write(found.body.encode())

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    publisher.address = f"http://127.0.0.1:{server.server_port}"
    yield publisher
    server.shutdown()
    server.server_close()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(Settings(home=tmp_path, embedder="hash"), addresses=LOCAL) as opened:
        yield opened


def brought(workspace: Workspace, first: int | None = 20) -> list[FeedReport]:
    steps = workspace.add_feeds(workspace.library.feeds.all(), first=first)
    return [one for one in steps if isinstance(one, FeedReport)]


def test_what_is_new_comes_once_with_what_its_entry_says(
    workspace: Workspace, site: Publisher
) -> None:
    """At first the newest; then what is new; title, day and publisher where the page has none."""
    followed = workspace.follow(site.feed(*(item(one, day=one) for one in range(1, 6))))
    assert followed.new and followed.feed.title == "Port Gazette"
    (report,) = brought(workspace, first=2)
    assert (report.added, report.passed) == (2, 3)
    found = {one.source.title: one.source for one in workspace.library.entries()}
    assert set(found) == {"Ship 5 arrives", "Ship 4 arrives"}
    assert found["Ship 5 arrives"].published == "2025-06-05"
    assert found["Ship 5 arrives"].publisher == "Port Gazette" and found["Ship 5 arrives"].fetched
    site.feed(item(6, day=6), *(item(one, day=one) for one in range(1, 6)))
    (report,) = brought(workspace)
    assert report.added == 1 and len(workspace.library.entries()) == 3
    assert brought(workspace)[0].added == 0 and site.asked_for("/page/6") == 1
    assert not workspace.follow(f"{site.address}/feed").new


def test_what_was_passed_over_stays_so(workspace: Workspace, site: Publisher) -> None:
    """Also where the feed names the same page twice."""
    twin = item(1, day=1).replace(">g1<", ">twin<")
    workspace.follow(site.feed(item(2, day=2), item(1, day=1), twin))
    assert [(one.added, one.passed) for one in brought(workspace, first=1)] == [(1, 1)]
    assert brought(workspace)[0].added == 0 and site.asked_for("/page/1") == 0


def test_entries_with_ids_alike_are_two_documents(workspace: Workspace, site: Publisher) -> None:
    """Their ids differ in signs that no place holds, or behind what is shown of them."""
    words = "&lt;p&gt;The quay of {} is closed until June, its master says.&lt;/p&gt;"
    ids = ("tag:a/1", "tag:a-1", f"{'x' * 130}1", f"{'x' * 130}2")
    items = [
        item(1, link="none", text=words.format(f"Lund {number}")).replace(">g1<", f">{one}<")
        for number, one in enumerate(ids)
    ]
    workspace.follow(site.feed(*items))
    assert brought(workspace)[0].added == 4 and len(workspace.library.entries()) == 4


def test_a_page_says_more_than_its_entry(workspace: Workspace, site: Publisher) -> None:
    """What the page states itself stands."""
    site.pages["/page/1"] = Answer(
        "<html><head><title>The grain ship</title>"
        "<meta property='og:site_name' content='Lund Post'>"
        "<meta property='article:published_time' content='2025-05-30'></head>"
        + page_of(1).body[6:]
    )  # fmt: skip
    workspace.follow(site.feed(item(1)))
    brought(workspace)
    (entry,) = workspace.library.entries()
    assert (entry.source.title, entry.source.publisher, entry.source.published) == (
        "The grain ship", "Lund Post", "2025-05-30",
    )  # fmt: skip


def test_a_server_is_asked_only_what_has_changed(workspace: Workspace, site: Publisher) -> None:
    """Its marks come back with the next request; an answer "not modified" has no entries."""
    site.feed(item(1), etag='"one"', last_modified="Sun, 01 Jun 2025 10:00:00 GMT")
    workspace.follow(f"{site.address}/feed")
    brought(workspace)
    (report,) = brought(workspace)
    assert report.added == 0 and not report.problem
    last = site.asked[-1][1]
    assert last["if-none-match"] == '"one"'
    assert last["if-modified-since"] == "Sun, 01 Jun 2025 10:00:00 GMT"


def test_a_feed_that_fails_is_kept_and_stops_no_other(
    workspace: Workspace, site: Publisher
) -> None:
    """Moved for ever, gone, busy, broken: each is told, and none is forgotten."""
    for name in ("moved", "gone", "busy", "broken", "fine"):
        workspace.follow(site.feed(item(1), title=name.title(), path=f"/{name}"))
    site.feed(item(2), title="Moved", path="/new")
    site.pages["/moved"] = Answer(status=301, headers={"location": "/new"})
    site.pages["/gone"] = Answer(status=410)
    site.pages["/busy"] = Answer(status=429, headers={"retry-after": "3600"})
    site.pages["/broken"] = Answer("<rss", kind="application/rss+xml")
    reports = {one.feed.title: one for one in brought(workspace)}
    assert reports["Fine"].added + reports["Moved"].added == 2
    assert "gone for good" in reports["Gone"].problem and "3600" in reports["Busy"].problem
    assert "is no feed" in reports["Broken"].problem
    asked = site.asked_for("/busy"), site.asked_for("/gone")
    again = {one.feed.title: one for one in brought(workspace)}
    assert (site.asked_for("/busy"), site.asked_for("/gone")) == asked
    assert again["Busy"].problem and again["Gone"].problem and not again["Fine"].problem
    urls = {one.url for one in workspace.library.feeds.all()}
    assert f"{site.address}/new" in urls and f"{site.address}/moved" not in urls
    assert len(urls) == 5


def test_an_entry_without_a_page_is_its_own_document(workspace: Workspace, site: Publisher) -> None:
    """Its words become the text, below the address of the feed."""
    words = "&lt;p&gt;The quay of Lund is closed until June, its master says.&lt;/p&gt;"
    workspace.follow(
        site.feed(item(1, link="none", text=words), item(2, link="javascript:x", text=words[:60]))
    )
    (report,) = brought(workspace)
    assert report.added == 2
    entry = next(one for one in workspace.library.entries() if one.source.title == "Ship 1 arrives")
    assert entry.source.location == f"{site.address}/feed#g1"
    assert "closed until June" in workspace.library.document(entry.id).text
    assert brought(workspace)[0].added == 0


def test_what_could_not_be_read_is_tried_again_if_that_helps(
    workspace: Workspace, site: Publisher
) -> None:
    """A page that is away now may come; one that is missing, or refused, is not asked again."""
    site.pages["/page/1"] = Answer(status=503)
    site.pages["/page/2"] = Answer(status=404)
    site.pages["/private"] = page_of(1)
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /private", kind="text/plain")
    inward = item(4, link="http://192.168.0.1/x")
    workspace.follow(site.feed(item(1), item(2), item(3, link="/private"), inward, etag='"1"'))
    (report,) = brought(workspace)
    reasons = {one.path.rpartition("/")[2]: one.reason for one in report.reports[0].refused}
    assert reasons == {"1": "unreachable", "2": "missing", "private": "refused", "x": "refused"}
    assert report.waiting == 1
    site.pages["/page/1"] = page_of(1)
    (report,) = brought(workspace)
    assert (report.added, report.waiting) == (1, 0) and site.asked_for("/page/2") == 1
    assert site.asked_for("/private") == 0


def test_two_feeds_with_one_page_bring_it_once(workspace: Workspace, site: Publisher) -> None:
    """Also where a page was added by hand before."""
    list(workspace.add_addresses([f"{site.address}/page/1"]))
    workspace.follow(site.feed(item(1), item(2), path="/one"))
    workspace.follow(site.feed(item(1), item(2), item(2), path="/two"))
    assert sum(one.added for one in brought(workspace)) == 1
    assert (site.asked_for("/page/1"), site.asked_for("/page/2")) == (1, 1)


def test_a_host_is_left_its_time(tmp_path: Path, site: Publisher) -> None:
    """A pause between two pages of it; one that is busy is not asked for the next."""
    site.pages["/page/3"] = Answer(status=503, headers={"retry-after": "60"})
    with Workspace(
        Settings(home=tmp_path, embedder="hash"), addresses=replace(LOCAL, pace=0.3)
    ) as workspace:
        workspace.follow(site.feed(*(item(one, day=9 - one) for one in range(1, 6))))
        started = time.monotonic()
        (report,) = brought(workspace)
    assert time.monotonic() - started >= 0.6
    assert report.added == 2 and report.waiting == 3
    assert site.asked_for("/page/4") == site.asked_for("/page/5") == 0


def test_a_page_leads_to_its_feed(workspace: Workspace, site: Publisher) -> None:
    """The page and its other feeds are named; a page without one is no feed."""
    site.feed(item(1))
    link = "<link rel='alternate' type='application/rss+xml' href='{}' title='{}'>"
    site.pages["/home"] = Answer(
        f"<html><head>{link.format('/feed', 'News')}{link.format('/all', 'All')}</head></html>"
    )
    followed = workspace.follow(f"{site.address}/home")
    assert followed.feed.url == f"{site.address}/feed" and followed.page == f"{site.address}/home"
    assert [one.url for one in followed.others] == [f"{site.address}/all"]
    for path in ("/page/1", "/nothing"):
        with pytest.raises(ReadError):
            workspace.follow(f"{site.address}{path}")
    assert len(workspace.library.feeds.all()) == 1


def test_the_commands_list_remove_and_refuse_this_machine(
    workspace: Workspace, site: Publisher
) -> None:
    """A feed on a private address is not followed, by no option."""
    at = ["--home", str(workspace.settings.home)]
    run = CliRunner()
    assert "No feed is followed" in run.invoke(cli, [*at, "follow", "--list"]).output
    refused = run.invoke(cli, [*at, "follow", site.feed(item(1))])
    assert refused.exit_code == 1 and "not fetched" in " ".join(refused.output.split())
    workspace.follow(f"{site.address}/feed")
    assert "Port Gazette" in run.invoke(cli, [*at, "follow", "--list"]).output
    failed = run.invoke(cli, [*at, "fetch"])
    assert failed.exit_code == 1 and "not fetched" in " ".join(failed.output.split())
    assert run.invoke(cli, [*at, "follow", "--remove", "Port Gazette"]).exit_code == 0
    assert not workspace.library.feeds.all()
    assert run.invoke(cli, [*at, "follow", "--remove", "x"]).exit_code != 0
    assert run.invoke(cli, [*at, "follow"]).exit_code != 0
