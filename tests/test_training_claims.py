"""What the judge learns from: sentences made false, and evidence cut to what is read."""

from __future__ import annotations

import random

import pytest

from training.claims import shortened
from training.falsified import falsified
from training.verdicts import CONTRADICTED, NOT_STATED, SUPPORTED, Claim

PASSAGE = (
    "The bridge at Vik closed on 12 May 2025.",
    "The county of Nord may pay 3 million euros for repairs that the firm Corva carries out.",
    "Traffic on the ferry rose by 40 percent, while the road to Lund stayed open.",
)


@pytest.mark.parametrize("seed", range(12))
def test_a_sentence_is_kept_changed_and_left_out(seed: int) -> None:
    """The changed one differs from the passage; the passage without it does not hold it."""
    for text in PASSAGE:
        rows = list(falsified(text, PASSAGE, "Vik", random.Random(seed)))
        assert (rows[0].text, rows[0].label) == (text, SUPPORTED)
        changed = [one for one in rows if one.label == CONTRADICTED]
        assert len(changed) == 1 and changed[0].text not in changed[0].evidence
        for one in rows:
            assert one.context == "Vik"
            assert (text in one.evidence) is (one.label != NOT_STATED)


def test_what_states_nothing_is_not_made_false() -> None:
    """Entries of lists of sources, and fragments."""
    for text in ("Kaplan et al. Scaling laws, arXiv 2020, of which more is said there.", "No."):
        assert list(falsified(text, (text, *PASSAGE), "", random.Random(1))) == []


def test_long_evidence_is_cut_to_the_sentences_near_the_claim() -> None:
    """In their order; short evidence stays as it is."""
    filler = " ".join(f"The mill number {number} grinds rye for the town." for number in range(60))
    claim = Claim("The bridge at Vik closed in May.", f"{filler} {PASSAGE[0]} {filler}", SUPPORTED)
    cut = shortened(claim)
    assert PASSAGE[0] in cut.evidence and len(cut.evidence.split()) <= 200
    short = Claim("It closed.", PASSAGE[0], SUPPORTED)
    assert shortened(short) is short
