"""Presentations: slides as an audience sees them, with notes and comments marked as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.util import Inches

from corpus.document import Document
from corpus.readers import read
from tests.office_files import NAMESPACES


class Show:
    """A presentation of blank slides with boxes on them."""

    def __init__(self, path: Path) -> None:
        self.made, self.path = pptx.Presentation(), path

    def slide(self, layout: int = 6) -> Any:
        return self.made.slides.add_slide(self.made.slide_layouts[layout])

    def box(self, slide: Any, text: str, left: float, top: float, wide: float = 3.0) -> Any:
        frame = Inches(left), Inches(top), Inches(wide), Inches(0.5)
        made = slide.shapes.add_textbox(*frame)
        made.text_frame.text = text
        return made

    def put(self, slide: Any, shape: str) -> None:
        slide.shapes._spTree.append(parse_xml(shape))

    def read(self) -> Document:
        self.made.save(str(self.path))
        return read(self.path)


@pytest.fixture
def show(tmp_path: Path) -> Show:
    return Show(tmp_path / "made.pptx")


def lines_of(document: Document) -> list[str]:
    return [line for line in document.text.split("\n") if line]


def placeholder(kind: str, words: str) -> str:
    return (
        f'<p:sp {NAMESPACES}><p:nvSpPr><p:cNvPr id="9" name="x"/><p:cNvSpPr/><p:nvPr>'
        f'<p:ph type="{kind}" idx="99"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/>'
        f"<a:p>{words}</a:p></p:txBody></p:sp>"
    )


def body(words: str) -> str:
    return (
        f'<p:sp {NAMESPACES}><p:nvSpPr><p:cNvPr id="8" name="y"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
        f"<p:spPr/><p:txBody><a:bodyPr/>{words}</p:txBody></p:sp>"
    )


def run(text: str, properties: str = "") -> str:
    return f"<a:r><a:rPr {properties}/><a:t>{text}</a:t></a:r>"


def test_lines_of_a_box_stay_apart_and_one_that_goes_on_is_joined(show) -> None:
    """Whether the break is PowerPoint's own or a vertical tab."""
    slide = show.slide()
    show.box(slide, "Drilling starts in 2027\vCosts are capped\vat nine million", 1, 1)
    assert lines_of(show.read()) == ["Drilling starts in 2027", "Costs are capped at nine million"]


def test_columns_are_read_one_after_the_other(show) -> None:
    """Whatever was drawn first; the title before all."""
    slide = show.slide(5)
    show.box(slide, "right two", 5.5, 3.0)
    show.box(slide, "left two", 0.7, 3.0)
    show.box(slide, "Right", 5.5, 2.4)
    show.box(slide, "Left", 0.7, 2.4)
    show.box(slide, "Below both of them", 0.7, 5.5, 8.0)
    slide.shapes.title.text = "Piers and mills"
    assert lines_of(show.read()) == [
        "Piers and mills", "Left", "left two", "Right", "right two", "Below both of them",
    ]  # fmt: skip


def test_labels_are_read_with_the_texts_beside_them(show) -> None:
    """Where the bands lie wider apart than the columns."""
    slide = show.slide()
    for top, label, text in ((1.0, "Depth", "nine metres"), (3.0, "Width", "two metres")):
        show.box(slide, text, 2.6, top)
        show.box(slide, label, 0.5, top, 2.0)
    assert lines_of(show.read()) == ["Depth", "nine metres", "Width", "two metres"]


def test_the_order_of_a_layout_holds_where_a_shape_has_no_place_of_its_own(show) -> None:
    """Two lists of the layout "Two Content", the right one filled first."""
    slide = show.slide(3)
    slide.shapes.title.text = "Two lists"
    slide.placeholders[2].text, slide.placeholders[1].text = "right", "left"
    tree = slide.shapes._spTree
    tree.append(slide.placeholders[1]._element)
    assert lines_of(show.read()) == ["Two lists", "left", "right"]


def test_a_table_has_its_heads_and_its_merged_cells(show) -> None:
    """A merged value stands in each place that it covers; equal cells stay."""
    slide = show.slide()
    frame = slide.shapes.add_table(4, 3, Inches(1), Inches(1), Inches(6), Inches(2))
    cells = [["Mill", "Q1", "Q2"], ["Alder", "40", "40"], ["Birch", "closed", ""], ["", "3", "4"]]
    for down, row in enumerate(cells):
        for along, text in enumerate(row):
            frame.table.cell(down, along).text = text
    frame.table.cell(2, 1).merge(frame.table.cell(2, 2))
    frame.table.cell(2, 0).merge(frame.table.cell(3, 0))
    document = show.read()
    assert lines_of(document) == [
        "Mill | Q1 | Q2", "Alder | 40 | 40", "Birch | closed | closed", "Birch | 3 | 4",
    ]  # fmt: skip
    assert document.tables[0].column_heads(document.text) == ["Mill", "Q1", "Q2"]


