"""Testing a vector store, in a child process if a broken one might crash the process.

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
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from corpus.i18n import tr, translatable_from, translatable_json
from index.embedding import Vectors
from index.vector_store import (
    DEFAULT_STORE,
    VECTOR_STORES,
    VectorStore,
    VectorStoreKind,
    store_named,
)

if TYPE_CHECKING:
    # The child process needs none of what it imports.
    from index.forward_index import ForwardIndex

# Opening takes 1 to 2 s of which most is the import of Chroma; a large index needs a few more.
_SECONDS = 60.0
# Neighbours asked for, and the share that must come: after the damage above one came of 300, while
# a graph is a shortcut that may pass over some where many passages are alike.
_NEIGHBOURS, _SHARE = 300, 0.5
# Vectors that are compared with what is stored: of a graph cut in half one in two is gone.
_SAMPLE = 24
# The least cosine of a stored vector with the one that was given: they differ by rounding only.
_SAME_COSINE = 0.99


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
    store: str = DEFAULT_STORE,
    wait: float = _SECONDS,
) -> ProbeResult:
    """Return what is found of the vectors that the store of that name keeps in `folder`.

    They must open, be exactly `ids_expected`, be those of `stored` (`sample`) as they are, and find
    neighbours of each. A store that may crash is tested in a child process, killed after `wait`
    seconds. Raises UsageError for a store that nobody adds, and nothing else.
    """
    started = time.monotonic()
    kind = store_named(store)
    if not folder.is_dir() or not all((folder / name).is_file() for name in kind.present):
        # Opening would make an empty one.
        return ProbeResult(not ids_expected, "" if not ids_expected else tr("it is missing"))
    if kind.may_crash:
        reason, count = _probe_in_child(store, folder, ids_expected, stored, wait)
    else:
        vectors = {name: np.array(one, np.float32) for name, one in stored.items()}
        reason, count = _probe_store(kind, folder, set(ids_expected), vectors)
    return ProbeResult(not reason, reason, count, time.monotonic() - started)


def sample(ids: Sequence[str], vectors: Vectors) -> dict[str, Sequence[float]]:
    """Return some ids with their vectors, evenly from the first to the last."""
    rows = np.linspace(0, len(ids) - 1, min(_SAMPLE, len(ids))).astype(int)
    return {ids[row]: vectors[row].tolist() for row in rows}


def stored_of(forward: ForwardIndex) -> tuple[list[str], dict[str, Sequence[float]]]:
    """Return the ids that the store of a library must have, and some with their vectors."""
    rows = forward.rows[: len(forward) - len(forward.late_rows)]
    # Enough to choose from.
    rows = rows[:: max(1, len(rows) // (20 * _SAMPLE))]
    known = [forward.id(row) for row in rows.tolist()]
    return forward.stored_ids(), sample(known, forward.vectors_of(rows))


def _probe_in_child(
    store: str,
    folder: Path,
    ids: Collection[str],
    stored: Mapping[str, Sequence[float]],
    wait: float,
) -> tuple[str, int]:
    """Return what is wrong, "" for nothing, and how many passages are stored."""
    request = {"store": store, "folder": str(folder), "ids": sorted(ids), "stored": dict(stored)}
    root = str(Path(__file__).resolve().parent.parent)
    before = os.environ.get("PYTHONPATH")
    path = [root, *([before] if before else []), *VECTOR_STORES.folders]
    try:
        child = subprocess.run(
            [sys.executable, "-m", "index.probe"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=wait,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
            check=False,
        )
        found = json.loads(child.stdout)
        return translatable_from(found["reason"]), int(found["count"])
    except subprocess.TimeoutExpired:
        return tr("it did not answer within {seconds} seconds", seconds=f"{wait:.0f}"), 0
    except (OSError, ValueError, KeyError, TypeError):
        return tr("it ended the process that opened it"), 0


def _probe_store(
    kind: VectorStoreKind, folder: Path, expected: set[str], stored: Mapping[str, Vectors]
) -> tuple[str, int]:
    """Return what is wrong, "" for nothing, and how many passages are stored."""
    count, reason = 0, "it cannot be opened"
    try:
        with closing(kind.open(folder)) as index:
            count, reason = len(index), "it cannot be searched"
            reason = fault_in(index, expected, stored)
    except Exception as error:  # noqa: BLE001  # reason: whatever it raises, the store is not sound
        cause = error.__cause__ or error
        reason = f"{reason} ({type(cause).__name__})"
    return reason, count


def fault_in(
    index: VectorStore, expected: set[str] | None, stored: Mapping[str, Vectors], count: int = 0
) -> str:
    """Return what is wrong with a store that opened; "" for nothing.

    Its ids must be `expected`; with None they are not read, and there are `count`. `stored` are
    vectors that must be in it. Raises what the store raises.
    """
    held = set() if expected is None else set(index.ids())
    if expected is not None and held != expected:
        missing, foreign = len(expected - held), len(held - expected)
        return tr(
            "it lacks {missing} passages and holds {foreign} that are not in the library",
            missing=missing,
            foreign=foreign,
        )
    there = index.stored(list(stored))
    wanted = min(_NEIGHBOURS, count if expected is None else len(expected))
    for name, vector in stored.items():
        if name not in there or float(there[name] @ vector) < _SAME_COSINE * float(vector @ vector):
            return tr("the vectors in it are not those of the library")
        found = {one for one, _ in index.nearest(vector, wanted)}
        known = found if expected is None else found & expected
        if len(known) < _SHARE * wanted or known != found:
            return tr(
                "asked for {wanted} neighbours it found {found}",
                wanted=wanted,
                found=len(known),
            )
    return ""


def _answer_request() -> None:
    """Answer the request on standard input by a line of JSON on standard output."""
    request = json.load(sys.stdin)
    # Whatever a library prints must not come before the answer.
    out, sys.stdout = sys.stdout, sys.stderr
    stored = {name: np.array(one, np.float32) for name, one in request["stored"].items()}
    kind, folder = store_named(request["store"]), Path(request["folder"])
    reason, count = _probe_store(kind, folder, set(request["ids"]), stored)
    out.write(json.dumps({"count": count, "reason": translatable_json(reason)}))


if __name__ == "__main__":
    _answer_request()
