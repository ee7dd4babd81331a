"""Rows of a PDF's page: words that stand together, and the lines that look like a table's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from corpus.readers.lines import is_table_line
from corpus.readers.pdf_page import PdfLine, Piece, Rule
from corpus.table import is_figure

# All distances are in heights of letters, which run 1.0 to 1.2 em.
# Words closer than this are one chunk; spaces between words are 0.25 wide and 0.6 in justified
# text, columns of dense tables stand 0.4 apart.
WORD_SPACE = 0.33
# Words further apart than this are of two cells, whatever stands above and below.
CELL_SPACE = 0.9
# Two lines whose baselines differ by less are one row.
SAME_ROW = 0.35
# Rows further apart than this are not of one table.
_STEP = 3.6
# A row of more words is no row of heads in two printed lines.
_MOST_WORDS = 200
CAPTION = re.compile(
    r"(?:(?:Supplementary\s+)?(?:Table|TABLE|Tab\.|Exhibit|Schedule|Tabelle|Tableau|Tabla|Tabela)"
    r"\s+[\dA-Z][\w.-]*\s*(?:[.:|–—]|$|[A-Z“])|(?:附?表)\s*[\d一二三四五六七八九十])"
)
_OTHER_CAPTION = re.compile(r"(?:Figure|Fig\.|Algorithm|Abbildung|图|Listing)\s*\d")
_UNIT = re.compile(
    r"^(?:\(\s*)?(?P<unit>(?:amounts\s+|dollars\s+|all\s+figures\s+)?(?:[$€£¥]\s*|US\$\s*|RMB\s*)?"
    r"in\s+(?:[\w$€£¥.]+\s+){0,3}?(?:millions|thousands|billions|percent|tonnes|%)"
    r"(?:\s+of\s+[\w$€£¥.]+)?(?:,?\s+except\s+[^()]+?)?)(?:\s*\))?$"
    r"|^[（(]?\s*(?:金额)?单位\s*[:：]\s*(?P<cjk>[^（）()]{1,20}?)\s*[）)]?$",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"^(?:US|HK|A|C|NT)?[$€£¥]$|^(?:RMB|USD|EUR|GBP|CHF)$")
_BEHIND = re.compile(r"^(?:\)?\s?%|\)|\)%|pts?|bps)$")
_AMOUNT = re.compile(r"^[(+−–—-]*[$€£¥]?\d|^[-–—]$|^\($")
_LEADERS = re.compile(r"(?:[.·…]\s?){4,}")
_NO_VALUE = re.compile(r"^(?:[-–—.*✓✗×√]+|n/?a|nil|none|na)$", re.IGNORECASE)
# Of names with figures in them: "GSM8K", "12 March", "5 tonnes of coal".
_NAME = re.compile(r"^[A-Z]{2,3}\d|[^\W\d]{5}")
_YEAR = re.compile(r"^(?:FY\s?)?(?:1[89]|20)\d\d[E]?$")


@dataclass(slots=True)
class Chunk:
    """Words that stand together."""

    text: str
    left: float
    right: float

    @property
    def middle(self) -> float:
        """Half way between its ends."""
        return (self.left + self.right) / 2

    def add(self, text: str, left: float, right: float, size: float) -> None:
        """Add the word that follows, or one that stands under the words so far."""
        apart = left - self.right > 0.08 * size or left < self.right - 0.5 * size
        self.text += " " * apart + text
        self.left, self.right = min(self.left, left), max(self.right, right)


@dataclass(slots=True)
class Row:
    """What stands on one baseline of a table."""

    base: float
    size: float
    words: list[tuple[str, float, float]] = field(default_factory=list)

    def chunks(self, space: float) -> list[Chunk]:
        """Return the words put together where they are closer than `space`."""
        found: list[Chunk] = []
        for text, left, right in self.words:
            if found and left - found[-1].right < space * self.size:
                found[-1].add(text, left, right, self.size)
            else:
                found.append(Chunk(text, left, right))
        return found

    def amounts(self) -> bool:
        """Say whether half of what stands behind the first chunk are figures and no years."""
        behind = [chunk.text for chunk in self.chunks(CELL_SPACE)[1:]]
        bare = sum(is_amount(text) and not re.search(r"[A-Za-z]", text) for text in behind)
        return bool(behind) and 2 * bare >= len(behind)


def row_of(lines: Iterable[PdfLine]) -> Row:
    """Return one row of the words of lines, currency and per cent signs at their figures."""
    lines = list(lines)
    size = max(line.size for line in lines)
    placed = sorted(word for line in lines for word in _stacked(line, size))
    words = [word for _, word in placed]
    row = Row(lines[0].base, size)
    place = 0
    while place < len(words):
        text, left, right = words[place]
        after = words[place + 1] if place + 1 < len(words) else None
        if _CURRENCY.match(text) and after and _AMOUNT.match(after[0]):
            # "$ | 60,922" is "$60,922", and the column is as wide as both.
            text, right = text + after[0], after[2]
            place += 1
        elif (
            _BEHIND.match(text)
            and row.words
            and _AMOUNT.match(row.words[-1][0].lstrip("$€£¥"))
            and left - row.words[-1][2] < 2.2 * row.size
        ):
            before = row.words.pop()
            text, left = before[0] + text, before[1]
        row.words.append((text, left, right))
        place += 1
    return row


def _runs(line: PdfLine) -> list[list[Piece]]:
    """Return the words of a line, parted where they begin again at the left."""
    if len(line.pieces) > _MOST_WORDS:
        return [sorted(line.pieces, key=_left)]
    runs: list[list[Piece]] = [[]]
    for word in line.pieces:
        if runs[-1] and word[1] < runs[-1][-1][1]:
            runs.append([])
        runs[-1].append(word)
    return runs


def rows_of(lines: Sequence[PdfLine]) -> list[Row]:
    """Return the row of lines at one height, or two: a head over several is a row of its own.

    Such heads may be printed so close above others that both are read as one line.
    """
    if len(lines) == 1 and len(runs := _runs(lines[0])) == 2:
        base, size = lines[0].base, lines[0].size
        upper, lower = (Row(base, size, run) for run in runs)
        below = lower.chunks(WORD_SPACE)
        for over in upper.chunks(WORD_SPACE):
            if sum(one.left < over.right and one.right > over.left for one in below) > 1:
                return [Row(base + 0.4 * size, size, runs[0]), lower]
    return [row_of(lines)]


def _stacked(line: PdfLine, size: float) -> list[tuple[tuple[float, int, float], Piece]]:
    """Return the words of a line, each with its place in the row.

    Two printed lines so close that they are one ("DeepSeek Qwen | 67B 72B") begin again at the
    left: words of the lower stand behind what they stand under.
    """
    first, *others = _runs(line)
    placed = [((word[1], 0, word[1]), word) for word in first]
    upper = Row(line.base, size, first).chunks(WORD_SPACE)
    for number, run in enumerate(others, 1):
        for chunk in Row(line.base, size, run).chunks(WORD_SPACE):
            at = chunk.left
            for over in upper:
                if over.left < chunk.right and over.right > chunk.left:
                    # Behind the last word that it stands under.
                    at = max(word[1] for word in first if word[2] <= over.right)
            placed.extend(
                ((at, number, word[1]), word)
                for word in run
                if chunk.left <= word[1] and word[2] <= chunk.right
            )
    return placed


def _left(word: Piece) -> float:
    return word[1]


def is_value(text: str) -> bool:
    """Say whether a cell holds a figure, with a short unit at most, or a sign for none."""
    return bool(_NO_VALUE.match(text)) or (
        len(text) <= 24 and is_figure(text) and not _NAME.search(text)
    )


def is_amount(text: str) -> bool:
    """Say whether a cell holds a value that is no year, which may name a column."""
    return is_value(text) and not _YEAR.match(text)


def is_prose(line: PdfLine, width: float) -> bool:
    """Say whether most of the width of a line is one run of words."""
    longest = max(row_of([line]).chunks(CELL_SPACE), key=lambda one: one.right - one.left)
    words = longest.text.split()
    if 2 * sum(word[-1].isdigit() and is_value(word) for word in words) >= len(words):
        # A row whose columns stand close: "mistral-large 675b 0.55 0.52 0.67 0.60 0.39 0.34".
        return False
    cjk = len(re.findall(r"[\u4e00-\u9fff]", longest.text))
    return (len(words) >= 8 or cjk >= 20) and longest.right - longest.left > 0.6 * width


def is_caption(line: PdfLine) -> bool:
    """Say whether a line begins the caption of a table or of another thing."""
    return bool(CAPTION.match(line.text) or _OTHER_CAPTION.match(line.text))


def unit_of(text: str) -> str:
    """Return the unit that a line or cell is about ("In millions"), or ""."""
    found = _UNIT.match(text.strip())
    return (found["unit"] or found["cjk"] or "").strip() if found else ""


def groups_by_figures(lines: Sequence[PdfLine]) -> list[list[PdfLine]]:
    """Return groups of lines that look like rows, one below the other."""
    groups: list[list[PdfLine]] = []
    for line in sorted(_row_lines(lines), key=lambda line: -line.base):
        for group in reversed(groups):
            last = group[-1]
            left, right = min(one.left for one in group), max(one.right for one in group)
            shared = min(right, line.right) - max(left, line.left)
            if shared < 0.5 * min(right - left, line.right - line.left):
                continue
            size = max(last.size, line.size)
            if (
                _near(lines, line.base, last.base, left, right, size)
                and not _parted(lines, line.base, last.base, left, right)
                and (last.base - line.base < 1.8 * size or _goes_on(group, line))
            ):
                group.append(line)
                break
        else:
            groups.append([line])
    return [group for group in groups if len({round(line.base) for line in group}) >= 2]


def _row_lines(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Return the lines that look like rows: of several cells, or cells beside each other."""
    rows, alone = [], []
    for line in lines:
        if _LEADERS.search(line.text) or is_prose(line, line.right - line.left):
            continue
        chunks = row_of([line]).chunks(CELL_SPACE)
        figures = sum(is_value(chunk.text) for chunk in chunks)
        if len(chunks) >= 3 or (len(chunks) == 2 and figures) or is_table_line(line.text):
            rows.append(line)
        elif len(chunks) == 1 and len(line.text) <= 40 and len(line.pieces) <= 5:
            alone.append(line)
    # Cells that are written one by one are lines of their own.
    alone.sort(key=lambda line: (-line.base, line.left))
    beside: list[list[PdfLine]] = []
    for line in alone:
        last = beside[-1][-1] if beside else None
        if (
            last
            and abs(last.base - line.base) < SAME_ROW * min(last.size, line.size)
            and line.left - last.right > CELL_SPACE * line.size
        ):
            beside[-1].append(line)
        else:
            beside.append([line])
    for row in beside:
        if len(row) >= 2 and any(is_value(line.text) for line in row):
            rows.extend(row)
    return rows


