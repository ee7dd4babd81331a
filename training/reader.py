"""Train the reader: `python -m training.reader`; see docs/models.md."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.pair_encoding import PairTokenizer
from index.reader import reader_named
from training.domain import read_examples
from training.examples import MULTIPLE, Batch, Example, batched, retyped, shuffled_batches
from training.loop import trained
from training.measures import area, line
from training.network import ReaderNetwork
from training.public import public_examples
from training.restored import begun
from training.sifting import sifted

_MEASURED_ON = 240
# Pairs that are computed at once.
_AT_ONCE = 8


def outputs(network: ReaderNetwork, batch: Batch) -> tuple[Any, ...]:
    """Return the network's outputs for a batch, computed some rows of like length at a time.

    The passages of a question stand in one batch and differ in length: padded all together, a
    third of the work would be on padding.
    """
    lengths = batch.mask.sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    parts = []
    for start in range(0, len(order), _AT_ONCE):
        rows = order[start : start + _AT_ONCE]
        wide = -(-int(lengths[rows].max()) // MULTIPLE) * MULTIPLE
        inputs = (batch.ids, batch.mask, batch.kinds, batch.sentence)
        parts.append(network(*(torch.from_numpy(one[rows][..., :wide].copy()) for one in inputs)))
    back = torch.from_numpy(np.argsort(order))
    return tuple(torch.cat(each)[back] for each in zip(*parts, strict=True))


def losses(network: ReaderNetwork, batch: Batch) -> dict[str, Any]:
    """Return what each output of the network gets wrong on a batch, by name."""
    relevance, answers, scores, early = outputs(network, batch)
    gold = torch.from_numpy(batch.gold)
    located = torch.from_numpy(batch.located).float()
    chances = torch.log_softmax(scores, dim=1)
    right = torch.logsumexp(chances.masked_fill(~gold, -1e9), dim=1)
    relevant = torch.from_numpy(batch.relevant).float()
    answering = torch.from_numpy(batch.answers).float()
    named = relevant >= 0
    told = answering >= 0
    return {
        "sentence": -(right * located).sum() / located.sum().clamp(min=1),
        "answers": bce(answers[told], answering[told]) if told.any() else answers.sum() * 0,
        "relevance": bce(relevance[named], relevant[named]) if named.any() else answers.sum() * 0,
        "early": bce(early[named], relevant[named]) if named.any() else answers.sum() * 0,
        "listwise": _listwise(relevance, relevant, torch.from_numpy(batch.groups)),
        "glance": _listwise(early, relevant, torch.from_numpy(batch.groups)),
        "together": _together(scores, gold, (located > 0) & told, torch.from_numpy(batch.groups)),
    }


def _together(scores: Any, gold: Any, known: Any, groups: Any) -> Any:
    """Return the cross entropy of the right sentences among all those of a question's passages.

    A sentence counts by how far its score stands above "nothing here" of its passage, so that
    sentences of different passages can be compared (Clark and Gardner, 2018, "Simple and Effective
    Multi-Paragraph Reading Comprehension", https://aclanthology.org/P18-1078, shared
    normalisation). `known` says of which passages it is known what is right.
    """
    total, count = scores.sum() * 0, 0
    above = scores[:, :-1] - scores[:, -1:]
    for group in groups.unique():
        here = (groups == group) & known
        right = gold[here, :-1]
        if right.any() and len(right) > 1:
            ours = above[here]
            wanted = torch.logsumexp(ours.masked_fill(~right, -1e9).flatten(), 0)
            total = total + torch.logsumexp(ours.flatten(), 0) - wanted
            count += 1
    return total / max(1, count)


def _listwise(relevance: Any, relevant: Any, groups: Any) -> Any:
    """Return the cross entropy of the relevant passages among those of their question."""
    total, count = relevance.sum() * 0, 0
    for group in groups.unique():
        here = (groups == group) & (relevant >= 0)
        right = here & (relevant == 1)
        if right.any() and bool((here & (relevant == 0)).any()):
            total = (
                total + torch.logsumexp(relevance[here], 0) - torch.logsumexp(relevance[right], 0)
            )
            count += 1
    return total / max(1, count)


# By hand, so that no part outweighs the others at the start; nothing else was tried.
WEIGHTS = {
    "sentence": 0.7,
    "answers": 0.5,
    "relevance": 0.3,
    "early": 0.1,
    "listwise": 0.5,
    "glance": 0.2,
    "together": 0.7,
}


def measured(network: ReaderNetwork, examples: Sequence[Example], tokens: PairTokenizer) -> str:
    """Return a line of figures over examples that were kept apart."""
    right = located = 0
    said: list[tuple[float, bool]] = []
    null: list[tuple[float, bool]] = []
    ranked: list[tuple[float, bool]] = []
    with torch.inference_mode():
        for start in range(0, len(examples), 32):
            some = examples[start : start + 32]
            batch = batched(some, tokens)
            relevance, answers, scores, _ = outputs(network, batch)
            for row in range(len(some)):
                if batch.answers[row] == 1 and batch.located[row]:
                    located += 1
                    right += bool(batch.gold[row, int(scores[row, :-1].argmax())])
                if batch.answers[row] >= 0:
                    said.append((float(answers[row]), bool(batch.answers[row])))
                    null.append((-float(torch.log_softmax(scores[row], 0)[-1]), said[-1][1]))
                if batch.relevant[row] >= 0:
                    ranked.append((float(relevance[row]), bool(batch.relevant[row])))
    return line(
        sentence=right / max(1, located),
        answers=area(said),
        null=area(null),
        relevance=area(ranked),
    )


def _varied(one: Example, chance: random.Random) -> Example:
    return replace(one, question=retyped(one.question, chance))


def _planned(
    examples: Sequence[Example], size: int, epochs: float, seed: int
) -> Iterator[list[Example]]:
    """Yield the batches of all epochs, the last one in part where `epochs` is no whole number."""
    chance = random.Random(seed)
    while epochs > 0:
        order = list(shuffled_batches(examples, size, chance))
        yield from order[: round(len(order) * min(1.0, epochs))]
        epochs -= 1


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--sets", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--questions", type=Path, nargs="+", default=[], help="of this field")
    parser.add_argument("--libraries", type=Path, nargs="+", default=[], help="data folders")
    parser.add_argument("--start", type=Path, help="checkpoint to begin from, or exported reader")
    parser.add_argument(
        "--sift", type=Path, help="exported reader: what it answers well is mostly left out"
    )
    parser.add_argument("--rows", type=int, default=0, help="of the public sets, at most")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--frozen", type=int, default=1)
    parser.add_argument("--seed", type=int, default=16)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(given.seed)
    # Numbers next to nothing cost a hundred times as much, and say nothing.
    torch.set_flush_denormal(True)

    base = weights_folder(DEFAULT_MODEL, cache=given.out)
    tokens = PairTokenizer(base / "tokenizer.json")
    network = ReaderNetwork.from_folder(base)
    if given.start:
        network.load_state_dict(begun(given.start))
    examples, apart = public_examples(given.sets, seed=given.seed, most=given.rows)
    kept_apart = {"public": apart}
    if given.questions:
        domain, theirs = read_examples(given.questions, given.libraries, seed=given.seed)
        kept_apart["domain"] = theirs
        if given.sift:
            before, reader = len(domain), reader_named(str(given.sift), cache=given.out)
            domain = sifted(domain, reader, random.Random(given.seed))
            print(f"{len(domain)} of {before} examples of this field stay", flush=True)
        examples = [*domain, *examples]
    random.Random(given.seed).shuffle(examples)
    (given.out / "arguments.json").write_text(json.dumps(vars(given), default=str))
    print(f"{len(examples)} examples, { ({n: len(a) for n, a in kept_apart.items()}) }", flush=True)

    def weighed(some: Sequence[Example], step: int) -> dict[str, Any]:
        chance = random.Random(given.seed * 1_000_003 + step)
        parts = losses(network, batched([_varied(one, chance) for one in some], tokens))
        return {name: WEIGHTS[name] * value for name, value in parts.items()}

    def figures() -> Iterator[str]:
        for name, one in kept_apart.items():
            some = random.Random(given.seed).sample(one, min(_MEASURED_ON, len(one)))
            yield f"{name}: {measured(network, some, tokens)}"

    trained(
        network,
        list(_planned(examples, given.size, given.epochs, given.seed)),
        weighed,
        figures,
        given.out,
        rate=given.rate,
        frozen=given.frozen,
    )


if __name__ == "__main__":
    main()
