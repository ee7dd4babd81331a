"""Calculations over a table that was found whole, and the answer that cites the rows used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.answer import Answer, Citation, Claim
from assistant.attribution import citation_at
from assistant.tables.table_fit import Fit, Grid, continues_elsewhere, fit_of, grids, stem_set
from assistant.tables.table_questions import Limit, TableQuestion, synonym_stems
from assistant.tables.table_values import Value, Values, plain, values_of
from assistant.workspace import Workspace
from corpus.document import Document
from corpus.table import Span, Table
from index.evidence import Evidence
from index.retriever import table_rows

# This many rows are named in a sentence; the others are counted.
_MOST_NAMED = 10
# Passages further down the evidence are of tables that happen to share a word.
_MOST_TABLES = 8
# Larger tables would take seconds to read.
_MOST_CELLS = 100_000
_NAMELESS = "not every row of the table has a name and values"


@dataclass(frozen=True, slots=True)
class Calculation:
    """What was calculated over a table, or that it cannot be.

    `sentence` answers the question; `working` says in words how it was calculated. `rows` are the
    spans of the rows that the sentence names, in the text of `document` (an id), `table` is the
    span of the whole table. `refused` says why nothing was calculated although the question asks
    for it over this table; then `sentence` and `working` are "" and `rows` empty.
    """

    document: str
    table: Span
    sentence: str = ""
    working: str = ""
    rows: tuple[Span, ...] = ()
    refused: str = ""


def calculated(
    question: TableQuestion | None,
    evidence: Sequence[Evidence],
    document: Callable[[str], Document],
) -> Calculation | None:
    """Return what a question asks to be calculated over a table of the evidence, or None.

    None where it asks for no calculation (`question` is None) or no table has all that it names.
    `document` gives a document by its id: a passage may hold a part of the table only.
    """
    if question is None:
        return None
    results: list[tuple[bool, int, int, Calculation]] = []
    for rank, (owner, table) in enumerate(_tables(evidence, document)):
        for grid in grids(owner, table):
            fit = fit_of(question, grid)
            if fit is None:
                continue
            empty = Calculation(owner.id, (table.start, table.end))
            result = _calculate(question, grid, fit, empty)
            if result is None:
                continue
            if not result.refused and continues_elsewhere(owner, table, question):
                result = replace(empty, refused="the table goes on in another one")
            results.append((bool(result.refused), -fit.own_words, rank, result))
            break
    return min(results, key=lambda result: result[:3])[3] if results else None


def _tables(
    evidence: Sequence[Evidence], document: Callable[[str], Document]
) -> Iterator[tuple[Document, Table]]:
    seen: set[tuple[str, int]] = set()
    for passage in (one.passage for one in evidence):
        owner = document(passage.document) if passage.rows else None
        for start, _ in passage.rows:
            table = owner.table_at(start) if owner else None
            if owner is None or table is None or (owner.id, table.start) in seen:
                continue
            seen.add((owner.id, table.start))
            if len(table.cells) * len(table.cells[0]) <= _MOST_CELLS:
                yield owner, table
            if len(seen) == _MOST_TABLES:
                return


def _calculate(
    question: TableQuestion, grid: Grid, fit: Fit, empty: Calculation
) -> Calculation | None:
    """Return the calculation over the chosen rows and columns, refused if values forbid it."""
    if len(fit.things) < 2 or (question.is_pair and len(fit.things) != 2):
        return None
    if question.kind == "count":
        if grid.is_transposed or _counts_values(question, grid):
            return None
        if question.limit is None:
            return _count_rows(question, grid, fit, empty)
    if not fit.columns or _is_word_of_head(question.kind, grid):
        return None
    if grid.has_unnamed_rows and not question.is_pair:
        return replace(empty, refused=_NAMELESS)
    if len(fit.columns) > 1:
        heads = " and ".join(f"“{grid.heads[column]}”" for column in fit.columns[:4])
        return replace(empty, refused=f"the question fits the columns {heads}")
    return _over_column(question, grid, fit, empty)


def _over_column(
    question: TableQuestion, grid: Grid, fit: Fit, empty: Calculation
) -> Calculation | None:
    (column,) = fit.columns
    head = grid.heads[column]
    cells = [grid.cells[thing][column] for thing in fit.things]
    values = values_of(cells, [head, grid.title])
    if values.doubt:
        return replace(empty, refused=f"the column “{head}” {values.doubt}")
    over = _ColumnCalculation(question, grid, fit, head, values)
    result = {
        "largest": over.extreme, "smallest": over.extreme, "latest": over.extreme,
        "earliest": over.extreme, "count": over.count, "sum": over.sum, "average": over.average,
        "difference": over.difference, "ratio": over.difference,
    }[question.kind]()  # fmt: skip
    if isinstance(result, str):
        return replace(empty, refused=result) if result else None
    rows: tuple[Span, ...]
    if grid.is_transposed:
        rows, axis = (grid.head_spans[column],), "columns"
    else:
        rows, axis = tuple(grid.spans[thing] for thing in result.things), "rows"
    working = f"{result.working} of {len(fit.things)} {axis}{_left_out_rows(grid)}"
    return replace(empty, sentence=result.sentence, working=working, rows=rows)


def _left_out_rows(grid: Grid) -> str:
    names = ", ".join(f"“{name}”" for name in grid.left_out)
    return f", the row {names} left out" if names else ""


def _is_word_of_head(kind: str, grid: Grid) -> bool:
    """Say whether "total" or "average" is a word of a head: "total parameters" is then a cell."""
    words = {"sum": "total sum combined", "average": "average mean"}.get(kind, "")
    return any(stem_set(words) & stem_set(head) for head in grid.heads)


def _counts_values(question: TableQuestion, grid: Grid) -> bool:
    """Say whether the counted noun is a column: "how many crew" asks for its values."""
    things = stem_set(f"{grid.named} {grid.title}")
    heads = frozenset().union(*map(stem_set, grid.heads))
    return any(
        synonym_stems(word) & heads and not synonym_stems(word) & things
        for word in question.counted
    )


def _count_rows(
    question: TableQuestion, grid: Grid, fit: Fit, empty: Calculation
) -> Calculation | None:
    """Return the number of rows, or of those that have what the question names."""
    if not fit.filters and not question.whole:
        return None
    if not question.counted or (not fit.filters and not _is_table_of_counted(question, grid)):
        return None
    if grid.has_unnamed_rows:
        return replace(empty, refused=_NAMELESS)
    over = _ColumnCalculation(question, grid, fit, "", Values())
    named = _name_list([grid.names[thing] for thing in fit.things])
    if fit.filters:
        words = " ".join(fit.filters)
        sentence = f"Of {over.all_things}, {len(fit.things)} have “{words}” in their row: {named}."
    else:
        sentence = f"“{grid.title}” lists {over.all_things.partition(' in “')[0]}: {named}."
    working = f"counted over {len(grid.names)} rows{_left_out_rows(grid)}"
    rows = tuple(grid.spans[thing] for thing in fit.things[:_MOST_NAMED])
    return replace(empty, sentence=sentence, working=working, rows=rows)


def _is_table_of_counted(question: TableQuestion, grid: Grid) -> bool:
    """Say whether head or title show that the rows of a table are what is counted."""
    table_stems = stem_set(f"{grid.named} {grid.title}")
    return all(synonym_stems(word) & table_stems for word in question.counted)


@dataclass(frozen=True, slots=True)
class _Computed:
    sentence: str
    working: str
    things: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _ColumnCalculation:
    """The calculations over the values of a column; a text as the result says why there is none."""

    question: TableQuestion
    grid: Grid
    fit: Fit
    head: str
    values: Values

    @property
    def all_things(self) -> str:
        """What the calculation is over: "7 ships in “Ships”"."""
        return self._things(len(self.grid.names))

    @property
    def _rows_compared(self) -> str:
        words = " ".join(self.fit.filters)
        return self._things(len(self.fit.things)) + (
            f" with “{words}” in their row" if words else ""
        )

    def _things(self, count: int) -> str:
        noun = " ".join(self.question.counted).lower()
        noun = noun if noun and not self.fit.filters and noun[-1] == "s" else "rows"
        noun = "columns" if self.grid.is_transposed else noun
        return f"{count} {noun} in “{self.grid.title}”"

    def _name(self, place: int) -> str:
        return self.grid.names[self.fit.things[place]]

    def _with_value(self, place: int) -> str:
        return f"{self._name(place)} ({self.values.values[place].written})"

    def _key(self, value: Value) -> tuple[str, str] | Decimal:
        return value.days if value.days is not None else value.number

    def extreme(self) -> _Computed | str:
        """Return the row with the highest or lowest value."""
        kind = self.question.kind
        by_date = kind in {"latest", "earliest"}
        if by_date and not self.values.dates:
            return ""
        highest = kind in {"largest", "latest"}
        values = self.values.values
        order = sorted(
            range(len(values)), key=lambda place: self._key(values[place]), reverse=highest
        )
        best = [place for place in order if self._key(values[place]) == self._key(values[order[0]])]
        rest = order[len(best) :]
        if self.values.dates:
            word = "latest" if highest else "earliest"
            if rest and self._overlaps(best[0], rest):
                return f"the dates under “{self.head}” are not exact enough"
        else:
            word = "highest" if highest else "lowest"
        if not rest:
            return f"all values of “{self.head}” are the same"
        names = _name_list([self._name(place) for place in best])
        have = "has" if len(best) == 1 else "have"
        following = f"; next: {self._with_value(rest[0])}" if rest else ""
        sentence = (
            f"Of {self._rows_compared}, {names} {have} the {word} “{self.head}”: "
            f"{values[best[0]].written}{following}."
        )
        things = tuple(self.fit.things[place] for place in [*best[:_MOST_NAMED], rest[0]])
        return _Computed(sentence, f"compared over the column “{self.head}”", things)

    def _overlaps(self, best: int, rest: Sequence[int]) -> bool:
        days = self.values.values[best].days
        others = [self.values.values[place].days for place in rest]
        return days is not None and any(
            one is not None and one[0] <= days[1] and days[0] <= one[1] for one in others
        )

    def count(self) -> _Computed | str:
        """Return how many rows meet the condition of the question."""
        limit = self.question.limit
        if limit is None:
            return ""
        if limit.dates != self.values.dates:
            return "" if limit.dates else f"the column “{self.head}” is of dates"
        if self._has_other_unit(limit):
            return f"the column “{self.head}” is not in the unit that the question names"
        kept = []
        for place, value in enumerate(self.values.values):
            keeps = self._meets(value, limit)
            if keeps is None:
                return f"the dates under “{self.head}” are not exact enough"
            if keeps:
                kept.append(place)
        named = f": {_name_list([self._with_value(place) for place in kept])}" if kept else ""
        count = str(len(kept)) if kept else "none"
        have = "has" if len(kept) == 1 else "have"
        condition = f"a date {limit.words} under" if limit.dates else f"{limit.words} under"
        sentence = f"Of {self._rows_compared}, {count} {have} {condition} “{self.head}”{named}."
        things = (
            tuple(self.fit.things[place] for place in kept[:_MOST_NAMED])
            or self.fit.things[:_MOST_NAMED]
        )
        return _Computed(sentence, f"counted over the column “{self.head}”", things)

    def _has_other_unit(self, limit: Limit) -> bool:
        return bool(limit.unit and self.values.unit and limit.unit != self.values.unit)

    def _meets(self, value: Value, limit: Limit) -> bool | None:
        """Say whether a value meets a limit; None if a date is too inexact to tell."""
        if value.days is not None:
            return self._in_time(value.days, limit)
        number = value.number.scaleb(self.values.power)
        # "More than 5" over a column in millions means 5 of them, "5 million" the whole number.
        if self.values.power and all(
            one is None or abs(Decimal(one)) < Decimal(10) ** self.values.power
            for one in (limit.low, limit.high)
        ):
            number = value.number
        low = limit.low is None or number > Decimal(limit.low) or (
            not limit.strict and number == Decimal(limit.low)
        )  # fmt: skip
        high = limit.high is None or number < Decimal(limit.high) or (
            not limit.strict and number == Decimal(limit.high)
        )  # fmt: skip
        return low and high

    @staticmethod
    def _in_time(days: tuple[str, str], limit: Limit) -> bool | None:
        place = Values(_date_values(str(limit.low or limit.high))).values[0].days
        assert place is not None
        if limit.low is not None:
            edge = place[1] if limit.strict else place[0]
            inside = [day > edge if limit.strict else day >= edge for day in days]
        else:
            edge = place[0] if limit.strict else place[1]
            inside = [day < edge if limit.strict else day <= edge for day in days]
        return inside[0] if inside[0] == inside[1] else None

    def sum(self) -> _Computed | str:
        """Return what the values add up to."""
        if self.values.dates:
            return f"the column “{self.head}” is of dates"
        total = sum((one.number for one in self.values.values), Decimal(0))
        parts = [self._with_value(place) for place in range(len(self.values.values))]
        written = self.values.written(total)
        sentence = (
            f"“{self.head}” of {self._rows_compared} adds up to {written}: {_name_list(parts)}."
        )
        return _Computed(
            sentence, f"added up over the column “{self.head}”", self.fit.things[:_MOST_NAMED]
        )

    def average(self) -> _Computed | str:
        """Return the mean of the values."""
        if self.values.dates:
            return f"the column “{self.head}” is of dates"
        numbers = [one.number for one in self.values.values]
        mean = sum(numbers, Decimal(0)) / len(numbers)
        parts = [self._with_value(place) for place in range(len(numbers))]
        sentence = (
            f"The average “{self.head}” of {self._rows_compared} is {self.values.written(mean)}: "
            f"{_name_list(parts)}."
        )
        return _Computed(
            sentence, f"averaged over the column “{self.head}”", self.fit.things[:_MOST_NAMED]
        )

    def difference(self) -> _Computed | str:
        """Return by how much, or how many times, one value of two is larger."""
        if self.values.dates:
            return ""
        larger, smaller = sorted((0, 1), key=lambda place: -self.values.values[place].number)
        most, least = (self.values.values[place].number for place in (larger, smaller))
        if self.question.kind == "ratio":
            if least <= 0:
                return f"the values of “{self.head}” have no ratio"
            found = f"{plain(round(most / least, 2))} times as much"
        else:
            found = f"a difference of {self.values.written(most - least)}"
        pair = f"{self._with_value(larger)} against {self._with_value(smaller)}"
        sentence = f"“{self.head}”: {pair}, {found}."
        return _Computed(sentence, f"calculated from the column “{self.head}”", self.fit.things)


def _date_values(iso: str) -> tuple[Value, ...]:
    return values_of([iso], []).values


def _name_list(names: Sequence[str]) -> str:
    """Return names in a list, at most so many of them: "A, B and 3 more"."""
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def calculated_answer(
    workspace: Workspace, answer: Answer, calculation: Calculation, evidence: Sequence[Evidence]
) -> Answer:
    """Return `answer` with the sentence of a calculation, its rows cited and its working shown.

    No cell contains the sentence: it is supported by the calculation, not by the check, and the
    chance that the evidence answers does not apply to it.
    """
    citations: list[Citation] = []
    for start, end in calculation.rows:
        one = next(_passages_at(workspace, calculation.document, start, evidence), None)
        if one is not None:
            citations.append(citation_at(start, end, one, len(citations) + 1))
    claim = Claim(calculation.sentence, tuple(one.number for one in citations), "supported")
    return replace(
        answer,
        claims=(claim,),
        citations=tuple(citations),
        calculation=calculation.working,
        outcome="answered",
        chance=None,
        not_found=(),
    )


def _passages_at(
    workspace: Workspace, document: str, start: int, evidence: Sequence[Evidence]
) -> Iterator[Evidence]:
    """Yield the passages of a document that hold an offset, those that were found first."""
    found = [one for one in evidence if one.passage.document == document]
    yield from (one for one in found if one.passage.start <= start < one.passage.end)
    for passage in workspace.library.passages_of(document):
        if passage.start <= start < passage.end:
            rows = table_rows(workspace.library, passage)
            why = "a row of the table that was calculated"
            yield Evidence(0, passage, found[0].source, 0.0, why, rows=rows)
