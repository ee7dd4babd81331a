"""Columns of a PDF page found by position, for pages drawn in another order than they are read.

pdfium gives letters as they are drawn and takes what stands on one height for one line: a page that
is drawn line by line over its columns came out as "and it took nine twelve years of the opening".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median

from corpus.readers.pdf_page import PdfLine

# A gutter is as wide as this many heights of letters, and as many lines begin at its right side.
_GUTTER, _BEGINS = 0.8, 4
# Places that are tried for a gutter on a page.
_TRIED = 6
# Lines of a side from which it can be told to be running text; a band with fewer follows one whose
# lines tell.
_TELLING = 4
# Running text: words of a line, letters of it, how full its lines are, how many begin in the
# middle of a sentence, how many of its letters are figures, how many of its lines end a sentence.
_WORDS, _LETTERS, _FULL, _WRAPPED, _FIGURES, _ENDED = 3, 12, 0.75, 0.35, 0.15, 0.5
# A column beside another is at least as wide as this share of it: a sidebar is narrower.
_AS_WIDE = 0.55
# What lies on both sides of a gutter by this share of its width spans the columns.
_SPANS = 0.2
# A line that stands higher than the one drawn before it by this many heights begins anew.
_HIGHER = 0.8
_LARGER = 1.12
# Lines of a wrapped cell on average, at least.
_CELL = 1.5
# Rules that a band of columns has at most; what has more is a table.
_RULED = 2
_CAPTION = re.compile(r"(?:figure|fig\.|table|tab\.|chart|box|exhibit|source)s?\b", re.IGNORECASE)
_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_CJK = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]")
_ENDS = re.compile(r"[.!?:。！？：][”\"')\]]*$")


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A line or the part of one in a column, with the place of the line in the drawing order."""

    line: PdfLine
    place: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """Lines that are read together; `column` is the number of a column in its band, or None."""

    parts: tuple[_Part, ...]
    band: tuple[int, ...] = ()
    column: int | None = None


def in_columns(page: Sequence[PdfLine]) -> list[PdfLine]:
    """Return the lines of a page band by band and column by column where they are drawn otherwise.

    A page that is drawn in an order that columns can be read in stays as it is, as do tables and
    pages that are written from right to left. A line that was drawn across the gutter is two.
    """
    lines = _heading_first(page)
    parts = [_Part(line, place) for place, line in enumerate(lines) if not line.turned]
    if len(parts) < _TELLING or len(parts) < 0.8 * len(lines) or _to_left(lines):
        return lines
    units = _units(parts, median(part.line.size for part in parts), ())
    if not any(unit.column is not None for unit in units) or not _contradicted(units):
        return lines
    ordered = [part.line for unit in units for part in _from_top(unit)]
    return [*ordered, *(line for line in lines if line.turned)]


def _heading_first(page: Sequence[PdfLine]) -> list[PdfLine]:
    """Put a heading that stands above all lines of a page and is drawn after them before them."""
    lines = list(page)
    straight = [line for line in lines if not line.turned]
    if len(straight) < 3:
        return lines
    usual = median(line.size for line in straight)
    at = max(range(len(lines)), key=lambda place: (not lines[place].turned, lines[place].base))
    if at == 0 or lines[at].size < _LARGER * usual:
        return lines
    end = at + 1
    while end < len(lines) and lines[end].size >= _LARGER * usual and not lines[end].turned:
        end += 1
    head = lines[at:end]
    rest = [*lines[:at], *lines[end:]]
    low = min(line.base for line in head)
    apart = all(line.turned or line.base < low - 0.5 * usual for line in rest)
    text = [line for line in lines[:at] if len(line.text.split()) > _WORDS]
    below = max(rest, key=lambda line: (not line.turned, line.base), default=None)
    after = len(text) >= _TELLING and any(line is below for line in text)
    return [*head, *rest] if apart and after and len(head) <= 3 else lines


