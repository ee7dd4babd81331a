"""docs/benchmarks.md is made of what was measured: slopes fitted, targets judged, repeatable."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.bench_page import PAGE, rows, write
from benchmarks.bench_results import Results
from benchmarks.beside import PEERS
from benchmarks.growth_fit import slope, told

GROWTH = {
    "1000": {"opening": 0.1, "search_p95": 0.1, "filtered_p95": 0.1, "record": 5.0},
    "10000": {"opening": 0.1, "search_p95": 0.2, "filtered_p95": 0.1, "record": 500.0},
}
SIDE = {"seconds": 10.0, "passages": 100, "memory": 1_000_000, "disk": 1_000_000}


@pytest.fixture
def results(tmp_path: Path) -> Results:
    found = Results(tmp_path / "benchmarks.json")
    found.keep("growth", GROWTH)
    theirs = SIDE | {"seconds": 31.0, "ratio": 3.1, "ratio_a_passage": 3.1}
    found.keep(
        "ingest",
        {"files": 2, "ours": SIDE, "theirs": {"llamaindex-given": theirs}, "share_of_bound": 0.8},
    )
    return found


def test_a_cost_that_grows_as_the_library_has_slope_one() -> None:
    """Constant is 0, linear 1, and only what grows faster is named."""
    fitted = slope([1, 10, 100], [2.0, 20.0, 200.0])
    assert fitted is not None and fitted.whole == pytest.approx(1.0)
    assert not fitted.worse_than_linear
    late = slope([1, 10, 100], [1.0, 1.0, 100.0])
    assert late is not None and late.last == pytest.approx(2.0) and late.worse_than_linear
    assert slope([1], [1.0]) is None
    lines = told({int(size): costs for size, costs in GROWTH.items()})
    assert [one for one in lines if "WORSE" in one] == [one for one in lines if "record" in one]


def test_targets_are_judged_by_figures(results: Results) -> None:
    """Within its target is reached, beyond it is not, and what was not run is neither."""
    judged = {one.what: one.reached for one in rows(results)}
    assert judged["add 2 PDFs, beside LlamaIndex, embedding our passages"] is True
    assert judged["— of cores × the best rate of one core"] is False
    assert judged["search at 10,000 passages, p95; with filters"] is False
    assert judged["search at 500,000 passages, p95; with filters"] is None


def test_the_page_is_the_same_when_it_is_written_again(results: Results, tmp_path: Path) -> None:
    """Only what stands between the markers changes, and the same figures give the same bytes."""
    page, plot = tmp_path / "page.md", tmp_path / "plot.svg"
    shutil.copy(PAGE, page)
    write(Results(tmp_path / "benchmarks.json"), page, plot)
    first = page.read_bytes(), plot.read_bytes()
    assert "| 10 s, 100 passages | 31 s, 100 passages | 3.10 |" in page.read_text()
    write(results, page, plot)
    assert (page.read_bytes(), plot.read_bytes()) == first


def test_every_peer_has_its_script() -> None:
    """What runs a peer lies beside the versions that it is written for."""
    folder = PAGE.parent.parent / "benchmarks" / "peers"
    assert PEERS and all((folder / one.script).is_file() for one in PEERS.values())
