"""The table of `benchmarks.answers`: its sets, what is kept apart, and the cases it judges."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Answer, Citation, Claim
from assistant.evaluation import EvaluationQuestion, Scored, questions_from
from assistant.settings import Settings
from assistant.workspace import Workspace
from benchmarks.answer_cases import WANTED, case_results, failures
from benchmarks.answers import apart, main, row_of, table
from corpus.document import Source
from training.split import is_apart

LUND = "The mill of Lund ground 300 tonnes of rye in 2022."
MALM = "The mill of Malm was sold to Ada Berg in 2019."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of two documents, one of which is kept apart from training."""
    monkeypatch.setenv("BRIEFING_EMBEDDER", "hash")
    folder = tmp_path / "md"
    folder.mkdir()
    names = [f"mill{number}.md" for number in range(40)]
    kept = next(name for name in names if is_apart(f"md/{name}"))
    trained = next(name for name in names if not is_apart(f"md/{name}"))
    (folder / kept).write_text(f"# Lund\n\n{LUND}\n")
    (folder / trained).write_text(f"# Malm\n\n{MALM}\n")
    rows = [
        {"id": 1, "q": "How much rye did the mill of Lund grind?", "kind": "number",
         "file": f"md/{kept}", "evidence": [LUND], "short": "300 tonnes"},
        {"id": 2, "q": "Who bought the mill of Malm?", "file": f"md/{trained}", "evidence": [MALM]},
        {"id": 3, "q": "Which oats came from the mill?", "abstain": True, "near": LUND},
        {"id": 4, "q": "How old is Ada Berg?", "abstain": True, "near": MALM},
    ]  # fmt: skip
    (tmp_path / "fit.jsonl").write_text("\n".join(map(json.dumps, rows)))
    data = tmp_path / "data"
    with Workspace(Settings(home=data, embedder="hash", engine="extractive")) as workspace:
        list(workspace.add([folder / kept, folder / trained]))
    return data


def test_only_questions_of_documents_kept_apart_are_asked(home: Path) -> None:
    """A question without an answer belongs to the document whose sentence tempts."""
    asked = questions_from(home.parent / "fit.jsonl")
    with Workspace(Settings(home=home, embedder="hash", engine="extractive")) as workspace:
        assert [one.id for one in apart(workspace, asked)] == ["1", "3"]


def test_one_command_prints_a_column_a_set_and_the_earlier_figures(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Questions of articles never trained on make a set of their own; the figures are kept."""
    folder = home.parent
    own = folder / "own.jsonl"
    rows = [
        {"id": "a", "q": "How much rye did the mill of Lund grind?", "must": ["300 tonnes"],
         "kind": "number", "article_trained": False},
        {"id": "b", "q": "Who bought the mill of Malm?", "must": ["Ada Berg"],
         "article_trained": True},
    ]  # fmt: skip
    own.write_text("\n".join(map(json.dumps, rows)))
    kept = folder / "kept.json"
    command = ["answers", "--home", str(home), "--questions", str(own), "--fit",
               str(folder / "fit.jsonl"), "--apart", "--json", str(kept)]  # fmt: skip
    monkeypatch.setattr(sys, "argv", command)
    main()
    sets = json.loads(kept.read_text())["sets"]
    counts = {name: row["questions"] for name, row in sets.items()}
    assert counts == {"own": 2, "own, new": 1, "fit, apart": 2}
    assert sets["own"]["hit_1"] == sets["own, new"]["hit_1"] == 1.0
    assert [one["id"] for one in json.loads(kept.read_text())["each"]["own"]] == ["a", "b"]
    monkeypatch.setattr(sys, "argv", [*command, "--against", str(kept)])
    capsys.readouterr()
    main()
    printed = capsys.readouterr().out
    assert "own, new" in printed and "first passage right" in printed and "1.000 (1.000)" in printed


def test_the_number_is_judged_by_the_area_under_its_curve() -> None:
    """Answers that carry no number give no area, and the row is left out."""
    open_one = EvaluationQuestion("1", "?", "fact", ("x",), (), (), abstain=False)
    closed = replace(open_one, abstain=True)
    scored = [
        Scored(open_one, 1, "answered", True, 0.1, number=0.9),
        Scored(open_one, 1, "answered", True, 0.1, number=0.2),
        Scored(closed, 0, "declined", False, 0.1, number=0.4),
        Scored(closed, 0, "declined", False, 0.1, number=0.1),
    ]
    assert row_of(scored)["auc"] == 0.75
    none = row_of([replace(one, number=None) for one in scored])
    assert none["auc"] is None
    assert not any("area" in line for line in table({"own": none}, {}))


def said(*texts: str, outcome: str = "answered", not_found: tuple[str, ...] = ()) -> Answer:
    source = Source("Rules", "rules.md")
    return Answer(
        "?",
        outcome,
        claims=tuple(
            Claim(text, (number,), "supported") for number, text in enumerate(texts, start=1)
        ),
        citations=tuple(
            Citation(number, "id", source, None, "", text, 0, len(text))
            for number, text in enumerate(texts, start=1)
        ),
        not_found=not_found,
    )


@pytest.mark.parametrize(
    ("case", "answer", "holds"),
    [
        ("qa-today-limit", said("The OLC cut the limit to 500 units."), True),
        ("qa-today-limit", said("The limit is 400 units.", "It was cut to 500."), False),
        ("qa-near-miss-name", said(outcome="declined"), True),
        ("qa-near-miss-name", said("The limit is 400 units."), False),
        ("qa-question-in-chinese", said(outcome="declined"), True),
        ("qa-permit-today",
         said("Ardent Optics and Brill & Son keep their permits.", "Delft Ray got one."), True),
        ("qa-permit-today",
         said("Three makers hold a permit: Ardent Optics, Brill & Son, and Corva Glass.",
              "Delft Ray got one."), False),
        ("qa-pronoun", said("Its plant stands in Holm."), False),
        ("qa-compare-not-found",
         said("Ardent Optics has 320.", "Brill & Son has 75.", not_found=("Compare",)), False),
        ("table-count", replace(said(outcome="declined"), notice="Tables are not calculated."),
         True),
    ],
)  # fmt: skip
def test_a_case_holds_when_the_answer_says_what_it_must(
    case: str, answer: Answer, holds: bool
) -> None:
    """The first sentence, the outcome and the parts reported as not found each count."""
    assert (failures(WANTED[case], answer) == []) == holds


def test_the_files_of_a_case_are_added_and_its_question_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a folder are in one library; a case that is not judged here is passed over."""
    monkeypatch.setenv("BRIEFING_EMBEDDER", "hash")
    (tmp_path / "dup").mkdir()
    (tmp_path / "dup" / "a.md").write_text(f"# Lund\n\n{LUND} Brill & Son did not comment.\n")
    cases = [
        {"case": "qa-stop-words", "file": "dup/",
         "command": 'briefing add dup; briefing ask "how much zinc did Peru mine?"'},
        {"case": "qa-check-false-contradiction", "file": "dup/", "command": "briefing add dup"},
        {"case": "txt-nul", "file": "dup/", "command": "briefing add dup"},
    ]  # fmt: skip
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    assert dict(case_results(tmp_path)) == {"qa-stop-words": [], "qa-check-false-contradiction": []}
