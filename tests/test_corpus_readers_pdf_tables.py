"""Tables of a PDF are rows and columns; what only looks like one stays lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fpdf import FPDF

from corpus.document import Document
from corpus.limits import FileLimits
from corpus.readers.pdf import read_pdf
from corpus.splitting import split

PROSE = (
    "The harbour board met in Linn on a grey morning and heard the keeper of the light, who spoke "
    "of nets, of weather and of the price of tar, and asked that the mole be mended before winter."
)


def read(*draw: Callable[[FPDF], None]) -> Document:
    """Return what is read of a PDF with a page for each of the drawings."""
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_auto_page_break(False)
    for one in draw:
        pdf.add_page()
        pdf.set_font("Helvetica", size=10)
        one(pdf)
    return read_pdf(bytes(pdf.output()), "/report.pdf", FileLimits())


def put(pdf: FPDF, y: float, *cells: tuple[float, str], right: bool = False) -> None:
    """Write cells at one height, by their left or their right end."""
    for x, text in cells:
        pdf.text(x - pdf.get_string_width(text) * right, y, text)


def prose(pdf: FPDF, y: float, x: float = 60, width: float = 470) -> None:
    """Write a paragraph."""
    pdf.set_xy(x, y)
    pdf.multi_cell(width, 13, PROSE)


def heads_of_cell(document: Document, value: str) -> tuple[str, str]:
    """Return row head and column head of the one cell that says `value`."""
    found = [
        (table.row_head(document.text, row), table.column_heads(document.text)[column])
        for table in document.tables
        for row in range(len(table.cells))
        for column in range(len(table.cells[0]))
        if table.value(document.text, row, column) == value
    ]
    assert len(found) == 1, (value, found, document.text)
    return found[0]


def statement(pdf: FPDF) -> None:
    """Draw a statement of income: spanning heads, currency and per cent signs, brackets."""
    prose(pdf, 60)
    put(pdf, 150, (250, "(In millions, except per share data)"))
    put(pdf, 170, (290, "Three Months Ended"), (450, "Nine Months Ended"))
    put(pdf, 184, (265, "June 30,"), (345, "June 30,"), (425, "June 30,"), (505, "June 30,"))
    put(pdf, 197, (272, "2025"), (352, "2024"), (432, "2025"), (512, "2024"))
    rows = [
        ("Sales of lenses", "5,931", "7,103", "20,923", "19,271"),
        ("Cost of sales", "2,754", "2,472", "9,400", "6,795"),
        ("Interest paid", "(65)", "(62)", "(198)", "(175)"),
        ("Gift of the founder", "", "12", "", "40"),
        ("Net income", "680", "2,464", "2,954", "6,749"),
    ]
    for number, (label, *values) in enumerate(rows):
        y = 216 + 14 * number
        put(pdf, y, (60, label))
        rights = (310, 390, 470, 550)
        put(pdf, y, *zip(rights, values, strict=True), right=True)
        if number in (0, 4):
            put(pdf, y, *((right - 60, "$") for right in rights))
    put(pdf, 216 + 14 * 5, (60, "Share kept"))
    put(pdf, 216 + 14 * 5, (310, "11.5"), (390, "34.7"), (470, "14.1"), (550, "35.0"), right=True)
    put(pdf, 216 + 14 * 5, *((right + 4, "%") for right in (310, 390, 470, 550)))
    prose(pdf, 330)


def test_a_value_stands_under_its_own_year() -> None:
    """Heads over two columns name both, lines of one head are one, the unit is told."""
    document = read(statement)
    (table,) = document.tables
    assert heads_of_cell(document, "2,472") == (
        "Cost of sales",
        "Three Months Ended › June 30, 2024",
    )
    assert heads_of_cell(document, "9,400") == (
        "Cost of sales",
        "Nine Months Ended › June 30, 2025",
    )
    assert heads_of_cell(document, "(198)")[0] == "Interest paid"
    assert table.unit == "In millions, except per share data"


def test_signs_join_their_figures_and_empty_cells_keep_their_place() -> None:
    """Currency and per cent signs set apart are part of the value."""
    document = read(statement)
    assert "Sales of lenses | $5,931 | $7,103 | $20,923 | $19,271" in document.text
    assert "Gift of the founder |  | 12 |  | 40" in document.text
    assert "Share kept | 11.5% | 34.7% | 14.1% | 35.0%" in document.text


def catches(pdf: FPDF, y: float = 150, *, heads: bool = True, first: int = 0) -> None:
    """Draw a table between rules, with names of groups of rows beside them."""

    def rule(at: float) -> None:
        pdf.line(60, at, 500, at)

    if heads:
        rule(y)
        put(pdf, y + 14, (160, "Species"), (300, "Spring"), (380, "Autumn"), (460, "Year"))
    rule(y + 20)
    groups = [("Still", [("Pike", "41.0", "52.5"), ("Eel", "7.1", "8.2"), ("Tench", "3.3", "4.4")]),
              ("Running", [("Trout", "12.4", "13.6"), ("Grayling", "5.5", "-"),
                           ("Barbel", "6.1", "7.7")])]  # fmt: skip
    at = y + 34
    for name, rows in groups:
        put(pdf, at + 14, (70, name))
        for number, (species, spring, autumn) in enumerate(rows):
            put(
                pdf,
                at,
                (160, species),
                (303, spring),
                (386, autumn),
                (462, f"20{first + number:02}"),
            )
            at += 14
        rule(at - 8)
        at += 6


def test_the_name_of_a_group_of_rows_is_in_each_of_its_rows() -> None:
    """It stands at half the height of its group, between two rules."""
    document = read(lambda pdf: (prose(pdf, 60), catches(pdf), prose(pdf, 340))[0])
    assert heads_of_cell(document, "5.5") == ("Running › Grayling", "Spring")
    assert heads_of_cell(document, "8.2") == ("Still › Eel", "Autumn")


def test_cells_that_wrap_are_one() -> None:
    """The second line of a description is no row of its own, and neither is that of a row head."""

    def draw(pdf: FPDF) -> None:
        prose(pdf, 60)
        for y in (140, 160, 262):
            pdf.line(60, y, 520, y)
        put(pdf, 154, (62, "No."), (110, "Description"), (400, "Form"), (470, "Filed"))
        put(pdf, 176, (62, "2.1"), (110, "Agreement on the mole between the board"), (400, "8-K"),
            (470, "3/11/2019"))  # fmt: skip
        put(pdf, 188, (110, "of Linn and the makers of Sava"))
        put(pdf, 204, (62, "2.2"), (110, "Share in the light"), (400, "10-K"), (470, "9/14/2020"))
        put(pdf, 220, (62, "4.1"), (110, "Note of the bank"), (400, "S-1"), (470, "4/24/1998"))
        put(pdf, 232, (110, "as changed in spring"))
        prose(pdf, 300)

    document = read(draw)
    (table,) = document.tables
    assert len(table.cells) == 4
    assert table.value(document.text, 1, 1) == (
        "Agreement on the mole between the board of Linn and the makers of Sava"
    )
    assert heads_of_cell(document, "9/14/2020")[1] == "Filed"


def test_caption_and_title_below_the_table_are_its_caption() -> None:
    """A caption is the table's wherever it is printed, and is printed once."""

    def draw(pdf: FPDF) -> None:
        prose(pdf, 60)
        put(pdf, 145, (62, "Table 3: Catches on the Ude, in tonnes."))
        catches(pdf, 150)

    def below(pdf: FPDF) -> None:
        catches(pdf, 60)
        put(pdf, 200, (62, "Table 4: Catches on the Sava, in tonnes."))
        prose(pdf, 230)

    document = read(draw, below)
    assert [table.caption for table in document.tables] == [
        "Table 3: Catches on the Ude, in tonnes.",
        "Table 4: Catches on the Sava, in tonnes.",
    ]
    assert document.text.count("Catches on the Sava") == 1


