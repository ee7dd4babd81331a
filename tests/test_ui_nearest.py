"""What a reader sees where the library does not answer, and how a computed number is explained."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer, Citation, Claim
from corpus.document import Passage, Source
from index.evidence import Evidence
from ui.answer_view import actions_html, answer_html, clipboard_text
from ui.chat_actions import ChatTurn, selected_citation, thread_html
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
    assert re.findall(r'aria-label="(source [^"]*)"', html) == [
        f"source {label}: The port &lt;of&gt; Lund, page 3" for label in ("1a", "1b")
    ]
    assert re.findall(r'data-act="(\w+)"', html) == ["words", "add"]
    opened = selected_citation([ChatTurn(DECLINED.question, DECLINED)], "0", "2")
    assert opened is not None and opened.citation.quote == opened.claim == SHIPS


def test_the_page_says_so_where_the_library_holds_nothing() -> None:
    """With what was searched, and no titles of documents that do not help."""
    shown = seen(answer_html(NOTHING, 0))
    ways = "Search the words Add documents"
    assert shown == f"{NOTHING_ON_THIS} Searched for: “rye bread” {ways}"
    followed = replace(NOTHING, standalone="How is rye bread baked in Lund?")
    assert 'data-act="alone" data-turn="3"' in answer_html(followed, 3)
    far = replace(DECLINED, notice=NOTHING_ON_THIS)
    assert "These sentences come closest" in seen(answer_html(far, 0))


@pytest.mark.parametrize("answer", [DECLINED, NOTHING], ids=["not said", "not held"])
def test_a_chinese_page_says_it_in_chinese(answer: Answer) -> None:
    """All but the words of the library and of the reader."""
    html = answer_html(answer, 0, "zh")
    assert answer.notice not in seen(html)
    title = re.search(r'<p class="state headline" role="status">(.*?)</p>', html)
    assert title and re.fullmatch("[一-鿿；。，]+", seen(title[1]))


def test_a_decline_without_a_reason_still_says_that_it_is_one() -> None:
    """As conversations kept by other programs may hold it."""
    bare = Answer("Why?", "declined")
    assert seen(answer_html(bare, 0)).startswith("Not found in the library")
    assert list(answer_lines(bare)) == ["Not found in the library."]


def test_the_terminal_prints_the_closest_sentences_and_their_sources() -> None:
    """Marked as the sentences of an answer are, the quoted words below."""
    said = "\n".join(answer_lines(DECLINED))
    head, sources = said.split("Sources:")
    assert head.startswith(NOT_SAID_OUTRIGHT) and "Searched: owner port Lund" in head
    assert f"  {BERG} [1a]\n  {SHIPS} [1b]" in head
    assert "[1a] The port <of> Lund, Port Gazette, 2024-03-01, page 3" in sources
    assert f"“{SHIPS}”" in sources
    assert list(answer_lines(NOTHING)) == [NOTHING_ON_THIS, "Searched: rye bread"]


def test_the_closest_sentences_can_be_copied_and_are_no_answer() -> None:
    """With their sources, under the words that say so; they cannot be put into a memo."""
    assert clipboard_text(DECLINED, cited=True).startswith(
        f"{NOT_SAID_OUTRIGHT}\n{BERG} [1a]\n{SHIPS} [1b]\n\n[1a] The port"
    )
    acts = actions_html(DECLINED, 0, "en", last=False)
    assert re.findall(r'data-act="(\w+)"', acts) == ["cited", "good", "bad"]
    assert 'data-act="cited"' not in actions_html(NOTHING, 0, "en", last=False)
    assert DECLINED.text == DECLINED.spoken == ""


def test_a_computed_number_shows_how_it_was_computed() -> None:
    """Under the answer on the page and in the terminal, and in what is copied with citations."""
    how = "4,800 + 20 = 4,820, over 2 rows of <b>ships</b>"
    answer = Answer(
        "How many ships in all?", "answered", (Claim("4,820 ships.", (2,), "supported"),),
        DECLINED.citations, (EVIDENCE,), calculation=how,
    )  # fmt: skip
    _, shown = thread_html([ChatTurn(answer.question, answer)])
    assert f"Calculated: {how}" in seen(shown) and "<b>ships" not in shown
    assert "计算过程：" in answer_html(answer, 0, "zh")
    lines = list(answer_lines(answer))
    assert lines[:2] == ["4,820 ships. [1b]", f"\nCalculated: {how}"]
    assert clipboard_text(answer, cited=True).startswith(
        f"4,820 ships. [1b]\nCalculated: {how}\n\n[1a]"
    )
    assert "Calculated" not in clipboard_text(answer, cited=False)
