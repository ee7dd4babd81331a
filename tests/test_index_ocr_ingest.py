"""Scans: pages that are pictures are recognised where it is asked for, and say so."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from fpdf import FPDF
from PIL import Image

from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import ocr
from corpus.errors import ReadError
from corpus.ocr import Row, Scan, recognise
from corpus.readers import read_open
from index.ingest import Report
from index.ocr_ingest import with_advice
from ui.terminal import report_lines

COVER = (
    "The papers of the inquest follow. The registry of Tarn sent them to us in the spring, and the "
    "county keeps the rest of them."
)
FOUND = "The sluice at Tarn was shut for 47 hours."


def _scan() -> Image.Image:
    """Return a printed page as a picture of it."""
    pdf = FPDF(unit="pt", format=(420, 595))
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.set_xy(40, 60)
    pdf.multi_cell(340, 16, f"{FOUND} The keeper had lost the key.")
    page = pypdfium2.PdfDocument(bytes(pdf.output()))[0]
    return page.render(scale=200 / 72).to_pil().convert("L")


def _file(path: Path, *, cover: bool) -> Path:
    pdf = FPDF(unit="pt", format=(420, 595))
    pdf.set_font("Helvetica", size=12)
    if cover:
        pdf.add_page()
        pdf.set_xy(40, 60)
        pdf.multi_cell(340, 16, COVER)
    pdf.add_page()
    pdf.image(_scan(), 0, 0, 420, 595)
    pdf.output(str(path))
    return path


@pytest.fixture
def forgetful() -> Iterator[None]:
    """What is known of the Tesseract on the path is asked for anew."""
    ocr._languages.cache_clear()
    yield
    ocr._languages.cache_clear()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(Settings(tmp_path / "home", engine="extractive", embedder="hash")) as opened:
        yield opened


def _tesseract(folder: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    """Put a program of that name on the path, which runs a few lines of Python."""
    program = folder / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys\nif '--list-langs' in sys.argv:\n    print('eng')\n"
        f"    sys.exit()\npicture = sys.stdin.buffer.read()\n{says}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


# Two lines of a page of 300 dots an inch: of the second it is not sure.
TABLE = """
assert picture.startswith(b"P5 1751 ") and len(picture) > 4_000_000
head = "level page block par line word left top width height conf text".split()
rows = [head, [4,1,1,1,1,0,100,100,900,50,-1,""], [5,1,1,1,1,1,100,100,200,50,96,"Forty-seven"],
        [5,1,1,1,1,2,320,100,200,50,91,"hours."], [4,1,1,1,2,0,100,200,900,50,-1,""],
        [5,1,1,1,2,1,100,200,200,50,9,"~|~"]]
