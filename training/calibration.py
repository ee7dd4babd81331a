"""How the reader's numbers are turned into ranks, answers and refusals: fitted, and shown.

    python -m training.calibration LIBRARY training/calibration.json.gz [--reader FOLDER]

The questions, in a file of `training.domain` or in JSON Lines, must be about documents that the
reader was not trained on, and others than those that judge it. Prints the share of the reader in
the rank, the weights of `assistant.retrieval.answerability`, and the operating curve of refusal;
writes nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.answer import Question
from assistant.evaluation import EvaluationQuestion, is_evidence, is_right_passage, questions_from
from assistant.retrieval.answerability import features
from assistant.retrieval.sentence_ranking import RankedSentence
from assistant.settings import Settings
from assistant.workspace import Workspace
from corpus.library import Library
from index.evidence import Evidence
from index.reader import reader_named
from index.retriever import RERANK_DEPTH, Retriever
from training.domain import stored_questions, texts_of
from training.measures import area, line

_SHARES = (0.0, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_REFUSED = (0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25)
_CONSIDERED = Question("").limit


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what was found: score of the search, relevance and rightness of each."""

    asked: EvaluationQuestion
    found: tuple[float, ...]
    relevance: tuple[float, ...]
    right: tuple[bool, ...]
    signals: dict[str, float]
    first: bool

    def rank(self, share: float) -> int:
        """Return the rank of the first right passage where the reader has this share; 0: none."""
        scores = (1 - share) * np.array(self.found) + share * np.array(self.relevance)
        order = np.argsort(-scores, kind="stable")
        return next((rank for rank, one in enumerate(order, 1) if self.right[one]), 0)


def cases(
    workspace: Workspace, retriever: Retriever, asked: Sequence[EvaluationQuestion]
) -> Iterator[Case]:
    """Search and read for each question that stands alone."""
    for one in asked:
        if one.history:
            continue
        query = retriever.query(one.text)
        text, found = query.text, retriever.search(query, limit=RERANK_DEPTH)
        if not found:
            continue
        readings = workspace.sentence_ranker.readings(text, found)
        considered, first = found[:_CONSIDERED], readings[:_CONSIDERED]
        read = workspace.sentence_ranker.sentences(text, considered, first)
        signals = features(first, considered)
        yield Case(
            one,
            tuple(sum(item.match.parts.values()) if item.match else 0.0 for item in found),
            tuple(reading.relevance for reading in readings),
            tuple(is_right_passage(one, item) for item in found),
            signals,
            bool(read) and _is_right(one, read[0], considered),
        )


def _is_right(one: EvaluationQuestion, read: RankedSentence, evidence: Sequence[Evidence]) -> bool:
    source = next(item.source for item in evidence if item.label == read.label)
    return one.may_stand_in(source.location) and is_evidence(one, read.text)


def asked_of(path: Path, library: Library) -> list[EvaluationQuestion]:
    """Return the questions of a file; raises UsageError for one in JSON Lines that is wrong."""
    if path.suffix != ".gz":
        return questions_from(path)
    texts = dict(texts_of(library))
    asked = []
    for number, (row, passages) in enumerate(stored_questions(path)):
        evidence: dict[str, None] = {}
        for one in passages:
            _, sentences = texts[one.file, one.start, one.end]
            evidence |= {sentences[place]: None for place in one.gold}
        asked.append(
            EvaluationQuestion(
                id=str(number),
                text=row["q"],
                kind=row["source"],
                must=(),
                files=(),
                history=(),
                abstain=not evidence,
                evidence=tuple(evidence),
            )
        )
    return asked


def fitted(signals: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights and bias of a logistic regression, by Newton's method with a small penalty."""
    inputs = np.column_stack([signals, np.ones(len(signals))])
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (chances - truth) + 1.0 * np.append(weights[:-1], 0)
        curve = (inputs * (chances * (1 - chances))[:, None]).T @ inputs
        weights -= np.linalg.solve(curve + np.diag([1.0] * (len(weights) - 1) + [1e-6]), slope)
    return weights[:-1], float(weights[-1])


def _area(scores: np.ndarray, truth: np.ndarray) -> float:
    return area(list(zip(scores.tolist(), (truth > 0).tolist(), strict=True)))


def main() -> None:
    """Read the arguments and print the fits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--reader", default="", help="a folder that training.export wrote")
    given = parser.parse_args()
    settings = replace(Settings.from_environment(), home=given.library, reader=given.reader)
    with Workspace(settings) as workspace:
        model = reader_named(given.reader, cache=settings.models)
        retriever = Retriever(
            workspace.library,
            workspace.question_embedder,
            workspace.indexes,
            workspace.aliases,
            model,
        )
        found = list(cases(workspace, retriever, asked_of(given.questions, workspace.library)))
    answerable = [one for one in found if not one.asked.abstain]
    print(f"{len(found)} questions, {len(answerable)} answerable")
    for share in _SHARES:
        ranks = [one.rank(share) for one in answerable]
        first, five = (np.mean([0 < rank <= most for rank in ranks]) for most in (1, 5))
        print(f"share {share:.2f}: {line(first=float(first), five=float(five))}")
    right_first = np.mean([one.first for one in answerable])
    print(f"first sentence right: {right_first:.3f}")
    names = list(found[0].signals)
    signals = np.array([[one.signals[name] for name in names] for one in found])
    truth = np.array([not one.asked.abstain for one in found], dtype=float)
    for place, name in enumerate(names):
        print(f"area under the curve, {name}: {_area(signals[:, place], truth):.3f}")
    weights, bias = fitted(signals, truth)
    print(
        "weights", dict(zip(names, weights.round(3).tolist(), strict=True)), "bias", round(bias, 3)
    )
    chances = 1 / (1 + np.exp(-(signals @ weights + bias)))
    print(f"area under the curve, all: {_area(chances, truth):.3f}")
    for share in _REFUSED:
        bound = float(np.quantile(chances[truth > 0], share))
        declined = float(np.mean(chances[truth == 0] < bound))
        print(f"at {bound:.3f}: {line(declined_wrongly=share, declined=declined)}")


if __name__ == "__main__":
    main()
