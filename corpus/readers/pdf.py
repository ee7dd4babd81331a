"""PDF: text page by page, and the title, publisher and date that it states."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from corpus.document import Document, Source, page_list
from corpus.errors import ReadError
from corpus.formats import OUR_WORDS, DocumentPart, FileReader, Recognised
from corpus.i18n import tr
from corpus.limits import FileLimits
from corpus.ocr import Row
from corpus.readers.blocks import Blocks, distinct_names
from corpus.readers.dates import source_dates
from corpus.readers.filings import act_title, filing_date, filing_title, named_publisher
from corpus.readers.pdf_attached import parts_of_pdf
from corpus.readers.pdf_columns import in_columns
from corpus.readers.pdf_furniture import (
    LeftOutLine,
    count_missing,
    note_left_out,
    without_furniture,
)
from corpus.readers.pdf_layout import (
    Block,
    Body,
    blocks,
    comparable_title,
    join_across_pages,
    seam,
    title_of,
)
from corpus.readers.pdf_line_numbers import without_line_numbers
from corpus.readers.pdf_lines import assemble_lines
from corpus.readers.pdf_marks import Marks, PageMarks
from corpus.readers.pdf_metadata import About, about_pdf, text_by_pypdf, title_from
from corpus.readers.pdf_page import PdfLine, pages_by_pdfium, plain_lines
from corpus.readers.pdf_tables import PdfTable, is_continued

# Words of a line that stand further apart than this many heights of it are cells of a table.
_GAP = 1.5
# Fewer letters than this over a picture of the page are a stamp on a scan.
_SCANNED = 25


def pages_without_text(data: bytes, limits: FileLimits) -> list[int]:
    """Return the pages (from 1) that hold no text and are not blank.

    Raises ReadError as `read_pdf`.
    """
    marks = Marks()
    pages = [
        [line for line in page if not line.hidden] for page in pages_by_pdfium(data, limits, marks)
    ]
    kept, _ = without_furniture([assemble_lines(page) for page in pages])
    return [one + 1 for one, page in enumerate(kept) if _unread(page, marks.of(one))]


def read_pdf(
    data: bytes, location: str, limits: FileLimits, recognised: Recognised | None = None
) -> Document:
    """Return the text of a PDF with its pages, page labels and headings.

    `recognised` are the lines that OCR read on pages (from 1), which replace their text.

    pypdfium2 reads 14 to 20 times faster than pypdf and its words agree to 99.8 %; pypdf is the
    fallback for what it refuses. Raises ReadError: encrypted, damaged, needs_ocr, too_large.
    """
    return read_with_left_out(data, location, limits, recognised)[0]


def read_with_left_out(
    data: bytes, location: str, limits: FileLimits, recognised: Recognised | None = None
) -> tuple[Document, tuple[LeftOutLine, ...]]:
    """Return the document of `read_pdf`, and every line and mark left out of its text."""
    marks = Marks()
    try:
        pages = pages_by_pdfium(data, limits, marks)
    except ReadError as refused:
        if refused.reason != "damaged":
            raise
        pages = [plain_lines(page) for page in text_by_pypdf(data, limits)]
    left_out = [
        LeftOutLine(number, "hidden text", line.text)
        for number, page in enumerate(pages)
        for line in page
        if line.hidden
    ]
    pages = [[line for line in page if not line.hidden] for page in pages]
    by_ocr = {page - 1: rows for page, rows in (recognised or {}).items() if page <= len(pages)}
    for number, rows in by_ocr.items():
        pages[number] = [_line(row) for row in rows]
    about = about_pdf(data)
    whole = [assemble_lines(page) for page in pages]
    straight, numbers = without_line_numbers(whole)
    kept, furniture = without_furniture(straight)
    kept = [in_columns(page) for page in kept]
    scans = [
        number
        for number, page in enumerate(kept)
        if number not in by_ocr and _unread(page, marks.of(number))
    ]
    # A stamp on each page of a scan is not the text of the scan.
    read = [number for number, page in enumerate(kept) if page or marks.of(number).filled]
    if not (set(read) - set(scans) or marks.typed or marks.attached):
        raise ReadError(
            "needs_ocr",
            tr(
                "this PDF holds no text; if it is a scan, have it read by OCR (add --ocr, or "
                "tick OCR where you add)"
            ),
        )
    left_out += numbers + furniture
    left_out += [
        LeftOutLine(number, "footnote marks", mark)
        for number, page in enumerate(kept)
        for line in page
        for mark in line.marks
    ]
    body = Body.of(kept)
    text = _text(kept, about, body, marks)
    note_left_out(text, left_out)
    text.leave_out("letters that were not placed", count_missing(pages, left_out, text.text()))
    text.leave_out("pages without text", len(scans), page_list([number + 1 for number in scans]))
    if marks.xfa:
        text.leave_out("XFA forms", 1, "its pages show in Adobe Reader alone: print it as PDF")
    names = [
        part.name for part in distinct_names(DocumentPart(name, b"") for name in marks.attached)
    ]
    for name in names:
        text.attach(name)
    if names and not text.length:
        text.paragraph(f"Attached files: {', '.join(names)}")
    head = next((page for page in straight if page), [])
    upper = next((page for page in kept if page), head)
    lost = [one.text for one in furniture if not one.page]
    source = _source(text, head, upper, lost, about, body, location)
    ocr_pages = tuple(sorted(number + 1 for number in by_ocr))
    return replace(text.document(source), ocr_pages=ocr_pages), tuple(left_out)


def _line(row: Row) -> PdfLine:
    """Return a line that OCR read as one that was printed."""
    gaps = sum(after[1] - before[2] > _GAP * row.size for before, after in pairwise(row.words))
    left, right = row.words[0][1], row.words[-1][2]
    return PdfLine(row.text, left, right, row.base, row.size, gaps=gaps, pieces=row.words)


def _unread(page: Sequence[PdfLine], marks: PageMarks) -> bool:
    """Say whether a page shows something of which no text is known: it needs OCR."""
    letters = sum(len("".join(line.text.split())) for line in page)
    if marks.filled:
        return False
    return letters < _SCANNED if marks.pictured else not letters and not marks.blank


def _text(pages: Sequence[Sequence[PdfLine]], about: About, body: Body, marks: Marks) -> Blocks:
    words = frozenset(
        word
        for page in pages
        for line in page
        for word in re.findall(r"[\w’'-]+", line.text.lower())
    )
    found = []
    for number, page in enumerate(pages):
        titles = {comparable_title(title): level for level, title in about.outline.get(number, ())}
        found.append(blocks(page, body, words=words, titles=titles))
    text, between = Blocks(), None
    above: PdfTable | None = None
    flow = join_across_pages(found, body, words)
    for number, whole in enumerate(flow):
        text.page(about.labels[number] if number < len(about.labels) else "", within=between)
        between = None
        for place, block in enumerate(whole.blocks):
            last = whole.goes_on and place == len(whole.blocks) - 1
            if last:
                _beside(text, marks.of(number))
                rest = flow[number + 1].blocks[0].texts[0]
                head, between = seam(block.texts[0], rest, words)
                block = replace(block, texts=(head,))
            if above and not place and block.table and is_continued(above, block.table):
                text.table_goes_on(block.table.rows)
            else:
                _add(text, block)
            above = block.table
        if marks.of(number).filled or marks.of(number).notes:
            above = None
        if not whole.goes_on:
            _beside(text, marks.of(number))
    text.rows(marks.typed)
    return text


def _add(text: Blocks, block: Block) -> None:
    if block.table:
        text.table(
            block.table.rows,
            heads=block.table.heads,
            named=block.table.caption,
            unit=block.table.unit,
        )
    elif block.level:
        text.heading(block.level, block.texts[0])
    elif len(block.texts) == 1:
        text.paragraph(block.texts[0])
    else:
        text.rows(block.texts)


def _beside(text: Blocks, marks: PageMarks) -> None:
    """Add what is filled in and noted on a page."""
    text.rows(marks.filled)
    for note in marks.notes:
        text.paragraph(note)


def _source(
    blocks: Blocks,
    head: Sequence[PdfLine],
    upper: Sequence[PdfLine],
    furniture: Sequence[str],
    about: About,
    body: Body,
    location: str,
) -> Source:
    """Return what the document states about itself, its first page before its metadata."""
    text = blocks.text()
    # By height: what is printed first on the page often comes last in the file.
    from_top = sorted(head, key=lambda line: -line.base)
    first = "\n".join([*furniture, *(line.text for line in from_top)])
    below = [line.text for line in sorted(upper, key=lambda line: -line.base)]
    title = title_from(about.title, title_of(upper, body), below)
    return Source(
        title=filing_title(text) or act_title(text) or title or Path(location).stem,
        location=location,
        publisher=named_publisher(first),
        kind="pdf",
        **source_dates(blocks, "pdf", text=first, known=filing_date(text), otherwise=about.year),
    )


PDF = FileReader(
    words=OUR_WORDS["pdf"],
    suffixes=(".pdf",),
    types={"application/pdf": ".pdf"},
    # Without its mark, under its suffix, the reader says what is wrong.
    sniff=lambda data, _: b"%PDF-" in data[:1024],
    read=read_pdf,
    parts=parts_of_pdf,
    recognised=read_pdf,
    # Pillow is how a page is drawn, and how pypdf reads pictures.
    imports=("pypdf.*", "pypdfium2", "PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.ImageOps",
             "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.PpmImagePlugin",
             "PIL.WebPImagePlugin"),
)  # fmt: skip
