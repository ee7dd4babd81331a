"""What is shown while one waits fits into a line of the terminal, Chinese names too."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from corpus.document import Source
from corpus.readers.blocks import Blocks
from index.ingest import Progress, Report
from ui import progress_line
from ui.progress_line import ProgressLine, with_bar
from ui.terminal import text_lines

CLEAR = "\r\x1b[K"
COLUMNS = 60
NAME = "出口管制条例与人工智能产业政策研究报告的中文译本" * 3


class Terminal(io.StringIO):
    """Standard error as a terminal that keeps what it was sent."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    found = Terminal()
    monkeypatch.setattr(progress_line, "sys", SimpleNamespace(stderr=found))
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    return found


def work(*notes: str) -> Iterator[Progress | Report]:
    for done, note in enumerate(notes, start=1):
        yield Progress("added", done, len(notes), note)
    yield Report()


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def ticking(self, steps: Iterator[Progress | Report]) -> Iterator[Progress | Report]:
        for one in steps:
            self.now += 2.0
            yield one


def test_a_bar_fits_into_the_line_and_goes(shown: Terminal) -> None:
    """A longer line would wrap, and what wrapped is not cleared away."""
    clock = Watch()
    assert with_bar(clock.ticking(work("short", NAME, "long " * 40)), clock=clock) == Report()
    before, *lines, last = shown.getvalue().split(CLEAR)
    assert before == last == "" and len(lines) == 3
    assert "1/3" in lines[0] and "added: short" in lines[0] and "added" in lines[1]
    assert all(cell_len(line) < COLUMNS for line in lines)


def test_a_bar_says_how_fast_it_goes_and_how_long_it_takes(shown: Terminal) -> None:
    """By passages where they are known: of ten files one may be nine tenths of the work."""
    clock = Watch()
    steps = [
        Progress("embedding", 0, 2, "big.pdf", worked=20.0 * one, work=200.0) for one in range(6)
    ]
    with_bar(clock.ticking(iter(steps)), clock=clock)
    *_, last, _ = shown.getvalue().split(CLEAR)
    assert "0/2, 10 passages/s, about 10 s left" in last and "[######      ]" in last


def test_a_bar_does_not_go_back(shown: Terminal) -> None:
    """Where all of the work turns out to be more than was thought."""
    clock = Watch()
    seen = [(10.0, 100.0), (20.0, 100.0), (50.0, 100.0), (60.0, 600.0)]
    steps = [Progress("embedding", 0, 2, "big.pdf", worked=made, work=of) for made, of in seen]
    with_bar(clock.ticking(iter(steps)), clock=clock)
    *_, last, _ = shown.getvalue().split(CLEAR)
    assert "[######      ]" in last


def test_what_is_piped_gets_few_lines(shown: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line every few seconds, whole, without anything that moves the cursor."""
    monkeypatch.setattr(shown, "isatty", lambda: False)
    clock = Watch()
    with_bar(clock.ticking(work(*map(str, range(20)))), clock=clock)
    lines = shown.getvalue().splitlines()
    assert 5 < len(lines) < 10 and all("left" in one for one in lines[1:])
    assert CLEAR not in shown.getvalue()


def test_nothing_is_shown_of_what_is_done_at_once(shown: Terminal) -> None:
    """Within a second nobody waits."""
    assert with_bar(work("one", "two"), clock=lambda: 5.0) == Report() and not shown.getvalue()


def test_a_line_that_is_written_over_shows_its_end(shown: Terminal) -> None:
    """What was written last, as much as fits; afterwards the line is empty."""
    with ProgressLine() as line:
        line.show(f"{NAME} the very end")
        line.show("short")
    _, long, short, cleared = shown.getvalue().split(CLEAR)
    assert long.endswith("本 the very end") and COLUMNS - 4 <= cell_len(long) <= COLUMNS - 2
    assert (short, cleared) == ("short", "")


def test_columns_of_a_table_stand_below_each_other_in_chinese() -> None:
    """A Chinese sign takes two columns of a terminal, a mark that is put over a letter none."""
    blocks = Blocks()
    rows = [["华为", "1"], ["Ångström", "2"], ["q\u0303uota", "3"]]
    blocks.table([["Name", "Rank"], *rows], heads=(1, 1))
    document = blocks.document(Source("Ranks", str(Path("/ranks.csv"))))
    lines = list(text_lines(document, 0, len(document.text), 80))
    ranks = [line for line in lines if line[-1:].isdigit()]
    assert len(ranks) == 3
    assert {cell_len(line) for line in ranks} == {len("Ångström") + 3}
