"""Tables of HTML: rows and columns with spans filled in, signs beside figures joined to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from corpus.table import detect_heads, is_figure

Text = Callable[[Any], str]
Shown = Callable[[Any], bool]

# Browsers take no wider span. One that says more is hostile, as is a table of which the spans fill
# so many places; it is read without them.
_WIDEST = 1_000
_MOST_WORK = 100_000
_BEFORE = frozenset(("$", "€", "£", "¥", "US$", "($", "(€", "(£", "-$", "$("))
_AFTER = frozenset((")", "%", ")%", "%)", "pts", "bps"))
_PARTS = frozenset(("thead", "tbody", "tfoot"))
_CELL_ROLES = frozenset(("cell", "gridcell", "columnheader", "rowheader"))
# What numbers a paragraph of a law, or opens an item.
MARKER = re.compile(r"^(?:\(?\w{1,4}[.)]|[•●▪■–—☐☒-])$")
_NOTE = re.compile(
    r"(?:notes?|sources?)\b|[*†‡(\[]|\d{1,2}[.)]?\s|.{80,}", re.IGNORECASE | re.DOTALL
)


@dataclass(eq=False, slots=True)
class _Cell:
    """A cell, its place in the grid, and how many columns it covers that are still there."""

    text: str
    head: bool
    of_row: bool
    column: int
    width: int
    row: int
    height: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a table; `above` and `below` are lines over its whole width.

    `heads` are the first rows and columns that are heads, None where no element says so.
    """

    rows: list[list[str]]
    heads: tuple[int, int] | None
    above: list[str]
    below: list[str]


