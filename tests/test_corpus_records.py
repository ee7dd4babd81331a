"""What is kept beside the documents, the same in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from corpus.access import Asker
from corpus.document import Document, Source
from corpus.errors import RecordUnreachable, UsageError
from corpus.feeds import ADDED, NEW, REFUSED, SeenEntry
from corpus.library import Library
from corpus.references.reference import Reference
from corpus.splitting import split
from index.embedding import HashEmbedder

FEED, MOVED = "https://example.org/feed", "https://example.org/news"
ANN, BOB = Asker("ann"), Asker("bob")
EMBEDDER = HashEmbedder(32)


def entry(name: str, outcome: str) -> SeenEntry:
    return SeenEntry(name, f"https://example.org/{name}", name.title(), "2026-01-02", outcome)


@pytest.fixture
def library(tmp_path: Path, record: str) -> Iterator[Library]:
    """Return an empty library on each record in turn."""
    with closing(Library(tmp_path / "home", record=record)) as opened:
        yield opened


def published(library: Library, text: str) -> str:
    """Publish a document and return its id."""
    whole = Document(Source("A title", f"/{text}.md", "A publisher", "2026-01-02"), text)
    passages = split(whole, EMBEDDER.count)
    vectors = EMBEDDER.embed([one.text for one in passages])
    return library.publish(whole, passages, vectors, embedder=EMBEDDER.name).document


def test_feeds_and_their_entries(library: Library) -> None:
    """Followed once, read, failed, moved with what was seen, and followed no more."""
    feeds = library.feeds
    assert feeds.follow(FEED, "Harbour") and not feeds.follow(FEED, "Other")
    feeds.note(FEED, [entry("a", NEW), entry("b", REFUSED)])
    feeds.note(FEED, iter([entry("a", ADDED)]))
    assert feeds.outcomes(FEED) == {"a": ADDED, "b": REFUSED} and feeds.count(FEED, ADDED) == 1
    assert feeds.known_addresses([entry(one, "").address for one in "abc"]) == {
        entry("a", "").address
    }
    feeds.failed(FEED, "it is away", wait_until="2026-01-03T00:00:00+00:00")
    assert feeds.all()[0].problem == "it is away"
    feeds.succeeded(FEED, title="", etag="e", modified="m")
    (feed,) = feeds.all()
    assert (feed.title, feed.etag, feed.problem, feed.wait_until) == ("Harbour", "e", "", "")
    feeds.follow(MOVED, "New")
    feeds.note(MOVED, [entry("b", ADDED)])
    feeds.moved(FEED, MOVED)
    assert [one.url for one in feeds.all()] == [MOVED]
    assert feeds.outcomes(MOVED) == {"a": ADDED, "b": ADDED}
    assert feeds.remove(MOVED) and not feeds.remove(MOVED)
    # It was taken out while its entries were being fetched.
    feeds.note(MOVED, [entry("c", ADDED)])
    assert feeds.outcomes(MOVED) == {} and feeds.all() == []


def test_looks_references_and_the_audit_trail(library: Library) -> None:
    """What was noted last holds, and of the audit trail every line."""
    library.looks.note(3, "ann")
    library.looks.note(5, "ann")
    look = library.looks.last("ann")
    assert look is not None and look.generation == 5 and library.looks.last("bob") is None
    library.bibliography.note({"/a.md": Reference(title="Old"), "/b.md": Reference(title="B")})
    library.bibliography.note({"/a.md": Reference(title="New")})
    titles = {place: one.title for place, one in library.bibliography.all().items()}
    assert titles == {"/a.md": "New", "/b.md": "B"}
    for number in range(3):
        library.audit.note("ann" if number else "bob", "asked", f"q{number}", cites=["a", "\0"])
    assert [one.subject for one in library.audit.lines(limit=2)] == ["q1", "q2"]
    (line,) = library.audit.lines(who="bob")
    assert line.detail == {"cites": ["a", "\0"]} and library.audit.lines(since=line.at)[0] == line


def test_collections_bound_what_is_read(library: Library) -> None:
    """Made, given readers, filled; and refused with everything left as it was."""
    collections = library.collections
    secret, open_to_all = published(library, "secret"), published(library, "open")
    collections.make("Plans")
    collections.allow("Plans", "user:ann", "reader")
    collections.allow("Plans", "user:ann", "editor")
    collections.add("Plans", [secret])
    changes = collections.changes
    assert changes == 4
    assert collections.readable(ANN) == {secret, open_to_all}
    assert collections.readable(BOB) == {open_to_all}
    assert collections.editable_by(ANN) == ["Plans"] and not collections.may_open(BOB, "Plans")
    for refused in (
        lambda: collections.make("Plans"),
        lambda: collections.delete("Plans"),
        lambda: collections.remove("Plans", [secret]),
        lambda: collections.forbid("Plans", "user:bob"),
        lambda: collections.add("None", [secret]),
    ):
        with pytest.raises(UsageError):
            refused()
    assert collections.changes == changes and collections.readable(BOB) == {open_to_all}
    collections.remove("Plans", [secret], to_everyone=True)
    collections.forbid("Plans", "user:ann")
    collections.delete("Plans")
    assert collections.all() == [] and collections.readable(BOB) == {secret, open_to_all}


@pytest.mark.process
def test_each_is_done_once_where_the_connection_breaks(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the server has heard of the change's end, and after."""
    from corpus.postgresql_statements import Session

    commit = Session.commit
    with closing(Library(tmp_path / "home", record=database)) as library:
        library.collections.make("Plans")
        library.feeds.follow(FEED, "Harbour")
        for heard in (False, True):
            broken: list[bool] = []

            def breaking(
                session: Session, heard: bool = heard, broken: list[bool] = broken
            ) -> None:
                if heard or broken:
                    commit(session)
                if not broken:
                    broken.append(True)
                    raise RecordUnreachable("gone")

            address = f"{MOVED}/{heard}"
            for change in (
                lambda: library.audit.note("ann", "asked", "q"),
                lambda: library.feeds.note(FEED, iter([entry(f"a {heard}", NEW)])),  # noqa: B023
                lambda: library.looks.note(1),
                lambda: library.bibliography.note({"/a.md": Reference(title="A")}),
                lambda: library.collections.allow("Plans", "user:ann", "reader"),
                lambda: library.feeds.follow(address, "Other"),  # noqa: B023
            ):
                broken.clear()
                monkeypatch.setattr(Session, "commit", breaking)
                assert change() is not False and broken
                monkeypatch.setattr(Session, "commit", commit)
        assert len(library.audit.lines()) == 2 and library.feeds.count(FEED, NEW) == 2
        assert library.collections.changes == 3 and len(library.feeds.all()) == 3
