"""Whether follow-ups find what hand-written standalone questions find, without a model.

    python -m benchmarks.followups [--home FOLDER] [--each]

Over the starter library and the conversations of tests/followups.jsonl and, written after the rules
and not tuned on, tests/followups_apart.jsonl: hit@5 of the last turn as it was asked, as the
likeliest of its candidates, as the first candidate that is answered, and as a person spelt it out;
and how many texts were searched for each.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.planning.follow_ups_english import RewriteCandidate
from assistant.planning.query_rewriting import Turn, best_candidate, candidates
from assistant.retrieval.answerability import ANSWERED, judge_answerability
from assistant.settings import Settings
from assistant.starter import ensure_starter
from assistant.workspace import Workspace
from index.evidence import Evidence

FILE = Path(__file__).parent.parent / "tests" / "followups.jsonl"
APART = FILE.with_name("followups_apart.jsonl")
DEPTH = 5
_READ = 8


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: what was asked, the last turn spelt out by hand, and what answers it."""

    turns: tuple[str, ...]
    standalone: str
    must: tuple[str, ...]
    file: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Shares in 0…1 of conversations whose right passage is among the first five.

    `texts` is the mean number of candidates.
    """

    asked: float
    likeliest: float
    judged: float
    by_hand: float
    texts: float


def talks(file: Path = FILE) -> list[Talk]:
    """Return the conversations of a file."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [
        Talk(tuple(row["turns"]), row["standalone"], tuple(row["must"]), row["file"])
        for row in rows
    ]


def proposed(talk: Talk) -> list[RewriteCandidate]:
    """Return the texts in which the last turn of a conversation may be searched for."""
    return candidates(talk.turns[-1], [Turn(one) for one in talk.turns[:-1]])


def taken(workspace: Workspace, talk: Talk) -> RewriteCandidate:
    """Return the first candidate that is answered, or the one that is nearest to it."""

    def chance(found: tuple[RewriteCandidate, tuple[Evidence, ...]]) -> float:
        guess, evidence = found
        sentence_ranker = workspace.sentence_ranker
        return judge_answerability(sentence_ranker.readings(guess.text, evidence), evidence).chance

    def find(guess: RewriteCandidate) -> tuple[RewriteCandidate, tuple[Evidence, ...]]:
        return guess, tuple(workspace.retriever.search(guess.text, limit=_READ))

    return best_candidate(proposed(talk), find, chance, ANSWERED)[0]


def hit(workspace: Workspace, talk: Talk, question: str) -> bool:
    """Say whether a right passage is among the first five for a question."""
    for one in workspace.retriever.search(question, limit=DEPTH):
        text = " ".join(one.passage.text.split()).lower()
        if one.source.location.endswith(talk.file) and any(m.lower() in text for m in talk.must):
            return True
    return False


def measured(workspace: Workspace, found: Sequence[Talk]) -> Hits:
    """Return the shares over some conversations."""
    rows = []
    for one in found:
        texts = proposed(one)
        asked = (one.turns[-1], texts[0].text, taken(workspace, one).text, one.standalone)
        rows.append([*(float(hit(workspace, one, text)) for text in asked), float(len(texts))])
    return Hits(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


def main() -> None:
    """Print the shares."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--home", type=Path, help="a data folder with the starter library")
    options.add_argument("--each", action="store_true", help="print what is taken for each")
    chosen = options.parse_args()
    home = chosen.home or Path(tempfile.mkdtemp(prefix="briefing-"))
    with Workspace(Settings(home=home, engine="extractive")) as workspace:
        for _ in ensure_starter(workspace):
            continue
        for file in (FILE, APART):
            found = talks(file)
            hits = measured(workspace, found)
            print(f"{file.name}: {len(found)} conversations, hit@{DEPTH} of the last turn:")
            print(
                f"as asked {hits.asked:.3f}, likeliest {hits.likeliest:.3f}, "
                f"judged {hits.judged:.3f}, by hand {hits.by_hand:.3f}; "
                f"{hits.texts:.2f} texts each"
            )
            for one in found if chosen.each else ():
                best = taken(workspace, one)
                mark = "found " if hit(workspace, one, best.text) else "missed"
                print(f"  {mark} {' / '.join(one.turns)} -> {best.text} ({best.kind})")


if __name__ == "__main__":
    main()
