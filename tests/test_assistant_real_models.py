"""Engines on real model software: llama.cpp's own server, and Hugging Face in this process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.engine import Usage, Waiting
from assistant.engine_selection import engine_named
from assistant.models.clients import GRAMMAR, AnthropicServer, OpenAIServer
from assistant.models.hugging_face import HuggingFaceModel
from assistant.models.model import ChatMessage, Delta, ModelFailure
from assistant.models.model_engine import ModelEngine
from assistant.models.streaming import Deadlines, run
from corpus.errors import EngineError
from tests.test_assistant_models import said, task
from tests.tiny import grammar_of, llama_cpp, tiny_gguf, tiny_hugging_face

pytestmark = [pytest.mark.models, pytest.mark.process]

SCRIPT = "Ship 1 came in May [1]. It carried much salt, so the log says [2]."
ENOUGH = Deadlines(first=60.0, silence=30.0)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_cpp(tiny_gguf(tmp_path_factory.mktemp("gguf"))) as address:
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_hugging_face(tmp_path_factory.mktemp("hf"))


def test_llama_cpp_answers_through_its_openai_endpoint(address: str, tmp_path: Path) -> None:
    """Named by its address, its context is asked from it; the answer streams with its counts."""
    engine = engine_named(f"{address}#tiny", tmp_path)
    assert isinstance(engine, ModelEngine) and isinstance(engine.model, OpenAIServer)
    assert engine.model.context == 8192 and engine.host == ""
    scripted = replace(engine, model=replace(engine.model, extra=grammar_of(SCRIPT)))
    pieces = [one for one in scripted.write(task()) if not isinstance(one, Waiting)]
    usage = pieces[-1]
    assert isinstance(usage, Usage) and usage.prompt_tokens and usage.answer_tokens
    assert "".join(str(one) for one in pieces[:-1]) == SCRIPT
    assert len(pieces) > 10


def test_llama_cpp_answers_through_its_anthropic_endpoint(address: str) -> None:
    """The same server speaks Anthropic's messages (and takes no grammar there: it says noise)."""
    model = AnthropicServer("tiny", address)
    pieces = list(
        run(model, [ChatMessage("system", "Be brief."), ChatMessage("user", "So?")], 20, ENOUGH)
    )
    end = [one for one in pieces if isinstance(one, Delta) and one.finish][-1]
    assert end.finish == "length" and end.answer_tokens == 20 and said(iter(pieces))


def test_llama_cpp_takes_our_grammar_and_tells_how_far_it_has_read(address: str) -> None:
    """The first word is one that a sentence may begin with; the share of the prompt rises to 1."""
    model = OpenAIServer("tiny", f"{address}/v1", form=GRAMMAR)
    asking = [ChatMessage("system", "Be brief."), ChatMessage("user", "salt " * 600)]
    pieces = list(run(model, asking, 3, ENOUGH, labels=[3, 5]))
    words = "".join(one.text for one in pieces if isinstance(one, Delta))
    assert re.match(r"[^a-z\s]|[a-z][A-Z]", words)
    read = [one.reason for one in pieces if isinstance(one, Waiting) and "%" in one.reason]
    assert read and "100 %" in read[-1]


def test_llama_cpp_is_free_again_after_a_stop(address: str) -> None:
    """A stopped generation does not hold the server: the next answer comes at once."""
    endless = OpenAIServer("tiny", f"{address}/v1", extra={"grammar": 'root ::= [a-z]+ " " root'})
    pieces = run(endless, [ChatMessage("user", "Go on.")], 4000, ENOUGH)
    assert any(isinstance(one, Delta) and one.text for one in pieces)
    begun = time.monotonic()
    pieces.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 15
    model = replace(endless, extra=grammar_of("Yes [1]."))
    assert said(run(model, [ChatMessage("user", "So?")], 50, ENOUGH)) == "Yes [1]."
    assert time.monotonic() - begun < 30


def test_llama_cpp_with_a_small_context_gets_less_evidence(tmp_path: Path) -> None:
    """A server of 4,096 tokens, whose tokens are bytes, refuses; less evidence is tried."""
    with llama_cpp(tiny_gguf(tmp_path), context=4096) as small:
        engine = engine_named(f"{small}#tiny", tmp_path)
        assert isinstance(engine, ModelEngine) and isinstance(engine.model, OpenAIServer)
        assert engine.model.context == 4096
        scripted = replace(engine, model=replace(engine.model, extra=grammar_of("Yes [1].")))
        *pieces, usage = scripted.write(task(8, 160))
    assert "".join(one for one in pieces if isinstance(one, str)) == "Yes [1]."
    assert isinstance(usage, Usage) and usage.prompt_tokens and 2500 < usage.prompt_tokens < 4096


def test_hugging_face_answers_in_this_process(folder: Path, tmp_path: Path) -> None:
    """A model in a folder is loaded as safetensors, streams noise, and is counted by its tokens."""
    engine = engine_named(f"hf:{folder}", tmp_path)
    assert isinstance(engine, ModelEngine) and engine.host == ""
    model = engine.model
    assert model.context == 4096 and model.count("salt") == 4
    pieces = list(run(model, [ChatMessage("user", "So?")], 20, ENOUGH))
    end = next(one for one in pieces if isinstance(one, Delta) and one.finish)
    assert end.finish in {"length", "stop"} and end.prompt_tokens == 3


def test_hugging_face_refuses_what_does_not_fit(folder: Path) -> None:
    """Beyond its last position a model would run on garbage: that is refused before it starts."""
    with pytest.raises(ModelFailure, match="too long"):
        said(run(HuggingFaceModel(str(folder)), [ChatMessage("user", "a" * 4096)], 20, ENOUGH))


def test_hugging_face_stops(folder: Path) -> None:
    """Closing the stream ends the generation in its thread, long before its last word."""
    pieces = run(HuggingFaceModel(str(folder)), [ChatMessage("user", "So?")], 3000, ENOUGH)
    with closing(pieces):  # type: ignore[type-var]
        while not any(isinstance(one, Delta) for one in [next(pieces)]):
            continue
        generating = [one for one in threading.enumerate() if "generate" in one.name]
        begun = time.monotonic()
    for one in generating:
        one.join(15)
        assert not one.is_alive()
    assert time.monotonic() - begun < 30


def test_hugging_face_says_when_it_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in the generating thread ends the answer with its reason, not in a wait."""
    model = HuggingFaceModel(str(folder))
    network, _ = model._loaded

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(network, "forward", broken)
    begun = time.monotonic()
    with pytest.raises(ModelFailure, match="out of memory"):
        said(run(model, [ChatMessage("user", "So?")], 20, ENOUGH))
    assert time.monotonic() - begun < 30


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A name that is no folder, offline, is one line that says what to do."""
    engine = engine_named("hf:nobody/nothing", tmp_path)
    with pytest.raises(EngineError, match="cannot be loaded"):
        list(engine.write(task()))


def test_the_hub_is_shut_unless_the_user_opens_it() -> None:
    """BRIEFING_HUB=1 lets models be downloaded; nothing else in the environment does."""
    code = "import corpus, os; print(os.environ.get('HF_HUB_OFFLINE'))"
    for given, seen in (("0", "1"), ("1", "None")):
        environment = os.environ | {"BRIEFING_HUB": given, "HF_HUB_OFFLINE": "0"}
        shown = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True,
            check=True, cwd=Path(__file__).parent.parent,
        )  # fmt: skip
        assert shown.stdout.strip() == seen
