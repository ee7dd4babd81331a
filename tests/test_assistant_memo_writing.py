"""Memos written without a model: every fact cited, nothing invented, and later found again."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.engine import Piece, Task, Waiting
from assistant.memo.contents import left_out
from assistant.memo.evidence_pack import opened_pack, packed
from assistant.memo.export import exported
from assistant.memo.lint import relinted
from assistant.memo.memo_json import from_json, to_json
from assistant.memo.memo_review import count_exact_quotations, review_findings
from assistant.memo.pandoc_tree import pandoc
from assistant.memo.request import Request, planned_sections, resumed
from assistant.memo.templates import template_text
from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, NOTE, Memo
from assistant.memo.whatsnew import whats_new
from assistant.memo.writing import write
from assistant.prompts import NOT_FOUND
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import EngineError, NothingFound, UsageError
from index.folder_walk import files_below
from ui.cli import cli

# Six topics over the three themes and templates; benchmarks/memos.py writes twelve.
ASKED = (
    ("What do export controls do to DeepSeek?", "bluf"),
    ("DeepSeek-V3 training cost", "judgments"),
    ("H20 export licences and China", "crs"),
    ("Bans of the DeepSeek app by governments", "bluf"),
    ("Huawei Ascend production", "judgments"),
    ("EU AI Act rules for general-purpose models", "crs"),
)
PORT = """---
title: The port of Lund
publisher: Port Gazette
published: 2026-01-10
---

The port of Lund handled 4,800 ships in 2025, according to its director. The port of Lund belongs to
the Berg family.
"""
ROAD = """---
title: Roads to the port of Lund
publisher: Road News
published: 2026-02-20
---

