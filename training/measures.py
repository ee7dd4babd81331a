"""Figures that tell a good reader from a bad one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def area(scored: Sequence[tuple[float, bool]]) -> float:
    """Return the area under the ROC curve of scores with their truth; 0.5 says nothing."""
    scores = np.array([score for score, _ in scored])
    truth = np.array([one for _, one in scored], dtype=bool)
    if truth.all() or not truth.any():
        return float("nan")
    order = scores.argsort(kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        same = scores == value
        ranks[same] = ranks[same].mean()
    good = int(truth.sum())
    return float((ranks[truth].sum() - good * (good + 1) / 2) / (good * (len(truth) - good)))


def line(**figures: float) -> str:
    """Return figures as one line to read."""
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
