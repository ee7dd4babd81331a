"""Tables in answers: the right row is quoted with its heads, a misplaced number is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from assistant.answer import Answer, Question, answer_json
from assistant.answer_storage import from_json, to_json
from assistant.attribution import cited_passage
from assistant.checking.checker import Checker
from assistant.checking.problems import in_words
from assistant.engine import Task, Usage
from assistant.memo.figures import stated_quantities, statements_of
from assistant.memo.sentence import sentences_of
from assistant.memo.timeline import events
from assistant.models.model import ChatMessage, Delta
from assistant.models.model_engine import ModelEngine
from assistant.models.streaming import Deadlines
from assistant.pipeline import ask
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.cells import cell_stated_in, rows_in
from corpus.document import Document, Source
from corpus.readers.blocks import Blocks
from corpus.splitting import split
from index.embedding import HashEmbedder
from index.evidence import Evidence
from index.ingest import embedding_texts
from index.late_interaction import embed_with_codes

FIRST = ("Brave", "Quiet", "Amber", "Merry", "Noble")
SECOND = ("Petrel", "Heron", "Otter", "Linnet", "Curlew", "Plover", "Marten", "Osprey")
NAMES = [f"{one} {two}" for one in FIRST for two in SECOND]


def fleet() -> Document:
    """Return a register of forty ships, each with a crew and a length of its own."""
    blocks = Blocks()
    blocks.heading(1, "Register")
    rows = [
        [name, "tug" if at % 2 else "barge", str(101 + at), str(11 + at)]
        for at, name in enumerate(NAMES)
    ]
    blocks.table([["Name", "Type", "Length (m)", "Crew"], *rows], heads=(1, 1), caption="Ships")
    return blocks.document(Source("Register", "/register.xlsx", kind="table"))


def revenue() -> Document:
    """Return a table of two products over three years, and a sentence beside it."""
    blocks = Blocks()
    blocks.paragraph("Pumps are sold in 40 countries.")
    blocks.table(
        [["Product", "2022", "2023", "2024"], ["Pumps", "410", "455", "498"],
         ["Valves", "120", "131", "160"]],
        heads=(1, 1), caption="Revenue in million crowns",
    )  # fmt: skip
    return blocks.document(Source("Annual report", "/report.html", kind="html"))


def evidence(document: Document) -> list[Evidence]:
    """Return the passages of a document as they are found."""
    passages = split(document, lambda texts: [len(text.split()) for text in texts])
    return [
        Evidence(label, one, document.source, 1.0, "", rows=rows_in(document, one.start, one.end))
        for label, one in enumerate(passages, start=1)
    ]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(Settings(home=tmp_path, engine="extractive", embedder="hash")) as workspace:
        embedder = workspace.document_embedder()
        document = fleet()
        passages = split(document, embedder.count)
        texts = embedding_texts(document.source.title, passages, embedder.count)
        vectors, tokens = embed_with_codes(embedder, texts)
        with workspace.library.writing():
            workspace.library.publish(
                document, passages, vectors, tokens=tokens, embedder=embedder.name
            )
            workspace.indexes.update()
        yield workspace


def asked(workspace: Workspace, text: str) -> Answer:
    *_, answer = ask(workspace, Question(text))
    return answer


def test_the_row_that_is_asked_for_is_quoted_with_the_heads_of_its_columns(
    workspace: Workspace,
) -> None:
    """Far from the head of the table: the name and the cell that is asked for, no other row."""
    answer = asked(workspace, "How many crew does the Merry Marten have?")
    assert [claim.text for claim in answer.claims] == ["Crew, Merry Marten: 41 (Ships)"]
    assert answer.claims[0].verdict == "supported"
    (citation,) = answer.citations
    assert citation.quote == "Merry Marten | barge | 131 | 41"
    assert citation.row == "Name: Merry Marten; Type: barge; Length (m): 131; Crew: 41"
    assert citation.cell is not None and citation.cell.words == "Crew (Merry Marten): 41"
    document = workspace.library.document(citation.document)
    assert document.text[citation.cell.start : citation.cell.end] == "41"


def test_a_cited_cell_is_printed_and_kept(workspace: Workspace) -> None:
    """The JSON of an answer has row, column and value; so has a conversation, also an old one."""
    answer = asked(workspace, "How many crew does the Merry Marten have?")
    (printed,) = answer_json(answer)["citations"]
    assert printed["row"].startswith("Name: Merry Marten; Type: barge")
    assert {name: printed["cell"][name] for name in ("table", "row", "column", "value")} == {
        "table": "Ships", "row": "Merry Marten", "column": "Crew", "value": "41"
    }  # fmt: skip
    kept = to_json(answer)
    assert from_json(kept).citations == answer.citations
    older = {"row": "", "cell": None, "rows": (), "head": "", "turns": ()}
    values = json.loads(kept)
    for one in [*values["citations"], *(item["passage"] for item in values["evidence"])]:
        for name in older:
            one.pop(name, None)
    (citation,) = from_json(json.dumps(values)).citations
    assert citation.cell is None and citation.words == "Merry Marten | barge | 131 | 41"


def test_the_head_of_a_table_is_searched_with_every_passage_of_it(workspace: Workspace) -> None:
    """The word index and the forward index know the heads of rows that stand far below them."""
    found = workspace.retriever.search("length crew", limit=5)
    below = [one for one in found if one.passage.head]
    assert below and "crew" not in below[0].passage.text.casefold()
    assert all({"length", "crew"} <= set(one.match.words) for one in found if one.match)


def test_a_cell_is_named_by_its_row_and_column() -> None:
    """A cell in the text has both heads; a row that is cut has the cells that lie there whole."""
    document = revenue()
    at = document.text.index("455")
    (row,) = rows_in(document, at, at + 3)
    (cell,) = row.values
    assert cell.words == "2023 (Pumps): 455" and cell.table == "Revenue in million crowns"
    assert row.said == "Product: Pumps; 2023: 455" and rows_in(document, 0, 5) == ()
    whole = next(one for one in rows_in(document, 0, len(document.text)) if "Pumps" in one.said)
    assert whole.said == "Product: Pumps; 2022: 410; 2023: 455; 2024: 498"
    cell_said = cell_stated_in("In 2024 Pumps made 498 million.", whole)
    assert cell_said is not None and cell_said.words == "2024 (Pumps): 498"
    assert cell_stated_in("Nothing was sold.", whole) is None
    both = "Product: Pumps; 2022: 410; 2023: 455"
    asked_for = cell_stated_in(both, whole, "What did Pumps make in 2023, after 410?")
    assert asked_for is not None and asked_for.words == "2023 (Pumps): 455"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param("The revenue of Pumps in 2024 was 498 million crowns.", "", id="its own year"),
        pytest.param("The revenue of Pumps in 2024 was 455 million crowns.",
                     "2023 (Pumps): 455", id="another year"),
        pytest.param("The revenue of Valves in 2023 was 455 million crowns.",
                     "2023 (Pumps): 455", id="another row"),
        pytest.param("Revenue of Pumps rose from 455 million in 2023 to 498 million in 2024.", "",
                     id="two years in one sentence"),
        pytest.param("Revenue of Pumps was 498 million in 2023, and 455 million in 2024.",
                     "2024 (Pumps): 498", id="two years that changed places"),
        pytest.param("Pumps are sold in 40 countries.", "", id="a number of the prose"),
    ],
)  # fmt: skip
def test_a_number_of_another_row_or_column_is_told(text: str, wrong: str) -> None:
    """A value under the wrong head is not borne out, and the place where it stands is named."""
    (one,) = evidence(revenue())
    checker = Checker(HashEmbedder())
    found = checker.check(text, [cited_passage(one)])
    assert (found.verdict == "unsupported") == bool(wrong), found
    assert not wrong or f"stands elsewhere in the table: {wrong}" in in_words(found.problems)


class Told:
    """A model that says one sentence, whatever it is asked."""

    context = 4096

    def count(self, text: str) -> int:
        return len(text) // 3

    async def stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int] = ()
    ) -> AsyncIterator[Delta]:
        yield Delta("Its crew is 41 [1].", "stop")


def test_a_model_reads_rows_below_the_head_of_their_table() -> None:
    """The head comes ahead of the rows, a line each."""
    some = evidence(fleet())
    assert len(some) > 1 and some[-1].passage.head
    last = some[-1]
    engine = ModelEngine("scripted", Told(), limits=Deadlines(first=600.0, silence=600.0))
    *_, usage = engine.write(Task("How large is the crew of Merry Marten?", (last,), ()))
    assert isinstance(usage, Usage)
    sent = usage.prompt
    lines = [line.partition("| ")[2] for line in sent.splitlines() if "|" in line]
    head = lines.index("Ships › Name | Type | Length (m) | Crew")
    assert lines[head + 1] == last.passage.text.splitlines()[0]


def test_rows_are_no_sentences_of_a_memo() -> None:
    """Statements, figures and events are read in prose; a row has its own value."""
    document = revenue()
    passages = [(one.passage, one.source) for one in evidence(document)]
    said = list(sentences_of(passages))
    assert [one.text for one in said if not one.is_row] == [
        "Pumps are sold in 40 countries.", "Revenue in million crowns",
    ]  # fmt: skip
    rows = [one for one in said if one.is_row]
    assert len(rows) == 3
    assert not stated_quantities(rows) and not events(rows)
    assert not [one for row in rows for one in statements_of(row)]
