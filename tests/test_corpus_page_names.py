"""A page is named by what is printed on it, its number, and whether it was read by OCR."""

from __future__ import annotations

from dataclasses import replace

from assistant.answer import Answer, Citation, citation_json
from assistant.answer_storage import from_json, to_json
from assistant.memo.pandoc_tree import pandoc
from assistant.memo.values import Memo
from corpus.citation_line import BY_PUBLISHER, citation_line
from corpus.document import Document, Passage, Source
from corpus.page_names import NUMBERED, SHORT, Folio, page_name
from corpus.rows import columns_of, document_of
from ui.places import cited_at

PAGES = (
    "The ferry of Tarn runs twice a day.",
    "It rests in winter.",
    "The crossing costs a crown.",
)
STARTS = (0, len(PAGES[0]) + 2, len(PAGES[0]) + len(PAGES[1]) + 4)
SOURCE = Source("The ferries of Tarn", "/papers/ferries.pdf", kind="pdf")
DOCUMENT = Document(
    SOURCE, "\n\n".join(PAGES), STARTS, page_labels=("i", "2", "A-3"), ocr_pages=(2,)
)


def _cited(page: int) -> Citation:
    start, quote = STARTS[page - 1], PAGES[page - 1]
    return Citation(
        1, DOCUMENT.id, SOURCE, page, "", quote, start, start + len(quote),
        folio=DOCUMENT.folio(page),
    )  # fmt: skip


def test_a_page_has_its_label_and_its_number() -> None:
    """A label that is the number says nothing more."""
    assert page_name(4, Folio("iv", 210)) == "page iv (4 of 210)"
    assert page_name(4, Folio("iv", 210), SHORT) == "p. iv (4 of 210)"
    assert page_name(4, Folio("4", 210)) == page_name(4, NUMBERED) == "page 4"
    assert page_name(3, Folio("", 7, ocr=True)) == "page 3, read by OCR"
    assert page_name(None, NUMBERED) == ""


def test_a_passage_names_each_page_that_it_touches() -> None:
    """Its second page is another one; pages that have a number alone have no more."""
    whole = DOCUMENT.passage(0, len(DOCUMENT.text))
    names = [page_name(whole.page_at(start), whole.folio_at(start)) for start in STARTS]
    assert names == ["page i (1 of 3)", "page 2, read by OCR", "page A-3 (3 of 3)"]
    assert whole.page_name == names[0]
    plain = replace(DOCUMENT, page_labels=(), ocr_pages=())
    assert plain.passage(0, 10).folios == ()
    assert plain.passage(0, 10).page_name == "page 1"
    assert Passage("d", 0, 4, "text").page_name == ""


def test_the_name_is_kept_with_document_and_answer() -> None:
    """What is stored and read again names the same page."""
    again = document_of(SOURCE, columns_of(DOCUMENT))
    assert again.folio(3) == Folio("A-3", 3)
    answer = from_json(to_json(Answer("How much is it?", citations=(_cited(3),))))
    assert answer.citations[0].page_name == "page A-3 (3 of 3)"
    assert citation_json(answer.citations[0])["page_name"] == "page A-3 (3 of 3)"


def test_a_source_is_one_line_of_what_is_known() -> None:
    """In the order that is asked for, with what is put behind it."""
    whole = replace(SOURCE, publisher="Ferry Board", published="2024-03", updated="2025-01")
    assert citation_line(whole, "page 2") == "The ferries of Tarn, Ferry Board, 2024-03, page 2"
    assert citation_line(SOURCE, "", undated="no date") == "The ferries of Tarn, no date"
    by_publisher = citation_line(whole, fields=BY_PUBLISHER, comma="，")
    assert by_publisher == "Ferry Board，The ferries of Tarn，2024-03"
    assert citation_line(replace(whole, published=""), "pdf", fields=("dated",)) == "2025-01, pdf"
    assert citation_line(SOURCE, fields=("publisher", "published")) == ""


def test_every_place_that_shows_a_page_names_it_so() -> None:
    """Terminal, page in both languages, notes of a memo."""
    scan, labelled = _cited(2), _cited(3)
    assert citation_line(SOURCE, labelled.page_name) == "The ferries of Tarn, page A-3 (3 of 3)"
    assert cited_at(SOURCE, 2, scan.folio) == "The ferries of Tarn, page 2, read by OCR"
    assert "第 A-3 页（第 3 页，共 3 页）" in cited_at(SOURCE, 3, labelled.folio, "zh")
    memo = Memo("Ferries", "bluf", "2026-01-01", "", "extractive", citations=(labelled,))
    assert "A-3" in str(pandoc(memo)["blocks"])
