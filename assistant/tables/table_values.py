"""The cells of a table column as comparable values of one kind, or why they are none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from corpus.date_mentions import date_mentions
from corpus.partial_dates import first_day, last_day
from corpus.quantities import Quantity, quantities

_NO_VALUE = re.compile(
    r"(?:[-–—.…*/?]+|n\.?/?a\.?|nil|none|na|not (?:stated|known|given|disclosed|available)|"
    r"unknown|tbd|tba|无|未知)?$",
    re.IGNORECASE,
)
_NOTE = re.compile(r"(?:\s?\[\w{1,3}\]|[*†‡§]+|\^\w{1,2})+$")
_ROUGH = re.compile(
    r"[~≈≥≤<>]|\b(?:about|around|over|up to|at least|at most|more than|less than|nearly|almost|"
    r"roughly|approximately|approx|circa|ca|est|estimated|from)\b\.?|[+]$|约",
    re.IGNORECASE,
)
_SCALE = re.compile(r"\b(thousand|million|billion|trillion)s?\b|(万|亿)", re.IGNORECASE)
_POWERS = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "万": 4, "亿": 8}
_METRES = re.compile(r"\d\s?m$")
_IN_HEAD = re.compile(r"\(([^()]*)\)|(?:,| in)\s+([^,]+)$")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d$")


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell says: its number or the first and last day that its date can mean.

    `number` is comparable with those of the other cells; `written` is the cell, `figure` the span
    of the number in it.
    """

    written: str
    number: Decimal = Decimal(0)
    days: tuple[str, str] | None = None
    figure: tuple[int, int] = (0, 0)
    power: int = 0


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a column, in order, or `doubt`: why they cannot be compared.

    `unit` is what all of them are measured in ("usd", "km", "knots"), "" where the cells do not
    say; `power` is the power of ten that the head of the column or the table gives them ("in
    million crowns": 6); `dates` says that they are dates.
    """

    values: tuple[Value, ...] = ()
    doubt: str = ""
    unit: str = ""
    power: int = 0
    dates: bool = False

    def written(self, number: Decimal) -> str:
        """Return a number calculated from the values as their cells write numbers."""
        first = self.values[0]
        prefix, suffix = first.written[: first.figure[0]], first.written[first.figure[1] :]
        alike = all(
            (one.written[: one.figure[0]], one.written[one.figure[1] :]) == (prefix, suffix)
            for one in self.values
        )
        if alike:
            return f"{prefix}{plain(number.scaleb(-first.power))}{suffix}"
        return f"{plain(number)} {self.unit}".strip()


def plain(number: Decimal) -> str:
    """Return a number as text, with commas between thousands and at most two decimals."""
    rounded = number if number == number.to_integral() else round(number, 2)
    if rounded == 0 != number:
        rounded = number.normalize(None).quantize(Decimal(1).scaleb(number.adjusted() - 1))
    written = f"{rounded:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def values_of(cells: Sequence[str], heads: Sequence[str]) -> Values:
    """Return the values of a column's cells; `heads` are its head and the title of its table."""
    cells = [_NOTE.sub("", cell).strip() for cell in cells]
    if any(_NO_VALUE.match(cell) for cell in cells):
        return Values(doubt="has cells without a value")
    if all(map(_is_date, cells)):
        return _dates(cells)
    if any(_ROUGH.search(cell) for cell in cells):
        return Values(doubt="has values that are only rough")
    found = [numbers_of(cell) for cell in cells]
    if any(len(one) > 1 for one in found):
        return Values(doubt="has cells with more than one number")
    if not all(found):
        return Values(doubt="has cells that are no numbers")
    values, units = [], set[str]()
    for cell, (quantity,) in zip(cells, found, strict=True):
        unit = _unit(cell, quantity)
        if len(unit.split()) > 3:
            return Values(doubt="has cells with words beside the number")
        units.add(unit)
        values.append(_value(cell, quantity))
    if len(units) > 1:
        return Values(doubt="mixes units")
    scale = next((one for one in map(_SCALE.search, heads) if one), None)
    scaled = scale is not None and not any(one.power for one in values)
    power = _POWERS[(scale[1] or scale[2]).lower()] if scale and scaled else 0
    return Values(tuple(values), unit=units.pop() or _unit_of_head(heads[0]), power=power)


def numbers_of(text: str) -> list[Quantity]:
    """Return the numbers of a text; "60 m" are metres, as in tables of sizes, not millions."""
    return [
        replace(one, value=one.value.scaleb(-one.scale), scale=0, unit="metre")
        if not one.unit and one.scale and _METRES.search(one.text)
        else one
        for one in quantities(text)
    ]


def _unit_of_head(head: str) -> str:
    """Return the unit that the head of a column names: "Length (km)", "Weight in kg"."""
    found = _IN_HEAD.search(head)
    numbers = numbers_of(f"1 {found[1] or found[2]}") if found else []
    return numbers[0].unit if len(numbers) == 1 else ""


def _is_date(cell: str) -> bool:
    if _YEAR.match(cell):
        return True
    return any(
        one.iso and (one.start, one.end) == (0, len(cell))
        for one in date_mentions(cell, loose=True)
    )


def _dates(cells: Sequence[str]) -> Values:
    values = []
    for cell in cells:
        read = {one.iso for one in date_mentions(cell, loose=True) if one.iso} or {cell}
        if len(read) > 1:
            return Values(doubt="has dates that can be read in two ways")
        iso = read.pop()
        values.append(Value(cell, days=(first_day(iso), last_day(iso))))
    return Values(tuple(values), dates=True)


def _value(cell: str, one: Quantity) -> Value:
    digits = re.search(r"\d(?:[\d.,'’  ]*\d)?", cell)
    figure = digits.span() if digits else (one.start, one.end)
    before = cell[: figure[0]]
    loss = bool(re.match(r"\(.*\)$", cell)) or bool(re.search(r"[-−–]\s?[$€£¥]?\s?$", before))
    if loss:
        figure = (0, figure[1] + (cell[-1] == ")"))
    return Value(cell, -one.value if loss else one.value, figure=figure, power=one.scale)


def _unit(cell: str, one: Quantity) -> str:
    rest = f"{cell[: one.start]} {cell[one.end :]}".strip(" ()-−–+").casefold()
    return " ".join(filter(None, [one.unit, "metre" if rest == "m" else rest]))
