"""The networks as ONNX graphs: the reader as two, up to the first guess and after it; the judge.

Written node by node with the fused operators of ONNX Runtime, for one pair at a time: a graph that
an exporter traces has to be taken apart again to find them, and carries a mask that one pair alone
does not need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from training.network import EARLY

_Array = np.ndarray[Any, Any]
Scales = Mapping[str, _Array]
_FUSED = "com.microsoft"
_HEADS = 12
# As in transformers' BERT.
_EPSILON = 1e-12
# Names of the nodes that stay in float32 begin so: the outputs are a thousandth of the work.
EXACT = "exact"
# What may be computed in int8.
OPERATORS = ("MatMul", "Attention")
OPSET = 17


class GraphMaker:
    """Makes the graphs of one network's weights.

    `scales` are numbers by which the columns of a matrix product's left side are divided and the
    rows of its right side multiplied, by the name of the product: where some columns are twenty
    times as large as the rest, int8 has no steps left for these (SmoothQuant, Xiao et al., 2023,
    https://arxiv.org/abs/2211.10438). The names are "0.input" (before attention), "0.gathered"
    (after it), "0.between" and "0.wide" (before and after GELU) for layer 0, and so on.
    """

    def __init__(self, weights: Mapping[str, Any], scales: Scales | None = None) -> None:
        self._weights = {name: tensor.float().numpy() for name, tensor in weights.items()}
        self._scales = scales or {}
        self._layers = 1 + max(
            int(name.split(".")[3]) for name in weights if name.startswith("trunk.encoder.layer.")
        )
        self._width = len(self._weights["trunk.embeddings.LayerNorm.weight"])
        self._begin()

    def lower(self, *, watched: bool = False) -> Any:
        """Return the model from "ids" and "kinds" [1, tokens] to "states" and "early".

        With `watched`, the left sides of the matrix products come out beside these, by name.
        """
        self._begin()
        states = self._embedded()
        for number in range(EARLY):
            states = self._layer(number, states)
        self._node("Identity", states, name="states")
        hidden = self._fused("Gelu", self._line("early.0", self._asked("states")))
        self._node("Squeeze", self._line("early.2", hidden), self._axis(1), name="early")
        inputs = [_value("ids", 1, "tokens", kind=TensorProto.INT64)]
        inputs += [_value("kinds", 1, "tokens", kind=TensorProto.INT64)]
        outputs = [_value("states", 1, "tokens", self._width), _value("early", 1)]
        return self._made(inputs, outputs, watched=watched)

    def upper(self, *, watched: bool = False) -> Any:
        """Return the model from "states" and "sentences" to "whole" [1, 3] and "scores".

        "whole" are relevance, answers and "nothing here"; "scores" [1, sentences] are to be taken
        without those of sentences that have no token.
        """
        self._begin()
        states = "states"
        for number in range(EARLY, self._layers):
            states = self._layer(number, states)
        self._node("Identity", self._line("whole", self._first(states)), name="whole")
        means = self._node("MatMul", "sentences", states, name=f"{EXACT} means")
        hidden = self._fused("Gelu", self._line("sentence.0", means))
        scores = self._line("sentence.2", hidden)
        self._node("Squeeze", scores, self._axis(2), name="scores")
        inputs = [_value("states", 1, "tokens", self._width)]
        inputs += [_value("sentences", 1, "sentences", "tokens")]
        outputs = [_value("whole", 1, 3), _value("scores", 1, "sentences")]
        return self._made(inputs, outputs, watched=watched)

    def judge(self, *, watched: bool = False) -> Any:
        """Return the model from "ids" and "kinds" [1, tokens] to "verdict" [1, 3]."""
        self._begin()
        states = self._embedded()
        for number in range(self._layers):
            states = self._layer(number, states)
        self._node("Identity", self._line("verdict", self._first(states)), name="verdict")
        inputs = [_value("ids", 1, "tokens", kind=TensorProto.INT64)]
        inputs += [_value("kinds", 1, "tokens", kind=TensorProto.INT64)]
        return self._made(inputs, [_value("verdict", 1, 3)], watched=watched)

    def matrix(self, name: str) -> _Array:
        """Return the right side [inputs, outputs] of a matrix product, by its name."""
        number, kind = name.split(".")
        inside = f"trunk.encoder.layer.{number}."
        names = {
            "input": [f"attention.self.{part}" for part in ("query", "key", "value")],
            "gathered": ["attention.output.dense"],
            "between": ["intermediate.dense"],
            "wide": ["output.dense"],
        }[kind]
        parts = [self._weights[f"{inside}{part}.weight"].T for part in names]
        return np.concatenate(parts, axis=1)

    def _begin(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._watched: dict[str, tuple[str, int]] = {}

    def _made(self, inputs: list[Any], outputs: list[Any], *, watched: bool) -> Any:
        if watched:
            for name, (source, width) in self._watched.items():
                self._node("Identity", source, name=name)
                outputs.append(_value(name, 1, "tokens", width))
        graph = helper.make_graph(self._nodes, "reader", inputs, outputs, self._constants)
        versions = [helper.make_opsetid("", OPSET), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=9)

    def _node(self, kind: str, *inputs: str, name: str = "", domain: str = "", **more: Any) -> str:
        name = name or f"node {len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name, domain=domain, **more))
        return name

    def _fused(self, kind: str, *inputs: str, **more: Any) -> str:
        return self._node(kind, *inputs, domain=_FUSED, **more)

    def _constant(self, values: Any) -> str:
        name = f"constant {len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def _axis(self, number: int) -> str:
        return self._constant(np.array([number], dtype=np.int64))

    def _weight(self, name: str) -> str:
        return self._constant(self._weights[name])

    def _first(self, states: str) -> str:
        """Add the state of the first token, [CLS]."""
        return self._node("Gather", states, self._constant(np.int64(0)), axis=1)

    def _asked(self, states: str) -> str:
        """Add the mean state [1, width] of the question's tokens, those of kind 0."""
        kinds = self._node("Cast", "kinds", to=TensorProto.FLOAT)
        asked = self._node("Sub", self._constant(np.float32(1)), kinds)
        total = self._node("MatMul", asked, states, name=f"{EXACT} asked")
        total = self._node("Squeeze", total, self._axis(1))
        return self._node("Div", total, self._node("ReduceSum", asked, self._axis(1)))

    def _line(self, name: str, states: str) -> str:
        """Add a linear layer that stays in float32."""
        matrix = self._constant(self._weights[f"{name}.weight"].T)
        product = self._node("MatMul", states, matrix, name=f"{EXACT} {name}")
        return self._node("Add", product, self._weight(f"{name}.bias"))

    def _embedded(self) -> str:
        """Add the embeddings: the table of words in int8 with a scale for each word."""
        inside = "trunk.embeddings."
        table = self._weights[f"{inside}word_embeddings.weight"]
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / 127
        rows = self._node("Gather", self._constant(np.rint(table / scales).astype(np.int8)), "ids")
        rows = self._node("Cast", rows, to=TensorProto.FLOAT)
        words = self._node("Mul", rows, self._node("Gather", self._constant(scales), "ids"))
        kinds = self._node("Gather", self._weight(f"{inside}token_type_embeddings.weight"), "kinds")
        length = self._node("Shape", "ids", start=1, end=2)
        every = self._weight(f"{inside}position_embeddings.weight")
        places = self._node("Slice", every, self._axis(0), length, self._axis(0))
        total = self._node("Add", self._node("Add", words, kinds), places)
        norm = [self._weight(f"{inside}LayerNorm.{part}") for part in ("weight", "bias")]
        return self._node("LayerNormalization", total, *norm, axis=-1, epsilon=_EPSILON)

    def _layer(self, number: int, states: str) -> str:
        """Add a layer of the trunk over `states` [1, tokens, width]."""
        inside = f"trunk.encoder.layer.{number}."
        own = f"{inside}attention.self."
        parts = ("query", "key", "value")
        matrix = self.matrix(f"{number}.input")
        bias = np.concatenate([self._weights[f"{own}{part}.bias"] for part in parts])
        # What attention gathers are means of values: the scale of these can be put into them.
        scale = self._scales.get(f"{number}.gathered", np.ones(self._width, dtype=np.float32))
        matrix[:, -self._width :] /= scale
        bias[-self._width :] /= scale
        left, right = self._balanced(f"{number}.input", states, matrix)
        gathered = self._fused(
            "Attention",
            left,
            right,
            self._constant(bias),
            num_heads=_HEADS,
        )
        self._watched[f"{number}.gathered"] = gathered, self._width
        matrix = self.matrix(f"{number}.gathered") * scale[:, None]
        product = self._node("MatMul", gathered, self._constant(matrix))
        between = self._joined(f"{inside}attention.output.", states, product)
        sides = self._balanced(f"{number}.between", between, self.matrix(f"{number}.between"))
        product = self._node("MatMul", *sides)
        wide = self._fused("BiasGelu", product, self._weight(f"{inside}intermediate.dense.bias"))
        sides = self._balanced(f"{number}.wide", wide, self.matrix(f"{number}.wide"))
        product = self._node("MatMul", *sides)
        return self._joined(f"{inside}output.", between, product)

    def _balanced(self, name: str, states: str, matrix: _Array) -> tuple[str, str]:
        """Return both sides of a matrix product, scaled against one another."""
        self._watched[name] = states, len(matrix)
        scale = self._scales.get(name)
        if scale is None:
            return states, self._constant(matrix)
        states = self._node("Mul", states, self._constant(1 / scale))
        return states, self._constant(matrix * scale[:, None])

    def _joined(self, inside: str, before: str, product: str) -> str:
        """Add the sum of what a half of a layer got and made, normalised.

        Not by the fused SkipLayerNormalization, which takes ten times as long in ONNX Runtime 1.32:
        a quarter of all of the network's time.
        """
        names = ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")
        # In the order in which training.restored reads them back.
        *norm, bias = [self._weight(inside + name) for name in names]
        total = self._node("Add", before, self._node("Add", product, bias))
        return self._node("LayerNormalization", total, *norm, axis=-1, epsilon=_EPSILON)


def _value(name: str, *shape: int | str, kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)
