"""Render the starter library's reports from Markdown to PDF, byte for byte reproducibly.

Run ``python -m corpus.starter.reports.build``. Front matter gives title, date, topics and sources;
the body is made of numbered ``##`` headings, paragraphs, ``-`` lists and pipe tables, each after a
caption paragraph ``Table N. ...``. The fonts are PDF core fonts, so the text stays in Latin-1.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import yaml
from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout, XPos, YPos

HERE = Path(__file__).parent
AUTHOR = "Briefing Assistant starter library"
MARGIN = 23.0  # millimetres, on all sides of an A4 page
KEEP = 50.0  # room a heading needs under it, so that a paragraph of eight lines follows it
BLACK, BLUE, GREY, PALE = (20, 20, 20), (22, 60, 110), (110, 110, 110), (232, 238, 246)


class Report(FPDF):
    """An A4 report with a running head, page numbers, an outline and metadata."""

    def __init__(self, about: dict[str, Any]) -> None:
        super().__init__(format="A4")
        self.about = about
        day: datetime.date = about["published"]
        self.set_creation_date(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC))
        self.set_title(about["title"])
        self.set_author(AUTHOR)
        self.set_subject(", ".join(about["topics"]))
        self.set_producer("fpdf2")  # without the version, which would change the bytes
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN)
        self.add_page()

    def header(self) -> None:
        """Put the title, from the second page on, at the top of the page."""
        if self.page_no() > 1:
            self.set_y(13)
            self.block(self.about["title"], "Helvetica", 8, colour=GREY)
            self.set_draw_color(*GREY)
            self.line(MARGIN, 19, self.w - MARGIN, 19)
            self.set_y(MARGIN)

    def footer(self) -> None:
        """Put the publisher and the page number at the foot of the page."""
        self.set_y(-16)
        self.set_font("Helvetica", size=8)
        self.set_text_color(*GREY)
        self.cell(self.epw / 2, 5, AUTHOR)
        self.cell(self.epw / 2, 5, f"Page {self.page_no()}", align="R")

    def block(
        self,
        text: str,
        family: str,
        size: float,
        style: str = "",
        colour: tuple[int, int, int] = BLACK,
        after: float = 0,
        indent: float = 0,
    ) -> None:
        """Write one block of text, whole on one page, and leave ``after`` mm under it."""
        self.set_font(family, style, size)
        self.set_text_color(*colour)
        self.set_x(MARGIN + indent)
        lines: Any = self.multi_cell(0, text=text, dry_run=True, output="LINES")
        if self.will_page_break(len(lines) * size * 0.47):
            self.add_page()
        self.set_x(MARGIN + indent)
        self.multi_cell(0, size * 0.47, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def heading(self, text: str) -> None:
        """Write a section heading, enter it in the outline, keep it with what follows."""
        if self.will_page_break(KEEP):
            self.add_page()
        elif self.y > MARGIN:
            self.ln(2.5)
        self.start_section(text)
        self.block(text, "Helvetica", 13, "B", colour=BLUE, after=2)

    def table_block(self, caption: str, rows: list[list[str]]) -> None:
        """Draw a caption and a table, the columns as wide as their text asks for."""
        self.block(caption, "Helvetica", 9, "B", after=1)
        self.set_font("Helvetica", size=8.5)
        self.set_draw_color(*GREY)
        words = [max(map(len, " ".join(cells).split())) for cells in zip(*rows, strict=True)]
        cells = [max(map(len, cells)) for cells in zip(*rows[1:], strict=True)]
        with self.table(
            rows,
            col_widths=[max(w + 6, min(c, 48)) for w, c in zip(words, cells, strict=True)],
            headings_style=FontFace(emphasis="BOLD", fill_color=PALE),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=4.1,
            padding=(0.7, 1.0),
            text_align="LEFT",
        ):
            pass
        self.ln(4)


def render(text: str) -> bytes:
    """Turn the Markdown text of one report into the bytes of its PDF."""
    _, front, body = text.split("---\n", 2)
    about: dict[str, Any] = yaml.safe_load(front)
    pdf, day, caption, sections = Report(about), about["published"], "", 0
    pdf.block(about["title"], "Helvetica", 20, "B", colour=BLUE, after=3)
    pdf.block(f"Published: {day.day} {day:%B %Y}", "Helvetica", 10, "B", after=1)
    topics = f"{AUTHOR}. Topics: {', '.join(about['topics'])}."
    pdf.block(topics, "Helvetica", 9, colour=GREY, after=5)
    for part in body.strip().split("\n\n"):
        if part.startswith("## "):
            sections += 1
            pdf.heading(part[3:])
        elif re.match(r"Table \d+\. ", part):
            caption = part
        elif part.startswith("|"):
            lines = [line for line in part.split("\n") if not line.startswith("|--")]
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
            with pdf.offset_rendering() as trial:  # a table stays on one page where it fits
                trial.table_block(caption, rows)
            if trial.page_break_triggered:
                pdf.add_page()
            pdf.table_block(caption, rows)
        elif part.startswith("- "):
            for item in part.split("\n"):
                pdf.block(f"\xb7 {item[2:]}", "Times", 11, indent=4, after=1)
            pdf.ln(1.4)
        else:
            pdf.block(part.replace("\n", " "), "Times", 11, after=2.4)
    pdf.add_page()
    pdf.heading(f"{sections + 1}. Sources")
    for place, source in enumerate(about["sources"], 1):
        head = f"{place}. {source['publisher']}, {source['title']}, {source['date']}."
        pdf.block(f"{head}\n{source['address']}", "Helvetica", 7, after=0.8)
    return bytes(pdf.output())


if __name__ == "__main__":
    for path in sorted(HERE.glob("*.md")):
        path.with_suffix(".pdf").write_bytes(render(path.read_text(encoding="utf-8")))
