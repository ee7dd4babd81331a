"""What every exported embedder shares, whoever computes it: tokens, batches, vectors and codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.counting import Counting
from corpus.errors import EmbedderError
from corpus.i18n import tr
from corpus.token_codes import Bits, TokenCodes
from index.embedding import Vectors, normalised
from index.late_interaction import States, codes_of, content_states, content_tokens

Inputs = Mapping[str, NDArray[np.int64]]
# Texts computed at once, alike lengths together. A passage takes 15.3 core-ms by 4, 15.7 by 8, 17.2
# alone (OpenVINO); 47 sentences of an answer take 0.28 s by 4, 0.35 s by 16 (ONNX Runtime).
BATCH = 4


def damaged(model: Path) -> EmbedderError:
    """Return the error for a model that does not load."""
    return EmbedderError(
        tr("the exported embedding model is damaged: delete {file} and run again", file=model)
    )


class OnnxTokenizer:
    """The model's own tokenizer without the model: 0.05 s to load, 4,000 passages a second."""

    def __init__(self, folder: Path, *, most_tokens: int = 256) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(most_tokens)
        self._tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
        self.counting = Counting((folder / "tokenizer.json").read_text(encoding="utf-8"))
        self._count = self.counting.counter()

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, the model's own marks not included."""
        return self._count(texts)

    @cached_property
    def content(self) -> Any:
        """Which token ids carry content (index.late_interaction.content_tokens)."""
        return content_tokens(self._tokenizer.get_vocab())

    def encode(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the model's three int64 inputs, cut to what it reads and padded."""
        encoded = self._tokenizer.encode_batch(list(texts))
        rows = {
            "input_ids": [one.ids for one in encoded],
            "attention_mask": [one.attention_mask for one in encoded],
            "token_type_ids": [one.type_ids for one in encoded],
        }
        return {name: np.array(values, dtype=np.int64) for name, values in rows.items()}


class ExportedEmbedder:
    """A model exported to ONNX; a subclass computes it by one runtime or another.

    The model gives "embedding" [texts, dimension] and "states" [texts, tokens, dimension].
    """

    def __init__(self, name: str, folder: Path) -> None:
        """Use the tokenizer of `folder`."""
        self._tokens = OnnxTokenizer(folder)
        self.counting = self._tokens.counting
        self.name = name

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        raise NotImplementedError

    def _computed(self, batches: Iterable[Inputs]) -> Iterator[tuple[int, Vectors, States]]:
        """Yield the number of each batch with its vectors and states, in whatever order."""
        raise NotImplementedError

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [len(texts), dimension], rows of length 1, in the order given."""
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        batches, inputs = self._batches(texts)
        for number, vectors, _ in self._computed(inputs):
            rows[batches[number]] = vectors
        return normalised(rows)

    def with_codes(self, texts: Sequence[str]) -> tuple[Vectors, TokenCodes]:
        """Return the vectors of `embed` and the codes of the texts' tokens, from one pass.

        Only for the model that the constants of index.late_interaction were made for.
        """
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        codes: list[Bits] = [np.zeros((0, 0), dtype=np.uint8)] * len(texts)
        batches, inputs = self._batches(texts)
        encoded: list[Inputs] = []

        def noted() -> Iterator[Inputs]:
            for one in inputs:
                encoded.append(one)
                yield one

        for number, vectors, states in self._computed(noted()):
            rows[batches[number]] = vectors
            ids, mask = encoded[number]["input_ids"], encoded[number]["attention_mask"]
            for row, place in enumerate(batches[number]):
                length = int(mask[row].sum())
                some = content_states(states[row, :length], ids[row, :length], self._tokens.content)
                codes[place] = codes_of(some)
        return normalised(rows), TokenCodes.of(codes)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, the model's own marks not included."""
        return self._tokens.count(texts)

    def _batches(self, texts: Sequence[str]) -> tuple[list[list[int]], Iterator[Inputs]]:
        """Return the places of each batch's texts, the longest first, and its inputs.

        Alike lengths together: the sentences of eight passages in one batch are mostly padding. No
        core is left alone with a long one at the end.
        """
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        batches = [order[first : first + BATCH] for first in range(0, len(order), BATCH)]
        return batches, (self._tokens.encode([texts[one] for one in some]) for some in batches)
