"""What is shown while one waits fits into a line of the terminal, Chinese names too."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from corpus.document import Source
from corpus.readers.blocks import Blocks
from index.ingest import Progress, Report
from ui import terminal
from ui.terminal import StatusLine, text_lines, with_bar

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
    monkeypatch.setattr(terminal, "sys", SimpleNamespace(stderr=found))
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    return found


def work(*notes: str) -> Iterator[Progress | Report]:
    for done, note in enumerate(notes, start=1):
        yield Progress("added", done, len(notes), note)
    yield Report()


def test_a_bar_fits_into_the_line_and_goes(
    shown: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A longer line would wrap, and what wrapped is not cleared away."""
    ticks = count(0.0, 2.0)
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    assert with_bar(work("short", NAME, "long " * 40)) == Report()
    before, *lines, last = shown.getvalue().split(CLEAR)
    assert before == last == "" and len(lines) == 3
    assert "1/3 added: short" in lines[0] and NAME[:5] in lines[1]
    assert all(cell_len(line) < COLUMNS for line in lines)


def test_a_line_that_is_written_over_shows_its_end(shown: Terminal) -> None:
    """What was written last, as much as fits; afterwards the line is empty."""
    with StatusLine(shown=True) as line:
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
