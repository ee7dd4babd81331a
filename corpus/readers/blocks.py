"""Headings, paragraphs, rows and pages, put together into one clean text with exact offsets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from corpus.document import WITHIN, Document, Heading, LeftOut, Source
from corpus.formats import DocumentPart
from corpus.limits import MOST_PARTS
from corpus.table import Span, Table, detect_heads

# Ligatures that PDF fonts leave in the text; the rest of Unicode's compatibility forms stay, since
# "①" or "㎡" are what the document says. Two private-use codes are how Word writes its bullets.
_LIGATURES = str.maketrans(
    {
        "\uf0b7": "•",
        "\uf0a7": "•",
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
    }
)
# Invisible: soft hyphen, zero-width and direction marks, tag characters (used to hide
# instructions), private-use and control characters, lone surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\uffff\ue000-\uf8ff\U000e0000-\U000e007f\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")
# Empty places that even a table of few cells may have.
_MOST_PLACES = 100_000
_CAPTION = re.compile(r"(?:Table|Tab\.|Exhibit|Schedule|Tabelle|Tableau|Tabla)\s+[\dA-Z]|表\s*\d")


def is_ragged(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether rows padded to the longest would have far more places than cells."""
    width = max((len(row) for row in rows), default=0)
    return width * len(rows) > 20 * sum(map(len, rows)) + _MOST_PLACES


def clean(text: str) -> str:
    """Return `text` in NFC on one line, single-spaced, invisible characters dropped."""
    return _SPACE.sub(" ", visible(text)).strip()


