"""Export the judge in int8: `python -m training.export_judge CHECKPOINT FOLDER …`.

Nothing is written where int8 does not agree with float32 over claims that it was not fitted to.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from assistant.checking.entailment import MOST_OF_CLAIM
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.onnx_embedder import open_session
from index.pair_encoding import Pair, PairTokenizer
from training.calibration import fitted
from training.claims import own_claims, public_claims
from training.export import (
    about_training,
    all_of,
    balancing,
    keep_largest,
    named,
    quantise,
    spearman,
    write,
)
from training.graphs import GraphMaker
from training.verdicts import SUPPORTED, Claim

_ALPHAS = (0.7, 0.8, 0.85, 0.9)
# Of the chance of "supported", by Spearman; and how often the verdict is the same.
_RANKS, _SAME = 0.99, 0.95
_GRAPH = "judge.onnx"


def verdicts(graph: Path, inputs: Sequence[Mapping[str, Any]]) -> np.ndarray[Any, Any]:
    """Return the scores [claims, 3] of encoded claims."""
    session = open_session(graph)
    return np.array([session.run(["verdict"], named(one))[0][0] for one in inputs])


def odds(scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the log odds [claims] of "supported"."""
    rest = np.delete(scores, SUPPORTED, axis=1)
    return np.asarray(scores[:, SUPPORTED] - np.logaddexp(rest[:, 0], rest[:, 1]))


def main() -> None:
    """Read the arguments, export, compare, calibrate and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path, help="folder of judge.onnx and judge.json")
    parser.add_argument("--sets", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--claims", type=Path, required=True, help="of this field")
    parser.add_argument("--libraries", type=Path, nargs="+", required=True, help="data folders")
    parser.add_argument("--most", type=int, default=300, help="claims to fit and to compare over")
    given = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)

    weights = torch.load(given.checkpoint, weights_only=True)["network"]
    _, theirs = own_claims(given.claims, given.libraries, given.sets, seed=0)
    _, apart = public_claims(given.sets, seed=0)
    some = [*theirs[: given.most], *apart[: given.most]]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        tokens = PairTokenizer(
            weights_folder(DEFAULT_MODEL, cache=scratch) / "tokenizer.json",
            most_of_question=MOST_OF_CLAIM,
        )
        inputs = [_encoded(one, tokens) for one in some]
        plain = GraphMaker(weights)
        onnx.save(plain.judge(watched=True), scratch / "watched.onnx")
        watched = open_session(scratch / "watched.onnx")
        largest: dict[str, Any] = {}
        for one in inputs[::2]:
            keep_largest(largest, all_of(watched, named(one)))
        wanted = verdicts(scratch / "watched.onnx", inputs)
        tried = []
        for alpha in _ALPHAS:
            path = scratch / f"{alpha}.onnx"
            quantise(GraphMaker(weights, balancing(largest, plain, alpha)).judge(), path)
            alike = spearman(odds(wanted[::2]), odds(verdicts(path, inputs[::2])))
            print(f"alpha {alpha}, where it was fitted: rank agreement {alike:.4f}", flush=True)
            tried.append((alike, alpha, path))
        _, alpha, path = max(tried)
        found = verdicts(path, inputs)
        alike = spearman(odds(wanted[1::2]), odds(found[1::2]))
        same = float((wanted[1::2].argmax(axis=1) == found[1::2].argmax(axis=1)).mean())
        print(f"alpha {alpha}: rank agreement {alike:.4f}, the same verdict {same:.3f}")
        if alike < _RANKS or same < _SAME:
            sys.exit(f"nothing is written: it has to be {_RANKS} and {_SAME}")
        truth = np.array([one.label == SUPPORTED for one in some], dtype=float)
        (slope,), intercept = fitted(odds(found)[:, None], truth)
        about = about_training(given.checkpoint)
        about["supported"] = {"slope": round(float(slope), 3), "intercept": round(intercept, 3)}
        figures = {"ranks": round(alike, 4), "same": round(same, 4), "claims": len(inputs[1::2])}
        about["int8"] = {"alpha": alpha, "agreement": figures}
        path.rename(scratch / _GRAPH)
        write(scratch, given.out, about, (_GRAPH,), "judge.json")


def _encoded(one: Claim, tokens: PairTokenizer) -> dict[str, Any]:
    return tokens.encode([Pair(one.text, one.context, (one.evidence,))])


if __name__ == "__main__":
    main()
