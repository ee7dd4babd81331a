"""The values everything else points into: a source, its document, and the passages of it."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from corpus.page_names import NUMBERED, Folio, page_name
from corpus.sentences import sentences
from corpus.table import Span, Table

# In a location: after the place of a document, ahead of the name of one that lies within it.
WITHIN = "#"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from, as far as the document itself states it.

    `published` is an ISO 8601 date, shortened where the document states less ("2025-01-28",
    "2025-01", "2025"); such strings sort by time. Unknown fields are "" and never guessed.
    `updated` is when it says it was last changed, `fetched` when it was taken from the web; both
    are dates of the same form and neither ever stands for `published`.
    `location` is an absolute path or an address; a new text from the same location is a new
    version of the same document. For one that lies within another (an attachment) it is that one's,
    "#" and its name there. `kind` is the format that was read ("pdf", "html", "markdown",
    "text", "docx", "email", "table", "slides"). `theme` is what the
    document calls its theme, or the key of one (corpus.themes).
    """

    title: str
    location: str
    publisher: str = ""
    published: str = ""
    kind: str = "text"
    theme: str = ""
    updated: str = ""
    fetched: str = ""

    @property
    def dated(self) -> str:
        """The date of publication, or of the last change where that is unknown."""
        return self.published or self.updated


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a file holds and its text does not.

    `kind` names it in the plural ("running heads", "pages without text"), `places` is how many of
    them there are, `where` says where ("pages 2–7", "minutes.txt"), "" if that adds nothing.
    """

    kind: str
    places: int
    where: str = ""

    @property
    def missed(self) -> bool:
        """Whether it may be content, so that the document was not read in full."""
        return self.kind not in _FURNITURE

    def __str__(self) -> str:
        """Return it as shown to a person: "6 pages without text (pages 2–7)"."""
        kind = re.sub(r"(\w)s\b", r"\1", self.kind, count=1) if self.places == 1 else self.kind
        return f"{self.places} {kind}" + f" ({self.where})" * bool(self.where)


# What a reader does not miss: it repeats, counts or decorates, or cannot be seen.
_FURNITURE = frozenset(
    {
        "running heads", "page numbers", "line numbers", "margin stamps", "watermarks",
        "hidden text", "hidden cells", "hidden sheets", "hidden slides", "labels of figures",
        "repeated letters", "deleted words", "struck-out words", "pictures", "empty form fields",
        "footnote marks", "videos",
    }
)  # fmt: skip


def page_list(pages: Sequence[int]) -> str:
    """Return pages, given in order, as a phrase: "pages 2–4 and 7", "page 3"; "" for none."""
    if not pages:
        return ""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    said = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    listed = f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else "".join(said)
    return f"page{'s' * (len(pages) != 1)} {listed}"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line: the offset in the text at which it starts, its level (1 is highest)."""

    start: int
    level: int
    title: str


