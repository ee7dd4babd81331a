"""Whether follow-ups find what hand-written standalone questions find, without a model.

    python -m benchmarks.followups [--home FOLDER] [--each]

Over the starter library and the conversations of tests/followups.jsonl: hit@5 of the last turn as
it was asked, as the rules spell it out, and as a person spelt it out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.desk import Desk
from assistant.followup import Exchange, standalone
from assistant.settings import Settings
from assistant.starter import ensure_starter

FILE = Path(__file__).parent.parent / "tests" / "followups.jsonl"
DEPTH = 5


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: what was asked, the last turn spelt out by hand, and what answers it."""

    turns: tuple[str, ...]
    standalone: str
    must: tuple[str, ...]
    file: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Shares in 0…1 of conversations whose right passage is among the first five."""

    asked: float
    rewritten: float
    by_hand: float


def talks() -> list[Talk]:
    """Return the conversations."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return [
        Talk(tuple(row["turns"]), row["standalone"], tuple(row["must"]), row["file"])
        for row in rows
    ]


def rewritten(talk: Talk) -> str:
    """Return the last turn of a conversation as the rules spell it out."""
    return standalone(talk.turns[-1], [Exchange(one) for one in talk.turns[:-1]])


def hit(desk: Desk, talk: Talk, question: str) -> bool:
    """Say whether a right passage is among the first five for a question."""
    for one in desk.searcher.search(question, limit=DEPTH):
        text = " ".join(one.passage.text.split()).lower()
        if one.source.location.endswith(talk.file) and any(m.lower() in text for m in talk.must):
            return True
    return False


def measured(desk: Desk, found: Sequence[Talk]) -> Hits:
    """Return the three shares over some conversations."""
    rows = [
        [hit(desk, one, text) for text in (one.turns[-1], rewritten(one), one.standalone)]
        for one in found
    ]
    asked, spelt, by_hand = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    return Hits(asked, spelt, by_hand)


def main() -> None:
    """Print the shares."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--home", type=Path, help="a data folder with the starter library")
    options.add_argument("--each", action="store_true", help="print those that are missed")
    chosen = options.parse_args()
    home = chosen.home or Path(tempfile.mkdtemp(prefix="briefing-"))
    found = talks()
    with Desk(Settings(home=home, engine="extractive")) as desk:
        for _ in ensure_starter(desk):
            continue
        hits = measured(desk, found)
        if chosen.each:
            for one in found:
                if not hit(desk, one, rewritten(one)):
                    print(f"missed: {' / '.join(one.turns)} -> {rewritten(one)}")
                    print(f"   by hand {hit(desk, one, one.standalone)}")
    print(f"{len(found)} conversations, hit@{DEPTH} of the last turn:")
    print(f"as asked {hits.asked:.3f}, spelt out {hits.rewritten:.3f}, by hand {hits.by_hand:.3f}")
    print(f"ratio to by hand {hits.rewritten / hits.by_hand:.3f}")


if __name__ == "__main__":
    main()
