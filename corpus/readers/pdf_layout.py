"""Lines of a PDF put together by how they stand and look: paragraphs, headings, rows of tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.readers.dates import parse_date
from corpus.readers.lines import BULLET, ITEM, is_heading, is_table_line, joined
from corpus.readers.pdf_page import Line

_PAGE_NUMBER = re.compile(r"^(?:page\s+)?[\divxlc]{1,5}(?:\s*(?:of|/)\s*\d+)?$", re.IGNORECASE)
# Three letters, those of formulas (U+1D400 to U+1D7FF) not among them; or two of Chinese.
_WORD = re.compile(r"(?:(?![\U0001d400-\U0001d7ff])[^\W\d_]){3}|[\u4e00-\u9fff]{2}")
_LEADERS = re.compile(r"(?:\s?[.·…]){4,}\s*")
_ENDS = (".", "!", "?", ":", "。", "！", "？", "”", '"', ")", ";")
# A title or heading is larger than the text by this much (12 on 10 points), or bolder by that much
# (fonts that call themselves 225 and 380 were seen, so no fixed weight is bold).
_LARGER = 1.12
_BOLDER = 1.3


@dataclass(frozen=True, slots=True)
class Body:
    """How the running text of a document looks: the most frequent size and weight."""

    size: float
    weight: float

    @classmethod
    def of(cls, pages: Iterable[Sequence[Line]]) -> Body:
        """Return the style of most of the letters."""
        styles: Counter[tuple[float, float]] = Counter()
        for page in pages:
            for line in page:
                if not line.turned:
                    styles[round(line.size * 2) / 2, line.weight] += len(line.text)
        size, weight = styles.most_common(1)[0][0] if styles else (10.0, 400.0)
        return cls(size or 10.0, weight or 400.0)

    def larger(self, line: Line) -> float:
        """Return how many times the running text a line is in size."""
        return line.size / self.size

    def bolder(self, line: Line) -> bool:
        """Say whether a line is set bold where the running text is not."""
        return line.weight >= _BOLDER * self.weight and self.larger(line) > 0.93


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (one text), a heading (`level` over 0) or rows that stay lines."""

    texts: tuple[str, ...]
    level: int = 0