print("\\n".join("\\t".join(map(str, row)) for row in rows))
"""


def _added(workspace: Workspace, files: list[Path], *, by_ocr: bool) -> Report:
    report = list(workspace.add(files, ocr=by_ocr))[-1]
    assert isinstance(report, Report)
    return report


@pytest.mark.process
def test_pages_that_are_pictures_are_read_where_it_is_asked_for(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """The words stand on their page, the document says by what they were read.

    Without OCR a whole scan is refused, and the refusal says what would help.
    """
    _tesseract(tmp_path, monkeypatch, TABLE)
    files = [_file(tmp_path / "papers.pdf", cover=True), _file(tmp_path / "scan.pdf", cover=False)]
    papers, scan = map(str, files)
    plain = _added(workspace, files, by_ocr=False)
    assert "pages without text can be read by OCR: briefing add --ocr FILE" in report_lines(plain)
    assert [(one.path, one.reason) for one in plain.refused] == [(scan, "needs_ocr")]
    assert "--ocr" in plain.refused[0].message and "install" not in plain.refused[0].message
    assert workspace.library.document(workspace.library.entries()[0].id).ocr_pages == ()
    report = _added(workspace, files, by_ocr=True)
    assert (report.replaced, report.added) == ((papers,), (scan,))
    read = {
        one.source.location: workspace.library.document(one.id)
        for one in workspace.library.entries()
    }
    assert read[papers].ocr_pages == (2,)
    assert read[papers].text == f"{COVER}\n\nForty-seven hours."
    assert not read[papers].left_out
    assert (read[scan].ocr_pages, read[scan].text) == ((1,), "Forty-seven hours.")
    assert "read by OCR: 2" in report_lines(report)
    assert _added(workspace, files, by_ocr=True).unchanged == (papers, scan)


def test_a_scan_without_words_is_not_sent_to_ocr_again(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """What was tried is told as tried."""
    _tesseract(tmp_path, monkeypatch, "")
    report = _added(workspace, [_file(tmp_path / "scan.pdf", cover=False)], by_ocr=True)
    (refused,) = report.refused
    assert (refused.reason, "OCR found no words" in refused.message) == ("empty", True)


@pytest.mark.parametrize(
    "says", ["sys.exit(1)", "print('level\\n5\\t1\\tnonsense')", "print('4\\n5' + '\\tx' * 11)", ""]
)
def test_a_tesseract_that_fails_recognises_nothing(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """The page stays one without text."""
    _tesseract(tmp_path, monkeypatch, says)
    assert recognise(Scan(10, 10, 300 / 72, bytes(100))) == []


def test_a_tesseract_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """No page is waited for without an end."""
    _tesseract(tmp_path, monkeypatch, "import time; time.sleep(600)")
    assert ocr.installed()
    monkeypatch.setattr(ocr, "_SECONDS", 0.3)
    assert recognise(Scan(10, 10, 300 / 72, bytes(100))) == []


def test_without_tesseract_the_advice_is_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    """One line for each kind of machine, also of a file that is refused."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not ocr.installed()
    refused = with_advice(ReadError("needs_ocr", "this PDF holds no text"), tried=True)
    assert refused.reason == "needs_ocr" and "brew install tesseract" in str(refused)
    assert recognise(Scan(10, 10, 300 / 72, bytes(100))) == []
    assert "brew install tesseract" in ocr.advice()


def test_signs_of_chinese_words_stand_together() -> None:
    """Tesseract sets them apart; words of letters stay apart."""
    signs = [("水", 0.0, 9.0), ("坝", 10.0, 19.0), ("of", 20.0, 29.0), ("Tarn", 30.0, 50.0)]
    assert Row(tuple(signs), 100.0, 10.0).text == "水坝 of Tarn"


def test_rows_of_a_recognised_table_stay_rows(tmp_path: Path) -> None:
    """Words far apart are cells."""
    path = _file(tmp_path / "table.pdf", cover=True)
    cells = (("Barge", 40.0, 70.0), ("Crew", 200.0, 230.0), ("Load", 300.0, 330.0))
    rows = [
        Row(cells, 500.0, 10.0),
        Row((("Wren", 40.0, 70.0), ("6", 200.0, 206.0), ("41", 300.0, 312.0)), 480.0, 10.0),
        Row((("Tern", 40.0, 70.0), ("9", 200.0, 206.0), ("73", 300.0, 312.0)), 460.0, 10.0),
    ]
    with path.open("rb") as file:
        document = read_open(file.fileno(), path, recognised={2: rows})
    after = document.text[document.page_starts[1] :]
    assert [line.replace(" | ", " ") for line in after.splitlines()] == [
        "Barge Crew Load", "Wren 6 41", "Tern 9 73",
    ]  # fmt: skip


@pytest.mark.skipif(not ocr.installed(), reason="Tesseract is not installed")
def test_tesseract_reads_a_printed_page() -> None:
    """Upright, and lying on its side where it has the model that tells."""
    picture = _scan()
    picture = picture.crop((0, 0, picture.width, 420))
    upright = "osd" not in ocr._languages(ocr.shutil.which("tesseract") or "")
    for turned in (picture, *([] if upright else [picture.rotate(90, expand=True)])):
        scan = Scan(turned.width, turned.height, 200 / 72, turned.tobytes())
        assert FOUND in " ".join(row.text for row in recognise(scan))
