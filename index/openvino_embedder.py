"""OpenVINO: embedding of passages on every core, in the precision that is fastest here."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from index.embedding import Vectors
from index.exported_embedder import ExportedEmbedder, Inputs, damaged
from index.fastest_path import PROBE, fastest
from index.late_interaction import States

# What a processor may offer beside float32, by OpenVINO's names. int8 is not among them: it changes
# 13 % of the ten passages nearest to a question, bfloat16 1 %.
_HALVES = {"BF16": "bf16", "FP16": "f16"}


def usable_cores() -> int:
    """Return how many cores this process may use: OMP_NUM_THREADS bounds it."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    bound = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(bound)) if bound.isdecimal() and int(bound) else cores


class OpenVinoEmbedder(ExportedEmbedder):
    """The exported model, one text a core at a time. Thread-safe: callers take turns.

    Measured on two cores with AVX-512: a passage takes 15 core-ms in bfloat16 and 26 in float32;
    torch took 25 in bfloat16, ONNX Runtime 27 in float32.
    """

    def __init__(self, name: str, model: Path, folder: Path) -> None:
        """Load `model` (ONNX) with the tokenizer of `folder`.

        Raises ImportError where OpenVINO does not load, EmbedderError for a model that it does not
        compile.
        """
        import openvino

        super().__init__(name, folder)
        core = openvino.Core()
        probe = self._tokens.encode([PROBE])
        offered = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        precisions = ["f32", *(hint for name, hint in _HALVES.items() if name in offered)]
        options = {
            "INFERENCE_NUM_THREADS": usable_cores(),
            "NUM_STREAMS": usable_cores(),
            # Two processes that pin their threads would pin them to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            compiled = {
                one: core.compile_model(
                    str(model), "CPU", options | {"INFERENCE_PRECISION_HINT": one}
                )
                for one in precisions
            }
            ways = {one: partial(_embedded, made, probe) for one, made in compiled.items()}
            self.precision = fastest(ways)
        except RuntimeError as error:
            raise damaged(model) from error
        self._model: Any = compiled[self.precision]
        self._queue: Any = openvino.AsyncInferQueue(self._model, usable_cores())
        self._turn = threading.Lock()

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._model.output("embedding").get_partial_shape()[1].get_length())

    def _computed(self, batches: Iterable[Inputs]) -> Iterator[tuple[int, Vectors, States]]:
        done: SimpleQueue[tuple[int, Vectors, States]] = SimpleQueue()

        def take(request: Any, number: int) -> None:
            rows, states = (request.get_tensor(one).data.copy() for one in ("embedding", "states"))
            done.put((number, rows, states))

        with self._turn:
            self._queue.set_callback(take)
            try:
                for number, inputs in enumerate(batches):
                    # Waits until a core is free.
                    self._queue.start_async(inputs, number)
                    while not done.empty():
                        yield done.get()
            finally:
                self._queue.wait_all()
            while not done.empty():
                yield done.get()


def _embedded(model: Any, inputs: Inputs) -> Vectors:
    vectors: Vectors = model(inputs)["embedding"]
    return vectors
