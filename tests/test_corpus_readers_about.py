"""Whose a document is and what it is called: never the name of a program, a template, a file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from corpus.document import Source
from corpus.readers import read
from corpus.readers.page_metadata import real_publisher, real_title


@pytest.mark.parametrize(
    "title",
    ["untitled", "(anonymous)", "Untitled-1", "Microsoft Word - draft3.doc", "Document1", "Slide 1",
     "PowerPoint Presentation", "Home", "Startseite", "首页", "新建 Microsoft Word 文档", "Sheet1",
     "L_202401689EN.000101.fmx.xml", "final report v2.docx", "Just another WordPress site",
     "Click to edit Master title style", "---", "LaTeX", "Harbour Post"],
)  # fmt: skip
def test_what_programs_write_is_no_title(title: str) -> None:
    """Nor is the name of the whole site that of a page."""
    assert real_title(title, "Harbour Post") == ""


@pytest.mark.parametrize(
    ("title", "publisher", "real"),
    [
        ("Pier opens | Harbour Post", "Harbour Post", "Pier opens"),
        ("Pier opens - News - The Harbour Post", "Harbour Post", "Pier opens - News"),
        ("Harbour Post – Pier opens", "harbourpost.example", "Pier opens"),
        ("Pier opens - a history", "Harbour Post", "Pier opens - a history"),
        ("Slide rules of the north", "", "Slide rules of the north"),
        ("Home rule for Ude", "", "Home rule for Ude"),
        ("The Word and the Page", "", "The Word and the Page"),
    ],
)
def test_a_title_is_kept_without_the_name_of_its_site(
    title: str, publisher: str, real: str
) -> None:
    """Only where that is who publishes it."""
    assert real_title(title, publisher) == real


@pytest.mark.parametrize(
    "name",
    ["Saved by Windows Internet Explorer 8", '"Saved by Blink"', "WordPress", "Microsoft Word",
     "LibreOffice 7.4", "pdfTeX-1.40", "Microsoft® Word 2019", "By Ann Smith", "Von Max Müller",
     "anonymous", "admin"],
)  # fmt: skip
def test_a_program_publishes_nothing(name: str) -> None:
    """And who wrote a text is its author."""
    assert real_publisher(name) == ""
    assert real_publisher("Byron Press") == "Byron Press"


PAGE = """<!doctype html><html lang="{language}"><head><title>Pier opens | Harbour Post</title>
<meta property="og:site_name" content="Harbour Post">{head}</head><body>
<nav><a href=/>Home</a></nav>
<main><article><h1>Pier opens</h1>{line}<p>The pier of Linn was opened by the mayor and stands on
forty piles of oak that were brought from the north by sea in the spring of the year.</p>
<p>The cost was borne by the guild and the town in equal parts, and the work took two
summers.</p></article></main><aside><h2>More</h2>
<time datetime="2026-10-10">10 October 2026</time></aside></body></html>"""


def page(tmp_path: Path, head: str = "", line: str = "", language: str = "en") -> Source:
    file = tmp_path / "pier.html"
    file.write_text(PAGE.format(head=head, line=line, language=language), encoding="utf-8")
    return read(file).source


@pytest.mark.parametrize(
    ("head", "line", "published", "updated"),
    [
        ('<meta property="article:published_time" content="2026-02-03T23:30:00-05:00">'
         '<meta property="article:modified_time" content="2026-02-05T10:00Z">', "",
         "2026-02-03", "2026-02-05"),
        ('<script type="application/ld+json">{"@graph": [{"@type": "Event", "startDate": '
         '"2026-05-01"}, {"@type": "NewsArticle", "datePublished": "2026-02-03", "dateModified": '
         '"2026-02-04", "comment": {"@type": "Comment", "datePublished": "2026-03-03"}}]}</script>',
         "", "2026-02-03", "2026-02-04"),
        ("", '<p class=meta><time datetime="2026-02-03">3 Feb</time></p>', "2026-02-03", ""),
        ("", '<p class=meta>Updated <time datetime="2026-02-03">3rd</time></p>', "", "2026-02-03"),
        ("", "<p class=meta>Publié le 3 février 2026 à 10h12</p>", "2026-02-03", ""),
        ("", "<p class=meta>By Ann Smith</p><p>3 February 2026</p>", "2026-02-03", ""),
        ("", "<p>The pier opens on 14 September 2026, says the guild.</p>", "", ""),
        ("", "<footer><p>Last modified: 3 February 2026</p></footer>", "", "2026-02-03"),
        ('<meta name="date" content="2031-02-03">', "", "", ""),
        ("", "", "", ""),
    ],
    ids=["meta", "linked data", "time", "time of change", "label in French", "byline", "event",
         "foot", "future", "nothing"],
)  # fmt: skip
def test_a_page_says_when_in_its_metadata_and_below_its_title(
    tmp_path: Path, head: str, line: str, published: str, updated: str
) -> None:
    """What stands beside the article, and comments in its data, are dated for themselves."""
    source = page(tmp_path, head, line)
    assert (source.published, source.updated) == (published, updated)
    assert (source.title, source.publisher) == ("Pier opens", "Harbour Post")


def test_the_language_of_a_page_says_how_it_writes_dates(tmp_path: Path) -> None:
    """A French page begins with the day; of an English one nobody knows, and it is asked."""
    line = "<p class=meta>Published: 04/05/2026</p>"
    assert page(tmp_path, line=line, language="fr").published == "2026-05-04"
    assert page(tmp_path, line=line, language="en-US").published == "2026-04-05"
    assert page(tmp_path, line=line).published == ""
    doubts = read(tmp_path / "pier.html").doubts
    assert doubts == ("published: 04/05/2026 is 4 May or 5 April 2026",)


def test_front_matter_of_a_year_is_a_date(tmp_path: Path) -> None:
    """And a template's title there is none."""
    file = tmp_path / "note.md"
    file.write_text("---\ntitle: Untitled\ndate: 2025\n---\n\n# The mill\n\nIt stands.\n")
    source = read(file).source
    assert (source.title, source.published) == ("The mill", "2025")


def test_when_an_office_file_was_saved_is_no_date_of_publication(tmp_path: Path) -> None:
    """It says when it was changed; the dates of an untouched template say nothing."""
    import docx

    document = docx.Document()
    document.add_paragraph("The pier of Linn stands on forty piles of oak.")
    document.save(str(tmp_path / "template.docx"))
    document.core_properties.created = datetime(2025, 5, 1)
    document.core_properties.modified = datetime(2026, 2, 3)
    document.core_properties.title = "PowerPoint Presentation"
    document.save(str(tmp_path / "saved.docx"))
    template, saved = (read(tmp_path / f"{name}.docx").source for name in ("template", "saved"))
    assert (template.published, template.updated) == ("", "")
    assert (saved.published, saved.updated) == ("", "2026-02-03")
    assert saved.title == "The pier of Linn stands on forty piles of oak."
