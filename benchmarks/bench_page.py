"""docs/benchmarks.md: the tables between its markers, made of what `make bench` measured."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench_results import ROOT, Results
from benchmarks.growth_fit import draw, told

PAGE = ROOT / "docs" / "benchmarks.md"
PLOT = ROOT / "docs" / "benchmarks.svg"
_NOT_RUN = "not run"
_ANY = math.inf


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what, our figures, a peer's, their ratio, the target, and the command.

    `told` puts our figures in words; `within` has the least and the most that each may be, and
    `least_ratio` the least that the ratio may be.
    """

    what: str
    target: str
    command: str
    ours: tuple[float | None, ...]
    told: str
    within: tuple[tuple[float, float], ...] = ()
    peer: str = ""
    ratio: float | None = None
    least_ratio: float = 0.0

    @property
    def measured(self) -> bool:
        """Whether there are all figures."""
        return all(one is not None for one in self.ours)

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None for what has none, or was not measured."""
        if not self.measured or not (self.within or self.least_ratio):
            return None
        bounded = zip(self.ours, self.within, strict=False)
        kept = all(least <= (one or 0.0) <= most for one, (least, most) in bounded)
        return kept and (self.ratio or 0.0) >= self.least_ratio

    def line(self) -> str:
        """Return the line in Markdown."""
        judged = {True: "yes", False: "no", None: ""}[self.reached]
        ours = self.told.format(*self.ours) if self.measured else _NOT_RUN
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        cells = (self.what, ours, self.peer, ratio, self.target, judged, f"`{self.command}`")
        return f"| {' | '.join(cells)} |"


def rows(results: Results) -> Iterator[Row]:
    """Yield the lines of the table, those of peers first."""
    yield from _ingest_rows(results)
    yield from _search_rows(results)
    yield from _library_rows(results)
    yield from _start_rows(results)


_PEERS = {
    "llamaindex": "LlamaIndex as its documentation has it",
    "llamaindex-256": "LlamaIndex, chunks of 256 tokens",
    "llamaindex-given": "LlamaIndex, embedding our passages",
    "txtai": "txtai, embedding our passages, reading nothing",
    "paperqa": "PaperQA",
}

# The peer that is given our passages.
_SAME = "llamaindex-given"


def _ingest_rows(results: Results) -> Iterator[Row]:
    command = "make bench PART=ingest"
    files = results.get("ingest", "files")
    ours = results.get("ingest", "ours") or {}
    for name, theirs in (results.get("ingest", "theirs") or {_SAME: {}}).items():
        goal = 3.0 if name == _SAME else 0.0
        yield Row(
            f"add {files or 'the'} PDFs, beside {_PEERS[name]}",
            "3 times, with the same passages" if goal else "",
            command,
            (ours.get("seconds"), ours.get("passages")),
            "{:.0f} s, {:,} passages",
            peer=f"{theirs['seconds']:.0f} s, {theirs['passages']:,} passages" if theirs else "",
            ratio=theirs.get("ratio"),
            least_ratio=goal,
        )
        if theirs:
            yield Row(
                "— passages a second", "", command,
                (ours["passages"] / ours["seconds"],), "{:.1f}",
                peer=f"{theirs['passages'] / theirs['seconds']:.1f}",
                ratio=theirs["ratio_a_passage"],
            )  # fmt: skip
            yield Row(
                "— memory at the peak; disk", "", command,
                (ours["memory"] / 1e6, ours["disk"] / 1e6), "{:,.0f} MB; {:,.0f} MB",
                peer=f"{theirs['memory'] / 1e6:,.0f} MB; {theirs['disk'] / 1e6:,.0f} MB",
            )  # fmt: skip
    yield Row(
        "— of cores × the best rate of one core", "0.9", command,
        (results.get("ingest", "share_of_bound"),), "{:.2f}", within=((0.9, _ANY),),
    )  # fmt: skip
    read = results.get("reading", "ours") or {}
    for name, theirs in (results.get("reading", "theirs") or {}).items():
        yield Row(
            f"read and cut the same PDFs, beside {_PEERS[name]}", "", "make bench PART=reading",
            (read.get("seconds"), read.get("passages")), "{:.0f} s, {:,} passages",
            peer=f"{theirs['seconds']:.0f} s, {theirs['passages']:,} passages",
            ratio=theirs["ratio"],
        )  # fmt: skip
        own, other = sum(read["stages"].values()), sum(theirs["stages"].values())
        yield Row(
            "— without the start of the program", "", "make bench PART=reading", (own,),
            "{:.1f} s", peer=f"{other:.1f} s", ratio=other / own,
        )  # fmt: skip


def _search_rows(results: Results) -> Iterator[Row]:
    ours = results.get("search", "ours") or {}
    for name, theirs in (results.get("search", "theirs") or {}).items():
        reranked = ", reranked" if name.startswith("llamaindex") else ", not reranked"
        yield Row(
            f"the ten best among these, p50 and p95, beside {_PEERS[name]}{reranked}", "",
            "make bench PART=search",
            (_milli(ours.get("p50")), _milli(ours.get("p95"))), "{:.0f} ms, {:.0f} ms",
            peer=f"{theirs['p50'] * 1e3:.0f} ms, {theirs['p95'] * 1e3:.0f} ms",
            ratio=theirs["ratio"],
        )  # fmt: skip


def _milli(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def _library_rows(results: Results) -> Iterator[Row]:
    command = "make bench PART=growth"

    def at(size: int, key: str) -> Any:
        return results.get("growth", str(size), key)

    for size, most in ((10_000, 150.0), (100_000, 250.0), (500_000, 400.0)):
        yield Row(
            f"search at {size:,} passages, p95; with filters", f"{most:.0f} ms", command,
            (_milli(at(size, "search_p95")), _milli(at(size, "filtered_p95"))),
            "{:.0f} ms; {:.0f} ms", within=((0, most), (0, most)),
        )  # fmt: skip
    large = 100_000
    yield Row(
        f"quoted answer at {large:,} passages, judged, p95", "500 ms", command,
        (_milli(at(large, "answer_p95")),), "{:.0f} ms", within=((0, 500.0),),
    )  # fmt: skip
    yield Row(
        f"one file into {large:,} passages, besides its own work", "0.5 s", command,
        (at(large, "one_file"),), "{:.2f} s", within=((0, 0.5),),
    )  # fmt: skip
    yield Row(
        f"memory at {large:,} passages while asking", "1,200 MB", command,
        (at(large, "memory"),), "{:,.0f} MB", within=((0, 1200.0),),
    )  # fmt: skip
    parts = [at(large, one) for one in ("record", "vectors", "words", "forward")]
    disk = sum(parts) / large * 1000 if None not in parts else None
    yield Row(
        "disk for 1,000 passages, originals apart", "8 MB", command, (disk,), "{:.1f} MB",
        within=((0, 8.0),),
    )  # fmt: skip


def _start_rows(results: Results) -> Iterator[Row]:
    get = results.get
    yield Row(
        "`briefing ask`, cold, 10,000 passages; memory", "1.5 s; 400 MB",
        "make bench PART=startup", (get("startup", "ask: answered"), get("startup", "ask: MB")),
        "{:.2f} s; {:.0f} MB", within=((0, 1.5), (0, 400.0)),
    )  # fmt: skip
    yield Row(
        "page usable after the command; first answer; with every core busy", "2.5 s; 5 s; 5 s",
        "make bench PART=startup",
        tuple(get("startup", one) for one in ("page: usable", "page: answered", "slow: answered")),
        "{:.2f} s; {:.2f} s; {:.2f} s", within=((0, 2.5), (0, 5.0), (0, 5.0)),
    )  # fmt: skip
    yield Row(
        "twenty readers at once, p95", "1.5 s", "make bench PART=readers",
        (get("readers", "20", "p95"),), "{:.2f} s", within=((0, 1.5),),
    )  # fmt: skip
    yield Row(
        "200 readers at once: answered; the last after", "200; 20 s", "make bench PART=readers",
        (get("readers", "200", "answered"), get("readers", "200", "last")), "{:.0f}; {:.1f} s",
        within=((200, _ANY), (0, 20.0)),
    )  # fmt: skip
    yield Row(
        "install, nothing cached; size", "120 s; 1.2 GB", "make bench PART=install",
        (get("install", "seconds"), get("install", "gigabytes")), "{:.0f} s; {:.2f} GB",
        within=((0, 120.0), (0, 1.2)),
    )  # fmt: skip
    yield Row(
        "`make test`", "480 s", "make bench PART=tests", (get("tests", "seconds"),), "{:.0f} s",
        within=((0, 480.0),),
    )  # fmt: skip


def write(results: Results, page: Path = PAGE, plot: Path = PLOT) -> None:
    """Write the tables of the page anew, between their markers, and the plot."""
    text = page.read_text(encoding="utf-8")
    measured = {int(size): one for size, one in (results.get("growth") or {}).items()}
    sections: dict[str, Callable[[], list[str]]] = {
        "table": lambda: _table(results),
        "growth": lambda: told(measured) if measured else [_NOT_RUN],
        "machine": lambda: _machine(results),
    }
    for name, lines in sections.items():
        block = "\n".join((f"<!-- {name} -->", "", *lines(), "", f"<!-- end of {name} -->"))
        text, count = re.subn(
            f"<!-- {name} -->.*?<!-- end of {name} -->", lambda _, one=block: one, text, flags=re.S
        )
        assert count == 1, name
    page.write_text(text, encoding="utf-8")
    if measured:
        draw(measured, plot)


def _table(results: Results) -> list[str]:
    heads = ("", "us", "peer", "ratio", "target", "reached", "by")
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}",
            *(one.line() for one in rows(results))]  # fmt: skip


def _machine(results: Results) -> list[str]:
    """Return when, on what, and of which version each part was measured; equal ones together."""
    together: dict[str, list[str]] = {}
    for name, part in sorted(results.parts.items()):
        said = ", ".join(f"{what} {value}" for what, value in part["machine"].items())
        line = f"{part['measured']}, version {part['version']}: {said}."
        together.setdefault(line, []).append(name)
    return [f"- {', '.join(parts)}: {line}" for line, parts in together.items()] or [_NOT_RUN]
