"""Numbers that a sentence computes from its source, where a judge is sure of what it says."""

from __future__ import annotations

import pytest

from assistant.checking.checker import missing_facts

SALES = "Sales were $5 million in 2024, after $4 million in 2023."
SHARES = "Nord pays 60 percent, Lund 25 percent, and a group of firms led by Vik the rest."
RATE = "The share of women rose from 20 percent to 30 percent."
FINE = "The fine of 18 million florins was the second largest, after the 25 million that Vik paid."
MODELS = "March 2028: Vik is founded. June 2029: it releases One. February 2030: Two appears."
BUDGET = "The budget is 14 million kroner a year for four years."
COST = "The register costs a bank 400,000 thalers at first and a quarter of that in later years."
SEIZED = "Officers seized 1,260 processors worth an estimated $42 million."
LARGE = "The rule applies to firms with more than 500 staff; 40 firms have 9,000 staff in all."


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Sales grew by 25 percent.", SALES),
        ("Sales grew by $1 million.", SALES),
        ("Sales of 2023 were 80 percent of those of 2024.", SALES),
        ("A group of firms pays 15 percent.", SHARES),
        ("The share of women rose by 10 percentage points.", RATE),
        ("The fine was 7 million florins smaller than the one that Vik paid.", FINE),
        ("Two appeared eight months after One.", MODELS),
        ("Two came out two years after Vik was founded.", MODELS),
        ("Over the whole period the budget is 56 million kroner.", BUDGET),
        ("In later years the register costs a bank about 100,000 thalers.", COST),
        ("The processors were worth about $33,000 apiece.", SEIZED),
        ("The firms have more than 8,000 staff in all.", LARGE),
    ],
)
def test_what_a_calculation_gives_is_not_missing(claim: str, source: str) -> None:
    """Sums, differences, shares, products, what is left, and times between two dates."""
    assert not missing_facts(claim, source, sure=True)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Sales grew by 20 percent.", SALES),
        ("Sales fell by 25 percent.", SALES),
        ("Sales grew by $2 million.", SALES),
        ("The share of women rose by 50 percentage points.", RATE),
        ("A group of firms pays 35 percent.", SHARES),
        ("The fine was 9 million florins smaller than the one that Vik paid.", FINE),
        ("Two appeared nine months after One.", MODELS),
        ("One has 23 patents.", MODELS),
        ("Over the whole period the budget is 58 million kroner.", BUDGET),
        ("The rule applies to firms with more than 300 staff.", LARGE),
        ("The firms have no more than 8,000 staff in all.", LARGE),
        ("The firms have nearly 15,000 staff in all.", LARGE),
    ],
)
def test_what_no_calculation_gives_is_missing(claim: str, source: str) -> None:
    """The other direction, a share taken for points, a bound of the source made another."""
    assert missing_facts(claim, source, sure=True)


def test_without_a_sure_judge_a_calculation_needs_its_word() -> None:
    """By chance two numbers of a text give nearly any third."""
    assert missing_facts("A group of firms pays 15 percent.", SHARES)
    assert missing_facts("Two appeared eight months after One.", MODELS)
