"""A sentence is checked against what it cites, without a judge: facts, names, quotations."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml

from assistant.answer import Answer
from assistant.attribution import AnswerBuilder
from assistant.checking.checker import Checker, Cited, missing_facts
from assistant.checking.number_match import number_problem
from assistant.checking.problems import Code, in_words
from assistant.checking.source_changes import altered_quotations
from assistant.checking.tables import record_as_lines
from assistant.draft_check import sentences_of
from assistant.engine import Draft
from assistant.entity_names import NameLookup, missing_names, names
from corpus.date_mentions import date_mentions, dates_supported
from corpus.quantities import quantities
from index.embedding import HashEmbedder

BRIDGE = (
    "The bridge at Vik closed on 12 May 2025. Repairs cost 3 million euros, the county of Nord "
    "says. Traffic on the ferry rose by 40 percent. The county did not ask Lund for help. "
    "“We have no other road,” the mayor said."
)
CHECKER = Checker(HashEmbedder())
UNREAD = "figures checked, meaning not"


@pytest.mark.parametrize(
    ("text", "verdict", "problem"),
    [
        pytest.param("Repairs cost 3 million euros, the county of Nord says.", "supported", "",
                     id="the very words"),
        pytest.param("The county of Nord says the repairs cost €3 million.", "weak", UNREAD,
                     id="in another order, the sum written otherwise"),
        pytest.param("The bridge at Vik has been closed since May 2025.", "weak", UNREAD,
                     id="a part of the date"),
        pytest.param("The bridge at Vik closed in May.", "weak", UNREAD, id="the month alone"),
        pytest.param("Repairs cost 4 million euros.", "unsupported", "4 million",
                     id="another number"),
        pytest.param("Repairs cost 3 billion euros.", "unsupported", "3 billion",
                     id="another scale"),
        pytest.param("Repairs cost 3 million dollars.", "unsupported", "3 million",
                     id="another unit"),
        pytest.param("The bridge at Vik closed on 13 May 2025.", "unsupported", "13 May",
                     id="another day"),
        pytest.param("The county of Orebro says repairs cost 3 million euros.", "unsupported",
                     "Orebro", id="a name that is not there"),
        pytest.param("The county asked Lund for help.", "unsupported", "not", id="not left out"),
        pytest.param("The bridge at Vik did not close on 12 May 2025.", "unsupported", "not",
                     id="not put in"),
        pytest.param("The mayor said “we have no other bridge”.", "unsupported", "quoted",
                     id="a changed quotation"),
        pytest.param("The mayor said “We have no […] road”.", "weak", UNREAD,
                     id="a quotation with a marked gap"),
        pytest.param("Engineers celebrated wonderful progress yesterday evening.", "unsupported",
                     "celebrated", id="other words altogether"),
    ],
)  # fmt: skip
def test_a_claim_is_checked_against_its_passage(text: str, verdict: str, problem: str) -> None:
    """What changes a fact is found; what is worded otherwise nothing has read."""
    found = CHECKER.check(text, [Cited(BRIDGE)])
    assert found.verdict == verdict, found
    assert problem in in_words(found.problems)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The hold had 72 barrels.", "weak"),
        ("The hold had 58 barrels.", "supported"),
        ("The deck had 72 barrels.", "supported"),
        ("The hold of the Amber had 72 barrels.", "unsupported"),
    ],
)
def test_a_figure_that_its_source_takes_back_is_doubtful(text: str, verdict: str) -> None:
    """Also where the sentence repeats the source's own words; not where it tells the correction."""
    source = (
        "The hold had 58 barrels. The deck had 72 barrels. We reported earlier that the hold had "
        "72 barrels; the number was corrected."
    )
    found = CHECKER.check(text, [Cited(source)])
    assert found.verdict == verdict
    assert (Code.RETRACTED in {one.code for one in found.problems}) == (verdict == "weak")


@pytest.mark.parametrize(
    ("claim", "source", "problems"),
    [
        ("A third of the members draw a pension.", "Of 28,500 members 9,500 draw a pension.", 0),
        ("Two thirds of the members draw a pension.", "Of 28,500 members 9,500 draw a pension.", 1),
        (
            "Sales grew by a quarter.",
            "Sales were $5 million, after $4 million in the year before.",
            0,
        ),
        ("Sales grew by a half.", "Sales were $5 million, after $4 million in the year before.", 1),
        ("The share rose by 24 percentage points.", "It was 57 percent, up from 33 percent.", 0),
        ("The share rose by 25 percentage points.", "It was 57 percent, up from 33 percent.", 1),
        ("Together the lines make 65,000 wafers.", "One makes 40,000 wafers and one 25,000.", 0),
        ("Together the lines make 75,000 wafers.", "One makes 40,000 wafers and one 25,000.", 1),
        ("Seven of the stations still wait.", "Two of the nine stations are built.", 0),
        ("About one in seven tubes leaked.", "Leaks were found in 14 of 96 tubes.", 0),
        ("About one in five tubes leaked.", "Leaks were found in 14 of 96 tubes.", 1),
        ("It took three times as long.", "It took 90 minutes, before it took 30 minutes.", 0),
        (
            "It went public 18 days after.",
            "It told the police on 4 January, the public on 22 January.",
            0,
        ),
        ("Sales grew by 100 percent.", "Sales were $6 million, after $4 million.", 1),
        ("Sales grew by 20 percent.", "Sales were $5 million, after $4 million.", 1),
        ("Sales fell by a quarter.", "Sales were $5 million, after $4 million.", 1),
        ("Sales fell by a fifth.", "Sales were $4 million, after $5 million.", 0),
        ("It did not approve 7 licences.", "It approved 9 licences in 2 countries.", 1),
        ("About 1 in 7 tubes leaked.", "Leaks were found in 14 of 96 tubes.", 0),
        # A number without a word for the calculation is not computed, nor what the source states.
        ("The lines make 65,000 wafers.", "One makes 40,000 wafers and one 25,000.", 1),
        (
            "Sales grew by 25 percent.",
            "Sales grew by 20 percent, to $5 million from $4 million.",
            1,
        ),
    ],
)
def test_a_number_may_be_computed_from_two_of_the_source(
    claim: str, source: str, problems: int
) -> None:
    """Shares, changes, sums, differences and factors, where the claim has a word for it."""
    assert len(missing_facts(claim, source)) == problems


