"""Lines of PDF pages put together into paragraphs, headings and tables, also across pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.readers.dates import parse_date
from corpus.readers.lines import BULLET, ITEM, is_heading, is_table_line, join_lines
from corpus.readers.pdf_page import PdfLine
from corpus.readers.pdf_tables import PdfTable, tables_of

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
    def of(cls, pages: Iterable[Sequence[PdfLine]]) -> Body:
        """Return the style of most of the letters."""
        styles: Counter[tuple[float, float]] = Counter()
        for page in pages:
            for line in page:
                if not line.turned:
                    styles[round(line.size * 2) / 2, line.weight] += len(line.text)
        size, weight = styles.most_common(1)[0][0] if styles else (10.0, 400.0)
        return cls(size or 10.0, weight or 400.0)

    def larger(self, line: PdfLine) -> float:
        """Return how many times the running text a line is in size."""
        return line.size / self.size

    def bolder(self, line: PdfLine) -> bool:
        """Say whether a line is set bold where the running text is not."""
        return line.weight >= _BOLDER * self.weight and self.larger(line) > 0.93


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (one text), a heading (`level` over 0), rows that stay lines, or a table.

    `size` is that of a paragraph's letters.
    """

    texts: tuple[str, ...]
    level: int = 0
    table: PdfTable | None = None
    size: float = 0.0


def blocks(
    page: Sequence[PdfLine], body: Body, *, words: Collection[str], titles: Mapping[str, int]
) -> list[Block]:
    """Return a page as blocks, in reading order.

    `words` are those of the whole document, lower case, by which a hyphen at a line end is judged;
    `titles` the page's titles in the outline (`folded`) with their levels.
    """
    found: list[Block] = []
    for part in _around_tables(page, words):
        if isinstance(part, PdfTable):
            found.append(Block((), table=part))
        else:
            found.extend(_without_tables(part, body, words=words, titles=titles))
    return found


def _around_tables(
    page: Sequence[PdfLine], words: Collection[str]
) -> list[list[PdfLine] | PdfTable]:
    """Return a page as its tables and the lines between them, each table where it begins."""
    table_of = {id(line): table for table in tables_of(page, words) for line in table.lines}
    parts: list[list[PdfLine] | PdfTable] = []
    seen: set[int] = set()
    for line in page:
        table = table_of.get(id(line))
        if table is None:
            if not parts or isinstance(parts[-1], PdfTable):
                parts.append([])
            part = parts[-1]
            if not isinstance(part, PdfTable):
                part.append(line)
        elif id(table) not in seen:
            seen.add(id(table))
            parts.append(table)
    return parts


def _without_tables(
    rows: Sequence[PdfLine], body: Body, *, words: Collection[str], titles: Mapping[str, int]
) -> list[Block]:
    tabular = _tabular(rows)
    leading = _leading(rows)
    groups: list[list[PdfLine]] = []
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
        text = join_lines([line.text for line in group], words)
        after = groups[place + 1 : place + 2]
        before_prose = bool(after) and not kinds[place + 1]
        level = titles.get(comparable_title(text), 0) or _level(
            group, text, body, after[0] if before_prose else None
        )
        found.append(Block((text,), level, size=median(line.size for line in group)))
    return found


def title_of(page: Sequence[PdfLine], body: Body) -> str:
    """Return the text set largest on the upper part of a first page, or "" where none stands out.

    What holds no letters, is an address or is written up the margin is no title.
    """
    lines = [line for line in page if not line.turned and re.search(r"[^\W\d]{3}", line.text)]
    lines = [line for line in lines if not re.search(r"://|www\.|@|^arxiv", line.text, re.I)]
    if not lines:
        return ""
    top, bottom = max(line.base for line in lines), min(line.base for line in lines)
    upper = [line for line in lines if line.base > bottom + 0.35 * (top - bottom)] or lines
    largest = max(line.size for line in upper)
    if largest < _LARGER * body.size:
        return ""
    title: list[PdfLine] = []
    for line in upper:
        # Small capitals and a second line of a title are smaller than its largest letters.
        if line.size > (0.75 if title else 0.95) * largest and body.larger(line) > _LARGER:
            if title and title[-1].base - line.base > 2.5 * largest:
                break
            title.append(line)
        elif title:
            break
    return join_lines([line.text for line in title], ()) if len(title) <= 6 else ""


def comparable_title(title: str) -> str:
    """Return a title as it is compared: an outline often leaves the section's number out."""
    plain = re.sub(r"^[\dA-Z]{1,3}(?:\.\d+)*\.?\s+", "", title)
    return re.sub(r"\W+", "", plain).lower()


def _tabular(rows: Sequence[PdfLine]) -> list[bool]:
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


