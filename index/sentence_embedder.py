"""Embedding by sentence-transformers: for documents, and for any model the user names."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpus.counting import Counter, Counting
from corpus.errors import EmbedderError
from corpus.i18n import tr
from corpus.token_codes import TokenCodes
from index.embedder_weights import weights_folder
from index.embedding import Vectors, normalised
from index.late_interaction import codes_of, content_states, content_tokens
from index.onnx_embedder import write_atomically

# Length-sorted batches of 8: 1.1 to 1.4 times the default batch of 32 on two cores.
_BATCH = 8


class SentenceEmbedder:
    """A sentence-transformers model, in bfloat16 where the processor computes in it.

    Measured on two cores: 1.9 times the passages a second at a cosine of 0.9999 to float32; on a
    processor without the instructions 0.26 times, hence the guard. int8 changed 13 % of the top
    ten and is not offered. Vectors are normalised in float32 (raw rows: 0.9987).
    """

    def __init__(self, name: str, *, cache: Path) -> None:
        """Load model `name` (a name, or a folder) from this machine; raises EmbedderError."""
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self._folder = str(weights_folder(name, cache=cache))
        fast = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
        try:
            self._model: Any = SentenceTransformer(
                self._folder,
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": torch.bfloat16 if fast else torch.float32},
            )
        except (OSError, ValueError) as error:
            raise EmbedderError(
                tr(
                    "no embedding model {name} on this machine: give a folder, or a model that the "
                    "hub's local cache holds",
                    name=repr(name),
                )
            ) from error
        self._content: Any = None
        self._count: Counter | None = None
        # Tokenizers that are set up anew at each call do not bear two threads at once.
        self._encoding = threading.Lock()
        self.name = name
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [len(texts), dimension], rows of length 1."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        # encode() sorts by length before it cuts batches, and puts the rows back in order.
        with self._encoding:
            rows = self._model.encode(
                list(texts), batch_size=_BATCH, show_progress_bar=False, convert_to_tensor=True
            )
        return normalised(rows.float().cpu().numpy())

    def with_codes(self, texts: Sequence[str]) -> tuple[Vectors, TokenCodes]:
        """Return the vectors of `embed` and the codes of the texts' tokens, from one pass.

        Only for the model that the constants of index.late_interaction were made for.
        """
        if not texts:
            return self.embed(texts), TokenCodes.none(0)
        with self._encoding:
            rows = self._model.encode(
                list(texts), batch_size=_BATCH, show_progress_bar=False, output_value=None
            )
        if self._content is None:
            self._content = content_tokens(self._model.tokenizer.get_vocab())
        vectors, codes = [], []
        for row in rows:
            length = int(row["attention_mask"].sum())
            states = row["token_embeddings"][:length].float().cpu().numpy()
            ids = row["input_ids"][:length].cpu().numpy()
            codes.append(codes_of(content_states(states, ids, self._content)))
            vectors.append(row["sentence_embedding"].float().cpu().numpy())
        return normalised(np.stack(vectors)), TokenCodes.of(codes)

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

    def export(self, target: Path) -> None:
        """Write the model, pooling and normalising included, as ONNX in float32 to `target`.

        The lighter runtime then embeds questions: 0.4 s to load against 6 s, 5 ms against 14 ms.
        Mean pooling over the attention mask, as the model's card defines; the caller compares the
        vectors, since another model may pool otherwise. The states of the tokens come out beside
        them, for late interaction.
        """
        import torch
        from transformers import AutoModel

        # Loaded again: the weights here are rounded to bfloat16.
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
                dynamo=False,
            )