def _near(
    lines: Sequence[PdfLine], low: float, high: float, left: float, right: float, size: float
) -> bool:
    """Say whether the lines between two heights of a strip leave no wide space."""
    if high - low > 2.5 * _STEP * size:
        return False
    between = [
        line.base
        for line in lines
        if low < line.base < high and line.left < right and line.right > left
    ]
    steps = [high, *sorted(between, reverse=True), low]
    return all(one - other <= _STEP * size for one, other in pairwise(steps))


def _goes_on(group: Sequence[PdfLine], line: PdfLine) -> bool:
    """Say whether a row below a space is of the table above: its cells stand below others there.

    Words only, below figures, are the heads of another table.
    """
    cells = [chunk for one in group for chunk in row_of([one]).chunks(CELL_SPACE)[1:]]
    mine = row_of([line]).chunks(CELL_SPACE)[1:]
    if not any(is_amount(cell.text) for cell in mine):
        return not any(is_amount(cell.text) for cell in cells)
    below = sum(
        any(one.left < cell.right and one.right > cell.left for one in cells) for cell in mine
    )
    return 2 * below >= len(mine)


def _parted(lines: Sequence[PdfLine], low: float, high: float, left: float, right: float) -> bool:
    """Say whether prose or a caption stands between two heights of a strip."""
    return any(
        low < line.base < high
        and min(right, line.right) - max(left, line.left) > 0
        and (is_prose(line, right - left) or is_caption(line))
        for line in lines
    )