@pytest.mark.parametrize(
    ("claimed", "given", "equal"),
    [
        ("$5.6M", "5.6 million dollars", True),
        ("US$5.6m", "$5,600,000", True),
        ("55.5%", "55.5 percent", True),
        ("55.5 per cent", "55.5%", True),
        ("2 firms", "two firms", True),
        ("twenty-five", "25", True),
        ("half a million", "500,000", True),
        ("two and a half billion", "2.5bn", True),
        ("a dozen ships", "12 ships", True),
        ("about 5.6 million", "5.576 million", True),
        ("RMB 40 billion", "40 billion yuan", True),
        ("10 percent", "10 to 15 percent", True),
        ("$5.6 million", "$5.6 billion", False),
        ("5.7 million", "5.6 million", False),
        ("14 days", "14 months", False),
        ("€2", "$2", False),
        ("5 percent", "5 million", False),
        ("2,048 GPUs", "H800 GPUs", False),
        ("third", "3 rules", False),
        ("10^25 operations", "the limit of 10^25 operations", True),
        ("10 operations", "10^25 operations", False),
        ("10^23 operations", "10^25 operations", False),
    ],
)
def test_numbers_are_the_same_however_they_are_written(
    claimed: str, given: str, equal: bool
) -> None:
    """Value, scale and unit count; figures, words and signs do not."""
    (one,) = quantities(claimed)
    assert (number_problem(one, quantities(given)) is None) is equal


@pytest.mark.parametrize(
    ("claimed", "given", "equal"),
    [
        ("Jan 20, 2025", "20 January 2025", True),
        ("January 2025", "2025-01-20", True),
        ("in 2025", "on 20 January 2025", True),
        ("January 20, 2025", "On 20 January it opened. In 2025 it closed.", True),
        ("Q1 2025", "20 January 2025", True),
        ("5:30 PM", "17:30", True),
        ("10 PM", "8:0-22:0", True),
        ("2025年1月20日", "Jan. 20, 2025", True),
        ("21 January 2025", "20 January 2025", False),
        ("January 2025", "20 January 2024, and later in 2025", False),
        ("March 2025", "2025", False),
        ("5:30 AM", "17:30", False),
        ("the 1990s", "1990", False),
        ("20 January", "in January", False),
    ],
)
def test_dates_are_the_same_however_they_are_written(claimed: str, given: str, equal: bool) -> None:
    """A date is held by one that says the same or more."""
    (one,) = date_mentions(claimed)
    assert dates_supported(one, date_mentions(given)) is equal


@pytest.mark.parametrize(
    ("claimed", "given", "gone"),
    [
        ("BIS issued it", "the Bureau of Industry and Security issued it", []),
        ("the Bureau of Industry and Security", "BIS issued it", []),
        ("the Nvidia H800", "an H800", []),
        ("the H800", "Nvidia's H800 chips", []),
        ("American firms", "firms of the U.S.", []),
        ("the Vik Harbour Trust (VHT)", "the Vik Harbour Trust", []),
        ("so Liang spoke", "Liang Wenfeng spoke", []),
        ("so Liang Wenfeng spoke", "Mr. Liang spoke", ["Wenfeng"]),
        ("the H20", "the H200", ["H20"]),
        ("GPT-4o and o3", "GPT-4 and o3", ["GPT-4o"]),
        ("Intel said so", "Nvidia said so", ["Intel"]),
        ("Research shows it", "it is shown", []),
    ],
)
def test_names_are_known_by_their_other_forms(claimed: str, given: str, gone: list[str]) -> None:
    """Aliases, acronyms, initials and makers; a first word of English is no name."""
    assert missing_names(names(claimed), NameLookup(given)) == gone


