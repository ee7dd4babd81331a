"""Pictures: only of what checked sentences say on the question, each point with its place."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from assistant.answer import Answer, Citation, Claim
from assistant.pictures.choice import pictures_as_stored, pictures_of_memo
from assistant.pictures.dates import day_in_words, ticks
from assistant.pictures.drawing import drawn
from assistant.pictures.picture import Kind, Picture
from corpus.document import Passage, Source
from index.evidence import Evidence
from tests.memos import MEMO
from ui.pictures_view import memo_pictures_html, pictures_html

HARBOUR = Source("The mooring rule of Lund", "/a.pdf", "Port Gazette", "2025-04-01", "pdf")
TRUCE = Source("The mooring rule is suspended", "/b.pdf", "Road News", "2025-11-20", "pdf")
COSTS = Source("What the Vik bridge cost", "/c.pdf", "Road News", "2025-06-01", "pdf")


def answer(question: str, *texts: tuple[Source, str], cites: str = "") -> Answer:
    """Return an answer over passages, one each document; it cites the sentence `cites`."""
    evidence, citations = [], []
    for label, (source, text) in enumerate(texts, start=1):
        document = f"d{label}"
        passage = Passage(document, 100, 100 + len(text), text, heading=source.title)
        evidence.append(Evidence(label, passage, source, 0.9, "words"))
        if cites and cites in text:
            start = 100 + text.index(cites)
            citations.append(
                Citation(1, document, source, None, "", cites, start, start + len(cites))
            )
    claims = (Claim(cites, (1,), "supported"),) if cites else ()
    return Answer(question, "answered", claims, tuple(citations), tuple(evidence))


def pictured(asked: Answer, kind: Kind) -> Picture | None:
    return next((one for one in pictures_as_stored(asked) if one.kind == kind), None)


RULE = answer(
    "What became of the mooring rule?",
    (HARBOUR, "Lund issued the mooring rule on 3 March 2025. "
              "The mooring rule took effect on 1 April 2025. "
              "The mooring rule will apply to barges from 1 December 2025."),
    (TRUCE, "Lund announced on 2 November 2025 that it would suspend the mooring rule. "
            "Lund suspended the mooring rule on 10 November 2025. "
            "Ships paid 40 crowns on 5 May 2025."),
    cites="Lund suspended the mooring rule on 10 November 2025.",
)  # fmt: skip
BRIDGE = answer(
    "What did the Vik bridge cost?",
    (COSTS, "The Port Office put the cost of the Vik bridge at $2 million. "
            "Vik Works says that the Vik bridge cost about $90,000 to paint. "
            "Road News put the investment in the Vik bridge at more than $800 million. "
            "Vik Works earns $3 million in revenue from the Vik bridge. "
            "Road News says the Vik bridge cost $12 per hour to light."),
)  # fmt: skip


def test_a_rule_has_its_steps_in_order_and_no_plan_that_was_overtaken() -> None:
    """What was only announced is called so; what the suspension overtook is no step."""
    chain = pictured(RULE, Kind.CHAIN)
    assert chain is not None
    assert [(one.row, one.date) for one in chain.points] == [
        ("Made", "2025-03-03"), ("In force", "2025-04-01"),
        ("Announced", "2025-11-02"), ("Suspended", "2025-11-10"),
    ]  # fmt: skip
    assert [one.citation for one in chain.points] == [None, None, None, 1]


def test_a_question_on_many_rules_has_no_chain() -> None:
    """Steps of different rules are not one course."""
    many = replace(RULE, question="When did the mooring rules change?")
    assert pictured(many, Kind.CHAIN) is None
    timed = pictured(many, Kind.TIMELINE)
    assert timed is not None and len(timed.points) >= 4
    assert all("40 crowns" not in one.words for one in timed.points)


def test_every_point_stands_word_for_word_at_its_place() -> None:
    """A point's words are those of its document, from start to end."""
    for one, passage in [
        (
            point,
            next(two.passage for two in asked.evidence if two.passage.document == point.document),
        )
        for asked in (RULE, BRIDGE)
        for picture in pictures_as_stored(asked)
        for point in picture.points
    ]:
        assert passage.text[one.start - passage.start : one.end - passage.start] == one.words


