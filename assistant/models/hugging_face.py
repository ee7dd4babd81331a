"""A Hugging Face model in this process, through LlamaIndex, which we make stoppable."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.engine import Engine
from assistant.engine_kinds import EngineKind, Reachable
from assistant.models.engine_config import EngineConfig
from assistant.models.model import ChatMessage, Delta, ModelFailure
from assistant.models.model_engine import configured_context, model_engine
from corpus.i18n import tr
from corpus.telemetry import ALLOW_HUB
from index.sentence_embedder import needs_torch

_LOG = logging.getLogger(__name__)


class HuggingFaceModel:
    """A causal language model from a folder or, where the user allows downloads, from the hub."""

    def __init__(self, name: str, context: int | None = None) -> None:
        self.name = name
        self._wanted = context

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """The model and its tokenizer; raises ModelFailure where they cannot be loaded."""
        try:
            import torch  # noqa: F401  # reason: transformers is importable without it
            from llama_index.llms.huggingface import HuggingFaceLLM  # noqa: F401
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise ModelFailure(needs_torch(self.name), logged="torch is not installed") from error

        local = Path(self.name).expanduser()
        source = str(local) if local.exists() else self.name
        started = time.monotonic()
        try:
            # Weights as safetensors only, and no code of the model's own: neither can run anything.
            model = AutoModelForCausalLM.from_pretrained(
                source, use_safetensors=True, trust_remote_code=False
            )
            tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        except Exception as error:  # reason: the loader raises anything; it all means "not loaded"
            reason = str(error).strip().split("\n")[0][:120]
            raise ModelFailure(
                tr(
                    "the model {name} cannot be loaded ({error}); give the folder of a model with "
                    "safetensors, or set {variable}=1 to let it be downloaded",
                    name=self.name,
                    error=reason,
                    variable=ALLOW_HUB,
                ),
                logged=f"the model cannot be loaded ({type(error).__name__})",
            ) from error
        _LOG.info("loaded %s in %.1f s", local.name, time.monotonic() - started)
        return model, tokenizer

    @property
    def context(self) -> int:
        """The model's own limit in tokens, or the user's where that is smaller."""
        model, _ = self._loaded
        own = int(getattr(model.config, "max_position_embeddings", 0) or 4096)
        return min(own, self._wanted) if self._wanted else own

    def count(self, text: str) -> int:
        """Return the tokens of `text` by the model's tokenizer."""
        _, tokenizer = self._loaded
        return len(tokenizer(text, add_special_tokens=False)["input_ids"])

    async def stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int] = ()
    ) -> AsyncIterator[Delta]:
        """Yield what the model says; see Model.stream."""
        from llama_index.core.llms import ChatMessage
        from llama_index.llms.huggingface import HuggingFaceLLM

        model, tokenizer = self._loaded
        watched = _StoppableModel(model)
        chat = [ChatMessage(role=one.role, content=one.text) for one in messages]
        client = HuggingFaceLLM(
            model=watched,
            tokenizer=tokenizer,
            model_name=self.name,
            tokenizer_name=self.name,
            context_window=self.context,
            max_new_tokens=most,
            is_chat_model=True,
            generate_kwargs={"do_sample": False},
        )
        prompt_tokens = self.count("\n".join(one.text for one in messages))
        if prompt_tokens + most > self.context:
            # Without this check it generates garbage beyond its last position.
            raise ModelFailure(
                tr("the question with its passages is too long for it"), too_long=True
            )
        given = 0
        try:
            pieces = iter(client.stream_chat(chat))
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                given += 1
                yield Delta(piece.delta or "")
            if watched.failure:
                raise ModelFailure(
                    tr("it failed while writing ({error})", error=watched.failure),
                    logged="it failed while writing",
                )
            yield Delta("", "length" if given >= most else "stop", prompt_tokens, given)
        finally:
            watched.stop()


class _StoppableModel:
    """A model whose generation can be stopped, and ends its stream when it fails.

    LlamaIndex's stream waits for ever when `generate` raises in its thread, and offers no stop.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._stopped = threading.Event()
        self.failure = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def stop(self) -> None:
        """Let the generation end after the present token."""
        self._stopped.set()

    def generate(self, **options: Any) -> Any:
        """Generate as the model does, stopping when asked to."""
        criteria = options["stopping_criteria"]
        criteria.append(lambda *_, **__: self._stopped.is_set())
        try:
            return self._model.generate(**options)
        except Exception as error:  # noqa: BLE001  # reason: whatever it is must end the stream
            _LOG.error("the model failed while writing", exc_info=error)
            self.failure = f"{type(error).__name__}: {str(error).strip().split(chr(10))[0][:100]}"
            options["streamer"].end()
            return None


def _make(model: str, config: EngineConfig) -> Engine:
    name = f"hf:{model}"
    return model_engine(
        name, HuggingFaceModel(model, configured_context(config, name, "hf")), "", config
    )


def _discover(_: EngineConfig) -> Iterator[Reachable]:
    detail = "runs in this process; give the folder of a model"
    yield Reachable("hf:PATH_OR_NAME", True, detail, is_form=True)


HUGGING_FACE = EngineKind(_make, model="PATH_OR_NAME", discover=_discover, title="Hugging Face")
