"""Fit the weights of the ranking over several sets of questions, leaving one set out at a time.

    python -m benchmarks.fit_ranking SETS KEEP [questions.jsonl home ...]

SETS and KEEP are those of benchmarks/retrieval.py, whose libraries must stand in KEEP already; the
starter library with tests/questions.jsonl is always one of the sets. A conditional logit: the
chance that a candidate is the right one is the softmax of its weighted signals over the candidates
of its question, and a question with several right ones wants any of them. A set weighs as the root
of its number of questions. Printed are the mean reciprocal ranks of the first right passage with
equal weights, the weights in use, and weights fitted on the other sets; then weights fitted on all.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from assistant.evaluation import is_right_passage, questions_from
from assistant.planning.query_rewriting import standalone
from benchmarks.retrieval import OWN, opened, scifact_claims
from index.evidence import Evidence
from index.ranking import WEIGHTS

_DEPTH = 100
_NAMES = tuple(WEIGHTS)
_RIDGE = 3e-3


@dataclass(frozen=True, slots=True)
class Case:
    """The candidates of one question: their signals [n, 8], and which of them are right."""

    signals: NDArray[np.float64]
    right: NDArray[np.bool_]


def cases(home: Path, asked: Mapping[str, Callable[[Evidence], bool]]) -> list[Case]:
    """Return a case for each question that has a right passage among the candidates."""
    made = []
    with opened(home) as workspace:
        for text, wanted in asked.items():
            found = workspace.retriever.search(text, limit=_DEPTH)
            # What a signal gave, divided by its weight, is the signal; a date that was named
            # shrinks all by the same factor, which changes no order.
            signals = [
                [one.match.parts[name] / WEIGHTS[name] for name in _NAMES]
                for one in found
                if one.match
            ]
            hits = np.array([wanted(one) for one in found])
            if hits.any():
                made.append(Case(np.array(signals), hits))
    return made


def sets(folder: Path, keep: Path, more: Sequence[str]) -> Iterator[tuple[str, list[Case]]]:
    """Yield the sets with their cases."""
    claims, judged = scifact_claims(folder / "scifact")
    yield (
        "scifact",
        cases(
            keep / "scifact",
            {text: _named({f"scifact/{one}" for one in judged[claim]}) for claim, text in
             claims.items()},
        ),
    )  # fmt: skip
    csv.field_size_limit(10**9)
    with (folder / "chunking" / "questions_df.csv").open(encoding="utf-8") as stream:
        spans = {
            row["question"]: _overlapping(row["corpus_id"], json.loads(row["references"]))
            for row in csv.DictReader(stream)
        }
    yield "chunking", cases(keep / "chunking", spans)
    pairs = [(OWN, keep / "starter")]
    pairs += [(Path(file), Path(home)) for file, home in zip(more[::2], more[1::2], strict=True)]
    for file, home in pairs:
        questions = {
            standalone(one.text, one.history): (lambda found, one=one: is_right_passage(one, found))
            for one in questions_from(file)
            if not one.abstain and not one.as_of
        }
        yield file.stem, cases(home, questions)


def _named(locations: set[str]) -> Callable[[Evidence], bool]:
    return lambda found: found.source.location in locations


def _overlapping(title: str, spans: Sequence[Mapping[str, int]]) -> Callable[[Evidence], bool]:
    def wanted(found: Evidence) -> bool:
        passage = found.passage
        return found.source.title == title and any(
            passage.start < one["end_index"] and one["start_index"] < passage.end for one in spans
        )

    return wanted


def fitted(groups: Sequence[Sequence[Case]]) -> NDArray[np.float64]:
    """Return the weights [8], not negative, that make the right passages likeliest."""

    def loss(weights: NDArray[np.float64]) -> float:
        total = _RIDGE * float(weights @ weights)
        for group in groups:
            lost = [
                logsumexp(one.signals @ weights) - logsumexp((one.signals @ weights)[one.right])
                for one in group
            ]
            total += float(np.sum(lost)) / np.sqrt(len(group)) / 10
        return total

    start = np.array([WEIGHTS[name] for name in _NAMES]) * 10
    bounds = [(0, None)] * len(_NAMES)
    return np.asarray(minimize(loss, start, bounds=bounds, method="L-BFGS-B").x)


def reciprocal(group: Sequence[Case], weights: NDArray[np.float64]) -> float:
    """Return the mean reciprocal rank at ten of the first right passage."""
    ranks = []
    for one in group:
        order = np.argsort(-(one.signals @ weights), kind="stable")
        ranks.append(int(np.argmax(one.right[order])) + 1)
    return float(np.mean([1 / rank if rank <= 10 else 0.0 for rank in ranks]))


def main() -> None:
    """Print the table and the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("keep", type=Path)
    parser.add_argument("ask", nargs="*")
    given = parser.parse_args()
    groups = dict(sets(given.sets, given.keep, given.ask))
    present = np.array([WEIGHTS[name] for name in _NAMES])
    print(f"{'MRR@10':<14}{'cases':>6}{'equal':>8}{'in use':>8}{'left out':>10}")
    for name, group in groups.items():
        others = fitted([one for other, one in groups.items() if other != name])
        figures = [reciprocal(group, one) for one in (np.ones(len(_NAMES)), present, others)]
        print(f"{name:<14}{len(group):>6}" + "".join(f"{one:>9.4f}" for one in figures), flush=True)
    everything = fitted(list(groups.values()))
    dated = _NAMES.index("date")
    everything /= everything.sum() - everything[dated]
    for name, weight in zip(_NAMES, everything, strict=True):
        print(f"{name:<16}{weight:.3f}   in use {WEIGHTS[name]}")


if __name__ == "__main__":
    main()
