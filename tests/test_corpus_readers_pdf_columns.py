"""PDFs of our own making whose columns are drawn in another order than they are read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import pytest
from fpdf import FPDF

from benchmarks.pdf_text import ledger
from corpus.document import Document
from corpus.readers import read

logging.getLogger("fpdf").setLevel(logging.ERROR)

HARBOUR = [
    "The harbour board met in spring and",
    "heard the report of its surveyor on",
    "the depth of each quay. No vessel",
    "may lie there for more than nine",
    "days, and the keeper writes down",
    "who came and who left. A copy of",
    "the book is kept in the town hall,",
    "where anyone may read it for free.",
]
MARKET = [
    "The market opens before dawn, when",
    "the first boats are back from the",
    "banks. Each seller pays a fee that",
    "the council sets in the autumn, and",
    "the scales are tested by the warden",
    "once a month. Fish that is not sold",
    "by noon goes to the cannery behind",
    "the old gate at a price set by law.",
]
BRIDGE = [
    "The bridge is lifted twice a day for",
    "ships that are taller than the arch,",
    "and a bell is rung before it moves.",
    "Carts wait on the eastern side until",
    "the warden has raised his lantern or",
    "sent a boy with word that the river",
    "is clear. In winter it stays down if",
    "ice lies thicker than a hand is wide.",
]

Draw = Callable[[FPDF], None]


def _pdf(tmp_path: Path, *draws: Draw) -> Document:
    """Return a page as it is read; no letter of it is lost."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for draw in draws:
        draw(pdf)
    file = tmp_path / "harbour.pdf"
    pdf.output(str(file))
    assert ledger(file.read_bytes()).lost == ()
    return read(file)


def _column(lines: list[str], left: float, top: float = 50) -> Draw:
    def draw(pdf: FPDF) -> None:
        for row, line in enumerate(lines):
            pdf.text(left, top + 5.5 * row, line)

    return draw


def _row_by_row(*columns: list[str], lefts: tuple[float, ...], top: float = 50) -> Draw:
    def draw(pdf: FPDF) -> None:
        for row, parts in enumerate(zip_longest(*columns, fillvalue="")):
            for left, part in zip(lefts, parts, strict=True):
                if part:
                    pdf.text(left, top + 5.5 * row, part)

    return draw


def _heading(text: str, y: float, left: float = 20, size: float = 18) -> Draw:
    def draw(pdf: FPDF) -> None:
        pdf.set_font("Helvetica", style="B", size=size)
        pdf.text(left, y, text)
        pdf.set_font("Helvetica", size=11)

    return draw


def _in_order(document: Document, *parts: str) -> bool:
    text = " ".join(document.text.split())
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


LEFT, RIGHT = " ".join(HARBOUR), " ".join(MARKET)


@pytest.mark.parametrize(
    "draws",
    [
        (_column(HARBOUR, 20), _column(MARKET, 110)),
        (_column(MARKET, 110), _column(HARBOUR, 20)),
        (_row_by_row(HARBOUR, MARKET, lefts=(20, 110)),),
        (_row_by_row(HARBOUR, MARKET, lefts=(20, 92)),),
        (_column(MARKET[:4], 110), _column(HARBOUR, 20), _column(MARKET[4:], 110, 72)),
        (_column(HARBOUR[3:], 20, 66.5), _column(MARKET, 110), _column(HARBOUR[:3], 20)),
    ],
    ids=["in order", "right first", "row by row", "narrow gutter", "boxes", "boxes of the left"],
)
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, draws: tuple[Draw, ...]) -> None:
    """Whatever the order they are drawn in."""
    assert _in_order(_pdf(tmp_path, _heading("Harbour news", 30), *draws), LEFT, RIGHT)


def test_three_columns_drawn_row_by_row_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Each is told by its own gutter."""
    narrow = [[line[:26] for line in lines] for lines in (HARBOUR, MARKET, BRIDGE)]
    document = _pdf(tmp_path, _row_by_row(*narrow, lefts=(12, 78, 144)))
    assert _in_order(document, *(" ".join(" ".join(lines).split()) for lines in narrow))


@pytest.mark.parametrize("columns", [True, False])
def test_a_heading_that_is_drawn_last_is_read_first(tmp_path: Path, *, columns: bool) -> None:
    """It stands above the text on the page."""
    beside = (_column(MARKET, 110),) if columns else ()
    document = _pdf(tmp_path, _column(HARBOUR, 20), *beside, _heading("Harbour news", 30))
    assert _in_order(document, "Harbour news", LEFT)


def test_a_heading_over_both_columns_cuts_the_page(tmp_path: Path) -> None:
    """What stands above it is read before what stands below, though each row is drawn across."""
    long = [*BRIDGE[:4], *BRIDGE[4:]]
    document = _pdf(
        tmp_path,
        _row_by_row(HARBOUR, MARKET, lefts=(20, 110)),
        _heading("What the second half of the year brought to the town", 105, size=16),
        _row_by_row(long, MARKET[::-1], lefts=(20, 110), top=115),
    )
    assert _in_order(document, LEFT, RIGHT, "What the second half", " ".join(BRIDGE))


def test_the_rows_of_a_table_are_not_torn(tmp_path: Path) -> None:
    """Its cells stand in columns too, and are short or figures."""
    names = ["North quay", "South quay", "Old basin", "New basin", "Slipway", "Dry dock"]
    depth = ["9.5 m of water", "7.0 m of water", "4.2 m of water", "11 m of water", "2 m", "6 m"]
    document = _pdf(
        tmp_path,
        _column(HARBOUR, 20, 20),
        _row_by_row(names, depth, lefts=(20, 110), top=80),
    )
    for name, value in zip(names, depth, strict=True):
        assert f"{name} {value}" in document.text.replace(" | ", " ")


def test_wrapped_cells_that_are_drawn_cell_by_cell_keep_their_rows(tmp_path: Path) -> None:
    """They read as prose, and each row is drawn before the next."""
    rows = [(HARBOUR[at : at + 2], MARKET[at : at + 2]) for at in (0, 2, 4, 6)]
    draws = [
        _column(cell, left, 50 + 18 * number)
        for number, row in enumerate(rows)
        for cell, left in zip(row, (20, 110), strict=True)
    ]
    document = _pdf(tmp_path, *draws)
    text = " ".join(document.text.replace("|", " ").split())
    assert text.index(HARBOUR[1]) < text.index(MARKET[0]) < text.index(HARBOUR[2])


def test_a_sidebar_that_is_drawn_last_stays_behind_the_text(tmp_path: Path) -> None:
    """It is narrower than the column it stands beside."""
    wide = [f"{one} {other}" for one, other in zip(HARBOUR, MARKET, strict=True)]
    side = ["Ask at the", "gate for a", "map of the", "quays, or", "write to us", "by post."]
    document = _pdf(tmp_path, _column(wide, 60), _column(side, 20))
    assert _in_order(document, wide[0], wide[-1], "Ask at the gate")


def test_a_page_in_one_column_with_notes_stays_as_it_is_drawn(tmp_path: Path) -> None:
    """A caption that is drawn with its figure is not moved between the lines."""
    wide = [f"{one} {other}" for one, other in zip(HARBOUR, MARKET, strict=True)]
    caption = "Figure 1: The quays of the town in the year of the great frost, seen from the sea."
    document = _pdf(tmp_path, _column([caption], 20, 120), _column(wide, 20))
    assert _in_order(document, caption, wide[0], wide[-1])