def test_nothing_of_a_page_with_a_table_is_lost() -> None:
    """Every letter that is drawn is in the text."""
    document = read(statement)
    for word in ("Net income", "680", "(175)", "harbour", "Three Months Ended", "In millions"):
        assert word in document.text


def columns_of_prose(pdf: FPDF) -> None:
    """Draw prose in two columns."""
    for _ in range(3):
        prose(pdf, 60 + 110 * _, 60, 220)
        prose(pdf, 60 + 110 * _, 310, 220)


def contents(pdf: FPDF) -> None:
    """Draw a page of contents without leaders."""
    for number, (title, page) in enumerate(
        [
            ("Introduction", 3),
            ("The mole", 7),
            ("Nets and tar", 12),
            ("The light", 15),
            ("Notes", 21),
        ]
    ):
        put(pdf, 100 + 16 * number, (60, f"{number + 1}"), (90, title), (500, str(page)))


def numbered(pdf: FPDF) -> None:
    """Draw a list with numbers, a bibliography and a formula."""
    for number, text in enumerate(["Mend the mole.", "Buy tar.", "Paint the light."]):
        put(pdf, 100 + 16 * number, (60, f"{number + 1}."), (90, text))
    for number in range(4):
        put(pdf, 180 + 16 * number, (60, f"[{number + 1}]"),
            (85, f"U. Brandt. On nets and tar. Annals of Linn, {1990 + number}."))  # fmt: skip
    put(pdf, 270, (200, "E = m c"), (420, "(1)"))
    put(pdf, 300, (200, "F = m a"), (420, "(2)"))
    prose(pdf, 330)


