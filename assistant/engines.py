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
    "local:NAME, hf:PATH_OR_NAME, URL#MODEL"
)
_HOSTED_CONTEXT = {"openai": 128_000, "anthropic": 200_000, "deepseek": 64_000}
_SMALLEST_CONTEXT = 2048
# Tokens of passages that a model on this machine is given: a laptop without a graphics card reads
# some forty to eighty a second (1.5 billion parameters, two cores). More for one that has written
# faster here: 60 for each word a second.
_EVIDENCE, _EVIDENCE_MOST, _EVIDENCE_A_WORD = 600, 4000, 60
# Of a server on loopback, of whose speed nothing is known.
_EVIDENCE_OF_SERVER = 1500


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
        return _preferred(settled, home) or _found(settled)
    address, mark, model = name.partition("#")
    if mark and urlsplit(address).scheme in {"http", "https"}:
        return _at_address(name, address, model, settled)
    kind, colon, model = name.partition(":")
    if kind == "local" and model.strip():
        return _local(model, settled, home)
    if not colon or not model.strip() or kind not in _MAKERS:
        raise UsageError(
            said("there is no engine {name}; give one of: {forms}", name=repr(name), forms=FORMS)
        )
    return _MAKERS[kind](model.strip(), settled)


def _preferred(settled: Settled, home: Path) -> Engine | None:
    """Return the model of this machine that `briefing models use` chose, or the best able one."""
    from assistant.models.machine import total_memory
    from assistant.models.store import Store

    model = Store(home).preferred(total_memory())
    return _local(model.name, settled, home) if model else None


def _local(name: str, settled: Settled, home: Path) -> Engine:
    """Return the engine of a model that is installed here; its process starts when it is asked."""
    from assistant.models.local import local_server
    from assistant.models.store import Store

    store = Store(home)
    model = store.named(name)
    called = f"local:{model.name}"
    server = local_server(model, store, _context(settled, called, "local"))
    evidence = max(_EVIDENCE, min(_EVIDENCE_MOST, int(_EVIDENCE_A_WORD * model.speed)))
    return _engine(called, server, "", settled, evidence)


def _found(settled: Settled) -> Engine:
    """Return an engine on a server of this machine, or the one that needs no model."""
    from assistant.models.reach import local_servers

    for server in local_servers():
        if server.kind == "ollama":
            return _ollama(server.models[0], settled)
        name = f"{server.address}#{server.models[0]}"
        return _at_address(name, server.address, server.models[0], settled)
    return ExtractiveEngine()


def _engine(
    name: str, model: Model, address: str, settled: Settled, evidence: int | None = None
) -> Engine:
    from assistant.models.clients import is_loopback
    from assistant.models.writer import ModelEngine

    place = "" if not address or is_loopback(address) else urlsplit(address).netloc
    place = place.rpartition("@")[2]
    if evidence is None and address and not place:
        evidence = _EVIDENCE_OF_SERVER
    return ModelEngine(name, model, place, settled.limits, settled.prices.get(name), evidence)


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
    from assistant.models.clients import GRAMMAR, SCHEMA, OpenAIServer
    from assistant.models.reach import is_llama_cpp, server_context

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
    server = OpenAIServer(
        model,
        base,
        settled.key(address),
        max(_SMALLEST_CONTEXT, context),
        GRAMMAR if is_llama_cpp(base) else SCHEMA,
    )
    return _engine(name, server, base, settled)


def _ollama(model: str, settled: Settled) -> Engine:
    from assistant.models.clients import SCHEMA, OllamaServer
    from assistant.models.reach import ollama_address, ollama_context

    name, address = f"ollama:{model}", ollama_address()
    context = _context(settled, name, "ollama") or ollama_context(address, model)
    server = OllamaServer(model, address, context=context, form=SCHEMA)
    return _engine(name, server, address, settled)


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
            server: Model = clients.AnthropicServer(model, address, key, context, clients.SCHEMA)
        else:
            address, form = (
                (clients.OPENAI, clients.SCHEMA)
                if provider == "openai"
                else (clients.DEEPSEEK, clients.JSON)
            )
            server = clients.OpenAIServer(model, address, key, context, form)
        return _engine(name, server, address, settled)

    return make


_MAKERS: dict[str, Callable[[str, Settled], Engine]] = {
    "ollama": _ollama,
    "hf": _hugging_face,
    **{provider: _hosted(provider) for provider in _HOSTED_CONTEXT},
}


def _here(home: Path) -> Iterator[Reachable]:
    """Yield the models that are installed here, or how to get one."""
    from assistant.models.store import Store

    here = Store(home).installed()
    for one in here:
        yield Reachable(
            f"local:{one.name}", True, f"a model of {one.bytes / 1e9:.1f} GB on this machine"
        )
    if not here:
        yield Reachable(
            "local:MODEL", False, "no model is on this machine; see: briefing models, and get one: "
            "briefing models get NAME"
        )  # fmt: skip


def reachable(home: Path) -> Iterator[Reachable]:
    """Yield every kind of engine: what answers now, and what each other would need.

    Asks servers on this machine only; a hosted provider is never contacted. Raises UsageError.
    """
    from assistant.models.reach import local_servers, ollama_address

    settled = Settled.from_home(home)
    yield Reachable("extractive", True, "quotes the library; needs no model, key or network")
    yield from _here(home)
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
