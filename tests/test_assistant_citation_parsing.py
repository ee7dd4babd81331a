"""Claims come out of a stream one by one, and each is checked against what it cites."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.checking.tables import repeats_row
from assistant.citation_parsing import PartialSentence, parsed_sentences, quoted_span
from assistant.engine import Draft
from corpus.cells import rows_in
from corpus.document import Passage, Source
from corpus.readers.blocks import Blocks

TEXT = (
    "The bridge at Vik closed on 12 May 2025. "
    "Repairs cost 3 million euros, the county of Nord says."
)
PASSAGE = Passage("d", 10, 10 + len(TEXT), TEXT)


@pytest.mark.parametrize("size", [1, 3, 1000], ids=["letter by letter", "in threes", "at once"])
def test_a_stream_becomes_claims_however_it_is_cut(size: int) -> None:
    """Sentences end at full stops or lines; markers belong to the sentence before them."""
    text = "It closed in May 2025. [1][2] The U.S. Army helped [1]. Costs rose\n- A last item [3]\n"
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert [
        one for one in parsed_sentences(iter(pieces)) if not isinstance(one, PartialSentence)
    ] == [
        Draft("It closed in May 2025.", (1, 2)),
        Draft("The U.S. Army helped.", (1,)),
        Draft("Costs rose", ()),
        Draft("A last item", (3,)),
    ]


@given(st.lists(st.sampled_from(["It rose.", " ", "[1]", "[22]", "\n", "U.S. ", "no end"])))
def test_no_label_is_lost_or_invented(pieces: list[str]) -> None:
    """A marker behind a sentence on its line stands on that sentence; none comes from nowhere."""
    text = "It came. [7] " + "".join(pieces)
    found = [
        one for one in parsed_sentences(iter(["It came. [7] ", *pieces])) if isinstance(one, Draft)
    ]
    assert found and all(draft.text for draft in found)
    carried = {label for draft in found for label in draft.labels}
    assert carried <= {int(label) for label in re.findall(r"\[(\d+)\]", text)}
    behind = re.findall(r"It (?:rose|came)\.((?: ?\[\d+\])+)", text)
    assert {int(label) for one in behind for label in re.findall(r"\d+", one)} <= carried
    assert 7 in carried


def test_a_quote_is_a_slice_of_its_document() -> None:
    """The very words where they stand; otherwise the sentence that shares most with them."""
    document = "0123456789" + PASSAGE.text
    start, end = quoted_span("Repairs cost 3 million euros", PASSAGE)
    assert document[start:end] == "Repairs cost 3 million euros"
    start, end = quoted_span("In May the Vik bridge was closed", PASSAGE)
    assert document[start:end] == "The bridge at Vik closed on 12 May 2025."


def test_of_two_rows_with_one_value_the_one_that_is_named_is_cited() -> None:
    """A cell is quoted with its heads; its number alone stands in both rows."""
    blocks = Blocks()
    blocks.table(
        [["Mill", "Wheels"], ["Ros West", "3"], ["Ros", "3"]], heads=(1, 1), caption="Mills"
    )
    document = blocks.document(Source("Register", "/register.md"))
    rows = rows_in(document, 0, len(document.text))
    passage = Passage("d", 0, len(document.text), document.text)
    for row in rows[1:]:
        start, end = quoted_span(row.cells[1].alone, passage, rows)
        assert document.text[start:end] == document.text[row.start : row.end]
        assert repeats_row(f"{row.cells[1].alone}.", row)
    assert not repeats_row(rows[1].cells[1].alone, rows[2])
