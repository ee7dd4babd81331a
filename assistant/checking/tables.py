"""Table rows and JSON records as readable lines, and numbers cited from the wrong cell."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assistant.checking.number_match import number_problem
from assistant.checking.problems import Code, Problem, problem
from corpus.cells import Cell, Row
from corpus.date_mentions import date_mentions
from corpus.document import Passage
from corpus.quantities import Quantity, quantities

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_SPACE = re.compile(r"\s+")
_STEP = ", "
_CLAUSE = re.compile(r"[,;:()]\s|\b(?:while|whereas|but|and|against|versus|compared with)\b")
# The scale of a table's numbers: "US$ million", "in thousands".
_SCALE = re.compile(r"\b(?:thousand|million|billion|trillion)(?=s?\b)", re.IGNORECASE)

Stems = Callable[[str], frozenset[str]]


def with_column_heads(passage: Passage, rows: Sequence[Row]) -> str:
    """Return the text of a passage in which each table row is written with its column heads.

    "Zelda 5 | 8" becomes "Name: Zelda 5; Crew: 8."
    """
    parts, at = [], passage.start
    for row in rows:
        if not row.is_head and row.has_heads:
            parts += [passage.text[at - passage.start : row.start - passage.start], f"{row.said}."]
            at = row.end
    return "".join([*parts, passage.text[at - passage.start :]])


def repeats_row(claim: str, row: Row) -> bool:
    """Say whether a claim consists of cells of a row, each after its column head."""
    labelled = {said for cell in row.cells if cell.column for said in (cell.labelled, cell.alone)}
    return all(part in labelled for part in claim.rstrip(".").split("; "))


def misplaced_numbers(
    claim: str, text: str, rows: Sequence[Row], stems: Stems
) -> Iterator[Problem]:
    """Yield the numbers of a claim that tables have only in another row or column than it names.

    `text` is the cited text with rows written out (`with_column_heads`); a number that it also has
    outside the rows is skipped.
    """
    rows = [row for row in rows if not row.is_head and row.has_heads]
    if not rows:
        return
    for row in rows:
        text = text.replace(row.said, "")
    prose = quantities(text)
    spans = [(one.start, one.end) for one in date_mentions(claim)]
    for one in quantities(claim, spans):
        held = [(row, cell) for row in rows for cell in row.cells if _states_number(cell, one)]
        if not held or not number_problem(one, prose):
            continue
        said = [stems(_clause(claim, one)), stems(claim)]
        if all(_means_another_cell(row, cell, rows, said, stems) for row, cell in held):
            yield problem(Code.NUMBER_ELSEWHERE, one.text, held[0][1].words)


def scaled_numbers(rows: Sequence[Row]) -> list[Quantity]:
    """Return the numbers of cells whose column or table has a scale, multiplied by it."""
    return [one for row in rows for cell in row.cells for one in _scaled(cell)]


def _scaled(cell: Cell) -> list[Quantity]:
    scale = None if cell.names else _SCALE.search(f"{cell.column} {cell.table}")
    return quantities(f"{cell.text} {scale[0]}") if scale else []


def _states_number(cell: Cell, number: Quantity) -> bool:
    own = [] if cell.names else [*quantities(cell.text), *_scaled(cell)]
    return any(one.value == number.value for one in own)


def _clause(claim: str, one: Quantity) -> str:
    """Return the clause of a claim that contains a number."""
    ends = [found.start() for found in _CLAUSE.finditer(claim) if found.start() >= one.end]
    starts = [found.end() for found in _CLAUSE.finditer(claim) if found.end() <= one.start]
    return claim[max(starts, default=0) : min(ends, default=len(claim))]


def _means_another_cell(
    row: Row, cell: Cell, rows: Sequence[Row], said: Sequence[frozenset[str]], stems: Stems
) -> bool:
    """Say whether a claim means another cell; `said` has the stems of its clause and the whole.

    It does if another column or row of the table matches all its words that match this one's heads,
    and more.
    """
    own = stems(cell.column)
    heads = [stems(other.column) for other in row.cells if not other.names and other is not cell]
    if _names_other(own, [one for one in heads if one != own], said):
        return True
    own = stems(cell.row)
    names = [stems(one.cells[0].row) for one in rows if one.table == row.table and one is not row]
    return bool(own) and _names_other(own, [one for one in names if one != own], said)


def _names_other(
    own: frozenset[str], others: Sequence[frozenset[str]], said: Sequence[frozenset[str]]
) -> bool:
    """Say whether the first text that matches any head matches another better than `own`."""
    for words in said:
        met = [words & other for other in others]
        if not any(met) and not words & own:
            continue
        mine = words & own
        return any(
            mine < one and (mine or one == other or _numbered(own ^ other))
            for one, other in zip(met, others, strict=True)
        )
    return False


def _numbered(words: frozenset[str]) -> bool:
    """Say whether all words have digits: "2023" and "2024", "Q1" and "Q2"."""
    return all(any(sign.isdigit() for sign in word) for word in words)


def record_as_lines(text: str) -> str:
    """Return `text` with a JSON record in it written as one line per value; else unchanged.

    `{"Parking": {"garage": false}}` becomes "Parking: no garage"; camel-case keys become words.
    """
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        return text
    record = _parsed(text[begin : end + 1])
    if not isinstance(record, dict):
        return text
    lines = "\n".join(_lines("", record))
    return f"{text[:begin]}\n{lines}\n{text[end + 1 :]}".strip()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _lines(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip().startswith("{"):
        value = _parsed(value.strip()) or value
    if isinstance(value, dict):
        names = _names(value)
        for name, inner in value.items():
            yield from _lines(f"{key}{_STEP}{names[name]}" if key else names[name], inner)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for inner in value:
            yield from _lines(key, inner)
    elif isinstance(value, list):
        yield f"{key}: {', '.join(str(one) for one in value)}"
    elif value is False or str(value).lower() in {"false", "no"}:
        # The negation stands beside what it negates.
        above, _, last = key.rpartition(_STEP)
        yield f"{above}: no {last}" if above else f"no {last}"
    elif value is True or str(value).lower() in {"true", "yes"}:
        yield f"{key}: yes"
    elif value is None or str(value).lower() in {"none", "null", ""}:
        yield f"{key}: not stated"
    else:
        yield f"{key}: {_SPACE.sub(' ', str(value))}"


def _names(record: dict[str, Any]) -> dict[str, str]:
    """Return the keys of a record as words, without a first word that several keys share.

    "RestaurantsDelivery" beside "RestaurantsTakeOut" becomes "Delivery".
    """
    words = {key: _CAMEL.sub(" ", str(key)).split() or [str(key)] for key in record}
    first = Counter(one[0] for one in words.values() if len(one) > 1)
    return {
        key: " ".join(one[1:] if len(one) > 1 and first[one[0]] > 1 else one)
        for key, one in words.items()
    }
