"""What each signal of the search adds beside the reader.

    python -m benchmarks.signals LIBRARY QUESTIONS

Asks every answerable question with all signals of `index.ranking` and without each of them, and
prints how often the right passage is first, among five, ten, and those that are reread. The
questions, as `training.calibration` takes them, should be about documents that the reader was not
trained on.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from assistant.evaluation import EvaluationQuestion, is_right_passage
from assistant.settings import Settings
from assistant.workspace import Workspace
from index import ranking
from index.retriever import RERANK_DEPTH
from training.calibration import asked_of

_AMONG = (1, 5, 10, RERANK_DEPTH)


def variants() -> dict[str, Mapping[str, float]]:
    """Return the weights of each variant by its name."""
    every = ranking.WEIGHTS
    made: dict[str, Mapping[str, float]] = {"all signals": every}
    for name in every:
        rest = {one: weight for one, weight in every.items() if one != name}
        scale = sum(every.values()) / sum(rest.values())
        made[f"without {name}"] = {one: rest.get(one, 0.0) * scale for one in every}
    return made


def rank(workspace: Workspace, asked: EvaluationQuestion) -> int:
    """Return the rank of the first right passage, 0 where none is found."""
    found = workspace.retriever.search(asked.text, limit=RERANK_DEPTH)
    return next((place for place, one in enumerate(found, 1) if is_right_passage(asked, one)), 0)


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    given = parser.parse_args()
    tried = variants()
    ranks: dict[str, list[int]] = defaultdict(list)
    with Workspace(replace(Settings.from_environment(), home=given.library)) as workspace:
        every = asked_of(given.questions, workspace.library)
        asked = [one for one in every if not (one.abstain or one.history)]
        for one in asked:
            # All variants of one question in turn: what was read for one is known for the next.
            for name, weights in tried.items():
                ranking.WEIGHTS = weights
                ranks[name].append(rank(workspace, one))
    print(f"{len(asked)} questions" + "".join(f"{f'among {most}':>12}" for most in _AMONG))
    for name, places in ranks.items():
        shares = [sum(0 < place <= most for place in places) / len(places) for most in _AMONG]
        print(f"{name:<60}" + "".join(f"{share:>12.3f}" for share in shares))


if __name__ == "__main__":
    main()
