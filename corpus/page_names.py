"""How the pages of a document are named, in one place: by number, by label, and as ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# More ranges than this are no help to anybody.
_RANGES = 12


@dataclass(frozen=True, slots=True)
class Folio:
    """What is known of a page beside its number.

    `label` is what is printed on it ("iv", "A-3"; "" where that is its number), `of` how many pages
    the document has, `ocr` whether its words were recognised from a picture.
    """

    label: str = ""
    of: int = 0
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of a language for a page: plain, with a label, and read by OCR."""

    plain: str
    labelled: str
    ocr: str


ENGLISH = PageWords("page {page}", "page {label} ({page} of {of})", "{name}, read by OCR")


def page_name(page: int | None, folio: Folio, words: PageWords = ENGLISH) -> str:
    """Return how a page is named, "page iv (4 of 210)" for instance; "" where there is none."""
    if page is None:
        return ""
    pattern = words.labelled if folio.label and folio.label != str(page) else words.plain
    name = pattern.format(page=page, label=folio.label, of=folio.of)
    return words.ocr.format(name=name) if folio.ocr else name


def page_ranges(numbers: Sequence[int]) -> str:
    """Return page numbers, in order and from 1, as words: "pages 2–7, 9"; "" for none."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    said = [f"{first}–{last}" if last > first else str(first) for first, last in ranges]
    if len(said) > _RANGES:
        rest = sum(last - first + 1 for first, last in ranges[_RANGES:])
        said[_RANGES:] = [f"and {rest} more"]
    return f"page{'s' * (len(numbers) > 1)} {', '.join(said)}" if said else ""