def axes(pdf: FPDF) -> None:
    """Draw a plot: numbers along its axes and a legend."""
    for number in range(5):
        put(pdf, 200 - 30 * number, (80, str(20 * number)))
        put(pdf, 215, (100 + 60 * number, str(number)))
    put(pdf, 90, (200, "tar"))
    put(pdf, 105, (200, "nets"))
    prose(pdf, 300)


@pytest.mark.parametrize("draw", [columns_of_prose, contents, numbered, axes])
def test_what_only_looks_like_a_table_is_none(draw: Callable[[FPDF], None]) -> None:
    """Prose in columns, contents, lists, references, formulas and plots stay lines."""
    document = read(draw, lambda pdf: prose(pdf, 60))
    assert not document.tables
    assert "harbour board met in Linn" in document.text


def test_a_table_that_runs_on_over_the_page_keeps_its_heads() -> None:
    """Heads printed once name the rows of both pages; heads printed again begin a table."""
    once = read(
        lambda pdf: catches(pdf, 600, first=10),
        lambda pdf: (catches(pdf, 60, heads=False, first=20), prose(pdf, 300))[0],
    )
    (table,) = once.tables
    assert [table.row_head(once.text, row) for row in (1, 12)] == [
        "Still › Pike",
        "Running › Barbel",
    ]
    assert table.column_heads(once.text)[2] == "Spring"
    assert once.page_at(table.cells[-1][0][0]) == 2
    assert table.value(once.text, 12, 4) == "2022"
    passages = split(once, lambda texts: [len(text.split()) for text in texts])
    assert "2022" in "".join(passage.text for passage in passages)
    again = read(lambda pdf: catches(pdf, 600), lambda pdf: (catches(pdf, 60), prose(pdf, 300))[0])
    assert len(again.tables) == 2
    assert again.text.count("Species") == 2


def dense(pdf: FPDF) -> None:
    """Draw a table whose heads fill their row, between rules, with 2.4 points between them."""
    prose(pdf, 60)
    pdf.set_font("Helvetica", size=8)
    heads = ["Boat", "Cod", "Haddock", "Eel", "Mackerel", "Herring", "Sprat", "Whiting", "Ling"]
    x, middles = 60.0, []
    for number, head in enumerate(heads):
        wide = pdf.get_string_width(head)
        pdf.text(x, 150, head)
        middles.append(x + wide / 2)
        x += wide + (60 if number == 0 else 2.4)
    for y in (138, 156, 226):
        pdf.line(58, y, x, y)
    for number, boat in enumerate(("Sava", "Linn", "Ude", "Mole")):
        y = 170 + 14 * number
        put(pdf, y, (60, boat))
        for place, middle in enumerate(middles[1:]):
            value = f"{number + 1}{place}"
            put(pdf, y, (middle - pdf.get_string_width(value) / 2, value))
    pdf.set_font("Helvetica", size=10)
    prose(pdf, 260)


def test_heads_without_wide_spaces_are_parted_over_their_columns() -> None:
    """A dense row of heads is no line of prose."""
    document = read(dense)
    assert heads_of_cell(document, "24") == ("Linn", "Herring")
    assert heads_of_cell(document, "37") == ("Ude", "Ling")


def test_a_head_in_the_middle_of_parted_rules_names_all_columns() -> None:
    """Rules parted at each column belong to the one head that stands over them."""

    def draw(pdf: FPDF) -> None:
        prose(pdf, 60)
        rights = (300, 390, 480, 570)
        put(pdf, 150, (400, "Year Ended"))
        put(pdf, 166, (250, "May 3, 2025"), (340, "May 4, 2024"), (440, "Change"), (525, "Share"))
        for y in (153, 169):
            for right in rights:
                pdf.line(right - 66, y, right, y)
        for number, (name, *values) in enumerate(
            [
                ("Tar", "41", "52", "11", "27%"),
                ("Nets", "17", "18", "1", "6%"),
                ("Oil", "8", "9", "2", "5%"),
            ]
        ):
            put(pdf, 184 + 14 * number, (60, name))
            put(pdf, 184 + 14 * number, *zip(rights, values, strict=True), right=True)
        prose(pdf, 260)

    document = read(draw)
    assert heads_of_cell(document, "41") == ("Tar", "Year Ended › May 3, 2025")
    assert heads_of_cell(document, "27%") == ("Tar", "Year Ended › Share")


