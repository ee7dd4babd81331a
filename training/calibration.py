"""How the reader's numbers are turned into ranks, answers and refusals: fitted, and shown.

    python -m training.calibration LIBRARY QUESTIONS.jsonl [--reader FOLDER]

The questions must be about documents that the reader was not trained on, and others than those
that judge it. Prints the share of the reader in the rank, the weights of
`assistant.answerability`, and the operating curve of refusal; writes nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.answer import Question
from assistant.answerability import features
from assistant.desk import Desk
from assistant.evaluation import Asked, is_evidence, questions_from, right
from assistant.reading import signals as sentence_signals
from assistant.settings import Settings
from index.evidence import Evidence
from index.pairs import sentence_spans
from index.reader import Reading, reader_named
from index.retrieval import REREAD, Searcher
from training.measures import area, line

_SHARES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_REFUSED = (0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25)
_CONSIDERED = Question("").limit
_PARTS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what was found.

    Of each passage the score of the search, the relevance and whether it is right; of each sentence
    of those that are considered its signals and whether it is right.
    """

    asked: Asked
    found: tuple[float, ...]
    relevance: tuple[float, ...]
    right: tuple[bool, ...]
    signals: dict[str, float]
    sentences: tuple[tuple[tuple[float, ...], bool], ...]

    def rank(self, share: float) -> int:
        """Return the rank of the first right passage where the reader has this share; 0: none."""
        scores = (1 - share) * np.array(self.found) + share * np.array(self.relevance)
        order = np.argsort(-scores, kind="stable")
        return next((rank for rank, one in enumerate(order, 1) if self.right[one]), 0)


def cases(desk: Desk, searcher: Searcher, asked: Sequence[Asked]) -> Iterator[Case]:
    """Search and read for each question that stands alone."""
    for one in asked:
        if one.history:
            continue
        text = searcher.repaired(one.text)
        found = searcher.search(text, limit=REREAD)
        if not found:
            continue
        readings = desk.reader.readings(text, found)
        considered, first = found[:_CONSIDERED], readings[:_CONSIDERED]
        signals = features(first, considered)
        yield Case(
            one,
            tuple(sum(item.match.parts.values()) if item.match else 0.0 for item in found),
            tuple(reading.relevance for reading in readings),
            tuple(right(one, item) for item in found),
            signals,
            tuple(_sentences(one, first, considered)),
        )


def _sentences(
    asked: Asked, readings: Sequence[Reading], evidence: Sequence[Evidence]
) -> Iterator[tuple[tuple[float, ...], bool]]:
    """Yield the signals of each sentence and whether it is right."""
    for reading, one in zip(readings, evidence, strict=True):
        may = asked.may_stand_in(one.source.location)
        for (start, end), chance in zip(
            sentence_spans(one.passage), reading.sentences, strict=True
        ):
            share = one.score / evidence[0].score if evidence[0].score > 0 else 1.0
            known = sentence_signals(reading, chance, share)
            yield tuple(known.values()), may and is_evidence(asked, one.passage.text[start:end])


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


def _show_sentences(answerable: Sequence[Case]) -> None:
    """Fit the chance of a sentence and print how often the likeliest one is right.

    The fit is judged on questions it was not made of: in five parts, each by the other four.
    """
    held = [one for one in answerable if one.sentences]
    first = 0
    for part in range(_PARTS + 1):
        rows = [row for at, one in enumerate(held) if at % _PARTS != part for row in one.sentences]
        weights, bias = fitted(
            np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
        )
        for one in held[part::_PARTS] if part < _PARTS else []:
            scores = [float(np.dot(weights, row[0])) for row in one.sentences]
            first += one.sentences[int(np.argmax(scores))][1]
    print("sentences: weights", weights.round(3).tolist(), "bias", round(bias, 3))
    print(f"first sentence right: {first / len(answerable):.3f}")


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
    with Desk(settings) as desk:
        model = reader_named(given.reader, cache=settings.models)
        searcher = Searcher(desk.library, desk.question_embedder, desk.indexes, desk.aliases, model)
        found = list(cases(desk, searcher, questions_from(given.questions)))
    answerable = [one for one in found if not one.asked.abstain]
    print(f"{len(found)} questions, {len(answerable)} answerable")
    for share in _SHARES:
        ranks = [one.rank(share) for one in answerable]
        first, five = (np.mean([0 < rank <= most for rank in ranks]) for most in (1, 5))
        print(f"share {share:.1f}: {line(first=float(first), five=float(five))}")
    _show_sentences(answerable)
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
