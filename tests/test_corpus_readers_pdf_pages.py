"""PDFs of our own making whose pages are laid out in ways that mix up or lose what they say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path

import pytest
from fpdf import FPDF

from corpus.document import Document
from corpus.readers import read

logging.getLogger("fpdf").setLevel(logging.ERROR)

LEFT = [
    "The parish keeps eleven bridges, and each of",
    "them was measured by the warden between the",
    "first of April and the end of October. A",
    "bridge that sags is closed to carts until",
    "the carpenter has laid new beams under it.",
]
RIGHT = [
    "The toll is paid at the eastern gate, where",
    "the keeper writes every cart into a long",
    "ledger bound in green leather. In winter the",
    "ledger is carried to the mill, because the",
    "gate house has no stove.",
]
Draw = Callable[[FPDF], None]
Placed = tuple[float, float, str]


def _pdf(tmp_path: Path, *pages: Draw) -> Document:
    pdf = FPDF()
    for draw in pages:
        pdf.add_page()
        pdf.set_font("Times", size=10)
        draw(pdf)
    file = tmp_path / "parish.pdf"
    pdf.output(str(file))
    return read(file)


def _write(words: Sequence[Placed]) -> Draw:
    return lambda pdf: [pdf.text(*one) for one in words] and None


def _column(x: float, y: float, lines: Sequence[str], step: float = 4.6) -> list[Placed]:
    return [(x, y + step * row, line) for row, line in enumerate(lines)]


def _by_rows(*columns: Sequence[Placed]) -> list[Placed]:
    return [one for row in zip_longest(*columns) for one in row if one]


@pytest.mark.parametrize(
    "order",
    [
        lambda left, right: _by_rows(left, right),
        lambda left, right: [*left, *right],
        lambda left, right: [*right, *left],
        lambda left, right: [*left, *right][::-1],
    ],
    ids=["line by line", "by columns", "right first", "backwards"],
)
def test_columns_are_read_to_their_ends_in_whatever_order_they_are_drawn(tmp_path, order):
    """No sentence of one column runs into a line of the other."""
    text = _pdf(tmp_path, _write(order(_column(20, 30, LEFT), _column(108, 30, RIGHT)))).text
    assert " ".join(LEFT) in text and " ".join(RIGHT) in text
    assert text.index("The parish") < text.index("The toll")


def test_a_heading_over_columns_parts_what_is_above_it_from_what_is_below(tmp_path):
    """Both columns above it are read before it, both below it after it."""
    words = [
        *_by_rows(_column(20, 30, LEFT), _column(108, 30, RIGHT)),
        (
            20,
            62,
            "2 The flood of 1846, what it took away with it, and what the parish learned of it",
        ),
        *_by_rows(_column(20, 72, RIGHT), _column(108, 72, LEFT)),
    ]
    text = _pdf(tmp_path, _write(words)).text
    places = [text.index("The parish"), text.index("The toll"), text.index("2 The flood")]
    assert places == sorted(places)
    below = text[places[-1] :]
    assert below.index("The toll") < below.index("The parish")
    assert text.count(" ".join(LEFT)) == text.count(" ".join(RIGHT)) == 2


def test_rows_of_a_table_are_not_read_as_columns(tmp_path):
    """Cells beside each other stay beside each other."""
    rows = [("Ostrel", "14", "90"), ("Nym", "22", "41"), ("Brackwater", "7", "13")]
    words = [
        (20 + 50 * column, 80 + 5 * row, cell)
        for row, cells in enumerate([("Place", "Nets", "Lines"), *rows])
        for column, cell in enumerate(cells)
    ]
    by_rows = _by_rows(_column(20, 30, LEFT), _column(108, 30, RIGHT))
    document = _pdf(tmp_path, _write([*by_rows, *words]))
    assert "Nym | 22 | 41" in document.text and len(document.tables) == 1


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("shown_upright", [True, False])
def test_a_page_on_its_side_is_read_as_an_upright_one(tmp_path, quarters, shown_upright):
    """Its table has rows and columns, and no word far down the side is taken to be off the page."""
    rows = [("Fen", "Acres", "Dykes"), ("North", "1,200", "14"), ("South", "880", "9")]

    def draw(pdf: FPDF) -> None:
        with pdf.rotation(90 * quarters, 105, 148):
            _write(_column(20, 60, LEFT))(pdf)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    pdf.text(20 + 40 * column, 100 + 6 * row, cell)
            if quarters != 2:
                pdf.text(220, 120, "Far away words stay.")

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Times", size=10)
    draw(pdf)
    file = tmp_path / "fens.pdf"
    pdf.output(str(file))
    if shown_upright:
        from pypdf import PdfWriter

        writer = PdfWriter(clone_from=str(file))
        writer.pages[0].rotate(90 * quarters)
        writer.write(str(file))
    document = read(file)
    assert " ".join(LEFT) in document.text
    assert ("Far away words stay." in document.text) == (quarters != 2)
    (table,) = document.tables
    assert table.column_heads(document.text) == ["Fen", "Acres", "Dykes"]
    assert table.value(document.text, 1, 1) == "1,200"
    assert not document.left_out


@pytest.mark.parametrize("margin", [12, 195])
def test_numbers_of_every_fifth_line_go_where_a_page_has_two_of_them(tmp_path, margin):
    """They are told by the column in which they stand on every page."""

    def page(first: int) -> Draw:
        lines = [*LEFT, *RIGHT, *LEFT][: 10 if first < 20 else 4]
        words = []
        for row, line in enumerate(lines):
            words.append((30.0, 30 + 9.0 * row, line + " and so on, as the warden wrote it down"))
            if (first + row) % 5 == 0:
                words.append((float(margin), 30 + 9.0 * row, str(first + row)))
        return _write(words)

    document = _pdf(tmp_path, page(3), page(13), page(23))
    assert {str(one) for one in document.left_out} == {"5 line numbers (pages 1–3)"}
    assert not any(figure.isdigit() for figure in document.text)


def test_a_square_measure_is_kept_where_the_page_has_a_note_of_that_number(tmp_path):
    """Kilometres are not square ones; the note's own mark goes."""

    def draw(pdf: FPDF) -> None:
        pdf.set_xy(20, 20)
        for kind, text in (
            ("", "The estate has 35 km"),
            ("SUP", "2"),
            ("", " of moor and 120 hectares"),
            ("SUP", "2"),
            ("", " of wood."),
        ):
            pdf.char_vpos = kind or "LINE"
            pdf.write(6, text)
        pdf.set_xy(20, 200)
        pdf.char_vpos = "SUP"
        pdf.write(6, "2")
        pdf.char_vpos = "LINE"
        pdf.write(6, " Measured in 1911.")

    assert "35 km^2 of moor and 120 hectares of wood." in _pdf(tmp_path, draw).text


