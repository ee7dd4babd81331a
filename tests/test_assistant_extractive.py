"""What the engine without a model quotes: the source's words, its own note numbers left out."""

from __future__ import annotations

import pytest

from assistant.engine import Task
from assistant.extractive import ExtractiveEngine, picked
from assistant.reading import Read

FEATURES = ("score", "first", "near", "holds", "lacks", "question", "fragment")


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
    features = dict.fromkeys(FEATURES, 0.0) | {"covered": 1.0, "similarity": 5.0}
    sentence = Read(1, 0, len(said), said, frozenset({"rule"}), features)
    written = "".join(str(one) for one in ExtractiveEngine().write(Task("?", (), (sentence,))))
    assert written == f"{quoted} [1]\n"


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("Fee: 30 crowns", True),
        ("Name of the boat: Grey Gull of Pell", True),
        ("Figure 3: Revenue by quarter", False),
        ("Source: Harbour Post", False),
        ("Nearly all of the boats of the", False),
    ],
)
def test_a_line_with_a_name_and_its_value_can_be_quoted(line: str, stands: bool) -> None:
    """Forms and fact boxes end no sentence; captions and broken lines answer nothing."""
    features = dict.fromkeys(FEATURES, 0.0) | {"covered": 1.0, "similarity": 5.0}
    said = "The harbour board met on Monday."
    plain = Read(1, 0, len(said), said, frozenset({"board"}), features)
    read = Read(1, 50, 50 + len(line), line, frozenset({"fee"}), features)
    assert (picked([read, plain])[0] is read) == stands
