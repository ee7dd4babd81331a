"""Questions that a reader answers well are mostly left out of a second round."""

from __future__ import annotations

import random

from index.reader import KeywordReader
from training.examples import Example
from training.sifting import sifted


def test_well_answered_questions_go_and_whole_questions_stay_together() -> None:
    """The reader that counts words knows the first kind and not the second."""
    known, unknown = [], []
    for number in range(40):
        question = f"Who runs the mill {number}?"
        known.append(
            Example(question, (f"Who runs the mill {number} is Ada.", "Rye grows."), (0,),
                    relevant=True, answers=True, group=question)
        )  # fmt: skip
        other = f"Who owns the barn {number}?"
        unknown += [
            Example(other, ("Its proprietor is Bo.", "Oats grow."), (0,),
                    relevant=True, answers=True, group=other),
            Example(other, ("Snow fell.",), relevant=False, answers=False, group=other),
        ]  # fmt: skip
    kept = sifted([*known, *unknown], KeywordReader(), random.Random(3))
    assert [one for one in kept if one in unknown] == unknown
    assert 0 < len([one for one in kept if one in known]) < 25
