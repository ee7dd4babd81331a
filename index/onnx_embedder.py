"""ONNX Runtime: exported models, ready in a fraction of a second; embedding of questions by one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from index.embedding import Vectors, normalised
from index.exported_embedder import ExportedEmbedder, Inputs, damaged
from index.late_interaction import States, content_states

# Questions whose vectors are kept: the search embeds one, and then whoever reads what it found.
_CACHED_QUESTIONS = 64


@contextmanager
def write_atomically(target: Path) -> Iterator[Path]:
    """Hand out a temporary path beside `target` that replaces it when the block ends well.

    It is nobody else's: two threads may write the same file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def open_session(model: Path) -> Any:
    """Return a session of an exported model, which computes in the thread that asks it.

    Raises ValueError where the file is no model that ONNX Runtime loads. Sums are not fused with
    the normalisation after them: the fused operator of ONNX Runtime 1.32 takes ten times as long as
    both, a quarter of the time of our networks.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(model),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["SkipLayerNormFusion"],
        )
    except Exception as error:  # reason: onnxruntime's own errors share no base class
        raise ValueError(f"{model} cannot be loaded") from error


class OnnxEmbedder(ExportedEmbedder):
    """The exported model in float32, one thread: 5 ms a question, and steady under load.

    Its vectors agree with sentence-transformers' to a cosine of 0.9999 (a test holds 0.999).
    """

    def __init__(self, name: str, model: Path, folder: Path) -> None:
        """Load `model` (ONNX) with the tokenizer of `folder`; raises EmbedderError."""
        try:
            self._session = open_session(model)
        except ValueError as error:
            raise damaged(model) from error
        super().__init__(name, folder)
        self._question_cache: dict[str, Vectors] = {}

    @cached_property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._session.get_outputs()[0].shape[-1])

    def _computed(self, batches: Iterable[Inputs]) -> Iterator[tuple[int, Vectors, States]]:
        for number, inputs in enumerate(batches):
            yield (number, *self._session.run(["embedding", "states"], inputs))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [len(texts), dimension], rows of length 1, in the order given."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        new = []
        for place, text in enumerate(texts):
            cached = self._question_cache.get(text)
            if cached is None:
                new.append(place)
            else:
                rows[place] = cached
        rows[new] = super().embed([texts[place] for place in new])
        return rows

    def with_states(self, text: str) -> tuple[Vectors, States]:
        """Return the vector [dimension] of a question and the states of its content tokens."""
        inputs = self._tokens.encode([text])
        rows, states = self._session.run(["embedding", "states"], inputs)
        ids = inputs["input_ids"][0]
        vector = normalised(rows)[0]
        self._question_cache[text] = vector
        for old in list(self._question_cache)[:-_CACHED_QUESTIONS]:
            self._question_cache.pop(old, None)
        return vector, content_states(states[0], ids, self._tokens.content)
