"""A summary of one document: its main sentences, cited, in its order."""

from __future__ import annotations

import pytest

from assistant.answer import Question
from assistant.library_questions import library_answer
from assistant.summary import Summary, summary_evidence, summary_of
from assistant.workspace import Workspace

# What is asked, and words of the title of the document that is meant.
ASKED = {
    "summarise the H20 article": "The H20: licence",
    "Summarize the document on the 50 percent affiliates rule": "The 50 percent affiliates rule",
    "summary of chip-smuggling-cases.md": "Smuggling of chips to China",
    "main points of DeepSeek-R1: reasoning by reinforcement learning": "DeepSeek-R1: reasoning",
    "tl;dr of the article on the diffusion framework": "The AI diffusion framework",
    "What does the report on the open-weight models compared say?": "Open-weight models compared",
    "summarise the latest article": "EU in mid-2026",
    "总结《The H20: licence, charge and a share for the government》": "The H20: licence",
}


@pytest.mark.parametrize("asked", ASKED)
def test_the_main_sentences_stand_in_the_order_of_the_document(
    starter_desk: Workspace, asked: str
) -> None:
    """Four to six of them, each quoted as it stands and to be read alone."""
    assert library_answer(starter_desk, Question(asked)) is None
    answer = summary_of(starter_desk, Question(asked))
    assert answer is not None and answer.outcome == "answered"
    assert ASKED[asked] in answer.notice
    assert 4 <= len(answer.claims) <= 6
    starts = [one.start for one in answer.citations]
    assert starts == sorted(set(starts))
    for claim, citation in zip(answer.claims, answer.citations, strict=True):
        text = starter_desk.library.document(citation.document).text
        assert text[citation.start : citation.end] == citation.quote == claim.text
        assert not claim.text.startswith(("It ", "This ", "The report compares"))
    assert len({one.document for one in answer.citations}) == 1


@pytest.mark.parametrize(
    "asked",
    ["summarise the export rules of 2025", "summarise DeepSeek", "What does DeepSeek say?",
     "summarise what Huawei announced", "what did Nvidia say about the H20?"],
)  # fmt: skip
def test_a_summary_of_a_topic_is_a_question_to_all_documents(
    starter_desk: Workspace, asked: str
) -> None:
    """No single document is meant."""
    assert summary_of(starter_desk, Question(asked)) is None


def test_two_documents_that_are_meant_equally_are_named(starter_desk: Workspace) -> None:
    """The reader says which."""
    answer = summary_of(starter_desk, Question("summarise the AI diffusion document"))
    assert answer is not None and answer.outcome == "declined"
    assert "The AI diffusion rule is rescinded" in answer.notice
    assert "The AI diffusion framework of January 2025, as issued" in answer.notice


def test_a_file_that_is_not_there_is_named(starter_desk: Workspace) -> None:
    """And nothing else is summarised in its place."""
    answer = summary_of(starter_desk, Question("summary of nothing.md"))
    assert answer is not None and answer.outcome == "declined"
    assert answer.notice == "The library has no file called nothing.md."


def test_this_document_is_the_one_that_is_chosen(starter_desk: Workspace) -> None:
    """Where the question is bounded to a single one."""
    entry = starter_desk.library.entries()[5]
    found = summary_evidence(
        starter_desk, Question("summarise this document", documents=(entry.id,))
    )
    assert isinstance(found, Summary) and found.entry.id == entry.id
    labels = {one.label: one.passage for one in found.evidence}
    assert found.sentences
    assert all(one.text in labels[one.label].text for one in found.sentences)
