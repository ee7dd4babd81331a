"""Fit the weights of `assistant.reading`, and print what they and the refusal are worth.

    python -m benchmarks.fit_reading CHUNKING_FOLDER [QUESTIONS.jsonl HOME]...

CHUNKING_FOLDER holds the public chunking-evaluation set (https://github.com/brandonstarxel/
chunking_evaluation, MIT): five unlike corpora and 472 questions with gold character spans.

Sentences: a sentence that lies in a gold span is one that answers; the regression learns to tell
them from the other sentences of the eight passages found.

Sufficiency: the same question is asked twice, once of everything and once with every passage that
touches a gold span taken away, which makes unanswerable questions of the hardest kind: right topic,
right words, no answer. Further question files (with "abstain") are measured over libraries that
exist. Nothing is fitted here; the curve shows what another threshold would do.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assistant import reading, sufficiency
from assistant.desk import Desk
from assistant.evaluation import questions_from
from assistant.followup import standalone
from assistant.settings import Settings
from index.bounds import Bounds
from index.evidence import Evidence
from index.ingest import Report, files_below

_PASSAGES = 8
_WEIGHTS = sufficiency.WEIGHTS


@dataclass
class Case:
    """A question with its passages read: sentence features, labels, and the signals of all."""

    corpus: str
    answerable: bool
    rows: list[Mapping[str, float]]
    gold: list[bool]
    signals: Mapping[str, float]


def case(
    desk: Desk, corpus: str, question: str, evidence: Sequence[Evidence], spans: Sequence[list[int]]
) -> Case:
    """Read `evidence` as an answer would, and mark the sentences that lie in gold spans."""
    reader = desk.reader
    sought = reader.sought(question)
    read = reader.read(sought, evidence)
    gold = [
        any(
            min(one.end, end) - max(one.start, start) >= 0.5 * min(one.end - one.start, end - start)
            for start, end in spans
        )
        for one in read
    ]
    judgement = sufficiency.judged(sought, read, evidence, desk.searcher)
    return Case(corpus, bool(spans), [one.features for one in read], gold, judgement.signals)


def cases(desk: Desk, folder: Path) -> list[Case]:
    """Return the cases of the chunking set: each question with and without its gold passages."""
    corpora = {Path(entry.source.location).stem: entry.id for entry in desk.library.entries()}
    made = []
    with (folder / "questions_df.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            document = corpora[row["corpus_id"]]
            text = desk.library.document(document).text
            spans = [span for one in json.loads(row["references"]) if (span := _span(text, one))]
            if not spans:
                continue
            found = desk.searcher.search(
                row["question"], limit=40, bounds=Bounds(documents=(document,))
            )
            without = [
                one
                for one in found
                if all(one.passage.end <= start or one.passage.start >= end for start, end in spans)
            ]
            made.append(case(desk, row["corpus_id"], row["question"], found[:_PASSAGES], spans))
            renamed = [replace(one, label=rank) for rank, one in enumerate(without, start=1)]
            made.append(case(desk, row["corpus_id"], row["question"], renamed[:_PASSAGES], []))
    return made


def _span(text: str, reference: Mapping[str, str]) -> list[int] | None:
    """Find a reference in the document as read here, whose white space is folded."""
    wanted = " ".join(str(reference["content"]).split())
    place = text.find(wanted)
    return [place, place + len(wanted)] if place >= 0 else None


def matrix(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    """Return [len(rows), len(names)]."""
    return np.array([[row.get(name, 0.0) for name in names] for row in rows])


def fitted(x: NDArray[np.float64], y: Sequence[bool], strength: float) -> LogisticRegression:
    """Return the regression on standardised features, its weights given back in raw units."""
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    model = LogisticRegression(C=strength, max_iter=2000).fit((x - centre) / spread, y)
    model.coef_ = model.coef_ / spread
    model.intercept_ = model.intercept_ - (model.coef_ * centre).sum()
    return model


def report_sentences(made: Sequence[Case]) -> None:
    """Fit and print the sentence weights, leaving one corpus out at a time for the figures."""
    names = list(reading.WEIGHTS)
    whole = [one for one in made if one.answerable and one.rows]
    first, three = [], []
    for corpus in sorted({one.corpus for one in whole}):
        train = [one for one in whole if one.corpus != corpus]
        model = fitted(
            np.vstack([matrix(one.rows, names) for one in train]),
            [gold for one in train for gold in one.gold],
            1.0,
        )
        for one in (one for one in whole if one.corpus == corpus):
            order = np.argsort(-model.decision_function(matrix(one.rows, names)))
            first.append(one.gold[order[0]])
            three.append(any(one.gold[place] for place in order[:3]))
    now = [one.gold[0] for one in whole]
    print(f"sentences: first gold {np.mean(first):.3f}, one of three {np.mean(three):.3f};"
          f" with the weights in use {np.mean(now):.3f}")  # fmt: skip
    model = fitted(
        np.vstack([matrix(one.rows, names) for one in whole]),
        [gold for one in whole for gold in one.gold],
        1.0,
    )
    _print_weights(names, model)


def report_sufficiency(sets: Mapping[str, Sequence[Case]]) -> None:
    """Print how many questions each set would answer and decline at several thresholds."""
    for name, some in sets.items():
        scores = np.array(
            [
                sum(weight * one.signals.get(signal, 0.0) for signal, weight in _WEIGHTS.items())
                for one in some
            ]
        )
        answerable = np.array([one.answerable for one in some])
        area = roc_auc_score(answerable, scores)
        print(f"{name} (area under the curve {area:.3f})")
        print(f"{'enough at':>12}{'answered':>10}{'declined':>10}")
        for shift in (-0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15):
            enough = sufficiency.ENOUGH + shift
            answered = (scores[answerable] >= enough).mean()
            declined = (scores[~answerable] < enough).mean()
            print(f"{enough:>12.3f}{answered:>10.3f}{declined:>10.3f}")


def _print_weights(names: Sequence[str], model: LogisticRegression) -> None:
    for name, weight in zip(names, model.coef_[0], strict=True):
        print(f"    {name!r}: {weight:.2f},")
    print(f"    bias {float(model.intercept_[0]):.2f}")


def cases_over(questions: Path, home: Path) -> list[Case]:
    """Return the cases of a question file over a library that exists."""
    with Desk(Settings.from_environment(home=home)) as desk:
        made = []
        for one in questions_from(questions):
            text = standalone(one.text, one.history)
            found = desk.searcher.search(text, limit=_PASSAGES)
            made.append(case(desk, questions.stem, text, found, []))
            made[-1].answerable = not one.abstain
    return made


def main() -> None:
    """Run the whole: embed the set in a temporary library, fit, print."""
    folder, *pairs = [Path(one) for one in sys.argv[1:]]
    with (
        tempfile.TemporaryDirectory() as home,
        Desk(Settings.from_environment(home=home)) as desk,
    ):
        for step in desk.add(files_below([folder / "corpora"])):
            if isinstance(step, Report):
                print(f"{step.passages} passages embedded in {step.seconds:.0f} s")
        made = cases(desk, folder)
    report_sentences(made)
    sets = {"chunking set, with and without its gold passages": made} | {
        questions.stem: cases_over(questions, library)
        for questions, library in zip(pairs[::2], pairs[1::2], strict=True)
    }
    report_sufficiency(sets)


if __name__ == "__main__":
    main()
