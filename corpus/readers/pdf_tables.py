"""Tables of a PDF's page: rows and columns told from where words stand and rules are drawn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.readers.pdf_captions import captions_of
from corpus.readers.pdf_grid import Grid, is_middle
from corpus.readers.pdf_page import PdfLine, Rule
from corpus.readers.pdf_rows import (
    CELL_SPACE,
    SAME_ROW,
    WORD_SPACE,
    Row,
    groups_by_figures,
    groups_by_rules,
    is_amount,
    is_caption,
    is_prose,
    is_value,
    row_of,
    rows_of,
    unit_of,
)
from corpus.table import detect_heads

# A strip this wide that no row of the table enters parts two columns.
_GUTTER = 0.45
_HEAD_STEP = 3.0
# A rule over this share of a table's width is one of the table, not of a head over some columns.
_FULL = 0.8
_MOST_LINES, _MOST_COLUMNS = 600, 40
_ASIDE = re.compile(r"^\((?:un)?audited\)$", re.IGNORECASE)
_MATHS = re.compile(r"[\U0001d400-\U0001d7ff∑∏∫√=≤≥∈∂∇]")


@dataclass(frozen=True, slots=True)
class PdfTable:
    """A table of a page: its cells, row by row, as texts, and the lines that they were made of.

    `heads` are the numbers of first rows and columns that are heads. `caption` and `unit` are what
    lines beside the table say, which stay lines of the page. `columns` are the left and right ends
    of the columns in points, by which a table that runs on over the page is known.
    """

    lines: tuple[PdfLine, ...]
    rows: tuple[tuple[str, ...], ...]
    heads: tuple[int, int]
    caption: str = ""
    unit: str = ""
    columns: tuple[tuple[float, float], ...] = ()


def tables_of(page: Sequence[PdfLine], words: Collection[str] = ()) -> list[PdfTable]:
    """Return the tables of a page from top to bottom, each with its lines.

    What is not surely a table is none: its lines stay lines. `words` are those of the document, by
    which a hyphen at the end of a line in a cell is judged.
    """
    lines = [line for line in page if line.pieces and not line.turned]
    if len(lines) > _MOST_LINES:
        # A page of more lines is a map or a plot.
        return []
    rules = sorted({rule for line in page for rule in line.rules}, key=lambda rule: -rule.y)
    taken: set[int] = set()
    found = []
    for region in [*groups_by_figures(lines), *groups_by_rules(lines, rules)]:
        free = [line for line in region if id(line) not in taken]
        if len(free) < len(region):
            continue
        table = _Region(lines, free, rules, words).table()
        if table and not any(id(line) in taken for line in table.lines):
            taken.update(map(id, table.lines))
            found.append(table)
    found.sort(key=lambda table: -table.lines[0].base)
    captions = captions_of([(table.lines, bool(table.unit)) for table in found], lines, words)
    return [replace(table, caption=said) for table, said in zip(found, captions, strict=True)]


class _Region:
    """Lines of a page that may be a table, and what the page has around them."""

    def __init__(
        self,
        page: Sequence[PdfLine],
        seeds: Sequence[PdfLine],
        rules: Sequence[Rule],
        words: Collection[str],
    ) -> None:
        self._page = page
        self._words = words
        self._size = median(line.size for line in seeds) or 1.0
        self._top = max(line.base for line in seeds)
        self._bottom = min(line.base for line in seeds)
        self._left = min(line.left for line in seeds)
        self._right = max(line.right for line in seeds)
        # The rules of the table may be wider than its rows: labels of groups stand there.
        near = 2.5 * self._size
        for rule in rules:
            if (
                self._bottom - near < rule.y < self._top + near
                and rule.left < self._left + near
                and rule.right > self._right - near
                and rule.right - rule.left < 1.6 * (self._right - self._left) + 8 * near
            ):
                self._left = min(self._left, rule.left)
                self._right = max(self._right, rule.right)
        self._rules = [
            rule for rule in rules if rule.right > self._left and rule.left < self._right
        ]
        self._full = sorted(self._full_rules(), reverse=True)
        self._partial = [
            rule
            for rule in self._rules
            if not any(abs(rule.y - height) < 1 for height in self._full)
        ]

    def _full_rules(self) -> list[float]:
        """Return the heights at which rules run over the whole width."""
        heights: dict[int, float] = {}
        drawn: dict[int, float] = {}
        for rule in self._rules:
            inside = min(rule.right, self._right) - max(rule.left, self._left)
            outside = (rule.right - rule.left) - inside
            if outside < 0.3 * (self._right - self._left):
                heights[round(rule.y)] = rule.y
                drawn[round(rule.y)] = drawn.get(round(rule.y), 0.0) + inside
        width = self._right - self._left
        return [heights[at] for at, length in drawn.items() if length >= _FULL * width]

    def _inside(self, line: PdfLine, slack: float = 1.2) -> bool:
        near = slack * self._size
        return line.left > self._left - near and line.right < self._right + near

    def table(self) -> PdfTable | None:
        """Return the table, or None where the lines are none."""
        lines = [
            line
            for line in self._page
            if self._bottom - 1 <= line.base <= self._top + 1 and self._inside(line)
        ]
        rows = self._rows(lines)
        columns = self._columns(rows)
        if not 2 <= len(columns) <= _MOST_COLUMNS:
            return None
        above = self._head_lines(columns, rows)
        below = self._last_lines(columns)
        lines = [*above, *lines, *below]
        if any(is_prose(line, self._right - self._left) for line in lines) and not self._full:
            return None
        rows = self._rows(lines)
        columns = self._columns(rows)
        if not 2 <= len(columns) <= _MOST_COLUMNS:
            return None
        body = self._body(rows, columns)
        grid = Grid(columns, self._size, self._words, self._partial)
        heads = grid.head(rows[:body])
        below_heads, group_column = grid.body(rows[body:], self._full)
        if not self._holds(below_heads, len(columns)):
            return None
        cells = [*heads, *below_heads]
        if not _whole(lines, cells):
            return None
        stubs = 2 if group_column and len(columns) > 2 else detect_heads(cells)[1]
        counts = (len(heads), stubs) if heads else detect_heads(cells)
        ordered = sorted(lines, key=lambda line: (-line.base, line.left))
        return PdfTable(
            tuple(ordered),
            tuple(map(tuple, cells)),
            counts,
            unit=self._unit(ordered, heads),
            columns=tuple(columns),
        )

    def _rows(self, lines: Sequence[PdfLine]) -> list[Row]:
        """Return lines as rows, from the top."""
        rows: list[list[PdfLine]] = []
        for line in sorted(lines, key=lambda line: -line.base):
            last = rows[-1][0] if rows else None
            if last and last.base - line.base < SAME_ROW * min(last.size, line.size):
                rows[-1].append(line)
            else:
                rows.append([line])
        return [one for row in rows for one in rows_of(row)]

    def _columns(self, rows: Sequence[Row]) -> list[tuple[float, float]]:
        """Return the left and right ends of the columns: what stands between empty strips.

        A row in ten may run over a strip, as a merged cell does.
        """
        parted = [chunks for row in rows if len(chunks := row.chunks(0.4)) >= 2]
        valued = [chunks for chunks in parted if any(is_amount(one.text) for one in chunks)]
        if 2 * len(valued) >= len(parted):
            # Heads run over several columns.
            parted = valued
        least = len(parted) // 8 if len(parted) >= 6 else 0
        edges = sorted(
            [(chunk.left, 1) for chunks in parted for chunk in chunks]
            + [(chunk.right, -1) for chunks in parted for chunk in chunks]
        )
        columns: list[tuple[float, float]] = []
        depth, begin = 0, 0.0
        for at, step in edges:
            before, depth = depth, depth + step
            if before <= least < depth:
                begin = at
            elif depth <= least < before:
                if columns and begin - columns[-1][1] < _GUTTER * self._size:
                    columns[-1] = (columns[-1][0], at)
                else:
                    columns.append((begin, at))
        if least:
            for chunks in parted:
                for chunk in chunks:
                    # A column that few rows fill.
                    if all(
                        chunk.right < left - 0.2 * self._size
                        or chunk.left > right + 0.2 * self._size
                        for left, right in columns
                    ):
                        columns.append((chunk.left, chunk.right))
            columns.sort()
        return columns

    def _head_lines(
        self, columns: Sequence[tuple[float, float]], rows: Sequence[Row]
    ) -> list[PdfLine]:
        """Return the lines above the rows that name the columns."""
        first = next(
            (
                row.base
                for row in rows
                if any(is_amount(chunk.text) for chunk in row.chunks(CELL_SPACE)[1:])
            ),
            self._top,
        )
        values = columns[1][0]
        heads: list[PdfLine] = []
        labels: list[PdfLine] = []
        top = self._top
        above = sorted(
            (
                line
                for line in self._page
                if line.base > self._top + 1
                and line.right > self._left - self._size
                and line.left < self._right + self._size
            ),
            key=lambda line: line.base,
        )
        for line in above:
            if line.base - top > _HEAD_STEP * self._size:
                break
            crossed = sum(first < rule < line.base - 0.1 * line.size for rule in self._full)
            if crossed > 1 or not self._inside(line) or is_caption(line):
                break
            width = self._right - self._left
            dense = crossed and self._is_dense_head(line, columns)
            if (is_prose(line, width) and not dense) or re.search(r"[a-z]{3}[.;]$", line.text):
                break
            if _ASIDE.match(line.text):
                break
            label_and_value = any(
                chunk.left < 0.65 * columns[0][1] + 0.35 * values
                and chunk.right > values + 0.5 * self._size
                for chunk in row_of([line]).chunks(WORD_SPACE)
            )
            if label_and_value or row_of([line]).amounts():
                # A row of another table.
                break
            ruled = any(rule > line.base for rule in self._full)
            if line.right < values and not ruled and not self._beside(line, heads):
                # A heading over the first column, or what the first rows are ("Fiscal year:").
                if heads or labels or not line.text.endswith(":"):
                    break
                labels.append(line)
                top = line.base
                continue
            heads.append(line)
            top = line.base
        while heads and unit_of(heads[-1].text):
            heads.pop()
        return [*labels, *heads] if heads else []

    def _is_dense_head(self, line: PdfLine, columns: Sequence[tuple[float, float]]) -> bool:
        """Say whether a line between two rules has a head over nearly every column."""
        if not any(0 < rule - line.base < 2.5 * self._size for rule in self._full):
            return False
        heads = Grid(columns, self._size, self._words).parted(row_of([line]))
        return len(columns) - 1 <= len(heads) <= len(columns)

    def _beside(self, line: PdfLine, heads: Sequence[PdfLine]) -> bool:
        """Say whether a line is at the height of a head: the head of the first column."""
        others = [*heads, *(one for one in self._page if one.left > line.right)]
        return any(
            abs(one.base - line.base) < 0.8 * self._size and self._inside(one)
            for one in others
            if one is not line
        )

    def _last_lines(self, columns: Sequence[tuple[float, float]]) -> list[PdfLine]:
        """Return the lines below the rows that are still of the table: wrapped cells."""
        below = sorted(
            (
                line
                for line in self._page
                if line.base < self._bottom - 1
                and line.right > self._left
                and line.left < self._right
            ),
            key=lambda line: -line.base,
        )
        closing = next((rule for rule in reversed(self._full) if rule < self._bottom), None)
        found: list[PdfLine] = []
        last = self._bottom
        for line in below:
            near = last - line.base <= (1.8 if closing else 1.25) * self._size
            if not near or not self._inside(line) or is_caption(line):
                break
            if closing is not None and line.base < closing:
                break
            if is_prose(line, self._right - self._left):
                break
            if closing is None and not (
                line.text[:1].islower() or any(line.left > right for _, right in columns[:1])
            ):
                break
            found.append(line)
            last = line.base
        return found

    def _body(self, rows: Sequence[Row], columns: Sequence[tuple[float, float]]) -> int:
        """Return the number of rows above the first that is no head."""
        first = None
        for number, row in enumerate(rows):
            chunks = row.chunks(WORD_SPACE)
            behind = [one for one in chunks if one.left >= columns[0][1] - 0.5 * self._size]
            if any(is_amount(one.text) for one in behind):
                first = number
                break
        ruled = [
            number
            for number in range(1, len(rows))
            if any(
                rows[number].base < rule < rows[number - 1].base + 0.2 * self._size
                for rule in self._full
            )
        ]
        if first is None:
            return ruled[0] if ruled else 1
        if ruled and ruled[0] <= first:
            return max(number for number in ruled if number <= first)
        # Between the first two rules are the heads, though they hold figures ("0.1 RMS").
        between = ruled and ruled[0] <= 12 and max(self._full) > rows[0].base
        if between and not any(row.amounts() for row in rows[: ruled[0]]):
            return ruled[0]
        if first <= 6:
            # Labels above the first figures name groups of rows where nothing stands beside them.
            while first > 1 and self._is_label(rows[first - 1], columns):
                first -= 1
            return first
        return 1 if len(rows[0].chunks(CELL_SPACE)) > 1 else 0

    def _is_label(self, row: Row, columns: Sequence[tuple[float, float]]) -> bool:
        """Say whether a row names the rows below it: its label alone, or words in the middle."""
        left, right = row.words[0][1], row.words[-1][2]
        return (right < columns[1][0] and left < columns[0][1]) or is_middle(row, columns)

    def _holds(self, body: Sequence[Sequence[str]], width: int) -> bool:
        """Say whether what was found is surely a table."""
        filled = [row for row in body if sum(map(bool, row)) >= 2]
        cells = [cell for row in filled for cell in row if cell]
        lonely = sum(sum(map(bool, row)) == 1 and any(map(is_value, row)) for row in body)
        if len(self._full) < 2 and lonely > 0.3 * len(body):
            # Figures strewn about: labels of a plot.
            return False
        if len(filled) < 2 or len(cells) < 0.45 * len(filled) * width:
            return False
        values = sum(is_value(cell) or bool(re.match(r"^[\d$(+-]", cell)) for cell in cells)
        ruled = len(self._full) >= 2
        if not ruled and len(filled) < 3 and width < 3:
            return False
        if sum(bool(_MATHS.search(cell)) for cell in cells) > (0.6 if ruled else 0.25) * len(cells):
            return False
        if not ruled and values < 0.3 * len(cells):
            return False
        columns = [[row[place] for row in filled if row[place]] for place in range(width)]
        long = sum(
            bool(column) and median(len(cell.split()) for cell in column) > (25 if ruled else 8)
            for column in columns
        )
        if long >= 2 or (long and width == 2 and not ruled):
            return False
        if not ruled and _is_contents(columns):
            return False
        figures = [column for column in columns[1:] if column and _mostly_values(column)]
        return bool(figures) or ruled

    def _unit(self, lines: Sequence[PdfLine], heads: Sequence[Sequence[str]]) -> str:
        """Return what the values are counted in, as heads or the lines above say."""
        unit = next((found for row in heads for cell in row if (found := unit_of(cell))), "")
        top = at = lines[0].base
        above = (line for line in self._page if line.base > top and self._beside_table(line))
        for line in sorted(above, key=lambda line: line.base)[:8]:
            if unit or line.base - at > _HEAD_STEP * max(line.size, self._size):
                break
            at = line.base
            unit = unit_of(line.text)
        return unit

    def _beside_table(self, line: PdfLine) -> bool:
        return line.right > self._left and line.left < self._right


def _whole(lines: Sequence[PdfLine], cells: Sequence[Sequence[str]]) -> bool:
    """Say whether every letter of the lines is in a cell; hyphens at line ends may go."""
    there = Counter("".join(cell for row in cells for cell in row))
    return all(
        count <= there[letter]
        for letter, count in Counter("".join(line.text for line in lines)).items()
        if letter.isalnum()
    )


def _mostly_values(column: Sequence[str]) -> bool:
    return 2 * sum(is_value(cell) or cell[:1].isdigit() for cell in column) >= len(column)


def _is_contents(columns: Sequence[Sequence[str]]) -> bool:
    """Say whether the last column counts pages up, and nothing else holds figures."""
    pages = [int(cell) for cell in columns[-1] if cell.isdigit()]
    return (
        len(pages) >= 3
        and len(pages) >= 0.8 * len(columns[-1])
        and all(one <= other for one, other in pairwise(pages))
        and not any(_mostly_values(column) for column in columns[1:-1] if column)
    )


def is_continued(before: PdfTable, table: PdfTable) -> bool:
    """Say whether a table without heads goes on where one ended at the foot of the page before."""
    if table.heads[0] or len(before.columns) != len(table.columns):
        return False
    return all(
        min(one[1], other[1]) > max(one[0], other[0])
        for one, other in zip(before.columns, table.columns, strict=True)
    )
