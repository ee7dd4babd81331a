"""Embedding by sentence-transformers, from the extra `torch`: any model that the user names."""

from __future__ import annotations

import copy
import threading
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from corpus.counting import Counter, Counting
from corpus.errors import EmbedderError
from corpus.i18n import tr
from index.embedder_weights import weights_folder
from index.embedding import Vectors, normalised
from index.fastest_path import PROBE, fastest
from index.onnx_embedder import write_atomically

# Length-sorted batches of 8: 1.1 to 1.4 times the default batch of 32 on two cores.
_BATCH = 8


def needs_torch(model: str) -> str:
    """Return the line for a model whose packages are not installed."""
    return tr(
        'the model {name} needs further packages: pip install "briefing-assistant[torch]"',
        name=model,
    )


class SentenceEmbedder:
    """A sentence-transformers model, in bfloat16 where that is faster on this processor.

    With the instructions for it: 1.9 times the passages a second at a cosine of 0.9999 to float32;
    without them 0.26 times. Vectors are normalised in float32 (raw rows: 0.9987).
    """

    def __init__(self, name: str, *, cache: Path, precise: bool = False) -> None:
        """Load model `name` (a name, or a folder) from this machine; raises EmbedderError.

        With `precise` it computes in float32, however slowly.
        """
        missing = EmbedderError(
            tr(
                "no embedding model {name} on this machine: give a folder, or a model that the "
                "hub's local cache holds",
                name=repr(name),
            )
        )
        if Path(name).is_absolute() and not Path(name).is_dir():
            raise missing
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging
        except ImportError as error:
            raise EmbedderError(needs_torch(name)) from error
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._folder = str(weights_folder(name, cache=cache))
        self.name = name
        # Tokenizers that are set up anew at each call do not bear two threads at once.
        self._encoding = threading.Lock()
        self._count: Counter | None = None
        try:
            model: Any = SentenceTransformer(
                self._folder,
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": torch.float32},
            )
        except (OSError, ValueError) as error:
            raise missing from error
        self._model = model if precise else self._fastest(model)
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def _fastest(self, model: Any) -> Any:
        """Return the model as it is, or in bfloat16."""
        import torch

        models = {"float32": model, "bfloat16": copy.deepcopy(model).to(torch.bfloat16)}
        ways = {name: partial(self._encoded, one, [PROBE]) for name, one in models.items()}
        return models[fastest(ways)]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [len(texts), dimension], rows of length 1."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return normalised(self._encoded(self._model, texts))

    def _encoded(self, model: Any, texts: Sequence[str]) -> Vectors:
        # encode() sorts by length before it cuts batches, and puts the rows back in order.
        with self._encoding:
            rows = model.encode(
                list(texts), batch_size=_BATCH, show_progress_bar=False, convert_to_tensor=True
            )
        vectors: Vectors = rows.float().cpu().numpy()
        return vectors

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, the model's own marks not included."""
        if self._count is None:
            self._count = self.counting.counter()
        return self._count(texts)

    @property
    def counting(self) -> Counting:
        """How this model counts tokens; raises EmbedderError for a tokenizer of the slow kind."""
        backend = getattr(self._model.tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise EmbedderError(
                tr(
                    "the model {name} has no tokenizer.json; save it with a fast tokenizer",
                    name=repr(self.name),
                )
            )
        return Counting(backend.to_str())

    def export(self, target: Path, *, folded: bool = True) -> None:
        """Write the model, pooling and normalising included, as ONNX in float32 to `target`.

        The lighter runtime then embeds questions: 0.4 s to load against 6 s, 5 ms against 14 ms.
        Mean pooling over the attention mask, as the model's card defines; the caller compares the
        vectors, since another model may pool otherwise. The states of the tokens come out beside
        them, for late interaction. Unless `folded` the weights stay as the model has them.
        """
        import torch
        from transformers import AutoModel

        # Loaded again: the weights here may be rounded to bfloat16.
        transformer = AutoModel.from_pretrained(self._folder, local_files_only=True).float()

        class Pooled(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.transformer = transformer

            def forward(self, ids: Any, mask: Any, kinds: Any) -> Any:
                states = self.transformer(
                    input_ids=ids, attention_mask=mask, token_type_ids=kinds
                ).last_hidden_state
                weight = mask.unsqueeze(-1).to(states.dtype)
                pooled = (states * weight).sum(1) / weight.sum(1)
                return torch.nn.functional.normalize(pooled, dim=1), states

        ids = torch.ones(1, 8, dtype=torch.long)
        names = ["input_ids", "attention_mask", "token_type_ids"]
        with write_atomically(target) as temporary, warnings.catch_warnings():
            # The older exporter is deprecated; the newer needs onnxscript and 8.6 s instead of 3.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Pooled().eval(),
                (ids, ids, torch.zeros_like(ids)),
                str(temporary),
                input_names=names,
                output_names=["embedding", "states"],
                dynamic_axes={name: {0: "texts", 1: "tokens"} for name in [*names, "states"]}
                | {"embedding": {0: "texts"}},
                opset_version=17,
                do_constant_folding=folded,
                dynamo=False,
            )
