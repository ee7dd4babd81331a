"""How costs grow with the size of a library: slopes fitted to what was measured, and their plot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Measured twice, a cost that grows in step with the library comes out at 0.95 to 1.05.
LINEAR = 1.05


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost that is measured at each size: its key, in words, its unit, and where it is drawn.

    `beyond` says why it may grow faster than the library; "" where it may not.
    """

    key: str
    words: str
    unit: str
    panel: str
    beyond: str = ""


COSTS = (
    Cost("opening", "opening the library", "s", "seconds"),
    Cost("search_p50", "search, p50", "s", "seconds"),
    Cost("search_p95", "search, p95", "s", "seconds"),
    Cost("filtered_p95", "search with filters, p95", "s", "seconds"),
    Cost("answer_p50", "quoted answer, p50", "s", "seconds"),
    Cost("answer_p95", "quoted answer, p95", "s", "seconds"),
    Cost("one_file", "one file more, besides its own work", "s", "seconds"),
    Cost("memory", "memory while asking", "MB", "memory and disk"),
    Cost("record", "disk: the record", "MB", "memory and disk"),
    Cost("vectors", "disk: vectors", "MB", "memory and disk"),
    Cost("words", "disk: words", "MB", "memory and disk"),
    Cost("forward", "disk: forward index", "MB", "memory and disk"),
)


@dataclass(frozen=True, slots=True)
class Slope:
    """The exponents of a cost in the size: over all sizes, and from the last but one to the last.

    0 is constant, 1 linear. The whole is low where a fixed cost hides the growth at small sizes.
    """

    whole: float
    last: float

    @property
    def worse_than_linear(self) -> bool:
        """Whether either shows growth faster than the library's."""
        return max(self.whole, self.last) > LINEAR


def slope(sizes: Sequence[int], values: Sequence[float]) -> Slope | None:
    """Return the slopes of log cost in log size; None for fewer than two sizes or no cost."""
    known = [(math.log(size), math.log(one)) for size, one in zip(sizes, values, strict=True)
             if one > 0]  # fmt: skip
    if len(known) < 2:
        return None
    across, up = zip(*known, strict=True)
    whole = float(np.polyfit(across, up, 1)[0])
    return Slope(whole, (up[-1] - up[-2]) / (across[-1] - across[-2]))


def slopes(measured: Mapping[int, Mapping[str, float]]) -> dict[str, Slope]:
    """Return the slopes of all costs that were measured at two sizes or more."""
    found = {}
    for cost in COSTS:
        sizes = [one for one in sorted(measured) if cost.key in measured[one]]
        fitted = slope(sizes, [measured[one][cost.key] for one in sizes])
        if fitted is not None:
            found[cost.key] = fitted
    return found


def told(measured: Mapping[int, Mapping[str, float]]) -> list[str]:
    """Return the costs at each size with their slopes, as the lines of a Markdown table."""
    sizes, fitted = sorted(measured), slopes(measured)
    heads = ["", *(f"{one:,}" for one in sizes), "slope", "at the end", ""]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for cost in COSTS:
        cells = [_cell(measured[one].get(cost.key), cost.unit) for one in sizes]
        if cost.key in fitted:
            one = fitted[cost.key]
            judged = cost.beyond or "WORSE THAN LINEAR" if one.worse_than_linear else ""
            cells += [f"{one.whole:.2f}", f"{one.last:.2f}", judged]
        else:
            cells += ["", "", ""]
        lines.append(f"| {cost.words} | {' | '.join(cells)} |")
    return lines


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return "not run"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def draw(measured: Mapping[int, Mapping[str, float]], file: Path) -> None:
    """Plot cost against size, both logarithmic, beside lines that grow as the library does.

    The same figures give the same bytes.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    sizes = sorted(measured)
    panels = list(dict.fromkeys(one.panel for one in COSTS))
    with rc_context({"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9.0, 5.0), layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
            costs = [one for one in COSTS if one.panel == panel]
            drawn = []
            for cost in costs:
                known = [one for one in sizes if measured[one].get(cost.key, 0) > 0]
                if known:
                    heights = [measured[one][cost.key] for one in known]
                    axes.plot(known, heights, marker="o", markersize=3, label=cost.words)
                    drawn.append(heights[0])
            if drawn:
                lowest, first = min(drawn), sizes[0]
                axes.plot(sizes, [lowest * one / first for one in sizes], "k:", label="linear")
                axes.set(xscale="log", yscale="log", xlabel="passages", title=panel)
                axes.grid(visible=True, alpha=0.3)
                place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)}
                axes.legend(fontsize=7, frameon=False, ncols=2, **place)
        figure.savefig(file, format="svg", metadata={"Date": None})
