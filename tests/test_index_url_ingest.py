"""Web addresses go into the library like files, under the address they were found at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.addresses import Policy
from corpus.public_documents import PublicDocument
from index.ingest import Progress, Report
from index.url_ingest import is_address
from tests.papers import site_of
from ui.cli import cli

PAGES = {
    "/lund": "<html><head><title>The harbour of Lund</title></head><body><article><h1>Lund</h1>"
    "<p>The harbour of Lund handled 4,800 ships in 2023, the Gazette says.</p></article></body>",
    "/malmo": "<html><head><title>Malmo</title></head><body><p>The harbour of Malmo handled 300 "
    "ships in 2023, and its director is Berg.</p></body>",
}


@pytest.fixture
def site() -> Iterator[str]:
    with site_of(PAGES, {"/moved": "/lund"}) as address:
        yield address


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(
        Settings(home=tmp_path, embedder="hash"), addresses=Policy(loopback=True)
    ) as opened:
        yield opened


def report(steps: Iterator[Progress | Report]) -> Report:
    *_, last = steps
    assert isinstance(last, Report)
    return last


def test_pages_go_in_and_a_bad_address_is_named(workspace: Workspace, site: str) -> None:
    """The rest is added; the place is where the page was found in the end."""
    wanted = [f"{site}/moved", f"{site}/gone", f"{site}/malmo", f"{site}/lund"]
    steps = list(workspace.add_addresses(wanted))
    notes = [one.note for one in steps if isinstance(one, Progress) and one.stage == "fetching"]
    assert notes == wanted
    done = report(iter(steps))
    assert done.added == (f"{site}/lund", f"{site}/malmo")
    assert [(one.path, one.reason) for one in done.refused] == [(f"{site}/gone", "missing")]
    sources = {one.source.location: one.source for one in workspace.library.entries()}
    assert sources[f"{site}/lund"].title == "Lund"
    (found, *_) = workspace.retriever.search("How many ships at Lund?")
    assert "4,800" in found.passage.text and found.source.location == f"{site}/lund"


def test_fetching_again_changes_what_changed(
    workspace: Workspace, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page is unchanged, another text at the same address replaces it."""
    assert report(workspace.add_addresses([f"{site}/lund"])).added
    assert report(workspace.add_addresses([f"{site}/lund"])).unchanged == (f"{site}/lund",)
    monkeypatch.setitem(PAGES, "/lund", PAGES["/lund"].replace("4,800", "4,900"))
    assert report(workspace.add_addresses([f"{site}/lund"])).replaced == (f"{site}/lund",)
    (entry,) = workspace.library.entries()
    assert "4,900" in workspace.library.document(entry.id).text


def test_the_day_of_fetching_is_kept_and_another_day_is_no_change(
    workspace: Workspace, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first day stands, though the page's bytes differ the next time."""

    class Later(date):
        @classmethod
        def today(cls) -> Later:
            return cls(2031, 5, 4)

    first = date.today().isoformat()
    assert report(workspace.add_addresses([f"{site}/lund"])).added
    monkeypatch.setitem(PAGES, "/lund", PAGES["/lund"] + "<!-- served anew -->")
    monkeypatch.setattr("index.url_ingest.date", Later)
    assert report(workspace.add_addresses([f"{site}/lund"])).unchanged == (f"{site}/lund",)
    (entry,) = workspace.library.entries()
    assert entry.source.fetched == first
    assert report(workspace.add_addresses([f"{site}/malmo"])).added
    assert {one.source.fetched for one in workspace.library.entries()} == {first, "2031-05-04"}


def test_a_listed_document_has_what_the_list_says_of_it(workspace: Workspace, site: str) -> None:
    """Title, publisher and date of the curated list go before what the page says."""
    listed = PublicDocument(f"{site}/malmo", "Ships of Malmo", "Port", "2024-02", "deepseek")
    assert report(workspace.add_public([listed])).added == (f"{site}/malmo",)
    (entry,) = workspace.library.entries()
    assert (entry.source.title, entry.source.publisher, entry.source.published) == (
        "Ships of Malmo",
        "Port",
        "2024-02",
    )


def test_the_commands_refuse_this_machine_and_list_what_they_would_fetch(tmp_path: Path) -> None:
    """No option opens it; without a network every address is named and the exit code is 1."""
    at = ["--home", str(tmp_path)]
    run = CliRunner().invoke(cli, [*at, "add", "http://127.0.0.1/x"])
    assert run.exit_code == 1 and "not on the public internet" in " ".join(run.output.split())
    listed = CliRunner().invoke(cli, [*at, "fetch", "--list", "--theme", "export-policy"])
    assert listed.exit_code == 0 and "Federal Register" in listed.output
    assert "arxiv" not in listed.output
    everything = CliRunner().invoke(cli, [*at, "fetch", "--list"])
    assert "arxiv" in everything.output
    offline = CliRunner().invoke(cli, [*at, "fetch", "--theme", "landscape"])
    assert offline.exit_code == 1 and "check the address, or your connection" in offline.output
    wrong = CliRunner().invoke(cli, [*at, "fetch", "--theme", "birds"])
    assert wrong.exit_code != 0 and "there is no theme" in str(wrong.exception)


def test_an_address_is_told_from_a_path() -> None:
    """However it is written."""
    assert is_address("HTTPS://example.org/a") and is_address(" http://x")
    assert not is_address("reports/http.md") and not is_address("C:/a.pdf")
