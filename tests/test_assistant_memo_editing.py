"""A memo changed by hand: what is cited stays checked, and the linter looks again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer import Claim
from assistant.checking.problems import Code
from assistant.memo.editing import (
    SecondSource,
    begun_with,
    candidate_passages,
    editable_line,
    second_sources,
    sections_for,
    with_claims,
    with_line_moved,
    with_line_reworded,
    with_other_passage,
    with_second_source,
    without_line,
)
from assistant.memo.export import exported
from assistant.memo.request import Request
from assistant.memo.sentence import sentences_of
from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, Memo
from assistant.memo.writing import write
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.errors import UsageError
from index.folder_walk import files_below

PORT = """# The port of Lund

The port of Lund handled 4,800 ships in 2025, according to the Harbour Board.

The port of Lund plans a new quay for container ships, the Harbour Board says.

The port of Lund employs 310 people, according to the Gazette of Lund.
"""
ROAD = """# Roads to the port

The port of Lund is reached by road E22, according to the Road Agency of Skane.
"""


def ships_line(memo: Memo) -> tuple[str, int]:
    """Return section and number of the first line of evidence on the 4,800 ships."""
    return next(
        (one.key, number)
        for one in memo.sections
        for number, line in enumerate(one.lines, 1)
        if line.role == EVIDENCE and "4,800" in line.claim.text
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("editing")
    (folder / "articles").mkdir()
    (folder / "articles" / "port.md").write_text(PORT)
    (folder / "articles" / "road.md").write_text(ROAD)
    with Workspace(Settings(home=folder / "home", embedder="hash")) as workspace:
        list(workspace.add(files_below([folder / "articles"])))
        yield workspace


@pytest.fixture(scope="module")
def memo(workspace: Workspace) -> Memo:
    *_, last = write(workspace, Request("The port of Lund", today="2026-03-01"))
    return last


def test_words_are_changed_and_checked_again(workspace: Workspace, memo: Memo) -> None:
    """Against the passages cited; what is written into a gap is a judgment; no words are none."""
    key, numbers = evidence_of(memo)
    at = numbers[0]
    old = editable_line(memo, key, at)
    same = editable_line(
        with_line_reworded(workspace, memo, key, at, f"  {old.claim.text} "), key, at
    )
    assert same == old
    wrong = editable_line(
        with_line_reworded(workspace, memo, key, at, "The port of Vik closed in 1871."), key, at
    )
    assert wrong.claim.verdict == "unsupported" and wrong.claim.problems
    assert wrong.claim.citations == old.claim.citations and wrong.role == EVIDENCE
    gap = next((one.key, n) for one in memo.sections
               for n, line in enumerate(one.lines, 1) if line.role == GAP)  # fmt: skip
    filled = editable_line(with_line_reworded(workspace, memo, *gap, "It is likely to hold."), *gap)
    assert filled.role == JUDGMENT and filled.claim.text == "It is likely to hold."
    for words in ("", " \n "):
        with pytest.raises(UsageError, match="write a sentence"):
            with_line_reworded(workspace, memo, key, at, words)
    with pytest.raises(UsageError, match="no line 99"):
        editable_line(memo, key, 99)


def test_a_line_that_cites_nothing_is_not_supported_by_other_words(
    workspace: Workspace, memo: Memo
) -> None:
    """A model's sentence without a passage stays unsupported; the analyst's own is a judgment."""
    key, (at, *_) = evidence_of(memo)
    (section,) = [one for one in memo.sections if one.key == key]
    for role in (EVIDENCE, JUDGMENT):
        bare = Claim("The port burned down.", (), "unsupported", ("no passage is cited",))
        lines = list(section.lines)
        lines[at - 1] = replace(lines[at - 1], claim=bare, role=role)
        sections = [
            replace(one, lines=tuple(lines)) if one is section else one for one in memo.sections
        ]
        uncited = replace(memo, sections=tuple(sections))
        for words in ("The port burned down twice.", "We cannot say when, but the port burned."):
            changed = with_line_reworded(workspace, uncited, key, at, words)
            claim = editable_line(changed, key, at).claim
            assert (claim.text, claim.verdict) == (words, "unsupported")
            assert [one.code for one in claim.problems] == [Code.UNCITED]
            assert "unsupported-claim" in {one.rule for one in changed.findings}
    gap = next((one.key, n) for one in memo.sections
               for n, line in enumerate(one.lines, 1) if line.role == GAP)  # fmt: skip
    judged = with_line_reworded(workspace, memo, *gap, "It is likely to hold.")
    again = editable_line(
        with_line_reworded(workspace, judged, *gap, "It is unlikely to hold."), *gap
    )
    assert again.role == JUDGMENT and again.claim.verdict == "supported"


def evidence_of(memo: Memo) -> tuple[str, list[int]]:
    """Return a section with evidence, and the numbers of its evidence lines."""
    return next(
        (one.key, [n for n, line in enumerate(one.lines, 1) if line.role == EVIDENCE])
        for one in memo.sections
        if any(line.role == EVIDENCE for line in one.lines)
    )


def texts(memo: Memo, key: str) -> list[str]:
    (section,) = [one for one in memo.sections if one.key == key]
    return [line.claim.text for line in section.lines]


def test_lines_are_removed_and_moved(memo: Memo) -> None:
    """The rest stays as it was; at an end a line stays where it is."""
    key, (number, *_) = evidence_of(memo)
    before = texts(memo, key)
    assert texts(without_line(memo, key, number), key) == before[: number - 1] + before[number:]
    assert with_line_moved(memo, key, 1, -1) == memo
    down = texts(with_line_moved(memo, key, number, 1), key)
    assert sorted(down) == sorted(before) and (down != before or len(before) == number)
    for wrong in (0, 99):
        with pytest.raises(UsageError):
            without_line(memo, key, wrong)
    with pytest.raises(UsageError):
        with_line_moved(memo, "nowhere", 1, 1)


def test_a_line_that_rests_on_another_passage_is_checked_against_it(
    workspace: Workspace, memo: Memo
) -> None:
    """One that does not hold the sentence makes it unsupported, and the linter says so."""
    key, number = ships_line(memo)
    found = candidate_passages(workspace, memo, key, number)
    road = next(one for one in found if "E22" in one.passage.text)
    worse = with_other_passage(workspace, memo, key, number, road)
    (section,) = [one for one in worse.sections if one.key == key]
    claim = section.lines[number - 1].claim
    cited = worse.citation(claim.citations[0])
    document = workspace.library.document(cited.document)
    assert document.text[cited.start : cited.end] == cited.quote
    assert claim.verdict != "supported" and claim.problems
    assert any(one.where == f"{key}:{number}" and one.rule for one in worse.findings)
    port = next(one for one in found if "4,800" in one.passage.text)
    better = with_other_passage(workspace, worse, key, number, port)
    (section,) = [one for one in better.sections if one.key == key]
    assert section.lines[number - 1].claim.verdict == "supported"


def test_claims_of_an_answer_are_taken_over_once(workspace: Workspace, memo: Memo) -> None:
    """Numbered after those that are there; without a citation, or twice, they are left out."""
    key = sections_for(memo)[0].key
    source = memo.citations[0]
    claims = [
        Claim("The port of Lund has a pilot.", (1,), "supported"),
        Claim("Nothing is cited here.", (), "unsupported"),
    ]
    more = with_claims(workspace, memo, key, claims, [source])
    assert texts(more, key)[-1] == "The port of Lund has a pilot."
    assert "Nothing is cited here." not in texts(more, key)
    assert len(more.citations) == len(memo.citations)
    assert with_claims(workspace, more, key, claims, [source]) == more


def test_a_second_source_is_looked_for_and_cited_beside_the_first(
    workspace: Workspace, memo: Memo, tmp_path: Path
) -> None:
    """Of another document, which the list of sources then has; what only comes near is told so."""
    key, number = ships_line(memo)
    text = editable_line(memo, key, number).claim.text
    other = tmp_path / "gazette.md"
    other.write_text(
        f"---\npublisher: Sound Review\npublished: 2026-02-11\n---\n# Ships\n\n{text}\n",
        encoding="utf-8",
    )
    list(workspace.add([other]))
    best, *_ = second_sources(workspace, memo, key, number)
    assert best.says_so and best.evidence.source.publisher == "Sound Review"
    both = with_second_source(workspace, memo, key, number, best)
    claim = editable_line(both, key, number).claim
    assert len({both.citation(one).document for one in claim.citations}) >= 2
    assert best.sentence.document in {one.document for one in both.sources}
    assert [one.says_so for one in second_sources(workspace, both, key, number)].count(True) == 0


def test_a_document_that_does_not_say_it_becomes_no_second_source(
    workspace: Workspace, memo: Memo
) -> None:
    """Whatever the page sends: the sentence is checked against it before it is cited."""
    key, number = ships_line(memo)
    cited = {
        memo.citation(one).document for one in editable_line(memo, key, number).claim.citations
    }
    found = candidate_passages(workspace, memo, key, number)
    others = [one for one in found if one.passage.document not in cited]
    other = next(one for one in others if "4,800" not in one.passage.text)
    sentence = next(iter(sentences_of([(other.passage, other.source)])))
    claimed = SecondSource(other, sentence, says_so=True)
    with pytest.raises(UsageError, match="does not say so"):
        with_second_source(workspace, memo, key, number, claimed)


def test_a_memo_begins_with_an_answer(workspace: Workspace, memo: Memo) -> None:
    """Its cited sentences under what is known, its sources graded, room for judgments."""
    claim = Claim("The port of Lund has a pilot.", (1,), "supported")
    begun = begun_with(
        workspace, "Who pilots?", [claim], memo.citations[:1], created="2026-03-01", language="en"
    )  # fmt: skip
    assert texts(begun, "what-we-know") == [claim.text] and begun.complete
    assert [one.document for one in begun.sources] == [memo.citations[0].document]
    assert any(line.role == GAP for one in begun.sections for line in one.lines)
    assert "Who pilots?" in exported(begun, "md").decode()
