"""The public sets of `benchmarks.retrieval` are read and searched: here tiny ones of their form."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from benchmarks.retrieval import chunking, discounted, scifact

RYE = "The mill of Lund ground 300 tonnes of rye in 2022."
BREAD = "Bakers in Malm sold bread for three crowns a loaf."


@pytest.fixture(autouse=True)
def hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIEFING_EMBEDDER", "hash")


def test_a_claim_finds_its_abstract(tmp_path: Path) -> None:
    """BEIR's form: the abstract that is judged relevant stands first, by the search at least."""
    folder = tmp_path / "scifact"
    (folder / "qrels").mkdir(parents=True)
    abstracts = [
        {"_id": "7", "title": "Mills", "text": RYE}, {"_id": "8", "title": "Bread", "text": BREAD}
    ]  # fmt: skip
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, abstracts)))
    (folder / "queries.jsonl").write_text('{"_id": "1", "text": "Lund ground rye in 2022."}')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\t7\t1\n")
    lines = list(scifact(folder, tmp_path / "home"))
    assert [one.measure for one in lines] == ["nDCG@10, embedder alone", "nDCG@10, search"]
    assert lines[1].value == 1.0


def test_a_gold_span_is_recalled(tmp_path: Path) -> None:
    """The characters of a marked span that lie in the passages found, and what lies beside it."""
    folder = tmp_path / "chunking"
    (folder / "corpora").mkdir(parents=True)
    (folder / "corpora" / "mills.md").write_text(f"{RYE} {BREAD}")
    with (folder / "questions_df.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["question", "references", "corpus_id"])
        span = [{"start_index": 0, "end_index": len(RYE)}]
        out.writerow(["How much rye was ground?", json.dumps(span), "mills"])
    recall, precision = chunking(folder, tmp_path / "home")
    assert recall.value == 1.0
    assert precision.value == pytest.approx(len(RYE) / len(f"{RYE} {BREAD}"))


def test_a_relevant_text_in_the_second_place_is_worth_less() -> None:
    """nDCG: the gain of a text is divided by the logarithm of its rank and one."""
    assert discounted(["8", "7"], {"7": 1}) == pytest.approx(0.6309, abs=1e-4)