def _leading(rows: Sequence[PdfLine]) -> float:
    """Return the usual step from line to line, in heights of letters."""
    steps = [
        (before.base - line.base) / line.size
        for before, line in pairwise(rows)
        if line.size and 0.5 * line.size < before.base - line.base < 2.5 * line.size
    ]
    return median(steps) if steps else 1.2


def _parts(before: PdfLine, line: PdfLine, leading: float, body: Body) -> bool:
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


def _level(group: Sequence[PdfLine], text: str, body: Body, after: Sequence[PdfLine] | None) -> int:
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


# Blocks that may stand between the two parts of a paragraph.
_ASIDE = 12
# A paragraph is as large as the running text, within this, and longer than a label.
_AS_LARGE, _LONG = 0.07, 30
_ENDED = re.compile(r"[.!?:;。！？：；…][”\"'’)\]」』]*$|[•▪◦]\s*$")
# Nothing ends with these.
_OPEN = re.compile(
    r"(?:[,\-–—(]|\b(?:the|an?|of|and|or|to|in|on|for|by|with|from|that|which|at|as|is|are|was|were|"
    r"be|its|their|this|these|under|between|into|than|de|la|le|les|der|die|das|und|et|y|el))$",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]")
_CAPTION = re.compile(
    r"(?:figure|fig\.|table|tab\.|chart|box|algorithm|source|sources|note|notes|exhibit|listing)"
    r"(?:\s+[\dA-Z]|\s*:)", re.IGNORECASE
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """The blocks of a page in order; `goes_on` says that the last is finished on the next page."""

    blocks: tuple[Block, ...]
    goes_on: bool = False


def join_across_pages(
    pages: Sequence[Sequence[Block]], body: Body, words: Collection[str]
) -> list[Page]:
    """Return the blocks of pages with each paragraph in one piece.

    On a page, what stands between the two parts of a sentence follows it. Over two pages, what
    follows the first part on its page stands before it, and what precedes the second after it.
    """
    whole = [_join_on_page(page, body, words) for page in pages]
    goes_on = [False] * len(whole)
    for number in range(len(whole) - 1):
        first, second = whole[number], whole[number + 1]
        last = _first_prose(first[::-1], body)
        begin = _first_prose(second, body)
        if last is None or begin is None:
            continue
        at = len(first) - 1 - last
        # What began overleaf and is all that the page has of text cannot be moved.
        if number and goes_on[number - 1] and at == 0 and last:
            continue
        if not _continues(first[at].texts[0], second[begin].texts[0]):
            continue
        goes_on[number] = True
        whole[number] = [*first[:at], *first[at + 1 :], first[at]]
        whole[number + 1] = [second[begin], *second[:begin], *second[begin + 1 :]]
    return [Page(tuple(page), on) for page, on in zip(whole, goes_on, strict=True)]


def seam(first: str, second: str, words: Collection[str]) -> tuple[str, str]:
    """Return the first part of a paragraph as it stands before the second, and what joins them."""
    whole = join_lines([first, second], words)
    head = whole[: len(whole) - len(second)]
    return head.rstrip(), head[len(head.rstrip()) :]


def _join_on_page(page: Sequence[Block], body: Body, words: Collection[str]) -> list[Block]:
    """Put together the paragraphs of a page that a note, a caption or a figure parts."""
    found = list(page)
    place = 0
    while place < len(found):
        block = found[place]
        if _is_prose(block, body) and not _ENDED.search(block.texts[0]):
            ahead = _first_prose(found[place + 1 : place + 2 + _ASIDE], body)
            if ahead:
                after = found[place + 1 + ahead]
                if after.texts[0][:1].islower() and _continues(block.texts[0], after.texts[0]):
                    text = join_lines([block.texts[0], after.texts[0]], words)
                    found[place] = replace(block, texts=(text,))
                    del found[place + 1 + ahead]
                    continue
        place += 1
    return found


def _first_prose(blocks: Sequence[Block], body: Body) -> int | None:
    """Return the place of the first paragraph, where only asides stand before it."""
    for place, block in enumerate(blocks[: _ASIDE + 1]):
        if block.level:
            return None
        if _is_prose(block, body):
            return place
        # It may itself be what goes on, set in another size.
        if len(block.texts) == 1 and len(block.texts[0]) >= _LONG and block.texts[0][0].islower():
            return None
    return None


def _is_prose(block: Block, body: Body) -> bool:
    if block.level or len(block.texts) != 1 or _CAPTION.match(block.texts[0]):
        return False
    as_large = abs(block.size / body.size - 1) <= _AS_LARGE if block.size else False
    return as_large and len(block.texts[0]) >= _LONG


def _continues(first: str, second: str) -> bool:
    """Say whether a paragraph that ends so goes on in one that begins so."""
    if _ENDED.search(first) or ITEM.match(second):
        return False
    if _CJK.match(first[-1]) and _CJK.match(second):
        return True
    return second[0].islower() or bool(_OPEN.search(first))
