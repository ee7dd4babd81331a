"""A model on this machine, run by a child process that the first question starts; kept warm."""

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
from assistant.models.model import ChatMessage, Delta, ModelFailure
from assistant.models.model_engine import configured_context, model_engine
from assistant.models.model_store import Installed, ModelStore
from corpus.errors import ReadError

# Tokens of prompt and answer together unless the user configures another number: more takes
# minutes to read without a graphics card, and memory that a laptop may not have.
CONTEXT = 8192
_POLL_SECONDS, _NEWS = 0.1, 2.0
# Tokens of passages for a model on this machine: a laptop without a graphics card reads some forty
# to eighty a second (1.5 billion parameters, two cores). More for one that has written faster here:
# 60 for each word a second.
_EVIDENCE, _EVIDENCE_MOST, _EVIDENCE_A_WORD = 600, 4000, 60
# Fewer words are too few to measure a speed.
_LEAST_WORDS = 15
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class LocalServer(OpenAIServer):
    """llama.cpp's server as a child process. Making one starts nothing, and reads no file."""

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
        with llama_server.serve(file, context=self.context, needed=needed) as slot:
            child, heard = slot.child, time.monotonic()
            # A second request would wait inside the child, which reports nothing meanwhile.
            while not slot.is_next or (place := child.server_address()) is None:
                await asyncio.sleep(_POLL_SECONDS)
                if time.monotonic() - heard > _NEWS:
                    heard = time.monotonic()
                    # The consumer gives up on a model that is silent for long.
                    yield Delta(read=0.0, alive=True)
            server = OpenAIServer(
                name=self.name,
                address=f"{place.address}/v1",
                key=place.key,
                context=self.context,
                form=self.form,
                extra=self.extra,
            )
            speed = _WritingSpeed()
            # Closed at once: that frees the child.
            asked = cast(AsyncGenerator[Delta, None], server.stream(messages, most, labels))
            async with aclosing(asked) as pieces:
                try:
                    async for piece in pieces:
                        speed.add(piece.text)
                        yield piece
                except ModelFailure as failure:
                    # A connection breaks a moment before its process is gone.
                    await asyncio.sleep(_POLL_SECONDS)
                    if child.alive:
                        raise
                    raise ModelFailure(child.exit_reason(), retryable=True) from failure
        if words := speed.words_a_second:
            self.store.note_speed(self.model.name, words)


def local_server(model: Installed, store: ModelStore, context: int | None = None) -> LocalServer:
    """Return an installed model as a model to ask; `context` in tokens, 8,192 unless given."""
    thinks = model.entry is None or model.entry.thinks
    return LocalServer(
        name=model.name,
        address="",
        context=min(context or CONTEXT, model.context),
        form=GRAMMAR,
        # Templates that do not know it ignore it.
        extra={"chat_template_kwargs": {"enable_thinking": False}} if thinks else {},
        model=model,
        store=store,
    )


class _WritingSpeed:
    """Words a second from the first piece to the last; two Chinese characters count as a word."""

    def __init__(self) -> None:
        self._text = ""
        self._first = self._last = 0.0

    def add(self, text: str) -> None:
        if not text:
            return
        self._last = time.monotonic()
        if not self._first:
            # The clock starts with the first piece, whose own words are not counted.
            self._first = self._last
            return
        self._text += text

    @property
    def words_a_second(self) -> float:
        """The speed; 0 for too few words to tell."""
        characters = len(_CHINESE.findall(self._text))
        words = len(_WORD.findall(_CHINESE.sub(" ", self._text))) + characters / 2
        passed = self._last - self._first
        return words / passed if words >= _LEAST_WORDS and passed > 0 else 0.0


def _make(name: str, config: EngineConfig) -> Engine:
    """Return the engine of a model that is installed here; its process starts when it is asked."""
    store = ModelStore(config.home)
    model = store.named(name)
    full_name = f"local:{model.name}"
    server = local_server(model, store, configured_context(config, full_name, "local"))
    evidence = max(_EVIDENCE, min(_EVIDENCE_MOST, int(_EVIDENCE_A_WORD * model.speed)))
    return model_engine(full_name, server, "", config, evidence)


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
