"""Lines become paragraphs: hyphens, wraps, headings, running heads."""

from __future__ import annotations

import pytest

from corpus.readers.lines import is_heading, is_table_line, join_lines, reflow
from corpus.readers.pdf_furniture import without_furniture
from corpus.readers.pdf_layout import Body, blocks, title_of
from corpus.readers.pdf_lines import assemble_lines
from corpus.readers.pdf_page import PdfLine


@pytest.mark.parametrize(
    ("first", "second", "words", "expected"),
    [
        ("in the fu-", "ture we", (), "in the future we"),
        ("we used DeepSeek-", "R1 for", (), "we used DeepSeek-R1 for"),
        ("a middle-", "income country", (), "a middle-income country"),
        ("rules on re-", "exports", ("re-exports",), "rules on re-exports"),
        ("after post-", "training it", ("post", "training"), "after post-training it"),
        ("Public Law 108-", "458 says", (), "Public Law 108-458 says"),
        ("a state-of-", "the-art crane", (), "a state-of-the-art crane"),
        ("a state-", "of-the-art crane", (), "a state-of-the-art crane"),
        ("all cross-bor-", "der trade", (), "all cross-border trade"),
        ("the long-", "est quay", (), "the longest quay"),
        ("模型的训练", "成本很低", (), "模型的训练成本很低"),
    ],
    ids=[
        "parted word",
        "name",
        "compound",
        "known",
        "two known words",
        "number",
        "chain",
        "head of a chain",
        "parted in a chain",
        "ending",
        "Chinese",
    ],
)
def test_a_word_parted_at_a_line_end_is_put_together(first, second, words, expected):
    """A hyphen at a line end goes only where it was the typesetter's."""
    assert join_lines([first, second], frozenset(words)) == expected


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("3.2. Training Infrastructure", 2),
        ("4 Results", 1),
        ("CHAPTER III", 1),
        ("Article 51", 3),
        ("Item 1A. Risk Factors", 2),
        ("Article 5 of this Regulation shall apply", 0),
        ("2025 was a year of growth, and", 0),
        ("The model was trained on 14.8 trillion tokens.", 0),
    ],
)
def test_a_numbered_heading_is_told_from_a_sentence(line, level):
    """Only a short line that is numbered like a section is a heading."""
    assert is_heading(line) == level


def test_wrapped_prose_becomes_one_paragraph_and_a_table_keeps_its_lines():
    """Lines of prose are joined; lines of figures stay lines."""
    prose = ["The export rule was announced in January and it", "covers chips and memory."]
    table = ["Revenue 60,922 26,974 126%", "Gross profit 44,301 15,356 188%"]
    assert reflow([*prose, "", *table]) == [[" ".join(prose)], table]
    assert is_table_line(table[0]) and not is_table_line(prose[0])


def _column(text: list[str], top: float, **look: float) -> list[PdfLine]:
    return [
        PdfLine(line, 70.0, 70.0 + 5 * len(line), top - 12 * row, look.get("size", 10.0))
        for row, line in enumerate(text)
    ]


def test_a_line_at_the_head_of_every_page_goes_whatever_its_number():
    """Running heads and page numbers are no text, wherever the file keeps them."""
    pages = [
        [
            PdfLine(f"The {name} in question are named in the annex.", 70, 300, 400, 10),
            PdfLine(f"They, the {name}, are also named in the rule.", 70, 300, 388, 10),
            PdfLine(f"And a sentence on {name} closes the page.", 70, 300, 376, 10),
            PdfLine(f"Quarterly review, page {number}", 70, 300, 780, 10),
            PdfLine(str(number), 290, 300, 30, 10),
        ]
        for number, name in enumerate(["chips", "tools", "wafers", "masks"], start=1)
    ]
    kept, account = without_furniture(pages)
    assert all([line.text[:4] for line in page] == ["The ", "They", "And "] for page in kept)
    assert [(one.kind, one.text) for one in account if not one.page] == [
        ("running heads", "Quarterly review, page 1"),
        ("page numbers", "1"),
    ]
    assert len(account) == 8


def test_a_title_that_runs_at_the_head_of_later_pages_stays_on_the_first():
    """The first page keeps the title that the other pages repeat small."""
    body = _column(["One sentence of the text stands here."] * 5, 600)
    pages = [
        [PdfLine("Chip Controls", 70, 300, 700, 18), *body],
        [PdfLine("Chip Controls", 70, 200, 780, 10), *body],
        [PdfLine("Chip Controls", 70, 200, 780, 10), *body],
    ]
    kept, _ = without_furniture(pages)
    assert [page[0].text for page in kept] == ["Chip Controls", body[0].text, body[0].text]


def test_paragraphs_are_told_by_gaps_and_headings_by_their_look():
    """A wider step starts a paragraph; a larger line above text is a heading."""
    text = ["The first sentence of the section is wrapped over", "two lines of the page."]
    page = [
        PdfLine("Why controls matter", 70, 200, 700, 14),
        *_column(text, 670),
        *_column(["A second paragraph follows after a gap and it is long enough."], 640),
    ]
    found = blocks(page, Body(10.0, 400.0), words=(), titles={})
    assert [(block.level, block.texts[0][:20]) for block in found] == [
        (2, "Why controls matter"),
        (0, "The first sentence o"),
        (0, "A second paragraph f"),
    ]


def test_a_footnote_mark_stays_in_its_line():
    """A small raised figure is put back into the sentence it stands in."""
    page = [
        PdfLine("the opinion of the Committee (", 70, 220, 500, 10),
        PdfLine("1", 221, 224, 503, 6),
        PdfLine("),", 225, 230, 500, 10),
    ]
    found = blocks(assemble_lines(page), Body(10.0, 400.0), words=(), titles={})
    assert [block.texts for block in found] == [("the opinion of the Committee (1),",)]


def test_the_title_is_what_is_set_largest_above():
    """Not an address, not the first small line, and all of a title of two lines."""
    page = [
        PdfLine("https://example.org/reports", 70, 200, 780, 10),
        PdfLine("The Cost of Training", 70, 300, 700, 20),
        PdfLine("Large Models", 70, 200, 676, 20),
        *_column(["Some prose that goes on for a while under the title."] * 20, 640),
    ]
    assert title_of(page, Body(10.0, 400.0)) == "The Cost of Training Large Models"
