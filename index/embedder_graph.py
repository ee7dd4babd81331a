"""The default model as ONNX: its graph comes with the program, its weights with their package.

The graph names its weights as external data of `model.safetensors` beside it, which is a plain file
of numbers after a header: nothing is stored twice or converted, and no torch is needed. It was made
from sentence-transformers' model by training/export_embedder.py, and a test compares the two.
"""

from __future__ import annotations

import hashlib
import os
import shutil
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
    folder's name changes with both files. Raises EmbedderError.
    """
    weights = weights_folder(DEFAULT_MODEL, cache=cache) / WEIGHTS
    try:
        graph, status = GRAPH.read_bytes(), weights.stat()
        mark = b"%d %d " % (status.st_size, status.st_mtime_ns) + graph
        folder = cache / f"{DEFAULT_MODEL}-{hashlib.sha256(mark).hexdigest()[:12]}"
        target = folder / GRAPH.name
        # The graph is written last: where it is, the weights are.
        if not target.is_file():
            for old in cache.glob(f"{DEFAULT_MODEL}-*"):
                shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
            with write_atomically(folder / WEIGHTS) as temporary:
                _link_or_copy(weights, temporary)
            with write_atomically(target) as temporary:
                temporary.write_bytes(graph)
    except OSError as error:
        raise EmbedderError(
            tr("cannot write {file} ({reason})", file=cache, reason=error.strerror)
        ) from error
    return target


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
