"""The source panel: what a quote is from, its page drawn or its text, and who else says so.

The same panel reads a whole document that nothing cites. Pictures are put into the page as data,
nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any

from assistant.answer import Citation, labels
from assistant.related import Related, Said
from corpus.catalogue import Entry
from corpus.citation_line import citation_line
from corpus.document import Document, Source
from corpus.errors import NotInLibrary, ReadError
from corpus.library import Library
from corpus.page_images import PageImage, PageRenderer
from corpus.table import Span
from index.evidence import Evidence
from ui import reading
from ui.places import cited_at, shown_location
from ui.reading import Reading
from ui.rendering import rendered
from ui.wording import word

# Pixels a point of a page whose column of text is as wide as the panel.
_SCALE = 1.3
# How large a page is shown; at 1 the column of text that is quoted fills the panel.
ZOOMS = (0.4, 0.55, 0.75, 1.0, 1.3, 1.7, 2.2)
_FITTED = ZOOMS.index(1.0)
# Characters of a title in a line of several.
_SHORT_TITLE = 36
# Places of the same document that are offered below the panel.
_MOST_PLACES = 8


@dataclass(frozen=True, slots=True)
class View:
    """How the panel shows it: the page of a PDF (0: where the quote begins), its zoom, or text.

    `part` is the part of the text that is shown, None for the one around the quote; `at` is where
    the reader went in it, -1 for the quote.
    """

    page: int = 0
    zoom: int = _FITTED
    as_text: bool = False
    part: Span | None = None
    at: int = -1

    def after(self, act: str, document: Document, span: Span, at: int = -1) -> View:
        """Return the view after a button; `span` is what is quoted, `at` where "go" goes.

        Buttons are next, previous, larger, smaller, text, page, quote, above, below and go.
        """
        page = self.page or document.page_at(span[0]) or 1
        match act:
            case "next":
                return replace(self, page=min(page + 1, len(document.page_starts)))
            case "previous":
                return replace(self, page=max(page - 1, 1))
            case "larger":
                return replace(self, zoom=min(self.zoom + 1, len(ZOOMS) - 1))
            case "smaller":
                return replace(self, zoom=max(self.zoom - 1, 0))
            case "text":
                start = document.page_starts[self.page - 1] if self.page else -1
                return replace(self, as_text=True, **_going(document, start))
            case "page":
                return replace(self, as_text=False)
            case "quote":
                return replace(self, page=0, part=None, at=-1)
            case "go":
                return replace(self, page=document.page_at(at) or 0, **_going(document, at))
            case "above" | "below":
                part = self.part or reading.part_around(document, *span)
                part = reading.part_with_more(document, part, above=act == "above")
                return replace(self, part=part)
        return self


# How a source is shown at first: around the quote, its column as wide as the panel.
AT_THE_QUOTE = View()


def _going(document: Document, at: int) -> dict[str, Any]:
    """Return what of a view says that the reader went to a place of the text; -1 for the quote."""
    return {"part": reading.part_around(document, at, at) if at >= 0 else None, "at": at}


@dataclass(frozen=True, slots=True)
class SelectedCitation:
    """A citation to show, the sentence that cites it, and what was found for that answer.

    `others` are the citations of the same answer, in any document; `label` is how its marker is
    called, "" for its number. A citation of no words is a document that is read from its beginning;
    number 0 is a place that no marker names.
    """

    citation: Citation
    claim: str = ""
    evidence: tuple[Evidence, ...] = ()
    others: tuple[Citation, ...] = ()
    label: str = ""

    @property
    def span(self) -> Span:
        """What of the document is quoted."""
        return self.citation.start, self.citation.end

    @property
    def places(self) -> list[Citation]:
        """The quoted places of its document in the order of the text, one of each span."""
        found = {
            (one.start, one.end): one
            for one in (*self.others, self.citation)
            if one.document == self.citation.document and one.start < one.end
        }
        return [found[span] for span in sorted(found)]

    def step(self, by: int) -> SelectedCitation:
        """Return the quoted place before (-1) or after (1) this one in its document."""
        places = self.places
        at = next((at for at, one in enumerate(places) if (one.start, one.end) == self.span), 0)
        if not 0 <= at + by < len(places):
            return self
        there = places[at + by]
        label = labels(self.others).get(there.number, "") if self.label else ""
        return replace(self, citation=there, label=label)


@dataclass(frozen=True, slots=True)
class Tools:
    """What can be done over the text or page.

    Page `number` (0 without pages) of `pages`, called `said`; the quote begins on page `begins`.
    `place` of `places` is the quoted place that is shown; `away` says that it is out of sight.
    """

    number: int = 0
    pages: int = 0
    begins: int = 0
    said: str = ""
    zoom: int = _FITTED
    as_text: bool = True
    drawable: bool = False
    place: int = 0
    places: int = 0
    away: bool = False

    @property
    def smaller(self) -> bool:
        """Whether the page can be shown smaller."""
        return self.zoom > 0

    @property
    def larger(self) -> bool:
        """Whether the page can be shown larger."""
        return self.zoom < len(ZOOMS) - 1


@dataclass(frozen=True, slots=True)
class Shown:
    """Where quoted words stand, as it is shown: drawn, in the text, or they alone.

    `notes` are keys of words, `failure` why the page could not be drawn; `words` are the quoted
    ones, where they cannot be read in the picture itself.
    """

    tools: Tools
    failure: str = ""
    notes: tuple[str, ...] = ()
    picture: PageImage | None = None
    text: Reading | None = None
    words: str = ""

    @property
    def share(self) -> float:
        """The share of the panel's width that the drawn page takes."""
        left, right = self.picture.column if self.picture else (0.0, 1.0)
        return ZOOMS[self.tools.zoom] / (right - left)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that can be opened: a short name, what to say of it, its address on the page."""

    name: str
    about: str
    address: str


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the template of the panel draws.

    `alone` says that no other source was found that says so, `pending` that this is not known yet.
    """

    title: str
    label: str
    number: int
    quote: str
    key: str
    document: str
    facts: tuple[str, ...]
    shown: Shown
    same: tuple[Place, ...] = ()
    differ: tuple[Place, ...] = ()
    alone: bool = False
    pending: bool = False
    more: tuple[Place, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    why: str = ""
    original: bool = False
    address: str = ""
    contents: tuple[tuple[int, int, str], ...] = ()
    back: str = ""


class Sources:
    """Writes the panel over one library."""

    def __init__(
        self,
        library: Library,
        renderer: PageRenderer,
        *,
        grade: Callable[[Source], str],
        beside: Callable[[SelectedCitation], Related | None],
    ) -> None:
        """`grade` gives a source's grade ("C3"), `beside` what else was found, None for not yet."""
        self._library = library
        self._renderer = renderer
        self._grade = grade
        self._beside = beside

    def compared(self, selected: SelectedCitation) -> bool:
        """Say whether it is known what else says so."""
        return self._beside(selected) is not None

    def view(self, selected: SelectedCitation, view: View, act: str, at: int = -1) -> View:
        """Return the view of a citation after a button was pressed; `at` is where "go" goes."""
        try:
            document = self._library.document(selected.citation.document)
        except NotInLibrary:
            return view
        return view.after(act, document, selected.span, at)

    def place(self, document: str, start: int, end: int) -> SelectedCitation | None:
        """Return a place of the library that no citation names; None where there is none.

        An end of 0 is a document that is read from its beginning, or from `start` on.
        """
        try:
            found = self._library.document(document)
        except NotInLibrary:
            return None
        start = min(max(start, 0), len(found.text))
        end = min(max(end, start), len(found.text))
        page = found.page_at(start)
        citation = Citation(
            0, document, found.source, page, found.headings_at([start])[0], found.text[start:end],
            start, end, folio=found.folio(page),
        )  # fmt: skip
        return SelectedCitation(citation)

    def document_html(
        self, document: str, language: str, at: Span | None = None, view: View | None = None
    ) -> str:
        """Return a whole document as the panel shows it, from its beginning or at a place of it."""
        selected = self.place(document, *(at or (0, 0)))
        if selected is None:
            return rendered("source.html", "gone", language)
        return self.html(selected, view or AT_THE_QUOTE, language)

    def html(
        self,
        selected: SelectedCitation,
        view: View,
        language: str,
        back: str = "",
    ) -> str:
        """Return the panel for a citation; `back` is the label of the source one came from."""
        citation, source = selected.citation, selected.citation.source
        label = selected.label or (str(citation.number) if citation.number else "")
        named: Any = {
            "title": source.title, "label": label, "number": citation.number,
            "quote": citation.words, "document": citation.document, "back": back,
            "key": f"{citation.document} {citation.start} {citation.end} {view.page} {view.zoom} "
                   f"{view.as_text} {view.at}",
        }  # fmt: skip
        try:
            document = self._library.document(citation.document)
        except NotInLibrary:
            shown = Shown(Tools(), notes=("source.gone",), words=citation.words)
            panel = Panel(facts=_facts(source, "", language), shown=shown, **named)
            return rendered("source.html", "panel", language, panel)
        try:
            entry: Entry | None = self._library.entry(citation.document)
        except NotInLibrary:
            entry = None
        compared = bool(selected.claim and selected.evidence)
        related = self._beside(selected)
        found = related or Related()
        panel = Panel(
            facts=_facts(source, self._grade(source), language),
            shown=self._shown(selected, document, view, language),
            same=tuple(_places(found.same, language)),
            differ=tuple(_places(found.differ, language)),
            alone=compared and related is not None and not found.same and not found.differ,
            pending=compared and related is None,
            more=tuple(_places(found.document, language, inside=True))[:_MOST_PLACES],
            details=_details(citation, entry, language),
            why=citation.why,
            original=self._library.original(citation.document) is not None,
            address=public_address((source, *(entry.sources if entry else ()))),
            contents=tuple(
                (level, one.start, one.title) for level, one in reading.contents(document)
            ),
            **named,
        )
        return rendered("source.html", "panel", language, panel)

    def _shown(
        self, selected: SelectedCitation, document: Document, view: View, language: str
    ) -> Shown:
        """Return the page drawn, or the text."""
        citation = selected.citation
        original = self._library.original(citation.document)
        pages = len(document.page_starts)
        begins = document.page_at(citation.start) or 0
        number = view.page or begins
        drawable = bool(pages and original is not None and document.source.kind == "pdf")
        drawn = drawable and not view.as_text
        places = selected.places
        place = next((at for at, one in enumerate(places, 1) if one.start == citation.start), 0)
        tools = Tools(
            number if drawn else 0, pages, begins,
            _page_of(document, number, language) if drawn else "",
            view.zoom, not drawn, drawable, place, len(places),
            away=bool(places) and (number != begins if drawn else view.at >= 0),
        )  # fmt: skip
        if not drawn or original is None:
            return Shown(tools, text=_text(selected, document, view))
        try:
            picture = self._renderer.picture(
                original.path, document, number, part=original.part, fit=True,
                scale=_SCALE * ZOOMS[view.zoom], start=citation.start, end=citation.end,
            )  # fmt: skip
        except ReadError as error:
            text = _text(selected, document, view)
            return Shown(replace(tools, as_text=True), str(error), text=text)
        notes, words = [], citation.row
        if number == begins and places and not picture.boxes:
            notes.append("source.unmarked")
            words = citation.words
        if picture.rest:
            notes.append("source.overleaf")
        return Shown(tools, notes=tuple(notes), picture=picture, words=words)


def is_public(location: str) -> bool:
    """Say whether a place is a public address, which can be a link."""
    return location.startswith(("https://", "http://"))


def public_address(sources: Sequence[Source]) -> str:
    """Return the first public address of some places of a document, "" where there is none."""
    return next((one.location for one in sources if is_public(one.location)), "")


def _details(citation: Citation, entry: Entry | None, language: str) -> tuple[tuple[str, str], ...]:
    """Return what is known of a document: the key of a word, and a value ("" for none)."""
    source = citation.source
    also = [
        citation_line(one, shown_location(one.location), fields=("publisher", "published"))
        for one in (entry.sources if entry else ())
        if one.location != source.location
    ]
    remote = "://" in source.location
    later = citation.newer.source if citation.newer else None
    return (
        ("source.publisher", source.publisher or word("source.not_stated", language)),
        ("source.published", source.published or word("source.not_stated", language)),
        ("source.section", citation.heading),
        ("source.kind", source.kind),
        ("source.address" if remote else "source.file", shown_location(source.location)),
        ("source.added", entry.added[:10] if entry else ""),
        ("library.also_at", "; ".join(also)),
        ("source.later", f"{later.title} ({later.published})" if later else ""),
    )


def empty_html(language: str) -> str:
    """Return the panel before anything was chosen."""
    return rendered("source.html", "empty", language)


def address_of(document: str, start: int, end: int) -> str:
    """Return the address on the page of a place of a document: what opens it in the panel."""
    return f"#at-{document}-{start}-{end}"


def _text(selected: SelectedCitation, document: Document, view: View) -> Reading:
    """Return the part of the text that is read."""
    citation = selected.citation
    part = view.part or reading.part_around(document, *selected.span)
    others = [(one.start, one.end) for one in selected.places]
    quoted = citation if citation.start < citation.end else None
    # A document that is read from a place on is shown from there.
    at = citation.start if view.at < 0 < citation.start and quoted is None else view.at
    return reading.reading(document, part, quoted, others, at)


def _facts(source: Source, grade: str, language: str) -> tuple[str, ...]:
    """Return publisher, date and grade, as far as there is one."""
    facts = (
        source.publisher or word("source.not_stated", language),
        source.published or word("source.no_date", language),
    )
    return (*facts, word("source.grade", language, grade=grade)) if grade else facts


def _page_of(document: Document, number: int, language: str) -> str:
    """Return which page is shown: its number of how many, its label, whether it is read by OCR."""
    folio = document.folio(number)
    said = word("source.page", language, page=number, pages=len(document.page_starts))
    if folio.label:
        said += f" ({word('source.printed', language, label=folio.label)})"
    return word("chat.page_by_ocr", language, name=said) if folio.ocr else said


def _places(found: Sequence[Said], language: str, *, inside: bool = False) -> Iterator[Place]:
    """Yield what was found, one of each other document, or every place `inside` the same one."""
    seen: set[str] = set()
    for one in found:
        passage, source = one.evidence.passage, one.evidence.source
        if passage.document in seen and not inside:
            continue
        seen.add(passage.document)
        words = shorten(one.words, 240, placeholder=" …")
        name = shorten(one.words if inside else source.title, 110 if inside else _SHORT_TITLE,
                       placeholder=" …")  # fmt: skip
        if not inside and source.published:
            name = f"{name} ({source.published})"
        if one.there:
            name += f" ({word('source.here_there', language, here=one.here, there=one.there)})"
        about = f"{cited_at(source, passage.page, passage.folio, language)}: {words}"
        yield Place(name, about, address_of(passage.document, one.start, one.end))


__all__ = [
    "AT_THE_QUOTE",
    "ZOOMS",
    "SelectedCitation",
    "Sources",
    "View",
    "address_of",
    "empty_html",
    "is_public",
    "public_address",
]
