"""PDFs of our own making with what made lines vanish, run together or change their numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF

from benchmarks.pdf_text import ledger
from corpus.document import Document
from corpus.readers import read

logging.getLogger("fpdf").setLevel(logging.ERROR)

PROSE = [
    "The harbour board met in spring and heard the",
    "report of its surveyor on the depth of each quay.",
    "No vessel may lie there for more than nine days,",
    "and the keeper writes down who came and who left.",
    "A copy of the book is kept in the town hall, where",
    "anyone may read it on the first day of the month.",
]

Draw = Callable[[FPDF], None]


def _pdf(tmp_path: Path, *pages: Draw, size: float = 11) -> Document:
    """Return a PDF of pages as it is read; no letter of it is lost."""
    pdf = FPDF()
    for draw in pages:
        pdf.add_page()
        pdf.set_font("Helvetica", size=size)
        draw(pdf)
    file = tmp_path / "harbour.pdf"
    pdf.output(str(file))
    assert ledger(file.read_bytes()).lost == ()
    return read(file)


def _lines(lines: list[str], top: float = 30, left: float = 25, step: float = 6) -> Draw:
    def draw(pdf: FPDF) -> None:
        for row, line in enumerate(lines):
            pdf.text(left, top + step * row, line)

    return draw


def _both(*draws: Draw) -> Draw:
    return lambda pdf: [draw(pdf) for draw in draws] and None


def _at(y: float, text: str, x: float = 25) -> Draw:
    return lambda pdf: pdf.text(x, y, text)


def _marked(*parts: tuple[str, str]) -> Draw:
    """Write a line of which some parts are raised ("^") or lowered ("_")."""

    def draw(pdf: FPDF) -> None:
        _lines(PROSE)(pdf)
        pdf.set_xy(24, 80)
        for kind, text in parts:
            pdf.char_vpos = {"": "LINE", "^": "SUP", "_": "SUB"}[kind]
            pdf.write(6, text)
        pdf.char_vpos = "LINE"

    return draw


@pytest.mark.parametrize(
    ("parts", "read_as"),
    [
        ((("", "It landed 214"), ("^", "3"), ("", " tonnes.")), "It landed 214 tonnes."),
        ((("", "in the year 2021"), ("^", "4"), ("", ", as")), "in the year 2021, as"),
        ((("", "the quay."), ("^", "1,2"), ("", " It")), "the quay. It"),
        ((("", "who came"), ("^", "*"), ("", " and left")), "who came and left"),
        ((("", "more than 10"), ("^", "25"), ("", " steps")), "more than 10^25 steps"),
        ((("", "a book of 2"), ("^", "19"), ("", " names")), "a book of 2^19 names"),
        ((("", "about 10"), ("^", "-20"), ("", " of it")), "about 10^-20 of it"),
        ((("", "covers 40 m"), ("^", "2"), ("", " there")), "covers 40 m^2 there"),
        ((("", "grows as x"), ("^", "n"), ("", " does")), "grows as x^n does"),
        ((("", "on the 15"), ("^", "th"), ("", " of May")), "on the 15th of May"),
        ((("", "stores CO"), ("_", "2"), ("", " and H"), ("_", "2"), ("", "O")), "CO2 and H2O"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_raised_letters_do_not_change_a_number(tmp_path, parts, read_as):
    """An exponent is one, a note's mark goes, an ordinal and a formula stay."""
    assert read_as in _pdf(tmp_path, _marked(*parts)).text


def test_a_line_of_many_single_signs_is_seen(tmp_path):
    """Where the letters asked for fall on spaces, a line is no less seen."""
    row = "B (1) $ 0 $ 0 $ 1 $ 1"
    assert row in _pdf(tmp_path, _lines([*PROSE, row, *PROSE])).text


def test_rows_alike_but_for_their_figures_at_the_edge_of_pages_stay(tmp_path):
    """Only what counts with the pages, or repeats, is a running head; and it is accounted for."""
    pages = [
        _both(
            _at(12, "The Harbour Gazette"),
            _lines([f"Quay {figure} landed {figure * 7} tonnes", *PROSE]),
            _at(270, f"Vessels: {figure * 3} $ {figure}"),
            _at(288, f"Page {number} of 4"),
        )
        for number, figure in enumerate([31, 17, 90, 26], start=1)
    ]
    document = _pdf(tmp_path, *pages)
    assert document.text.count("tonnes") == document.text.count("Vessels:") == 4
    assert "Gazette" not in document.text and "Page 3" not in document.text
    assert [str(one) for one in document.left_out] == [
        "4 running heads (pages 1–4)",
        "4 page numbers (pages 1–4)",
    ]


