"""Exports: every sentence and note comes back out of each file, and none of it is interpreted."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pypdf
import pypdfium2
import pytest

from assistant.answer import Claim
from assistant.memo.contents import left_out, open_gaps, shown_sections
from assistant.memo.export import exported, format_of, timeline_csv
from assistant.memo.lint import lint
from assistant.memo.memo_json import from_json, to_json
from assistant.memo.source_list import source_list
from assistant.memo.values import GAP, Behind, Line, Memo, Section
from corpus.errors import UsageError
from tests.memos import MEMO, SHIPS

FULL = replace(MEMO, findings=lint(MEMO))


def flat(text: str) -> str:
    """Return a text without white space and line-end hyphens, as extraction makes both."""
    return re.sub(r"[\s\u00ad\u2010-]", "", text)


def said(memo: Memo) -> list[str]:
    """Return all that a reader must find: sentences, quoted words, tables."""
    lines = [line.claim.text for one in shown_sections(memo) for line in one.lines]
    quotes = [one.quote for one in memo.citations]
    tables = [one.text for one in memo.events] + [one.shown for one in memo.figures]
    sides = [side.text for one in memo.disputes for side in one.sides]
    return [*lines, *quotes, *tables, *sides]


def docx_text(content: bytes) -> str:
    """Return the text of a DOCX."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode()
    return flat("".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", body)))


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def test_a_docx_holds_every_sentence_and_links_to_its_notes() -> None:
    """Headings have their styles, each number links to its source, the title is set."""
    content = exported(FULL, "docx")
    text = unescaped(docx_text(content))
    assert [one for one in said(FULL) if flat(one) not in text] == []
    document = docx.Document(io.BytesIO(content))
    styles = [one.style.name for one in document.paragraphs if one.style]
    shown = [one for one in shown_sections(FULL) if one.shows != "log"]
    assert styles.count("Heading 1") == len(shown)
    assert styles.count("Heading 2") == len(FULL.disputes)
    assert document.core_properties.title.startswith("Briefing memo: Harbours")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("word/document.xml").decode()
    assert xml.count('w:anchor="note-') >= 10 and xml.count('w:name="note-') == 3


def test_a_pdf_holds_every_sentence_with_its_fonts() -> None:
    """Chinese names too; it has bookmarks, links, numbers of pages, and no font from outside."""
    content = exported(FULL, "pdf")
    pages = pypdfium2.PdfDocument(content)
    text = flat("".join(page.get_textpage().get_text_range() for page in pages))
    # A note may run on to the next page, so that a number of the page stands within.
    bare = re.sub(r"\d+/\d+", "", text)
    missing = [one for one in said(FULL) if flat(one) not in text and flat(one) not in bare]
    assert missing == []
    assert "华为" in text and "深度求索" in text and f"1/{len(pages)}" in text
    assert len(list(pages.get_toc())) >= len(shown_sections(FULL)) - 1
    reader = pypdf.PdfReader(io.BytesIO(content))
    fonts = [
        font.get_object()
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    ]
    assert fonts
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        descriptor = inner["/FontDescriptor"].get_object()
        assert any(key.startswith("/FontFile") for key in descriptor), inner
    links = [note.get_object() for page in reader.pages for note in page.get("/Annots", ())]
    assert any("/A" in one and "https" in str(one["/A"]) for one in links)
    assert content == exported(FULL, "pdf")


def test_html_loads_nothing_and_runs_nothing() -> None:
    """Markup of a document is text; notes are linked."""
    html = exported(FULL, "html").decode()
    assert "<script" not in html and "<b>Vik" not in html
    assert not re.findall(r"(?:src|href)=\"(?!data:|#|https://example\.org)", html)
    text = flat(unescaped(re.sub(r"<[^>]+>", "", html)))
    assert [one for one in said(FULL) if flat(one) not in text] == []
    assert html.count('role="doc-noteref"') >= 10


def test_markdown_has_notes_and_no_markup_of_a_document() -> None:
    """What looks like markup is escaped."""
    text = exported(FULL, "md").decode()
    assert re.search(r"\*\*1 \(p\. 3\)\.\*\*</span> Port Gazette", text)
    assert not re.search(r"(?<!\\)<script", text)
    assert "## Bottom line" in text and "\\*bridge\\*" in text


def test_a_memo_says_nothing_twice_and_shows_no_empty_section() -> None:
    """Sources come last, no sentence is quoted again, what holds nothing is named in one line."""
    text = exported(FULL, "md").decode()
    order = [text.index(f"## {one}") for one in ("Bottom line", "Figures", "Timeline", "Sources")]
    assert order == sorted(order)
    assert text.count(SHIPS) == 2  # The line, and the side of a disagreement.
    assert [one.heading for one in left_out(FULL)] == ["Assumptions and gaps", "Alternative views"]
    assert "holds nothing for it: Assumptions and gaps, Alternative views." in text
    assert "## Assumptions and gaps" not in text and "What else is true?" not in text
    assert text.count("2025-03") == 1 and FULL.sources[0].document not in text
    for hidden in ("single-source-judgment", "bluf:", "Verification log"):
        assert not any(f" {hidden}" in one for one in text.splitlines()), hidden
    judged = Section("alternatives", "Alternative views", (Line(FULL.sections[0].lines[1].claim),))
    kept = [judged if one.key == "alternatives" else one for one in FULL.sections]
    assert "## Alternative views" in exported(replace(FULL, sections=tuple(kept)), "md").decode()


def test_a_document_that_retells_others_gives_way_to_them() -> None:
    """The public source is named with its address, once, and the document as who told it."""
    behind = Behind("Lund Daily", "The harbour grows", "2026-02-03", "https://lund.example/h", (2,))
    sources = (FULL.sources[0], replace(FULL.sources[1], behind=(behind,)))
    text = exported(replace(FULL, sources=sources), "md").decode()
    entry = next(one for one in text.splitlines() if "Lund Daily" in one)
    assert "https://lund.example/h" in entry and "as told in “华为 and the bridge" in entry
    assert 'id="note-2"' in entry and 'id="note-3"' not in entry


def test_a_chinese_memo_is_labelled_in_chinese() -> None:
    """Title, head, tables and kinds of statement; what is quoted stays as it is."""
    text = exported(replace(FULL, language="zh"), "md").decode()
    for label in ("简报：", "资料库", "未列入", "媒体报道", "引自来源原文", "见于所引来源"):
        assert label in text, label
    assert not re.search(r"Left out|Your judgment|press report|Who says so", text)
    assert SHIPS in text
    for form in ("docx", "pdf", "html"):
        assert exported(replace(FULL, language="zh"), form)


def test_json_loses_nothing() -> None:
    """A memo read back is equal; what is no memo is refused in one line."""
    assert from_json(to_json(FULL)) == FULL
    for text in ("", "[]", "{}", '{"topic": 1}', to_json(FULL)[:-3]):
        with pytest.raises(UsageError, match="cannot read this memo: "):
            from_json(text)


def test_csv_has_the_timeline_and_no_formula() -> None:
    """A cell that a spreadsheet would run is quoted."""
    rows = list(csv.reader(io.StringIO(timeline_csv(FULL))))
    assert rows[0] == ["date", "event", "citations", "other dates"]
    assert rows[1][1].startswith("'=The harbour") and rows[2][3] == "2026-05-04 [3]"


def test_the_suffix_names_the_format() -> None:
    """An unknown one is refused, with those there are."""
    assert format_of(Path("a/Memo.DOCX")) == "docx"
    with pytest.raises(UsageError, match=r"\.docx"):
        format_of(Path("memo.odt"))
    with pytest.raises(UsageError):
        exported(FULL, "odt")


def test_an_empty_memo_can_be_written() -> None:
    """Nothing found is no failure of the export."""
    empty = Memo("Nothing", "bluf", "2026-01-01", "", "extractive")
    for form in ("md", "docx", "pdf", "html"):
        assert exported(empty, form)


def test_a_file_says_what_is_not_written_yet_and_what_grades_mean() -> None:
    """A question to the writer stands in brackets; sources by number; pages of Word numbered."""
    first, second, *rest = MEMO.citations
    bluf, *others = MEMO.sections
    gap = Line(Claim("What holds?", (), "supported"), role=GAP)
    bluf = replace(bluf, lines=(*bluf.lines, gap))
    turned = replace(MEMO, citations=(second, first, *rest), sections=(bluf, *others))
    text = exported(turned, "md").decode()
    assert "\\[Not written yet, your judgment: What holds?" in text
    assert "B2 is usually reliable, probably true" in text
    numbers = [min(one.number for one in entry.citations) for entry in source_list(turned)]
    assert numbers == sorted(numbers)
    assert open_gaps(turned) == text.count("Not written yet") == 1
    with zipfile.ZipFile(io.BytesIO(exported(MEMO, "docx"))) as parts:
        footers = [parts.read(one) for one in parts.namelist() if "footer" in one]
    assert any(b"PAGE" in one for one in footers)
