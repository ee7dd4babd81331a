"""Train the judge: `python -m training.judge`; see docs/models.md."""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from assistant.checking.entailment import MOST_OF_CLAIM
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.pair_encoding import Pair, PairTokenizer
from training.claims import own_claims, public_claims, written_claims
from training.examples import MULTIPLE
from training.loop import trained
from training.measures import area, line
from training.network import JudgeNetwork
from training.restored import begun
from training.verdicts import SUPPORTED, Claim

_AT_ONCE = 32
_MEASURED_ON = 400
# Claims that are sorted by length before they are cut into batches.
_POOL = 40


def scores(network: JudgeNetwork, claims: Sequence[Claim], tokens: PairTokenizer) -> Any:
    """Return the scores [claims, 3], computed some rows of like length at a time."""
    order = sorted(range(len(claims)), key=lambda place: _length(claims[place]))
    parts = []
    for start in range(0, len(order), _AT_ONCE):
        some = [claims[place] for place in order[start : start + _AT_ONCE]]
        pairs = [Pair(one.text, one.context, (one.evidence,)) for one in some]
        inputs = tokens.encode(pairs, multiple=MULTIPLE)
        names = ("input_ids", "attention_mask", "token_type_ids")
        parts.append(network(*(torch.from_numpy(inputs[name]) for name in names)))
    return torch.cat(parts)[torch.from_numpy(np.argsort(order))]


def measured(network: JudgeNetwork, claims: Sequence[Claim], tokens: PairTokenizer) -> str:
    """Return a line of figures over claims that were kept apart."""
    with torch.inference_mode():
        chances = torch.softmax(scores(network, claims, tokens), dim=1).numpy()
    labels = np.array([one.label for one in claims])
    kept = chances[:, SUPPORTED] > 0.5
    true = labels == SUPPORTED
    return line(
        right=float((chances.argmax(axis=1) == labels).mean()),
        kept=float(kept[true].mean()),
        caught=float((~kept[~true]).mean()),
        area=area(list(zip(chances[:, SUPPORTED].tolist(), true.tolist(), strict=True))),
    )


def planned(claims: Sequence[Claim], size: int, seed: int) -> list[list[Claim]]:
    """Return an epoch of batches of claims of like length, shuffled."""
    chance = random.Random(seed)
    order = list(claims)
    chance.shuffle(order)
    batches = []
    for start in range(0, len(order), _POOL * size):
        some = sorted(order[start : start + _POOL * size], key=_length)
        batches += [some[place : place + size] for place in range(0, len(some), size)]
    chance.shuffle(batches)
    return batches


def _length(one: Claim) -> int:
    return len(one.text) + len(one.context) + len(one.evidence)


def _ours(given: argparse.Namespace) -> tuple[list[Claim], list[Claim]]:
    """Return the claims that we wrote, to train on, as often as they are seen, and kept apart."""
    made, apart = own_claims(given.claims, given.libraries, given.sets, seed=given.seed)
    if given.hand:
        made = random.Random(given.seed).sample(made, min(given.hand, len(made)))
    more, apart_too = written_claims(given.written) if given.written else ([], [])
    return made + more * given.own, apart + apart_too


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--sets", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--claims", type=Path, required=True, help="of this field")
    parser.add_argument("--written", type=Path, help="claims with passages of their own")
    parser.add_argument("--libraries", type=Path, nargs="+", required=True, help="data folders")
    parser.add_argument(
        "--start", type=Path, help="reader or judge to begin from, checkpoint or export"
    )
    parser.add_argument("--rows", type=int, default=0, help="of the public sets, at most")
    parser.add_argument("--hand", type=int, default=0, help="of --claims, at most (0: all)")
    parser.add_argument("--own", type=int, default=2, help="how often those of --written are seen")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--frozen", type=int, default=0)
    parser.add_argument("--seed", type=int, default=17)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(given.seed)
    # Numbers next to nothing cost a hundred times as much, and say nothing.
    torch.set_flush_denormal(True)

    base = weights_folder(DEFAULT_MODEL, cache=given.out)
    tokens = PairTokenizer(base / "tokenizer.json", most_of_question=MOST_OF_CLAIM)
    network = JudgeNetwork.from_folder(base)
    if given.start:
        # Of a reader the trunk alone; a judge has its output too.
        kept = {n: w for n, w in begun(given.start).items() if n in network.state_dict()}
        network.load_state_dict(kept, strict=False)
    made, apart = public_claims(given.sets, seed=given.seed, most=given.rows)
    ours, theirs = _ours(given)
    made += ours
    kept_apart: dict[str, list[Claim]] = defaultdict(list)
    for one in [*apart, *theirs]:
        kept_apart[one.source.split()[0]].append(one)
    (given.out / "arguments.json").write_text(json.dumps(vars(given), default=str))
    print(
        f"{len(made)} claims, {len(ours)} of this field, {len(apart)} and {len(theirs)} apart",
        flush=True,
    )

    def losses(some: Sequence[Claim], step: int) -> dict[str, Any]:
        labels = torch.tensor([one.label for one in some])
        return {"verdict": cross_entropy(scores(network, some, tokens), labels)}

    def figures() -> Iterator[str]:
        for name, every in kept_apart.items():
            some = random.Random(given.seed).sample(every, min(_MEASURED_ON, len(every)))
            yield f"{name} ({len(some)}): {measured(network, some, tokens)}"

    plan = planned(made, given.size, given.seed)
    trained(network, plan, losses, figures, given.out, rate=given.rate, frozen=given.frozen)


if __name__ == "__main__":
    main()