def without_running_heads(pages: Sequence[Sequence[Line]]) -> tuple[list[list[Line]], list[str]]:
    """Return the pages' lines without what is printed on every page, and what the first page lost.

    One of the two highest or lowest lines of a page goes when the same line, figures aside, stands
    there on a quarter of the pages and on three at least (both pages of two); so does a bare page
    number, and what is written up the margin (the stamp of an archive).
    """
    upright = [[line for line in page if not line.turned] for page in pages]
    for number, page in enumerate(pages):
        if len(upright[number]) < 0.5 * len(page):
            upright[number] = [replace(line, turned=False) for line in page]
    seen = Counter(key for page in upright for key in {_key(line) for line in _edges(page)})
    least = 2 if len(pages) == 2 else max(3, len(pages) // 4)
    running = {key for key, count in seen.items() if count >= least}
    kept, lost = [], [line.text for page in pages[:1] for line in page if line.turned]
    for number, page in enumerate(upright):
        usual = median([line.size for line in page] or [0.0])
        gone = {
            id(line)
            for line in _edges(page)
            # The title, set large on the first page, may run at the head of the others.
            if (_key(line) in running and (number or line.size < 1.3 * usual))
            or (len(page) > 1 and _PAGE_NUMBER.match(line.text))
        }
        kept.append([line for line in page if id(line) not in gone])
        if not number:
            lost.extend(line.text for line in page if id(line) in gone)
    return kept, lost


def _edges(page: Sequence[Line]) -> list[Line]:
    by_height = sorted(page, key=lambda line: line.base)
    return by_height[:2] + by_height[-2:] if len(page) > 4 else by_height[:1]


def _key(line: Line) -> str:
    return re.sub(r"\d+", "#", " ".join(line.text.split())).lower()


def blocks(
    page: Sequence[Line], body: Body, *, words: Collection[str], titles: Mapping[str, int]
) -> list[Block]:
    """Return a page as blocks, in reading order.

    `words` are those of the whole document, lower case, by which a hyphen at a line end is judged;
    `titles` the page's titles in the outline (`folded`) with their levels.
    """
    rows = _rows(page)
    tabular = _tabular(rows)
    leading = _leading(rows)
    groups: list[list[Line]] = []
    kinds: list[bool] = []
    for place, line in enumerate(rows):
        if groups and kinds[-1] == tabular[place]:
            before = rows[place - 1]
            if tabular[place] or not _parts(before, line, leading, body):
                # A table is one block; so are the lines of a paragraph.
                groups[-1].append(line)
                continue
        groups.append([line])
        kinds.append(tabular[place])
    found: list[Block] = []
    for place, group in enumerate(groups):
        if kinds[place]:
            found.append(Block(tuple(_LEADERS.sub(" … ", line.text) for line in group)))
            continue
        text = joined([line.text for line in group], words)
        after = groups[place + 1 : place + 2]
        before_prose = bool(after) and not kinds[place + 1]
        level = titles.get(folded(text), 0) or _level(
            group, text, body, after[0] if before_prose else None
        )
        found.append(Block((text,), level))
    return found


def title_of(page: Sequence[Line], body: Body) -> str:
    """Return the text set largest on the upper part of a first page, or "" where none stands out.

    What holds no letters, is an address or is written up the margin is no title.
    """
    lines = [
        line for line in _rows(page) if not line.turned and re.search(r"[^\W\d]{3}", line.text)
    ]
    lines = [line for line in lines if not re.search(r"://|www\.|@|^arxiv", line.text, re.I)]
    if not lines:
        return ""
    top, bottom = max(line.base for line in lines), min(line.base for line in lines)
    upper = [line for line in lines if line.base > bottom + 0.35 * (top - bottom)] or lines
    largest = max(line.size for line in upper)
    if largest < _LARGER * body.size:
        return ""
    title: list[Line] = []
    for line in upper:
        # Small capitals and a second line of a title are smaller than its largest letters.
        if line.size > (0.75 if title else 0.95) * largest and body.larger(line) > _LARGER:
            if title and title[-1].base - line.base > 2.5 * largest:
                break
            title.append(line)
        elif title:
            break
    return joined([line.text for line in title], ()) if len(title) <= 6 else ""


def folded(title: str) -> str:
    """Return a title as it is compared: an outline often leaves the section's number out."""
    plain = re.sub(r"^[\dA-Z]{1,3}(?:\.\d+)*\.?\s+", "", title)
    return re.sub(r"\W+", "", plain).lower()


def _rows(page: Sequence[Line]) -> list[Line]:
    """Put pieces of one line together again: footnote marks, formulas, a change of font."""
    rows: list[Line] = []
    for line in page:
        last = rows[-1] if rows else None
        if last is None or not _same_row(last, line):
            rows.append(line)
            continue
        space = " " if line.left - last.right > 0.2 * max(last.size, line.size) else ""
        main = max(last, line, key=lambda one: len(one.text))
        rows[-1] = replace(
            main,
            text=f"{last.text}{space}{line.text}",
            left=last.left,
            right=line.right,
            weight=min(last.weight, line.weight),
            gaps=last.gaps + line.gaps,
            pieces=_beside(last, line, space),
        )
    return rows


def _beside(last: Line, line: Line, space: str) -> tuple[tuple[str, float, float], ...]:
    """Return the words of two pieces of one line; without a space between them two are one."""
    if space or not last.pieces or not line.pieces:
        return last.pieces + line.pieces if last.pieces and line.pieces else ()
    (head, left, _), (tail, _, right) = last.pieces[-1], line.pieces[0]
    return (*last.pieces[:-1], (head + tail, left, right), *line.pieces[1:])


def _same_row(last: Line, line: Line) -> bool:
    size = max(last.size, line.size)
    beside = -0.5 * size < line.left - last.right < 1.2 * size
    return beside and abs(line.base - last.base) < 0.5 * size and not last.text.endswith("-")


def _tabular(rows: Sequence[Line]) -> list[bool]:
    """Say of each line whether it is a row of a table or of contents.

    A line of figures is; so is one with two wide gaps, and one with a single wide gap beside
    another such line, since the two halves of one line of text can stand apart by accident.
    """
    sure = [
        is_table_line(row.text) or row.gaps >= 2 or bool(_LEADERS.search(row.text)) for row in rows
    ]
    maybe = [certain or row.gaps == 1 for certain, row in zip(sure, rows, strict=True)]
    around = [False, *maybe, False]
    return [
        certain or (maybe[place] and (around[place] or around[place + 2]))
        for place, certain in enumerate(sure)
    ]


def _leading(rows: Sequence[Line]) -> float:
    """Return the usual step from line to line, in heights of letters."""
    steps = [
        (before.base - line.base) / line.size
        for before, line in pairwise(rows)
        if line.size and 0.5 * line.size < before.base - line.base < 2.5 * line.size
    ]
    return median(steps) if steps else 1.2


def _parts(before: Line, line: Line, leading: float, body: Body) -> bool:
    """Say whether `line` begins a paragraph after `before`."""
    if BULLET.match(line.text):
        return True
    size = max(line.size, 1.0)
    if not 0.92 < line.size / max(before.size, 1.0) < 1.09:
        # Words of another size inside a paragraph stay; a heading or a note starts anew.
        return True
    if before.text.endswith("-") and line.text[:1].islower():
        return False
    if is_heading(line.text) and body.bolder(line):
        return True
    ended = before.text.endswith(_ENDS)
    step = (before.base - line.base) / size
    if step < -0.5 or step > 4:
        # The next column or the other side of a picture: the sentence decides.
        return ended or not line.text[:1].islower()
    if step > 1.28 * leading:
        return True
    if body.bolder(before) != body.bolder(line) and before.right < line.right - 3 * size:
        return True
    if ITEM.match(line.text) and (ended or line.left > before.left + 0.5 * size):
        return True
    indented = 0.5 * size < line.left - before.left < 5 * size
    short = before.right < line.right - 2.5 * size
    return ended and (indented or (short and not line.text[:1].islower()))


def _level(group: Sequence[Line], text: str, body: Body, after: Sequence[Line] | None) -> int:
    """Return the level of a heading, or 0 for a paragraph.

    A heading is numbered, larger or bolder than the text; and text follows it, which a label in a
    drawing and the head of a table lack.
    """
    if len(group) > 3 or len(text) > 160 or not _WORD.search(text):
        return 0
    if len(text) < 25 and len(parse_date(text)) > len("2025"):
        return 0
    larger = min(body.larger(line) for line in group)
    stands_out = larger >= _LARGER or all(body.bolder(line) for line in group)
    numbered = is_heading(text)
    if numbered and (stands_out or not text[0].isdigit()):
        return numbered
    if not stands_out or text.endswith((".", ",", ";", ":")) or not _begins(text) or after is None:
        return 0
    follows = sum(len(line.text) for line in after)
    if larger >= _LARGER:
        return 1 if larger >= 1.5 else 2 * (follows >= 30)
    aligned = abs(group[0].left - after[0].left) < 2.5 * body.size
    prose = follows >= 60 and body.larger(after[0]) < _LARGER and not body.bolder(after[0])
    return 3 if aligned and prose else 0


def _begins(text: str) -> bool:
    return text[0].isupper() or text[0].isdigit() or text[0] in "“‘\"'(" or ord(text[0]) > 0x2E80
