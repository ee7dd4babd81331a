"""An engine made of a model, with what the user settled for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from assistant.engine import Engine
from assistant.models.clients import is_loopback
from assistant.models.engine_config import EngineConfig
from assistant.models.model import Model
from assistant.models.model_engine import ModelEngine
from corpus.errors import UsageError
from corpus.i18n import tr

# Fewer tokens hold no evidence beside the prompt.
SMALLEST_CONTEXT = 2048
# Tokens of passages for a server on loopback, of whose speed nothing is known.
_EVIDENCE_OF_SERVER = 1500


def model_engine(
    name: str, model: Model, address: str, config: EngineConfig, evidence: int | None = None
) -> Engine:
    """Return the engine that writes with a model.

    `address` is where the model answers, "" for one of this process; `evidence` the most tokens of
    passages that it is given, None for what its context holds or, on loopback, what is usual.
    """
    host = "" if not address or is_loopback(address) else urlsplit(address).netloc
    host = host.rpartition("@")[2]
    if evidence is None and address and not host:
        evidence = _EVIDENCE_OF_SERVER
    return ModelEngine(name, model, host, config.limits, config.prices.get(name), evidence)


def configured_context(config: EngineConfig, *names: str) -> int | None:
    """Return the context that the user set under the first of `names` that has one.

    None without any; raises UsageError for one that is too small.
    """
    for name in names:
        if name in config.context:
            tokens = config.context[name]
            if tokens < SMALLEST_CONTEXT:
                raise UsageError(
                    tr(
                        "a context of {tokens} tokens for {name} holds no evidence; give {least} "
                        "or more",
                        tokens=tokens,
                        name=name,
                        least=f"{SMALLEST_CONTEXT:,}",
                    )
                )
            return tokens
    return None
