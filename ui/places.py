"""Where something is, in words of the page's language: a page, a cited source, a file."""

from __future__ import annotations

from corpus.citation_line import citation_line
from corpus.document import Source
from corpus.page_names import Folio, PageWords, page_name
from index.ingest import UPLOADED
from ui.wording import word


def cited_at(source: Source, page: int | None, folio: Folio, language: str = "en") -> str:
    """Return in one line where something stands: title, publisher, date, page."""
    return citation_line(source, page_name(page, folio, page_names_in(language)))


def page_names_in(language: str) -> PageWords:
    """Return the words of a language for a page."""
    return PageWords(
        word("chat.page", language, page="{page}"),
        word("chat.page_labelled", language, label="{label}", page="{page}", of="{of}"),
        word("chat.page_by_ocr", language, name="{name}"),
    )


def shown_location(location: str) -> str:
    """Return where a document is from, as a reader is told: an address, or the name of a file."""
    if "://" in location:
        return location
    return location.removeprefix(UPLOADED).rpartition("/")[2]
