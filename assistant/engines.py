"""The engines by their names, and which of them could answer now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from assistant.engine import Engine
from assistant.extractive import ExtractiveEngine
from assistant.models.model import Model
from assistant.models.settled import Settled, variable_of
from corpus.errors import UsageError
from corpus.said import said

FORMS = (
    "auto, extractive, ollama:MODEL, openai:MODEL, anthropic:MODEL, deepseek:MODEL, "
    "hf:PATH_OR_NAME, URL#MODEL"
)
_HOSTED_CONTEXT = {"openai": 128_000, "anthropic": 200_000, "deepseek": 64_000}
_SMALLEST_CONTEXT = 2048


@dataclass(frozen=True, slots=True)
class Reachable:
    """An engine or a family of them: whether it can answer now, and what it has or needs."""

    name: str
    ready: bool
    detail: str
    place: str = ""


def engine_named(name: str, home: Path) -> Engine:
    """Return the engine of that name; "auto" is the best one found on this machine.

    A hosted engine is made only when `name` names it: a key in the environment is not consent.
    Raises UsageError for an unknown name, a missing key, or settings that cannot be read.
    """
    if name == "extractive":
        return ExtractiveEngine()
    settled = Settled.from_home(home)
    if name == "auto":
        return _found(settled)
    address, mark, model = name.partition("#")
    if mark and urlsplit(address).scheme in {"http", "https"}:
        return _at_address(name, address, model, settled)
    kind, colon, model = name.partition(":")
    if not colon or not model.strip() or kind not in _MAKERS:
        raise UsageError(
            said("there is no engine {name}; give one of: {forms}", name=repr(name), forms=FORMS)
        )
    return _MAKERS[kind](model.strip(), settled)


def _found(settled: Settled) -> Engine:
    """Return an engine on a server of this machine, or the one that needs no model."""
    from assistant.models.reach import local_servers

    for server in local_servers():
        if server.kind == "ollama":
            return _ollama(server.models[0], settled)
        name = f"{server.address}#{server.models[0]}"
        return _at_address(name, server.address, server.models[0], settled)
    return ExtractiveEngine()


def _engine(name: str, model: Model, address: str, settled: Settled) -> Engine:
    from assistant.models.clients import is_loopback
    from assistant.models.writer import ModelEngine

    place = "" if not address or is_loopback(address) else urlsplit(address).netloc
    place = place.rpartition("@")[2]
    return ModelEngine(name, model, place, settled.limits, settled.prices.get(name))


def _context(settled: Settled, *names: str) -> int | None:
    """Return the context that the user set under one of `names`; raises UsageError if too small."""
    for name in names:
        if name in settled.context:
            tokens = settled.context[name]
            if tokens < _SMALLEST_CONTEXT:
                raise UsageError(
                    said(
                        "a context of {tokens} tokens for {name} holds no evidence; give {least} "
                        "or more",
                        tokens=tokens,
                        name=name,
                        least=f"{_SMALLEST_CONTEXT:,}",
                    )
                )
            return tokens
    return None


def _at_address(name: str, address: str, model: str, settled: Settled) -> Engine:
    from assistant.models.clients import OpenAIServer
    from assistant.models.reach import server_context

    parts = urlsplit(address)
    if not parts.hostname or parts.username or not model.strip():
        raise UsageError(
            said(
                "{name} names no server and model; give it as http://HOST:PORT#MODEL",
                name=repr(name),
            )
        )
    base = address.rstrip("/")
    base = base if parts.path.strip("/") else f"{base}/v1"
    context = _context(settled, name, address) or server_context(base, model) or 4096
    server = OpenAIServer(model, base, settled.key(address), max(_SMALLEST_CONTEXT, context))
    return _engine(name, server, base, settled)


def _ollama(model: str, settled: Settled) -> Engine:
    from assistant.models.clients import OllamaServer
    from assistant.models.reach import ollama_address, ollama_context

    name, address = f"ollama:{model}", ollama_address()
    context = _context(settled, name, "ollama") or ollama_context(address, model)
    return _engine(name, OllamaServer(model, address, context=context), address, settled)


def _hugging_face(model: str, settled: Settled) -> Engine:
    from assistant.models.hugging_face import HuggingFaceModel

    name = f"hf:{model}"
    return _engine(name, HuggingFaceModel(model, _context(settled, name, "hf")), "", settled)


def _hosted(provider: str) -> Callable[[str, Settled], Engine]:
    def make(model: str, settled: Settled) -> Engine:
        from assistant.models import clients

        name, key = f"{provider}:{model}", settled.key(provider)
        if not key:
            raise UsageError(
                said(
                    "{name} needs a key: set {variable}, or write it under [keys] of engines.toml "
                    "in the data folder (chmod 600)",
                    name=name,
                    variable=variable_of(provider),
                )
            )
        context = _context(settled, name, provider) or _HOSTED_CONTEXT[provider]
        if provider == "anthropic":
            address = clients.ANTHROPIC
            server: Model = clients.AnthropicServer(model, address, key, context)
        else:
            address = clients.OPENAI if provider == "openai" else clients.DEEPSEEK
            server = clients.OpenAIServer(model, address, key, context)
        return _engine(name, server, address, settled)

    return make


_MAKERS: dict[str, Callable[[str, Settled], Engine]] = {
    "ollama": _ollama,
    "hf": _hugging_face,
    **{provider: _hosted(provider) for provider in _HOSTED_CONTEXT},
}


def reachable(home: Path) -> Iterator[Reachable]:
    """Yield every kind of engine: what answers now, and what each other would need.

    Asks servers on this machine only; a hosted provider is never contacted. Raises UsageError.
    """
    from assistant.models.reach import local_servers, ollama_address

    settled = Settled.from_home(home)
    yield Reachable("extractive", True, "quotes the library; needs no model, key or network")
    servers = local_servers()
    ollama = [one for one in servers if one.kind == "ollama"]
    for server in ollama:
        for model in server.models:
            yield Reachable(f"ollama:{model}", True, f"answers at {server.address}")
    if not ollama:
        yield Reachable(
            "ollama:MODEL", False, f"no Ollama with a chat model answers at {ollama_address()}: "
            "start it (ollama serve) and get a model (ollama pull qwen3:4b)",
        )  # fmt: skip
    for server in servers:
        if server.kind != "ollama":
            for model in server.models:
                yield Reachable(f"{server.address}#{model}", True, f"answers at {server.address}")
    if len(servers) == len(ollama):
        yield Reachable(
            "URL#MODEL", False, "no llama.cpp, vLLM or LM Studio answers on its usual port of this "
            "machine; name one elsewhere as http://HOST:PORT#MODEL",
        )  # fmt: skip
    for provider in _HOSTED_CONTEXT:
        key = bool(settled.key(provider))
        has = "has a key; used only when you name it" if key else f"set {variable_of(provider)}"
        yield Reachable(f"{provider}:MODEL", key, f"hosted, sends text out; {has}", provider)
    yield Reachable("hf:PATH_OR_NAME", True, "runs in this process; give the folder of a model")