def test_years_of_an_older_century_name_the_columns_of_a_table(tmp_path):
    """They are no values of its first row."""
    rows = [
        ("", "1850", "1860"),
        ("Ard", "410", "432"),
        ("Bray", "388", "371"),
        ("Sum", "798", "803"),
    ]
    words = [
        (20 + 50 * column, 40 + 6 * row, cell)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        if cell
    ]
    document = _pdf(tmp_path, _write(words))
    (table,) = document.tables
    assert table.column_heads(document.text)[1:] == ["1850", "1860"]


def test_lines_between_two_rules_of_a_table_are_one_row(tmp_path):
    """A name that wraps beside a text that wraps does not make two rows."""
    rows = [
        (["Officer"], ["Duty"], ["Yearly pay"]),
        (["Harbour", "master"], ["Gives each ship its", "berth and a book"], ["900 crowns"]),
        (["Pilot"], ["Leads ships by day"], ["640 crowns"]),
        (["Lamp keeper"], ["Lights the lamps,", "tends the wicks"], ["310 crowns"]),
        (["Clerk"], ["Keeps the book"], ["280 crowns"]),
    ]

    def draw(pdf: FPDF) -> None:
        y = 40.0
        pdf.line(20, y, 180, y)
        for cells in rows:
            for column, lines in enumerate(cells):
                _write(_column(22 + 55 * column, y + 5, lines))(pdf)
            y += 3 + 4.6 * max(map(len, cells))
            pdf.line(20, y, 180, y)

    assert "Harbour master | Gives each ship its berth and a book | 900 crowns" in (
        text := _pdf(tmp_path, draw).text
    )
    assert "Lamp keeper | Lights the lamps, tends the wicks | 310 crowns" in text


@pytest.mark.parametrize("top", [True, False])
def test_sentences_and_headings_that_count_with_the_pages_are_text(tmp_path, top):
    """Only what is printed around the text is left out, and that it counts does not make it so."""

    def page(number: int) -> Draw:
        told = f"Witness {number} of the inquiry was heard and signed."

        def draw(pdf: FPDF) -> None:
            pdf.text(90, 12, f"Inquiry into the fire, page {number}")
            pdf.set_font("Times", size=15)
            pdf.text(20, 24, f"Day {number}")
            pdf.set_font("Times", size=10)
            _write([*_column(20, 44, LEFT), (20, 34 if top else 76, told)])(pdf)

        return draw

    text = _pdf(tmp_path, *map(page, range(1, 6))).text
    assert all(f"Witness {number} of the inquiry" in text for number in range(1, 6))
    assert all(f"Day {number}" in text for number in range(1, 6))
    assert "Inquiry into the fire, page 3" not in text


def test_a_heading_of_capitals_that_are_set_apart_is_words(tmp_path):
    """Letters that are drawn one by one, with space between them, are no words of one letter."""

    def draw(pdf: FPDF) -> None:
        x = 20.0
        for letter in "ANNEX TWO":
            pdf.text(x, 24, letter)
            x += pdf.get_string_width(letter) + (3 if letter == " " else 1.2)
        _write(_column(20, 34, LEFT))(pdf)

    assert "ANNEX TWO" in _pdf(tmp_path, draw).text


def test_a_row_of_many_figures_close_to_each_other_is_no_prose(tmp_path):
    """A long name next to its first value leaves the row in the table."""
    names = ["gull", "tern", "great northern diver", "auk", "puffin"]

    def draw(pdf: FPDF) -> None:
        for row, name in enumerate(names):
            pdf.text(20, 40 + 4.4 * row, name)
            for column in range(6):
                pdf.text(51 + 8.6 * column, 40 + 4.4 * row, f"0.{row + 1}{column}")

    document = _pdf(tmp_path, draw)
    assert "great northern diver | 0.30 | 0.31" in document.text
    assert [len(table.cells) for table in document.tables] == [5]
