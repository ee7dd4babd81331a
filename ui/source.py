"""The source panel: where a quote is from, its page drawn or its text, and what stands beside it.

Pictures are put into the page as data, nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from assistant.answer import Citation
from assistant.related import Related
from corpus.citation_line import citation_line
from corpus.document import Document, Source
from corpus.errors import NotInLibrary, ReadError
from corpus.library import Library
from corpus.page_images import PageImage, PageRenderer
from corpus.page_names import SHORT, page_name
from corpus.table import Span, Table
from index.evidence import Evidence
from ui.places import shown_location
from ui.rendering import rendered
from ui.wording import word

# Pixels a point at the width of the panel.
_SCALE = 1.6
# Characters shown before and after the quoted words: the quote stays in view.
_BEFORE, _AFTER = 320, 900
# Rows of a table shown before and after the quoted ones; the rest is in the original.
_ROWS_BEFORE, _ROWS_AFTER = 5, 15
# The shares of the panel's width that a page may take.
# The second is the first that is shown: with its margins cut off a printed page fits the panel.
ZOOMS = (1.0, 1.25, 1.6, 2.2, 3.0)


@dataclass(frozen=True, slots=True)
class View:
    """How the panel shows it: the page of a PDF (0: where the quote begins), its zoom, or text."""

    page: int = 0
    zoom: int = 1
    as_text: bool = False

    def after(self, act: str, pages: int, quoted: int) -> View:
        """Return the view after a button: next, previous, larger, smaller, text, page, quote."""
        page = self.page or quoted
        match act:
            case "next":
                return replace(self, page=min(page + 1, pages))
            case "previous":
                return replace(self, page=max(page - 1, 1))
            case "larger":
                return replace(self, zoom=min(self.zoom + 1, len(ZOOMS) - 1))
            case "smaller":
                return replace(self, zoom=max(self.zoom - 1, 0))
            case "text":
                return replace(self, as_text=True)
            case "page":
                return replace(self, as_text=False)
            case "quote":
                return replace(self, page=0)
        return self


@dataclass(frozen=True, slots=True)
class SelectedCitation:
    """A citation to show, the sentence that cites it, and what was found for that answer."""

    citation: Citation
    claim: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class PageTools:
    """The buttons over page `number` of `pages`, called `said`; the quote begins on `begins`."""

    number: int
    pages: int
    begins: int
    said: str
    zoom: int
    as_text: bool

    @property
    def smaller(self) -> bool:
        """Whether the page can be shown smaller."""
        return self.zoom > 0

    @property
    def larger(self) -> bool:
        """Whether the page can be shown larger."""
        return self.zoom < len(ZOOMS) - 1

    @property
    def share(self) -> float:
        """The share of the panel's width that the page takes."""
        return ZOOMS[self.zoom]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote in its text; `begins_within` and `ends_within` say that there is more of that."""

    before: str
    quote: str
    after: str
    begins_within: bool
    ends_within: bool


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell: what it says, whether it is what is cited, whether it is the name of its row."""

    value: str
    marked: bool
    names_row: bool


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row, and whether it is one of those that are quoted."""

    cited: bool
    cells: Sequence[TableCell]


@dataclass(frozen=True, slots=True)
class TableExcerpt:
    """Rows of a table under its heads, each head with the number of its columns.

    `rows_before` and `rows_after` are left out; `has_names` says that rows begin with a name.
    """

    name: str
    caption: str
    has_names: bool
    heads: Sequence[Sequence[tuple[str, int]]]
    rows: Sequence[TableRow]
    width: int
    rows_before: int
    rows_after: int


@dataclass(frozen=True, slots=True)
class QuotePage:
    """Where quoted words stand, as it is shown: drawn, in the text or a table, or they alone.

    `notes` are keys of words, `failure` why the page could not be drawn.
    """

    tools: PageTools | None = None
    failure: str = ""
    notes: tuple[str, ...] = ()
    picture: PageImage | None = None
    table: TableExcerpt | None = None
    excerpt: Excerpt | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage found beside a citation: a note ("" for none), its source and place, its words."""

    note: str
    about: str
    words: str


