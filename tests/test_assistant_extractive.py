"""What the engine without a model quotes: the source's words, its own note numbers left out."""

from __future__ import annotations

import pytest

from assistant.engine import Task
from assistant.extractive import ExtractiveEngine
from assistant.reading import Read


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("The rule names 140 firms^1^6.", "The rule names 140 firms."),
        ("The rule names 140 firms [12].", "The rule names 140 firms."),
        ("The threshold is 10^25 operations.", "The threshold is 10^25 operations."),
        ("A model may take 3 x 10^23.", "A model may take 3 x 10^23."),
    ],
)
def test_note_numbers_are_left_out_and_powers_stay(said: str, quoted: str) -> None:
    """ "10^25" without its power would be another number."""
    features = {"covered": 1.0, "similarity": 5.0}
    sentence = Read(1, 0, len(said), said, frozenset({"rule"}), features | {
        name: 0.0 for name in ("score", "first", "near", "holds", "lacks", "question", "fragment")
    })  # fmt: skip
    written = "".join(str(one) for one in ExtractiveEngine().write(Task("?", (), (sentence,))))
    assert written == f"{quoted} [1]\n"
