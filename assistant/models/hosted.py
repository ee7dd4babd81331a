"""Hosted providers: each is asked only where it is named, with a key of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from assistant.engine import Engine
from assistant.engine_kinds import EngineKind, Reachable
from assistant.models import clients
from assistant.models.engine_config import EngineConfig
from assistant.models.engine_factory import configured_context, model_engine
from assistant.models.model import Model
from corpus.errors import UsageError
from corpus.i18n import tr

# Makes what asks a provider: of a model, an address, a key and a context in tokens.
_Client = Callable[[str, str, str, int], Model]


def _hosted(
    provider: str, variable: str, address: str, context: int, client: _Client
) -> EngineKind:
    """Return the kind of a provider; `context` in tokens is what its models have."""

    def make(model: str, config: EngineConfig) -> Engine:
        name, key = f"{provider}:{model}", config.key(provider, variable)
        if not key:
            raise UsageError(
                tr(
                    "{name} needs a key: set {variable}, or write it under [keys] of engines.toml "
                    "in the data folder (chmod 600)",
                    name=name,
                    variable=variable,
                )
            )
        tokens = configured_context(config, name, provider) or context
        return model_engine(name, client(model, address, key, tokens), address, config)

    def discover(config: EngineConfig) -> Iterator[Reachable]:
        key = bool(config.key(provider, variable))
        has = "has a key; used only when you name it" if key else f"set {variable}"
        detail = f"hosted, sends text out; {has}"
        yield Reachable(f"{provider}:MODEL", key, detail, provider, is_form=True)

    return EngineKind(make, variable=variable, discover=discover)


OPENAI = _hosted(
    "openai",
    "OPENAI_API_KEY",
    clients.OPENAI,
    128_000,
    partial(clients.OpenAIServer, form=clients.SCHEMA),
)
ANTHROPIC = _hosted(
    "anthropic",
    "ANTHROPIC_API_KEY",
    clients.ANTHROPIC,
    200_000,
    partial(clients.AnthropicServer, form=clients.SCHEMA),
)
DEEPSEEK = _hosted(
    "deepseek",
    "DEEPSEEK_API_KEY",
    clients.DEEPSEEK,
    64_000,
    partial(clients.OpenAIServer, form=clients.JSON),
)
