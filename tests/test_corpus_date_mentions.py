"""Dates as texts of many languages write them: how exact, in which language, how sure."""

from __future__ import annotations

import pytest

from corpus.date_mentions import date_mentions
from corpus.months import FOREIGN_MONTHS, without_accents


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("3 Feb. 2026", "2026-02-03"),
        ("Feb 3, '26", "2026-02-03"),
        ("Jan 28,2025", "2025-01-28"),
        ("3-Feb-2026", "2026-02-03"),
        ("2026-02-03T10:00:00Z", "2026-02-03"),
        ("le 1er février 2026", "2026-02-01"),
        ("5 Aout 2021", "2021-08-05"),
        ("am 3. Februar 2026", "2026-02-03"),
        ("3. Jänner 2026", "2026-01-03"),
        ("3 de febrero del 2026", "2026-02-03"),
        ("febrero 3 de 2026", "2026-02-03"),
        ("3 febbraio 2026", "2026-02-03"),
        ("3 de fevereiro de 2026", "2026-02-03"),
        ("3 maart 2026", "2026-03-03"),
        ("den 3:e februari 2026", "2026-02-03"),
        ("3 lutego 2026 r.", "2026-02-03"),
        ("3. září 2026", "2026-09-03"),
        ("3 февраля 2026 г.", "2026-02-03"),
        ("3 Şubat 2026", "2026-02-03"),
        ("2026年2月3日", "2026-02-03"),
        ("2026年2月3號", "2026-02-03"),
        ("二〇二六年十二月三十一日", "2026-12-31"),
        ("令和8年2月3日", "2026-02-03"),
        ("民國115年2月3日", "2026-02-03"),
        ("2026년 2월 3일", "2026-02-03"),
        ("03.02.2026", "2026-02-03"),
        ("3. 2. 2026", "2026-02-03"),
        ("13/2/26", "2026-02-13"),
        ("février 2026", "2026-02"),
        ("Spring 2025", "2025"),
        ("Q3 2025", "2025"),
        ("2026-W05", "2026"),
        ("30 February 2026", ""),
        ("the 1990s", ""),
    ],
)
def test_a_date_is_read_in_many_languages(text: str, iso: str) -> None:
    """As exact as it is stated, and no more."""
    (one,) = (moment for moment in date_mentions(text) if moment.minutes is None)
    assert one.iso == iso


@pytest.mark.parametrize(
    "text",
    ["May 1,024 chips", "10 out of ten", "5 million in all", "at 192.168.10.20", "version 10.12.26",
     "12 Mai-Mai fighters"],
)  # fmt: skip
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    """Names of months are words of other languages, and figures with dots are versions."""
    assert date_mentions(text) == []


def test_a_rover_is_no_month() -> None:
    """Mars 2020 is March in a French text, where months are in lower case."""
    assert [one.iso for one in date_mentions("The Mars 2020 rover")] == ["2020"]
    assert [one.iso for one in date_mentions("Le pont a fermé en mars 2020")] == ["2020-03"]


@pytest.mark.parametrize(
    ("written", "found"), [("1" + " " * 300_000 + "x", 0), ("1999," * 40_000, 1)]
)
def test_signs_that_go_on_and_on_are_read_in_time_that_grows_with_them(
    written: str, found: int
) -> None:
    """Spaces behind a day, years that commas join: only the last ends a number."""
    assert len(date_mentions(written)) == found


def test_a_date_that_can_be_read_in_two_ways_stands_twice() -> None:
    """Once in each order; where only one is possible, or dots say which, once."""
    both = date_mentions("on 04/05/2026")
    assert {one.iso for one in both} == {"2026-05-04", "2026-04-05"}
    assert all(one.unsure for one in both)
    assert [one.unsure for one in date_mentions("on 14/05/2026, 04.05.2026")] == [False, False]


def test_the_language_of_a_month_is_told() -> None:
    """Where one language alone calls it so."""
    assert date_mentions("3 février 2026")[0].language == "fr"
    assert date_mentions("3 February 2026")[0].language == "en"
    assert date_mentions("3 september 2026")[0].language in {"", "en"}
    assert date_mentions("2026-02-03")[0].language == ""


def test_names_of_months_are_those_of_unicode() -> None:
    """CLDR, the list that Unicode keeps, calls no month otherwise in any language we read."""
    dates = pytest.importorskip("babel.dates")
    for language in "fr de es it pt nl sv da nb pl cs ru uk tr".split():
        for width in ("wide", "abbreviated"):
            for number, name in dates.get_month_names(width, "format", language).items():
                known = FOREIGN_MONTHS[without_accents(name.rstrip("."))]
                assert known[0] == number
                assert language in known[1]
