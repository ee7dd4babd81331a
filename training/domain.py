"""Examples of this field: what our own search finds for questions over documents of this kind."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from training.examples import Example, lines_of, window

# Of one question: passages that answer, and passages that do not, for each that has an answer.
_RIGHT, _WRONG = 3, 4


def read_examples(path: Path, *, seed: int) -> tuple[list[Example], list[Example]]:
    """Return the examples of a file that `training.mining` made: to train on, kept apart.

    Each passage that answers is there twice, the second time cut shorter at random, so that the
    place of the answer says nothing.
    """
    chance = random.Random(seed)
    groups: dict[str, list[Example]] = {}
    apart: list[Example] = []
    for row in lines_of(path):
        kept = row.pop("apart")
        for name in ("sentences", "gold"):
            row[name] = tuple(row[name])
        one = Example(**row)
        if kept:
            apart.append(one)
        else:
            groups.setdefault(one.group, []).append(one)
    made = []
    for group in groups.values():
        right = [one for one in group if one.relevant is not False][:_RIGHT]
        made += [*right, *[one for one in group if one.relevant is False][:_WRONG]]
        made += [_shorter(one, chance) for one in right[:1] if one.gold and len(one.sentences) > 2]
    return made, apart


def _shorter(one: Example, chance: random.Random) -> Example:
    words = sum(len(sentence.split()) for sentence in one.sentences)
    some, gold = window(one.sentences, one.gold, round(words * chance.uniform(0.3, 0.8)), chance)
    return replace(one, sentences=some, gold=gold)
