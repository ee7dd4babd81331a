"""What a PDF's pages hold and its text does not: every line and mark left out, by kind and page."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.document import pages_said
from corpus.readers.blocks import Blocks
from corpus.readers.pdf_page import PdfLine


@dataclass(frozen=True, slots=True)
class Left:
    """Something left out: its 0-based page, its kind in the plural, what it says."""

    page: int
    kind: str
    text: str


def leave_out(text: Blocks, account: Sequence[Left]) -> None:
    """Note in a document what was left out of it, by kind, with the pages."""
    for kind in dict.fromkeys(one.kind for one in account):
        pages = [one.page + 1 for one in account if one.kind == kind]
        text.leave_out(kind, len(pages), pages_said(sorted(set(pages))))


def missing(pages: Sequence[Sequence[PdfLine]], account: Sequence[Left], text: str) -> int:
    """Return how many letters and digits of the pages are neither in the text nor accounted for.

    None should be; a letter that is lost is said to be, whatever the cause.
    """
    there = _letters(line.text for page in pages for line in page)
    there.subtract(_letters(one.text for one in account))
    there.subtract(_letters([text]))
    return sum(count for count in there.values() if count > 0)


def _letters(texts: Iterable[str]) -> Counter[str]:
    signs = Counter(unicodedata.normalize("NFKD", "\n".join(texts)))
    return Counter({sign: count for sign, count in signs.items() if sign.isalnum()})