def test_the_data_of_a_chart_is_a_table(show) -> None:
    """As the chart shows the numbers, under its title."""
    data = CategoryChartData(number_format="0%")
    data.categories = ["Orm", "Ude"]
    data.add_series("2024", (0.25, 0.5))
    data.add_series("2025", (0.75, 0.5))
    place = Inches(1), Inches(1), Inches(4), Inches(3)
    drawn = show.slide().shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data).chart
    drawn.has_title = True
    drawn.chart_title.text_frame.text = "Share of perch"
    (table,) = (document := show.read()).tables
    assert table.caption == "Share of perch"
    assert table.column_heads(document.text)[1:] == ["2024", "2025"]
    assert document.text.endswith("Orm | 25% | 75%\nUde | 50% | 50%")


def test_footers_are_read_once_and_numbers_are_not(show) -> None:
    """A fixed day among the footers is read, today's is not."""
    for _ in range(2):
        slide = show.slide()
        show.box(slide, "Words.", 1, 1)
        show.put(slide, placeholder("ftr", run("Document KR-88")))
        show.put(slide, placeholder("sldNum", '<a:fld type="slidenum"><a:t>7</a:t></a:fld>'))
        show.put(slide, placeholder("dt", '<a:fld type="datetime1"><a:t>1.2.26</a:t></a:fld>'))
    document = show.read()
    assert lines_of(document) == ["Words.", "Page footer: Document KR-88", "Words."]
    assert document.left_out_counts == {"page numbers": 2, "running heads": 3}


def test_slides_keep_their_numbers_when_one_is_hidden(show) -> None:
    """A citation names the number that the program shows."""
    for text in ("First.", "Secret.", "Third."):
        show.box(show.slide(), text, 1, 1)
    show.made.slides[1]._element.set("show", "0")
    document = show.read()
    assert document.page_labels == ("1", "3")
    assert [str(one) for one in document.left_out] == ["1 hidden slide (slide 2)"]


def test_letters_are_what_they_show(show) -> None:
    """Struck words are left out, powers marked, equations written, lists numbered."""
    power = f"<m:sSup>{part('e', 'x')}{part('sup', '2')}</m:sSup>"
    both = f"<mc:AlternateContent><mc:Choice><a14:m><m:oMath>{power}</m:oMath></a14:m></mc:Choice>"
    both += f"<mc:Fallback>{run('picture')}</mc:Fallback></mc:AlternateContent>"
    numbered = '<a:pPr><a:buAutoNum type="arabicPeriod" startAt="2"/></a:pPr>'
    struck, up = 'strike="sngStrike"', 'baseline="30000"'
    show.put(
        show.slide(),
        body(
            f"<a:p>{run('Fare 4 ', struck)}{run('Fare 7, 10')}"
            f"{run('25', up)}{run(' steps')}</a:p>"
            f"<a:p>{run('With ')}{both}</a:p>"
            f"<a:p>{numbered}{run('Oak')}</a:p><a:p>{numbered}{run('Elm')}</a:p>"
        ),
    )
    document = show.read()
    assert lines_of(document) == ["Fare 7, 10^25 steps", "With x^2", "2. Oak", "3. Elm"]
    assert document.left_out_counts == {"struck-out words": 2}


def part(name: str, text: str) -> str:
    return f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>"


def test_notes_and_what_is_not_read_are_marked(show) -> None:
    """The speaker's words are not the slide's; pictures and files within are named."""
    slide = show.slide()
    show.box(slide, "Words.", 1, 1)
    slide.notes_slide.notes_text_frame.text = "Say this.\nThen that."
    frame = (
        f'<p:graphicFrame {NAMESPACES}><p:nvGraphicFramePr><p:cNvPr id="7" name="z"/>'
        "<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData>"
        '<p:oleObj progId="Excel.Sheet.12"/></a:graphicData></a:graphic></p:graphicFrame>'
    )
    show.put(slide, frame)
    document = show.read()
    assert lines_of(document) == [
        "Words.", "Speaker notes: Say this.", "Speaker notes: Then that.",
    ]  # fmt: skip
    assert document.left_out_counts == {"embedded files": 1} and document.left_out[0].missed


def test_when_the_template_was_saved_is_not_when_slides_were_changed(show) -> None:
    """What python-pptx makes keeps the date of the file that it starts from."""
    show.box(show.slide(), "Words.", 1, 1)
    assert show.read().source.updated == ""
