"""CSV and TSV: rows and columns, the lines above a table, the notes below it."""

from __future__ import annotations

import pytest

from corpus.document import Document
from corpus.errors import ReadError
from corpus.readers.tabular import read_csv


def _read(text: str) -> Document:
    return read_csv(text.encode(), "/shelf/catches.csv")


def _column(document: Document, name: str) -> list[str]:
    (table,) = document.tables
    column = table.column_heads(document.text).index(name)
    rows = range(table.head_rows, len(table.cells))
    return [table.value(document.text, row, column) for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        'Fish,Spring,Autumn\nPike,"1,250.5",\nEel,,9\n',
        "\ufeffFish;Spring;Autumn\nPike;1,250.5;\nEel;;9\n",
        "Fish\tSpring\tAutumn\r\nPike\t1,250.5\t\r\nEel\t\t9\r\n",
        "Fish|Spring|Autumn\nPike|1,250.5|\nEel||9\n",
        "sep=;\nFish;Spring;Autumn\nPike;1,250.5;\nEel;;9\n",
    ],
    ids=["commas", "semicolons", "tabs", "bars", "as Excel says"],
)
def test_empty_cells_keep_their_columns(text):
    """Whatever parts the cells, a value stays under its head."""
    document = _read(text)
    assert document.text.splitlines()[-2:] == ["Pike | 1,250.5", "Eel |  | 9"]
    assert _column(document, "Spring") == ["1,250.5", ""]
    assert _column(document, "Autumn") == ["", "9"]


@pytest.mark.parametrize(
    "above",
    [
        "Catches on the Ude (in tonnes)\nSource: Guild of Linn, own count, 2024\n\n",
        'Catches on the Ude (in tonnes),,,\n"Source: Guild of Linn, own count, 2024",,,\n',
        'Catches on the Ude (in tonnes)\nSource,"Guild of Linn, own count, 2024"\n\n',
    ],
    ids=["a blank line between", "padded", "name and value"],
)
def test_lines_above_a_table_are_its_caption_and_source(above):
    """They are read as lines; the head of the table is its own first row."""
    document = _read(above + "Fish,2023,2024,2025\nPike,1,2,3\nEel,4,,6\n")
    assert document.source.title == "Catches on the Ude (in tonnes)" or above.count("\n\n") == 0
    assert "\n\nSource: Guild of Linn, own count, 2024\n\nFish | 2023" in document.text
    (table,) = document.tables
    assert (table.caption, table.unit) == ("Catches on the Ude (in tonnes)", "tonnes")
    assert _column(document, "2024") == ["2", ""]


@pytest.mark.parametrize(
    "below",
    [
        "\nNote: pike were counted twice, by hand.\n",
        '"Note: pike were counted twice, by hand.",,\n',
    ],
    ids=["after a blank line", "padded"],
)
def test_notes_below_a_table_are_none_of_its_rows(below):
    """They are a paragraph of their own; a row of which one cell is filled stays a row."""
    document = _read("Fish,Spring,Autumn\nPike,1,2\nHake,,\nEel,3,4\n" + below)
    assert document.text.endswith("Eel | 3 | 4\n\nNote: pike were counted twice, by hand.")
    assert _column(document, "Fish") == ["Pike", "Hake", "Eel"]


def test_heads_over_several_columns_name_each_of_them():
    """A sheet with merged heads leaves all but the first of their places empty."""
    document = _read("Fish,2024,,2025,\n,Spring,Autumn,Spring,Autumn\nPike,41,,38,52\n")
    assert _column(document, "2025 › Autumn") == ["52"]
    assert "\nPike | 41 |  | 38 | 52" in document.text


def test_several_tables_in_one_file_stay_apart():
    """Each has the line above it as its caption."""
    document = _read("Dues of 2024\nBoat,Fee\nCog,30\n\nDues of 2025\nBoat,Fee\nCog,35\n")
    assert [table.caption for table in document.tables] == ["Dues of 2024", "Dues of 2025"]
    assert "Cog | 30\n\nDues of 2025\n\nBoat | Fee\nCog | 35" in document.text


def test_a_blank_line_within_a_table_parts_nothing():
    """Rows that go on under it belong to the same heads."""
    assert _column(_read("Port,Depth,Fee\nLinn,7,30\n\nVast,9,40\n"), "Fee") == ["30", "40"]


def test_quoted_lines_are_one_cell_and_an_open_quotation_mark_swallows_none():
    """A cell of two lines is one; a mark that nothing closes is a letter like others."""
    assert _column(_read('Port,Note\nLinn,"old,\ncold"\nVast,new\n'), "Note") == [
        "old, cold",
        "new",
    ]
    assert _column(_read('Port,Note\nLinn,"old\nVast,new\nUde,deep\n'), "Note")[1:] == [
        "new",
        "deep",
    ]


def test_a_line_far_wider_than_the_table_costs_no_more_than_its_length():
    """At its length all rows would have 2,000,000,000 cells."""
    document = _read("Pike" + "," * 100_000 + "x\n" + "Eel,9\n" * 20_000)
    assert document.tables == () and document.text.count("Eel | 9") == 20_000


def test_one_column_is_lines():
    """A list of names in a file for tables is a list; nothing at all is refused."""
    assert _read("Species\nPike\nEel\n").text == "Species\nPike\nEel"
    with pytest.raises(ReadError, match="holds no text"):
        _read(",,\n,,\n")
