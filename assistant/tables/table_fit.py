"""Which rows and columns of a table a question means: each of its words must match something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.tables.table_questions import VAGUE, TableQuestion, synonym_stems
from corpus.document import Document
from corpus.table import Span, Table
from index.keyword_index import stems

_TOTAL = re.compile(
    r"(?:grand |sub-?)?(?:totals?|sum|all|overall|average|mean|median)\b|合计|总计|小计|平均",
    re.IGNORECASE,
)
_CHINESE_CHARACTER = re.compile(r"[㐀-鿿]")
_BRACKETS = re.compile(r"\([^)]*\)|,.*")
# How much of the text right above a table tells what it is of.
_CHARACTERS_ABOVE = 300


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as named things with a value for each head; the things are its rows or its columns.

    `cells[thing][head]` is what a cell says. `spans` are where the rows of the things stand, or
    (`is_transposed`: the things are columns) `head_spans` those of the heads. `named` is the head
    of the column of names, `title` what the table is called, `around` what stands above it.
    `left_out` are the names of rows of totals, which are no things; `has_unnamed_rows` says that a
    row has no name, or nothing else.
    """

    names: tuple[str, ...]
    heads: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    named: str
    title: str
    around: str
    spans: tuple[Span, ...] = ()
    head_spans: tuple[Span, ...] = ()
    left_out: tuple[str, ...] = ()
    has_unnamed_rows: bool = False

    @property
    def is_transposed(self) -> bool:
        """Whether its things are the columns of the table."""
        return bool(self.head_spans)


@dataclass(frozen=True, slots=True)
class Fit:
    """What the words of a question choose in a table.

    `things` are the rows, `columns` those that fit best: several where the question does not tell
    them apart. `filters` are the words that stand in cells of the rows chosen. `own_words`
    counts the words that the table itself has, not only the headings above it.
    """

    things: tuple[int, ...]
    columns: tuple[int, ...]
    filters: tuple[str, ...]
    own_words: int


def grids(owner: Document, table: Table) -> Iterator[Grid]:
    """Yield a table as it stands, then turned, its columns the things; nothing without heads."""
    text = owner.text
    if not table.head_rows:
        return
    columns = table.head_columns or 1
    value_columns = range(columns, len(table.cells[0]))
    body = range(table.head_rows, len(table.cells))
    names = {
        row: table.row_head(text, row) if table.head_columns else table.value(text, row, 0)
        for row in body
    }
    totals = [row for row in body if _TOTAL.match(names[row])]
    filled = [
        row for row in body if any(table.value(text, row, column) for column in value_columns)
    ]
    kept = [row for row in filled if row not in totals]
    above = _headings_above(owner, table)
    just_above = text[max(0, table.start - _CHARACTERS_ABOVE) : table.start]
    upright = Grid(
        names=tuple(names[row] for row in kept),
        heads=tuple(table.column_head(text, column) for column in value_columns),
        cells=tuple(
            tuple(table.value(text, row, column) for column in value_columns) for row in kept
        ),
        named=" ".join(table.column_head(text, column) for column in range(columns)),
        title=table.title or above.rpartition(" › ")[2] or owner.source.title,
        around=f"{above} {owner.source.title} {just_above}",
        spans=tuple(table.row_span(row) for row in kept),
        left_out=tuple(names[row] for row in totals),
        has_unnamed_rows=len(filled) != len(body) or not all(names.values()),
    )
    yield upright
    across = [at for at, head in enumerate(upright.heads) if not _TOTAL.match(head)]
    if kept:
        yield replace(
            upright,
            names=tuple(upright.heads[at] for at in across),
            heads=upright.names,
            cells=tuple(tuple(row[at] for row in upright.cells) for at in across),
            spans=(),
            head_spans=upright.spans,
            left_out=(),
        )


def continues_elsewhere(owner: Document, table: Table, question: TableQuestion) -> bool:
    """Say whether another table has the same columns and the question does not say which one."""
    heads = table.column_heads(owner.text)
    words = frozenset(stem for word in question.words for stem in synonym_stems(word))
    naming = words & stem_set(f"{table.title} {_headings_above(owner, table)}")
    return any(
        other.column_heads(owner.text) == heads
        and not naming - stem_set(f"{other.title} {_headings_above(owner, other)}")
        for other in owner.tables
        if other.start != table.start
    )


def _headings_above(owner: Document, table: Table) -> str:
    return owner.headings_at([table.start])[0]


def fit_of(question: TableQuestion, grid: Grid) -> Fit | None:
    """Return the rows and columns that a question means, or None if a word of it matches nothing.

    That every word must match keeps questions about something else from being calculated: a table
    of some models does not say which is the largest of all models in Europe.
    """
    if len(grid.names) < 2:
        return None
    fitting = _WordPlacement(question, grid)
    return fitting.result() if all(map(fitting.place, question.words)) else None


