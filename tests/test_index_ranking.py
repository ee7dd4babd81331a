"""Ranking: names under other names, dates, neighbours, repeats, and a reason for every place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.draft_check import against_library
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus import vocabulary
from corpus.document import Passage
from corpus.errors import SearchIndexError
from corpus.vocabulary import groups, groups_of, with_aliases
from index import forward_files
from index.diversity import near_duplicates, repeat_groups, share_among_documents
from index.embedding import normalised
from index.filters import Filters
from index.folder_walk import files_below
from index.forward_index import ForwardIndex, is_consistent
from index.keyword_index import stems
from index.query import Query
from index.ranking import WEIGHTS, Coverage, date_fit, named_months, scaled, weighted_signals

ARTICLES = {
    "mill.md": "---\ntitle: The mill\npublished: 2025-03-04\n---\n\n# The mill\n\n"
    + "The mill at Ros belongs to the Berg family. " * 12
    + "\n\n# Output\n\n"
    + "It grinds rye on Sundays, nine tonnes a day. " * 12,
    "list.md": "---\ntitle: The list\npublished: 2024-10-02\n---\n\nThe Entity List names Huawei.",
    "quay.md": "---\ntitle: The quay\npublished: 2025-03-20\n---\n\nThe quay at Vik is closed.",
    "older.md": "---\ntitle: An older note\npublished: 2023-01-05\n---\n\nThe quay at Vik is open.",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with Workspace(Settings(home=tmp_path / "home", embedder="hash")) as opened:
        list(opened.add(files_below([folder])))
        yield opened


def test_a_name_is_found_under_its_other_names(workspace: Workspace) -> None:
    """A Chinese name and an everyday one lead to the passage that has the official ones."""
    first = workspace.retriever.search("华为 blacklist")[0]
    assert first.source.title == "The list" and first.match is not None
    assert set(first.match.words) == {"华为", "blacklist"} and not first.match.missing


def test_concepts_hold_every_content_word_once() -> None:
    """Aliases bring in words at less than the question's own weight."""
    query = Query.of("Which rule of BIS names 深度求索?", groups())
    own = [stem for one in query.concepts for stem, _ in one.own_stems]
    assert sorted(own) == sorted({"rule", "bis", "name", "深度", "度求", "求索"})
    assert query.terms["bis"] == 1.0 and 0 < query.terms["deepseek"] < 1
    assert Query.of("us ear in me", groups()).concepts[0].alias_stems == ()
    assert Query.of("深度求索 cost", groups()).embedding_text.endswith("DeepSeek")


def test_the_user_adds_aliases_in_the_data_folder(tmp_path: Path) -> None:
    """A file of the same form adds to ours; a name is found under the other one."""
    own = tmp_path / vocabulary.FILE_NAME
    own.write_text('projects = [["Falcon", "Project Seven"]]', encoding="utf-8")
    question = "When does Falcon end?"
    wanted = Query.of(question, groups_of(tmp_path)).concepts
    assert any(frozenset({"project", "seven"}) in one.alias_stems for one in wanted)
    assert not any(
        one.alias_stems for one in Query.of(question, groups_of(tmp_path / "none")).concepts
    )


def test_two_libraries_of_one_process_keep_their_aliases(tmp_path: Path) -> None:
    """In searches, checks and answers, also of two answers that are read by turns."""
    text = "# The plan\n\nProject Seven ends on 4 May 2027, the council of Vik said.\n"
    workspaces = []
    for name in ("with", "without"):
        home = tmp_path / name
        home.mkdir()
        (home / "plan.md").write_text(text, encoding="utf-8")
        if name == "with":
            aliases = 'projects = [["Falcon", "Project Seven"]]'
            (home / vocabulary.FILE_NAME).write_text(aliases, encoding="utf-8")
        workspaces.append(Workspace(Settings(home=home, engine="extractive", embedder="hash")))
        *_, report = workspaces[-1].add([home / "plan.md"])
        assert len(report.added) == 1  # type: ignore[union-attr]
    has, lacks = workspaces
    # The one without is opened last: its aliases used to be those of both.
    for workspace, words in ((has, ("Falcon",)), (lacks, ())):
        (found,) = workspace.retriever.search("Falcon")
        assert found.match is not None and found.match.words == words
    claim = "Falcon ends on 4 May 2027, the council of Vik said."
    verdicts = [next(against_library(workspace, [claim])) for workspace in workspaces]
    assert verdicts[0].verdict == "supported" != verdicts[1].verdict
    seen: list[list[bool]] = [[], []]

    @with_aliases
    def names_known(workspace: Workspace) -> Iterator[bool]:
        for _ in range(3):
            yield any("Falcon" in one.names for one in groups())

    for turns in zip(names_known(has), names_known(lacks), strict=True):
        for place, known in enumerate(turns):
            seen[place].append(known)
    assert seen == [[True] * 3, [False] * 3]
    assert not any("Falcon" in one.names for one in groups())
    for workspace in workspaces:
        workspace.close()


