"""The date a document states, as exact as it states it, or none."""

from __future__ import annotations

import pytest

from corpus.document import Source
from corpus.readers.blocks import Blocks
from corpus.readers.dates import StatedDates, find_dates, parse_date, source_dates


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025-01-28T10:30:00Z", "2025-01-28"),
        ("January 28, 2025", "2025-01-28"),
        ("28 January 2025", "2025-01-28"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("04/16/2026", "2026-04-16"),
        ("16/04/2026", "2026-04-16"),
        ("2025", "2025"),
        ("Q3 2025", "2025"),
        ("20250128", "2025-01-28"),
        ("03.02.26", "2026-02-03"),
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


TODAY = "2026-11-28"


@pytest.mark.parametrize(
    ("text", "published", "updated"),
    [
        ("Pier\n\nPublicado el 3 de febrero de 2026\n\nText", "2026-02-03", ""),
        ("Brücke\n\nVeröffentlicht am 3. Februar 2026\n\nText", "2026-02-03", ""),
        ("Pont\n\nPublié le 3 février 2026 à 10h12\n\nText", "2026-02-03", ""),
        (
            "Pont\n\nPublié le 3 février 2026 à 10h12, mis à jour le 5 février 2026\n\nText",
            "2026-02-03",
            "2026-02-05",
        ),
        ("Brücke\n\nStand: 3. Feb. 2026\n\nText", "", "2026-02-03"),
        ("Ponte\n\nPubblicato il 3 febbraio 2026\n\nText", "2026-02-03", ""),
        ("Ponte\n\nPublicado em 03/02/2026 às 10h\n\nText", "2026-02-03", ""),
        (
            "Brug\n\nGepubliceerd op 3 februari 2026 | Laatst gewijzigd: 4 februari 2026",
            "2026-02-03",
            "2026-02-04",
        ),
        ("Most\n\nOpublikowano: 3 lutego 2026 r.", "2026-02-03", ""),
        ("Мост\n\nОпубликовано 3 февраля 2026 г.", "2026-02-03", ""),
        ("桥\n\n发布时间：2026-02-03 10:00 来源：新华社", "2026-02-03", ""),
        ("桥\n\n来源：新华社  发布时间：2026年2月3日", "2026-02-03", ""),
        ("桥\n\n二〇二六年二月三日\n\n正文", "2026-02-03", ""),
        ("橋\n\n公開日：2026年2月3日 最終更新日：2026年2月5日", "2026-02-03", "2026-02-05"),
        ("橋\n\n2026年2月3日 公開", "2026-02-03", ""),
        ("다리\n\n입력 2026.02.03 10:00", "2026-02-03", ""),
        ("A Report\n\nUpdated April 16, 2026", "", "2026-04-16"),
        (
            "A Report\n\nLast updated 3 March 2025\nOriginally published 28 January 2025",
            "2025-01-28",
            "2025-03-03",
        ),
        ("A Report\n\nPublished: 04/05/2026\n\nThe vote of 23/04/2026 was long.", "2026-05-04", ""),
        ("Ein Bericht\n\nVeröffentlicht am 04/05/2026", "2026-05-04", ""),
        ("A Report\n\nPosted on 03.02.26 by Ann", "2026-02-03", ""),
        ("A Report\n\nBy Ann Smith\n\nFeb 3, 2026", "2026-02-03", ""),
        ("A Report\n\nBy Ann Smith | 3 Feb. 2026 | 5 min read", "2026-02-03", ""),
        ("A Report\n\nPosted by Ann Smith on 3 February 2026", "2026-02-03", ""),
        ("A Report\n\nVon Max Müller, 3. Februar 2026, 10:15 Uhr", "2026-02-03", ""),
        ("A Report\n\nTuesday, February 3, 2026", "2026-02-03", ""),
        ("Press release 3 February 2026\n\nThe board", "2026-02-03", ""),
        ("A Report\n\nThis page was last updated on 3 February 2026.", "", "2026-02-03"),
        ("A Report\n\nThis article was published on 3 February 2026.", "2026-02-03", ""),
        ("A Report\n\nMarch 2025\n\nText", "2025-03", ""),
        ("A Report\n\nPublished March 2025", "2025-03", ""),
        ("A Report\n\nPublished: 2025", "2025", ""),
        ("A Report\n\nPublished: Spring 2025", "2025", ""),
        ("A Report\n\nPublished: Q3 2025", "2025", ""),
        ("In Brief\n\nPosted:\n\n2:14 PM PDT · September 18, 2025\n\nImage", "2025-09-18", ""),
        ("GENEVA, Jan. 28, 2025 (Example Press) – The office said", "2025-01-28", ""),
        ("ULM (dpa) – 3. Februar 2026\n\nText", "2026-02-03", ""),
        ("Artikel\n\nStand: 03.02.2026", "", "2026-02-03"),
        (
            "Artikel\n\nNytt\n\nPublicerad 3 februari 2026 Uppdaterad 4 februari 2026",
            "2026-02-03",
            "2026-02-04",
        ),
        ("Haber\n\nYayınlanma tarihi: 3 Şubat 2026", "2026-02-03", ""),
        ("Zpráva\n\nPublikováno: 3. února 2026", "2026-02-03", ""),
        (
            "[Submitted on 3 Jan 2025 (v1), last revised 5 Feb 2025 (this version, v2)]\n\nTitle",
            "2025-01-03",
            "2025-02-05",
        ),
        ("Harbour Notice\n\nOslo, 3 February 2026\n\nThe harbour", "2026-02-03", ""),
        ("Mitteilung\n\nBerlin, den 3. Februar 2026\n\nDer", "2026-02-03", ""),
        ("Communiqué\n\nParis, le 3 février 2026\n\nLe", "2026-02-03", ""),
        ("Comunicado\n\nMadrid, 3 de febrero de 2026\n\nEl", "2026-02-03", ""),
        ("Dieser Artikel wurde am 3. Februar 2026 veröffentlicht.\n\nDer", "2026-02-03", ""),
        ("Dated: 3 February 2026\n\nThe", "2026-02-03", ""),
        (
            "A New Rule\n\nPublished: 28 January 2025 | Updated: 3 March 2025",
            "2025-01-28",
            "2025-03-03",
        ),
    ],
)
def test_when_a_document_was_published_and_updated_is_read_beside_its_words(
    text: str, published: str, updated: str
) -> None:
    """In the languages of its labels; what only says when it was changed says no more."""
    found = find_dates(text, today=TODAY)
    assert (found.published, found.updated, found.doubts) == (published, updated, ())


@pytest.mark.parametrize(
    "text",
    [
        "Otto Lindqvist\n\nBorn 12 March 1948\n\nOtto was",
        "Otto\n\nBorn: 12 March 2008\n\nOtto was",
        "Otto\n\n* 12. März 1998 in Vastby\n\nOtto war",
        "Market at Ude\n\nThe market at Ude takes place on 14 September 2025.\n\nMore",
        "Market at Ude\n\n14 September 2025\n\nVenue: Town hall",
        "Market at Ude\n\nDate: 14 September 2025\nTime: 19:00\nVenue: Town hall",
        "Statement\n\nFounded 12 March 1998\n\nThe",
        "Deadline: 3 February 2026\n\nThe board",
        "Next meeting: 3 February 2026\n\nThe board",
        "Rules\n\nEffective date: 3 February 2026",
        "Rules\n\nEffective 3 February 2026",
        "For the quarter ended July 30, 2023",
        "© 3 February 2026 Guild",
        "A Report\n\nText here of the mill.\n\nComments\n\nAnn\n\nPosted on 3 February 2026",
        "A Report\n\nText here.\n\nRelated articles\n\nOther\n3 February 2026",
        "A Report\n\nThe order, published on January 5, 2025 by the office, was long.",
        "A Report\n\n3–5 February 2026\n\nOslo",
        "A Report\n\nPublished: 3 February 2031",
        "Minutes of 3 February 2026\n\nThe",
        "Works\n\nSubmission deadline\n\n14 March 2026\n\nThe works",
        "Works\n\nPublished on 5 January 2020, the first edition sold out.",
        "Works\n\nOpened | Pier\n3 February 2026 | North\n4 March 2026 | South",
        "Works\n\nOtto Lindqvist (12 March 1998 – 3 May 2019)",
        "Works\n\nValid from 1 March 2026 to 3 April 2026",
        "Works\n\n5 January 2025 was a cold day in Ude.",
        "Under E.O. 14347 dated September 5, 2025 the name was changed.",
        "Nothing is said of time here.",
    ],
)
def test_a_date_of_another_thing_is_none_of_publication(text: str) -> None:
    """A birth, an event, a deadline, a comment, a sentence about another paper, the future."""
    assert find_dates(text, today=TODAY) == StatedDates()


def test_figures_that_can_be_read_in_two_ways_are_asked_about() -> None:
    """Unless the language, the land or another date of the text tells which."""
    text = "A Report\n\nPublished: 04/05/2026\n\nThe harbour is deep."
    assert find_dates(text, today=TODAY) == StatedDates(
        doubts=("published: 04/05/2026 is 4 May or 5 April 2026",)
    )
    assert find_dates(text, language="en-GB", today=TODAY).published == "2026-05-04"
    assert find_dates(text, language="en-US", today=TODAY).published == "2026-04-05"
    assert find_dates(text, language="fr", today=TODAY).published == "2026-05-04"
    assert find_dates(f"{text} It froze on 23/01/2026.", today=TODAY).published == "2026-05-04"
    assert find_dates(f"{text} It froze on 01/23/2026.", today=TODAY).published == "2026-04-05"


def test_what_a_file_says_of_itself_goes_before_its_text() -> None:
    """But not before the words "originally published", and the copy's own date is of fetching."""
    text = "A Rule\n\nPublished: 5 February 2026\n\nThe rule is long."
    front = {"date": "2026-02-04 18:57:58 +0000", "last_modified": "2026-02-06"}
    assert find_dates(text, said=front, today=TODAY) == StatedDates("2026-02-04", "2026-02-06")
    mined = front | {"original_published": "2022-02-03 00:00:00 +0000"}
    assert find_dates(text, said=mined, today=TODAY) == StatedDates(
        "2022-02-03", "2026-02-06", "2026-02-04"
    )
    first = "A Rule\n\nOriginally published: 3 February 2022\n\nThe rule is long."
    assert find_dates(first, said={"date": "2026-02-04"}, today=TODAY).published == "2022-02-03"
    crawled = {"crawled_at": "2026-02-04T10:00Z"}
    assert find_dates("A", said=crawled, today=TODAY) == StatedDates(fetched="2026-02-04")
    assert find_dates("A", said={"date": "2025"}, today=TODAY).published == "2025"


def test_nothing_was_published_before_its_format() -> None:
    """A page of 1948 is none; a paper that says so may be."""
    text = "A Life\n\n12 March 1948\n\nThe mill was built."
    assert find_dates(text, kind="html", today=TODAY).published == ""
    assert find_dates("Published: 12 March 1948", kind="pdf", today=TODAY).published == "1948-03-12"
    assert find_dates(text, kind="pdf", today=TODAY).published == ""


def test_a_cell_of_a_table_is_no_date_of_publication() -> None:
    """Neither in a workbook nor in the table at the top of a page."""
    blocks = Blocks()
    blocks.heading(1, "Harbours")
    blocks.table([["Opened", "Harbour"], ["2026-02-01", "Northgate"], ["2025-03-01", "Ude"]])
    document = blocks.document(Source("Harbours", "/harbours.html"))
    assert source_dates(blocks, "html") == {"published": "", "updated": "", "fetched": ""}
    assert find_dates(document.text, kind="table", today=TODAY) == StatedDates()
    assert find_dates("Harbours\n\n1 February 2026\n\nText", today=TODAY).published == "2026-02-01"