def _to_left(lines: Sequence[PdfLine]) -> bool:
    letters = sum(len(line.text) for line in lines)
    return sum(len(_TO_LEFT.findall(line.text)) for line in lines) > 0.2 * letters


def _units(parts: Sequence[_Part], size: float, band: tuple[int, ...]) -> list[_Unit]:
    """Return lines as what is read one after the other, from top to bottom and left to right."""
    best: list[_Unit] = []
    most = (0, 0)
    for gutter in _gutters(parts, size):
        units, lines = _at(gutter, parts, size, band)
        if lines > most:
            best, most = units, lines
    return best or [_Unit(tuple(parts), band)]


def _gutters(parts: Sequence[_Part], size: float) -> list[float]:
    """Return where the right side of a gutter may be, where most lines begin first."""
    starts: Counter[int] = Counter()
    for part in parts:
        starts.update(_beginnings(part.line))
    if not starts:
        return []
    first = min(part.line.left for part in parts)
    around = {
        at: starts[at - 1] + count + starts[at + 1]
        for at, count in starts.items()
        if at > first + 6 * size
    }
    found: list[float] = []
    for at, count in sorted(around.items(), key=lambda one: (-one[1], one[0])):
        if count < _BEGINS or len(found) == _TRIED:
            break
        if all(abs(at - other) > 2 * size for other in found):
            found.append(min(one for one in (at - 1, at, at + 1) if starts[one]) - 0.5)
    return found


def _beginnings(line: PdfLine) -> list[int]:
    """Return where what may be a line of running text begins in a line."""
    if not line.gaps or not line.pieces:
        return (
            [round(line.left)]
            if line.text.count(" ") + 1 >= _WORDS or _CJK.search(line.text)
            else []
        )
    found, first = [], 0
    for place, (before, word) in enumerate(pairwise(line.pieces), 1):
        if word[1] - before[2] > line.size:
            found.append((first, place))
            first = place
    found.append((first, len(line.pieces)))
    return [
        round(line.pieces[start][1])
        for start, end in found
        if end - start >= _WORDS or _CJK.search(line.pieces[start][0])
    ]


def _at(
    gutter: float, parts: Sequence[_Part], size: float, band: tuple[int, ...]
) -> tuple[list[_Unit], tuple[int, int]]:
    """Return lines as they are read if there is a gutter, and how well they fit it.

    The more lines stand in columns the better, and the fewer are parted by it.
    """
    sides = {id(part): _side(part.line, gutter, size) for part in parts}
    both = [part for part in parts if sides[id(part)] == "both"]
    if len(both) < _TELLING:
        # A numbered heading or a row of a small table.
        for part in both:
            middle = (part.line.left + part.line.right) / 2
            sides[id(part)] = "left" if middle < gutter else "right"
        both = []
    down = sorted(parts, key=lambda part: -part.line.base)
    bands = [
        (spans, list(group))
        for spans, group in groupby(down, key=lambda part: sides[id(part)] == "spans")
    ]
    tried = [
        None if spans else _halves(group, sides, gutter, size, telling=True)
        for spans, group in bands
    ]
    if not any(tried):
        return [], (0, 0)
    units: list[_Unit] = []
    count = 0
    for number, (spans, group) in enumerate(bands):
        halves = tried[number]
        if halves is None and not spans:
            halves = _halves(group, sides, gutter, size, telling=False)
        if halves is None:
            units.append(_Unit(tuple(sorted(group, key=lambda part: part.place))))
            continue
        here = (*band, number)
        count += len({part.place for half in halves for part in half})
        for column, half in enumerate(halves):
            units.extend(
                replace(unit, band=here, column=column) if unit.band == here else unit
                for unit in _nested(half, size, here, column)
            )
    return units, (count, -len(both))