@pytest.mark.parametrize(
    ("question", "months"),
    [
        pytest.param("the rule of jan 23", ((2023, 1),), id="month and two digits"),
        pytest.param("the order of Oct 7, 2022", ((2022, 10),), id="a full date"),
        pytest.param("late-2024 fact sheet", ((2024, None),), id="part of a year"),
        pytest.param("the march order", (), id="a verb is no month"),
        pytest.param("10 chips in 4,800 boxes", (), id="figures are no dates"),
    ],
)
def test_a_question_names_months(question: str, months: tuple[tuple[int, int | None], ...]) -> None:
    """However short they are written."""
    assert named_months(question) == months


def test_a_date_in_the_question_lifts_what_was_published_then(workspace: Workspace) -> None:
    """The month counts in full, a month beside it less, another year not at all."""
    months = named_months("the March 2025 note")
    fits = [
        date_fit(one, months)
        for one in ("2025-03-20", "2025", "2025-04", "2025-11-02", "2023-01", "")
    ]
    assert fits == sorted(fits, reverse=True) and fits[0] == 1.0 and fits[-2:] == [0.0, 0.0]
    found = workspace.retriever.search("the quay at Vik in January 2023")
    assert found[0].source.title == "An older note"
    assert found[0].match is not None and found[0].match.date == 1.0
    assert "published at a date that the question names" in found[0].why


def test_a_passage_gains_from_its_neighbours(workspace: Workspace) -> None:
    """ "It grinds rye" answers about the mill at Ros, which only the passage before it names."""
    first = workspace.retriever.search("What does the mill of the Berg family at Ros grind?")[0]
    found = workspace.retriever.search("Berg family rye tonnes")
    output = next(one for one in found if "rye" in one.passage.text)
    assert first.source.title == "The mill" and output.match is not None
    assert set(output.match.words) == {"rye", "tonnes"}
    assert set(output.match.beside) == {"Berg", "family"}


def test_every_place_in_the_ranking_is_explained(workspace: Workspace) -> None:
    """The parts add up to what the search says, and the words are told apart.

    The score lies between that and the relevance that the reader gives.
    """
    found = workspace.retriever.search("quay Vik zeppelin")
    assert found
    for one in found:
        assert one.match is not None and one.reading is not None
        low, high = sorted((sum(one.match.parts.values()), one.reading.relevance))
        assert low - 1e-3 <= one.score <= high + 1e-3
        answers = one.reading.relevance >= 0.5
        assert one.why.endswith("seems to answer the question") is answers
        assert set(one.match.parts) == set(WEIGHTS)
        assert 0 <= one.score <= 1
        assert one.match.missing[-1] == "zeppelin"


def test_signals_are_weighed_by_what_they_are_and_not_by_rank() -> None:
    """Coverage is not scaled: half a question answered is half an answer."""
    zeros = np.zeros(2)
    signals = {name: zeros for name in WEIGHTS} | {"covered around": np.array([1.0, 0.5])}
    parts = weighted_signals(signals)
    assert parts["covered around"].tolist() == [
        WEIGHTS["covered around"],
        WEIGHTS["covered around"] / 2,
    ]
    assert sum(weighted_signals(signals | {"date": np.array([1.0, 0.0])}).values())[0] < 1
    assert scaled([3.0, 3.0]).tolist() == [0.0, 0.0] and not len(scaled([]))


def test_repeats_are_folded() -> None:
    """A reprint folds into the first when both its words and its meaning are the same."""
    words = [frozenset({1, 2, 3, 4, 5}), frozenset({1, 2, 3, 4, 5}), frozenset({1, 2, 3, 4, 9, 8})]
    rows = normalised(np.array([[1, 0.02], [1, 0.0], [1, 0.01]]))
    assert near_duplicates(words, rows) == {1: 0}


