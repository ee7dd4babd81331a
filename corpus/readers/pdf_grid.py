"""The grid of a PDF's table: what stands on its rows, put into columns, heads and wrapped cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from statistics import median

from corpus.readers.lines import join_lines
from corpus.readers.pdf_page import Piece, Rule
from corpus.readers.pdf_rows import CELL_SPACE, WORD_SPACE, Chunk, Row, is_value, unit_of

# The parts of one rule under a head stand closer than this, and than that under its middle.
_PARTED, _FAR = 2.2, 5.0
# What a head over several columns costs for each, and a column that no head of a row stands over.
_MORE, _BARE = 0.15, 0.3
# In a row of heads without wide spaces each stands so near to the middle or an end of its column.
_OVER = 0.75
_MOST = 60


def is_middle(row: Row, columns: Sequence[tuple[float, float]]) -> bool:
    """Say whether a row is one text in the middle of a table of more columns."""
    left, right = row.words[0][1], row.words[-1][2]
    middle = (columns[0][0] + columns[-1][1]) / 2
    return len(row.chunks(CELL_SPACE)) == 1 and abs((left + right) / 2 - middle) < 1.5 * row.size


class Grid:
    """Puts the chunks of rows into columns."""

    def __init__(
        self,
        columns: Sequence[tuple[float, float]],
        size: float,
        words: Collection[str],
        rules: Sequence[Rule] = (),
    ) -> None:
        self._columns = columns
        self._labels = columns[0][1]
        # As wide as their values and heads together.
        self._wide = list(columns)
        self._rules = rules
        self._size = size
        self._words = words

    def _chunks(self, row: Row) -> list[Chunk]:
        """Return the chunks of a row, parted where a wider space meets an empty strip."""
        found = []
        for wide in row.chunks(CELL_SPACE):
            parts: list[Chunk] = []
            words = [word for word in row.words if wide.left <= word[1] and word[2] <= wide.right]
            for text, left, right in words:
                last = parts[-1] if parts else None
                space = left - last.right if last else 0.0
                if last and (space < WORD_SPACE * row.size or not self._strip(last.right, left)):
                    last.add(text, left, right, row.size)
                else:
                    parts.append(Chunk(text, left, right))
            found.extend(parts)
        return found

    def parted(self, row: Row) -> list[Chunk]:
        """Return the chunks of the lowest heads, a dense one parted where its columns are.

        "POPE MME-P MMB" in a narrow table has no wider space between two heads than in one.
        """
        found: list[Chunk] = []
        for chunk in self._chunks(row):
            under = [
                (left, right)
                for left, right in self._columns
                if min(right, chunk.right) - max(left, chunk.left) > 0.3 * (right - left)
            ]
            words = [word for word in row.words if chunk.left <= word[1] and word[2] <= chunk.right]
            straight = all(one[2] <= other[1] for one, other in pairwise(words))
            many = not straight or not 2 <= len(under) <= len(words) <= _MOST
            found.extend([chunk] if many else self._parts_over(words, under) or [chunk])
        # Only where nearly every column has one is it a row of heads, no name over some columns.
        return found if len(found) >= len(self._columns) - 1 else self._chunks(row)

    def _parts_over(
        self, words: Sequence[Piece], columns: Sequence[tuple[float, float]]
    ) -> list[Chunk]:
        """Return words as one chunk over each column, or [] where one stands over none."""
        none = float("inf")
        # best[place]: how far away the parts of the first words are, and these parts.
        best: list[tuple[float, list[Chunk]]] = [(none, [])] * (len(words) + 1)
        best[0] = (0.0, [])
        for left, right in columns:
            after: list[tuple[float, list[Chunk]]] = [(none, [])] * (len(words) + 1)
            for first in range(len(words)):
                if best[first][0] == none:
                    continue
                chunk = Chunk(*words[first])
                for last in range(first, len(words)):
                    if last > first:
                        chunk = Chunk(chunk.text, chunk.left, chunk.right)
                        chunk.add(*words[last], self._size)
                    away = min(
                        abs((left + right) / 2 - chunk.middle),
                        abs(left - chunk.left),
                        abs(right - chunk.right),
                    )
                    cost = best[first][0] + away
                    if away < _OVER * self._size and cost < after[last + 1][0]:
                        after[last + 1] = (cost, [*best[first][1], chunk])
            best = after
        return best[-1][1]

    def _strip(self, left: float, right: float) -> bool:
        """Say whether the strip between two columns lies between two places."""
        return any(
            left < after[0] + 0.3 * self._size and right > before[1] - 0.3 * self._size
            for before, after in pairwise(self._columns)
        )

    def _column(self, chunk: Chunk) -> int:
        """Return the column in which most of a chunk stands, or the nearest."""

        def shared(column: tuple[float, float]) -> float:
            return min(column[1], chunk.right) - max(column[0], chunk.left)

        return max(range(len(self._columns)), key=lambda place: shared(self._columns[place]))

    def _spans(
        self, row: Row, chunks: Sequence[Chunk], below: Sequence[tuple[Chunk, tuple[int, int]]]
    ) -> list[tuple[int, int]]:
        """Return for each chunk of a head the first and the last column that it names.

        The rules under a head tell; without, it stands over the middle of its columns: of all ways
        to give each chunk columns that follow each other, the one in which the middles agree best.
        """
        width, none = len(self._columns), float("inf")
        told = [
            under or self._like(chunk, below)
            for chunk, under in zip(chunks, self._underlined(row, chunks), strict=True)
        ]
        # best[column]: cost and columns of the chunks so far, which lie before `column`.
        best: list[tuple[float, list[tuple[int, int]]]] = [
            (_BARE * max(0, place - 1), []) for place in range(width + 1)
        ]
        for number, chunk in enumerate(chunks):
            room = width - (len(chunks) - number - 1)
            after: list[tuple[float, list[tuple[int, int]]]] = [(none, [])] * (width + 1)
            for first in range(number, room):
                for last in range(first, room):
                    cost = best[first][0] + self._away(chunk, first, last, told[number])
                    if cost < after[last + 1][0]:
                        after[last + 1] = (cost, [*best[first][1], (first, last)])
                    if self._wide[last][0] > chunk.right + 12 * self._size:
                        break
            for place in range(1, width + 1):
                if after[place - 1][0] + _BARE < after[place][0]:
                    after[place] = (after[place - 1][0] + _BARE, after[place - 1][1])
            best = after
        return best[width][1]

    def _like(
        self, chunk: Chunk, below: Sequence[tuple[Chunk, tuple[int, int]]]
    ) -> tuple[float, float] | None:
        """Return the ends of the columns of a head in the row below with the same middle."""
        for other, (first, last) in below:
            if first < last and abs(other.middle - chunk.middle) < 0.5 * self._size:
                return self._wide[first][0], self._wide[last][1]
        return None

    def _underlined(self, row: Row, chunks: Sequence[Chunk]) -> list[tuple[float, float] | None]:
        """Return for each chunk of a row the ends of the rules that are drawn right under it.

        A rule that is parted at each column is one where no other chunk stands over its parts.
        """
        under = sorted(
            (rule.left, rule.right)
            for rule in self._rules
            if -0.1 * row.size < row.base - rule.y < row.size
        )
        over = [
            [chunk for chunk in chunks if left < chunk.right and right > chunk.left]
            for left, right in under
        ]
        found: list[tuple[float, float] | None] = []
        for chunk in chunks:
            mine = [place for place, above in enumerate(over) if chunk in above]
            if not mine:
                found.append(None)
                continue
            found.append(self._parts(chunk, under, over, mine))
        return found

    def _parts(
        self,
        chunk: Chunk,
        under: Sequence[tuple[float, float]],
        over: Sequence[Sequence[Chunk]],
        mine: Sequence[int],
    ) -> tuple[float, float]:
        """Return the ends of the rule under a chunk, with its parts that have nothing over them.

        Of these as many as leave the chunk over the middle, or those that are close.
        """
        firsts, lasts = [mine[0]], [mine[-1]]
        for step, ends in ((-1, firsts), (1, lasts)):
            while 0 <= (at := ends[-1] + step) < len(under) and not over[at]:
                one, other = sorted((at, ends[-1]))
                if under[other][0] - under[one][1] > _FAR * self._size:
                    break
                ends.append(at)
        even = [
            (first, last)
            for first in firsts
            for last in lasts
            if abs((under[first][0] + under[last][1]) / 2 - chunk.middle) < 0.7 * self._size
        ]
        if even:
            first, last = max(even, key=lambda ends: ends[1] - ends[0])
        else:
            first, last = mine[0], mine[-1]
            near = _PARTED * self._size
            while first > firsts[-1] and under[first][0] - under[first - 1][1] < near:
                first -= 1
            while last < lasts[-1] and under[last + 1][0] - under[last][1] < near:
                last += 1
        return under[first][0], under[last][1]

    def _away(
        self, chunk: Chunk, first: int, last: int, under: tuple[float, float] | None
    ) -> float:
        """Return how badly a chunk stands over columns, in heights of letters."""
        (left, _), (_, right) = self._wide[first], self._wide[last]
        away = abs((left + right) / 2 - chunk.middle)
        if first == last:
            away = min(away, abs(left - chunk.left) + 2, abs(right - chunk.right) + 2)
        if under:
            middles = [sum(self._wide[place]) / 2 for place in (first, last)]
            if not all(under[0] - 2 < middle < under[1] + 2 for middle in middles):
                return away / self._size + 20
            # Every column over the rule is named.
            return -0.35 * (last - first)
        # Where other heads have rules under them, one without is over one column.
        more = 2.0 if self._rules and last > first else _MORE
        return away / self._size + more * (last - first)

    def head(self, rows: Sequence[Row]) -> list[list[str]]:
        """Return the rows of heads; lines of one wrapped head are put together."""
        placed: list[dict[tuple[int, int], str]] = []
        below: list[tuple[Chunk, tuple[int, int]]] = []
        # From below, since the lowest heads stand over one column each.
        for row in reversed(rows):
            below = self._over_columns(row, below)
            cells: dict[tuple[int, int], str] = {}
            for chunk, span in below:
                cells[span] = " ".join(filter(None, [cells.get(span, ""), chunk.text]))
            if placed and self._wraps(cells, placed[0]):
                for span, text in cells.items():
                    whole = [text, *filter(None, [placed[0].get(span, "")])]
                    placed[0][span] = join_lines(whole, self._words)
            else:
                placed.insert(0, cells)
        heads = []
        for cells in placed:
            texts = [""] * len(self._columns)
            for (first, last), text in cells.items():
                texts[first : last + 1] = [text] * (last - first + 1)
            heads.append(texts)
        return heads

    def _over_columns(
        self, row: Row, below: Sequence[tuple[Chunk, tuple[int, int]]]
    ) -> list[tuple[Chunk, tuple[int, int]]]:
        """Return the chunks of a row of heads with the columns that each names."""
        chunks = self._chunks(row) if below else self.parted(row)
        units = [chunk for chunk in chunks if unit_of(chunk.text)]
        if units and len(units) == sum(chunk.left > self._labels for chunk in chunks):
            # What all values are counted in names no column: it stands over the row heads.
            return [(chunk, (0, 0)) for chunk in chunks]
        if len(chunks) > len(self._columns):
            return [(chunk, (at, at)) for chunk in chunks for at in [self._column(chunk)]]
        spans = self._spans(row, chunks, below)
        for (first, last), chunk in zip(spans, chunks, strict=True):
            if first == last:
                left, right = self._wide[first]
                self._wide[first] = min(left, chunk.left), max(right, chunk.right)
        return list(zip(chunks, spans, strict=True))

    def _wraps(self, above: dict[tuple[int, int], str], below: dict[tuple[int, int], str]) -> bool:
        """Say whether a row of heads runs on in the next: no head of one lies over two others."""
        if any(map(unit_of, (*above.values(), *below.values()))):
            return False
        return all(
            one == other or one[1] < other[0] or other[1] < one[0]
            for one in above
            for other in below
        )

    def body(self, rows: Sequence[Row], full: Sequence[float]) -> tuple[list[list[str]], bool]:
        """Return the rows of values, and whether the first column names groups of rows."""
        width = len(self._columns)
        placed: list[tuple[Row, list[str]]] = []
        for row in rows:
            chunks = self._chunks(row)
            cells = [""] * width
            if len(chunks) == 1 and (
                self._over(chunks[0]) > 1
                or (
                    is_middle(row, self._columns)
                    and not is_value(chunks[0].text)
                    # The last line of a cell in the middle goes on in small letters.
                    and not chunks[0].text[0].islower()
                )
            ):
                # The name of the rows that follow, set over all columns.
                cells[0] = chunks[0].text
            else:
                for chunk in chunks:
                    at = self._column(chunk)
                    cells[at] = " ".join(filter(None, [cells[at], chunk.text]))
            placed.append((row, cells))
        grouped = self._groups(placed, full)
        if not grouped and (ruled := self._ruled(placed, full)):
            return ruled, False
        return self._unwrapped(placed, grouped), grouped

    def _over(self, chunk: Chunk) -> int:
        """Return over how many columns a chunk stands, or 2 where it stands between two."""
        reached = sum(
            min(right, chunk.right) - max(left, chunk.left) > 0 for left, right in self._columns
        )
        return reached if reached else 2

    def _groups(self, placed: list[tuple[Row, list[str]]], full: Sequence[float]) -> bool:
        """Give each row the name of its group where the first column has one between two rules.

        Such a name stands at half the height of its group, often between two rows.
        """
        if len(self._columns) < 3 or not full:
            return False
        parts = self._between(placed, full)
        if len(parts) < 2:
            return False
        seen = sparse = 0
        for part in parts:
            rows = [cells for _, cells in part if any(cells[1:])]
            named = [place for place, (_, cells) in enumerate(part) if cells[0]]
            seen += bool(named)
            if len(rows) < 2:
                continue
            if not all(cells[1] for cells in rows):
                return False
            sparse += 1 if len(named) < len(rows) else -1
        if not seen or sparse <= 0:
            return False
        kept: list[tuple[Row, list[str]]] = []
        for part in parts:
            name = join_lines([cells[0] for _, cells in part if cells[0]], self._words)
            for row, cells in part:
                if any(cells[1:]):
                    kept.append((row, [name, *cells[1:]]))
        placed[:] = kept
        return True

    def _ruled(
        self, placed: Sequence[tuple[Row, list[str]]], full: Sequence[float]
    ) -> list[list[str]]:
        """Return what stands between two rules as one row, [] where rules do not part each row.

        A line that goes on in the cells of the one above fills fewer of them, or none with a value.
        """
        parts = self._between(placed, full)
        if len(parts) < 3 or len(placed) > 4 * len(parts):
            return []
        rows = []
        for part in parts:
            lines = [cells for _, cells in part]
            first = lines[0]
            for after in lines[1:]:
                fewer = any(one and not other for one, other in zip(first, after, strict=True))
                lower = all(cell[0].islower() for cell in after if cell)
                value = any(
                    is_value(one) and is_value(other)
                    for one, other in zip(first, after, strict=True)
                )
                if value or not (fewer or lower):
                    return []
            rows.append([
                join_lines([cell for cell in column if cell], self._words)
                for column in zip(*lines, strict=True)
            ])  # fmt: skip
        return rows

    def _between(
        self, placed: Sequence[tuple[Row, list[str]]], full: Sequence[float]
    ) -> list[list[tuple[Row, list[str]]]]:
        """Return the rows parted where a rule runs between two."""
        parts: list[list[tuple[Row, list[str]]]] = [[]]
        last = float("inf")
        for one in placed:
            if parts[-1] and any(one[0].base < rule < last + 0.2 * self._size for rule in full):
                parts.append([])
            parts[-1].append(one)
            last = one[0].base
        return parts

    def _unwrapped(self, placed: Sequence[tuple[Row, list[str]]], grouped: bool) -> list[list[str]]:
        """Return rows with the lines of wrapped cells put together."""
        steps = [one[0].base - other[0].base for one, other in pairwise(placed)]
        usual = median(steps) if steps else self._size
        rows: list[list[str]] = []
        last_base = 0.0
        for row, cells in placed:
            if not rows:
                rows.append(list(cells))
                last_base = row.base
                continue
            above = rows[-1]
            step = last_base - row.base
            # In a table with names of groups these are in every row.
            mine = cells[1:] if grouped else cells
            hers = above[1:] if grouped else above
            apart = not any(one and other for one, other in zip(mine, hers, strict=True))
            values = any(is_value(cell) for cell in mine[1:])
            label = mine[0]
            if apart and step < 0.8 * self._size:
                # A cell set at half the height of its neighbour's lines.
                runs_on = True
            elif label and not any(mine[1:]):
                # A name that runs on below its values.
                runs_on = any(hers[1:]) and (label[:1].islower() or step < 0.8 * usual)
            elif label and values and not any(hers[1:]):
                # Values beside the last line of a name that began above.
                runs_on = label[:1].islower() and not hers[0].endswith(":")
            else:
                runs_on = not label and not values and step < 1.6 * self._size
            last_base = row.base
            if not runs_on:
                rows.append(list(cells))
                continue
            for place, cell in enumerate(cells):
                if cell and not (grouped and place == 0):
                    parts = [*filter(None, [above[place]]), cell]
                    above[place] = join_lines(parts, self._words)
        return rows