def test_figures_are_of_what_is_asked_and_say_what_they_count() -> None:
    """Revenue is no cost, a price an hour no total; bounds and roundings are shown as such."""
    figures = pictured(BRIDGE, Kind.RANGE)
    assert figures is not None
    assert [one.shown for one in figures.points] == ["> $800 million", "$2 million", "≈ $90,000"]
    assert "to paint" in figures.points[2].label and figures.note
    assert figures.unit == "US dollars"


@pytest.mark.parametrize("outcome", ["declined", "failed", ""])
def test_an_answer_that_does_not_answer_has_no_picture(outcome: str) -> None:
    """Nor has one that is still being written."""
    assert pictures_as_stored(replace(RULE, outcome=outcome)) == []


def test_two_events_or_two_figures_are_no_picture() -> None:
    """They are read faster than looked at."""
    few = answer(
        "What happened to the mooring rule?",
        (HARBOUR, "Lund discussed the mooring rule on 3 March 2025. "
                  "Lund discussed barges under the mooring rule on 4 May 2025."),
    )  # fmt: skip
    assert pictures_as_stored(few) == []


def test_a_drawing_for_the_page_has_links_with_names_and_no_colour_of_its_own() -> None:
    """Text is text, ids are none, and each point is one link that says what it is."""
    figures = pictured(BRIDGE, Kind.RANGE)
    assert figures is not None
    drawing = drawn(figures, "page", lambda one: f"#at-{one.document}-{one.start}-{one.end}")
    root = ElementTree.fromstring(drawing)
    links = [one for one in root.iter() if one.tag.endswith("}a")]
    assert [one.get("href", "").split("-")[0] for one in links] == ["#at"] * 3
    assert all("$" in one.get("aria-label", "") for one in links)
    assert not [one for one in root.iter() if one.get("id")]
    assert b"#1f5fbf)" in drawing and b"fill: #1f5fbf" not in drawing
    assert "$2 million" in "".join(root.itertext())


def test_equal_pictures_are_equal_files() -> None:
    """Nothing of the time or of chance is in them, and markup in a text stays text."""
    figures = pictured(BRIDGE, Kind.RANGE)
    assert figures is not None
    odd = replace(figures.points[0], label="<b>$x_2$ 深度</b> & more", who="$a$")
    figures = replace(figures, points=(odd, *figures.points[1:]))
    for form in ("page", "svg", "png"):
        assert drawn(figures, form) == drawn(figures, form)
    assert b"&lt;b&gt;$x_2$" in drawn(figures, "page")


def test_the_page_shows_a_table_beside_each_drawing() -> None:
    """The same data for who does not see it; cited points lead to their citation."""
    html = pictures_html(pictures_as_stored(RULE), 4)
    assert "#cite-4-1" in html and "<table" in html and "\n" not in html
    assert pictures_html([], 4) == ""


def test_a_memo_on_the_page_has_its_pictures_under_their_sections() -> None:
    """Each leads to its places; a memo with too few events has none."""
    events = tuple(
        replace(MEMO.events[0], date=f"2025-0{month}-01", text=f"Port {month} was opened.")
        for month in range(1, 5)
    )
    key = next(one.key for one in MEMO.sections if one.shows == "timeline")
    assert memo_pictures_html(MEMO) == {}
    shown = memo_pictures_html(replace(MEMO, events=events))
    assert list(shown) == [key] and "<svg" in shown[key] and "#at-" in shown[key]


def test_a_memo_has_the_timeline_of_its_events() -> None:
    """From three on, whatever else it has; what it cites is what its points lead to."""
    assert [one.kind for one in pictures_of_memo(MEMO)] == []
    events = tuple(
        replace(MEMO.events[0], date=f"2025-0{month}-01", text=f"Port {month} was opened.")
        for month in range(1, 5)
    )
    (timed,) = pictures_of_memo(replace(MEMO, events=events))
    assert timed.kind == Kind.TIMELINE and len(timed.points) == 4
    assert {one.citation for one in timed.points} <= {one.number for one in MEMO.citations}


def test_days_are_written_as_the_language_has_them() -> None:
    """As exact as they are known; an axis of years has years."""
    assert [day_in_words(one) for one in ("2025", "2025-05", "2025-11-10")] == [
        "2025", "May 2025", "10 Nov 2025",
    ]  # fmt: skip
    assert day_in_words("2025-11-10", "zh") == "2025年11月10日"
    first, last = (one * 365 + 1 for one in (2020, 2026))
    assert all(name.isdigit() for _, name in ticks(first, last))
