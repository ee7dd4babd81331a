"""Passages are whole sentences, slice back to their document, and fit what the embedder reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Document, Heading, Source
from corpus.errors import ReadError
from corpus.readers.blocks import Blocks
from corpus.sentences import sentences
from corpus.splitting import PassageSize, context_of, split


def words(texts: Sequence[str]) -> list[int]:
    """Count a token for every four characters or word, whichever is more."""
    return [max(len(text.split()), -(-len(text) // 4)) for text in texts]


def document(text: str, **parts: object) -> Document:
    return Document(Source("A title", "/a.md"), text, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("It rose. It fell.", ["It rose.", "It fell."], id="two plain sentences"),
        pytest.param(
            "The U.S. Commerce Department acted. China replied.",
            ["The U.S. Commerce Department acted.", "China replied."],
            id="initials inside a name",
        ),
        pytest.param(
            "Nvidia Corp. sold chips in the U.S. The rule came later.",
            ["Nvidia Corp. sold chips in the U.S.", "The rule came later."],
            id="an abbreviation that ends a sentence",
        ),
        pytest.param(
            "DeepSeek-V3.2 costs $0.28 per million tokens. See No. 5 of Fig. 2.",
            ["DeepSeek-V3.2 costs $0.28 per million tokens.", "See No. 5 of Fig. 2."],
            id="versions, prices and numbered things",
        ),
        pytest.param(
            "1. The first item. 2 more follow.",
            ["1. The first item.", "2 more follow."],
            id="a list number stays with its item",
        ),
        pytest.param(
            "深度求索发布了模型。价格很低！", ["深度求索发布了模型。", "价格很低！"], id="Chinese"
        ),
        pytest.param(
            'He said "no." Then he left.', ['He said "no."', "Then he left."], id="quotes"
        ),
        pytest.param("A heading\nThen prose.", ["A heading", "Then prose."], id="line break"),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    """Full stops of abbreviations, versions and numbers do not end sentences."""
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.text())
def test_every_visible_character_lies_in_exactly_one_sentence(text: str) -> None:
    """Nothing is lost and nothing is said twice."""
    spans = sentences(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(
        text.split()
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


TEXTS = st.lists(
    st.text(alphabet=st.sampled_from("abc D. é漢 🚀\n\u200d\u0301!?12"), max_size=80), max_size=30
).map(" ".join)


@given(TEXTS, st.lists(st.integers(0, 600), max_size=4), st.lists(st.integers(0, 600), max_size=4))
def test_a_passage_is_always_a_slice_of_its_document(
    text: str, pages: list[int], headings: list[int]
) -> None:
    """Slicing the document there gives the passage back, odd Unicode, pages and headings or not."""
    starts = tuple(sorted({0, *(page for page in pages if page < len(text))})) if pages else ()
    heads = tuple(
        Heading(start, 1 + start % 3, text[start : start + 8].split("\n")[0])
        for start in sorted({start for start in headings if start < len(text)})
    )
    whole = document(text, page_starts=starts, headings=heads)
    size = PassageSize(reads=40, context=12, text=30, least=8)
    passages = split(whole, words, size=size)
    assert all(whole.text[p.start : p.end] == p.text and p.text for p in passages)
    assert all(p.page == whole.page_at(p.start) for p in passages)
    assert "".join("".join(p.text.split()) for p in passages) == "".join(text.split())


@given(TEXTS)
def test_no_passage_is_longer_than_the_embedder_reads(text: str) -> None:
    """Sentence by sentence, the tokens of a passage stay under the room that the context leaves."""
    size = PassageSize(reads=40, context=12, text=30, least=8)
    for passage in split(document(text), words, size=size):
        inside = [passage.text[start:end] for start, end in sentences(passage.text)]
        assert sum(words(inside)) <= size.text + len(inside)


def test_a_passage_never_crosses_a_section_or_a_page_that_begins_a_paragraph() -> None:
    """Two pages and two sections give passages that lie in one page and one section each."""
    text = "Costs\nIt cost five.\nPages\nIt had two pages.\n\nThen came the second page."
    second = text.index("Then")
    whole = document(
        text,
        page_starts=(0, second),
        headings=(Heading(0, 1, "Costs"), Heading(text.index("Pages"), 1, "Pages")),
    )
    passages = split(whole, words)
    assert [(p.page, p.heading, p.text) for p in passages] == [
        (1, "Costs", "Costs\nIt cost five."),
        (1, "Pages", "Pages\nIt had two pages."),
        (2, "Pages", "Then came the second page."),
    ]


def test_a_sentence_over_a_page_break_stays_whole_and_its_passage_knows_both_pages() -> None:
    """A page that begins within a paragraph is no border; each offset knows its own page."""
    text = "The port grew. In May the harbour was dredged. It is deep."
    second = text.index("was")
    whole = document(text, page_starts=(0, second))
    (passage,) = split(whole, words)
    assert passage.text == text and passage.page == 1
    assert [passage.page_at(one) for one in (0, second - 1, second)] == [1, 1, 2]


def ships(count: int, columns: Sequence[str] = ("Name", "Type", "Length (m)", "Crew")) -> Document:
    """Return a document with a sentence, a table of so many ships, and a sentence."""
    blocks = Blocks()
    blocks.paragraph("The register was closed in May. It lists the ships of the port.")
    rows = [[f"{column} {one}" for column in columns] for one in range(count)]
    blocks.table([list(columns), *rows], heads=(1, 1), caption="Ships", unit="metres")
    blocks.paragraph("No other ship was seen.")
    return blocks.document(Source("Register", "/register.csv"))


SMALL = PassageSize(reads=90, context=12, head=24, text=60, least=12)


def test_rows_far_from_the_head_of_their_table_carry_it() -> None:
    """Passages of a long table hold whole rows and nothing else; all but the first have a head."""
    whole = ships(40)
    table = whole.tables[0]
    passages = split(whole, words, size=SMALL)
    inside = [one for one in passages if whole.table_at(one.end - 1)]
    assert len(inside) > 8 and "".join("".join(one.text.split()) for one in passages) == "".join(
        whole.text.split()
    )
    assert inside[0].text.startswith("Ships\n\nName | Type") and inside[0].head == ""
    assert {one.head for one in inside[1:]} == {"Ships (metres) › Name | Type | Length (m) | Crew"}
    edges = {edge for row in range(len(table.cells)) for edge in table.row_span(row)}
    assert all({one.start, one.end} <= edges for one in inside[1:])
    assert passages[-1].text == "No other ship was seen." and passages[-1].head == ""


def test_a_table_that_fits_stays_with_the_sentence_before_it() -> None:
    """Its rows are not parted, whatever prose stands around it."""
    whole = ships(2)
    found = [one for one in split(whole, words, size=SMALL) if "Crew 0" in one.text]
    assert len(found) == 1 and "Crew 1" in found[0].text and "Ships\n\nName" in found[0].text


def test_a_row_of_many_columns_is_cut_between_cells_and_names_its_own() -> None:
    """Each part has the name of the row and of the columns that it holds, and fits."""
    columns = [f"Quarter {one}" for one in range(60)]
    whole = ships(2, columns)
    table = whole.tables[0]
    parts = [one for one in split(whole, words, size=SMALL) if one.head]
    assert len(parts) > 4
    for one in parts:
        row = table.row_at(one.start) or 0
        first = next(at for at, cell in enumerate(table.cells[row]) if cell[0] == one.start)
        last = next(at for at, cell in enumerate(table.cells[row]) if cell[1] == one.end)
        name = f"Quarter 0 {row - 1} › " if first else ""
        held = " | ".join(columns[first : last + 1])
        assert one.head == f"Ships (metres) › {name}{held}"
        context = context_of("Register", one.heading, words, head=one.head, size=SMALL)
        assert sum(words([context, one.text])) <= SMALL.reads


def test_a_long_cell_is_cut_at_its_sentences() -> None:
    """A table of articles reads like prose, under the names of row and column."""
    blocks = Blocks()
    said = " ".join(f"The port shall keep rule number {one} at all times." for one in range(30))
    blocks.table([["Article", "Text"], ["One", said], ["Two", "Nothing."]], heads=(1, 1))
    whole = blocks.document(Source("Rules", "/rules.docx"))
    passages = split(whole, words, size=SMALL)
    cut = [one for one in passages if one.head == "One › Text"]
    assert len(cut) > 3 and all(one.text.startswith("The port shall") for one in cut)
    assert all(one.text.endswith("times.") for one in cut[:-1])


def test_a_head_that_is_too_long_is_cut_column_by_column() -> None:
    """Every column keeps a shorter name while that is enough; the caption goes first."""
    names = [f"Tonnes landed by vessel number {one} of the fleet" for one in range(8)]
    head = f"Landings of the year › {' | '.join(names)}"
    context = context_of("Title", "", words, head=head, size=PassageSize(head=56))
    assert context.startswith("Title\nTonnes landed by vessel | Tonnes landed")
    assert context.count("|") == 7
    many = " | ".join(f"N{one}" for one in range(500))
    assert words([context_of("", "", words, head=many)])[0] <= PassageSize().head


def test_a_long_table_is_split_in_time_that_grows_with_it() -> None:
    """Eight times the rows take far less than the 64 times of a search through all of them."""

    def seconds(rows: int) -> float:
        whole = ships(rows)
        started = time.process_time()
        assert split(whole, words)
        return time.process_time() - started

    assert seconds(8_000) < 24 * max(seconds(1_000), 0.02)


def test_the_context_names_the_title_and_the_innermost_headings() -> None:
    """What is embedded ahead of a passage is short however long the titles are."""
    assert context_of("Title", "One › Two › Three", words) == "Title\nTwo › Three"
    long = context_of("word " * 200, "heading " * 200, words)
    assert long.startswith("word word") and words([long])[0] <= PassageSize().context
    assert words([context_of("深度求索" * 100, "", words)])[0] <= PassageSize().context


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda size: "a\n" * (size // 2), id="short lines"),
        pytest.param(lambda size: "1. " * (size // 3), id="numbers in one line"),
        pytest.param(lambda size: "a\n \n" * (size // 4), id="empty paragraphs"),
        pytest.param(lambda size: "!" * size, id="marks"),
    ],
)
def test_a_text_of_one_kind_is_split_in_time_that_grows_with_it(make: Callable[[int], str]) -> None:
    """Eight times the text takes far less than the 64 times of a search through all of it."""

    def seconds(size: int) -> float:
        whole = document(make(size))
        took = []
        for _ in range(2):
            started = time.process_time()
            assert split(whole, words)
            took.append(time.process_time() - started)
        return min(took)

    assert seconds(400_000) < 24 * max(seconds(50_000), 0.02)


def test_many_headings_are_split_in_one_pass() -> None:
    """Each passage has its own heading, and the last is found as fast as the first."""
    lines = [line for number in range(20_000) for line in (f"Part {number}", "It is said.")]
    starts = [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    heads = tuple(Heading(starts[2 * one], 1 + one % 2, lines[2 * one]) for one in range(20_000))
    started = time.process_time()
    passages = split(document("\n".join(lines), headings=heads), words)
    assert len(passages) == 20_000 and passages[-1].heading == "Part 19998 › Part 19999"
    assert time.process_time() - started < 20


def test_a_document_of_too_many_passages_is_refused() -> None:
    """Each would be embedded and stored: the refusal says what to do."""
    text = "It is so.\n" * 35_000
    heads = tuple(Heading(start, 1, "It") for start in range(0, len(text), 10))
    with pytest.raises(ReadError, match="split it and add the parts") as refused:
        split(document(text, headings=heads), words)
    assert refused.value.reason == "too_large"
