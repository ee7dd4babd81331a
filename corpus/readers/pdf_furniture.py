"""What is printed around the text of PDF pages, and the report of what was left out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.document import page_list
from corpus.readers.blocks import Blocks
from corpus.readers.lines import is_table_line
from corpus.readers.pdf_page import PdfLine

_NUMBER = re.compile(r"\d+")
# A bare page number: figures, or Roman ones, with a word or dashes around them.
_PAGE_NUMBER = re.compile(
    r"\W*(?:pages?|p\.|seite|página|第)?\s*(?:#|[ivxlc]{1,7})\s*(?:(?:of|/|von|de|\|)\s*#)?\s*"
    r"(?:\|?\s*(?:pages?|页))?\W*",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?=[ivxlc])(?:x[lc]|l?x{0,3})(?:i[xv]|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
# Rows at the head and at the foot of a page that may be running heads.
_EDGE = 3
# The same line stands as high on each page, to this many points.
_AS_HIGH = 4.0
# What is printed around the text stands this many steps of its lines away from it, or more.
_FAR = 1.4
# The rows of a table follow each other at this many heights of letters, at most.
_ROW_STEP = 2.6
# A watermark is this much larger than the text.
_WATERMARK = 1.8

# A heading is this much larger than the text; a sentence has some words and ends.
_HEADING = 1.12
_SENTENCE = re.compile(r"(?:\w+\W+){4}.*[.!?]$")

Place = tuple[int, int]


def without_furniture(
    pages: Sequence[Sequence[PdfLine]],
) -> tuple[list[list[PdfLine]], list[LeftOutLine]]:
    """Return the pages' lines without what is printed around their text, and what was removed.

    One of the three highest or lowest lines goes when it stands as high, with the same words, on a
    quarter of the pages and on three at least (both pages of two), its figures the same or counting
    with the pages: a row of a table that only looks alike stays, and so does the head of a table
    that is printed anew on every page. A bare number goes when it counts with the pages. What is
    written up the margin goes too, and what is written up a drawing.
    """
    upright: list[list[PdfLine]] = []
    left_out: list[LeftOutLine] = []
    for number, page in enumerate(pages):
        straight = [line for line in page if not line.turned]
        if len(straight) < 0.5 * len(page):
            straight = [replace(line, turned=False) for line in page]
        else:
            left_out += [LeftOutLine(number, _turned(line, straight), line.text) for line in page
                        if line.turned]  # fmt: skip
        upright.append(straight)
    gone = _running(upright) | _watermarks(upright)
    for number, page in enumerate(upright):
        left_out += [
            LeftOutLine(number, kind, line.text)
            for place, line in enumerate(page)
            if (kind := gone.get((number, place)))
        ]
    kept = [
        [line for place, line in enumerate(page) if (number, place) not in gone]
        for number, page in enumerate(upright)
    ]
    return kept, left_out


def _turned(line: PdfLine, page: Sequence[PdfLine]) -> str:
    """Return what a line is that is not written as the page is read."""
    if page and line.size > _WATERMARK * median(one.size for one in page):
        return "watermarks"
    inside = page and min(one.left for one in page) - 2 < line.left < max(one.right for one in page)
    return "labels of figures" if inside else "margin stamps"


def _running(pages: Sequence[Sequence[PdfLine]]) -> dict[Place, str]:
    """Return the places of running heads and page numbers, with what they are."""
    alike: dict[str, list[tuple[PdfLine, Place]]] = defaultdict(list)
    apart: set[Place] = set()
    for number, page in enumerate(pages):
        edges, outer = _edges(page)
        apart.update((number, place) for place in outer)
        for place in edges:
            alike[_key(page[place].text)].append((page[place], (number, place)))
    gone: dict[Place, str] = {}
    for key, group in alike.items():
        if _ROMAN.fullmatch(key) or ("#" in key and _PAGE_NUMBER.fullmatch(key)):
            gone |= dict.fromkeys(_counting(group, len(pages)), "page numbers")
        else:
            gone |= dict.fromkeys(_repeated(group, pages, apart), "running heads")
    return gone


def _repeated(
    group: Sequence[tuple[PdfLine, Place]],
    pages: Sequence[Sequence[PdfLine]],
    apart: Collection[Place],
) -> list[Place]:
    """Return the places of lines that else are alike which are one running head.

    On so many pages it stands apart from the text; on others the text may come close.
    """
    least = 2 if len(pages) == 2 else max(3, len(pages) // 4)
    standing = {place[0] for _, place in group if place in apart}
    if len({place[0] for _, place in group}) < least or len(standing) < max(2, least // 3):
        return []
    found = []
    for high in _as_high(group):
        # On one page it may stand elsewhere: there it is the title.
        if len({place[0] for _, place in high}) < max(2, least - 1) or not _same_figures(high):
            continue
        # Where its figures count with the pages, a sentence or a heading is text: "Letter 3.".
        counts = len({line.text for line, _ in high}) > 1 and "#" in _key(high[0][0].text)
        for line, place in high:
            usual = median(one.size for one in pages[place[0]])
            if counts and (_SENTENCE.search(line.text) or line.size > _HEADING * usual):
                continue
            # The title, set large on the first page, may run at the head of the others.
            if place[0] or line.size < 1.3 * usual:
                found.append(place)
    return found


def _edges(page: Sequence[PdfLine]) -> tuple[list[int], list[int]]:
    """Return the places of the lines of the outer rows of a page, and of those that stand apart.

    Heads of tables are not among them. A page of few lines gives only its lowest: its first is the
    text.
    """
    order = sorted(range(len(page)), key=lambda place: -page[place].base)
    rows: list[list[int]] = []
    for place in order:
        if rows and abs(page[rows[-1][0]].base - page[place].base) < 0.5 * page[place].size:
            rows[-1].append(place)
        else:
            rows.append([place])
    if len(rows) <= 4:
        lowest = rows[-1] if len(rows) > 1 else []
        return lowest, lowest
    steps = [page[one[0]].base - page[other[0]].base for one, other in pairwise(rows)]
    # A row that a row of a table follows is that table's head, or the one before it.
    head = next((count for count in range(_EDGE) if _is_head(page, *rows[count : count + 2])), None)
    most = _EDGE if head is None else head
    top = min(most, _apart(page, rows, steps))
    bottom = _apart(page, rows[::-1], steps[::-1])
    edges = (*rows[:most], *rows[max(most, len(rows) - _EDGE) :])
    outer = (*rows[:top], *rows[len(rows) - bottom :])
    return [place for row in edges for place in row], [place for row in outer for place in row]


def _apart(page: Sequence[PdfLine], rows: Sequence[Sequence[int]], steps: Sequence[float]) -> int:
    """Return how many rows, from the outermost on, stand apart from the text; three at most.

    Where none does, one short line may still be a running head right above the text.
    """
    usual = median(steps)
    for count in range(_EDGE, 0, -1):
        if steps[count - 1] > _FAR * usual:
            return count
    left, right = min(line.left for line in page), max(line.right for line in page)
    outer = [page[place] for place in rows[0]]
    return int(outer[-1].right - outer[0].left < 0.6 * (right - left))


def _is_head(page: Sequence[PdfLine], row: Sequence[int], after: Sequence[int]) -> bool:
    """Say whether a row is followed by a row of a table as rows of one follow each other."""
    return _is_cells(page, row) and _is_cells(page, after) and _is_near(page, row, after)


def _is_cells(page: Sequence[PdfLine], row: Sequence[int]) -> bool:
    return len(row) > 1 or any(page[one].gaps or is_table_line(page[one].text) for one in row)


def _is_near(page: Sequence[PdfLine], row: Sequence[int], after: Sequence[int]) -> bool:
    high, low = page[row[0]], page[after[0]]
    return high.base - low.base < _ROW_STEP * max(high.size, low.size)


def _key(text: str) -> str:
    return _NUMBER.sub("#", " ".join(text.split())).lower()


def _as_high(group: Sequence[tuple[PdfLine, Place]]) -> Iterable[list[tuple[PdfLine, Place]]]:
    """Return the lines that stand as high on their pages, together."""
    ordered = sorted(group, key=lambda one: one[0].base)
    found: list[list[tuple[PdfLine, Place]]] = []
    for one in ordered:
        if found and one[0].base - found[-1][-1][0].base <= _AS_HIGH:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _same_figures(group: Sequence[tuple[PdfLine, Place]]) -> bool:
    """Say whether the figures of lines that else are alike stay, or count with the pages."""
    ordered = sorted(group, key=lambda one: one[1])
    rows = [[int(figure) for figure in _NUMBER.findall(line.text)] for line, _ in ordered]
    pages = [place[0] for _, place in ordered]
    for values in zip(*rows, strict=True):
        offsets = Counter(value - page for value, page in zip(values, pages, strict=True))
        counts = offsets.most_common(1)[0][1] >= 0.7 * len(values)
        changes = sum(one != other for one, other in pairwise(values))
        # A number of a chapter stays for several pages and then rises.
        rises = changes <= 0.5 * (len(values) - 1) and list(values) == sorted(values)
        if not counts and not rises:
            return False
    return True


def _counting(group: Sequence[tuple[PdfLine, Place]], pages: int) -> list[Place]:
    """Return the places of bare numbers that count with the pages: two at least, or a lone "1"."""
    offsets: dict[int, list[Place]] = defaultdict(list)
    for line, place in group:
        offsets[_value(line.text) - place[0]].append(place)
    least = 2 if pages > 1 else 1
    return [
        place
        for offset, places in offsets.items()
        if len({page for page, _ in places}) >= least and (pages > 1 or offset == 1)
        for place in places
    ]


def _value(text: str) -> int:
    if figure := _NUMBER.search(text):
        return int(figure[0][:9])
    letters = [_ROMAN_VALUES[letter] for letter in re.sub(r"[^ivxlc]", "", text.lower())]
    return sum(
        -one if one < after else one for one, after in zip(letters, [*letters[1:], 0], strict=True)
    )


def _watermarks(pages: Sequence[Sequence[PdfLine]]) -> dict[Place, str]:
    """Return the places of large words at the same spot of most pages."""
    spots: dict[tuple[str, int, int], list[Place]] = defaultdict(list)
    for number, page in enumerate(pages):
        usual = median([line.size for line in page] or [0.0])
        for place, line in enumerate(page):
            if line.size > _WATERMARK * usual:
                spots[line.text, round(line.left), round(line.base)].append((number, place))
    least = max(3, len(pages) // 2)
    return {
        place: "watermarks"
        for places in spots.values()
        if len({page for page, _ in places}) >= least
        for place in places
    }


@dataclass(frozen=True, slots=True)
class LeftOutLine:
    """Something left out of the text: its 0-based page, its kind in the plural, its text."""

    page: int
    kind: str
    text: str


def note_left_out(text: Blocks, left_out: Sequence[LeftOutLine]) -> None:
    """Add to `text` what was left out of it, by kind, with the pages."""
    for kind in dict.fromkeys(one.kind for one in left_out):
        pages = [one.page + 1 for one in left_out if one.kind == kind]
        text.leave_out(kind, len(pages), page_list(sorted(set(pages))))


def count_missing(
    pages: Sequence[Sequence[PdfLine]], left_out: Sequence[LeftOutLine], text: str
) -> int:
    """Return how many letters and digits of the pages are neither in the text nor in `left_out`.

    It should be 0; a lost letter is reported, whatever the cause.
    """
    there = _letters(line.text for page in pages for line in page)
    there.subtract(_letters(one.text for one in left_out))
    there.subtract(_letters([text]))
    return sum(count for count in there.values() if count > 0)


def _letters(texts: Iterable[str]) -> Counter[str]:
    signs = Counter(unicodedata.normalize("NFKD", "\n".join(texts)))
    return Counter({sign: count for sign, count in signs.items() if sign.isalnum()})
