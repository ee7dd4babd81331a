"""Near misses by another name, version or year of the same kind."""

from __future__ import annotations

import random

import pytest

from training.examples import Example
from training.swaps import KINDS, swapped


def example(question: str, sentence: str) -> Example:
    return Example(question, (sentence,), (0,), relevant=True, answers=True, group="g")


@pytest.mark.parametrize(
    ("question", "sentence", "old"),
    [
        ("Who founded MiniMax?", "MiniMax was founded by Yan Junjie.", "MiniMax"),
        ("What does the Acme-X3.1 cost?", "The Acme-X3.1 costs 9 crowns.", "Acme-X3.1"),
        ("What was sold in 2023?", "In 2023 forty boats were sold.", "2023"),
    ],
)
def test_a_sibling_is_asked_for_that_the_passage_does_not_name(
    question: str, sentence: str, old: str
) -> None:
    """The passage stays as it is and no longer answers."""
    for seed in range(20):
        made = swapped(example(question, sentence), random.Random(seed))
        assert made is not None and made.sentences == (sentence,)
        assert old not in made.question.split("?")[0].split()
        assert (made.gold, made.answers, made.relevant) == ((), False, None)
        ahead, _, behind = question.partition(old)
        new = made.question.removeprefix(ahead).removesuffix(behind)
        assert new and new not in sentence


def test_without_a_name_that_both_have_nothing_is_swapped() -> None:
    """A name that the passage lacks is no temptation."""
    assert (
        swapped(example("Who founded it?", "It was founded by a miller."), random.Random(1)) is None
    )
    one = example("Who founded OpenAI?", "It was founded by a miller.")
    assert swapped(one, random.Random(1)) is None


def test_every_name_is_of_one_kind() -> None:
    """A name in two kinds could be swapped for something of another."""
    names = [name for kind in KINDS for name in kind]
    assert len(names) == len(set(names))
