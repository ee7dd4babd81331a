"""Workbooks: what a sheet shows, as tables with their captions, heads and units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from corpus.document import Document
from corpus.readers import read
from corpus.readers.number_formats import format_value
from tests.office_files import NAMESPACES, chart, written

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Fill = Callable[[Any], None]


@pytest.fixture
def book(tmp_path: Path):
    def make(fill: Fill, name: str = "made.xlsx") -> Document:
        made = openpyxl.Workbook()
        made.active.title = "Fleet"
        fill(made.active)
        made.save(tmp_path / name)
        return read(tmp_path / name)

    return make


@pytest.fixture
def sheet(tmp_path: Path):
    def make(rows: str, after: str = "", **parts: str) -> Document:
        return read(
            written(
                tmp_path / "made.xlsm",
                "xl",
                {
                    "workbook.xml": f'<workbook xmlns="{MAIN}" {NAMESPACES}><sheets>'
                    '<sheet name="Fleet" r:id="s1"/></sheets></workbook>',
                    "workbook.xml.rels": "s1 worksheet sheets/sheet1.xml",
                    "sheets/sheet1.xml": f'<worksheet xmlns="{MAIN}" {NAMESPACES}><sheetData>'
                    f"{rows}</sheetData>{after}</worksheet>",
                    **parts,
                },
            )
        )

    return make


def rows(*lines: list[object], at: str = "A1") -> Fill:
    def fill(sheet: Any) -> None:
        first = sheet[at]
        for down, line in enumerate(lines):
            for along, value in enumerate(line):
                if value is not None:
                    sheet.cell(first.row + down, first.column + along, value)

    return fill


def lines_of(document: Document) -> list[str]:
    return [line for line in document.text.split("\n") if line]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.375, "0.0%", "37.5%"),
        (0.375, "0%", "38%"),
        (1250.5, '"€"#,##0.00', "€1,250.50"),
        (1250.5, "#,##0.00 [$€-407]", "1,250.50 €"),
        (-1250.5, "[$$-409]#,##0.00", "-$1,250.50"),
        (-1234.5, "#,##0.00_);[Red](#,##0.00)", "(1,234.50)"),
        (0, '_(* #,##0_);_(* (#,##0);_(* "-"??_);_(@_)', "-"),
        (12, '0 "t"', "12 t"),
        (12_345_678, '0.0,,"M"', "12.3M"),
        (0.5, "# ?/?", "1/2"),
        (12_345.678, "0.00E+00", "1.23E+04"),
        (7, "00000", "00007"),
        (46054, "d.m.yyyy", "2026-02-01"),
        (46054, "[$-409]d\\ mmmm\\ yyyy;@", "2026-02-01"),
        (46054.604167, "dd/mm/yy hh:mm", "2026-02-01 14:30"),
        (46054, "mmm yyyy", "Feb 2026"),
        (1.104167, "[h]:mm", "26:30"),
        (0.604167, "h:mm AM/PM", "2:30 PM"),
        (1.005, "0.00", "1.01"),
        (0.1 + 0.2, "General", "0.3"),
        (120.0, "General", "120"),
        (1e300, "0.00", "1E+300"),
        (1.5, "# " + "?" * 30 + "/" + "?" * 30, "1.5"),
        (5, "0" * 400, "5"),
    ],
)
def test_a_number_is_shown_as_its_format_has_it(value, form, text) -> None:
    """Whatever Excel offers; a full date by ISO, a format past all sense as the bare number."""
    assert format_value(value, form) == text


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    """Old workbooks of the Macintosh do."""
    assert format_value(44592, "yyyy-mm-dd", from_1904=True) == "2026-02-01"


def test_cells_of_every_kind_are_shown(book) -> None:
    """Days, times, truth, errors, texts, powers of ten in a text."""

    def fill(made: Any) -> None:
        rows(
            ["Name", "Value"],
            ["day", date(2026, 2, 1)],
            ["moment", datetime(2026, 2, 1, 14, 30)],
            ["time", time(14, 30)],
            ["truth", True],
            ["error", "#DIV/0!"],
            ["text", "two\nlines"],
            ["share", 0.0825],
        )(made)
        made["B5"].data_type, made["B6"].data_type = "b", "e"
        made["B8"].number_format = "0.00%"

    assert lines_of(book(fill))[2:] == [
        "day | 2026-02-01", "moment | 2026-02-01 14:30:00", "time | 14:30:00", "truth | TRUE",
        "error | #DIV/0!", "text | two lines", "share | 8.25%",
    ]  # fmt: skip


def test_a_day_in_a_cell_is_not_when_the_workbook_came_out(book) -> None:
    """It is a value of the table."""
    document = book(rows(["Harbour", "Opened"], ["Orm", date(2026, 2, 1)], ["Ude", None]))
    assert "2026-02-01" in document.text and document.source.published == ""


def test_merged_cells_say_their_value_in_each_place(book) -> None:
    """Down and across; a merged title over the table is its caption."""

    def fill(made: Any) -> None:
        rows(
            ["Staff by region"],
            ["Region", "Town", "2024", None],
            [None, None, "men", "women"],
            ["North", "Elmby", 14, 12],
            [None, "Garth", 9, 8],
        )(made)
        for area in ("A1:D1", "A2:A3", "B2:B3", "C2:D2", "A4:A5"):
            made.merge_cells(area)

    document = book(fill)
    (table,) = document.tables
    assert (table.caption, table.head_rows) == ("Staff by region", 2)
    assert document.text.endswith(
        "Staff by region\n\nRegion | Town | 2024 | 2024\nRegion | Town | men | women\n"
        "North | Elmby | 14 | 12\nNorth | Garth | 9 | 8"
    )
    assert table.column_heads(document.text)[2:] == ["2024 › men", "2024 › women"]


def test_a_cell_far_from_the_others_costs_nothing(book) -> None:
    """In the last row and the last column, blank or with a value; a merge over all columns too."""

    def fill(made: Any) -> None:
        rows(["Barn", "Bales"], ["East", 411])(made)
        made["XFD1048576"], made["A1048576"] = "far", " "
        made.merged_cells.add("A3:XFD1048575")

    document = book(fill)
    assert lines_of(document) == ["Fleet", "Barn | Bales", "East | 411", "far"]


def test_cells_scattered_over_a_sheet_make_no_table(sheet) -> None:
    """A diagonal of two thousand cells is not four million places."""
    drawn = "".join(
        f'<row r="{n}"><c r="{column}{n}"><v>{n}</v></c></row>'
        for n, column in enumerate(
            (f"{a}{b}{c}" for a in "ABC" for b in LETTERS for c in LETTERS), 1
        )
    )
    document = sheet(drawn)
    assert len(lines_of(document)) == 2029 and not document.tables


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_tables_side_by_side_and_stacked_are_tables_of_their_own(book) -> None:
    """With their titles, units and notes."""

    def fill(made: Any) -> None:
        rows(
            ["Catch of perch"], ["(tonnes)"], ["Lake", "2024", "2025"], ["Orm", 4, 5],
            ["Ude", 6, 7], ["Source: port records."],
        )(made)  # fmt: skip
        rows(["Harbour", "Boats"], ["Pell", 12], ["Cray", 9], ["Linn", 3], at="F1")(made)
        rows(["Fees by boat"], [None], ["Boat", "Fee"], ["Tern", 30], ["Gull", 40], at="A10")(made)

    document = book(fill)
    assert [(one.caption, one.unit, len(one.cells)) for one in document.tables] == [
        ("Catch of perch (tonnes)", "tonnes", 3), ("Fees by boat", "", 3), ("", "", 4),
    ]  # fmt: skip
    assert "Source: port records." in document.text.split("\n\n")
    assert all("12" not in line or "Orm" not in line for line in lines_of(document))


def test_rows_below_an_empty_row_keep_their_heads(book) -> None:
    """A gap in a table, a total set apart, an empty column: all the same table."""
    document = book(
        rows(
            ["Mill", None, "Tonnes"],
            ["Alder", None, 40],
            [None],
            ["Birch", None, 33],
            [None],
            ["Total", None, 73],
        )
    )
    (table,) = document.tables
    assert lines_of(document)[1:] == ["Mill | Tonnes", "Alder | 40", "Birch | 33", "Total | 73"]
    assert table.head_rows == 1


def test_three_hundred_rows_are_one_table(book) -> None:
    """With the heads on top of all."""
    document = book(
        rows(["Ship", "Length", "Crew"], *([f"Tern {n}", 20 + n, n % 9] for n in range(300)))
    )
    (table,) = document.tables
    assert (len(table.cells), table.head_rows, table.head_columns) == (301, 1, 1)
    assert table.value(document.text, 300, 0) == "Tern 299"


def test_what_the_sheet_calls_a_table_is_one(book) -> None:
    """Its heads are known, though every cell is a word, and a line above touches it."""

    def fill(made: Any) -> None:
        rows(["Who keeps what", "and where"], ["Keeper", "Light"], ["Una", "Cray"], ["Bo", "Pell"])(
            made
        )
        made.add_table(openpyxl.worksheet.table.Table(displayName="Keepers", ref="A2:B4"))

    (table,) = (document := book(fill)).tables
    assert table.column_heads(document.text) == ["Keeper", "Light"] and table.head_rows == 1


def test_formulas_that_nobody_calculated_are_named(book) -> None:
    """Where they stand; the rest of the table is read."""
    document = book(rows(["Mill", "t"], ["Alder", 40], ["Birch", "=B2*2"], ["Sum", "=B2+B3"]))
    assert [str(one) for one in document.left_out] == ["2 formulas without a value (Fleet: B3, B4)"]
    assert document.left_out[0].missed and "Alder | 40" in document.text


def test_comments_are_read_with_their_cell(book) -> None:
    """And who wrote them."""

    def fill(made: Any) -> None:
        rows(["Mill", "t"], ["Alder", 40])(made)
        made["B2"].comment = Comment("Una Brandt:\nWeighed wet.", "Una Brandt")

    assert lines_of(book(fill))[-1] == "Comment on B2 by Una Brandt: Weighed wet."


def test_drawn_words_and_charts_of_a_sheet_are_read(sheet) -> None:
    """A box of text; a chart's title, its data being cells of the sheet."""
    words = "<a:p><a:r><a:t>Figures are wet weight.</a:t></a:r></a:p>"
    drawn = (
        f"<xdr:wsDr {NAMESPACES}><xdr:sp><xdr:txBody>{words}</xdr:txBody></xdr:sp>"
        '<xdr:graphicFrame><c:chart r:id="c1"/></xdr:graphicFrame><xdr:pic/></xdr:wsDr>'
    )
    document = sheet(
        '<row><c t="inlineStr"><is><t>Mill</t></is></c></row>',
        **{
            "sheets/sheet1.xml.rels": "d1 drawing ../drawings/d.xml",
            "drawings/d.xml": drawn,
            "drawings/d.xml.rels": "c1 chart ../charts/c.xml",
            "charts/c.xml": chart(("t", ["Alder"], [40.0]), title="Output by mill"),
        },
    )
    assert lines_of(document) == [
        "Fleet", "Mill", "Figures are wet weight.", "Chart: Output by mill",
    ]  # fmt: skip
    assert document.left_out_counts == {"pictures": 1}


