"""Engines on model servers: Ollama, a server named by its address, and hosted providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from assistant.engine import Engine
from assistant.engine_kinds import EngineKind, OfferedModel, Reachable
from assistant.models import clients
from assistant.models.clients import GRAMMAR, SCHEMA, OllamaServer, OpenAIServer
from assistant.models.discovery import (
    bearer,
    is_llama_cpp,
    listing_servers,
    offered_models,
    ollama_address,
    ollama_context,
    ollama_here,
    server_context,
)
from assistant.models.engine_config import EngineConfig, Price
from assistant.models.model import Model
from assistant.models.model_engine import SMALLEST_CONTEXT, configured_context, model_engine
from corpus.errors import UsageError
from corpus.i18n import tr

# The form of such an engine's name.
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
    """Return an engine with the first chat model found on a server of this machine, or None."""
    ollama = ollama_here()
    if ollama is not None:
        return _ollama(ollama.models[0], config)
    server = next(listing_servers(), None)
    return engine_at_address(f"{server.address}#{server.models[0]}", config) if server else None


def discover_addresses() -> Iterator[Reachable]:
    """Yield the models of servers that answer on default ports of this machine."""
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


OLLAMA = EngineKind(_ollama, discover=_discover_ollama, title="Ollama")


# Makes a provider's client from a model, an address, a key and a context in tokens.
_Client = Callable[[str, str, str, int], Model]


def _hosted(
    provider: str,
    title: str,
    variable: str,
    address: str,
    context: int,
    client: _Client,
    offers: Sequence[OfferedModel],
    *,
    models: str = "/models",
    signed: Callable[[str], Mapping[str, str]] = bearer,
) -> EngineKind:
    """Return the engine kind of a provider whose models have `context` tokens.

    `models` is where below its address it lists them, to whom sends the headers of `signed`.
    """

    def key_of(config: EngineConfig) -> str:
        return config.key(provider, variable)

    def make(model: str, config: EngineConfig) -> Engine:
        name, key = f"{provider}:{model}", key_of(config)
        if not key:
            raise UsageError(
                tr(
                    "{name} needs a key: paste it into the page (button of who answers), set "
                    "{variable}, or write it under [keys] of engines.toml in the data folder "
                    "(chmod 600)",
                    name=name,
                    variable=variable,
                )
            )
        tokens = configured_context(config, name, provider) or context
        return model_engine(name, client(model, address, key, tokens), address, config)

    def discover(config: EngineConfig) -> Iterator[Reachable]:
        key = bool(key_of(config))
        has = "has a key; used only when you name or choose it" if key else f"set {variable}"
        detail = f"hosted, sends text out; {has}"
        yield Reachable(f"{provider}:MODEL", key, detail, provider, is_form=True)

    return EngineKind(
        make,
        variable=variable,
        discover=discover,
        title=title,
        host=urlsplit(address).netloc,
        offers=offers,
        list_models=lambda config: offered_models(f"{address}{models}", signed(key_of(config))),
    )


# What the providers charged, in dollars for a million tokens, where two public lists agree. The
# page shows it with its month, since it changes often. DeepSeek's differs by the hour.
OPENAI = _hosted(
    "openai",
    "OpenAI",
    "OPENAI_API_KEY",
    clients.OPENAI,
    128_000,
    partial(clients.OpenAIServer, form=clients.SCHEMA),
    (
        OfferedModel("gpt-5.6-luna", Price(0.2, 1.2), "2026-09"),
        OfferedModel("gpt-4.1-mini", Price(0.4, 1.6), "2026-05"),
        OfferedModel("gpt-4.1", Price(2.0, 8.0), "2026-05"),
    ),
)
ANTHROPIC = _hosted(
    "anthropic",
    "Anthropic",
    "ANTHROPIC_API_KEY",
    clients.ANTHROPIC,
    200_000,
    partial(clients.AnthropicServer, form=clients.SCHEMA),
    (
        OfferedModel("claude-haiku-4-5", Price(1.0, 5.0), "2026-08"),
        OfferedModel("claude-sonnet-5", Price(2.0, 10.0), "2026-10"),
    ),
    models="/v1/models?limit=1000",
    signed=lambda key: {"x-api-key": key, "anthropic-version": "2023-06-01"},
)
DEEPSEEK = _hosted(
    "deepseek",
    "DeepSeek",
    "DEEPSEEK_API_KEY",
    clients.DEEPSEEK,
    64_000,
    partial(clients.OpenAIServer, form=clients.JSON),
    (OfferedModel("deepseek-v4-flash"), OfferedModel("deepseek-v4-pro")),
)
