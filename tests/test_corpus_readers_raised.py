"""Raised letters: an exponent stays one, an ordinal too, a footnote's mark never touches a word."""

from __future__ import annotations

import pytest

from corpus.readers.superscripts import write_lowered, write_raised


@pytest.mark.parametrize(
    ("before", "text", "after", "whole"),
    [
        ("more than 10", "25", " operations", "10^25"),
        ("1.5 × 10", "−20", " s", "10^-20"),
        ("a table of 2", "19", " rows", "2^19"),
        ("2", "8", " = 256", "2^8"),
        ("an area of 40 m", "2", ".", "m^2"),
        ("7 kg/m", "3", "", "m^3"),
        ("9.8 m/s", "2", "", "m/s^2"),
        ("x", "2", " + 1", "x^2"),
        ("an R", "2", " of 0.9", "R^2"),
        ("E = mc", "2", "", "mc^2"),
        ("(1 + r)", "n", "", "(1 + r)^n"),
        ("(1 + r)", "5", "", "(1 + r)^5"),
        ("10", "n+1", "", "10^(n+1)"),
        ("Ca", "2+", "", "Ca^2+"),
        ("s", "-1", "", "s^-1"),
    ],
)
def test_an_exponent_is_written_as_one(before, text, after, whole):
    """A power of ten or two, of a letter, a unit or a sum in brackets, and a charge."""
    assert (before + write_raised(before, text, after)).endswith(whole)


@pytest.mark.parametrize(
    ("before", "text", "whole"),
    [
        ("on the 15", "th", "15th"),
        ("le 1", "er", "1er"),
        ("au XIX", "e", "XIXe"),
        ("the n", "th", "nth"),
        ("M", "me", "Mme"),
        ("N", "o", "No"),
        ("Ropeworks", "TM", "Ropeworks™"),
    ],
)
def test_ordinals_and_abbreviations_are_written_on(before, text, whole):
    """What is raised as the end of a word or number is its end."""
    assert (before + write_raised(before, text, " of May")).endswith(whole)


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("the pool is 12", "3", " metres deep"),
        ("2,143 tonnes, of them 214", "3", ""),
        ("the survey of 2019", "[4]", " found"),
        ("it found 88", "a", " trout"),
        ("the mill", "1,2", " and"),
        ("as said before.", "17", " The"),
        ("(see the annex)", "5", "."),
        ("about 5%", "2", ""),
        ("in the past 2", "3", " years"),
        ("for $10", "3", " each"),
        ("on page 10", "2", " of"),
        ("in May 2010", "6", ""),
        ("120 GB/s", "2", " per link"),
        ("vitamin C", "3", " in"),
        ("Length", "*", ""),
        ("Length", "†", ""),
        ("Length", "[note 2]", ""),
        ("收入", "①", ""),
        ("Take it in", "2", " parts"),
    ],
)
def test_the_mark_of_a_footnote_is_left_out(before, text, after):
    """After a word, a number, a stop or a bracket it is no part of what stands before it."""
    assert write_raised(before, text, after) == ""


def test_what_opens_a_footnote_names_it():
    """The number in front of a footnote's own text stands apart; an isotope keeps its own."""
    assert write_raised("", "3", "The gauge was moved.") == "[3] "
    assert write_raised("", "14", "C dating") == "14"
    assert write_raised("dated by ", "14", "C") == "14"
    assert write_raised("Sonnet", "(with a longer look)") == " (with a longer look)"
    assert write_raised("at 20", "o", " C") == "°"


def test_lowered_letters_are_written_on():
    """A formula stays one word; a number below a number is not a longer number."""
    assert write_lowered("H", "2") == "2"
    assert write_lowered("12", "10") == "_10"
