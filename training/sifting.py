"""Leave out most questions that a reader answers well already: a second round is short."""

from __future__ import annotations

import random
from collections.abc import Sequence

from index.pair_encoding import Pair
from index.reader import ReaderModel, Reading
from training.examples import Example

# From where on a question is well answered: the chance of the right sentences among all those of
# its passages, and the chance that a passage answers (of one that does not, 1 less that).
_SURE_OF_SENTENCE, _SURE_OF_PASSAGE = 0.8, 0.75
# Which share of the questions that are well answered stays, so that they are not forgotten.
_STAY = 0.3


def sifted(examples: Sequence[Example], model: ReaderModel, chance: random.Random) -> list[Example]:
    """Return the examples of the questions that `model` does not answer well, and of some others.

    Whole questions stay or go, by the `group` of their examples.
    """
    groups: dict[str, list[Example]] = {}
    for place, one in enumerate(examples):
        groups.setdefault(one.group or f"#{place}", []).append(one)
    kept: list[Example] = []
    for group in groups.values():
        pairs = [Pair(one.question, one.context, one.sentences) for one in group]
        if chance.random() < _STAY or not _well_answered(group, model.read(pairs)):
            kept += group
    return kept


def _well_answered(group: Sequence[Example], readings: Sequence[Reading]) -> bool:
    right = total = 0.0
    for one, reading in zip(group, readings, strict=True):
        if one.answers is None:
            if one.relevant is not None and (reading.relevance > 0.5) != one.relevant:
                return False
            continue
        sure = reading.answers if one.answers else 1 - reading.answers
        if sure < _SURE_OF_PASSAGE:
            return False
        if one.located:
            # As in training: by how far a sentence stands above "nothing here" of its passage.
            above = [each / max(reading.nothing, 1e-9) for each in reading.sentences]
            total += sum(above)
            right += sum(above[place] for place in one.gold if place < len(above))
    return right == 0 or right / total >= _SURE_OF_SENTENCE