def groups_by_rules(lines: Sequence[PdfLine], rules: Sequence[Rule]) -> list[list[PdfLine]]:
    """Return the lines between rules of one width, drawn over each other: tables of words."""
    regions: list[list[PdfLine]] = []
    bundles: list[list[Rule]] = []
    for rule in rules:
        for bundle in bundles:
            if abs(bundle[0].left - rule.left) < 3 and abs(bundle[0].right - rule.right) < 3:
                if bundle[-1].y - rule.y > 2:
                    bundle.append(rule)
                break
        else:
            bundles.append([rule])
    for bundle in bundles:
        # From one rule to the next that has prose or a caption above it.
        run: list[Rule] = []
        for rule in bundle:
            if run and _parted(lines, rule.y, run[-1].y, rule.left, rule.right):
                run = _closed(run, lines, regions)
            run.append(rule)
        _closed(run, lines, regions)
    return regions


def _closed(run: list[Rule], lines: Sequence[PdfLine], regions: list[list[PdfLine]]) -> list[Rule]:
    if len(run) >= 2:
        top, bottom = run[0], run[-1]
        inside = [
            line
            for line in lines
            if bottom.y - 1 < line.base < top.y
            and line.left > top.left - line.size
            and line.right < top.right + line.size
        ]
        if len({round(line.base) for line in inside}) >= 2:
            regions.append(inside)
    return []