def _nested(half: Sequence[_Part], size: float, band: tuple[int, ...], column: int) -> list[_Unit]:
    found = _units(half, size, (*band, column))
    if len(found) == 1:
        return [_Unit(found[0].parts, band, column)]
    return found


def _side(line: PdfLine, gutter: float, size: float) -> str:
    """Say on which side of a gutter a line stands: "left", "right", "both" or "spans"."""
    start = gutter - _GUTTER * size
    words = line.pieces or (("", line.left, line.right),)
    if line.left >= gutter - 0.5:
        return "right"
    if line.right <= start + 0.5:
        return "left"
    if not any(left < gutter - 0.5 and right > start + 0.5 for _, left, right in words):
        return "both" if _divisible(line, gutter) else "spans"
    width = max(1.0, line.right - line.left)
    before, after = gutter - line.left, line.right - gutter
    if min(before, after) >= _SPANS * width:
        return "spans"
    return "left" if before > after else "right"


def _divisible(line: PdfLine, gutter: float) -> bool:
    """Say whether it is known which words of a line stand before a gutter and which after it."""
    words = "".join(word for word, _, _ in line.pieces)
    after = [left >= gutter - 0.5 for _, left, _ in line.pieces]
    known = words.replace(" ", "") == line.text.replace(" ", "")
    return known and 0 < sum(after) < len(after) and after == sorted(after)


def _halves(
    group: Sequence[_Part],
    sides: dict[int, str],
    gutter: float,
    size: float,
    *,
    telling: bool,
) -> tuple[list[_Part], list[_Part]] | None:
    """Return what stands left and right of a gutter, or None where these are no columns."""
    left: list[_Part] = []
    right: list[_Part] = []
    for part in sorted(group, key=lambda part: part.place):
        side = sides[id(part)]
        if side == "both":
            first, second = _divided(part.line, gutter)
            left.append(_Part(first, part.place))
            right.append(_Part(second, part.place))
        else:
            (left if side == "left" else right).append(part)
    if not left or not right:
        return None
    heights = {round(rule.y) for part in group for rule in part.line.rules}
    if len(heights) > _RULED or _cells(group, sides, size):
        return None
    if not telling:
        both = [part for part in group if sides[id(part)] == "both"]
        few = len(left) < _TELLING or len(right) < _TELLING
        rows = any(part.line.gaps > 1 for part in both)
        return (left, right) if few and not rows and _words(left + right) else None
    if not (_running(left) and _running(right)):
        return None
    widths = sorted(_width(side) for side in (left, right))
    if widths[0] < _AS_WIDE * widths[1]:
        wider = max(left, right, key=_width)
        parts = _units(wider, size, ())
        if len(parts) == 1 or widths[0] < 0.5 * _AS_WIDE * widths[1]:
            return None
    return left, right


def _divided(line: PdfLine, gutter: float) -> tuple[PdfLine, PdfLine]:
    """Return the two lines of one that was drawn across a gutter."""
    left = tuple(word for word in line.pieces if word[1] < gutter - 0.5)
    right = line.pieces[len(left) :]
    halves = [
        replace(
            line,
            text=" ".join(word for word, _, _ in words),
            left=words[0][1],
            right=words[-1][2],
            gaps=sum(after[1] - before[2] > line.size for before, after in pairwise(words)),
            pieces=words,
            marks=(),
            rules=(),
        )
        for words in (left, right)
    ]
    return replace(halves[0], marks=line.marks, rules=line.rules), halves[1]


def _cells(group: Sequence[_Part], sides: dict[int, str], size: float) -> bool:
    """Say whether lines are drawn as the wrapped cells of a table: row by row, cell by cell."""
    drawn = sorted(group, key=lambda part: part.place)
    runs = [list(run) for _, run in groupby(drawn, key=lambda part: sides[id(part)])]
    # Where rows of running text are drawn across the gutter, lines take turns.
    if len(drawn) < _CELL * len(runs):
        return False
    level = [
        abs(run[0].line.base - after[0].line.base) < 0.5 * size for run, after in pairwise(runs)
    ]
    return sum(level) >= 2


