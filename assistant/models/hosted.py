"""Providers whose models can be asked from here: which have a key, what they offer and charge."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from assistant.engine_kinds import ENGINES, OfferedModel
from assistant.models.clients import is_loopback
from assistant.models.discovery import bearer, offered_models
from assistant.models.engine_config import EngineConfig, Price
from corpus.errors import UsageError
from corpus.i18n import tr

_MODEL = re.compile(r"[A-Za-z0-9][\w.:/@+\-]{0,99}", re.ASCII)
# Tokens of what is sent with a question, and of the answer: our six example questions over the
# starter library took 1,829 to 2,342 (2026-11-30). An answer is limited to 1,024, which a model
# that thinks first fills sooner; five sentences are some 250.
TYPICAL_PROMPT, TYPICAL_ANSWER, LONGEST_ANSWER = 2_100, 250, 1_024


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider elsewhere: a kind of engine, or an address that the user's own file names.

    `name` is that of the kind or the address, `key` says where its key is: "file", "environment"
    (in the variable `variable`) or "" for nowhere.
    """

    name: str
    title: str
    host: str
    key: str = ""
    variable: str = ""
    offers: Sequence[OfferedModel] = ()

    def engine(self, model: str) -> str:
        """Return the name of the engine of one of its models."""
        return f"{self.name}{'#' if '://' in self.name else ':'}{model}"

    def model(self, engine: str) -> str:
        """Return the model of an engine of this provider; "" for an engine of another."""
        start = self.engine("")
        return engine[len(start) :] if engine.startswith(start) else ""


def providers(config: EngineConfig) -> list[Provider]:
    """Return the providers, those of the program first; nobody is asked."""
    found = []
    for name, kind in {**ENGINES.ours(), **ENGINES.added()}.items():
        if kind.host:
            key = "file" if config.keys.get(name) else ""
            key = key or ("environment" if os.environ.get(kind.variable, "").strip() else "")
            found.append(Provider(name, kind.title or name, kind.host, key, kind.variable,
                                  kind.offers))  # fmt: skip
    for address in config.keys:
        host = urlsplit(address).netloc.rpartition("@")[2]
        if "://" in address and host and not is_loopback(address):
            found.append(Provider(address, host, host, "file"))
    return found


def provider_of(engine: str, config: EngineConfig) -> Provider | None:
    """Return the provider of an engine; None for one of this machine or an unknown address."""
    return next((one for one in providers(config) if one.model(engine)), None)


def list_models(provider: Provider, config: EngineConfig) -> Sequence[str]:
    """Ask a provider, with the user's key, which models there are; raises ModelFailure."""
    kind = ENGINES.get(provider.name)
    if kind is not None and kind.list_models is not None:
        return kind.list_models(config)
    base = provider.name.rstrip("/")
    base = base if urlsplit(base).path.strip("/") else f"{base}/v1"
    return offered_models(f"{base}/models", bearer(config.key(provider.name)))


def named_model(provider: Provider, typed: str, known: Sequence[str] = ()) -> str:
    """Return the model that somebody typed, as the provider spells it.

    `known` are the names that the provider listed, () where it was not asked. Raises UsageError
    with what to do for a name that cannot be one.
    """
    typed = typed.strip()
    start = provider.engine("")
    typed = typed.removeprefix(start)
    names = list(dict.fromkeys([*known, *(one.name for one in provider.offers)]))
    for name in names:
        if name.lower() == typed.lower():
            return name
    if not _MODEL.fullmatch(typed) or "://" in typed:
        raise UsageError(
            tr(
                "“{name}” is no name of a model; type it as {provider} spells it, without spaces, "
                "for instance {example}",
                name=typed[:60],
                provider=provider.title,
                example=names[0] if names else "model-1",
            )
        )
    if known:
        raise UsageError(
            tr(
                "{provider} has no model “{name}” for this key; choose one of its list, for "
                "instance {example}",
                name=typed,
                provider=provider.title,
                example=_nearest(typed, known),
            )
        )
    return typed


def _nearest(typed: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(typed.lower(), known, 1, 0.0)
    return found[0] if found else known[0]


def price_of(provider: Provider, model: str, config: EngineConfig) -> tuple[Price | None, str]:
    """Return what a model costs and the month in which that was seen, "" for the user's own price.

    None where it is not known.
    """
    if own := config.prices.get(provider.engine(model)):
        return own, ""
    offered = next((one for one in provider.offers if one.name == model), None)
    return (offered.price, offered.seen) if offered else (None, "")


def cents(price: Price, answer: int) -> float:
    """Return about what an answer of so many tokens costs, in cents."""
    return (TYPICAL_PROMPT * price.input + answer * price.output) / 1e4