class Sources:
    """Writes the panel over one library."""

    def __init__(
        self,
        library: Library,
        renderer: PageRenderer,
        *,
        grade: Callable[[Source], str],
        beside: Callable[[SelectedCitation], Related],
    ) -> None:
        """`grade` gives a source's grade ("C3"), `beside` what else was found."""
        self._library = library
        self._renderer = renderer
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
            shown = QuotePage(notes=("source.gone",), quote=citation.words)
            facts = _facts(source, "", language)
            return rendered("source.html", "panel", language, citation, facts, shown, (), (), False)
        return rendered(
            "source.html",
            "panel",
            language,
            citation,
            _facts(source, self._grade(source), language),
            self._page(citation, document, view, language),
            self._found(selected, language),
            self._details(citation, language),
            self._library.original(citation.document) is not None,
        )

    def _page(self, citation: Citation, document: Document, view: View, language: str) -> QuotePage:
        """Return the page drawn, or the passage in its text."""
        original = self._library.original(citation.document)
        pages = len(document.page_starts)
        begins = document.page_at(citation.start) or 1
        number = view.page or begins
        if not pages or original is None or citation.source.kind != "pdf":
            return passage(citation, document)
        tools = PageTools(
            number, pages, begins, _page_of(document, number, language), view.zoom, view.as_text
        )
        if view.as_text:
            return replace(passage(citation, document), tools=tools)
        try:
            picture = self._renderer.picture(
                original.path, document, number, part=original.part,
                scale=_SCALE * ZOOMS[view.zoom], start=citation.start, end=citation.end,
            )  # fmt: skip
        except ReadError as error:
            return replace(passage(citation, document), tools=tools, failure=str(error))
        notes = []
        if number == begins and not picture.boxes:
            notes.append("source.unmarked")
        if picture.rest:
            notes.append("source.overleaf")
        return QuotePage(tools, notes=tuple(notes), picture=picture, quote=citation.words)

    def _found(
        self, selected: SelectedCitation, language: str
    ) -> list[tuple[str, list[FoundPassage], bool]]:
        """Return the folds with what else was found: name, passages, whether it is open."""
        found = self._beside(selected)
        differ = [
            passage_line(
                one.evidence, word("source.here_there", language, here=one.here, there=one.there)
            )
            for one in found.differ
        ]
        return [
            ("source.differ", differ, True),
            ("source.same", [passage_line(one) for one in found.same], False),
            ("source.document", [passage_line(one) for one in found.document], False),
        ]

    def _details(self, citation: Citation, language: str) -> list[tuple[str, str]]:
        """Return what is known of the document: the key of a word, and a value ("" for none)."""
        source = citation.source
        try:
            entry = self._library.entry(citation.document)
            added, sources = entry.added[:10], entry.sources
        except NotInLibrary:
            added, sources = "", ()
        also = [
            citation_line(one, shown_location(one.location), fields=("publisher", "published"))
            for one in sources
            if one.location != source.location
        ]
        remote = "://" in source.location
        later = citation.newer.source if citation.newer else None
        return [
            ("source.publisher", source.publisher or word("source.not_stated", language)),
            ("source.published", source.published or word("source.not_stated", language)),
            ("source.section", citation.heading),
            ("source.kind", source.kind),
            ("source.address" if remote else "source.file", shown_location(source.location)),
            ("source.added", added),
            ("library.also_at", "; ".join(also)),
            ("source.later", f"{later.title} ({later.published})" if later else ""),
        ]


def empty_html(language: str) -> str:
    """Return the panel before anything was chosen."""
    return rendered("source.html", "empty", language)


def _facts(source: Source, grade: str, language: str) -> list[str]:
    """Return publisher, date and grade, as far as there is one."""
    facts = [
        source.publisher or word("source.not_stated", language),
        source.published or word("source.no_date", language),
    ]
    return [*facts, word("source.grade", language, grade=grade)] if grade else facts