def _width(parts: Sequence[_Part]) -> float:
    widths = sorted(part.line.right - part.line.left for part in parts)
    return widths[int(0.9 * (len(widths) - 1))]


def _words(parts: Sequence[_Part]) -> bool:
    """Say whether lines hold words and no figures."""
    text = "".join(part.line.text for part in parts)
    letters = [letter for letter in text if letter.isalnum()]
    return sum(map(str.isdigit, letters)) <= _FIGURES * len(letters)


def _running(parts: Sequence[_Part]) -> bool:
    """Say whether lines are running text: several words each, full lines, broken in sentences."""
    if len(parts) < _TELLING or not _words(parts):
        return False
    texts = [part.line.text for part in parts]
    width = _width(parts)
    if median(part.line.right - part.line.left for part in parts) < _FULL * width:
        return False
    if median(map(len, texts)) < _LETTERS or _share_ended(texts) > _ENDED:
        return False
    whole = "".join(texts)
    if len(_CJK.findall(whole)) > 0.4 * len(whole):
        return True
    if median(len(text.split()) for text in texts) < _WORDS:
        return False
    return sum(text[:1].islower() for text in texts) >= _WRAPPED * len(texts)


def _share_ended(texts: Sequence[str]) -> float:
    return sum(bool(_ENDS.search(text)) for text in texts) / len(texts)


def _contradicted(units: Sequence[_Unit]) -> bool:
    """Say whether lines are drawn in another order than columns can be read in."""
    halved = Counter(part.place for unit in units for part in unit.parts)
    if sum(count > 1 for count in halved.values()) >= _TELLING:
        return True
    columns = [unit for unit in units if unit.column is not None]
    for number, unit in enumerate(columns):
        for after in columns[number + 1 :]:
            if unit.band == after.band and _inverted(unit.parts, after.parts):
                return True
    if any(len(_runs(unit)) > 1 and _from_top(unit) != list(unit.parts) for unit in columns):
        return True
    usual = median(part.line.size for unit in columns for part in unit.parts)
    for number, unit in enumerate(units):
        head = [part.place for part in unit.parts if part.line.size >= _LARGER * usual]
        if unit.column is None and len(head) == len(unit.parts):
            below = [
                part.place
                for after in units[number + 1 :]
                if after.column is not None
                for part in _strong(after.parts)
            ]
            if below and min(below) < min(head):
                return True
    return False


def _inverted(parts: Sequence[_Part], after: Sequence[_Part]) -> bool:
    """Say whether lines that are read later are drawn between these or before them."""
    places = sorted(part.place for part in _strong(parts))
    others = sorted(part.place for part in _strong(after))
    if len(places) < 2 or len(others) < 2:
        return False
    return places[-2] > others[1]


def _strong(parts: Sequence[_Part]) -> list[_Part]:
    return [
        part
        for part in parts
        if len(part.line.text) >= _LETTERS and not _CAPTION.match(part.line.text)
    ]


def _runs(unit: _Unit) -> list[list[_Part]]:
    """Return the lines of a column as runs that are drawn downwards."""
    runs: list[list[_Part]] = []
    for part in unit.parts:
        if runs and part.line.base - runs[-1][-1].line.base < _HIGHER * part.line.size:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _from_top(unit: _Unit) -> list[_Part]:
    """Return the lines of a column from top to bottom, but those that stand side by side."""
    runs = _runs(unit)
    if unit.column is None or len(runs) == 1:
        return list(unit.parts)
    down = sorted(unit.parts, key=lambda part: -part.line.base)
    if any(
        before.line.base - part.line.base < 0.5 * min(before.line.size, part.line.size)
        for before, part in pairwise(down)
    ):
        # Cells of a table or signs of a formula; their order is better known to who drew them.
        return list(unit.parts)
    return down