def visible(text: str) -> str:
    """Return `text` in NFC with ligatures spelt out and invisible characters dropped."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text.translate(_LIGATURES)))


@dataclass
class Blocks:
    """Collects the blocks of a document in reading order and knows where each begins."""

    _text: list[str] = field(default_factory=list)
    _length: int = 0
    _last: str = ""
    _page_starts: list[int] = field(default_factory=list)
    _page_labels: list[str] = field(default_factory=list)
    _headings: list[Heading] = field(default_factory=list)
    _left_out: dict[tuple[str, str], int] = field(default_factory=dict)
    _tables: list[Table] = field(default_factory=list)
    _doubts: list[str] = field(default_factory=list)
    _attachments: list[str] = field(default_factory=list)

    def leave_out(self, kind: str, places: int = 1, where: str = "") -> None:
        """Note that the file holds something, at so many places, that is not in the text.

        See corpus.document.LeftOut for the words.
        """
        if places:
            self._left_out[kind, where] = self._left_out.get((kind, where), 0) + places

    def leave_out_as(self, document: Document) -> None:
        """Note what another document, whose text is added here, leaves out."""
        for one in document.left_out:
            self.leave_out(one.kind, one.places, one.where)

    def doubt(self, question: str) -> None:
        """Note a question that only a person can decide."""
        if question not in self._doubts:
            self._doubts.append(question)

    def attach(self, name: str) -> None:
        """Note a document that the file holds beside its own text: see corpus.readers.blocks."""
        if len(self._attachments) < MOST_PARTS:
            self._attachments.append(name)
        else:
            self.leave_out("attachments", 1, f"after the first {MOST_PARTS}")

    def add_document(self, document: Document) -> None:
        """Add a document's text with its headings, tables, doubts and what it leaves out."""
        if self._length:
            self._write("\n\n")
        begin = self._length
        self._write(document.text)
        self._last = "taken"
        for one in document.headings:
            self._headings.append(replace(one, start=one.start + begin))
        for table in document.tables:
            cells = tuple(
                tuple((start + begin, end + begin) for start, end in row) for row in table.cells
            )
            self._tables.append(replace(table, cells=cells))
        self.leave_out_as(document)
        for doubt in document.doubts:
            self.doubt(doubt)

    def page(self, label: str = "", *, within: str | None = None) -> None:
        """Begin a page; `within` is the separator where a paragraph continues over the break."""
        gap = "\n\n" if self._length and self._last != "page" else ""
        if within is not None:
            gap = within
        self._write(gap)
        self._last = "page"
        # A page without text starts where the next one does; starts never fall back.
        self._page_starts.append(self._length)
        self._page_labels.append(label)

    def heading(self, level: int, title: str) -> None:
        """Add a heading line of level 1 (highest) and down."""
        title = clean(title)
        if title:
            start = self._block(title, "heading")
            self._headings.append(Heading(start, level, title))

    def paragraph(self, text: str) -> None:
        """Add a paragraph."""
        if text := clean(text):
            self._block(text, "paragraph")

    def line(self, text: str) -> None:
        """Add a line that is not joined to others: of a list, of a table of a PDF."""
        if text := clean(text):
            self._block(text, "line")

    def apart(self) -> None:
        """Set the next line apart from the lines above it: another table, another list."""
        if self._last == "line":
            self._last = "lines"

    def rows(self, lines: Iterable[str]) -> None:
        """Add lines that stand together: the rows of a table."""
        self.apart()
        for text in lines:
            self.line(text)
        self.apart()

    def row(self, cells: list[str]) -> None:
        """Add a table row, its cells joined by " | "; one that says nothing is left out."""
        texts = [clean(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if any(texts):
            self._block(" | ".join(texts), "line")

    def table(
        self,
        rows: Sequence[Sequence[str]],
        *,
        heads: tuple[int, int] | None = None,
        caption: str = "",
        named: str = "",
        unit: str = "",
    ) -> None:
        """Add a table: a line a row, cells joined by " | ", and its rows and columns as a value.

        Rows may differ in length; a merged cell is given in every place that it covers. Rows and
        columns that are empty throughout are dropped. `heads` are the numbers of first rows and
        first columns that are heads, None where the format does not say (`detect_heads`).
        `caption` is written above the table, unless it stands there; without one, a paragraph right
        before it that begins like a caption ("Table 3") is it. `named` is one that the reader
        writes elsewhere, as below a table of a PDF. What has one column or one row, or rows of
        which one is thousands of times as long as others, is written as lines only.
        """
        cells = [[clean(cell) for cell in row] for row in rows]
        if is_ragged(cells):
            for row in cells:
                self.row(row)
            return
        width = max((len(row) for row in cells), default=0)
        cells = [row + [""] * (width - len(row)) for row in cells]
        kept_rows = [number for number, row in enumerate(cells) if any(row)]
        kept_columns = [column for column in range(width) if any(row[column] for row in cells)]
        head_rows, head_columns = heads or (0, 0)
        head_rows = sum(number < head_rows for number in kept_rows)
        head_columns = sum(column < head_columns for column in kept_columns)
        cells = [[cells[number][column] for column in kept_columns] for number in kept_rows]
        caption = clean(caption)
        if caption and caption not in self._text[-12:]:
            self.paragraph(caption)
        elif named:
            caption = clean(named)
        elif (
            not caption
            and self._last in {"paragraph", "heading"}
            and _CAPTION.match(self._text[-1])
        ):
            caption = self._text[-1]
        self.apart()
        spans = tuple(self._cells(row) for row in cells)
        self.apart()
        if len(kept_columns) < 2 or len(kept_rows) < 2:
            return
        if heads is None:
            head_rows, head_columns = detect_heads(cells)
        self._tables.append(Table(spans, head_rows, head_columns, caption, clean(unit)))

    def table_goes_on(self, rows: Sequence[Sequence[str]]) -> None:
        """Add rows to the last table, of as many columns: its heads, printed once, name them too.

        Rows of another length are a table of their own.
        """
        last = self._tables[-1]
        if any(len(row) != len(last.cells[0]) for row in rows):
            self.table(rows)
            return
        self.apart()
        spans = tuple(self._cells([clean(cell) for cell in row]) for row in rows if any(row))
        self.apart()
        self._tables[-1] = replace(last, cells=last.cells + spans)

    def _cells(self, row: Sequence[str]) -> tuple[Span, ...]:
        """Write a row as a line; return where its cells lie."""
        filled = max(place for place, cell in enumerate(row, start=1) if cell)
        line = " | ".join(row[:filled])
        start = self._block(line, "line")
        spans, at = [], 0
        for cell in row:
            spans.append((start + min(at, len(line)), start + min(at + len(cell), len(line))))
            at += len(cell) + len(" | ")
        return tuple(spans)

    def _block(self, text: str, kind: str) -> int:
        if self._length and self._last != "page":
            self._write("\n" if kind == self._last == "line" else "\n\n")
        start = self._length
        self._write(text)
        self._last = kind
        return start

    def _write(self, text: str) -> None:
        self._text.append(text)
        self._length += len(text)

    @property
    def length(self) -> int:
        """The characters collected so far."""
        return self._length

    @property
    def tables(self) -> int:
        """The tables collected so far."""
        return len(self._tables)

    @property
    def opens_with_table(self) -> bool:
        """Whether nothing stands ahead of the first table."""
        return bool(self._tables) and self._tables[0].start == 0

    @property
    def first_heading(self) -> str:
        """The first heading's title, or ""."""
        return self._headings[0].title if self._headings else ""

    def text(self) -> str:
        """Return the text so far."""
        return "".join(self._text)

    def document(self, source: Source) -> Document:
        """Return the document; page labels are kept only where a page has one."""
        labels = tuple(self._page_labels) if any(self._page_labels) else ()
        return Document(
            source,
            self.text(),
            tuple(self._page_starts),
            labels,
            tuple(self._headings),
            tuple(LeftOut(kind, count, where) for (kind, where), count in self._left_out.items()),
            tuple(self._tables),
            tuple(self._doubts),
            attachments=tuple(self._attachments),
        )


_LONGEST_NAME = 120


def distinct_names(parts: Iterable[DocumentPart]) -> list[DocumentPart]:
    """Return parts under distinct names without the characters that locations use ("/", "#")."""
    taken: set[str] = set()
    # Where the search for a free number goes on: a mailbox may hold one subject by the thousand.
    numbers: dict[str, int] = {}
    named: list[DocumentPart] = []
    for part in parts:
        bare = re.sub(rf"[/\\{WITHIN}]", "_", clean(part.name)).strip(" .") or "attachment"
        path = PurePosixPath(bare)
        stem, suffix = path.stem[:_LONGEST_NAME], path.suffix[:_LONGEST_NAME]
        whole = name = f"{stem}{suffix}"
        number = numbers.get(whole, 1)
        while name in taken:
            number += 1
            name = f"{stem} ({number}){suffix}"
        taken.add(name)
        numbers[whole] = number
        named.append(replace(part, name=name))
    return named
