"""CSV and TSV: the table, the lines above it that say what it is, and the notes below it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import groupby, pairwise
from pathlib import Path

from corpus.document import Document, Source
from corpus.errors import ReadError
from corpus.formats import OUR_WORDS, FileReader
from corpus.i18n import tr
from corpus.readers.blocks import Blocks, is_ragged
from corpus.readers.charsets import decoded
from corpus.readers.dates import source_dates
from corpus.table import detect_heads, find_unit, is_figure

_DELIMITERS = ",;\t|"
# Characters at the beginning by which the delimiter is detected.
_SAMPLE = 65_536
# What opens a note, and what a note in one cell looks like besides.
_NOTE = re.compile(
    r"(?:notes?|sources?|quellen?|anmerkung\w*|hinweis\w*|fuente|nota|©|\(c\)|last updated|"
    r"注|来源|数据来源|资料来源)(?:\b|[:：])|[*†‡#¹²³](?=\s?[^\W\d])|\[\d|\(\d+\)\s",
    re.IGNORECASE,
)
_PROSE = re.compile(r".{60,}|.*\w{2}[.。]$")

_Rows = list[list[str]]


def read_csv(data: bytes, location: str) -> Document:
    """Return a CSV or TSV file as its tables; raises ReadError (encoding, damaged, empty).

    Lines above a table that are none of its rows are its caption and paragraphs, lines below it
    are paragraphs. The title is the first line above the first table, else the file's name.
    """
    text = decoded(data).removeprefix("\ufeff")
    stated = re.match(r"sep=(.)\r?\n", text)
    text = text[stated.end() :] if stated else text
    delimiter = stated[1] if stated else _delimiter(text)
    try:
        rows = _parsed(text, delimiter)
    except csv.Error as error:
        raise ReadError(
            "damaged", tr("this table cannot be read ({reason})", reason=error)
        ) from error
    blocks = Blocks()
    title, above = "", list[str]()
    groups = _groups(rows)
    width = _width([row for group in groups for row in group])
    for group in groups:
        lines = len(groups) > 1 and _says_lines(group, width)
        above = _add(blocks, group, delimiter, above, lines=lines)
        if above and not blocks.tables:
            title = title or above[0]
    content = blocks.text()
    if not content.strip():
        raise ReadError("empty", tr("this file holds no text"))
    title = title if blocks.tables and 0 < len(title) <= 150 else Path(location).stem
    return blocks.document(Source(title, location, kind="table", **source_dates(blocks, "table")))


def _delimiter(text: str) -> str:
    """Return what parts the cells: what most rows agree upon, then what makes more columns.

    csv.Sniffer takes a letter for it, or a decimal comma, where there are lines above the table.
    """
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, found = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in _parsed(sample, delimiter) if any(row)]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, times = widths.most_common(1)[0] if widths else (0, 0)
        # A line of prose more or less above the table does not decide.
        score = (round(times / max(1, len(rows)), 1), width)
        if score > best:
            best, found = score, delimiter
    return found


def _parsed(text: str, delimiter: str) -> _Rows:
    # Excel closes a line of its own with "\r" in old files.
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline="")
    odd = text.count('"') % 2
    rows: _Rows = []
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != "\t"))
    except csv.Error:
        if not odd:
            raise
    # A quotation mark that nothing closes swallows all lines below it.
    if odd and (not rows or "\n" in rows[-1][-1]):
        lines.seek(0)
        rows = list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
    return [[cell.strip() for cell in row] for row in rows]


def _groups(rows: _Rows) -> list[_Rows]:
    """Return the rows between blank lines; a blank line within a table parts nothing."""
    groups: list[_Rows] = []
    for written, run in groupby(rows, key=any):
        group = list(run)
        if not written:
            continue
        before = groups[-1] if groups else []
        same = before and len(before[-1]) == len(group[0]) > 1 and len(before) > 1
        same = same and not _NOTE.match(group[0][0])
        # The first rows alone say whether there are heads.
        if same and not detect_heads(_even(group[:6]))[0] and _filled(group[0]) > 1:
            before.extend(group)
        else:
            groups.append(group)
    return groups


def _width(rows: _Rows) -> int:
    """Return how wide most rows are, wider ones counting more; 1 where none has two cells."""
    widths = Counter(len(row) for row in rows if _filled(row) > 1)
    return max(widths, key=lambda one: (widths[one] * one, one), default=1)


def _says_lines(rows: _Rows, width: int) -> bool:
    """Say whether rows beside a table `width` wide are lines about it: "Source,Guild of Linn"."""
    if all(_NOTE.match(row[0]) for row in rows):
        return True
    rows = [row for row in rows if not _NOTE.match(row[0])]
    return not any(len(row) == width or any(map(is_figure, row[1:])) for row in rows)


def _add(
    blocks: Blocks, rows: _Rows, delimiter: str, above: list[str], *, lines: bool
) -> list[str]:
    """Add the rows that stand together under the lines `above`; return the lines for the next."""
    width = 1 if lines else _width(rows)
    first, last = 0, len(rows)
    while first < last and (width < 2 or _is_above(rows[first], width)):
        first += 1
    while last > first + 1 and _is_below(rows[last - 1], width):
        last -= 1
    said = [_line(row, delimiter) for row in rows[:first]]
    if len(said) > 2 and not lines and first == last:
        # A column alone: no line of it is about the others.
        blocks.rows(said)
    else:
        for line in said:
            blocks.paragraph(line)
    above = [*above, *said]
    if first == last:
        return above
    table = _even(rows[first:last])
    heads = detect_heads(table)
    caption = above[0] if above else ""
    blocks.table(_spread(table, heads[0]), heads=heads, caption=caption, unit=find_unit(*above))
    for row in rows[last:]:
        blocks.paragraph(_line(row, delimiter))
    return []


def _is_above(row: list[str], width: int) -> bool:
    """Say whether a row ahead of a table `width` wide is a line about it."""
    if _filled(row) == 1 or row[0].startswith(("# ", "//")):
        return True
    # Prose with a comma in it, or "Source,Guild of Linn"; a head may lack the name of its rows.
    return len(row) < width - 1 and not any(map(is_figure, row))


def _is_below(row: list[str], width: int) -> bool:
    """Say whether a row behind a table is a note: one cell that reads like one, or a cut line."""
    if _filled(row) == 1 and row[0]:
        return len(row) < width or bool(_NOTE.match(row[0]) or _PROSE.match(row[0]))
    return len(row) != width and bool(_NOTE.match(row[0]))


def _line(row: list[str], delimiter: str) -> str:
    """Return a row as the line of prose, or the name with a value, that it was."""
    said = [cell for cell in row if cell]
    if len(said) == 2 and len(said[0].split()) <= 3 and not said[1][0].islower():
        # A name and its value, unless the name has a value of its own: "Source: Linn, 2024".
        return (", " if ":" in said[0] else ": ").join(said)
    parted = {",": ", ", ";": "; "}.get(delimiter, " ")
    return parted.join(said).removeprefix("# ")


def _filled(row: list[str]) -> int:
    return sum(map(bool, row))


def _even(rows: _Rows) -> _Rows:
    """Return the rows at one length; a first row that lacks one names the columns but the first.

    Those of which one is thousands of times as long as others stay as they are.
    """
    if is_ragged(rows):
        return rows
    width = max(map(len, rows))
    if len(rows) > 1 and len(rows[0]) == width - 1 and all(len(row) == width for row in rows[1:]):
        rows = [["", *rows[0]], *rows[1:]]
    return [row + [""] * (width - len(row)) for row in rows]


def _spread(rows: _Rows, head_rows: int) -> _Rows:
    """Return the rows with heads that span columns, of which one cell is filled, in each of them.

    Only over a further row of heads: that is how a sheet with merged cells comes out as CSV.
    """
    spread: _Rows = []
    for row, below in pairwise(rows[:head_rows]):
        cells, last = [], ""
        for place, cell in enumerate(row):
            last = cell or (last if any(below[place : place + 1]) else "")
            cells.append(last if place else cell)
            last = last if place else ""
        spread.append(cells)
    return spread + rows[len(spread) :]


CSV = FileReader(
    words=OUR_WORDS["csv"],
    suffixes=(".csv", ".tsv"),
    types={"text/csv": ".csv", "text/tab-separated-values": ".tsv"},
    read=lambda data, location, _: read_csv(data, location),
)