def test_a_lone_figure_at_the_foot_of_a_page_is_a_page_number_only_where_it_counts(tmp_path):
    """The last row of a table may be a figure alone."""
    pages = [_both(_lines(PROSE), _at(280, figure)) for figure in ("120", "87", "412")]
    assert all(figure in _pdf(tmp_path, *pages).text for figure in ("120", "87", "412"))


def test_the_head_of_a_table_stays_on_every_page(tmp_path):
    """Printed anew on each page, above its rows, it is no running head."""

    def page(number: int) -> Draw:
        def draw(pdf: FPDF) -> None:
            for row in range(12):
                cells = ("Quay", "Depth", "Length")
                if row:
                    cells = (f"North {number}{row}", f"{row}.5 m", f"{number * 40 + row} m")
                for column, cell in enumerate(cells):
                    pdf.text(25 + 55 * column, 20 + 7 * row, cell)

        return draw

    document = _pdf(tmp_path, *(page(number) for number in (1, 2, 3, 4)))
    assert document.text.count("Depth") == 4
    assert document.left_out == ()


@pytest.mark.parametrize("every", [1, 5])
@pytest.mark.parametrize("left", [14, 195], ids=["left", "right"])
def test_line_numbers_are_left_out(tmp_path, every, left):
    """Each line or every fifth; the text is as if they were not there."""
    lines = [*PROSE, *PROSE, *PROSE]
    numbers = [
        _at(30 + 6 * row, str(row + 1), left) for row in range(len(lines)) if (row + 1) % every == 0
    ]
    document = _pdf(tmp_path, _both(_lines(lines), *numbers))
    assert document.text == " ".join(lines)
    assert [one.kind for one in document.left_out] == ["line numbers"]


def test_a_list_of_numbered_sentences_keeps_its_numbers(tmp_path):
    """Numbers that stand before whole sentences are the list's."""
    lines = [f"Quay {name} was dredged in the spring of the year." for name in "ABCDEFGH"]
    rows = [
        _both(_at(30 + 6 * row, str(row + 1), 16), _at(30 + 6 * row, line))
        for row, line in enumerate(lines)
    ]
    document = _pdf(tmp_path, _both(*rows))
    assert document.left_out == () and "8 Quay H" in document.text


def test_a_drop_cap_begins_its_word(tmp_path):
    """The large letter beside the first lines belongs to the first of them."""

    def draw(pdf: FPDF) -> None:
        _lines(["he saltworks of Eyke were founded in 1741", "by two brothers."], left=36)(pdf)
        _lines(PROSE, top=42)(pdf)
        pdf.set_font("Helvetica", size=40)
        pdf.text(25, 37, "T")

    assert _pdf(tmp_path, draw).text.startswith("The saltworks of Eyke were founded")


def test_a_sentence_over_a_page_is_whole(tmp_path):
    """What stands at the foot of the page does not part it; the next page begins inside it."""

    def note(pdf: FPDF) -> None:
        pdf.set_font("Helvetica", size=8)
        pdf.text(25, 260, "1 The surveyor's report is kept with the book of the harbour.")

    first = [*PROSE, "The board then resolved that the old crane be nor-"]
    second = ["mally greased twice a year by the keeper.", *PROSE]
    document = _pdf(tmp_path, _both(_lines(first), note), _lines(second))
    whole = "resolved that the old crane be normally greased twice a year by the keeper."
    assert whole in document.text
    begins = document.page_starts[1]
    assert document.text[begins:].startswith("mally greased")
    assert document.page_at(document.text.index("The surveyor's report")) == 1


def test_a_word_of_more_hyphens_keeps_them_at_a_line_end(tmp_path):
    """Only the typesetter's hyphen goes."""
    lines = ["The crane is state-of-", "the-art and the long-", "est one of the well-", "known."]
    assert _pdf(tmp_path, _lines([*PROSE, *lines])).text.endswith(
        "The crane is state-of-the-art and the longest one of the well-known."
    )
