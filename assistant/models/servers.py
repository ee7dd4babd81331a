"""Engines on model servers: Ollama's models, and those of a server that is named by its address."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from assistant.engine import Engine
from assistant.engine_kinds import EngineKind, Reachable
from assistant.models.clients import GRAMMAR, SCHEMA, OllamaServer, OpenAIServer
from assistant.models.discovery import (
    is_llama_cpp,
    listing_servers,
    ollama_address,
    ollama_context,
    ollama_here,
    server_context,
)
from assistant.models.engine_config import EngineConfig
from assistant.models.engine_factory import SMALLEST_CONTEXT, configured_context, model_engine
from corpus.errors import UsageError
from corpus.i18n import tr

# How such an engine is named.
FORM = "URL#MODEL"


def engine_at_address(name: str, config: EngineConfig) -> Engine:
    """Return the engine of "http://HOST:PORT#MODEL"; raises UsageError for a name that is none."""
    address, _, model = name.partition("#")
    parts = urlsplit(address)
    if not parts.hostname or parts.username or not model.strip():
        raise UsageError(
            tr(
                "{name} names no server and model; give it as http://HOST:PORT#MODEL",
                name=repr(name),
            )
        )
    base = address.rstrip("/")
    base = base if parts.path.strip("/") else f"{base}/v1"
    context = configured_context(config, name, address) or server_context(base, model) or 4096
    server = OpenAIServer(
        model,
        base,
        config.key(address),
        max(SMALLEST_CONTEXT, context),
        GRAMMAR if is_llama_cpp(base) else SCHEMA,
    )
    return model_engine(name, server, base, config)


def first_engine_found(config: EngineConfig) -> Engine | None:
    """Return the engine of the first chat model on a server of this machine; None without one."""
    ollama = ollama_here()
    if ollama is not None:
        return _ollama(ollama.models[0], config)
    server = next(listing_servers(), None)
    return engine_at_address(f"{server.address}#{server.models[0]}", config) if server else None


def discover_addresses() -> Iterator[Reachable]:
    """Yield the models of servers that answer on their usual ports of this machine."""
    here = [f"{one.address}#{model}" for one in listing_servers() for model in one.models]
    for name in here:
        yield Reachable(name, True, f"answers at {name.partition('#')[0]}")
    if not here:
        yield Reachable(
            FORM, False, "no llama.cpp, vLLM or LM Studio answers on its usual port of this "
            "machine; name one elsewhere as http://HOST:PORT#MODEL", is_form=True,
        )  # fmt: skip


def _ollama(model: str, config: EngineConfig) -> Engine:
    name, address = f"ollama:{model}", ollama_address()
    context = configured_context(config, name, "ollama") or ollama_context(address, model)
    server = OllamaServer(model, address, context=context, form=SCHEMA)
    return model_engine(name, server, address, config)


def _discover_ollama(_: EngineConfig) -> Iterator[Reachable]:
    server = ollama_here()
    if server is None:
        yield Reachable(
            "ollama:MODEL", False, f"no Ollama with a chat model answers at {ollama_address()}: "
            "start it (ollama serve) and get a model (ollama pull qwen3:4b)", is_form=True,
        )  # fmt: skip
        return
    for model in server.models:
        yield Reachable(f"ollama:{model}", True, f"answers at {server.address}")


OLLAMA = EngineKind(_ollama, discover=_discover_ollama)
