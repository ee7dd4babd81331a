"""Lines of plain text told apart: wrapped prose, lines of their own, drawn tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from corpus.readers.blocks import Blocks
from corpus.readers.lines import BULLET, ITEM, reflow
from corpus.table import find_unit

# Prose is hardly ever wrapped narrower.
_NARROWEST = 40
# What most lines of prose keep to; a longer line was not wrapped at all.
_WIDEST = 140
# So many rows above a blank line show the columns of a table.
_NEAR = 6
_RULER = re.compile(r"^\s*(?:[-=_*~#.+|:─━═│║┃┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╭╮╰╯]\s*){3,}$")
_BAR = re.compile(r"[|│║┃]")
_LEADERS = re.compile(r"(?<=\S)\s?(?:\.{3,}|(?:\s\.){3,}|…{2,}|_{4,})\s?(?=\S)")
# Two spaces behind a full stop part sentences.
_GAP = re.compile(r"(?<=[^\s.!?])(?: {2,}|\t+ *)(?=\S)|(?<=[.!?])(?: {3,}|\t+ *)(?=\S)")
_PAIR = re.compile(r"^\s*[^\W_][^:=：\t]{0,38}?\s?(?::\s+|：\s*|\s=\s|\t+:?\s*)(?=\S)")
_SENTENCE = re.compile(r"[.!?。]$")

_Rows = list[list[str]]


def add_plain(blocks: Blocks, lines: Sequence[str]) -> None:
    """Add lines of plain text: tables as tables, lines that stand as lines, prose re-flowed."""
    _Plain(blocks, [line.rstrip() for line in lines]).add()


class _Plain:
    """The lines of a text, with the prose that waits for what ends it."""

    def __init__(self, blocks: Blocks, lines: list[str]) -> None:
        self._blocks = blocks
        self._lines = lines
        lengths = sorted(len(line) for line in lines if line.strip())
        # What nine lines of ten keep to.
        self._width = lengths[int(len(lengths) * 0.9)] if lengths else 0
        self._prose: list[str] = []

    def add(self) -> None:
        for group in _groups(self._lines):
            for before, rows in _tables_in(group):
                self._text(before)
                if rows:
                    self._table(rows, before)
        self._close()

    def _close(self) -> None:
        for paragraph in reflow(self._prose, width=self._width):
            if len(paragraph) > 1:
                self._blocks.rows(paragraph)
            elif ITEM.match(paragraph[0]):
                self._blocks.line(paragraph[0])
            else:
                self._blocks.paragraph(paragraph[0])
        self._prose.clear()

    def _text(self, lines: list[str]) -> None:
        for heading, stretch in _headed(lines):
            if heading:
                self._close()
                self._blocks.heading(*heading)
            elif len(stretch) > 1 and (said := _pairs(stretch) or _standing(stretch, self._width)):
                self._close()
                self._blocks.rows(said)
            else:
                self._prose += [*stretch, ""]

    def _table(self, rows: _Rows, before: list[str]) -> None:
        # The one line right above a table is what it is about.
        alone = len(before) == 1 and len(self._prose) > 1
        caption = self._prose[-2].strip() if alone else ""
        self._close()
        if all(len(row) == 2 and row[0].endswith(":") for row in rows):
            self._blocks.rows(" ".join(row) for row in rows)
        else:
            self._blocks.table(rows, caption=caption, unit=find_unit(caption))


def lines_stand(lines: Sequence[str], width: int = 0) -> bool:
    """Say whether lines are lines, as of an address or a poem, and no wrapped prose.

    They are where the next word mostly would have fitted into the line before it. `width` is what
    the lines of the document keep to.
    """
    longest = max(map(len, lines))
    if longest * 2 < max(width, 1.5 * _NARROWEST):
        return True
    width = max(width, _NARROWEST, longest)
    breaks = list(pairwise(lines))
    meant = sum(
        len(line) + 1 + len(after.split(maxsplit=1)[0][:20]) <= width
        and not after[:1].islower()
        and not line.endswith("-")
        for line, after in breaks
    )
    return meant * 2 >= len(breaks)


def _groups(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines between blank ones; a table with a blank line in it is one group."""
    group: list[str] = []
    waiting: list[str] = []
    for line in [*lines, ""]:
        if line:
            waiting.append(line)
            continue
        if group and waiting and not _one_table(group, waiting):
            yield group
            group = []
        group += waiting
        waiting = []
    if group:
        yield group


def _one_table(above: list[str], below: list[str]) -> bool:
    """Say whether rows below a blank line are in the columns of the rows above it."""
    if not all(_GAP.search(_spaced(one)) for one in (*above[-2:], *below[:2])):
        return False
    above = above[-_NEAR:]
    columns = len(_columns(above))
    return columns > 1 and columns == len(_columns([*above, *below])) == len(_columns(below))


def _headed(lines: list[str]) -> Iterator[tuple[tuple[int, str] | None, list[str]]]:
    """Yield a line that is underlined as a heading, and the lines between; rulers are dropped."""
    stretch: list[str] = []
    for place, line in enumerate(lines):
        if not _RULER.match(line):
            stretch.append(line)
            continue
        sign = line.strip()[0]
        if place and sign in "=-~" and len(stretch) == 1 and len(set(line.strip())) == 1:
            yield (1 if sign == "=" else 2, stretch.pop().strip()), []
        if stretch:
            yield None, stretch
        stretch = []
    if stretch:
        yield None, stretch


def _pairs(lines: list[str]) -> list[str]:
    """Return "Name: value" lines, a wrapped value joined; nothing where they are none."""
    named = [bool(_PAIR.match(line)) and len(line) <= _WIDEST for line in lines]
    if not named[0] or sum(named) < 2 or sum(named) * 3 < len(lines) * 2:
        return []
    said: list[str] = []
    for line, opens in zip(lines, named, strict=True):
        if opens or not line[:1].isspace():
            said.append(line)
        else:
            said[-1] += " " + line.strip()
    return said


