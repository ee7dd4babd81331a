"""How an answer looks: cards, short answer, groups, banners, doubts; and how it is read aloud."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from assistant.answer import Answer, Citation, Claim, LaterStatement, Question, answer_json, labels
from assistant.checking.problems import Code, problem
from assistant.engine import Usage
from benchmarks.serving import chromium_running, serving
from corpus.document import Passage, Source
from index.evidence import Evidence, Newer
from tests.browser import GRADIO_WARNS, PATIENCE, browser_test
from tests.test_ui_page import Harbour
from ui.answer_parts import changed_on, checked_line, short_publisher
from ui.answer_view import (
    about_html,
    actions_html,
    answer_html,
    awaited_html,
    beyond_html,
    clipboard_text,
)
from ui.terminal import answer_lines
from ui.wording import date_in_words

GAZETTE = Source("The harbour of Lund", "/a.pdf", "Port Gazette (PG)", "2024-03-01")
LEDGER = Source("Ledger of the port", "/b.pdf", "Harbour Board", "2025-11-15")
SHIPS = "It handled 4,800 ships in 2023."
BERG = "Its director is Berg."
TOLL = "The toll is 30 crowns."
OLD = "The harbour is old."
ENDED = "The toll was suspended on 10 November 2025."


def cited(number: int, document: str, source: Source, quote: str) -> Citation:
    return Citation(number, document, source, number, "", quote, 0, len(quote))


CITATIONS = (
    cited(1, "a", GAZETTE, SHIPS),
    cited(2, "b", LEDGER, TOLL),
    cited(3, "a", GAZETTE, BERG),
    cited(4, "b", LEDGER, ENDED),
    cited(5, "a", GAZETTE, OLD),
)
EVIDENCE = (
    Evidence(1, Passage("a", 0, 20, "It handled 4,800 ships", 1), GAZETTE, 0.9, ""),
    Evidence(2, Passage("c", 0, 20, "Something else", 1), replace(LEDGER, title="Unused"), 0.8, ""),
)
QUOTED = Answer(
    "How many ships?", "answered",
    tuple(Claim(one.quote, (one.number,), "supported") for one in CITATIONS if one.number != 4),
    CITATIONS, EVIDENCE, engine="extractive", leading=1,
    later=(LaterStatement(ENDED, 4, "2025-11-10", "suspended"),),
    follow_ups=("Who is Berg?", "What is the <toll>?"),
)  # fmt: skip
WRITTEN = replace(
    QUOTED, engine="ollama:tiny", outcome="partly",
    claims=(
        *QUOTED.claims[:2],
        Claim("It shone.", (1,), "weak", (problem(Code.LINE, "shone"),)),
        Claim("It sank.", (), "unsupported", (problem(Code.UNCITED),), (3,)),
    ),
)  # fmt: skip


def seen(html: str) -> str:
    """Return the words of HTML, a space for each tag."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_document_has_one_number_and_its_places_letters() -> None:
    """In the order of first citation; a further citation changes the number of no document."""
    assert labels(CITATIONS) == {1: "1a", 2: "2a", 3: "1b", 4: "2b", 5: "1c"}
    for many in range(1, 6):
        found = labels(CITATIONS[:many])
        assert [one.rstrip("abc") for one in found.values()] == list("12121")[:many]
    assert labels(CITATIONS[:2]) == {1: "1", 2: "2"}
    places = tuple(cited(one, "a", GAZETTE, OLD) for one in range(1, 29))
    assert list(labels(places).values())[25:] == ["1z", "1aa", "1ab"]