Road News reports that the road to the port of Lund was closed on 3 February 2026. The port of Lund
lost 300 million dollars, the Berg family says.
"""


def last(steps: Iterator[Memo]) -> Memo:
    """Return the last snapshot."""
    *_, final = steps
    return final


@pytest.mark.parametrize(
    ("topic", "template"),
    [*ASKED[:3], *(pytest.param(*one, marks=pytest.mark.long) for one in ASKED[3:])],
)
def test_a_memo_states_nothing_without_its_passage(
    topic: str,
    template: str,
    starter_desk: Workspace,
    starter_memo: Callable[[str, str], Memo],
) -> None:
    """Every sentence of evidence is cited, every citation slices back, no error of the linter.

    It is written in complete sentences, none of them twice; what needs judgment is a gap.
    """
    memo = starter_memo(topic, template)
    assert count_exact_quotations(starter_desk, memo) == len(memo.citations) > 5
    lines = [line for section in memo.sections for line in section.lines]
    evidence = [line.claim for line in lines if line.role == EVIDENCE]
    assert len(evidence) >= 3 and all(claim.citations for claim in evidence)
    assert all(claim.verdict == "supported" for claim in evidence)
    assert all(claim.text.rstrip("”\"')").endswith((".", "!", "。")) for claim in evidence)
    assert len({claim.text for claim in evidence}) == len(evidence)
    assert not [line for line in lines if line.role == JUDGMENT]
    assert any(line.role == GAP for line in lines)
    assert [one for one in memo.findings if one.severity == "error"] == []
    assert memo.complete and memo.events and memo.sources


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "port.md").write_text(PORT, encoding="utf-8")
    (folder / "road.md").write_text(ROAD, encoding="utf-8")
    settings = Settings(home=tmp_path / "home", embedder="hash", engine="extractive")
    with Workspace(settings) as opened:
        list(opened.add(files_below([folder])))
        yield opened


def test_a_copy_of_a_template_is_written_and_linted_as_the_original(workspace: Workspace) -> None:
    """Under another name: what leads, how it is laid out, what it must have; kept in the memo."""
    folder = workspace.settings.home / "templates"
    folder.mkdir()
    copy = folder / "weekly.toml"
    copy.write_text(template_text("bluf", workspace.settings.home), encoding="utf-8")
    ours, own = (
        last(write(workspace, Request("The port of Lund", name, today="2026-03-01")))
        for name in ("bluf", "weekly")
    )
    assert own.template == "weekly" and own == replace(ours, template="weekly")
    bottom = next(one for one in own.sections if one.leading)
    assert any(line.claim.text.startswith("Confidence") for line in bottom.lines)
    kinds = [one["t"] for one in pandoc(own)["blocks"]]
    lines, start = len(bottom.lines), kinds.index("Header") + 1
    assert kinds[start : start + lines + 2] == [*["Para"] * lines, "Header", "BulletList"]
    # The file may change or go: the memo is judged by what it was written by.
    copy.unlink()
    kept = from_json(to_json(own))
    assert kept == own
    without = replace(kept, sections=[one for one in kept.sections if one.key != "alternatives"])
    assert "missing-alternatives" in {one.rule for one in relinted(without).findings}


def test_a_template_of_the_user_says_what_leads_and_what_it_must_have(
    workspace: Workspace,
) -> None:
    """By keys of its own: none of the names of ours tells anything."""
    folder = workspace.settings.home / "templates"
    folder.mkdir()
    (folder / "note.toml").write_text(
        'rules = ["missing-options"]\n'
        '[[section]]\nkey = "core"\nheading = "Core"\nkind = "evidence"\n'
        'questions = ["{question}"]\nleading = true\nlayout = "paragraphs"\n'
        '[[section]]\nkey = "bluf"\nheading = "More"\nkind = "evidence"\n'
        'questions = ["Who owns {topic}?"]\n',
        encoding="utf-8",
    )
    memo = last(write(workspace, Request("The port of Lund", "note", today="2026-03-01")))
    core, more = memo.sections
    assert (core.leading, core.layout) == (True, "paragraphs")
    assert (more.leading, more.layout) == (False, "list")
    said = [[line.claim.text.split()[0] for line in one.lines] for one in (core, more)]
    assert "Confidence" in said[0] and said[1] and "Confidence" not in said[1]
    found = {one.rule: one.where for one in memo.findings}
    assert found["missing-options"] == "memo" and "missing-gaps" not in found
    assert found["single-source-judgment"].startswith("core:")


def test_a_changed_source_names_exactly_the_lines_that_rest_on_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Edited: the lines whose words are gone. Removed: all of its lines. Graded anew: these too."""
    memo = last(write(workspace, Request("The port of Lund", today="2026-03-01")))
    file = tmp_path / "pack.zip"
    file.write_bytes(packed(workspace, memo))
    again, altered = opened_pack(file)
    assert again == memo and altered == () and list(review_findings(workspace, again)) == []
    article = tmp_path / "articles" / "port.md"
    article.write_text(PORT.replace("4,800", "5,100"), encoding="utf-8")
    list(workspace.add([article]))
    (hit,) = review_findings(workspace, again)
    texts = [
        line.claim.text
        for section in memo.sections
        for line in section.lines
        if "4,800" in line.claim.text
    ]
    assert hit.change == "changed" and list(hit.texts) == texts and texts
    road = next(one for one in workspace.library.entries() if one.source.publisher == "Road News")
    workspace.library.remove(road.id)
    workspace.indexes.update()
    found = {one.change: one for one in review_findings(workspace, again)}
    assert set(found) == {"changed", "removed"}
    cited = {one.number for one in memo.citations if one.document == road.id}
    assert set(found["removed"].texts) == {
        line.claim.text
        for section in memo.sections
        for line in section.lines
        if cited & set(line.claim.citations)
    }
    grades = '[[source]]\nmatch = "Port Gazette"\nreliability = "E"\nreason = "late"\n'
    (workspace.settings.home / "grades.toml").write_text(f"{grades}date = 2026-03-02\n")
    assert {one.change for one in review_findings(workspace, again)} == {
        "changed",
        "removed",
        "regraded",
    }


