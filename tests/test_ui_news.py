"""The line on the library page says what came since an earlier day, and leads to the brief."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.serving import serving
from tests.browser import GRADIO_WARNS, browser_test
from tests.test_assistant_memo_writing import PORT, ROAD
from tests.test_ui_memo import Office
from tests.test_ui_page import EXAMPLES, chromium, page
from ui.memo_view import memo_html
from ui.page_news import news_html, start_news

__all__ = ["chromium", "page"]

pytestmark = GRADIO_WARNS


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A library that a reader looked at the day before yesterday, and a document since then."""
    for name, text in (("port.md", PORT), ("road.md", ROAD)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Workspace(Settings(home=tmp_path / "home", embedder="hash")) as workspace:
        list(workspace.add([tmp_path / "port.md"]))
        looked(workspace, 2)
        list(workspace.add([tmp_path / "road.md"]))
        yield Office(workspace)


def looked(workspace: Workspace, days: int) -> None:
    """Note a look of some days ago."""
    workspace.library.looks.note(workspace.library.generation)
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    statement = "UPDATE looks SET at = ?"
    workspace.library.connections.write(lambda connection: connection.execute(statement, (at,)))


def test_the_line_is_there_only_when_something_came(office: Office) -> None:
    """Not at the first visit, not on the day of the look, not without news; in both languages."""
    workspace = office.workspace()
    day = (datetime.now().astimezone() - timedelta(days=2)).strftime("%A")
    assert f"One document since {day}" in news_html(office, "en")
    assert "以来新增 1 份文档" in news_html(office, "zh") and "what changed" not in news_html(
        office, "zh"
    )
    workspace.library.looks.note(0)
    assert news_html(office, "en") == ""
    looked(workspace, 9)
    assert news_html(office, "en") == ""


def test_the_brief_is_kept_as_a_memo_and_the_line_goes(office: Office) -> None:
    """It is written behind the page; once it is whole the reader has looked."""
    workspace = office.workspace()
    job = start_news(office, "en")
    assert job is not None
    *_, editor = job.watch()
    assert editor.memo is not None and editor.memo.complete and not editor.message
    assert {one.source.title for one in editor.memo.citations} == {"Roads to the port of Lund"}
    shown = memo_html(editor, "en")
    assert "closed on 3 February 2026" in shown
    assert workspace.memos.load(editor.name) == editor.memo
    look = workspace.library.looks.last()
    assert look is not None and look.generation == workspace.library.generation
    assert news_html(office, "en") == ""


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    with serving(office, EXAMPLES, 17960) as served:
        yield served


@browser_test
def test_the_line_opens_the_brief(address: str, page: Any) -> None:
    """One press leads from the library to the memo page, with the brief on it."""
    page.goto(address)
    page.get_by_role("tab", name="Library").click()
    page.locator("#library-news button").click()
    page.locator("#memo article").get_by_text("closed on 3 February 2026").first.wait_for()
    page.get_by_role("tab", name="Library").click()
    page.locator("#library-news button").wait_for(state="hidden")