def test_the_labels_are_the_same_wherever_an_answer_is_read() -> None:
    """On the page, in what is copied, in the terminal; the JSON keeps the number beside it."""
    html = answer_html(QUOTED, 0)
    assert re.findall(r'class="cite mark"[^>]*>(\w+)<', html) == ["1a", "2b", "1b", "1c", "2a"]
    copied = clipboard_text(QUOTED, cited=True)
    said = "\n".join(answer_lines(QUOTED))
    for text in (copied, said):
        assert f"{SHIPS} [1a] {TOLL} [2a]" in " ".join(text.split())
        assert "[2b] Ledger of the port, Harbour Board, 2025-11-15, page 4" in text
        assert f"Suspended 2025-11-10: {ENDED} [2b]" in text
    kept = answer_json(QUOTED)
    assert [(one["number"], one["label"]) for one in kept["citations"]][:3] == [
        (1, "1a"), (2, "2a"), (3, "1b"),
    ]  # fmt: skip
    assert kept["answer"].startswith(f"{SHIPS} [1]")


def test_quotations_are_grouped_by_document_below_the_short_answer() -> None:
    """Cards first, then the answer, what has changed, what each document says, what to ask next."""
    html = answer_html(QUOTED, 2, grade=lambda source: "C3") + beyond_html(QUOTED, "")
    shown = seen(re.sub(r'<span class="tip quote".*?</span></span>', "", html))
    order = ["2025-11-15 grade C3", SHIPS, "Suspended on 10 November 2025", ENDED,
             "What the sources say", BERG, OLD, TOLL, "Ask next", "Who is Berg?"]  # fmt: skip
    places = [shown.index(one) for one in order]
    assert places == sorted(places)
    assert re.findall(r'class="cite card" href="#([\w-]+)"', html) == ["cite-2-1", "cite-2-2"]
    assert ">PG<" in html and "Unused" not in shown
    assert 'data-act="ask" data-text="What is the &lt;toll&gt;?"' in html
    assert html.count("data-sentence") == len(QUOTED.claims) + 1


def test_only_doubtful_sentences_are_marked() -> None:
    """With what is missing; one line at the end says how many were checked."""
    assert "verdict" not in answer_html(QUOTED, 0)
    html = answer_html(WRITTEN, 0)
    assert re.findall(r'class="verdict (\w+)"', html) == ["weak", "unsupported"]
    shown = seen(html)
    assert "“shone”" in shown or "shone" in shown
    # In the order in which it was written: a sentence of a model leans on the one before.
    assert shown.index("It shone.") < shown.index("It sank.") < shown.index("Suspended on")
    assert ">1b+<" in html and "source 1b, added by the check: The harbour of Lund, page 3" in html


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (QUOTED, "4 of 4 sentences checked: quoted word for word"),
        (
            replace(QUOTED, claims=QUOTED.claims[:1]),
            "1 of 1 sentence checked: quoted word for word",
        ),
        (
            replace(QUOTED, claims=(Claim("4,800 ships came.", (1,), "supported"),) * 2),
            "2 of 2 sentences checked: all are in their source",
        ),
        (
            WRITTEN,
            "Found in their source: 2 of 4 sentences; only in part: 1; not found: 1",
        ),
        (replace(QUOTED, engine="catalogue"), ""),
        (Answer("Why?", "answered", (Claim("Nothing is said.", (), "supported"),)), ""),
    ],
    ids=["quoted", "one", "in other words", "doubtful", "a list of documents", "uncited"],
)  # fmt: skip
def test_one_line_says_what_was_checked(answer: Answer, said: str) -> None:
    """A quotation is called one only where its words stand in the source."""
    assert checked_line(answer, "en") == said
    assert bool(checked_line(answer, "zh")) == bool(said)


def test_what_changed_is_told_with_its_date() -> None:
    """As far as the date is known; in both languages; a newer version is told once."""
    assert changed_on("suspended", "2025-11-10", "en") == "Suspended on 10 November 2025"
    assert changed_on("amended", "2025-11", "en") == "Amended in November 2025"
    assert changed_on("rescinded", "2025", "zh") == "2025：撤销"
    assert changed_on("frozen", "", "en") == "Changed"
    assert date_in_words("2025-11-10", "zh") == "2025年11月10日"
    newer = Newer("d", replace(GAZETTE, title="Anew", published="2026-01-02"))
    twice = replace(
        QUOTED, later=(), citations=tuple(replace(one, newer=newer) for one in CITATIONS)
    )
    shown = seen(answer_html(twice, 0))
    assert shown.count("The library has a newer version of “") == 1 and "2 January 2026" in shown


