"""A quoted row is shown as a table under its heads, on the page, in a terminal and in exports."""

from __future__ import annotations

from assistant.answer import Answer, Citation, Claim
from corpus.cells import cell_stated_in, rows_in
from corpus.document import Document, Source
from corpus.readers.blocks import Blocks
from ui.reading import Reading, reading
from ui.rendering import rendered
from ui.source import Shown, Tools
from ui.terminal import text_lines

SOURCE = Source("Register", "/register.xlsx", "Port office", "2025-03-01", "table")


def register() -> Document:
    """Return three hundred ships under two rows of heads, one name of which is markup."""
    blocks = Blocks()
    blocks.paragraph("The register was closed in May.")
    rows = [[f"Zelda {at}", f"{100 + at}", str(at % 9)] for at in range(300)]
    rows[40][0] = "<script>alert(1)</script>"
    blocks.table(
        [["Ship", "Measures", "Measures"], ["Name", "Length (m)", "Crew"], *rows],
        heads=(2, 1), caption="Ships of the port",
    )  # fmt: skip
    blocks.paragraph("No other ship was seen.")
    return blocks.document(SOURCE)


def read(document: Document, citation: Citation) -> Reading:
    return reading(document, (0, len(document.text)), citation)


def panel(shown: Reading) -> str:
    return rendered("source.html", "text", "en", shown, "Register")


def cites(document: Document, name: str, claim: str) -> Citation:
    """Return the citation of a ship's row by a claim."""
    start = document.text.index(f"{name} |")
    (row,) = rows_in(document, start, document.text.index("\n", start))
    quote = document.text[row.start : row.end]
    return Citation(1, document.id, SOURCE, None, "", quote, row.start, row.end,
                    row=row.said, cell=cell_stated_in(claim, row))  # fmt: skip


def test_the_panel_shows_the_row_under_its_heads_with_the_cell_marked() -> None:
    """Heads have a scope, the cited row and cell a mark, and what is left out is told."""
    document = register()
    shown = panel(read(document, cites(document, "Zelda 82", "Crew: 1")))
    assert '<th scope="colgroup" colspan="2"><span>Measures</span></th>' in shown
    assert '<th scope="col">Length (m)</th><th scope="col">Crew</th>' in shown
    assert (
        '<tr class=cited><th scope="row">Zelda 82</th><td>182</td><td><mark>1</mark></td></tr>'
        in shown
    )
    assert shown.count("<mark>") == 1 and shown.count("class=cited") == 1
    assert "22 more rows" in shown and "77 more rows" in shown
    assert 'tabindex="0" role="group" aria-label="Table: Ships of the port"' in shown
    assert "<script>" not in shown and "&lt;script&gt;alert(1)" in shown


def test_prose_beside_a_table_is_not_run_into_it() -> None:
    """The words are marked, the rows stay a table, from its beginning."""
    document = register()
    start = document.text.index("No other ship")
    citation = Citation(1, document.id, SOURCE, None, "", document.text[start:], start,
                        len(document.text))  # fmt: skip
    shown = panel(read(document, citation))
    assert "<p><mark>No other ship was seen.</mark></p>" in shown and "Zelda 0 |" not in shown
    assert "class=cited" not in shown and "160 more rows" in shown


def test_a_quoted_row_is_told_with_its_heads_where_there_is_no_table() -> None:
    """Beside a drawn page, in a conversation and in a memo's notes."""
    citation = cites(register(), "Zelda 32", "Crew: 5")
    said = "Ship › Name: Zelda 32; Measures › Length (m): 132; Measures › Crew: 5"
    drawn = Shown(Tools(), words=citation.words)
    assert said in rendered("source.html", "body", "en", drawn, "Register", "")
    claim = Claim("Zelda 32 has a crew of 5.", (1,), "supported")
    answer = Answer("Crew?", outcome="answered", claims=(claim,), citations=(citation,))
    assert answer.citations[0].words == said


def test_a_terminal_shows_rows_in_columns_under_their_heads() -> None:
    """Also where only some rows are shown; a table that is too wide is told row by row."""
    document = register()
    start = document.text.index("Zelda 32 |")
    end = document.text.index("\n", document.text.index("Zelda 33 |"))
    lines = list(text_lines(document, start, end, 80))
    assert [line.split() for line in lines] == [
        ["Ship", "Measures", "Measures"], ["Name", "Length", "(m)", "Crew"],
        ["-" * 8, "-" * 10, "-" * 8], ["Zelda", "32", "132", "5"], ["Zelda", "33", "133", "6"],
    ]  # fmt: skip
    assert len({line.index("13") for line in lines[3:]}) == 1
    narrow = list(text_lines(document, start, end, 20))
    assert narrow[0].startswith("Ship › Name: Zelda 32; Measures › Length (m): 132")
    whole = list(text_lines(document, 0, len(document.text), 80))
    assert whole[0] == "The register was closed in May." and whole[-1] == "No other ship was seen."
    assert sum("Zelda" in line for line in whole) == 299
