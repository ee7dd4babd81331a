"""A model on this machine, run by our own child: started by the first question, kept warm."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from assistant.engine import Engine
from assistant.engine_kinds import EngineKind, Reachable
from assistant.models import llama_server
from assistant.models.clients import GRAMMAR, OpenAIServer
from assistant.models.engine_config import EngineConfig
from assistant.models.engine_factory import configured_context, model_engine
from assistant.models.model import ChatMessage, Delta, ModelFailure
from assistant.models.model_store import Installed, ModelStore
from corpus.errors import ReadError

# Tokens that prompt and answer may have together unless the user settles on another number: more
# is read for minutes without a graphics card, and costs memory that a laptop may not have.
CONTEXT = 8192
_POLL_SECONDS, _NEWS = 0.1, 2.0
# Tokens of passages that a model on this machine is given: a laptop without a graphics card reads
# some forty to eighty a second (1.5 billion parameters, two cores). More for one that has written
# faster here: 60 for each word a second.
_EVIDENCE, _EVIDENCE_MOST, _EVIDENCE_A_WORD = 600, 4000, 60
# A speed is noted from so many words on.
_LEAST_WORDS = 15
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_SIGN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class LocalServer(OpenAIServer):
    """llama.cpp's server as our child. Making one starts nothing, and reads no file."""

    model: Installed | None = None
    store: ModelStore | None = None

    async def stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int] = ()
    ) -> AsyncIterator[Delta]:
        """Yield what the model says; see Model.stream. Starts the child where none runs."""
        assert self.model is not None and self.store is not None
        try:
            file = self.store.checked(self.model)
        except ReadError as error:
            raise ModelFailure(str(error)) from error
        needed = self.model.memory(self.context)
        with llama_server.serve(file, context=self.context, needed=needed) as turn:
            child, heard = turn.child, time.monotonic()
            # A second request would wait within the child, which tells nothing of it.
            while not turn.is_next or (place := child.server_address()) is None:
                await asyncio.sleep(_POLL_SECONDS)
                if time.monotonic() - heard > _NEWS:
                    heard = time.monotonic()
                    # Whoever listens gives up on a model that is silent for long.
                    yield Delta(read=0.0, alive=True)
            server = OpenAIServer(
                name=self.name,
                address=f"{place.address}/v1",
                key=place.key,
                context=self.context,
                form=self.form,
                extra=self.extra,
            )
            pace = _WritingSpeed()
            # Closed here and now: that is what frees the child.
            asked = cast(AsyncGenerator[Delta, None], server.stream(messages, most, labels))
            async with aclosing(asked) as pieces:
                try:
                    async for piece in pieces:
                        pace.hear(piece.text)
                        yield piece
                except ModelFailure as failure:
                    # A connection breaks a moment before its process is gone.
                    await asyncio.sleep(_POLL_SECONDS)
                    if child.alive:
                        raise
                    raise ModelFailure(child.exit_reason(), retryable=True) from failure
        if words := pace.words_a_second:
            self.store.note_speed(self.model.name, words)


def local_server(model: Installed, store: ModelStore, context: int | None = None) -> LocalServer:
    """Return an installed model as a model to ask; `context` in tokens, 8,192 unless given."""
    thinks = model.entry is None or model.entry.thinks
    return LocalServer(
        name=model.name,
        address="",
        context=min(context or CONTEXT, model.context),
        form=GRAMMAR,
        # Heeded by templates that know it, passed over by the others.
        extra={"chat_template_kwargs": {"enable_thinking": False}} if thinks else {},
        model=model,
        store=store,
    )


class _WritingSpeed:
    """How fast words come, from the first piece to the last; two Chinese signs count as a word."""

    def __init__(self) -> None:
        self._text = ""
        self._first = self._last = 0.0

    def hear(self, text: str) -> None:
        if not text:
            return
        self._last = time.monotonic()
        if not self._first:
            # What came before the clock began to run is not counted.
            self._first = self._last
            return
        self._text += text

    @property
    def words_a_second(self) -> float:
        """The pace; 0 for too few words to tell."""
        signs = len(_SIGN.findall(self._text))
        words = len(_WORD.findall(_SIGN.sub(" ", self._text))) + signs / 2
        passed = self._last - self._first
        return words / passed if words >= _LEAST_WORDS and passed > 0 else 0.0


def _make(name: str, config: EngineConfig) -> Engine:
    """Return the engine of a model that is installed here; its process starts when it is asked."""
    store = ModelStore(config.home)
    model = store.named(name)
    called = f"local:{model.name}"
    server = local_server(model, store, configured_context(config, called, "local"))
    evidence = max(_EVIDENCE, min(_EVIDENCE_MOST, int(_EVIDENCE_A_WORD * model.speed)))
    return model_engine(called, server, "", config, evidence)


def _discover(config: EngineConfig) -> Iterator[Reachable]:
    """Yield the models that are installed here, or how to get one."""
    here = ModelStore(config.home).installed()
    for one in here:
        yield Reachable(
            f"local:{one.name}", True, f"a model of {one.bytes / 1e9:.1f} GB on this machine"
        )
    if not here:
        yield Reachable(
            "local:MODEL", False, "no model is on this machine; see: briefing models, and get one: "
            "briefing models get NAME", is_form=True,
        )  # fmt: skip


LOCAL = EngineKind(_make, model="NAME", discover=_discover)
