"""A document as the source panel reads it: whole or in parts, its marks, and the way to a place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.answer import Citation
from assistant.related import Related
from corpus.document import Document, Heading, Source
from corpus.errors import NotInLibrary
from corpus.page_images import PageRenderer
from corpus.readers.blocks import Blocks
from corpus.readers.pdf_drawing import Box, column_around
from ui.reading import Reading, contents, part_around, part_with_more, reading
from ui.source import SelectedCitation, Sources, View

SOURCE = Source("Harbours of the north", "/harbours.md", "Port office", "2025-03-01", "markdown")


def long_document() -> Document:
    """Return a document of 400 numbered paragraphs under 40 headings, some 240,000 characters."""
    blocks = Blocks()
    for part in range(40):
        blocks.heading(2, f"Harbour {part}")
        for number in range(10):
            blocks.paragraph(f"Paragraph {part * 10 + number}. " + "The sea was calm. " * 32)
    return blocks.document(SOURCE)


def words(shown: Reading) -> str:
    return "\n\n".join(
        "".join(piece.text for piece in block.pieces if piece.kind != "turn")
        for block in shown.blocks
    )


def cites(document: Document, quote: str, number: int = 1) -> Citation:
    start = document.text.index(quote)
    return Citation(
        number, document.id, document.source, None, "", quote, start, start + len(quote)
    )


def test_a_short_document_is_read_whole_with_its_headings_and_marks() -> None:
    """Each quoted place is marked, the one that was asked for apart from the others."""
    blocks = Blocks()
    blocks.heading(1, "Lund")
    blocks.paragraph("It is old. It handled 4,800 ships. Its director is Berg.")
    blocks.heading(2, "Malmo")
    blocks.paragraph("It is new.")
    document = blocks.document(SOURCE)
    quote, other = cites(document, "It handled 4,800 ships."), cites(document, "It is new.", 2)
    shown = reading(
        document, part_around(document, quote.start, quote.end), quote, [(other.start, other.end)]
    )
    assert [one.level for one in shown.blocks] == [1, 0, 2, 0]
    assert not shown.above and not shown.below
    kinds = {piece.kind: piece.text for one in shown.blocks for piece in one.pieces}
    assert kinds["quote"] == quote.quote and kinds["other"] == other.quote
    assert [(level, one.title) for level, one in contents(document)] == [(1, "Lund"), (2, "Malmo")]


def test_a_long_document_is_read_in_parts_to_both_ends_without_a_gap() -> None:
    """The first part holds the quote and whole paragraphs; more comes above and below."""
    document = long_document()
    quote = cites(document, "Paragraph 200.")
    part = part_around(document, quote.start, quote.end)
    shown = reading(document, part, quote)
    assert shown.above and shown.below and len(words(shown)) < 40_000
    texts = [block.pieces[-1].text for block in shown.blocks if not block.level]
    assert all(one.endswith("The sea was calm.") for one in texts)
    for _ in range(20):
        part = part_with_more(document, part, above=True)
        part = part_with_more(document, part, above=False)
    whole = reading(document, part, quote)
    assert not whole.above and not whole.below
    assert re.sub(r"\s+", "", words(whole)) == re.sub(r"\s+", "", document.text)


def test_a_page_begins_where_it_begins_also_within_a_paragraph() -> None:
    """The number of a page stands at its first word, and no word is lost."""
    text = "One page ends in the middle of this sentence, says Berg."
    document = Document(SOURCE, text, (0, text.index("the middle")))
    (block,) = reading(document, (0, len(text))).blocks
    assert [(one.text, one.kind) for one in block.pieces] == [
        ("1", "turn"), ("One page ends in ", ""), ("2", "turn"),
        ("the middle of this sentence, says Berg.", ""),
    ]  # fmt: skip


def test_a_heading_that_only_stands_above_is_not_looked_for_in_the_text() -> None:
    """That of an attachment names what it was found in; the text begins as it begins."""
    document = Document(SOURCE, "Dear Berg,\n\nit is so.", headings=(Heading(0, 0, "Mail 4"),))
    assert [one.level for one in reading(document, (0, len(document.text))).blocks] == [0, 0]


class Shelf:
    """A library of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def document(self, document: str) -> Document:
        if document != self._document.id:
            raise NotInLibrary("no such document")
        return self._document

    def entry(self, document: str) -> None:
        raise NotInLibrary("no entry")

    def original(self, document: str) -> Path | None:
        return None


@pytest.fixture
def document() -> Document:
    return long_document()


@pytest.fixture
def sources(document: Document) -> Sources:
    return Sources(
        Shelf(document),  # type: ignore[arg-type]
        PageRenderer(),
        grade=lambda source: "C3",
        beside=lambda selected: Related(),
    )


def test_any_place_of_the_library_is_shown_and_unknown_ones_are_told(
    sources: Sources, document: Document
) -> None:
    """A place has a mark and no number; offsets beyond the text end with it."""
    start = document.text.index("Paragraph 200.")
    shown = sources.document_html(document.id, "en", (start, start + 14))
    assert "<mark>Paragraph 200.</mark>" in shown and 'class="number"' not in shown
    assert "Paragraph 0." in sources.document_html(document.id, "en")
    assert "<mark>" not in sources.document_html(document.id, "en", (10**8, 10**9))
    assert "no longer" in sources.document_html("0" * 24, "en")
    assert sources.place("0" * 24, 0, 0) is None


def test_buttons_go_to_headings_and_back_and_to_the_other_quoted_places(
    sources: Sources, document: Document
) -> None:
    """A heading that is far away is drawn with the text around it; "quote" comes back."""
    first, second = cites(document, "Paragraph 20."), cites(document, "Paragraph 300.", 2)
    elsewhere = Citation(3, "0" * 24, SOURCE, None, "", "x", 0, 1)
    selected = SelectedCitation(first, "", (), (second, elsewhere, first))
    view = sources.view(selected, View(), "go", document.text.index("Harbour 39"))
    shown = sources.html(selected, view, "en")
    assert "Paragraph 395." in shown and 'class="at"' in shown and "<mark>" not in shown
    assert 'data-act="quote"' in shown
    assert sources.view(selected, view, "quote") == View()
    shown = sources.html(selected, View(), "en")
    assert "1 of 2 quoted places" in shown and 'data-act="quote"' not in shown
    following = selected.step(1)
    assert following.citation == second and following.step(1) == following
    assert "<mark>Paragraph 300.</mark>" in sources.html(following, View(), "en")


def test_the_column_around_a_quote_is_found_among_columns_and_lines_of_words() -> None:
    """Of two columns the quoted one, also where each word is a piece of its own; else all text."""
    left = [
        Box(0.1 + 0.08 * place + 0.02 * (line % 4), 0.1 + 0.02 * line, 0.06, 0.015)
        for line in range(10)
        for place in range(5)
    ]
    right = [Box(0.55, 0.1 + 0.02 * at, 0.35, 0.015) for at in range(10)]
    low, high = column_around([*left, *right], [Box(0.26, 0.2, 0.1, 0.015)])
    assert low < 0.1 and 0.5 < high < 0.57
    low, high = column_around([*left, *right], [Box(0.6, 0.2, 0.05, 0.015)])
    assert 0.5 < low < 0.55 and 0.9 <= high < 0.95
    assert column_around([], []) == (0.0, 1.0)
    low, high = column_around([*left, *right], [])
    assert low < 0.1 and high > 0.9