def test_the_top_is_shared_among_documents_that_match() -> None:
    """At most two of a document in the first five, unless what would move up does not match."""
    documents = ["a", "a", "a", "b", "c", "d"]
    near = share_among_documents(documents, [1.0, 0.99, 0.98, 0.97, 0.96, 0.95])
    assert [documents[place] for place in near[:5]] == ["a", "a", "b", "c", "d"]
    assert share_among_documents(documents, [1.0, 0.99, 0.98, 0.2, 0.1, 0.1]) == list(range(6))
    assert share_among_documents(["a", "a", "a", "b"], [1.0, 0.99, 0.98, 0.97]) == [0, 1, 2, 3]


def test_one_file_and_its_copies_cannot_fill_the_top() -> None:
    """Seven planted passages in two near copies lead; two of them stand among the first five."""
    planted = [frozenset(range(10 * one, 10 * one + 8)) for one in range(4)]
    others = [frozenset({90 + one}) for one in range(3)]
    words = [*planted, *(one | {99} for one in planted[:3]), *others]
    rows = normalised(np.eye(7)[[0, 1, 2, 3, 0, 1, 2, 4, 5, 6]])
    documents = ["poison", *["poison"] * 3, *["copy"] * 3, "b", "c", "d"]
    groups = repeat_groups(documents, words, rows)
    assert groups == ["poison"] * 7 + ["b", "c", "d"]
    order = share_among_documents(groups, [1.0, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.5, 0.45, 0.4])
    assert [groups[place] for place in order[:5]] == ["poison", "poison", "b", "c", "d"]
    assert sorted(order) == list(range(10)) and share_among_documents([], []) == []


def test_one_shared_paragraph_makes_no_copy() -> None:
    """Two documents that quote the same paragraph and differ otherwise stay two."""
    words = [frozenset({1, 2, 3, 4}), frozenset({5, 6}), frozenset({7, 8}), frozenset({1, 2, 3, 4}),
             frozenset({9}), frozenset({10})]  # fmt: skip
    rows = normalised(np.eye(5)[[0, 1, 2, 0, 3, 4]])
    assert repeat_groups(["a", "a", "a", "b", "b", "b"], words, rows) == ["a"] * 3 + ["b"] * 3


def forward_of(texts: dict[str, list[str]]) -> ForwardIndex:
    """Return a forward index of documents given as lists of passages."""

    def read(document: str) -> tuple[str, list[Passage], np.ndarray]:  # type: ignore[type-arg]
        starts = np.cumsum([0, *(len(one) for one in texts[document])])
        passages = [
            Passage(document, int(start), int(start) + len(text), text)
            for start, text in zip(starts, texts[document], strict=False)
        ]
        return f"Title {document}", passages, np.eye(4, dtype=np.float32)[: len(passages)]

    return ForwardIndex.made(texts, read, stems)


def ids_of(index: ForwardIndex) -> list[str]:
    return [index.id(row) for row in index.in_order(index.rows).tolist()]


def test_the_forward_index_knows_rows_neighbours_and_stems(tmp_path: Path) -> None:
    """It comes back from disk as it was."""
    forward_files.save(
        forward_of({"d1": ["red mill", "blue quay", "old list"], "d2": ["new port"]}),
        tmp_path / "forward",
    )
    index = forward_files.load(tmp_path / "forward")
    assert is_consistent(index) and len(index) == index.extent == 4
    assert [index.id(index.row(one)) for one in ("d1:8-17", "d2:0-8")] == ["d1:8-17", "d2:0-8"]
    assert [index.row(one) for one in ("d1:9-17", "d3:0-1", "d2:8-9")] == [-1, -1, -1]
    assert [list(index.around(row)) for row in range(4)] == [[0, 1], [0, 1, 2], [1, 2], [3]]
    assert [index.number(row) for row in (1, 3)] == [("d1", 1), ("d2", 0)]
    wanted = Query.of("blue quay title", groups()).concepts
    coverage = Coverage(wanted, index)
    assert coverage.held(1) == {"blue", "quay", "titl"} and coverage.held_around(0) >= {"blue"}


