"""Rows and cells of a document's tables, each cell with the heads of its row and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.document import Document

_WORDS = re.compile(r"\w+")
# A longer title is a caption that explains.
_TITLE = 80


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty: its span in the document, what it says, and its heads.

    `column` is the path of heads above it ("Revenue › 2024"), `row` what its row is called, `table`
    the table's title with the unit; "" where there is none. `names` says that it is itself the head
    of its row.
    """

    start: int
    end: int
    text: str
    column: str
    row: str
    table: str = ""
    names: bool = False

    @property
    def labelled(self) -> str:
        """The value after the head of its column: "Crew: 8"."""
        return f"{self.column}: {self.text}" if self.column else self.text

    @property
    def alone(self) -> str:
        """The value with both heads, to be read alone: "Crew, Zelda 5: 8 (Tugs of Vike)".

        A bare number has the title of the table behind it: often only that tells its unit.
        """
        heads = ", ".join(filter(None, [self.column, "" if self.names else self.row]))
        unit = f" ({self.table})" if self._is_bare and 0 < len(self.table) <= _TITLE else ""
        return f"{heads}: {self.text}{unit}" if heads else f"{self.text}{unit}"

    @property
    def _is_bare(self) -> bool:
        """Whether a number has its unit neither beside it nor in brackets behind its column."""
        beside = self.text + "".join(re.findall(r"\(.*", self.column))
        return not re.search(r"[^\W\d]|[%$€£¥]", beside)

    @property
    def words(self) -> str:
        """The value with both heads: "Crew (Zelda 5): 8"."""
        if not self.row or self.names:
            return self.labelled
        return f"{self.column} ({self.row}): {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, or the part of it in a passage: its span and its non-empty cells.

    The cells that name the row are there whichever part it is. `table` is where the table starts,
    which tells it from others of the document; `is_head` says that the row names columns.
    """

    start: int
    end: int
    table: int
    cells: tuple[Cell, ...]
    is_head: bool = False

    @property
    def said(self) -> str:
        """The row as words: "Name: Zelda 5; Type: tug; Crew: 8"."""
        return cells_in_words(self.cells)

    @property
    def values(self) -> list[Cell]:
        """The cells that do not name the row."""
        return [cell for cell in self.cells if not cell.names]

    @property
    def name(self) -> str:
        """What the row is called; "" for one that has no value."""
        values = self.values
        return values[0].row if values else ""

    @property
    def has_heads(self) -> bool:
        """Whether a column of it has a name."""
        return any(cell.column for cell in self.cells)


def cells_in_words(cells: Iterable[Cell]) -> str:
    """Return the cells of a row as one phrase, equal ones once."""
    return "; ".join(dict.fromkeys(cell.labelled for cell in cells))


def rows_in(document: Document, start: int, end: int) -> tuple[Row, ...]:
    """Return the rows of tables in document.text[start:end], in order, with their cells there.

    A row that is cut has the cells that lie there whole, and its name.
    """
    found: list[Row] = []
    text = document.text
    for line_start, line_end in document.rows_in(start, end):
        table = document.table_at(line_start)
        number = table.row_at(line_start) if table else None
        if table is None or number is None:
            continue
        name = table.row_head(text, number)
        cells = tuple(
            Cell(
                left,
                right,
                text[left:right],
                table.column_head(text, column) if number >= table.head_rows else "",
                name,
                table.title,
                column < table.head_columns,
            )
            for column, (left, right) in enumerate(table.cells[number])
            if left < right
            and (column < table.head_columns or (line_start <= left and right <= line_end))
        )
        if cells:
            is_head = number < table.head_rows
            found.append(Row(line_start, line_end, table.start, cells, is_head))
    return tuple(found)


def cell_stated_in(text: str, row: Row, question: str = "") -> Cell | None:
    """Return the cell of a row that a sentence is about, None if it holds no value of the row.

    Of several whose value it has, one that the question does not give, the head of whose column
    shares most words with the question, then with the sentence; a name of the row comes last.
    """
    said, asked = f" {text.casefold()} ", f" {question.casefold()} "
    words, wanted = (set(_WORDS.findall(one)) for one in (said, asked))
    held = [cell for cell in row.cells if _contains_value(cell.text, said)]
    return max(
        held,
        key=lambda cell: (
            not _contains_value(cell.text, asked),
            _share_of_words(cell.column, wanted),
            not cell.names,
            _share_of_words(cell.column, words),
        ),
        default=None,
    )


def _contains_value(value: str, folded: str) -> bool:
    pattern = rf"(?<![\w.,]){re.escape(value.casefold())}(?![\w]|[.,]\d)"
    return re.search(pattern, folded) is not None


def _share_of_words(head: str, wanted: set[str]) -> float:
    words: Sequence[str] = _WORDS.findall(head.casefold())
    return sum(word in wanted for word in words) / len(words) if words else 0.0