class _WordPlacement:
    """What the words of a question have matched in a table so far."""

    def __init__(self, question: TableQuestion, grid: Grid) -> None:
        self._question, self._grid = question, grid
        self._heads = [stem_set(head) for head in grid.heads]
        self._names = [stem_set(name) for name in grid.names]
        self._title = stem_set(f"{grid.named} {grid.title}")
        self._around = stem_set(grid.around)
        self._scores = [0.0] * len(grid.heads)
        self._own_words = 0
        # For each figure of the question that only heads have, whether each of them has it.
        self._figures: list[list[bool]] = []
        # The words that stand in cells, by their column; -1 is that of the names.
        self._filters: dict[int, list[str]] = {}
        self._naming_words: list[frozenset[str]] = []

    def place(self, word: str) -> bool:
        """Match a word with heads, names or cells; False for no match or several columns."""
        exact, synonyms = frozenset(stems(word)), synonym_stems(word)
        if self._question.is_pair and 0 < sum(exact <= name for name in self._names) < len(
            self._names
        ):
            self._naming_words.append(exact)
            self._own_words += 1
            return True
        in_heads = [bool(synonyms & head) for head in self._heads]
        for column, hit in enumerate(in_heads):
            # The word itself counts a little more than a synonym.
            self._scores[column] += hit + 0.1 * bool(exact & self._heads[column])
        around = synonyms & self._around or word.casefold() in VAGUE
        if any(in_heads) and any(sign.isdigit() for sign in word) and not synonyms & self._title:
            self._figures.append(in_heads)
        if any(in_heads) or synonyms & self._title:
            self._own_words += 1
        elif not around and not _is_row_count(word, len(self._names)):
            columns = _columns_with(exact, self._grid, self._names)
            if len(columns) != 1:
                return False
            self._filters.setdefault(columns[0], []).append(word)
            self._own_words += 1
        return True

    def result(self) -> Fit | None:
        """Return the rows and columns chosen, or None if no column has the measure asked for."""
        scores = self._scores
        if measure := stem_set(" ".join(self._question.measure)):
            scores = [
                score + 1 if measure & head else 0.0
                for score, head in zip(scores, self._heads, strict=True)
            ]
            if not any(scores):
                return None
        for in_heads in self._figures:
            scores = [score * hit for score, hit in zip(scores, in_heads, strict=True)]
        columns = _best_columns(scores, self._grid, self._question)
        words = tuple(word for placed in self._filters.values() for word in placed)
        return Fit(tuple(sorted(self._things())), columns, words, self._own_words)

    def _things(self) -> set[int]:
        if self._question.is_pair:
            return _named_pair(self._names, self._naming_words)
        chosen = set(range(len(self._names)))
        for column, words in self._filters.items():
            wanted = stem_set(" ".join(words))
            chosen &= {
                thing
                for thing, name in enumerate(self._names)
                if wanted <= (name if column < 0 else stem_set(self._grid.cells[thing][column]))
            }
        return chosen


def _best_columns(scores: Sequence[float], grid: Grid, question: TableQuestion) -> tuple[int, ...]:
    """Return the columns that fit best; of equal ones the one whose head has a single word."""
    most = max(scores, default=0.0)
    if not most:
        alone = len(scores) == 1 and not (question.kind == "count" and question.limit is None)
        return (0,) if alone else ()
    best = [column for column, score in enumerate(scores) if score == most]
    bare = {column: len(stem_set(_BRACKETS.sub("", grid.heads[column]))) for column in best}
    fewest = min(bare.values())
    shortest = [column for column in best if bare[column] == fewest]
    return tuple(shortest if len(shortest) == 1 and fewest == 1 else best)


def _named_pair(names: Sequence[frozenset[str]], words: Sequence[frozenset[str]]) -> set[int]:
    """Return the two rows whose whole names a question says, all rows where it is not two."""
    spoken = frozenset().union(*words)
    full = [at for at, name in enumerate(names) if name and name <= spoken]
    # "V3" is no second row beside "V3 Base" if the question names "V3 Base".
    return {at for at in full if not any(names[at] < names[other] for other in full)}


def _columns_with(exact: frozenset[str], grid: Grid, names: Sequence[frozenset[str]]) -> list[int]:
    """Return the columns of which some cells have a word, -1 for the names of the rows."""
    found = [-1] if any(exact <= name for name in names) else []
    for column in range(len(grid.heads)):
        if any(exact <= stem_set(row[column]) for row in grid.cells):
            found.append(column)
    return found


def _is_row_count(word: str, things: int) -> bool:
    """Say whether a word only says how many rows there are: "the three makers"."""
    number = {"two": 2, "both": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
              "eight": 8, "nine": 9, "ten": 10}.get(word.casefold())  # fmt: skip
    return number == things or word == str(things)


def stem_set(text: str) -> frozenset[str]:
    """Return the stems of a text; of Chinese its single characters, as of the questions."""
    return frozenset(stems(_CHINESE_CHARACTER.sub(r" \g<0> ", text)))