def test_a_quotation_counts_word_for_word() -> None:
    """Marks, case and gaps may differ; words may not."""
    text = 'He called it "a very old bridge" and left.'
    assert altered_quotations("He called it “A very old bridge.”", text) == []
    assert altered_quotations("He called it “a very … bridge”", text) == []
    assert altered_quotations("He called it 'a very new bridge'", text) == ["a very new bridge"]


def test_a_record_is_read_as_sentences() -> None:
    """Keys become words, and what is false becomes a denial that the check understands."""
    record = {
        "name": "Harbour Grill",
        "hours": {"Monday": "17:30-23:0"},
        "attributes": {"OutdoorSeating": False, "WiFi": "free", "BusinessParking": {"lot": True}},
    }
    text = record_as_lines(json.dumps(record))
    assert "attributes: no Outdoor Seating" in text
    assert "attributes, Business Parking, lot: yes" in text
    cited = [Cited(json.dumps(record))]
    opens = CHECKER.check("Harbour Grill opens at 5:30 PM on Monday.", cited)
    assert opens.verdict != "unsupported"
    assert CHECKER.check("It opens at 6:30 PM on Monday.", cited).verdict == "unsupported"


ASKED = "How much did the bridge at Vik cost in 2025?"


@pytest.mark.parametrize(
    "text",
    [
        "According to the passages provided:",
        "We cannot say exactly.",
        "Unable to answer based on given passages.",
        "The passages do not say how much the bridge at Vik cost.",
        "Based on the sources, it is not possible to answer the question.",
        "I don’t know.",
        "No information was found.",
        "无法确定。",
        "我们无法回答这个问题。",
    ],
)
def test_a_sentence_that_only_says_it_cannot_tell_states_nothing(text: str) -> None:
    """It may go without a citation, and so may one that only leads over."""
    assert CHECKER.states_nothing(text, ASKED)


@pytest.mark.parametrize(
    "text",
    [
        "We cannot say exactly, but the county spent $1.3 billion on servers in 2031.",
        "Unable to say exactly; however the mayor left.",
        "It is not clear whether the bridge closed, yet Lund paid for it.",
        "There is no information, although Nord stole it.",
        "I don’t know the cost, which was $5m.",
        "We do not know the cost that Lund paid.",
        "We cannot say because the bridge fell.",
        "Unable to answer – the bridge fell.",
        "Not enough information to answer how the mayor robbed the county.",
        "There is no evidence that the bridge closed.",
        "The passages do not say Lund is a front for the army.",
        "Note the following: the bridge closed.",
        "No.",
        "So they did.",
        "无法确定，但华为花了五亿美元。",
        "资料没有说明，不过桥已经倒塌。",
        "The bridge closed.",
    ],
)
def test_a_statement_is_a_statement_wherever_it_stands(text: str) -> None:
    """What follows a refusal, in whatever words, is checked, and so is a bare answer."""
    assert not CHECKER.states_nothing(text, ASKED)


def test_a_statement_behind_a_refusal_is_never_supported_without_a_passage() -> None:
    """In an answer it is unsupported; behind NOT FOUND the question alone is listed."""
    builder = AnswerBuilder(CHECKER, [])
    text = "We cannot say exactly, but the county spent $1.3 billion on servers in 2031."
    (claim,) = builder.with_draft(Answer(ASKED), Draft(text, ())).claims
    assert (claim.verdict, claim.citations) == ("unsupported", ())
    text = "NOT FOUND: the cost, but the county spent $1.3 billion on servers."
    answer = builder.with_draft(Answer(ASKED), Draft(text, ()))
    assert answer.not_found == (ASKED,) and not answer.claims
    answer = builder.with_draft(Answer(ASKED), Draft("NOT FOUND: the price of its paint.", ()))
    assert answer.not_found == ("the price of its paint",) and not answer.claims


def test_a_draft_is_read_with_its_insertions_forms_and_headings_that_state(tmp_path: Path) -> None:
    """Tracked insertions, content controls, Chinese sentences; deletions and labels are not."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    run = "<w:r><w:t>{}</w:t></w:r>"
    parts = (
        f"<w:p><w:ins w:id='1'>{run.format('Corva Glass employs 150 people.')}</w:ins></w:p>",
        f"<w:p><w:del w:id='2'><w:r><w:delText>It closed.</w:delText></w:r></w:del>"
        f"{run.format('Its plant stands in Holm.')}</w:p>",
        f"<w:sdt><w:sdtContent><w:p>{run.format('Petra Lunde leads it.')}</w:p></w:sdtContent>"
        "</w:sdt>",
        f"<w:p>{run.format('公司出口镜片五百二十片。')}</w:p>",
    )
    document = docx.Document()
    document.add_heading("Effects on Corva lenses", 1)
    document.add_heading("Corva Glass sold 9 lenses", 1)
    for part in parts:
        element = parse_xml(part.replace(">", f" xmlns:w='{word}'>", 1))
        document.element.body.insert(-1, element)
    document.save(str(tmp_path / "draft.docx"))
    assert sentences_of(tmp_path / "draft.docx") == [
        "Corva Glass sold 9 lenses", "Corva Glass employs 150 people.",
        "Its plant stands in Holm.", "Petra Lunde leads it.", "公司出口镜片五百二十片。",
    ]  # fmt: skip
