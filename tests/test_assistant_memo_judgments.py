"""A model's part of a memo: judgments from the cited passages, drafts until they are taken over."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from html import unescape
from pathlib import Path

import pytest

from assistant.engine import Piece, Task
from assistant.memo.editing import with_line_reworded
from assistant.memo.export import exported
from assistant.memo.lint import accepted, adopted, faults_of
from assistant.memo.memo_json import from_json, to_json
from assistant.memo.request import Request
from assistant.memo.values import GAP, JUDGMENT, Line, Memo
from assistant.memo.writing import write
from assistant.models.clients import OpenAIServer
from assistant.models.model_engine import ModelEngine
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import EngineError, UsageError
from index.folder_walk import files_below
from tests.memos import line
from tests.servers import ModelServer
from tests.test_assistant_memo_writing import PORT
from ui.memo_editor import MemoEditor
from ui.memo_view import memo_html

FACT = "The port of Lund handled 4,800 ships in 2025, according to its director [1].\n"
GROWS = "Traffic in the port of Lund will likely grow further."


class Judge:
    """Writes the fact where it is asked for facts, and a judgment that does not hold where not."""

    name, host = "scripted:judge", ""

    def __init__(self, *, mends: bool = True, fails: bool = False) -> None:
        self._mends, self._fails = mends, fails
        self.told: list[Sequence[tuple[str, str]]] = []

    def write(self, task: Task) -> Generator[Piece, None, None]:
        if "own judgment" not in task.question:
            yield FACT
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
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "port.md").write_text(PORT, encoding="utf-8")
    settings = Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    with Workspace(settings) as workspace:
        list(workspace.add(files_below([tmp_path / "port.md"])))
        yield workspace


def memo_of(workspace: Workspace, engine: Judge) -> Memo:
    workspace.engine = engine
    *_, memo = write(workspace, Request("The port of Lund", "judgments", today="2026-03-01"))
    return memo


def drafts_of(memo: Memo) -> list[tuple[str, Line]]:
    return [
        (f"{section.key}:{number}", one)
        for section in memo.sections
        for number, one in enumerate(section.lines, start=1)
        if one.draft
    ]


def test_a_judgment_that_does_not_hold_is_written_once_more(workspace: Workspace) -> None:
    """The model hears what is wrong with it; what then holds stands first in its section."""
    engine = Judge()
    memo = memo_of(workspace, engine)
    (where, draft), *_ = drafts_of(memo)
    assert draft.claim.text == GROWS and draft.claim.citations
    assert (draft.role, draft.claim.verdict) == (JUDGMENT, "supported")
    assert where == "key-judgments:1"
    assert "9,900" in engine.told[0][0][0] and "9,900" in engine.told[0][0][1]
    assert {one.where for one in memo.findings if one.rule == "draft-judgment"} == {
        at for at, _ in drafts_of(memo)
    }


def test_what_cannot_be_mended_stands_marked(workspace: Workspace) -> None:
    """A model that fails at its second try leaves the first one, and says what is wrong."""
    memo = memo_of(workspace, Judge(mends=False))
    (_, draft), *_ = drafts_of(memo)
    assert draft.claim.verdict == "unsupported" and "9,900" in str(draft.claim.problems[0].said)


def test_without_a_judgment_the_analyst_is_asked(workspace: Workspace) -> None:
    """The notice says what happened, the gap what is to be decided."""
    memo = memo_of(workspace, Judge(fails=True))
    assert memo.complete and not drafts_of(memo) and "it went away" in memo.notice
    gaps = [one for section in memo.sections for one in section.lines if one.role == GAP]
    assert any("Which judgment" in one.claim.text for one in gaps)


def test_a_draft_is_nobodys_until_it_is_taken_over(workspace: Workspace) -> None:
    """On the page and in exports it is called a draft; taken over or reworded it is not."""
    memo = memo_of(workspace, Judge())
    (where, _), *_ = drafts_of(memo)
    assert "not yet accepted" in exported(memo, "md").decode()
    assert f'data-act="adopt" data-at="{where}"' in unescape(memo_html(MemoEditor(memo)))
    assert from_json(to_json(memo)) == memo
    mine = adopted(memo, where)
    assert where not in {one for one, _ in drafts_of(mine)}
    assert where not in {one.where for one in mine.findings if one.rule == "draft-judgment"}
    key, _, number = where.rpartition(":")
    said = "Traffic in Lund is very likely to grow."
    changed = with_line_reworded(workspace, memo, key, int(number), said)
    assert where not in {one for one, _ in drafts_of(changed)}
    with pytest.raises(UsageError, match="no draft"):
        adopted(mine, where)


def test_a_model_of_a_server_writes_a_memo(workspace: Workspace) -> None:
    """Questions without evidence are not sent, and are no failure of the model."""
    with ModelServer(f"{FACT}{GROWS[:-1]} [1].\n") as server:
        workspace.engine = ModelEngine("tiny", OpenAIServer("tiny", f"{server.url}/v1"))
        *_, memo = write(workspace, Request("The port of Lund", "judgments", today="2026-03-01"))
        asked = [str(one.body["messages"][-1]) for one in server.asked]
    assert not memo.notice and drafts_of(memo)
    assert asked and all("4,800" in one for one in asked)


@pytest.mark.parametrize(
    ("asked", "writes", "told"),
    [
        (Request("The port of Lund", "judgments", scale="phia", today="2026-03-01"),
         "Growth of traffic in the port of Lund is a realistic possibility [1].", ""),
        (Request("The port of Lund", "crs", sections=("summary", "options"), today="2026-03-01"),
         "Lund should very likely widen its port [1].", "is advice"),
    ],
)  # fmt: skip
def test_a_model_is_held_to_the_rules_of_its_memo(
    workspace: Workspace, asked: Request, writes: str, told: str
) -> None:
    """The terms are those of the scale, and a report for a legislature recommends nothing."""

    class Own(Judge):
        def write(self, task: Task) -> Generator[Piece, None, None]:
            yield f"{writes}\n" if "own judgment" in task.question else FACT

    workspace.engine = engine = Own()
    list(write(workspace, asked))
    assert [told in why for wrong in engine.told for _, why in wrong] == [True] * bool(told)


def test_lines_before_a_failure_are_kept(workspace: Workspace) -> None:
    """The notice names it; what was written until then stands."""

    class Failing(Judge):
        def write(self, task: Task) -> Generator[Piece, None, None]:
            yield FACT
            raise EngineError("scripted:judge failed: it went away")

    memo = memo_of(workspace, Failing())
    lines = [one.claim.text for section in memo.sections for one in section.lines]
    assert sum("4,800" in one for one in lines) == 1 and "it went away" in memo.notice


def test_a_draft_is_accepted_with_a_reason(workspace: Workspace) -> None:
    """As `briefing check MEMO --accept draft-judgment SECTION:LINE REASON` does."""
    memo = memo_of(workspace, Judge())
    (where, _), *_ = drafts_of(memo)
    assert not drafts_of(accepted(memo, "draft-judgment", where, "read and agreed"))


def test_a_writer_is_told_what_breaks_a_rule() -> None:
    """Likelihood and confidence in one sentence, a term of no scale; nothing where all is well."""
    both = line("We judge with high confidence that it is likely.", 1, role=JUDGMENT)
    assert "one sentence" in faults_of(both, (), "icd203")
    assert "other words" in faults_of(line("It may well grow.", 1, role=JUDGMENT), (), "icd203")
    assert faults_of(line("It is likely to grow.", 1, role=JUDGMENT), (), "icd203") == ""
    advice = line("Lund should very likely widen its port.", 1, role=JUDGMENT)
    assert faults_of(advice, (), "icd203") == ""
    assert "is advice" in faults_of(advice, (), "icd203", ["recommendation"])
