"""The source panel: where a quote is from, its page drawn or its text, and what stands beside it.

Everything a document says is escaped; pictures are put into the page as data, nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Protocol

from assistant.answer import Citation
from assistant.related import Related
from corpus.catalogue import Entry
from corpus.document import Document, Source
from corpus.errors import NotInLibrary, ReadError
from corpus.originals import Original
from corpus.page_images import PageImage
from index.evidence import Evidence
from ui.markup import place_of
from ui.markup_source import (
    ZOOMS,
    View,
    article,
    empty_html,
    facts_line,
    fold,
    found_at,
    note,
    passage,
    quoted,
    reasons,
    sheet,
    tools,
)
from ui.translation import translated
from ui.wording import word

# Pixels a point at the width of the panel.
_SCALE = 1.6


@dataclass(frozen=True, slots=True)
class SelectedCitation:
    """A citation to show, the sentence that cites it, and what was found for that answer."""

    citation: Citation
    claim: str = ""
    evidence: tuple[Evidence, ...] = ()


class Holding(Protocol):
    """What the panel asks of the library."""

    def document(self, document: str) -> Document:
        """Return a document's text; raises NotInLibrary."""

    def entry(self, document: str) -> Entry:
        """Return a document as listed; raises NotInLibrary."""

    def original(self, document: str) -> Original | None:
        """Return the file that a document was read from, where it is kept."""


class Drawing(Protocol):
    """What the panel asks of `corpus.page_images.Drawer`."""

    def picture(
        self,
        original: Path,
        document: Document,
        page: int,
        *,
        part: Sequence[str] = (),
        scale: float = 1.5,
        start: int = 0,
        end: int = 0,
    ) -> PageImage:
        """Return a page with its boxes; raises ReadError."""


class Sources:
    """Writes the panel over one library."""

    def __init__(
        self,
        library: Holding,
        drawing: Drawing,
        *,
        grade: Callable[[Source], str],
        beside: Callable[[SelectedCitation], Related],
    ) -> None:
        """`grade` gives a source's grade ("C3"), `beside` what else was found."""
        self._library = library
        self._drawing = drawing
        self._grade = grade
        self._beside = beside

    def pages(self, selected: SelectedCitation) -> tuple[int, int]:
        """Return how many pages the document has, and on which the quote begins; 0, 0 without."""
        try:
            document = self._library.document(selected.citation.document)
        except NotInLibrary:
            return 0, 0
        return len(document.page_starts), document.page_at(selected.citation.start) or 0

    def html(self, selected: SelectedCitation, view: View, language: str) -> str:
        """Return the panel for a citation."""
        citation, source = selected.citation, selected.citation.source
        try:
            document = self._library.document(citation.document)
        except NotInLibrary:
            body = note("source.gone", language) + quoted(citation, language)
            return article(citation, facts_line(source, "", language), body, language)
        body = self._page(citation, document, view, language)
        return article(
            citation,
            facts_line(source, self._grade(source), language),
            body + reasons(citation, language) + self._found(selected, language)
            + self._about(citation, language),
            language,
        )  # fmt: skip

    def _page(self, citation: Citation, document: Document, view: View, language: str) -> str:
        """Return the page drawn, or the passage in its text."""
        original = self._library.original(citation.document)
        pages = len(document.page_starts)
        begins = document.page_at(citation.start) or 1
        number = view.page or begins
        if not pages or original is None or citation.source.kind != "pdf":
            return passage(citation, document, language)
        row = tools(document, number, begins, view, language)
        if view.as_text:
            return row + passage(citation, document, language)
        try:
            picture = self._drawing.picture(
                original.path, document, number, part=original.part,
                scale=_SCALE * ZOOMS[view.zoom], start=citation.start, end=citation.end,
            )  # fmt: skip
        except ReadError as error:
            said = word("source.not_drawn", language, reason=translated(str(error), language))
            return (
                row + f'<p class="note">{escape(said)}</p>' + passage(citation, document, language)
            )
        parts = [row, sheet(picture, number, view, citation.source.title, language)]
        if number == begins and not picture.boxes:
            parts.append(note("source.unmarked", language))
        if picture.rest:
            parts.append(note("source.overleaf", language))
        return "".join(parts) + quoted(citation, language)

    def _found(self, selected: SelectedCitation, language: str) -> str:
        """Return the folds with what else was found for the answer."""
        found = self._beside(selected)
        same = [found_at(one, "") for one in found.same]
        differ = [
            found_at(
                one.evidence,
                word("source.here_there", language, here=one.here, there=one.there),
            )
            for one in found.differ
        ]
        document = [found_at(one, "") for one in found.document]
        return (
            fold("source.differ", differ, language, is_open=True)
            + fold("source.same", same, language)
            + fold("source.document", document, language)
        )

    def _about(self, citation: Citation, language: str) -> str:
        source = citation.source
        try:
            entry = self._library.entry(citation.document)
            added, sources = entry.added[:10], entry.sources
        except NotInLibrary:
            added, sources = "", ()
        also = [
            ", ".join(filter(None, (one.publisher, one.published, place_of(one.location))))
            for one in sources
            if one.location != source.location
        ]
        remote = "://" in source.location
        later = citation.newer.source if citation.newer else None
        facts = [
            ("source.publisher", source.publisher or word("source.not_stated", language)),
            ("source.published", source.published or word("source.not_stated", language)),
            ("source.section", citation.heading),
            ("source.kind", source.kind),
            ("source.address" if remote else "source.file",
             place_of(source.location)),
            ("source.added", added),
            ("library.also_at", "; ".join(also)),
            ("source.later", f"{later.title} ({later.published})" if later else ""),
        ]  # fmt: skip
        rows = "".join(
            f"<dt>{word(key, language)}</dt><dd>{escape(value)}</dd>"
            for key, value in facts
            if value
        )
        original = self._library.original(citation.document)
        link = (
            f'<p><a class="original" href="/originals/{escape(citation.document)}" download>'
            f"{word('source.original', language)}</a></p>"
            if original
            else ""
        )
        name = word("source.details", language)
        return f"<details><summary>{name}</summary><dl>{rows}</dl>{link}</details>"


__all__ = ["Drawing", "Holding", "SelectedCitation", "Sources", "View", "empty_html"]
