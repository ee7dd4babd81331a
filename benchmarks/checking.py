"""How well the check of sentences tells true from false, with the judge and without it.

    python -m benchmarks.checking [--judge FOLDER] [--sets FOLDER --libraries LIBRARY …]

Sets of sentences, each with the passage that it cites: small falsehoods made of the starter
library's sentences (`benchmarks.mutations`), reworded sentences by hand (tests/paraphrases.jsonl),
thrice 200 by hand of every kind of falsehood (tests/claims.jsonl; the third were written when the
weights were made, over texts of their own, and nothing was chosen by them), and with --sets and
--libraries those that the training of the judge kept apart. "kept" is the share of the true that
are "supported", "caught" the share of the false that are not.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.checking.checker import Checker, Cited
from assistant.checking.entailment import judge_named
from benchmarks.mutations import cited, mutations, name_pool, paraphrases, true_claims
from training.claims import own_claims, public_claims
from training.examples import lines_of
from training.verdicts import SUPPORTED, Claim

_ROOT = Path(__file__).parent.parent
CLAIMS = _ROOT / "tests" / "claims.jsonl"
OWN = _ROOT / "training" / "claims.json.gz"


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence, what it cites, whether it is true, and of which kind."""

    text: str
    cited: list[Cited]
    true: bool
    kind: str = ""


def sets(claims: int, folder: Path | None, libraries: Sequence[Path]) -> dict[str, list[Row]]:
    """Return the sets by name."""
    found = {"changed by rule": list(_changed(claims))}
    found["reworded by hand"] = [Row(text, given, true) for text, given, true in paraphrases()]
    for name in ("first", "second", "third"):
        found[f"200 by hand, {name}"] = [
            Row(one["claim"], [Cited(one["passage"], one["title"])], one["true"], one["kind"])
            for one in lines_of(CLAIMS)
            if one["set"] == name
        ]
    if folder and libraries:
        _, ours = own_claims(OWN, libraries, folder, seed=0)
        found["kept apart, own"] = [_row(one) for one in ours]
        _, public = public_claims(folder, seed=0)
        found["kept apart, public"] = [_row(one) for one in public]
    return found


def _row(one: Claim) -> Row:
    given = [Cited(one.evidence, one.context)]
    return Row(one.text, given, one.label == SUPPORTED, one.source.removeprefix("own "))


def _changed(count: int) -> Iterator[Row]:
    claims = true_claims(_ROOT / "corpus" / "starter" / "articles", count)
    chance = random.Random(1)
    pool = name_pool(claims)
    for claim in claims:
        yield Row(claim.text, cited(claim), True)
        for kind, text in mutations(claim, pool, chance):
            yield Row(text, cited(claim), False, kind)


def main() -> None:
    """Read the arguments and print the tables."""
    from index.embedders import question_embedder

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sets", type=Path, help="folder of the public sets")
    options.add_argument("--libraries", type=Path, nargs="+", default=[], help="data folders")
    options.add_argument("--claims", type=int, default=600)
    options.add_argument(
        "--judge", default="", help="a folder that training.export_judge wrote, instead of ours"
    )
    options.add_argument("--kinds", action="store_true", help="print each kind too")
    given = options.parse_args()
    cache = Path.home() / ".cache" / "briefing-bench"
    embedder = question_embedder("all-MiniLM-L6-v2", cache=cache)
    ways = {
        "exact checks": Checker(embedder),
        "with the judge": Checker(embedder, judge_named(given.judge, cache=cache)),
    }
    print(f"{'':<22}{'true':>6}{'false':>6}" + "".join(f"{way:>20}" for way in ways))
    print(f"{'':<34}" + f"{'kept':>10}{'caught':>10}" * len(ways) + f"{'ms':>8}")
    for name, rows in sets(given.claims, given.sets, given.libraries).items():
        verdicts: dict[str, list[str]] = {}
        taken = []
        for way, checker in ways.items():
            verdicts[way] = []
            for row in rows:
                started = time.perf_counter()
                verdicts[way].append(checker.check(row.text, row.cited).verdict)
                taken.append(1000 * (time.perf_counter() - started))
        print(_line(name, rows, verdicts) + f"{statistics.median(taken[-len(rows) :]):>8.0f}")
        if given.kinds:
            kinds: dict[str, list[int]] = defaultdict(list)
            for place, row in enumerate(rows):
                kinds[row.kind].append(place)
            for kind, places in sorted(kinds.items()):
                some = {way: [found[place] for place in places] for way, found in verdicts.items()}
                print(_line(f"  {kind}", [rows[place] for place in places], some))


def _line(name: str, rows: Sequence[Row], verdicts: dict[str, list[str]]) -> str:
    true = sum(one.true for one in rows)
    line = f"{name[:22]:<22}{true:>6}{len(rows) - true:>6}"
    for found in verdicts.values():
        kept = [one == "supported" for one, row in zip(found, rows, strict=True) if row.true]
        caught = [one != "supported" for one, row in zip(found, rows, strict=True) if not row.true]
        for share in (kept, caught):
            line += f"{sum(share) / len(share):>10.3f}" if share else f"{'':>10}"
    return line


if __name__ == "__main__":
    main()
