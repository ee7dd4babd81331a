"""The cells of a worksheet that hold something, as the sheet shows them, and where they stand."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from corpus.readers.blocks import Blocks, clean
from corpus.readers.number_formats import BUILT_IN, format_value
from corpus.readers.office_package import (
    Element,
    Package,
    attribute,
    child,
    children,
    descendants,
    each,
    name,
    qualified,
)
from corpus.readers.office_runs import Run, join_runs

# Row and column, counted from 1.
Place = tuple[int, int]
Area = tuple[int, int, int, int]

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})$")
# Cells that merged ones may fill, and the longest text that is repeated in them.
_FILLED, _REPEATED = 200_000, 300
# Columns of a sheet; ranges of hidden ones and tables that are looked at, so that none takes long.
_COLUMNS, _RANGES, _TABLES = 16_384, 1_000, 50
_NOTHING = ";;;"
_CELL, _VALUE = qualified("x:c"), qualified("x:v")


@dataclass
class Worksheet:
    """What a worksheet shows: its cells by place, and those that merged cells cover.

    `tables` are the areas that the sheet itself calls tables, with how many rows of heads each has.
    """

    cells: dict[Place, str] = field(default_factory=dict)
    covered: dict[Place, str] = field(default_factory=dict)
    tables: list[tuple[Area, int]] = field(default_factory=list)
    margins: list[str] = field(default_factory=list)


def place_of(reference: str) -> Place:
    """Return the row and column of a reference ("B4"); raises ValueError for none."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise ValueError(f"no cell: {reference[:20]}")
    column = 0
    for letter in match.group(1):
        column = column * 26 + ord(letter) - 64
    return int(match.group(2)), column


def name_of(place: Place) -> str:
    """Return the reference of a cell ("B4")."""
    row, column = place
    letters = ""
    while column:
        column, last = divmod(column - 1, 26)
        letters = chr(65 + last) + letters
    return f"{letters}{row}"


def _area(reference: str) -> Area:
    first, _, last = reference.partition(":")
    return (*place_of(first), *place_of(last or first))


class Book:
    """What the sheets of a workbook share: texts, formats, the day from which days are counted."""

    def __init__(self, package: Package, blocks: Blocks) -> None:
        self.package, self.blocks = package, blocks
        root = package.xml(package.main)
        if root is None:
            raise KeyError("no workbook")
        self.root = root
        properties = child(root, "x:workbookPr")
        day = properties.get("date1904") if properties is not None else None
        self._from_1904 = day in {"1", "true", "on"}
        self._texts = [
            self.text(one)
            for part in package.targets(package.main, "sharedStrings")
            for one in each(package.data(part), "x:si")
        ]
        self._formats, self._struck = self._styles(package.first(package.main, "styles"))

    def text(self, holder: Element) -> str:
        """Return a text of runs, without what is struck out and the reading of Japanese."""
        runs: list[Run] = []
        for one in holder:
            short = name(one)
            if short == "x:t":
                runs.append(("", one.text or ""))
            elif short == "x:r":
                said = child(one, "x:t")
                text = "" if said is None else said.text or ""
                if _is_struck(child(one, "x:rPr")):
                    self.blocks.leave_out("struck-out words", len(text.split()))
                    continue
                raising = child(one, "x:rPr", "x:vertAlign")
                kind = raising.get("val") if raising is not None else ""
                kinds = {"superscript": "raised", "subscript": "lowered"}
                runs.append((kinds.get(kind or "", ""), text))
        return clean(join_runs(runs))

    def _styles(self, root: Element | None) -> tuple[list[str], list[bool]]:
        """Return the format and the striking out of each style of cells."""
        if root is None:
            return [], []
        own = {
            int(one.get("numFmtId", "0")): str(one.get("formatCode", ""))
            for one in descendants(root, "x:numFmt")
        }
        fonts = [_is_struck(one) for one in children(root, "x:fonts")]
        formats, struck = [], []
        for one in children(root, "x:cellXfs"):
            number, font = int(one.get("numFmtId", "0")), int(one.get("fontId", "0"))
            formats.append(own.get(number, BUILT_IN.get(number, "General")))
            struck.append(font < len(fonts) and fonts[font])
        return formats, struck

    def shown(self, cell: Element) -> str | None:
        """Return what a cell shows; "" for nothing, None where its format hides a value."""
        kind, style = cell.get("t", "n"), int(cell.get("s", "0"))
        value, code = cell.find(_VALUE), "General"
        if style < len(self._formats):
            code = self._formats[style]
        text = "" if value is None else value.text or ""
        if kind == "inlineStr":
            inline = child(cell, "x:is")
            text = "" if inline is None else self.text(inline)
        elif kind == "s" and text:
            text = self._texts[int(text)]
        elif kind == "b" and text:
            text = "TRUE" if text.strip() in {"1", "true"} else "FALSE"
        elif kind == "d":
            text = text.removesuffix("T00:00:00").replace("T", " ")
        elif kind == "n" and (number := _number(text)) is not None:
            written = format_value(number, code, from_1904=self._from_1904)
            return None if not written else self._kept(written, style)
        text = clean(text)
        if text and code == _NOTHING:
            return None
        return self._kept(_around(text, code), style)

    def _kept(self, text: str, style: int) -> str:
        if text and style < len(self._struck) and self._struck[style]:
            self.blocks.leave_out("struck-out words", len(text.split()))
            return ""
        return text


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_struck(font: Element | None) -> bool:
    strike = child(font, "x:strike") if font is not None else None
    return strike is not None and strike.get("val", "1") not in {"0", "false"}


