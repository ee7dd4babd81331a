"""Plain text: lines that stand for themselves, drawn tables, wrapped prose."""

from __future__ import annotations

import pytest

from corpus.document import Document
from corpus.readers.text import read_text

PROSE = """\
The mill was built by the guild in the year of the flood and has been kept in good
repair ever since by the four families who own the weir. Note: the wheel was changed
in 1934 when the old one broke. It turns by day, and it stands still by night.
"""
ROWS = [["Boat", "Fee", "Crew"], ["Cog", "30", "4"], ["Small punt", "12", ""]]


def read(text: str) -> Document:
    return read_text(text, "/shelf/mill.txt")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "FOR IMMEDIATE RELEASE\n\nDues of the quay fall\n\nFrom May on.\n",
            "Dues of the quay fall",
        ),
        ("Boat        Fee   Crew\nCog          30      4\nPunt         12      2\n", "mill"),
    ],
    ids=["release", "table"],
)
def test_a_title_is_no_label_and_no_row(text, title):
    """What says that it is a release, or the head of a table."""
    assert read(text).source.title == title


@pytest.mark.parametrize(
    "drawn",
    [
        "Boat        Fee   Crew\nCog          30      4\nSmall punt   12\n",
        "Boat        Fee   Crew\n----------  ---   ----\nCog          30      4\nSmall punt   12\n",
        "+------------+-----+------+\n| Boat       | Fee | Crew |\n+============+=====+======+\n"
        "| Cog        | 30  | 4    |\n| Small punt | 12  |      |\n+------------+-----+------+\n",
        "┌────────────┬─────┬──────┐\n│ Boat       │ Fee │ Crew │\n├────────────┼─────┼──────┤\n"
        "│ Cog        │ 30  │ 4    │\n│ Small punt │ 12  │      │\n└────────────┴─────┴──────┘\n",
        "Boat\tFee\tCrew\nCog\t30\t4\nSmall punt\t12\t\n",
        "Boat | Fee | Crew\n-----|-----|-----\nCog | 30 | 4\nSmall punt | 12 |\n",
    ],
    ids=["spaces", "rulers", "signs", "boxes", "tabs", "bars"],
)
def test_a_drawn_table_is_one(drawn):
    """Rows and columns, however they are drawn; the rulers say nothing."""
    document = read(f"{PROSE}\nDues of the guild\n{drawn}\n{PROSE}")
    (table,) = document.tables
    rows = range(len(table.cells))
    read_rows = [[table.value(document.text, row, column) for column in range(3)] for row in rows]
    assert read_rows == ROWS
    assert (table.head_rows, table.caption) == (1, "Dues of the guild")
    assert document.text.count(" ".join(PROSE.split())) == 2


def test_names_with_values_are_lines():
    """ "Name: value" stays a line, aligned or not; a wrapped value is joined to its line."""
    for text in (
        "Name: Linn North\nDepth: 7 metres\nKeeper: Una Brandt, who lives\n  by the lock\n",
        "Name:    Linn North\nDepth:   7 metres\nKeeper:  Una Brandt, who lives by the lock\n",
    ):
        assert read(f"Harbour card\n\n{text}").text == (
            "Harbour card\n\nName: Linn North\nDepth: 7 metres\n"
            "Keeper: Una Brandt, who lives by the lock"
        )


def test_leaders_part_a_name_from_its_value():
    """Dots drawn between them are no part of either."""
    assert (
        "Cog | 30 crowns\nPunt | 12 crowns"
        in read(f"{PROSE}\nCog ........ 30 crowns\nPunt ....... 12 crowns\n").text
    )


@pytest.mark.parametrize(
    "lines",
    [
        "Una Brandt\n12 Dock Street\n9411 Vastby",
        "The sea was calm,\nthe boats lay still,\nthe gulls were gone,\nbeyond the hill.",
        "- first thing to do\n- second thing to do",
    ],
    ids=["an address", "a poem", "a list"],
)
def test_short_lines_stay_lines(lines):
    """They were not wrapped: the next word would have fitted."""
    assert f"\n\n{lines}\n\n" in read(f"{PROSE}\n{lines}\n\n{PROSE}").text


def test_two_spaces_behind_a_full_stop_make_no_column():
    """Prose as typewriters set it is joined like other prose."""
    typed = "It turns by day.  It rests by night.\nIt stood for years.  It turns anew now.\n"
    assert read(typed * 4).tables == ()


def test_an_underlined_line_is_a_heading():
    """The ruler is gone, the line names what follows."""
    document = read(f"The mill\n========\n\n{PROSE}\nThe wheel\n---------\n{PROSE}")
    assert [heading.title for heading in document.headings] == ["The mill", "The wheel"]
    assert "==" not in document.text and "--" not in document.text


@pytest.mark.parametrize("line", ["a  b c d e f", "a | b", "x\ty", "Name: value", "a  b\n", "---"])
def test_many_lines_that_look_like_rows_are_read_in_time(line):
    """The time grows with the length, whatever the lines promise."""
    assert read("Rows\n" + f"{line}\nplain words\n" * 2_000 + f"{line}\n" * 2_000).text
