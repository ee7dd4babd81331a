"""What is read of evidence are sentences and rows of its document, each with its chance."""

from __future__ import annotations

from assistant.retrieval.sentence_ranking import SentenceRanker
from corpus.cells import rows_in
from corpus.document import Document, Source
from corpus.readers.blocks import Blocks
from corpus.splitting import split
from index.evidence import Evidence
from index.reader import KeywordReader

QUESTION = "How many crew does the tug Zelda have?"


def document() -> Document:
    blocks = Blocks()
    blocks.heading(1, "Crew of a tug")
    blocks.paragraph("The tug Zelda was built in Vike. It has a crew of 12. Rye is sown late.")
    blocks.table(
        [["Tug", "Crew", "Length (m)"], ["Zelda", "12", "31"], ["Orla", "4", "58"]],
        heads=(1, 1),
        caption="Tugs of Vike",
    )
    return blocks.document(Source("Register", "/register.md"))


def evidence(one: Document) -> Evidence:
    (passage,) = split(one, lambda texts: [len(text.split()) for text in texts])
    rows = rows_in(one, passage.start, passage.end)
    return Evidence(1, passage, one.source, 1.0, "", rows=rows)


def test_every_sentence_and_row_is_the_documents_own() -> None:
    """The best first; a heading and the head of a table answer nothing."""
    one = document()
    read = SentenceRanker(KeywordReader()).read(QUESTION, [evidence(one)])
    spans = {one.text[item.start : item.end]: item for item in read}
    assert all(text == item.text for text, item in spans.items() if item.row is None)
    assert {"It has a crew of 12.", "Zelda | 12 | 31", "Orla | 4 | 58"} <= set(spans)
    assert not {"Crew of a tug", "Tug | Crew | Length (m)"} & set(spans)
    chances = [item.answers for item in read]
    assert chances == sorted(chances, reverse=True) and 0 <= chances[-1] < chances[0] <= 1
    assert all((item.row is not None) == ("|" in text) for text, item in spans.items())


def test_of_a_row_the_name_and_the_cells_that_are_asked_for_are_read() -> None:
    """Each with the head of its column; all of them where no column is asked for."""

    def rows(question: str) -> set[str]:
        read = SentenceRanker(KeywordReader()).read(question, [evidence(document())])
        return {item.text for item in read if item.row}

    assert rows(QUESTION) == {
        "Crew, Zelda: 12 (Tugs of Vike)",
        "Crew, Orla: 4 (Tugs of Vike)",
    }
    assert "Tug: Orla; Crew: 4; Length (m): 58" in rows("What about Orla?")


def test_a_sentence_knows_the_one_before_it_in_its_passage() -> None:
    """A first sentence and a row lean on nothing before them."""
    one = document()
    starts = {
        item.text: item for item in SentenceRanker(KeywordReader()).read(QUESTION, [evidence(one)])
    }
    first, second = starts["The tug Zelda was built in Vike."], starts["It has a crew of 12."]
    assert second.previous_start == first.start == first.previous_start
    row = starts["Crew, Orla: 4 (Tugs of Vike)"]
    assert row.previous_start == row.start


def test_passages_keep_their_labels() -> None:
    """Each sentence cites the passage that it stands in."""
    one = document()
    whole = evidence(one)
    end = one.text.index("It has")
    parts = [
        Evidence(7, one.passage(end, len(one.text)), one.source, 1.0, "", rows=whole.rows),
        Evidence(3, one.passage(0, end), one.source, 1.0, ""),
    ]
    read = SentenceRanker(KeywordReader()).read(QUESTION, parts)
    assert {item.label for item in read if item.start < end} == {3}
    assert {item.label for item in read if item.start >= end} == {7}
    assert SentenceRanker(KeywordReader()).read(QUESTION, []) == []
