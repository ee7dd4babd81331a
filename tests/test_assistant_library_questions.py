"""Questions about the library itself are answered from the catalogue, and only those."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.answer import Answer, Question
from assistant.library_intent import library_intent
from assistant.library_questions import ask_for_more, library_answer, names_nothing
from assistant.pipeline import ask
from assistant.planning.query_rewriting import Turn
from assistant.settings import Settings
from assistant.starter import ensure_starter
from assistant.summary import summary_of
from assistant.workspace import Workspace
from ui.translation import translated


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Return the starter library with vectors that cost nothing; it is only read."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), embedder="hash", engine="extractive")
    with Workspace(settings) as opened:
        for _ in ensure_starter(opened):
            continue
        yield opened


def said(answer: Answer) -> str:
    return f"{answer.text} {answer.notice}"


def opens(workspace: Workspace, answer: Answer) -> bool:
    """Say whether every citation is a span of its document."""
    return all(
        one.quote
        and workspace.library.document(one.document).text[one.start : one.end] == one.quote
        for one in answer.citations
    )


# What is asked, the outcome, and words of the answer or its notice.
CATALOGUE = {
    "what documents do you have about smuggling?": ("answered", "Smuggling of chips to China"),
    "Could you tell me which documents you have about Kimi?": ("answered", "Moonshot AI"),
    "how many documents do you have?": ("answered", "35 documents"),
    "How many documents about DeepSeek are there?": ("answered", "with “DeepSeek” in the title"),
    "list the documents about the H20": ("answered", "The H20: licence, charge and a share"),
    "documents about Huawei": ("answered", "Huawei Ascend and SMIC"),
    "Which documents mention Mistral?": ("answered", "EU in mid-2026"),
    "which articles were published in 2024?": ("answered", "DeepSeek-V2: a mixture"),
    "how many pdfs do you have?": ("answered", "2 documents"),
    "what documents do you have from 2026 about Huawei?": ("answered", "Huawei Ascend"),
    "What is the newest document?": ("answered", "EU in mid-2026"),
    "what's the oldest document?": ("answered", "The chip rule of October 2022"),
    "what is the latest article on the affiliates rule": ("answered", "is suspended"),
    "which publishers?": ("answered", "Briefing Assistant starter library: 35 documents."),
    "what is in the library?": ("answered", "Export policy (13)"),
    "Do you have anything from Brookings?": ("declined", "Briefing Assistant starter library"),
    "do you have any reports about penguins?": ("declined", "no such document"),
    "what can you do?": ("answered", "35 documents"),
    "有哪些关于华为的文件？": ("answered", "Huawei Ascend and SMIC"),
    "资料库里有什么？": ("answered", "35 篇文档"),
    "最新的文件是什么？": ("answered", "EU in mid-2026"),
    "你能做什么？": ("answered", "35 篇文档"),
}


@pytest.mark.parametrize("asked", CATALOGUE)
def test_the_catalogue_answers_a_question_about_the_library(
    workspace: Workspace, asked: str
) -> None:
    """With the documents themselves to open."""
    answer = library_answer(workspace, Question(asked))
    assert answer is not None
    outcome, words = CATALOGUE[asked]
    assert answer.outcome == outcome
    assert words in said(answer)
    assert opens(workspace, answer)


@pytest.mark.parametrize(
    "asked",
    [
        "what does the report say about chips?",
        "what documents were seized?",
        "How many papers did DeepSeek publish?",
        "Are there reports of smuggling?",
        "Is there a report that says chips are banned?",
        "which documents must the exporter keep?",
        "list the sources of funding",
        "what is the latest model of DeepSeek?",
        "Is there anything in the rule about memory chips?",
        "what publishers complained about AI?",
        "how does it work?",
        "are there any files about penguins?",
        "华为有什么芯片？",
    ],
)
def test_a_question_to_the_documents_is_left_to_them(workspace: Workspace, asked: str) -> None:
    """It speaks of documents and does not ask for those of the library."""
    assert library_answer(workspace, Question(asked)) is None
    assert summary_of(workspace, Question(asked)) is None


def test_the_bounds_of_a_question_hold_for_the_catalogue(workspace: Workspace) -> None:
    """What is asked within some documents or a time is told of these alone."""
    answer = library_answer(workspace, Question("how many documents are there?", since="2026-04"))
    assert answer is not None and "7 documents" not in answer.claims[0].text
    assert answer.citations and all(one.source.dated >= "2026-04" for one in answer.citations)
    none = library_answer(workspace, Question("what is in the library?", since="2030"))
    assert none is not None and none.outcome == "declined"


def test_a_publisher_is_known_by_its_initials() -> None:
    """And told from a topic that stands at the same place."""
    publishers = ["Congressional Research Service", "The White House"]
    found = library_intent("How many CRS reports do you have?", publishers)
    assert found is not None and (found.publisher, found.topic) == ("CRS", "")
    found = library_intent("which White House fact sheets do you have?", publishers)
    assert found is not None and found.topic == "White House fact sheet"
    found = library_intent("what reports do you have about chips from the White House?", publishers)
    assert found is not None and (found.topic, found.publisher) == ("chips", "the White House")


@pytest.mark.parametrize("text", ["and the?", "what is it", "???", "的", "这是什么？", "…"])
def test_stop_words_alone_ask_for_more(text: str) -> None:
    """Nothing is searched for them."""
    assert names_nothing(text)
    answer = ask_for_more(Question(text))
    assert (answer.outcome, answer.notice[:9]) == ("declined", "Say more:")
    assert translated(answer.notice, "zh") != answer.notice


@pytest.mark.parametrize("text", ["What can you do?", "What do you have?", "你是谁"])
def test_questions_of_stop_words_about_the_library_are_answered(
    workspace: Workspace, text: str
) -> None:
    """They name nothing to look for, and need not."""
    *_, answer = ask(workspace, Question(text))
    assert answer.outcome == "answered" and answer.claims


def test_a_follow_up_about_the_library_is_made_whole(workspace: Workspace) -> None:
    """ "About it" is about what was asked before."""
    for before in ("What is multi-head latent attention?", "Which documents are about attention?"):
        asked = Question("Which documents do you have about it?", history=(Turn(before),))
        answer = library_answer(workspace, asked)
        assert answer is not None and "attention" in said(answer)


@pytest.mark.parametrize("text", ["H20", "what is MLA?", "华为", "Who founded DeepSeek?", "5"])
def test_one_word_of_substance_is_a_question(text: str) -> None:
    """However short it is."""
    assert not names_nothing(text)