def test_struck_out_and_raised_letters_of_a_cell(sheet) -> None:
    """A struck run is not read; a power is told from a number."""
    runs = (
        "<r><t>about 10</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>25</t></r>"
        "<r><rPr><strike/></rPr><t> or more</t></r>"
    )
    document = sheet(f'<row><c t="inlineStr"><is>{runs}</is></c></row>')
    assert lines_of(document) == ["Fleet", "about 10^25"]
    assert document.left_out_counts == {"struck-out words": 2}


def test_a_header_of_the_printed_sheet_is_read(sheet) -> None:
    """Without the codes that set it, and without page numbers."""
    document = sheet(
        '<row><c t="inlineStr"><is><t>Mill</t></is></c></row>',
        '<headerFooter><oddHeader>&amp;L&amp;"Arial,Bold"&amp;12KR-88</oddHeader>'
        "<oddFooter>&amp;CPage &amp;P of &amp;N</oddFooter></headerFooter>",
    )
    assert lines_of(document) == ["Fleet", "Page header: KR-88", "Mill"]


def test_the_title_of_a_workbook_is_never_the_programs_word(tmp_path: Path) -> None:
    """A sheet that nobody named does not name the document; its first caption does."""
    made = openpyxl.Workbook()
    made.active.title = "Sheet1"
    rows(["Depth of the wells"], ["Well", "m"], ["Elm", 7])(made.active)
    made.save(tmp_path / "export.xlsx")
    assert read(tmp_path / "export.xlsx").source.title == "Depth of the wells"


def test_the_first_line_above_a_table_names_the_workbook(book) -> None:
    """And not the note between them, where the sheet has no name of its own."""

    def fill(sheet: Any) -> None:
        sheet.title = "Sheet1"
        rows(
            ["Wool prices of the market"], ["Source: market office"], [None],
            ["Week", "White", "Black"], ["First", 31, 29], ["Second", 33, 30],
        )(sheet)  # fmt: skip

    assert book(fill).source.title == "Wool prices of the market"


def test_a_power_is_a_figure_and_no_head(book) -> None:
    """ "10^5" in the first row of values."""
    document = book(rows(["City", "Grains"], ["Osk", "10^5"], ["Ude", "52"]))
    assert document.tables[0].head_rows == 1
