"""Make the graph of the embedder: `python -m training.export_embedder`.

The model that sentence-transformers loads, pooling and normalising included, traced to ONNX, with
every weight replaced by its place in the package's `model.safetensors`. Written is
index/embedder_graph.onnx (0.1 MB), if it gives the vectors of sentence-transformers over texts of
the starter library; nothing otherwise.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import onnx
from onnx import numpy_helper

from corpus.starter import starter_files
from index.embedder_graph import GRAPH, WEIGHTS
from index.embedder_weights import DEFAULT_MODEL, weights_folder
from index.onnx_embedder import OnnxEmbedder
from index.sentence_embedder import SentenceEmbedder

# The least cosine between a vector of the graph and the model's own, both in float32.
_AGREEMENT = 0.99999
_PREFIX = "transformer."


def with_external_weights(model: Any, weights: Path) -> Any:
    """Return the ONNX model with its weights replaced by their places in a safetensors file.

    Raises ValueError for a weight that is not in the file, byte by byte.
    """
    raw = weights.read_bytes()
    # The format: the length of a JSON header in eight bytes, the header, the tensors.
    begin = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:begin])
    for tensor in model.graph.initializer:
        name = tensor.name.removeprefix(_PREFIX)
        if name not in header:
            continue
        first, end = header[name]["data_offsets"]
        if raw[begin + first : begin + end] != numpy_helper.to_array(tensor).tobytes():
            raise ValueError(f"{name} differs from what {weights} holds")
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        place = {"location": WEIGHTS, "offset": str(begin + first), "length": str(end - first)}
        for key, value in place.items():
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
    return model


def main() -> None:
    """Export, compare and write."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = weights_folder(DEFAULT_MODEL, cache=scratch)
        original = SentenceEmbedder(DEFAULT_MODEL, cache=scratch, precise=True)
        original.export(scratch / "traced.onnx", folded=False)
        model = with_external_weights(onnx.load(scratch / "traced.onnx"), folder / WEIGHTS)
        (scratch / GRAPH.name).write_bytes(model.SerializeToString())
        shutil.copyfile(folder / WEIGHTS, scratch / WEIGHTS)
        texts = [one.read_text()[:1200] for one in starter_files() if one.suffix == ".md"]
        exported = OnnxEmbedder(DEFAULT_MODEL, scratch / GRAPH.name, folder)
        least = float((exported.embed(texts) * original.embed(texts)).sum(axis=1).min())
        print(f"least cosine over {len(texts)} texts: {least:.6f}")
        if least < _AGREEMENT:
            sys.exit(f"nothing is written: the least cosine has to be {_AGREEMENT}")
        GRAPH.write_bytes((scratch / GRAPH.name).read_bytes())
        print(f"written: {GRAPH}, {GRAPH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
