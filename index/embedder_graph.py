"""The default model as ONNX: its graph comes with the program, its weights with their package.

The graph names its weights as external data of `model.safetensors` beside it, which is a plain file
of numbers after a header: nothing is stored twice or converted, and no torch is needed. It was made
from sentence-transformers' model by training/export_embedder.py, and a test compares the two.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from corpus.errors import EmbedderError
from corpus.i18n import tr
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.onnx_embedder import write_atomically

GRAPH = Path(__file__).parent / "embedder_graph.onnx"
WEIGHTS = "model.safetensors"


def default_graph(cache: Path) -> Path:
    """Return the ONNX file of the default model, with its weights beside it in a folder of `cache`.

    These are the package's file under another name, or a copy where the disk has no such links. The
    folder's name changes with both files. Others may make it at the same time, in other threads and
    processes, and installations of two versions may share `cache`. Raises EmbedderError.
    """
    weights = weights_folder(DEFAULT_MODEL, cache=cache) / WEIGHTS
    try:
        graph, status = GRAPH.read_bytes(), weights.stat()
        mark = b"%d %d " % (status.st_size, status.st_mtime_ns) + graph
        folder = cache / f"{DEFAULT_MODEL}-{hashlib.sha256(mark).hexdigest()[:12]}"
        target = folder / GRAPH.name
        # The graph is written last: where it is, the weights are.
        if not _is_whole(target, graph, status.st_size):
            try:
                with write_atomically(folder / WEIGHTS) as temporary:
                    _link_or_copy(weights, temporary)
                with write_atomically(target) as temporary:
                    temporary.write_bytes(graph)
            except OSError:
                # Where another one wrote it meanwhile and has it open, Windows replaces no file.
                if not target.is_file():
                    raise
            # What versions before this one exported with torch: files, and no folders.
            for old in cache.glob(f"{DEFAULT_MODEL}-*.onnx"):
                with suppress(OSError):
                    old.unlink()
    except OSError as error:
        raise EmbedderError(
            tr("cannot write {file} ({reason})", file=cache, reason=error.strerror or error)
        ) from error
    return target


def _is_whole(target: Path, graph: bytes, weights: int) -> bool:
    """Say whether a graph is there as it should be, beside weights of so many bytes."""
    try:
        beside = target.with_name(WEIGHTS).stat().st_size
        return beside == weights and target.read_bytes() == graph
    except OSError:
        return False


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