def _around(text: str, code: str) -> str:
    """Return a text with what its format sets around texts."""
    section = code.split(";")[-1]
    if not text or "@" not in section or section.strip() == "@" or len(code) > 255:
        return text
    before, _, after = re.sub(r'"([^"]*)"|\\(.)|_.|\*.', r"\1\2", section).partition("@")
    return clean(f"{before}{text}{after}")


def read_sheet(book: Book, part: str, title: str) -> Worksheet:
    """Return what a worksheet shows; what is hidden or has no value is noted.

    Only cells that are in the file are looked at, however far apart they are.
    """
    sheet, merged = Worksheet(), list[Area]()
    hidden_columns: set[int] = set()
    ranges = 0
    without: list[str] = []
    hidden, row = 0, 0
    names = ("x:row", "x:col", "x:mergeCell", "x:oddHeader", "x:oddFooter")
    for element in each(book.package.data(part), *names):
        short = name(element)
        if short == "x:row":
            row = int(element.get("r") or row + 1)
            hidden += _read_row(book, element, row, hidden_columns, sheet, without)
        elif short == "x:col" and element.get("hidden") in {"1", "true"}:
            ranges += 1
            if ranges <= _RANGES:
                first, last = int(element.get("min", "0")), int(element.get("max", "0"))
                hidden_columns |= set(range(first, min(last, _COLUMNS) + 1))
        elif short == "x:mergeCell":
            merged.append(_area(str(element.get("ref"))))
        elif short in {"x:oddHeader", "x:oddFooter"}:
            kind = "Page header" if short == "x:oddHeader" else "Page footer"
            sheet.margins.append(f"{kind}: {_margin(element.text or '')}")
    book.blocks.leave_out("hidden cells", hidden)
    if without:
        named = ", ".join(without[:3]) + ", …" * (len(without) > 3)
        book.blocks.leave_out("formulas without a value", len(without), f"{title}: {named}")
    _fill(sheet, merged)
    for target in book.package.targets(part, "table")[:_TABLES]:
        table = book.package.xml(target)
        if table is not None and table.get("ref"):
            heads = int(table.get("headerRowCount", "1"))
            sheet.tables.append((_area(str(table.get("ref"))), heads))
    return sheet


def _read_row(
    book: Book,
    element: Element,
    row: int,
    hidden_columns: set[int],
    sheet: Worksheet,
    without: list[str],
) -> int:
    """Read the cells of a row; return how many of them hold something and are not shown."""
    hidden, column = 0, 0
    is_hidden = element.get("hidden") in {"1", "true"}
    for cell in element.iterchildren(_CELL):
        column = place_of(str(cell.get("r")))[1] if cell.get("r") else column + 1
        text = book.shown(cell)
        unseen = is_hidden or column in hidden_columns
        if text is None or (text and unseen):
            hidden += 1
        elif text:
            sheet.cells[row, column] = text
        elif child(cell, "x:f") is not None and cell.get("t") != "str" and not unseen:
            without.append(name_of((row, column)))
    return hidden


def _fill(sheet: Worksheet, merged: list[Area]) -> None:
    """Set the value of merged cells in each place that they cover and the sheet uses."""
    rows = sorted({row for row, _ in sheet.cells})
    columns = sorted({column for _, column in sheet.cells})
    looked = 0
    for top, left, bottom, right in merged:
        text = sheet.cells.get((top, left), "")
        if not text or len(text) > _REPEATED:
            continue
        for row in rows[bisect_left(rows, top) : bisect_right(rows, bottom)]:
            for column in columns[bisect_left(columns, left) : bisect_right(columns, right)]:
                looked += 1
                if looked > _FILLED:
                    return
                if (row, column) not in sheet.cells:
                    sheet.covered[row, column] = text


def _margin(codes: str) -> str:
    """Return the text of a header or footer of a sheet, whose parts and fonts are set by codes."""
    bare = re.sub(r'&"[^"]*"|&K[0-9A-Fa-f]{6}|&\d+|&(?:[LCRPNDTFAZGBIUESXY])', " ", codes)
    return clean(bare.replace("&&", "&"))


def notes_of(book: Book, part: str) -> list[tuple[Place, str, str]]:
    """Return the comments on a sheet's cells: place, author, text."""
    found: list[tuple[Place, str, str]] = []
    people = {
        str(one.get("id")): clean(one.get("displayName") or "")
        for target in book.package.targets(book.package.main, "person")
        for one in descendants(book.package.xml(target), "tc:person")
    }
    threaded: set[Place] = set()
    for target in book.package.targets(part, "threadedComment"):
        for one in descendants(book.package.xml(target), "tc:threadedComment"):
            place, text = place_of(str(one.get("ref"))), child(one, "tc:text")
            threaded.add(place)
            said = "" if text is None else clean(text.text or "")
            found.append((place, people.get(str(one.get("personId")), ""), said))
    for target in book.package.targets(part, "comments"):
        root = book.package.xml(target)
        authors = [clean(one.text or "") for one in descendants(root, "x:author")]
        for one in descendants(root, "x:comment"):
            place, text = place_of(str(one.get("ref"))), child(one, "x:text")
            # Beside a thread stands a word to older programs that cannot show it.
            if place in threaded or text is None:
                continue
            number = int(one.get("authorId") or "0")
            author = authors[number] if number < len(authors) else ""
            found.append((place, author, book.text(text).removeprefix(f"{author}:").strip()))
    return [one for one in found if one[2]]


def drawings_of(book: Book, part: str) -> list[tuple[str, Element]]:
    """Return the drawings of a sheet, each with its part."""
    drawn = []
    for target in book.package.targets(part, "drawing"):
        root = book.package.once(target)
        if root is not None:
            drawn.append((target, root))
    return drawn


def relation(element: Element) -> str:
    """Return the relationship by which an element names a part."""
    return attribute(element, "r:id") or ""
