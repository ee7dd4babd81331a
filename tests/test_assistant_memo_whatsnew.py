"""What came since a reader looked: a brief that cites, counts once, and forgets nothing unseen."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from assistant.memo.mail import mail_of
from assistant.memo.memo_review import count_exact_quotations
from assistant.memo.values import Memo
from assistant.memo.whatsnew import counts_news, whats_new
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.catalogue import LibraryNews
from corpus.looks import Look
from tests.commands import briefing_here
from tests.memos import MEMO

RULE = """---
title: The Harbour Dues Rule
publisher: Port Authority
published: 2025-01-15
---

The Harbour Dues Rule sets a toll of 40 dollars for each ship. It holds for 120 harbours.
"""
END = """---
title: Port Authority announces the end of tolls
publisher: Port Gazette
published: 2025-05-13
---

The Port Authority rescinded the Harbour Dues Rule on 13 May 2025. Ships pay nothing, it says.
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "rule.md").write_text(RULE)
    with Workspace(Settings(home=tmp_path / "home", embedder="hash")) as opened:
        list(opened.add([tmp_path / "rule.md"]))
        yield opened


def seen_now(workspace: Workspace) -> Look:
    workspace.library.looks.note(workspace.library.generation)
    return last_look(workspace)


def last_look(workspace: Workspace) -> Look:
    look = workspace.library.looks.last()
    assert look is not None
    return look


def brief(workspace: Workspace, look: Look, language: str = "en") -> dict[str, list[str]]:
    *_, memo = whats_new(workspace, seen=look, language=language)
    assert isinstance(memo, Memo) and memo.complete
    assert count_exact_quotations(workspace, memo) == len(memo.citations)
    return {one.key: [line.claim.text for line in one.lines] for one in memo.sections}


def test_only_what_came_since_is_told(workspace: Workspace, tmp_path: Path) -> None:
    """With what it changes of what was there; a change of metadata is no news."""
    look = seen_now(workspace)
    assert counts_news(workspace, look) == 0
    (entry,) = workspace.library.entries()
    workspace.update_source(entry.id, publisher="Authority of the Port")
    assert list(brief(workspace, look)) == ["new"]
    (tmp_path / "end.md").write_text(END)
    list(workspace.add([tmp_path / "end.md"]))
    assert counts_news(workspace, look) == 1
    told = brief(workspace, look)
    assert told["summary"] == ["One document came in.", "From: Port Gazette (1)."]
    sentence, bears = told["changes"]
    assert sentence.startswith("The Port Authority rescinded")
    assert bears == "This bears on: The Harbour Dues Rule (2025-01-15)."
    rest = [text for key, lines in told.items() if key not in ("summary", "changes")
            for text in lines]  # fmt: skip
    # What was told as a change is not told again.
    assert rest == ["Ships pay nothing, it says."]
    assert list(brief(workspace, seen_now(workspace))) == ["new"]


def test_what_comes_in_meanwhile_is_new_the_next_time(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The brief marks what it looked at, and not what another process added since."""
    look = seen_now(workspace)
    (tmp_path / "end.md").write_text(END)
    news = workspace.library.news

    def slow(generation: int) -> LibraryNews:
        found = news(generation)
        list(workspace.add([tmp_path / "end.md"]))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(workspace.library, "news", slow)
        *_, memo = whats_new(workspace, seen=look)
    workspace.library.looks.note(memo.library["generation"])
    assert len(brief(workspace, last_look(workspace))) > 1


def test_new_versions_and_removals_are_told(workspace: Workspace, tmp_path: Path) -> None:
    """A version by what it says now and did not; a replaced one counts once."""
    look = seen_now(workspace)
    (tmp_path / "rule.md").write_text(RULE.replace("40 dollars", "45 dollars"))
    list(workspace.add([tmp_path / "rule.md"]))
    (tmp_path / "rule.md").write_text(RULE.replace("40 dollars", "50 dollars"))
    list(workspace.add([tmp_path / "rule.md"]))
    told = brief(workspace, look)
    assert told["summary"] == ["New versions: The Harbour Dues Rule."]
    assert told["changes"][1:] == ["The Harbour Dues Rule sets a toll of 50 dollars for each ship."]
    assert counts_news(workspace, look) == 1
    (entry,) = workspace.library.entries()
    look = seen_now(workspace)
    workspace.remove(entry.id)
    assert brief(workspace, look)["summary"] == ["No longer there: The Harbour Dues Rule."]
    workspace.restore(entry.id)
    assert list(brief(workspace, look)) == ["new"]


def test_a_brief_speaks_the_readers_language(workspace: Workspace, tmp_path: Path) -> None:
    """Its headings and notes; what is quoted stays."""
    look = seen_now(workspace)
    (tmp_path / "end.md").write_text(END)
    list(workspace.add([tmp_path / "end.md"]))
    told = brief(workspace, look, "zh")
    assert told["summary"][0] == "新增 1 份文档。" and told["changes"][1].startswith("这涉及：")


def test_a_mail_file_is_one_that_mail_programs_read() -> None:
    """Text and HTML, subject and date, to nobody yet; parsed again without a defect."""
    now = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    found = email.message_from_bytes(mail_of(MEMO, now=now), policy=policy.default)
    assert not found.defects and not any(part.defects for part in found.walk())
    assert found["subject"] == MEMO.title and found["to"] is None
    assert parsedate_to_datetime(found["date"]) == now and found["message-id"]
    text, html = (found.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None and html is not None
    assert "4,800 ships" in text.get_content() and "<html" in html.get_content()
    assert all(len(line) <= 998 for line in mail_of(MEMO).split(b"\r\n"))


def test_the_command_marks_what_it_wrote(workspace: Workspace, tmp_path: Path) -> None:
    """Not with --keep or --since, not what could not be written; nothing new is exit code 3."""
    at = {"BRIEFING_HOME": str(workspace.settings.home), "BRIEFING_EMBEDDER": "hash"}

    def briefing(*words: str) -> int:
        return briefing_here("whatsnew", *words, cwd=tmp_path, environment=at).returncode

    looks = workspace.library.looks
    assert briefing("--keep") == briefing("--since", "2020-01-01") == 0 and looks.last() is None
    assert briefing("-o", "nowhere/a.eml") == 2 and briefing("-o", "a.odt") == 2
    (tmp_path / "folder.eml").mkdir()
    assert briefing("-o", "folder.eml") == 2 and looks.last() is None
    for name in ("brief.eml", "brief.docx", "brief.bib"):
        assert briefing("--keep", "-o", name) == 0 and (tmp_path / name).stat().st_size > 100
    assert briefing("-o", "brief.html") == 0 and looks.last() is not None
    assert briefing("-o", "again.eml") == 3 and not (tmp_path / "again.eml").exists()
    assert briefing("-o", "again.eml", "--since", "2999") == 3
    assert not (tmp_path / "again.eml").exists()
    workspace.remove(workspace.library.entries()[0].id)
    assert briefing("-o", "again.eml") == 0
    assert b"No longer there: The Harbour Dues Rule" in (tmp_path / "again.eml").read_bytes()
