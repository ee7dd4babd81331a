"""Workbooks: each sheet cut into its tables, with captions, comments, drawings and charts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from corpus.readers.blocks import Blocks, clean
from corpus.readers.charts import inner_text, title_of, write_chart
from corpus.readers.office_package import Package, child, descendants, name
from corpus.readers.office_runs import is_page_number
from corpus.readers.sheet_cells import (
    Book,
    Place,
    Worksheet,
    drawings_of,
    name_of,
    notes_of,
    read_sheet,
    relation,
)
from corpus.table import detect_heads

# What programs call a sheet until somebody names it.
_UNNAMED = re.compile(
    r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Planilha|Plan|Blad|Ark|Arkusz|List|Лист|工作表|シート)\s?\d*$"
)


def read_sheets(package: Package, blocks: Blocks) -> str:
    """Write the text of a workbook; return a title, the first caption or "", for one without.

    Raises KeyError or ValueError for a damaged file.
    """
    book = Book(package, blocks)
    title = ""
    for sheet in descendants(book.root, "x:sheet"):
        named = clean(sheet.get("name") or "")
        if sheet.get("state", "visible") != "visible":
            blocks.leave_out("hidden sheets")
            continue
        part = package.target(package.main, relation(sheet))
        if not package.has(part):
            continue
        blocks.heading(1, named)
        said = _sheet(book, part, named, blocks)
        title = title or ("" if _UNNAMED.match(named) else named) or said
    return title


def _sheet(book: Book, part: str, title: str, blocks: Blocks) -> str:
    """Write a sheet; return its first caption."""
    found = ""
    sheet = read_sheet(book, part, title)
    for text in sheet.margins:
        if not is_page_number(text.partition(": ")[2]):
            blocks.paragraph(text)
    for table in tables_of_sheet(sheet):
        found = found or next((one for one in (*table.above, table.caption) if one), "")
        _write(table, blocks)
    for place, author, text in notes_of(book, part):
        by = f" by {author}" if author else ""
        blocks.paragraph(f"Comment on {name_of(place)}{by}: {text}")
    _drawings(book, part, blocks)
    return found


def _write(table: SheetTable, blocks: Blocks) -> None:
    if table.rows:
        for text in table.above:
            blocks.paragraph(text)
    else:
        blocks.rows(table.above)
    if table.thin:
        for row in table.rows:
            blocks.row(row)
    elif table.rows:
        heads = None if table.heads is None else (table.heads, detect_heads(table.rows)[1])
        blocks.table(table.rows, heads=heads, caption=table.caption, unit=table.unit)
    for text in table.below:
        blocks.paragraph(text)


def _drawings(book: Book, part: str, blocks: Blocks) -> None:
    for drawing, root in drawings_of(book, part):
        for shape in descendants(root, "xdr:sp"):
            words = child(shape, "xdr:txBody")
            for text in inner_text(words):
                blocks.paragraph(text)
        for frame in descendants(root, "c:chart"):
            chart = book.package.once(book.package.target(drawing, relation(frame)))
            if chart is None:
                continue
            if any(True for _ in descendants(chart, "c:f")):
                # Its data are cells of the workbook, which are read.
                blocks.paragraph(f"Chart: {title}" if (title := title_of(chart)) else "")
            else:
                write_chart(chart, blocks)
        blocks.leave_out("pictures", sum(name(one) == "xdr:pic" for one in root.iter()))


# Cuts within cuts; a sheet that people made has two or three.
_CUTS = 8
# An area of so many places for each cell in it is no table.
_THIN, _SMALL = 20, 10_000
_LONGEST_CAPTION, _TITLES = 150, 3
_UNIT = re.compile(
    r"(?:\((?P<bracketed>[^()]{1,40})\)|(?:all )?(?:values|amounts|figures)?\s*\(?in (?P<plain>"
    r"[^().]{1,40})\)?|units?:\s*(?P<named>.{1,40}))$",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:sources?|notes?|quelle|anmerkung|fuente|nota|注|资料来源)\b|[*†‡¹²³]|\(\d\)", re.IGNORECASE
)


@dataclass
class SheetTable:
    """A table of a sheet: the lines above it, its rows, the lines below it.

    `heads` are its rows of heads where the sheet says so. `thin` is set for cells so far apart
    that rows and columns say nothing.
    """

    above: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    heads: int | None = None
    caption: str = ""
    unit: str = ""
    thin: bool = False
    left: int = 0
    bottom: int = 0


def tables_of_sheet(sheet: Worksheet) -> Iterator[SheetTable]:
    """Yield the tables of a sheet and what stands between them, in reading order."""
    cells = dict(sheet.covered)
    cells |= sheet.cells
    groups: list[tuple[list[Place], int | None]] = []
    rest = set(cells)
    for (top, left, bottom, right), named in sheet.tables:
        inside = [one for one in rest if top <= one[0] <= bottom and left <= one[1] <= right]
        rest.difference_update(inside)
        if inside:
            groups.append((sorted(inside), named))
    groups += [(area, None) for area in _cut(sorted(rest), cells, _CUTS)]
    # A table beside another comes after it, one below both comes last, as they were cut.
    if sheet.tables:
        groups.sort(key=lambda group: group[0][0])
    found: list[SheetTable] = []
    for area, heads in groups:
        made = _table(area, cells, sheet, heads)
        before = found[-1] if found else None
        if before is not None and heads is None and _continues(before, made):
            before.rows += made.rows
            before.below, before.bottom = made.below, made.bottom
            continue
        if before is not None and _is_title(before) and made.rows and before.left == made.left:
            # A title over an empty row.
            made.above[:0] = found.pop().above
        found.append(made)
    for one in found:
        _name(one)
        yield one


def _cut(places: Sequence[Place], cells: dict[Place, str], cuts: int) -> list[list[Place]]:
    """Cut cells apart at empty columns, then at empty rows, until there are none."""
    if not places:
        return []
    for axis in (1, 0):
        groups = _groups(places, axis)
        if axis:
            groups = _joined(groups, cells)
        if len(groups) > 1 and cuts:
            return [area for group in groups for area in _cut(group, cells, cuts - 1)]
    return [list(places)]


def _groups(places: Sequence[Place], axis: int) -> list[list[Place]]:
    """Return cells in groups between which a whole row (axis 0) or column (1) is empty."""
    groups: list[list[Place]] = []
    last = -1
    for one in sorted(places, key=lambda place: (place[axis], place[1 - axis])):
        if not groups or one[axis] > last + 1:
            groups.append([])
        groups[-1].append(one)
        last = one[axis]
    return groups


def _joined(groups: list[list[Place]], cells: dict[Place, str]) -> list[list[Place]]:
    """Join what an empty column does not make two tables: a lone column, values without names."""
    found: list[list[Place]] = []
    for group in groups:
        if found and not (_stands(found[-1]) and _stands(group) and _names_rows(group, cells)):
            found[-1] = found[-1] + group
        else:
            found.append(group)
    return found


def _stands(group: Sequence[Place]) -> bool:
    return all(len({one[axis] for one in group}) > 1 for axis in (0, 1))


def _names_rows(group: Sequence[Place], cells: dict[Place, str]) -> bool:
    return detect_heads(_grid(group, cells))[1] > 0


def _grid(group: Sequence[Place], cells: dict[Place, str]) -> list[list[str]]:
    rows = sorted({row for row, _ in group})
    columns = sorted({column for _, column in group})
    return [[cells.get((row, column), "") for column in columns] for row in rows]


def _table(
    area: list[Place], cells: dict[Place, str], sheet: Worksheet, heads: int | None
) -> SheetTable:
    """Take the lines above and below a table from an area."""
    by_row: dict[int, list[Place]] = {}
    for one in sorted(area):
        by_row.setdefault(one[0], []).append(one)
    own = {row: [one for one in some if one in sheet.cells] for row, some in by_row.items()}
    order = list(by_row)
    made = SheetTable(heads=heads, left=min(column for _, column in area), bottom=order[-1])
    columns = {column for _, column in area}
    if heads is None and len(columns) > 1:
        while order and len(own[order[0]]) <= 1:
            made.above += [cells[one] for one in own[order.pop(0)]]
        while order and _is_note(own[order[-1]], cells):
            made.below.insert(0, cells[own[order.pop()][0]])
    elif heads is None:
        made.above = [cells[one] for row in order for one in own[row]]
        return made
    kept = [one for row in order for one in by_row[row]]
    size = len(order) * len({column for _, column in kept})
    if size > _SMALL and size > _THIN * len(kept):
        made.thin = True
        made.rows = [[cells[one] for one in by_row[row]] for row in order]
    else:
        made.rows = _grid(kept, cells)
    return made


def _is_note(row: list[Place], cells: dict[Place, str]) -> bool:
    if len(row) != 1:
        return False
    text = cells[row[0]]
    return bool(_NOTE.match(text)) or len(text) > 60 or text.endswith(".")


def _is_title(lines: SheetTable) -> bool:
    return not lines.rows and len(lines.above) <= _TITLES


def _continues(before: SheetTable, made: SheetTable) -> bool:
    """Say whether rows go on with the table above an empty row: values at once, as wide as it."""
    if made.above or not made.rows or not before.rows or before.below or before.left != made.left:
        return False
    if made.thin or before.thin or len(made.rows[0]) != len(before.rows[0]):
        return False
    # Twice, since a row alone has no heads.
    return detect_heads([*made.rows, *made.rows[:1]])[0] == 0 and detect_heads(before.rows)[0] > 0


def _name(table: SheetTable) -> None:
    """Take caption and unit from the lines above a table."""
    if not table.rows:
        return
    caption = ""
    if table.above and (unit := _UNIT.match(table.above[-1])):
        table.unit = next(text for text in unit.groups() if text)
        caption = table.above.pop()
    if table.above and len(table.above[-1]) <= _LONGEST_CAPTION:
        caption = f"{table.above.pop()} {caption}"
    table.caption = caption.strip()
