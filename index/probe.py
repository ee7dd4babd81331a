"""Trying the vector index in a child process, so that a broken one ends there and not here.

A damaged Chroma may end the process that opens it, or answer with too few rows and no error
(chroma #7238, #6949; after `kill -9` during writes a query for 300 neighbours returned one row).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus.i18n import tr, translatable_from, translatable_json
from index.embedding import Vectors
from index.vector_index import VectorIndex

# Opening takes 1 to 2 s of which most is the import of Chroma; a large index needs a few more.
_SECONDS = 60.0
# Neighbours asked for, and the share that must come: after the damage above one came of 300, while
# a graph is a shortcut that may pass over some where many passages are alike.
_NEIGHBOURS, _SHARE = 300, 0.5
# Vectors that are compared with what is stored: of a graph cut in half one in two is gone.
_SAMPLE = 24
# What is stored is what was given, but for rounding.
_ITSELF = 0.99


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Whether the index is sound and in few words what is wrong; how many passages it holds."""

    sound: bool
    reason: str = ""
    count: int = 0
    seconds: float = 0.0


def probe_vectors(
    folder: Path,
    ids_expected: Collection[str],
    stored: Mapping[str, Sequence[float]],
    *,
    wait: float = _SECONDS,
) -> ProbeResult:
    """Return what a child process finds of the vector index in `folder`; never raises.

    The index must open, hold exactly `ids_expected`, have the vectors of `stored` (`sample`) as
    they are, and find neighbours of each. The child is ended after `wait` seconds.
    """
    started = time.monotonic()
    asked = {
        "folder": str(folder),
        "ids": sorted(ids_expected),
        "stored": dict(stored),
    }
    if not (folder / "chroma.sqlite3").is_file():
        # Opening would make an empty one.
        return ProbeResult(not ids_expected, "" if not ids_expected else tr("it is missing"))
    root = str(Path(__file__).resolve().parent.parent)
    before = os.environ.get("PYTHONPATH")
    try:
        child = subprocess.run(
            [sys.executable, "-m", "index.probe"],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=wait,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([root, *([before] if before else [])])},
            check=False,
        )
        found = json.loads(child.stdout)
        reason, count = translatable_from(found["reason"]), int(found["count"])
    except subprocess.TimeoutExpired:
        reason, count = tr("it did not answer within {seconds} seconds", seconds=f"{wait:.0f}"), 0
    except (OSError, ValueError, KeyError, TypeError):
        reason, count = tr("it ended the process that opened it"), 0
    return ProbeResult(not reason, reason, count, time.monotonic() - started)


def sample(ids: Sequence[str], vectors: Vectors) -> dict[str, Sequence[float]]:
    """Return some ids with their vectors, evenly from the first to the last."""
    rows = np.linspace(0, len(ids) - 1, min(_SAMPLE, len(ids))).astype(int)
    return {ids[row]: vectors[row].tolist() for row in rows}


def _tried(index: VectorIndex, expected: set[str], stored: Mapping[str, Vectors]) -> str:
    """Return what is wrong with an index that opened; "" for nothing."""
    held = set(index.ids())
    if held != expected:
        missing, foreign = len(expected - held), len(held - expected)
        return tr(
            "it lacks {missing} passages and holds {foreign} that are not in the library",
            missing=missing,
            foreign=foreign,
        )
    there = index.stored(list(stored))
    wanted = min(_NEIGHBOURS, len(expected))
    for name, vector in stored.items():
        if name not in there or float(there[name] @ vector) < _ITSELF * float(vector @ vector):
            return tr("the vectors in it are not those of the library")
        found = {one for one, _ in index.nearest(vector, wanted)}
        if len(found & expected) < _SHARE * wanted or not found <= expected:
            return tr(
                "asked for {wanted} neighbours it found {found}",
                wanted=wanted,
                found=len(found & expected),
            )
    return ""


def _probe() -> None:
    """Answer the request on standard input by a line of JSON on standard output."""
    asked = json.load(sys.stdin)
    # What a library prints must not stand before the answer.
    out, sys.stdout = sys.stdout, sys.stderr
    count, reason = 0, "it cannot be opened"
    try:
        index = VectorIndex(Path(asked["folder"]))
        count, reason = len(index), "it cannot be searched"
        stored = {name: np.array(one, np.float32) for name, one in asked["stored"].items()}
        reason = _tried(index, set(asked["ids"]), stored)
        index.close()
    except Exception as error:  # noqa: BLE001  # reason: whatever it raises, the index is not sound
        reason = f"{reason} ({type(error).__name__})"
    out.write(json.dumps({"count": count, "reason": translatable_json(reason)}))


if __name__ == "__main__":
    _probe()