@dataclass(frozen=True)
class Document:
    """A source read into plain text. The text is the truth: every offset points into it.

    `page_starts[i]` is the offset at which page i + 1 begins (empty for formats without pages);
    `page_labels[i]` is what is printed on that page ("iv"), empty where the file has no labels.
    `tables` are the tables, in order, as rows and columns of spans of the text. `left_out` says
    what the file holds and the text does not. `doubts` are questions that only a person can settle
    ("published: 04/05/2026 is 4 May or 5 April"), `language` the ISO 639-1 code of most of the text
    ("" unknown), `ocr_pages` the pages (1-based) whose text was recognised from a picture, and
    `attachments` the names of the documents that the file holds beside its own text.
    """

    source: Source
    text: str
    page_starts: tuple[int, ...] = ()
    page_labels: tuple[str, ...] = ()
    headings: tuple[Heading, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    tables: tuple[Table, ...] = ()
    doubts: tuple[str, ...] = ()
    language: str = ""
    ocr_pages: tuple[int, ...] = ()
    attachments: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """The hash of the content: 24 hex digits of SHA-256 over the text, 96 bits."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:24]

    def page_at(self, offset: int) -> int | None:
        """Return the 1-based page that holds `offset`, or None for a format without pages."""
        if not self.page_starts:
            return None
        return max(1, bisect_right(self.page_starts, offset))

    def table_at(self, offset: int) -> Table | None:
        """Return the table whose rows hold `offset`, or None."""
        place = bisect_right(self.tables, offset, key=lambda table: table.start) - 1
        if place < 0 or offset >= self.tables[place].end:
            return None
        return self.tables[place]

    @property
    def left_out_counts(self) -> dict[str, int]:
        """How many places of each kind were left out."""
        counts: dict[str, int] = {}
        for one in self.left_out:
            counts[one.kind] = counts.get(one.kind, 0) + one.places
        return counts

    def headings_at(self, offsets: Sequence[int]) -> list[str]:
        """Return the path of headings above each offset, outermost first, joined by " › ".

        The offsets are given in order.
        """
        found: list[str] = []
        path: list[Heading] = []
        position, joined = 0, ""
        for offset in offsets:
            before = position
            while position < len(self.headings) and self.headings[position].start <= offset:
                heading = self.headings[position]
                while path and path[-1].level >= heading.level:
                    path.pop()
                path.append(heading)
                position += 1
            if position != before:
                joined = " › ".join(heading.title for heading in path)
            found.append(joined)
        return found

    def folio(self, page: int | None) -> Folio:
        """Return the folio of a page (from 1): its printed label and whether OCR read it."""
        if page is None:
            return NUMBERED
        label = self.page_labels[page - 1] if page <= len(self.page_labels) else ""
        ocr = page in self.ocr_pages
        shown = label if label != str(page) else ""
        return Folio(shown, len(self.page_starts), ocr) if shown or ocr else NUMBERED

    def passage(self, start: int, end: int, heading: str = "") -> Passage:
        """Return the passage that lies there, under that path of headings."""
        table = self.table_at(start)
        turn = bisect_right(self.page_starts, start)
        turns = self.page_starts[turn : bisect_left(self.page_starts, end, lo=turn)]
        page = self.page_at(start)
        folios = [self.folio(page + past) for past in range(len(turns) + 1)] if page else []
        return Passage(
            self.id,
            start,
            end,
            self.text[start:end],
            page,
            heading,
            table.head_for(self.text, start, end) if table else "",
            turns,
            self.rows_in(start, end),
            tuple(folios) if any(one.of for one in folios) else (),
        )

    def rows_in(self, start: int, end: int) -> tuple[Span, ...]:
        """Return where the rows of tables lie in text[start:end]; one that is cut, as far as it is.

        Rows that say nothing are left out.
        """
        found: list[Span] = []
        place = max(0, bisect_right(self.tables, start, key=lambda table: table.start) - 1)
        for table in self.tables[place:]:
            if table.start >= end:
                break
            first = table.row_at(max(start, table.start))
            if first is None:
                continue
            for row in range(first, len(table.cells)):
                left, right = table.row_span(row)
                if left >= end:
                    break
                if max(left, start) < min(right, end):
                    found.append((max(left, start), min(right, end)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document: `document.text[start:end] == text`, always.

    `page` is the 1-based page on which it starts (None without pages), `heading` the path of
    headings above it. `head` is, where it begins below the head of a table, what the table and the
    columns are called ("Ships › Name | Crew"); `turns` are the offsets at which a further page
    begins within it, `rows` the spans of the rows of tables in it, all as offsets of the document.
    `folios` say of each page that it touches how it is named beside its number, empty where none
    has another name. These four follow from the document (`Document.passage`).
    """

    document: str
    start: int
    end: int
    text: str
    page: int | None = None
    heading: str = ""
    head: str = ""
    turns: tuple[int, ...] = ()
    rows: tuple[Span, ...] = ()
    folios: tuple[Folio, ...] = ()

    def parts(self) -> list[Span]:
        """Return the spans, in its text, of its sentences and of its rows of tables, in order."""
        rows = [(start - self.start, end - self.start) for start, end in self.rows]
        found = sentences(self.text)
        if rows:
            found = [one for one in found if not _inside(one[0], rows)]
        return sorted([*found, *rows])

    def is_row(self, start: int) -> bool:
        """Say whether an offset of the document lies in a row of a table."""
        return bool(self.rows) and _inside(start, self.rows)

    def page_at(self, offset: int) -> int | None:
        """Return the 1-based page on which an offset within it lies."""
        return None if self.page is None else self.page + bisect_right(self.turns, offset)

    def folio_at(self, offset: int) -> Folio:
        """Return the folio of the page on which an offset lies."""
        place = bisect_right(self.turns, offset)
        return self.folios[place] if place < len(self.folios) else NUMBERED

    @property
    def folio(self) -> Folio:
        """The folio of the page on which it starts."""
        return self.folio_at(self.start)

    @property
    def page_name(self) -> str:
        """How the page is named on which it starts; "" without pages."""
        return page_name(self.page, self.folio)

    @property
    def id(self) -> str:
        """The document's id and the span: equal content at an equal place has an equal id."""
        return f"{self.document}:{self.start}-{self.end}"


def _inside(offset: int, spans: Sequence[Span]) -> bool:
    """Say whether an offset lies in one of some spans, which are in order."""
    place = bisect_right(spans, offset, key=lambda span: span[0]) - 1
    return place >= 0 and offset < spans[place][1]
