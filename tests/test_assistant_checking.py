"""A sentence is checked against what it cites: facts, names, negation, direction, words."""

from __future__ import annotations

import json

import pytest

from assistant.checking.checker import Checker, Cited
from assistant.checking.comparing import problem
from assistant.checking.names import Vocabulary, missing, names
from assistant.checking.quantities import quantities
from assistant.checking.quotations import misquoted
from assistant.checking.tables import readable
from corpus.moments import moments, supported
from index.embedding import HashEmbedder

BRIDGE = (
    "The bridge at Vik closed on 12 May 2025. Repairs cost 3 million euros, the county of Nord "
    "says. Traffic on the ferry rose by 40 percent. The county did not ask Lund for help. "
    "“We have no other road,” the mayor said."
)
CHECKER = Checker(HashEmbedder())


@pytest.mark.parametrize(
    ("text", "verdict", "problem"),
    [
        pytest.param("Repairs cost 3 million euros, the county of Nord says.", "supported", "",
                     id="the very words"),
        pytest.param("The county of Nord says the repairs cost €3 million.", "supported", "",
                     id="in another order, the sum written otherwise"),
        pytest.param("The bridge at Vik has been closed since May 2025.", "supported", "",
                     id="a part of the date"),
        pytest.param("The bridge at Vik closed in May.", "supported", "", id="the month alone"),
        pytest.param("Repairs cost 4 million euros.", "unsupported", "4 million",
                     id="another number"),
        pytest.param("Repairs cost 3 billion euros.", "unsupported", "3 billion",
                     id="another scale"),
        pytest.param("Repairs cost 3 million dollars.", "unsupported", "3 million",
                     id="another unit"),
        pytest.param("The bridge at Vik closed on 13 May 2025.", "unsupported", "13 May",
                     id="another day"),
        pytest.param("The county of Lund says repairs cost 3 million euros.", "weak",
                     "Lund", id="a name from elsewhere in the passage"),
        pytest.param("The county of Orebro says repairs cost 3 million euros.", "unsupported",
                     "Orebro", id="a name that is not there"),
        pytest.param("The county asked Lund for help.", "unsupported", "not", id="not left out"),
        pytest.param("The bridge at Vik did not close on 12 May 2025.", "unsupported", "not",
                     id="not put in"),
        pytest.param("Traffic on the ferry fell by 40 percent.", "unsupported", "rose",
                     id="the other direction"),
        pytest.param("The mayor said “we have no other bridge”.", "unsupported", "quoted",
                     id="a changed quotation"),
        pytest.param("The mayor said “We have no […] road”.", "supported", "",
                     id="a quotation with a marked gap"),
        pytest.param("Engineers celebrated wonderful progress yesterday evening.", "unsupported",
                     "celebrated", id="other words altogether"),
    ],
)  # fmt: skip
def test_a_claim_is_checked_against_its_passage(text: str, verdict: str, problem: str) -> None:
    """What a sentence changes is found and said; what it only words otherwise is not held up."""
    found = CHECKER.check(text, [Cited(BRIDGE)])
    assert found.verdict == verdict, found
    assert problem in " ".join(found.problems)


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
    assert (problem(one, quantities(given)) == "") is equal


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
    (one,) = moments(claimed)
    assert supported(one, moments(given)) is equal


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
    assert missing(names(claimed), Vocabulary(given)) == gone


def test_a_quotation_counts_word_for_word() -> None:
    """Marks, case and gaps may differ; words may not."""
    text = 'He called it "a very old bridge" and left.'
    assert misquoted("He called it “A very old bridge.”", text) == []
    assert misquoted("He called it “a very … bridge”", text) == []
    assert misquoted("He called it 'a very new bridge'", text) == ["a very new bridge"]


def test_a_record_is_read_as_sentences() -> None:
    """Keys become words, and what is false becomes a denial that the check understands."""
    record = {
        "name": "Harbour Grill",
        "hours": {"Monday": "17:30-23:0"},
        "attributes": {"OutdoorSeating": False, "WiFi": "free", "BusinessParking": {"lot": True}},
    }
    text = readable(json.dumps(record))
    assert "attributes: no Outdoor Seating" in text
    assert "attributes, Business Parking, lot: yes" in text
    cited = [Cited(json.dumps(record))]
    opens = CHECKER.check("Harbour Grill opens at 5:30 PM on Monday.", cited)
    assert opens.verdict != "unsupported"
    assert CHECKER.check("It has outdoor seating.", cited).verdict == "unsupported"
    assert CHECKER.check("It opens at 6:30 PM on Monday.", cited).verdict == "unsupported"


def test_a_sentence_that_only_leads_over_states_nothing() -> None:
    """Nothing to check is no fault."""
    assert CHECKER.states_nothing("According to the passages provided:")
    assert not CHECKER.states_nothing("The bridge closed.")
