"""The date a document states, as exact as it states it, or none."""

from __future__ import annotations

import pytest

from corpus.readers.dates import parse_date, stated_date


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025-01-28T10:30:00Z", "2025-01-28"),
        ("January 28, 2025", "2025-01-28"),
        ("28 January 2025", "2025-01-28"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("04/16/2026", "2026-04-16"),
        ("16/04/2026", ""),
        ("04/05/2026", ""),
        ("12.7.2024", "2024-07-12"),
        ("2024-05", "2024-05"),
        ("May 2024", "2024-05"),
        ("D:20240619055248+00'00'", "2024-06-19"),
        ("2025年1月20日", "2025-01-20"),
        ("February 31, 2024", ""),
        ("version 3.2 of 1,024 chips", ""),
    ],
)
def test_a_date_is_read_as_it_is_stated(text, iso):
    """Partial dates stay partial; a date that can be read two ways is none."""
    assert parse_date(text) == iso


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("A New Rule\n\nBy Ann Smith\n\nJanuary 28, 2025\n\nToday the office…", "2025-01-28"),
        ("A New Rule\n\nPublished: 28 January 2025 | Updated: 3 March 2025", "2025-01-28"),
        ("A Report\n\nUpdated April 16, 2026", "2026-04-16"),
        ("For the quarter ended July 30, 2023\n\nSome text", ""),
        ("A Report\n\nThe order, issued January 5, 2025 by the office, was long expected.", ""),
        ("A Report\n\nUnder E.O. 14347 dated September 5, 2025 the name was changed.", ""),
        (
            "A Rule\n\nGENEVA, Jan. 28, 2025 (Example Press) – The office said on Monday.",
            "2025-01-28",
        ),
        ("Nothing is said of time here.", ""),
    ],
    ids=[
        "byline",
        "label first",
        "update",
        "period",
        "in a sentence",
        "of another",
        "dateline",
        "none",
    ],
)
def test_the_date_of_publication_is_told_from_other_dates(text, iso):
    """Only a labelled date or one in the title block counts."""
    assert stated_date(text) == iso
