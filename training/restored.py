"""Read the weights of an exported reader back, to train on where the checkpoint is not at hand.

What int8 rounded away stays lost; otherwise the network says what the export says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from training.network import EARLY

_Array = np.ndarray[Any, Any]
_EMBEDDINGS = "trunk.embeddings."
# Constants of the embeddings, and of each layer.
_EMBEDDED, _PER_LAYER = 8, 15


class _Constants:
    """The constants of a graph, in the order in which `training.graphs` added them."""

    def __init__(self, path: Path) -> None:
        held = onnx.load(path).graph.initializer
        self._held = {one.name: numpy_helper.to_array(one) for one in held}
        self._next = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return 1 + max(int(name.split("_")[0].split()[1]) for name in self._held)

    def pop(self) -> _Array:
        """Return the next constant; a matrix that is held in int8 by column as float32."""
        name = f"constant {self._next}"
        self._next += 1
        if name in self._held:
            return self._held[name]
        return self._held[f"{name}_quantized"].astype(np.float32) * self._held[f"{name}_scale"]

    def skip(self, count: int) -> None:
        """Leave out so many constants."""
        self._next += count


def begun(start: Path) -> dict[str, Any]:
    """Return the weights to go on from, by name: those of a checkpoint, or of an export."""
    if (start / "judge.onnx").exists():
        return judge_weights_of(start)
    if start.is_dir():
        return weights_of(start)
    weights: dict[str, Any] = torch.load(start, weights_only=True)["network"]
    return weights


def weights_of(folder: Path) -> dict[str, Any]:
    """Return the weights of `ReaderNetwork`, by name, from a folder that `training.export` wrote.

    Only of an export in int8: one in float32 has no scales between its matrices.
    """
    lower, upper = _Constants(folder / "lower.onnx"), _Constants(folder / "upper.onnx")
    found = _embeddings(lower)
    for number in range(EARLY):
        found |= _layer(lower, number)
    for number in range(EARLY, EARLY + upper.count // _PER_LAYER):
        found |= _layer(upper, number)
    lower.skip(3)
    upper.skip(1)
    for constants, name in (
        (lower, "early.0"),
        (lower, "early.2"),
        (upper, "whole"),
        (upper, "sentence.0"),
        (upper, "sentence.2"),
    ):
        found[f"{name}.weight"] = constants.pop().T
        found[f"{name}.bias"] = constants.pop()
    return _tensors(found)


def judge_weights_of(folder: Path) -> dict[str, Any]:
    """Return the weights of `JudgeNetwork`, by name, from what `training.export_judge` wrote."""
    constants = _Constants(folder / "judge.onnx")
    found = _embeddings(constants)
    for number in range((constants.count - _EMBEDDED) // _PER_LAYER):
        found |= _layer(constants, number)
    constants.skip(1)
    found |= {"verdict.weight": constants.pop().T, "verdict.bias": constants.pop()}
    return _tensors(found)


def _tensors(found: Mapping[str, _Array]) -> dict[str, Any]:
    return {name: torch.from_numpy(np.array(values, order="C")) for name, values in found.items()}


def _embeddings(constants: _Constants) -> dict[str, _Array]:
    words = constants.pop().astype(np.float32)
    found = {
        f"{_EMBEDDINGS}word_embeddings.weight": words * constants.pop(),
        f"{_EMBEDDINGS}token_type_embeddings.weight": constants.pop(),
        f"{_EMBEDDINGS}position_embeddings.weight": constants.pop(),
    }
    constants.skip(2)
    return found | {
        f"{_EMBEDDINGS}LayerNorm.{part}": constants.pop() for part in ("weight", "bias")
    }


def _layer(constants: _Constants, number: int) -> dict[str, _Array]:
    """Return the weights of one layer of the trunk, the scales between its products undone."""
    inside = f"trunk.encoder.layer.{number}."
    found: dict[str, _Array] = {}
    matrix, bias = _unscaled(constants), constants.pop().copy()
    gathered = constants.pop()
    # The scale of what attention gathers is in both sides and not kept: made even between them.
    wide = len(matrix)
    norms = [np.linalg.norm(matrix[:, -wide:], axis=0), np.linalg.norm(gathered, axis=1)]
    scale = np.sqrt(norms[1] / np.maximum(norms[0], 1e-9))
    matrix[:, -wide:] *= scale
    bias[-wide:] *= scale
    parts = ("query", "key", "value")
    for part, weights, offset in zip(
        parts, np.split(matrix, 3, axis=1), np.split(bias, 3), strict=True
    ):
        found[f"{inside}attention.self.{part}.weight"] = weights.T
        found[f"{inside}attention.self.{part}.bias"] = offset
    found[f"{inside}attention.output.dense.weight"] = (gathered / scale[:, None]).T
    found |= _joined(constants, f"{inside}attention.output.")
    found[f"{inside}intermediate.dense.weight"] = _unscaled(constants).T
    found[f"{inside}intermediate.dense.bias"] = constants.pop()
    found[f"{inside}output.dense.weight"] = _unscaled(constants).T
    return found | _joined(constants, f"{inside}output.")


def _unscaled(constants: _Constants) -> _Array:
    """Return a matrix whose left side is multiplied by the constant before it."""
    scale = constants.pop()
    return constants.pop() * scale[:, None]


def _joined(constants: _Constants, inside: str) -> dict[str, _Array]:
    names = ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")
    return {inside + name: constants.pop() for name in names}
