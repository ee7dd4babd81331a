"""What the report of an addition says of how documents were read, on every way out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpus.document import LeftOut, page_list
from corpus.extraction_report import ExtractionReport
from corpus.language import language_of
from index.ingest import Duplicate, Refusal, Report
from ui import terminal
from ui.cli import cli
from ui.terminal import report_lines


def test_a_report_says_what_was_not_read_and_where() -> None:
    """Furniture is counted over all; what may matter is named beside its file."""
    scans = LeftOut("pages without text", 6, page_list([2, 3, 4, 5, 6, 7]))
    report = Report(
        added=("/a.pdf", "/b.eml"),
        accounts=(
            ExtractionReport(
                "/a.pdf", "1", "A", "2026", "en", (scans, LeftOut("running heads", 7))
            ),
            ExtractionReport("/b.eml", "2", "B", "", "zh", (LeftOut("running heads", 1),),
                    ("published: 04/05/2026 is 4 May or 5 April",), (), ("plan.txt",)),
        ),
    )  # fmt: skip
    said = "\n".join(report_lines(report))
    for line in ("not read in full: 1\n  /a.pdf: 6 pages without text (pages 2–7)",
                 "documents within: 1\n  /b.eml: plan.txt",
                 "doubtful: 1\n  /b.eml: published: 04/05/2026 is 4 May or 5 April",
                 "without a date of publication: 1\n  /b.eml",
                 "left out as no part of what they say: 8 running heads",
                 "to settle a date: briefing add FILE --published YYYY-MM-DD",
                 "languages: en 1, zh 1"):  # fmt: skip
        assert line in said, (line, said)


def test_a_refusal_is_told_in_words_and_not_as_a_code() -> None:
    """The code is for `--json`."""
    report = Report(refused=(Refusal("/plan.zip", "unsupported", "archives are not read"),))
    assert "  /plan.zip: archives are not read" in list(report_lines(report))


def test_what_is_in_the_library_already_is_named_with_its_place() -> None:
    """Two documents may have one title."""
    report = Report(duplicates=(Duplicate("/b.md", "Tides", "/a.md"),))
    assert "  /b.md: the same as Tides (/a.md)" in list(report_lines(report))


def test_ocr_is_not_advised_to_who_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it could not be done, for want of Tesseract."""
    scans = LeftOut("pages without text", 1, page_list([2]))
    report = Report(
        added=("/a.pdf",), accounts=(ExtractionReport("/a.pdf", "1", "A", left_out=(scans,)),)
    )
    for there, asked, advised in (
        (True, False, True), (True, True, False), (False, True, True)
    ):  # fmt: skip
        monkeypatch.setattr(terminal, "installed", lambda there=there: there)
        said = "\n".join(report_lines(report, ocr=asked))
        assert ("--ocr FILE" in said) == advised, (there, asked, said)


def test_a_script_is_told_what_was_missed(tmp_path: Path) -> None:
    """`--json` says of what was left out whether it may be part of what the document says."""
    (tmp_path / "fleet.html").write_text(
        "<title>Fleet</title><p>Nine ferries serve the islands of Tarn all the year round.</p>"
        '<iframe src="https://example.org/map"></iframe>',
        encoding="utf-8",
    )
    runner = CliRunner(env={"BRIEFING_HOME": str(tmp_path / "home"), "BRIEFING_EMBEDDER": "hash"})
    told = runner.invoke(cli, ["add", "--json", str(tmp_path / "fleet.html")])
    (account,) = json.loads(told.stdout)["accounts"]
    assert [(one["kind"], one["missed"]) for one in account["left_out"]] == [("frames", True)]


def test_a_report_of_a_plain_document_says_nothing_more(tmp_path: Path) -> None:
    """A dated English text, read whole, wants no line of its own."""
    (tmp_path / "note.md").write_text(
        "---\npublished: 2026-02-03\n---\n# Note\n\nThe harbour board of Tarn met on Monday.\n",
        encoding="utf-8",
    )
    runner = CliRunner(env={"BRIEFING_HOME": str(tmp_path / "home"), "BRIEFING_EMBEDDER": "hash"})
    told = runner.invoke(cli, ["add", str(tmp_path / "note.md")])
    assert told.stdout.splitlines()[:-1] == ["added: 1"]
    told = runner.invoke(cli, ["add", "--json", str(tmp_path / "note.md")])
    assert json.loads(told.stdout)["unchanged"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The harbour board of Tarn said that the breakwater will cost 14 million crowns.", "en"),
        ("La junta del puerto aprobó ayer el plan para el nuevo rompeolas de la ciudad.", "es"),
        ("Der Hafenrat von Tarn hat am Montag den neuen Wellenbrecher beschlossen.", "de"),
        ("港务局周一表示，新的防波堤将耗资一千四百万克朗，预计二〇二八年完工。", "zh"),
        ("4 | 5 | 9.3\n8 | 1 | 2.2", ""),
    ],
)
def test_the_language_of_a_text_is_told(text: str, language: str) -> None:
    """And stays open where there is nothing but figures."""
    assert language_of(text) == language


def test_pages_are_told_in_runs() -> None:
    assert page_list([3]) == "page 3"
    assert page_list([1, 2, 3, 7, 9, 10]) == "pages 1–3, 7 and 9–10"
