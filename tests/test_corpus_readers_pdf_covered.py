"""Letters of a PDF under something opaque, or cut away, are hidden text; others are not."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from corpus.document import Document
from corpus.readers import read

LINES = [
    "The harbour board met in spring and heard the surveyor.",
    "The ledger of the eastern gate was signed by Anselm Weir.",
    "No vessel may lie there for more than nine days in all.",
]


def _page(
    tmp_path: Path, before: Callable[[FPDF], object], after: Callable[[FPDF], object]
) -> Document:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    pdf.set_fill_color(20, 20, 20)
    before(pdf)
    for row, line in enumerate(LINES):
        pdf.text(20, 30 + 8 * row, line)
    after(pdf)
    file = tmp_path / "harbour.pdf"
    pdf.output(str(file))
    return read(file)


def _nothing(pdf: FPDF) -> None:
    pass


def _box(pdf: FPDF) -> None:
    pdf.rect(15, 33, 150, 7, "F")


def _frame(pdf: FPDF) -> None:
    pdf.rect(15, 33, 150, 7, "D")


def _through(pdf: FPDF) -> None:
    with pdf.local_context(fill_opacity=0.4):
        pdf.rect(15, 33, 150, 7, "F")


def _picture(alpha: int) -> Callable[[FPDF], None]:
    def draw(pdf: FPDF) -> None:
        data = BytesIO()
        Image.new("RGBA", (50, 20), (200, 0, 0, alpha)).save(data, "PNG")
        pdf.image(data, 15, 33, 150, 7)

    return draw


@pytest.mark.parametrize("after", [_box, _picture(255)], ids=["box", "picture"])
def test_a_line_under_something_opaque_is_hidden(
    tmp_path: Path, after: Callable[[FPDF], None]
) -> None:
    """It is no text of the document, and the account names it."""
    document = _page(tmp_path, _nothing, after)
    assert LINES[1] not in document.text
    assert LINES[0] in document.text and LINES[2] in document.text
    assert [(one.kind, one.places) for one in document.left_out] == [("hidden text", 1)]


@pytest.mark.parametrize(
    ("before", "after"),
    [(_box, _nothing), (_nothing, _frame), (_nothing, _through), (_nothing, _picture(60))],
    ids=["behind the text", "only a frame", "seen through", "picture seen through"],
)
def test_what_is_seen_stays(
    tmp_path: Path, before: Callable[[FPDF], None], after: Callable[[FPDF], None]
) -> None:
    """A highlight is drawn before the text, or is seen through."""
    document = _page(tmp_path, before, after)
    assert " ".join(document.text.split()) == " ".join(LINES)
    assert not document.left_out


def test_a_name_under_a_box_is_hidden_and_its_sentence_stays(tmp_path: Path) -> None:
    """The words around it stay apart."""
    document = _page(tmp_path, _nothing, lambda pdf: pdf.rect(102, 33, 40, 7, "F"))
    assert "was signed by" in document.text and "Anselm" not in document.text
    assert LINES[2] in document.text


def test_words_outside_their_clip_are_hidden(tmp_path: Path) -> None:
    """What is drawn beside the part of the page that it may fill is not seen."""

    def draw(pdf: FPDF) -> None:
        with pdf.rect_clip(20, 60, 100, 10):
            pdf.text(22, 66, "Words inside their clip are seen.")
            pdf.text(22, 90, "Words outside their clip are cut away.")

    document = _page(tmp_path, _nothing, draw)
    assert "Words inside their clip are seen." in document.text
    assert "cut away" not in document.text
    assert [one.kind for one in document.left_out] == ["hidden text"]