def test_bullets_are_a_list_where_they_were_asked_for() -> None:
    """All of them, in their order, none under its document."""
    html = answer_html(replace(QUOTED, bullets=True), 0)
    listed = re.search(r'<ul class="short">(.*?)</ul>', html)
    assert listed and listed[1].count("<li") == len(QUOTED.claims)
    assert "What the sources say" not in html


def test_what_stands_there_while_it_grows_is_not_moved() -> None:
    """The documents found at once, then words; what comes at the end comes below everything."""
    found = replace(
        QUOTED, outcome="", claims=(), citations=(), later=(), engine="ollama:tiny", follow_ups=()
    )
    html = answer_html(found, 0)
    assert "Reading what was found…" in html and re.findall(r'class="card found"', html) == [
        'class="card found"'
    ] * len(EVIDENCE)
    # One node says how it stands, from the first word to the last.
    for one in (awaited_html("Searching…"), html, answer_html(QUOTED, 0), answer_html(WRITTEN, 0)):
        assert re.match(r'<section [^>]*><p class="state out-of-sight" role="status">', one)
        assert one.count('role="status"') == 1 and "aria-live" not in one
    growing = replace(found, claims=WRITTEN.claims[:2], citations=CITATIONS[:2], growing="It sh")
    html = answer_html(growing, 0)
    assert '<p class="state out-of-sight" role="status"></p>' in html
    assert html.index("Unused") > html.index("Ledger of the port")
    ended = answer_html(replace(WRITTEN, citations=CITATIONS), 0)
    drawn = re.search(r'<div class="short">.*?</div>', html)
    assert drawn and drawn[0] in ended.replace(">1a<", ">1<").replace("source 1a", "source 1")
    quiet = answer_html(found, 0, running=False)
    assert "Reading" not in quiet


def test_pictures_stand_beyond_an_answer_before_what_to_ask_next() -> None:
    """As the templates that drew them wrote them."""
    html = beyond_html(QUOTED, "<svg></svg>")
    assert html.index("<svg></svg>") < html.index("Ask next")
    assert "pictures" not in beyond_html(QUOTED, "")


def test_what_can_be_done_has_a_name_and_a_state() -> None:
    """Icons alone are seen; what was rated is said."""
    html = actions_html(QUOTED, 3, "en", last=True, rated="good")
    acts = re.findall(
        r'data-act="(\w+)" data-turn="3" title="([^"]+)"\s*aria-label="([^"]+)"', html
    )
    assert [one for one, _, _ in acts] == ["copy", "cited", "memo", "again", "edit", "good", "bad"]
    assert all(title == name for _, title, name in acts)
    assert re.findall(r'aria-pressed="(\w+)"', html) == ["true", "false"]


def test_how_it_came_about_is_told_in_plain_words() -> None:
    """Who answered, what it took, which documents were not used; no engine's name, no score."""
    told = seen(about_html(replace(QUOTED, seconds={"total": 1.26}, searches=("ships",)), "en"))
    for part in ("Quotes only, on this machine", "1.3 s", "Searched for ships", "Unused, Harbour"):
        assert part in told, part
    assert "extractive" not in told and "score" not in told and "0.9" not in told
    hosted = replace(WRITTEN, usage=Usage(1200, 34, 0.0123, prompt="Say <it>."))
    told = seen(about_html(hosted, "en"))
    for part in ("tiny (Ollama)", "1,200 read, 34 written", "$0.0123", "Say <it>."):
        assert part in told, part
    assert "qwen，在本机运行" in seen(about_html(replace(QUOTED, engine="local:qwen"), "zh"))


def test_a_publisher_is_called_by_its_own_abbreviation() -> None:
    """Where it gives one."""
    assert short_publisher("Congressional Research Service (CRS)") == "CRS"
    assert short_publisher("Port Gazette") == "Port Gazette"


