"""What a reader sees where the library does not answer, and how a computed number is explained."""

from __future__ import annotations

import re
from html import unescape

import pytest

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer, Citation, Claim
from corpus.document import Passage, Source
from index.evidence import Evidence
from ui.answer_view import about_html, actions_html, answer_html, clipboard_text
from ui.chat_actions import ChatTurn, chat_messages, selected_citation
from ui.terminal import answer_lines

SOURCE = Source("The port <of> Lund", "/lund.pdf", "Port Gazette", "2024-03-01")
SHIPS = "It handled 4,800 ships in 2023."
BERG = "Its director is Berg, who came in 2019."
EVIDENCE = Evidence(1, Passage("d", 0, 90, f"{SHIPS} {BERG}", 3), SOURCE, 0.4, "")
DECLINED = Answer(
    "Who owns the port of Lund?",
    "declined",
    citations=(
        Citation(1, "d", SOURCE, 3, "", BERG, 32, 71),
        Citation(2, "d", SOURCE, 3, "", SHIPS, 0, 31),
    ),
    evidence=(EVIDENCE,),
    not_found=("Who owns the port of Lund?",),
    notice=NOT_SAID_OUTRIGHT,
    searches=("owner port Lund",),
    nearest=(Claim(BERG, (1,), "supported"), Claim(SHIPS, (2,), "supported")),
    chance=0.3141,
)
NOTHING = Answer(
    "How is rye bread baked?", "declined", evidence=(EVIDENCE,), notice=NOTHING_ON_THIS,
    searches=("rye bread",), chance=0.0,
)  # fmt: skip


def seen(html: str) -> str:
    """Return the words of HTML, a space for each tag."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_page_shows_sentences_that_can_be_opened() -> None:
    """Best first, each with its marker and its source; no verdict, since none of them answers."""
    html = answer_html(DECLINED, 4)
    shown = seen(html)
    assert shown.index(NOT_SAID_OUTRIGHT) < shown.index(BERG) < shown.index(SHIPS)
    assert "The port <of> Lund, Port Gazette, 2024-03-01, page 3" in shown
    assert "Searched for: “owner port Lund”" in shown
    assert re.findall(r'href="(#cite-[\d-]+)"', html) == ["#cite-4-1", "#cite-4-2"]
    assert 'class="verdict' not in html and "Not found" not in shown
    opened = selected_citation([ChatTurn(DECLINED.question, DECLINED)], "0", "2")
    assert opened is not None and opened.citation.quote == opened.claim == SHIPS


def test_the_page_says_so_where_the_library_holds_nothing() -> None:
    """With what was searched, and no titles of documents that do not help."""
    shown = seen(answer_html(NOTHING, 0))
    assert shown == f"{NOTHING_ON_THIS} Searched for: “rye bread”"


@pytest.mark.parametrize("answer", [DECLINED, NOTHING], ids=["not said", "not held"])
def test_a_chinese_page_says_it_in_chinese(answer: Answer) -> None:
    """All but the words of the library and of the reader."""
    html = answer_html(answer, 0, "zh")
    assert answer.notice not in seen(html)
    title = re.search(r'<b role="status">(.*?)</b>', html)
    assert title and re.fullmatch("[一-鿿；。，]+", seen(title[1]))


def test_a_decline_without_a_reason_still_says_that_it_is_one() -> None:
    """As conversations kept by other programs may hold it."""
    bare = Answer("Why?", "declined")
    assert seen(answer_html(bare, 0)) == "Not found in the library"
    assert list(answer_lines(bare)) == ["Not found in the library."]


def test_the_terminal_prints_the_closest_sentences_and_their_sources() -> None:
    """Marked as the sentences of an answer are, the quoted words below."""
    said = "\n".join(answer_lines(DECLINED))
    head, sources = said.split("Sources:")
    assert head.startswith(NOT_SAID_OUTRIGHT) and "Searched: owner port Lund" in head
    assert f"  {BERG} [1]\n  {SHIPS} [2]" in head
    assert "[1] The port <of> Lund, Port Gazette, 2024-03-01, page 3" in sources
    assert f"“{SHIPS}”" in sources
    assert list(answer_lines(NOTHING)) == [NOTHING_ON_THIS, "Searched: rye bread"]


def test_the_closest_sentences_can_be_copied_and_are_no_answer() -> None:
    """With their sources, under the words that say so; they cannot be put into a memo."""
    assert clipboard_text(DECLINED, cited=True).startswith(
        f"{NOT_SAID_OUTRIGHT}\n{BERG} [1]\n{SHIPS} [2]\n\n[1] The port"
    )
    acts = actions_html(DECLINED, 0, "en", last=False)
    assert re.findall(r"#do-(\w+)-", acts) == ["cited", "good", "bad"]
    assert "#do-cited-" not in actions_html(NOTHING, 0, "en", last=False)
    assert DECLINED.text == DECLINED.spoken == ""


def test_what_decided_is_told_about_the_answer() -> None:
    """The chance of an answer, and which of them the sentences stand in."""
    told = seen(about_html(DECLINED, "en"))
    assert "Chance of an answer 0.31" in told and "Passages quoted (1)" in told
    assert "Chance of an answer 0.00" in seen(about_html(NOTHING, "en"))
    assert "Chance" not in seen(about_html(Answer("Why?", "declined"), "en"))


def test_a_computed_number_shows_how_it_was_computed() -> None:
    """Under the answer on the page and in the terminal, and in what is copied with citations."""
    how = "4,800 + 20 = 4,820, over 2 rows of <b>ships</b>"
    answer = Answer(
        "How many ships in all?", "answered", (Claim("4,820 ships.", (2,), "supported"),),
        DECLINED.citations, (EVIDENCE,), calculation=how,
    )  # fmt: skip
    (_, shown) = chat_messages([ChatTurn(answer.question, answer)])
    assert f"Calculated: {how}" in seen(shown["content"]) and "<b>ships" not in shown["content"]
    assert "计算过程：" in answer_html(answer, 0, "zh")
    lines = list(answer_lines(answer))
    assert lines[:2] == ["4,820 ships. [2]", f"\nCalculated: {how}"]
    assert clipboard_text(answer, cited=True).startswith(
        f"4,820 ships. [2]\nCalculated: {how}\n\n[1]"
    )
    assert "Calculated" not in clipboard_text(answer, cited=False)