def _standing(lines: list[str], width: int) -> list[str]:
    """Return the lines if each is meant as a line; nothing if they are prose or a list."""
    plain = [line.strip() for line in lines]
    if any(ITEM.match(one) for one in plain):
        return []
    wrapped = min(width, _WIDEST)
    return plain if max(map(len, plain)) <= _WIDEST and lines_stand(plain, wrapped) else []


def _tables_in(lines: list[str]) -> Iterator[tuple[list[str], _Rows]]:
    """Yield the tables of a group, each with the lines ahead of it; the last may be no rows."""
    begun = first = 0
    # Where most lines look like rows and make no table, the search would start at each of them.
    work = 20 * len(lines) + 1_000
    while first < len(lines) and work > 0:
        for rows_of in (_barred, _tabbed, _spaced_out):
            rows, last = rows_of(lines, first)
            work -= last - first
            if rows:
                yield lines[begun:first], rows
                begun = first = last
                break
        else:
            first += 1
    if begun < len(lines):
        yield lines[begun:], []


def _barred(lines: list[str], first: int) -> tuple[_Rows, int]:
    """Return the rows drawn with bars from a line on, and where the search ended."""
    last, rows, ruled = first, _Rows(), False
    rulers = 0
    while last < len(lines) and (_BAR.search(lines[last]) or _RULER.match(lines[last])):
        line = lines[last].strip()
        last += 1
        if _RULER.match(line):
            ruled, rulers = True, rulers + 1
            continue
        cells = [cell.strip() for cell in _BAR.split(line)]
        framed = bool(_BAR.match(line))
        cells = cells[framed : len(cells) - 1 if framed and not cells[-1] else None]
        # Between two rulers, a line that names nothing goes on with the one above it.
        if rows and not ruled and not cells[0] and len(cells) == len(rows[-1]) and rulers > 1:
            rows[-1] = [
                f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)
            ]
        else:
            rows.append(cells)
        ruled = False
    widths = {len(row) for row in rows}
    if len(rows) < 2 or len(widths) > 2 or max(widths) < 2 or min(widths) < 2:
        return [], last
    return rows, last


def _tabbed(lines: list[str], first: int) -> tuple[_Rows, int]:
    """Return the rows parted by tabs from a line on, and where the search ended."""
    last = first
    while last < len(lines) and "\t" in lines[last].strip():
        last += 1
    said = [line.strip(" ") for line in lines[first:last]]
    if len(said) < 2:
        return [], last
    for tab in (r"\t", r"\t+"):
        rows = [[cell.strip() for cell in re.split(tab, line)] for line in said]
        widths = {len(row) for row in rows}
        # A row may end early, where its last cells are empty.
        if max(widths) - min(widths) <= 1:
            return rows, last
    return [], last


def _spaced(line: str) -> str:
    """Return a line with leaders ("Fee ..... 30") and tabs as the space they are."""
    line = line.expandtabs(8)
    return _LEADERS.sub(lambda found: " " * max(2, len(found[0])), line)


def _spaced_out(lines: list[str], first: int) -> tuple[_Rows, int]:
    """Return the rows set in columns by spaces from a line on, and where the search ended."""
    if not _GAP.search(_spaced(lines[first])) or BULLET.match(lines[first].strip()):
        return [], first + 1
    last, lone = first, 0
    while last < len(lines):
        line = _spaced(lines[last])
        if not _GAP.search(line.strip()) and not _RULER.match(line):
            # One line between rows names those below it; two are the text below the table.
            lone += 1
            if lone > 1 or _SENTENCE.search(line):
                break
        else:
            lone = 0
        last += 1
    last -= lone if last == len(lines) or lone > 1 else 0
    said = [_spaced(line) for line in lines[first:last]]
    rowed = [line for line in said if _GAP.search(line.strip()) and not _RULER.match(line)]
    columns = _columns(said)
    if len(rowed) < 2 or len(columns) < 2 or _is_prose(rowed):
        return [], last
    rows = []
    for line in said:
        if _RULER.match(line):
            continue
        if not _GAP.search(line.strip()):
            rows.append([line.strip()])
            continue
        rows.append([line[start:end].strip() for start, end in columns])
    return (rows, last) if sum(sum(map(bool, row)) > 1 for row in rows) > 1 else ([], last)


def _is_prose(lines: list[str]) -> bool:
    """Say whether lines with gaps are text that was set to full width."""
    gaps = [_GAP.findall(line.strip()) for line in lines]
    words = sum(len(line.split()) for line in lines)
    narrow = sum(len(gap) < 4 for line in gaps for gap in line)
    return narrow == sum(map(len, gaps)) and words > 6 * (sum(map(len, gaps)) + len(lines))


def _columns(lines: list[str]) -> list[tuple[int, int]]:
    """Return where the columns of lines lie: between the spaces that all of them have."""
    lines = [_spaced(line) for line in lines]
    ruled = [line for line in lines if _RULER.match(line) and _GAP.search(line.strip())]
    rows = ruled[:1] or [line for line in lines if _GAP.search(line.strip())]
    width = max(map(len, lines), default=0)
    used = bytearray(width)
    for line in rows:
        for found in re.finditer(r"\S+(?: \S+)*", line):
            used[found.start() : found.end()] = b"\1" * (found.end() - found.start())
    starts = [found.start() for found in re.finditer(rb"\x01(?:\x01|\x00(?=\x01))*", bytes(used))]
    if not starts:
        return []
    starts[0] = 0
    return list(zip(starts, [*starts[1:], width], strict=True))