def name_of(element: Any) -> str:
    """Return the name of an element without its namespace, "" for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def is_table(element: Any) -> bool:
    """Say whether an element is a table, by its name or by its role."""
    return name_of(element) == "table" or element.get("role") in {"table", "grid", "treegrid"}


def own_rows(table: Any) -> list[tuple[str, list[Any]]]:
    """Return the rows of a table by its parts, "thead" first and "tfoot" last, as they are shown.

    Each is the part's name and its row elements; the rows of tables within cells are not there.
    """
    if name_of(table) != "table":
        rows = [one for one in table.iter() if one.get("role") == "row"]
        return [("", rows)]
    parts: list[tuple[str, list[Any]]] = []
    for child in table:
        name = name_of(child)
        if name in _PARTS:
            parts.append((name, [one for one in child if name_of(one) == "tr"]))
        elif name == "tr":
            if not parts or parts[-1][0]:
                parts.append(("", []))
            parts[-1][1].append(child)
    order = {"thead": 0, "tfoot": 2}
    return sorted(parts, key=lambda part: order.get(part[0], 1))


def own_cells(row: Any) -> Iterator[Any]:
    """Yield the cell elements of a row."""
    for child in row:
        if name_of(child) in {"td", "th"} or child.get("role") in _CELL_ROLES:
            yield child


def lays_out(table: Any) -> bool:
    """Say whether a table only places the parts of a page, or is a numbered paragraph of a law."""
    if name_of(table) != "table":
        return False
    rows = [[*own_cells(row)] for _, part in own_rows(table) for row in part]
    cells = [cell for row in rows for cell in row]
    heads = any(name_of(cell) == "th" for cell in cells) or table.find("caption") is not None
    if heads:
        return False
    if table.get("role") in {"presentation", "none"} or table.find(".//table") is not None:
        return True
    said = [[cell for cell in row if (cell.text or "").strip() or len(cell)] for row in rows]
    if max(map(len, said), default=0) < 2:
        return True
    if any(cell.find(f".//{name}") is not None for cell in cells for name in ("h1", "h2", "h3")):
        return True
    full = [row for row in said if row]
    if all(len(row) == 2 and MARKER.match(_own_text(row[0])) for row in full):
        return True
    return len(full) == 1 and sum(len(_own_text(cell)) > 200 for cell in full[0]) > 1


def _own_text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def grid_of(table: Any, text_of: Text, shown: Shown) -> Grid:
    """Return the rows and columns of a table; `shown` says whether a reader sees an element."""
    parts = own_rows(table)
    cells, height = _placed(parts, text_of, shown, spans=True)
    if not _within_bounds(cells, height):
        cells, height = _placed(parts, text_of, shown, spans=False)
    if not _within_bounds(cells, height):
        lines: list[list[str]] = [[] for _ in range(height)]
        for cell in cells:
            lines[cell.row].append(cell.text)
        return Grid(lines, None, [], [])
    starts = sorted({cell.column for cell in cells})
    # Columns in which no cell begins say nothing: a table with spans of 3 throughout has a third.
    columns = {start: place for place, start in enumerate(starts)}
    rows: list[list[_Cell | None]] = [[None] * len(starts) for _ in range(height)]
    for cell in cells:
        covered = [
            columns[one] for one in range(cell.column, cell.column + cell.width) if one in columns
        ]
        cell.width = len(covered)
        for row in range(cell.row, cell.row + cell.height):
            for column in covered:
                rows[row][column] = cell
    _join_signs(rows)
    _drop_spacers(rows)
    thead = sum(len(part) for name, part in parts if name == "thead")
    return _grid(rows, thead)


def _within_bounds(cells: list[_Cell], height: int) -> bool:
    """Say whether the places of a grid are not far more than its cells."""
    places = len({cell.column for cell in cells}) * height
    covered = sum(cell.height * cell.width for cell in cells)
    return max(places, covered) <= 20 * len(cells) + _MOST_WORK


def _placed(
    parts: list[tuple[str, list[Any]]], text_of: Text, shown: Shown, *, spans: bool
) -> tuple[list[_Cell], int]:
    """Return the cells in their places, as browsers place them, and how many rows there are."""
    cells: list[_Cell] = []
    row, work = 0, 0
    for name, elements in parts:
        end = row + sum(1 for one in elements if shown(one))
        # What reaches down from rows above: first and last column, and the row behind.
        reaching: list[tuple[int, int, int]] = []
        for element in elements:
            if not shown(element):
                continue
            reaching = sorted(one for one in reaching if one[2] > row)
            work += len(reaching)
            column, waiting = 0, list(reaching)
            for one in own_cells(element):
                if not shown(one):
                    continue
                while waiting and waiting[0][0] <= column:
                    column = max(column, waiting.pop(0)[1])
                wide = spans and work < _MOST_WORK
                width = min(_number(one, "colspan") or 1, _WIDEST) if wide else 1
                down = _number(one, "rowspan") if wide else 1
                height = min(down or end - row, end - row)
                head = name_of(one) == "th" or str(one.get("role")).endswith("header")
                of_row = one.get("scope") in {"row", "rowgroup"} or one.get("role") == "rowheader"
                text = " ".join(text_of(one).split())
                cells.append(
                    _Cell(text, head or name == "thead", of_row, column, width, row, height)
                )
                if height > 1:
                    reaching.append((column, column + width, row + height))
                column += width
            row += 1
    return cells, row


def _number(cell: Any, name: str) -> int:
    """Return a span as it is given, 1 where it is no number; 0 means: to the end."""
    said = (cell.get(name) or "1").strip()
    return int(said) if re.fullmatch(r"\d{1,6}", said) else 1


_Rows = list[list["_Cell | None"]]


def _join_signs(rows: _Rows) -> None:
    """Join "$", ")" and "%" in columns of their own to the figures beside them ("$", "12", ")")."""
    for column in range(len(rows[0]) if rows else 0):
        alone = [
            (number, cell)
            for number, row in enumerate(rows)
            if (cell := row[column]) and cell.width == 1 and cell.text
        ]
        first = next(
            (at for at, (_, cell) in enumerate(alone) if cell.text in _BEFORE | _AFTER), -1
        )
        signs = [cell.text for _, cell in alone[first:]] if first >= 0 else []
        if signs and all(sign in _BEFORE for sign in signs):
            step = 1
        elif signs and not first and all(sign in _AFTER for sign in signs):
            step = -1
        else:
            continue
        for number, cell in alone[first:]:
            target = _beside(rows[number], column, step)
            if target is None or not (is_figure(target.text) or len(target.text) < 3):
                continue
            target.text = cell.text + target.text if step > 0 else target.text + cell.text
            cell.text = ""
        # The head stands over the sign: it is the figure's.
        for number, cell in alone[:first]:
            over = rows[number][column + 1] if column + 1 < len(rows[0]) else cell
            if over is None or not over.text:
                rows[number][column + 1], rows[number][column] = cell, over


def _beside(row: list[_Cell | None], column: int, step: int) -> _Cell | None:
    """Return the next cell that says something, at most two columns on."""
    for place in (column + step, column + 2 * step):
        if 0 <= place < len(row) and (cell := row[place]) is not None and cell.text:
            return cell
    return None


def _drop_spacers(rows: _Rows) -> None:
    """Remove the columns of which every cell is empty or reaches into another column."""
    for column in reversed(range(len(rows[0]) if rows else 0)):
        cells = [row[column] for row in rows]
        if all(cell is None or not cell.text or cell.width > 1 for cell in cells):
            for cell in {id(one): one for one in cells if one}.values():
                cell.width -= 1
            for row in rows:
                del row[column]


def _grid(rows: _Rows, thead: int) -> Grid:
    """Return the texts, lines over the whole width set apart, and how many of them are heads."""
    kept = [row for row in rows if any(cell and cell.text for cell in row)]
    thead = sum(any(cell and cell.text for cell in row) for row in rows[:thead])
    above: list[str] = []
    below: list[str] = []
    while len(kept) > 2 and (line := _over_all(kept[0])):
        above.append(line)
        kept, thead = kept[1:], max(0, thead - 1)
    while len(kept) > 2 and (line := _over_all(kept[-1])) and _NOTE.match(line):
        below.insert(0, line)
        kept = kept[:-1]
    texts = [_texts(row) for row in kept]
    return Grid(texts, _heads(kept, texts, thead), above, below)


def _texts(row: list[_Cell | None]) -> list[str]:
    if line := _over_all(row):
        # A line between rows is said once.
        return [line] + [""] * (len(row) - 1)
    texts, before = [], None
    for cell in row:
        # "(in millions)" over all figures is said once.
        repeated = cell is before and cell is not None and cell.text.startswith("(")
        texts.append(cell.text if cell and not repeated else "")
        before = cell
    return texts


def _over_all(row: list[_Cell | None]) -> str:
    """Return what a row says where one cell reaches over all of its columns, else ""."""
    first = row[0] if row else None
    return first.text if first and len(row) > 1 and all(cell is first for cell in row) else ""


def _heads(rows: _Rows, texts: list[list[str]], thead: int) -> tuple[int, int] | None:
    if not any(cell and cell.head for row in rows for cell in row):
        return None
    head_rows = thead
    if not head_rows:
        for row in rows:
            said = [cell for cell in row if cell and cell.text]
            one = bool(_over_all(row)) or len(said) < 2
            if one or not all(cell.head and not cell.of_row for cell in said):
                break
            head_rows += 1
    if head_rows >= len(rows):
        return None
    below, head_columns = rows[head_rows:], 0
    for column in range(len(rows[0]) - 1):
        said = [cell for row in below if (cell := row[column]) and cell.text]
        if sum(cell.head for cell in said) * 2 <= len(said):
            break
        head_columns += 1
    return head_rows, head_columns or (detect_heads(texts)[1] if head_rows else 0)