# Keeps what moves inside of answers, how far, without what follows from a key that was pressed.
SHIFTS = """() => {
  window.shifted = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      const nodes = entry.sources.map(one => one.node).filter(
        node => node && node.closest && node.closest('.answer'));
      if (!entry.hadRecentInput && nodes.length)
        window.shifted.push([entry.value, ...nodes.map(node => node.outerHTML.slice(0, 80))]);
    }
  }).observe({type: 'layout-shift'});
}"""


class Quay(Harbour):
    """Answers each question with the sentences above."""

    def answers(self, question: Question, engine: str = "") -> Iterator[Answer | str]:
        said = replace(WRITTEN if "model" in question.text else QUOTED, question=question.text)
        found = replace(said, outcome="", claims=(), citations=(), later=(), follow_ups=())
        yield found
        for count in range(len(said.claims) if said.outcome == "partly" else 0):
            time.sleep(0.4)
            words = said.claims[count].text
            grown = replace(found, claims=said.claims[:count], citations=CITATIONS[: count + 1])
            yield replace(grown, growing=words[: len(words) // 2])
        time.sleep(0.4)
        yield said


@browser_test
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_is_read_by_roles_and_names(scheme: Any) -> None:
    """As a screen reader walks it; by keyboard from sentence to sentence and to the source."""
    with serving(Quay(), (), 17970) as address, chromium_running() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.fill("#question textarea", "How many ships?")
        page.keyboard.press("Enter")
        answer = page.get_by_role("region", name="Answer to: How many ships?")
        page.locator("#latest").get_by_role("heading", name="Ask next").wait_for()
        cards = answer.get_by_role("list", name="Documents of this answer").get_by_role("link")
        assert names(cards) == [
            "Open source 1: The harbour of Lund, Port Gazette (PG), 2024-03-01, grade C3",
            "Open source 2: Ledger of the port, Harbour Board, 2025-11-15, grade C3",
        ]  # fmt: skip
        headings = answer.get_by_role("heading").all_inner_texts()
        assert headings == ["Short answer", "What the sources say"]
        first = answer.get_by_role("link", name="source 1a: The harbour of Lund, page 1")
        assert first.count() == 1 and answer.get_by_role("link", name="source 1b").count() == 1
        assert answer.get_by_role("status").inner_text().endswith("quoted word for word")
        assert answer.get_by_role("note").count() == 1
        tree = answer.aria_snapshot()
        for part in ('link "source 2b: Ledger of the port, page 4"', f"text: {BERG}"):
            assert part in tree, tree
        # All that can be pressed is large enough for a finger.
        small = answer.locator("a, button, summary").evaluate_all(
            "all => all.filter(one => { const box = one.getBoundingClientRect();"
            " return box.height < 24 || box.width < 24 }).map(one => one.outerHTML)"
        )
        assert small == []
        page.locator("#chat").get_by_role("button", name="Not helpful").wait_for()
        # A mark says on hover what it stands for.
        tip = first.locator(".tip")
        assert not tip.is_visible()
        first.hover()
        tip.wait_for()
        assert SHIPS in tip.inner_text() and "2024-03-01" in tip.inner_text()
        page.evaluate("document.activeElement.blur()")
        for key in ("j", "j", "k", "Enter"):
            page.keyboard.press(key)
        page.locator("#chat a.mark.shown").wait_for()
        assert page.locator("#chat a.mark.shown").get_attribute("href") == "#cite-0-1"
        page.evaluate(SHIFTS)
        page.fill("#question textarea", "What does the model say?")
        page.keyboard.press("Enter")
        written = page.get_by_role("region", name="Answer to: What does the model say?")
        written.locator(".checked", has_text="only in part: 1").wait_for()
        doubts = written.get_by_role("note").all_inner_texts()
        assert len(doubts) == 3 and "shone" in doubts[0] and "not in source" in doubts[1]
        # Nothing moved while it grew and when it ended.
        assert page.evaluate("window.shifted.filter(one => one[0] > 0.001)") == []


def names(found: Any) -> Sequence[str]:
    """Return the accessible names of links."""
    return [one.get_attribute("aria-label") for one in found.all()]


pytestmark = GRADIO_WARNS