def test_heads_in_two_lines_beside_one_in_the_middle_keep_their_columns() -> None:
    """ "Halla 3 | 70" is one head, though its lines are so close that they are one row."""

    def draw(pdf: FPDF) -> None:
        prose(pdf, 60)
        columns = (220, 300, 380, 460)
        for y in (138, 166, 236):
            pdf.line(58, y, 520, y)
        pdf.text(60, 153, "Test (score)")
        tops = ("Depth", "Quill 2", "Halla 3", "Mix")
        for x, head in zip(columns, tops, strict=True):
            pdf.text(x - pdf.get_string_width(head) / 2, 150, head)
        for x, head in zip(columns, ("67B", "72B", "70B", "8x2B"), strict=True):
            pdf.text(x - pdf.get_string_width(head) / 2, 156, head)
        for number, name in enumerate(("Reading", "Sums", "Maps", "Songs")):
            y = 180 + 14 * number
            put(pdf, y, (60, name))
            for place, x in enumerate(columns):
                put(pdf, y, (x - 8, f"{number + 3}{place}.5"))
        prose(pdf, 270)

    document = read(draw)
    assert heads_of_cell(document, "42.5") == ("Sums", "Halla 3 70B")
    assert heads_of_cell(document, "63.5") == ("Songs", "Mix 8x2B")


def test_a_label_over_the_first_rows_hides_no_heads() -> None:
    """ "Season:" below the head of the values is no heading of the page."""

    def draw(pdf: FPDF) -> None:
        prose(pdf, 60)
        put(pdf, 150, (490, "Promised"))
        put(pdf, 164, (492, "(In millions)"))
        put(pdf, 178, (60, "Season:"))
        for number, (name, value) in enumerate(
            [("Spring", "17,316"), ("Summer", "1,143"), ("Autumn", "418"), ("Winter", "77")]
        ):
            put(pdf, 192 + 14 * number, (60, name))
            put(pdf, 192 + 14 * number, (540, value), right=True)
        prose(pdf, 260)

    document = read(draw)
    assert heads_of_cell(document, "1,143") == ("Summer", "Promised")
    assert document.tables[0].unit == "In millions"


def test_no_table_takes_the_caption_of_its_neighbour() -> None:
    """On a page with captions below, the one above a table is that of another."""

    def below(pdf: FPDF) -> None:
        catches(pdf, 60)
        put(pdf, 200, (62, "Table 4: Catches on the Sava, in tonnes."))
        catches(pdf, 212)
        put(pdf, 352, (62, "Table 5: Catches on the Ude, in tonnes."))
        prose(pdf, 380)

    document = read(below)
    assert [table.caption[:7] for table in document.tables] == ["Table 4", "Table 5"]


def test_a_head_over_several_printed_close_above_them_names_each() -> None:
    """ "Depth" over "Spring" and "Autumn" is a row of heads, though both are read as one line."""

    def draw(pdf: FPDF) -> None:
        prose(pdf, 60)
        columns = (220, 300, 380)
        for y in (138, 166, 236):
            pdf.line(58, y, 420, y)
        pdf.text(60, 153, "Lake")
        pdf.text(210, 150, "Depth in the seasons")
        pdf.text(365, 153, "Boats")
        for x, head in zip(columns, ("Spring", "Autumn"), strict=False):
            pdf.text(x - pdf.get_string_width(head) / 2, 157, head)
        for number, name in enumerate(("Sava", "Linn", "Ude", "Mole")):
            put(pdf, 180 + 14 * number, (60, name))
            for place, x in enumerate(columns):
                put(pdf, 180 + 14 * number, (x - 8, f"{number + 3}{place}.5"))
        prose(pdf, 270)

    document = read(draw)
    assert heads_of_cell(document, "41.5") == ("Linn", "Depth in the seasons › Autumn")
    assert heads_of_cell(document, "62.5") == ("Mole", "Boats")
