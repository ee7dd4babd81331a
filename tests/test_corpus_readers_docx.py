"""Word files: what a person sees in Word is the text, whatever holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.document import Document
from corpus.readers import read
from tests.office_files import NAMESPACES, chart, written

STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="N"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="U1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="U9"><w:basedOn w:val="U1"/><w:name w:val="Kapitel"/>'
    '<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="C"><w:name w:val="caption"/></w:style>'
    '<w:style w:type="character" w:styleId="Gone"><w:rPr><w:strike/></w:rPr></w:style>'
)


def p(*runs: str, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    inside = "".join(one if one.startswith("<") else r(one) for one in runs)
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{inside}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def cell(*blocks: str, properties: str = "") -> str:
    inside = "".join(one if one.startswith("<") else p(one) for one in blocks)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    inside = "".join(one if one.startswith(("<w:tc>", "<w:sdt>")) else cell(one) for one in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{inside}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def form(content: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


@pytest.fixture
def word(tmp_path: Path):
    def make(*blocks: str, section: str = "", **parts: str) -> Document:
        inside = "".join(one if one.startswith("<") else p(one) for one in blocks)
        files: dict[str, str | bytes] = {
            "document.xml": f"<w:document {NAMESPACES}><w:body>{inside}"
            f"<w:sectPr>{section}</w:sectPr></w:body></w:document>",
            "styles.xml": f"<w:styles {NAMESPACES}>{STYLES}</w:styles>",
        }
        kinds = {name: f"{name}.xml" for name in ("styles", *parts) if name != "relations"}
        relations = "".join(f"{one} {one.rstrip('0123456789')} {kinds[one]}\n" for one in kinds)
        files["document.xml.rels"] = relations + parts.pop("relations", "")
        files |= {f"{name}.xml": content for name, content in parts.items()}
        return read(written(tmp_path / "made.docx", "word", files))

    return make


def kept(document: Document) -> dict[str, int]:
    return document.left_out_counts


def test_changes_are_read_as_accepted(word) -> None:
    """Inserted and moved words are there, deleted ones are counted, joined paragraphs are one."""
    old = "<w:del><w:r><w:delText>six old boats</w:delText></w:r></w:del>"
    document = word(
        p("The club owns ", f"<w:ins>{r('nine boats')}</w:ins>", old, " on the lake."),
        f"<w:ins>{p('A whole new paragraph.')}</w:ins>",
        p(f"<w:moveFrom>{r('It moved.')}</w:moveFrom>", "Stays."),
        p(f"<w:moveTo>{r('It moved.')}</w:moveTo>"),
        p("The pier is ", properties="<w:rPr><w:del/></w:rPr>"),
        p("forty metres long."),
        table(
            row("Boat", "Year"),
            row("Tern", "1987"),
            row(cell(p("<w:del><w:r><w:delText>Gull</w:delText></w:r></w:del>")),
                properties="<w:del/>"),
        ),
    )  # fmt: skip
    assert document.text == (
        "The club owns nine boats on the lake.\n\nA whole new paragraph.\n\nStays.\n\n"
        "It moved.\n\nThe pier is forty metres long.\n\nBoat | Year\nTern | 1987"
    )
    assert kept(document) == {"deleted words": 4}


def test_content_controls_are_opened_wherever_they_stand(word) -> None:
    """Around blocks, words, rows and cells; one that waits to be filled in says nothing."""
    document = word(
        form(p("A block.")),
        p("The fee is ", form(r("12 crowns")), "."),
        p(form(r("Click here to enter text."), "<w:showingPlcHdr/>")),
        table(row("Site", "Depth"), form(row("Ude", "7 m")), row("Orm", form(cell("9 m")))),
    )
    assert document.text == (
        "A block.\n\nThe fee is 12 crowns.\n\nSite | Depth\nUde | 7 m\nOrm | 9 m"
    )
    assert kept(document) == {"empty form fields": 1}


def test_merged_cells_are_told_from_equal_ones(word) -> None:
    """Equal neighbours both stay; a merged value stands in each place that it covers."""
    down, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    document = word(
        table(
            row("Region", "Town", "May", "June"),
            row(cell("North", properties=down), "Elm", "40", "40"),
            row(cell("", properties=on), "Fern", "33", "33"),
            row("South", "Ivy", cell("closed", properties='<w:gridSpan w:val="2"/>')),
        )
    )
    assert document.text.split("\n") == [
        "Region | Town | May | June",
        "North | Elm | 40 | 40",
        "North | Fern | 33 | 33",
        "South | Ivy | closed | closed",
    ]
    (made,) = document.tables
    assert made.value(document.text, 2, 0) == "North"
    assert made.column_heads(document.text) == ["Region", "Town", "May", "June"]


def test_a_table_within_a_cell_is_a_table(word) -> None:
    """It follows the one around it, and its caption is the row that it stands in."""
    document = word(
        table(
            row("Site", "Mill on the Ude"),
            row("Noise", cell(table(row("By day", "52 dB"), row("By night", "47 dB")))),
        )
    )
    outer, within = document.tables
    assert (within.caption, within.value(document.text, 1, 1)) == ("Noise", "47 dB")
    assert outer.value(document.text, 0, 1) == "Mill on the Ude"


def test_captions_and_heads_of_a_table_are_its_own(word) -> None:
    """A paragraph in the style of captions, a cell over all columns, rows repeated as heads."""
    document = word(
        p("Catches on the Ude", style="C"),
        table(row("Fish", "t", properties="<w:tblHeader/>"), row("Pike", "4"), row("Eel", "5")),
        "Between.",
        table(
            row(cell("Boats by harbour", properties='<w:gridSpan w:val="2"/>')),
            row("Harbour", "Boats"),
            row("Orm", "12"),
        ),
    )
    assert [one.caption for one in document.tables] == ["Catches on the Ude", "Boats by harbour"]
    assert document.text.count("Catches on the Ude") == document.text.count("Boats by harbour") == 1
    assert document.tables[0].head_rows == document.tables[1].head_rows == 1


def test_a_text_box_is_read_once(word) -> None:
    """Of its two forms one is read; a box of the older kind too, with the table in it."""
    words = f"<w:txbxContent>{p('Key figure: 18 boats.')}</w:txbxContent>"
    both = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>{words}</wps:txbx></w:drawing>"
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{words}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    inside = table(row("Tern", "9 m"), row("Gull", "7 m"))
    older = words.replace(p("Key figure: 18 boats."), inside)
    older = f"<w:r><w:pict><v:textbox>{older}</v:textbox></w:pict></w:r>"
    document = word(p("Before.", both), p(older), "After.")
    assert document.text == "Before.\n\nKey figure: 18 boats.\n\nTern | 9 m\nGull | 7 m\n\nAfter."


def test_notes_follow_their_paragraph_and_leave_no_mark(word) -> None:
    """Neither a footnote's mark nor an endnote's touches the word before it."""
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    end = '<w:r><w:endnoteReference w:id="1"/></w:r>'
    remark = '<w:r><w:commentReference w:id="0"/></w:r>'
    document = word(
        p("The fleet landed 214", note, " tonnes", end, ".", remark),
        "Next.",
        footnotes=f"<w:footnotes {NAMESPACES}><w:footnote w:id='2'>{p('Without eel.')}"
        "</w:footnote></w:footnotes>",
        endnotes=f"<w:endnotes {NAMESPACES}><w:endnote w:id='1'>{p('Port records.')}</w:endnote>"
        "</w:endnotes>",
        comments=f"<w:comments {NAMESPACES}><w:comment w:id='0' w:author='Una Brandt'>"
        f"{p('Check this.')}</w:comment></w:comments>",
    )
    assert document.text == (
        "The fleet landed 214 tonnes.\n\nNote 1: Without eel.\n\nEndnote 1: Port records.\n\n"
        "Comment by Una Brandt: Check this.\n\nNext."
    )


def test_neither_the_head_of_a_page_nor_its_contents_name_the_document(word) -> None:
    """Its own first line does; the number of the page is left out of a footer that says more."""
    foot = f"<w:ftr {NAMESPACES}>{p('Page 3 of 9')}{p('Approved by Una Brandt')}</w:ftr>"
    document = word(
        "Contents", "1 Fares 3", "Fares of the ferry", "A child pays 7 crowns.",
        section='<w:footerReference w:type="default" r:id="footer1"/>', footer1=foot,
    )  # fmt: skip
    assert document.source.title == "Fares of the ferry"
    assert "Page footer: Approved by Una Brandt" in document.text


def test_headers_and_footers_are_read_once(word) -> None:
    """After the title, without page numbers; one that no page shows is not read."""
    page = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>7</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    head = f"<w:hdr {NAMESPACES}>{p('Document KR-88')}</w:hdr>"
    section = "".join(
        f'<w:{kind}Reference w:type="{when}" r:id="{one}"/>'
        for kind, when, one in (
            ("header", "default", "header1"),
            ("header", "first", "header2"),
            ("footer", "default", "footer3"),
        )
    )
    document = word(
        p("Rules of the mill", style="U1"),
        "No dogs.",
        section=section,
        header1=head,
        header2=head.replace("KR-88", "never shown"),
        footer3=f"<w:ftr {NAMESPACES}>{p('Page ', page, ' of ', page)}</w:ftr>",
    )
    assert document.text == "Rules of the mill\n\nPage header: Document KR-88\n\nNo dogs."
    assert kept(document) == {"page numbers": 1}


def test_numbers_that_word_counts_are_written(word) -> None:
    """Of headings, of clauses, with letters; bullets are dashes, a list of its own starts anew."""
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for n, (start, form, text) in enumerate(
            [(3, "decimal", "%1"), (1, "decimal", "%1.%2"), (1, "lowerLetter", "(%3)"),
             (1, "bullet", "•")]
        )
    )  # fmt: skip
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    numbering = (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="5">{levels}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="5"/></w:num>'
        f'<w:num w:numId="2"><w:abstractNumId w:val="5"/>{override}</w:num></w:numbering>'
    )

    def at(depth: int, text: str, style: str = "", number: int = 1) -> str:
        listed = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
        return p(text, style=style, properties=listed)

    document = word(
        at(0, "Scope", "U1"), at(1, "All boats."), at(1, "All piers:"), at(2, "of wood"),
        at(2, "of stone"), at(3, "a bullet"), at(0, "Fees", "U1"), at(1, "None."),
        at(0, "Other", number=2),
        numbering=numbering,
    )  # fmt: skip
    assert (
        document.text.split()
        == (
            "3 Scope 3.1 All boats. 3.2 All piers: (a) of wood (b) of stone - a bullet 4 Fees "
            "4.1 None. 1 Other"
        ).split()
    )
    assert [one.title for one in document.headings] == ["3 Scope", "4 Fees"]


def test_equations_are_text(word) -> None:
    """Fractions, powers, roots and sums on a line; one drawn by another program is named."""

    def part(name: str, text: str) -> str:
        return f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>"

    fraction = f"<m:f>{part('num', '48 kN')}{part('den', '2')}</m:f>"
    power = f"<m:sSup>{part('e', '10')}{part('sup', '25')}</m:sSup>"
    root = f"<m:rad><m:deg/>{part('e', 'a+b')}</m:rad>"
    total = (
        f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>{part("sub", "i=1")}{part("sup", "n")}'
        f"{part('e', 'x')}</m:nary>"
    )
    foreign = '<w:r><w:object><o:OLEObject ProgID="Equation.DSMT4"/></w:object></w:r>'
    document = word(
        p("Force ", f"<m:oMath><m:r><m:t>F=</m:t></m:r>{fraction}</m:oMath>", " holds."),
        p(f"<m:oMathPara><m:oMath>{power}</m:oMath></m:oMathPara>"),
        p(f"<m:oMath>{root}</m:oMath>", " and ", f"<m:oMath>{total}</m:oMath>", foreign),
    )
    assert document.text == ("Force F=(48 kN)/2 holds.\n\n10^25\n\n√(a+b) and ∑_(i=1)^(n) x")
    assert kept(document) == {"equations": 1} and document.left_out[0].missed


def test_struck_out_words_are_no_part_of_the_sentence(word) -> None:
    """Struck by the run, doubly, or by its style; switched off they stay."""
    document = word(
        p("Six ", r("or seven ", "<w:strike/>"), r("hens ", '<w:strike w:val="0"/>'), "lay."),
        p(r("Twice gone. ", "<w:dstrike/>"), r("By style. ", '<w:rStyle w:val="Gone"/>'), "Here."),
    )
    assert document.text == "Six hens lay.\n\nHere."
    assert kept(document) == {"struck-out words": 6}


def test_raised_and_lowered_letters_keep_numbers_apart(word) -> None:
    """Powers are marked, ordinals and formulas written on."""
    up, down = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'
    document = word(
        p("About 10", r("25", up), " steps on the 15", r("th", up), " of H", r("2", down), "O.")
    )
    assert document.text == "About 10^25 steps on the 15th of H2O."


def test_signs_tabs_and_fields_are_what_they_show(word) -> None:
    """A check box, a choice, an arrow of a font of signs, and the result of a field."""

    def mark(kind: str, data: str = "") -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}">{data}</w:fldChar></w:r>'

    box = mark("begin", "<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>")
    code = "<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>"
    choice = mark(
        "begin",
        '<w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="red"/>'
        '<w:listEntry w:val="blue"/></w:ddList></w:ffData>',
    )
    reference = (
        mark("begin") + "<w:r><w:instrText> REF x </w:instrText></w:r>" + mark("separate")
        + r("Table 4") + mark("end")
    )  # fmt: skip
    arrow = '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>'
    greek = '<w:r><w:sym w:font="Symbol" w:char="F06D"/></w:r>'
    document = word(
        p(box, code, mark("end"), " Paid, colour ", choice, mark("end"), ", see ", reference),
        p("Orm ", arrow, " Ude, 5 ", greek, "m", "<w:r><w:tab/></w:r>", "wide"),
        p(f'<w:hyperlink r:id="x">{r("The site")}</w:hyperlink>', " is open."),
    )
    assert document.text == (
        "☒ Paid, colour blue, see Table 4\n\nOrm → Ude, 5 μm wide\n\nThe site is open."
    )


def test_lines_of_their_own_stay_lines_and_broken_sentences_are_joined(word) -> None:
    """By what stands at the break."""
    broken = "<w:r><w:br/></w:r>"
    document = word(
        p("Depth: 7 metres", broken, "Fee: 30 crowns"),
        p("The pier of Orm was", broken, "built of oak."),
    )
    assert document.text == ("Depth: 7 metres\nFee: 30 crowns\n\nThe pier of Orm was built of oak.")


def test_the_data_of_a_chart_is_a_table(word) -> None:
    """With its title, its categories and its series, as the chart shows the numbers."""
    drawing = (
        '<w:r><w:drawing><a:graphicData><c:chart r:id="chart7"/></a:graphicData></w:drawing></w:r>'
    )
    document = word(
        p("Look:", drawing),
        p(drawing),
        chart7=chart(
            ("Perch", ["2024", "2025"], [0.25, 0.5]),
            ("Pike", ["2024", "2025"], [0.75, 0.5]),
            title="Share of the catch",
            form="0%",
        ),
    )
    (made,) = document.tables
    assert made.caption == "Share of the catch"
    assert document.text.endswith(
        "Share of the catch\n\n | Perch | Pike\n2024 | 25% | 75%\n2025 | 50% | 50%"
    )
    assert made.row_head(document.text, 2) == "2025"
    assert made.column_heads(document.text)[1:] == ["Perch", "Pike"]


def test_smartart_is_read_from_the_top_down(word) -> None:
    """Its words are in a part of their own."""

    def point(key: str, text: str) -> str:
        words = f"<dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t>"
        return f'<dgm:pt modelId="{key}">{words}</dgm:pt>'

    def below(above: str, key: str, place: int) -> str:
        return f'<dgm:cxn modelId="{above}{key}" srcId="{above}" destId="{key}" srcOrd="{place}"/>'

    points = point("c", "Nets") + point("b", "Boats") + point("a", "Harbour")
    links = below("a", "c", 1) + below("a", "b", 0)
    document = word(
        p("Look:", '<w:r><w:drawing><dgm:relIds r:dm="diagramData"/></w:drawing></w:r>'),
        diagramData=f"<dgm:dataModel {NAMESPACES}><dgm:ptLst>{points}</dgm:ptLst>"
        f"<dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>",
    )
    assert document.text == "Look:\n\nHarbour\nBoats\nNets"


def test_what_is_not_read_is_named(word) -> None:
    """A workbook within, a picture; a page of HTML put in whole is read."""
    within = '<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12" r:id="rIdBook"/></w:object></w:r>'
    picture = "<w:r><w:drawing><pic:pic/></w:drawing></w:r>"
    document = word(
        p("Text.", within, picture),
        '<w:altChunk r:id="aFChunk"/>',
        relations="rIdBook package embeddings/costs.xlsx\n",
        aFChunk="",
    )
    assert [str(one) for one in document.left_out] == [
        "1 embedded file (costs.xlsx)", "1 picture", "1 embedded file (aFChunk.xml)",
    ]  # fmt: skip
    assert [one.missed for one in document.left_out] == [True, False, True]


def test_headings_are_known_by_level_whatever_their_name(word) -> None:
    """By the style's English name, by the style that it is based on, by a level of its own."""
    document = word(
        p("One", style="U1"), "Text.", p("Two", style="U9"), "Text.",
        p("Three", properties='<w:outlineLvl w:val="2"/>'), "Text.",
    )  # fmt: skip
    assert [(one.level, one.title) for one in document.headings] == [
        (1, "One"), (2, "Two"), (3, "Three"),
    ]  # fmt: skip


def test_a_large_first_letter_is_part_of_its_word(word) -> None:
    """Word keeps it in a paragraph of its own."""
    document = word(p("T", properties='<w:framePr w:dropCap="drop"/>'), "he mill is old.")
    assert document.text == "The mill is old."


def test_the_strict_form_of_the_standard_is_read(word, tmp_path: Path) -> None:
    """It has other namespaces for the same names."""
    text = p("Strict words.")
    strict = f"<w:document {NAMESPACES}><w:body>{text}</w:body></w:document>".replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert "purl" in strict
    path = written(tmp_path / "strict.docm", "word", {"document.xml": strict})
    assert read(path).text == "Strict words."