def test_a_memo_broken_off_is_taken_up_again(workspace: Workspace) -> None:
    """Its finished sections stay as they were, citations and all."""
    request = Request("The port of Lund", today="2026-03-01")
    whole = last(write(workspace, request))
    steps = write(workspace, request)
    begun = next(one for one in steps if len(one.sections) == 3)
    steps.close()
    again = last(write(workspace, request, begun))
    assert again.complete
    for before, after in zip(begun.sections[:2], again.sections[:2], strict=True):
        kept = [line.claim.text for line in before.lines]
        assert [line.claim.text for line in after.lines][: len(kept)] == kept
    assert [one.key for one in again.sections] == [one.key for one in whole.sections]
    assert count_exact_quotations(workspace, again) == len(again.citations)


def test_a_memo_that_was_stopped_keeps_its_finished_sections(workspace: Workspace) -> None:
    """What is stored is whole sections; it is gone on with by what it has kept of its request."""
    repository = workspace.memos
    asked = {"bluf": ["How many ships use the port of Lund?"], "what-we-know": []}
    request = Request("The port of Lund", today="2026-03-01", questions=asked)
    steps = repository.saved_steps(write(workspace, request))
    name = next(name for memo, name in steps if len(memo.sections) == 4)
    steps.close()
    begun = repository.load(name)
    assert [one.key for one in begun.sections] == ["bluf", "what-we-know", "disputes"]
    assert not begun.complete
    again = resumed(Request(begun.topic), begun)
    assert {key: list(one) for key, one in again.questions.items()} == asked
    whole = last(write(workspace, again, begun))
    assert whole.complete and whole.sections[:2] != () and len(whole.sections) == 10
    assert whole.sections[0].lines[0] == begun.sections[0].lines[0]


def test_the_questions_are_told_before_and_can_be_changed(workspace: Workspace) -> None:
    """What was changed is what is searched; a section without a question searches nothing."""
    request = Request("The port of Lund", today="2026-03-01")
    planned = {one.key: one.questions for one in planned_sections(workspace, request)}
    assert planned["bluf"] == ("The port of Lund",) and len(planned["what-we-know"]) == 3
    assert "timeline" not in planned and "sources" not in planned
    own = {"bluf": ["  Who reaches the port  by road? "], "what-we-know": []}
    memo = last(write(workspace, replace(request, questions=own)))
    sections = {one.key: one for one in memo.sections}
    assert not sections["what-we-know"].lines
    assert left_out(memo)[0].key == "what-we-know"
    missed = [line.claim.text for line in sections["gaps"].lines]
    found = [line for line in sections["bluf"].lines if line.role == EVIDENCE]
    assert found or "Who reaches the port by road?" in missed


def test_what_is_asked_for_is_kept_to(workspace: Workspace) -> None:
    """Dates, publishers, sections; what cannot be met is said in one line."""
    memo = last(write(workspace, Request("The port of Lund", as_of="2026-01-31")))
    assert {one.source.publisher for one in memo.citations} == {"Port Gazette"}
    memo = last(write(workspace, Request("The port of Lund", without=("port gazette",))))
    assert {one.source.publisher for one in memo.citations} == {"Road News"}
    memo = last(write(workspace, Request("The port of Lund", sections=("bluf", "sources"))))
    assert [one.key for one in memo.sections] == ["bluf", "sources"]
    for wrong in (
        Request("The port of Lund", template="poem"),
        Request("The port of Lund", sections=("poem",)),
        Request(" "),
        Request("The port of Lund", without=("Port Gazette", "Road News")),
    ):
        with pytest.raises(UsageError):
            last(write(workspace, wrong))
    with pytest.raises(NothingFound):
        last(write(workspace, Request("Quantum chess tournaments in Bolivia")))


class Scripted:
    """An engine that states a fact, judges, says what it lacks, and fails when told to."""

    name, host = "scripted:model", ""

    def __init__(self, *, fails: bool = False) -> None:
        self._fails = fails
        self.asked = 0

    def write(self, task: Task) -> Generator[Piece, None, None]:
        self.asked += 1
        yield Waiting("reading")
        label = next(
            (one.label for one in task.evidence if "4,800" in one.passage.text), 1
        )  # fmt: skip
        yield f"The port of Lund handled 4,800 ships in 2025 [{label}].\n"
        if self._fails and self.asked > 1:
            raise EngineError("scripted:model failed: it went away")
        yield f"It is likely that the port of Lund will grow [{label}].\n"
        yield f"{NOT_FOUND} who will own the port.\n"


