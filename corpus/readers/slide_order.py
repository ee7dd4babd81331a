"""The order in which the shapes of a slide are read: bands from the top, columns from the left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

One = TypeVar("One")
# A tenth of an inch: text boxes reach over each other by their margins.
_MARGIN, _SHARE = 91_440, 0.05
_CUTS = 10


class Box(NamedTuple):
    """Where a shape lies, in English Metric Units (914,400 an inch) from the top left corner."""

    left: int
    top: int
    right: int
    bottom: int


def in_reading_order(placed: Sequence[tuple[Box, One]]) -> list[One]:
    """Return shapes as a person reads them.

    What lies there is cut along its widest gap, between columns or between bands, and each part
    again, until nothing lies apart; the rest goes by the upper left corner. So a pair of lists
    under their heads is read list by list, and a row of labels with their texts label by label.
    """
    return [one for _, one in _ordered(list(placed), _CUTS)]


def _ordered(placed: list[tuple[Box, One]], cuts: int) -> list[tuple[Box, One]]:
    if len(placed) < 2 or not cuts:
        return sorted(placed, key=lambda one: (one[0].top, one[0].left))
    across, columns = _parts(placed, 0)
    down, bands = _parts(placed, 1)
    parts = columns if across > down else bands
    if len(parts) < 2:
        return sorted(placed, key=lambda one: (one[0].top, one[0].left))
    return [one for part in parts for one in _ordered(part, cuts - 1)]


def _parts(placed: list[tuple[Box, One]], axis: int) -> tuple[float, list[list[tuple[Box, One]]]]:
    """Cut what lies apart along an axis (0 across, 1 down); return the widest gap, the parts."""
    order = sorted(placed, key=lambda one: one[0][axis])
    gaps, end = [], float("inf")
    for box, _ in order:
        first, last = box[axis], box[axis + 2]
        margin = min((last - first) * _SHARE, _MARGIN)
        gaps.append(first + margin - end)
        end = max(end, last - margin) if gaps[1:] else last - margin
    widest = max(gaps)
    parts: list[list[tuple[Box, One]]] = []
    for gap, one in zip(gaps, order, strict=True):
        # Narrower gaps wait for the next cut: heads stay with their lists.
        if not parts or (gap >= 0 and gap * 2 >= widest):
            parts.append([])
        parts[-1].append(one)
    return widest, parts
