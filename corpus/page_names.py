"""How a page of a document is named wherever it is cited."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Folio:
    """How a page is named beside its number.

    `label` is what is printed on it ("iv", "A-3"; "" where that is its number), `of` how many pages
    the document has, `ocr` whether its words were recognised from a picture.
    """

    label: str = ""
    of: int = 0
    ocr: bool = False


# A page that has no name but its number.
NUMBERED = Folio()


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of a language for a page: plain, with a label, and read by OCR."""

    plain: str
    labelled: str
    ocr: str


# As a page is named in a sentence or a line, and in a note at the foot of one.
ENGLISH = PageWords("page {page}", "page {label} ({page} of {of})", "{name}, read by OCR")
SHORT = PageWords("p. {page}", "p. {label} ({page} of {of})", "{name}, read by OCR")


def page_name(page: int | None, folio: Folio, words: PageWords = ENGLISH) -> str:
    """Return how a page is named, "page iv (4 of 210)" for instance; "" where there is none."""
    if page is None:
        return ""
    pattern = words.labelled if folio.label and folio.label != str(page) else words.plain
    name = pattern.format(page=page, label=folio.label, of=folio.of)
    return words.ocr.format(name=name) if folio.ocr else name
