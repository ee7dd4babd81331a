"""Conversations outlive the program, with their citations intact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer, Citation, Claim
from assistant.answer_storage import as_json, from_json, history_of, store_answer, to_json
from assistant.checking.problems import Code, problem
from assistant.conversation_export import as_markdown
from assistant.engine import Usage
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.document import Passage, Source
from corpus.errors import FormatError, NoConversation
from corpus.library import Library
from index.evidence import Evidence
from tests.older import made_older

SOURCE = Source("The bridge", "/tmp/bridge.md", "Vik News", "2025-05-12", "markdown")
ANSWER = Answer(
    "When did it close?",
    outcome="partly",
    claims=(Claim("It closed on 12 May.", (1,), "weak", (problem(Code.LINE, "because"),), (2,)),),
    citations=(Citation(1, "d", SOURCE, None, "Head", "closed on 12 May", 3, 19),),
    evidence=(Evidence(1, Passage("d", 0, 4, "text", 2, "Head"), SOURCE, 0.5, "words"),),
    not_found=("who paid?",),
    engine="scripted",
    seconds={"total": 0.5},
    standalone="When did the bridge close?",
    searches=("bridge close",),
    usage=Usage(10, 5, 0.01),
    chance=0.61,
    calculation="2 + 3 = 5, over 2 rows",
)
DECLINED = Answer(
    "Who paid for the bridge?",
    outcome="declined",
    citations=(Citation(1, "d", SOURCE, 2, "Head", "The town paid for the lamps.", 20, 48),),
    not_found=("Who paid for the bridge?",),
    notice=NOT_SAID_OUTRIGHT,
    nearest=(Claim("The town paid for the lamps.", (1,), "supported"),),
    chance=0.12,
)


@pytest.fixture
def workspace(tmp_path: Path, record: str) -> Iterator[Workspace]:
    with Workspace(
        Settings(home=tmp_path, engine="extractive", embedder="hash", record=record)
    ) as opened:
        yield opened


def test_an_answer_comes_back_as_it_was() -> None:
    """Claims, citations, evidence, usage and the nearest sentences survive the round trip."""
    assert from_json(to_json(ANSWER)) == ANSWER
    assert from_json(to_json(DECLINED)) == DECLINED
    grown = to_json(ANSWER).replace('"growing"', '"a_later_field"')
    assert from_json(grown).claims == ANSWER.claims


def test_conversations_are_listed_renamed_searched_and_deleted(workspace: Workspace) -> None:
    """They are there after a restart, newest first; a search looks at questions and answers."""
    first = store_answer(workspace.library.conversations, "", ANSWER)
    second = store_answer(
        workspace.library.conversations, "", Answer("What is 100% of_it?", outcome="declined")
    )
    assert (
        store_answer(
            workspace.library.conversations, first, Answer("And who paid?", outcome="declined")
        )
        == first
    )
    workspace.close()
    with Workspace(workspace.settings) as again:
        kept = again.library.conversations
        assert [(one.id, one.turns) for one in kept.all()] == [(first, 2), (second, 1)]
        assert [one.id for one in kept.all("12 may")] == [first]
        assert [one.id for one in kept.all("100% of_it")] == [second]
        assert kept.all("100_") == []
        kept.rename(first, "The  bridge")
        assert kept.all("the bridge")[0].title == "The bridge"
        assert [turn.question for turn in history_of(kept, first)] == [
            "When did it close?", "And who paid?",
        ]  # fmt: skip
        assert kept.resolve(first[:6]) == first
        kept.delete(first)
        assert [one.id for one in kept.all()] == [second]
        for wrong in (lambda: kept.turns(first), lambda: kept.delete(first),
                      lambda: kept.rename(first, "x"), lambda: kept.resolve("zz"),
                      lambda: store_answer(kept, first, ANSWER)):  # fmt: skip
            with pytest.raises(NoConversation):
                wrong()


def test_a_conversation_is_exported_with_its_quotations(workspace: Workspace) -> None:
    """Markdown and JSON hold the marked sentences, what was doubted and the quoted words."""
    conversation = store_answer(workspace.library.conversations, "", ANSWER)
    (listed,) = workspace.library.conversations.all()
    turns = workspace.library.conversations.turns(conversation)
    text = as_markdown(listed, turns)
    assert "Calculated: 2 + 3 = 5, over 2 rows" in text
    for part in (r"It closed on 12 May. \[1\]\[2\] (weak: because)", "> closed on 12 May",
                 "Not found in the library: who paid?", "Searched as: When did the bridge close?",
                 r"\[1\] The bridge, Vik News, 2025-05-12"):  # fmt: skip
        assert part in text
    assert as_json(listed, turns)["turns"][0]["citations"][0]["quote"] == "closed on 12 May"


def test_a_decline_is_exported_with_the_sentences_that_come_closest(workspace: Workspace) -> None:
    """Marked and quoted; where none come close it says that the library holds nothing."""
    conversation = store_answer(workspace.library.conversations, "", DECLINED)
    store_answer(
        workspace.library.conversations,
        conversation,
        Answer("Why?", "declined", notice=NOTHING_ON_THIS),
    )
    (listed,) = workspace.library.conversations.all("lamps")
    turns = workspace.library.conversations.turns(conversation)
    text = " ".join(as_markdown(listed, turns).split())
    for part in (
        NOT_SAID_OUTRIGHT,
        r"The town paid for the lamps. \[1\]",
        r"\[1\] The bridge, Vik News",
        "> The town paid for the lamps.",
        NOTHING_ON_THIS,
    ):
        assert part in text
    assert "Not found in the library" not in text
    first, second = as_json(listed, turns)["turns"]
    assert first["nearest"] == [{"text": "The town paid for the lamps.", "citations": [1]}]
    assert (first["chance"], first["calculation"]) == (0.12, "")
    assert (second["nearest"], second["chance"]) == ([], None)


def test_a_library_of_the_first_version_gets_conversations(tmp_path: Path) -> None:
    """An old data folder is migrated, and a copy of it is kept first."""
    Library(tmp_path).close()
    made_older(tmp_path, 1)
    with Workspace(Settings(home=tmp_path, engine="extractive", embedder="hash")) as workspace:
        assert store_answer(workspace.library.conversations, "", ANSWER)
    assert (tmp_path / "library.before-1").exists()


def test_a_problem_that_nothing_finds_any_more_is_still_read() -> None:
    """It becomes the line that it was; a code that never was is refused by its name."""
    claim = {"text": "It closed.", "citations": [1], "verdict": "unsupported",
             "problems": [{"code": "mispaired", "values": ["3", "4"]}], "offered": []}  # fmt: skip
    held = {"format": 2, "question": "So?", "outcome": "answered", "claims": [claim]}
    (problem,) = from_json(json.dumps(held)).claims[0].problems
    assert str(problem.said) == "the cited passage has 3 with these words, not 4"
    claim["problems"] = [{"code": "never_was", "values": []}]
    with pytest.raises(FormatError):
        from_json(json.dumps(held))