def test_a_model_writes_and_judges_within_the_check(workspace: Workspace) -> None:
    """Its judgments are marked, repeated facts stand once, what it lacks is a gap."""
    workspace.engine = Scripted()
    memo = last(write(workspace, Request("The port of Lund", today="2026-03-01")))
    lines = [line for section in memo.sections for line in section.lines]
    assert memo.engine == "scripted:model"
    assert sum("4,800" in line.claim.text for line in lines) == 1
    assert [
        line.role for line in lines if "likely" in line.claim.text and line.claim.citations
    ] == [JUDGMENT]
    assert any(line.role == NOTE and "who will own" in line.claim.text for line in lines)


def test_a_model_that_fails_is_named_and_the_library_quoted(workspace: Workspace) -> None:
    """The memo is finished without it."""
    workspace.engine = Scripted(fails=True)
    memo = last(write(workspace, Request("The port of Lund", today="2026-03-01")))
    assert memo.complete and "it went away" in memo.notice
    assert any("4,800" in line.claim.text for one in memo.sections for line in one.lines)


def test_what_is_new_is_told_by_theme(workspace: Workspace) -> None:
    """Each new document with a cited sentence; nothing new is said so."""
    brief = last(whats_new(workspace, "2020-01-01"))
    documents = {one.document for one in brief.citations}
    assert documents == {one.id for one in workspace.library.entries()}
    assert count_exact_quotations(workspace, brief) == len(brief.citations)
    nothing = last(whats_new(workspace, "2999-01-01"))
    assert "Nothing came" in nothing.sections[0].lines[0].claim.text
    with pytest.raises(UsageError):
        last(whats_new(workspace, "soon"))


def test_the_commands_write_check_and_compare(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`memo -o`, `check` of the memo and the pack, `memos`, `diff` and `--accept`."""
    monkeypatch.setenv("BRIEFING_EMBEDDER", "hash")
    home = str(workspace.settings.home)
    memo = last(write(workspace, Request("The port of Lund", today="2026-03-01")))
    workspace.memos.save(memo, "port")
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_bytes(exported(memo, "json"))
    new.write_bytes(exported(replace(memo, sections=memo.sections[1:]), "json"))
    run = CliRunner()

    def briefing(*arguments: str) -> tuple[int, str]:
        done = run.invoke(cli, ["--home", home, *arguments])
        return done.exit_code, done.output

    pack = tmp_path / "port.zip"
    code, said = briefing("memo", "The port of Lund", "--template", "crs", "-o", str(pack))
    assert code == 0 and "0 errors" in said
    code, said = briefing("check", str(pack))
    assert code == 0 and "0 sources changed" in said
    assert briefing("memo", "Quantum chess in Bolivia")[0] != 0
    code, said = briefing("grades")
    assert code == 0 and Path(said.strip()).name == "grades.toml" and Path(said.strip()).exists()
    code, said = briefing("template", "crs")
    assert code == 0 and 'key = "options"' in said
    code, said = briefing("whatsnew", "--since", "2020-01-01", "--json")
    assert code == 0 and json.loads(said)["template"] == "whatsnew"
    code, said = briefing("memos")
    assert code == 0 and "port  bluf" in said
    code, said = briefing("memos", "port", "-o", str(tmp_path / "port.docx"))
    assert code == 0 and (tmp_path / "port.docx").stat().st_size > 5000
    code, said = briefing("diff", str(old), str(new), "--json")
    assert code == 0 and {one["kind"] for one in json.loads(said)["changes"]} == {"removed"}
    code, said = briefing("check", str(old), "--json")
    found = json.loads(said)
    assert found["standing"] == found["citations"] and found["sources"] == []
    warning = found["findings"][0]
    code, said = briefing(
        "check", str(old), "--accept", warning["rule"], warning["where"], "as it is", "--json"
    )
    assert json.loads(said)["findings"][0]["accepted"] == "as it is"
    assert json.loads(old.read_text(encoding="utf-8"))["findings"][0]["accepted"] == "as it is"