def test_the_forward_index_grows_at_its_end(tmp_path: Path) -> None:
    """What is there stays where it is, also for who has it open; what went is found no more."""
    folder = tmp_path / "forward"
    forward_files.save(forward_of({"b": ["red mill", "blue quay"], "c": ["new port"]}), folder)
    before = forward_files.load(folder)
    # What a crash left behind the end is no part of it, and is written over.
    with (folder / "vectors.array").open("ab") as stream:
        stream.write(b"of a writer that was killed, longer than what comes next" * 9)
    assert ids_of(forward_files.load(folder)) == ids_of(before)
    fresh = forward_of({"a": ["one pier"], "c": ["new port", "old rope"]})
    index, grown = forward_files.update(folder, before, {"a", "c"}, fresh)
    assert grown and is_consistent(index) and (len(index), index.extent) == (5, 6)
    assert ids_of(before) == ["b:0-8", "b:8-17", "c:0-8"]
    assert ids_of(index) == ["a:0-8", "b:0-8", "b:8-17", "c:0-8", "c:8-16"]
    assert index.rows.tolist() == [0, 1, 3, 4, 5] and [*index.around(5)] == [4, 5]
    assert index.vectors_of(index.rows_of(["c"])).tolist() == np.eye(4)[:2].tolist()
    wanted = Query.of("old rope", groups()).concepts
    assert Coverage(wanted, index).held(5) == {"old", "rope"}
    size = (folder / "vectors.array").stat().st_size
    assert size == index.vectors.nbytes == 6 * 4 * 2


def test_a_forward_index_of_many_holes_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which the documents came; one that loses all of them grows again."""
    monkeypatch.setattr(forward_files, "_FEW", 1)
    folder = tmp_path / "forward"
    forward_files.save(forward_of({}), folder)
    made = forward_of({"b": ["red mill", "blue quay"], "a": ["new port"]})
    index, grown = forward_files.update(folder, forward_files.load(folder), {"a", "b"}, made)
    assert not grown and ids_of(index) == ["a:0-8", "b:0-8", "b:8-17"]
    index, grown = forward_files.update(folder, index, {"b", "c"}, forward_of({"c": ["a rope"]}))
    assert not grown and is_consistent(index) and ids_of(index) == ["a:0-8", "c:0-6"]
    assert len(index) == index.extent == 2 and index.codes(1).size == 4
    index, grown = forward_files.update(folder, index, {"a", "c"}, forward_of({}))
    assert is_consistent(index) and len(index) == index.extent == 0 and ids_of(index) == []
    index, _ = forward_files.update(folder, index, {"b"}, made)
    assert ids_of(index) == ["a:0-8", "b:0-8", "b:8-17"]


def test_a_lost_forward_index_is_told_from_an_empty_one(tmp_path: Path) -> None:
    """What is not there is an error, not a library without passages."""
    with pytest.raises(SearchIndexError, match="doctor --rebuild"):
        forward_files.load(tmp_path / "none")
    forward_files.save(forward_of({}), tmp_path / "empty")
    assert len(forward_files.load(tmp_path / "empty")) == 0


RULE = """---
title: Licences for chips, {month}
publisher: Trade Office
published: {published}
---

# Who needs one

{body}
"""
LONG = (
    "An exporter of chips to Vik needs a licence for each order that it ships. " * 14
    + "\n\n# How to apply\n\n"
    + "The form is filed by mail with the office at Lund before the fifth day. " * 14
)


def test_a_later_version_is_named_within_the_bounds(tmp_path: Path) -> None:
    """A source says that its publisher has put out a later text, unless that lies out of bounds."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for name, month, published, body in (
        ("a", "March", "2025-03-01", LONG),
        ("b", "June", "2025-06-01", LONG + "\n\n# Fee\n\nThe fee is 40 dollars."),
        ("c", "June", "2025-06-02", "Bicycles are no longer counted by the Trade Office."),
    ):
        text = RULE.format(month=month, published=published, body=body)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    question = "Who needs a licence for chips to Vik?"
    with Workspace(Settings(home=tmp_path / "home", embedder="hash")) as opened:
        list(opened.add(files_below([folder])))
        entries = {one.source.published: one.id for one in opened.library.entries()}
        found = {}
        for published, document in entries.items():
            (first, *_) = opened.retriever.search(question, filters=Filters(documents=(document,)))
            found[published] = first.newer.source.published if first.newer else ""
        until = opened.retriever.search(question, filters=Filters(until="2025-05-01"))
    assert found == {"2025-03-01": "2025-06-01", "2025-06-01": "", "2025-06-02": ""}
    assert {one.source.published for one in until} == {"2025-03-01"} and not until[0].newer
