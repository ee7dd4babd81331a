"""A model's part of a memo: judgments from the cited passages, drafts until they are taken over."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from html import unescape
from pathlib import Path

import pytest

from assistant.desk import Desk
from assistant.engine import Piece, Task
from assistant.memo.editing import reworded
from assistant.memo.export import exported
from assistant.memo.linting import adopted, faults_of
from assistant.memo.stored import from_json, to_json
from assistant.memo.values import GAP, JUDGMENT, Line, Memo
from assistant.memo.writing import Request, write
from assistant.settings import Settings
from corpus.errors import EngineError, UsageError
from index.ingest import files_below
from tests.memos import line
from ui.markup_memo import memo_html

PORT = """---
title: The port of Lund
publisher: Port Gazette
published: 2026-01-10
---

The port of Lund handled 4,800 ships in 2025, according to its director. The port of Lund belongs to
the Berg family.
"""
GROWS = "Traffic in the port of Lund will likely grow further."


class Judge:
    """Writes the fact where it is asked for facts, and a judgment that does not hold where not."""

    name, place = "scripted:judge", ""

    def __init__(self, *, mends: bool = True, fails: bool = False) -> None:
        self._mends, self._fails = mends, fails
        self.told: list[Sequence[tuple[str, str]]] = []

    def write(self, task: Task) -> Generator[Piece, None, None]:
        if "judgment" not in task.question:
            yield "The port of Lund handled 4,800 ships in 2025, according to its director [1].\n"
        elif self._fails:
            raise EngineError("scripted:judge failed: it went away")
        else:
            yield "With 9,900 ships a year, traffic in the port of Lund will likely grow [1].\n"

    def again(self, task: Task, wrong: Sequence[tuple[str, str]]) -> Generator[Piece, None, None]:
        self.told.append(wrong)
        if not self._mends:
            raise EngineError("scripted:judge failed: it went away")
        yield f"{GROWS[:-1]} [1].\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "port.md").write_text(PORT, encoding="utf-8")
    settings = Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    with Desk(settings) as desk:
        list(desk.add(files_below([tmp_path / "port.md"])))
        yield desk


def memo_of(desk: Desk, engine: Judge) -> Memo:
    desk.engine = engine
    *_, memo = write(desk, Request("The port of Lund", "judgments", today="2026-03-01"))
    return memo


def drafts_of(memo: Memo) -> list[tuple[str, Line]]:
    return [
        (f"{section.key}:{number}", one)
        for section in memo.sections
        for number, one in enumerate(section.lines, start=1)
        if one.draft
    ]


def test_a_judgment_that_does_not_hold_is_written_once_more(desk: Desk) -> None:
    """The model hears what is wrong with it; what then holds stands first in its section."""
    engine = Judge()
    memo = memo_of(desk, engine)
    (where, draft), *_ = drafts_of(memo)
    assert draft.claim.text == GROWS and draft.claim.citations
    assert (draft.role, draft.claim.verdict) == (JUDGMENT, "supported")
    assert where == "key-judgments:1"
    assert "9,900" in engine.told[0][0][0] and "9,900" in engine.told[0][0][1]
    assert {one.where for one in memo.findings if one.rule == "draft-judgment"} == {
        at for at, _ in drafts_of(memo)
    }


def test_what_cannot_be_mended_stands_marked(desk: Desk) -> None:
    """A model that fails at its second try leaves the first one, and says what is wrong."""
    memo = memo_of(desk, Judge(mends=False))
    (_, draft), *_ = drafts_of(memo)
    assert draft.claim.verdict == "unsupported" and "9,900" in str(draft.claim.problems[0].said)


def test_without_a_judgment_the_analyst_is_asked(desk: Desk) -> None:
    """The notice says what happened, the gap what is to be decided."""
    memo = memo_of(desk, Judge(fails=True))
    assert memo.complete and not drafts_of(memo) and "it went away" in memo.notice
    gaps = [one for section in memo.sections for one in section.lines if one.role == GAP]
    assert any("Which judgment" in one.claim.text for one in gaps)


def test_a_draft_is_nobodys_until_it_is_taken_over(desk: Desk) -> None:
    """On the page and in exports it is called a draft; taken over or reworded it is not."""
    memo = memo_of(desk, Judge())
    (where, _), *_ = drafts_of(memo)
    assert "accepted by nobody" in exported(memo, "md").decode()
    assert f'data-act="adopt" data-at="{where}"' in unescape(memo_html(memo, editable=True))
    assert from_json(to_json(memo)) == memo
    mine = adopted(memo, where)
    assert where not in {one for one, _ in drafts_of(mine)}
    assert where not in {one.where for one in mine.findings if one.rule == "draft-judgment"}
    key, _, number = where.rpartition(":")
    said = "Traffic in Lund is very likely to grow."
    changed = reworded(desk, memo, key, int(number), said)
    assert where not in {one for one, _ in drafts_of(changed)}
    with pytest.raises(UsageError, match="no draft"):
        adopted(mine, where)


def test_a_writer_is_told_what_breaks_a_rule() -> None:
    """Likelihood and confidence in one sentence, a term of no scale; nothing where all is well."""
    both = line("We judge with high confidence that it is likely.", 1, role=JUDGMENT)
    assert "two sentences" in faults_of(both, ())
    assert "no term" in faults_of(line("It may well grow.", 1, role=JUDGMENT), ())
    assert faults_of(line("It is likely to grow.", 1, role=JUDGMENT), ()) == ""