def _page_of(document: Document, number: int, language: str) -> str:
    """Return which page is shown: its number of how many, its label, whether it is read by OCR."""
    folio = document.folio(number)
    said = word("source.page", language, page=number, pages=len(document.page_starts))
    if folio.label:
        said += f" ({word('source.printed', language, label=folio.label)})"
    return word("chat.page_by_ocr", language, name=said) if folio.ocr else said


def passage(citation: Citation, document: Document) -> QuotePage:
    """Return the paragraph around a quote, or around a row of a table the rows beside it."""
    if table := document.table_at(citation.start):
        return QuotePage(table=_rows_around(citation, document, table))
    text = document.text
    start = max(0, citation.start - _BEFORE)
    end = min(len(text), citation.end + _AFTER)
    # Begin and end at a word.
    start = text.find(" ", start) + 1 if start else 0
    end = text.rfind(" ", 0, end) if end < len(text) else end
    # Prose beside a table ends with it: the table would be lines without columns.
    start = max([start, *(one.end for one in document.tables if one.end <= citation.start)])
    end = min([end, *(one.start for one in document.tables if one.start >= citation.end)])
    return QuotePage(
        excerpt=Excerpt(
            text[start : citation.start].lstrip(),
            citation.quote,
            text[citation.end : max(end, citation.end)].rstrip(),
            begins_within=start > 0,
            ends_within=end < len(text),
        )
    )


def _rows_around(citation: Citation, document: Document, table: Table) -> TableExcerpt:
    """Return the rows around a quote; the rows of the quote, and the cell, are marked."""
    text = document.text
    cited = [
        row
        for row in range(len(table.cells))
        if _meets(table.row_span(row), (citation.start, citation.end))
    ]
    around = (cited[0], cited[-1] + 1) if cited else (table.head_rows, table.head_rows)
    first = max(table.head_rows, around[0] - _ROWS_BEFORE)
    last = min(len(table.cells), around[1] + _ROWS_AFTER)
    cell = citation.cell
    marked = (cell.start, cell.end) if cell else (citation.start, citation.end)
    return TableExcerpt(
        name=table.title or document.source.title,
        caption=table.title,
        has_names=bool(table.head_columns),
        heads=[list(_head_cells(text, table, row)) for row in range(table.head_rows)],
        rows=[
            TableRow(row in cited, list(_cells(text, table, row, marked if row in cited else None)))
            for row in range(first, last)
        ],
        width=len(table.cells[0]),
        rows_before=first - table.head_rows,
        rows_after=len(table.cells) - last,
    )


def _meets(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _head_cells(text: str, table: Table, row: int) -> Iterator[tuple[str, int]]:
    """Yield the heads of a row, each with the number of columns that it stands over."""
    values = [table.value(text, row, column) for column in range(len(table.cells[row]))]
    for value, group in groupby(values):
        yield value, len(list(group))


def _cells(text: str, table: Table, row: int, marked: Span | None) -> Iterator[TableCell]:
    """Yield the cells of a row; those that lie within `marked` are marked."""
    for column, (start, end) in enumerate(table.cells[row]):
        value = text[start:end]
        hit = marked is not None and start < end and marked[0] <= start and end <= marked[1]
        yield TableCell(value, hit, column < table.head_columns and bool(value))


def passage_line(one: Evidence, note: str = "") -> FoundPassage:
    """Return a passage found: its document, where, and its first words."""
    page = page_name(one.passage.page, one.passage.folio, SHORT)
    words = " ".join(f"{one.passage.head} {one.passage.text}".split())
    shown = words if len(words) <= 220 else f"{words[:220].rpartition(' ')[0]} …"
    return FoundPassage(note, citation_line(one.source, page), shown)


__all__ = ["SelectedCitation", "Sources", "View", "empty_html"]
