"""PDF text page by page, by pypdfium2; metadata, outline and what it refuses, by pypdf."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.readers.blocks import Blocks, clean, visible
from corpus.readers.dates import stated_date
from corpus.readers.filings import SEC, filing_title
from corpus.readers.limits import Limits
from corpus.readers.lines import is_heading, reflowed, without_running_heads
from corpus.readers.pdf_about import About, about_pdf, text_by_pypdf

# What stands above a title: addresses, dates, page furniture, the name of a series.
_NO_TITLE = re.compile(
    r"^[^A-Za-z一-鿿]*$|://|www\.|@|^(?:table of )?contents$|^arxiv|^\W*(?:updated|version)\b|"
    r"^\w+ \d{1,2}, \d{4}$",
    re.IGNORECASE,
)
# Fewer characters a page than this, over the whole file, is a scan with a stamp on it.
_SCANNED = 25


def read_pdf(path: Path, location: str, limits: Limits) -> Document:
    """Return the text of a PDF with its pages, page labels and headings.

    pypdfium2 reads 14 to 20 times faster than pypdf and its words agree to 99.8 %; what it refuses
    pypdf is tried on. Raises ReadError: encrypted, damaged, needs_ocr, too_large.
    """
    about = about_pdf(path)
    try:
        pages = _text_by_pdfium(path, limits)
    except ReadError as refused:
        if refused.reason != "damaged":
            raise
        pages = text_by_pypdf(path, limits)
    letters = sum(len("".join(page.split())) for page in pages)
    if letters < _SCANNED * max(1, len(pages)):
        raise ReadError(
            "needs_ocr",
            f"this PDF has {len(pages)} pages and no text; run OCR on it (ocrmypdf) first",
        )
    blocks = _blocks(pages, about)
    text = blocks.text()
    head = next((page for page in pages if page.strip()), "")
    return blocks.document(
        Source(
            title=filing_title(text) or about.title or _title_of(head, path),
            location=location,
            publisher=_publisher_of(head),
            published=stated_date(visible(head)),
            kind="pdf",
        )
        if text
        else Source(path.stem, location, kind="pdf")
    )


def _text_by_pdfium(path: Path, limits: Limits) -> list[str]:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError(
                "encrypted", "this PDF needs a password; save it without one and add it again"
            ) from error
        raise ReadError("damaged", f"this PDF cannot be opened ({error})") from error
    try:
        if len(pdf) > limits.pages:
            raise ReadError(
                "too_large", f"this PDF has {len(pdf)} pages; the limit is {limits.pages}"
            )
        return [_page_text(pdf, number) for number in range(len(pdf))]
    finally:
        pdf.close()


def _page_text(pdf: Any, number: int) -> str:
    import pypdfium2

    try:
        page = pdf[number]
        text = page.get_textpage()
        return str(text.get_text_range())
    except pypdfium2.PdfiumError:
        # A page that cannot be loaded is an empty page; the others are still worth reading.
        return ""


def _blocks(pages: list[str], about: About) -> Blocks:
    """Return the pages as blocks: running heads gone, paragraphs re-flowed, headings found."""
    words = frozenset(re.findall(r"[\w-]+", " ".join(pages).lower()))
    lines = without_running_heads([_lines(page) for page in pages])
    blocks = Blocks()
    for number, page in enumerate(lines):
        blocks.page(about.labels[number] if number < len(about.labels) else "")
        titles = {_folded(title): level for level, title in about.outline.get(number, ())}
        for paragraph in reflowed(_parted(page, titles), words=words):
            if len(paragraph) > 1:
                for line in paragraph:
                    blocks.line(line)
                continue
            level = titles.get(_folded(paragraph[0])) or is_heading(paragraph[0])
            if level:
                blocks.heading(level, paragraph[0])
            else:
                blocks.paragraph(paragraph[0])
    return blocks


def _lines(page: str) -> list[str]:
    """Return the lines of a page; pdfium marks a hyphen at a line end by U+FFFE or U+0002."""
    marked = re.sub(r"[\ufffe\x02]\s*(?:\r?\n|$)", "-\n", page)
    return [visible(line.replace("\ufffe", "-")) for line in marked.replace("\r", "").split("\n")]


def _parted(lines: list[str], titles: dict[str, int]) -> list[str]:
    """Set empty lines around the lines that are titles of the outline."""
    parted: list[str] = []
    for line in lines:
        parted.extend(["", line, ""] if _folded(line) in titles else [line])
    return parted


def _folded(title: str) -> str:
    """Return a title as it is compared: an outline often leaves the section's number out."""
    plain = re.sub(r"^[\dA-Z]{1,3}(?:\.\d+)*\.?\s+", "", clean(title))
    return re.sub(r"\W+", "", plain).lower()


def _title_of(page: str, path: Path) -> str:
    """Return the first lines of the first page that read like a title."""
    lines = [clean(line) for line in visible(page).replace("\r", "").split("\n")]
    title = ""
    for line in lines[:12]:
        if not title and (len(line) < 8 or _NO_TITLE.search(line)):
            continue
        if title and (len(title) > 70 or title.endswith(".") or not line or "@" in line):
            break
        title = f"{title} {line}".strip()
        if len(line) < 45 and not line.endswith(":"):
            break
    return title[:200] or path.stem


def _publisher_of(page: str) -> str:
    """Return the publisher where the first page names itself as that body's paper."""
    head = visible(page)[:600]
    for name, sign in (
        ("Congressional Research Service", r"Congressional Research Service|crsreports\.congress"),
        ("European Union", r"Official Journal\s+of the European Union"),
        (SEC, r"SECURITIES AND EXCHANGE COMMISSION"),
    ):
        if re.search(sign, head):
            return name
    return ""
