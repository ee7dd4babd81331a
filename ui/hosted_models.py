"""Models of providers elsewhere, as the page shows them: keys, prices, trying a key, choosing one.

A key comes in through `keep_key` and goes into the user's file: no row, line or log holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus.errors import UsageError
from corpus.i18n import tr
from ui.engine_names import engine_title
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from assistant.models.engine_config import EngineConfig
    from assistant.models.hosted import Provider
    from ui.backend import Backend


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be chosen by one click, by the name of its engine, and what it costs."""

    model: str
    engine: str
    price: str
    in_use: bool


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider as its row shows it.

    `state` says in words whether it has a key, `costs` what an answer costs. `asking` is what is
    asked about it: "replace" (for another key), "unkey" (whether to remove it) or "". `names`
    complete what is typed.
    """

    provider: Provider
    state: str
    costs: str
    opened: bool
    asking: str
    offers: Sequence[Offer]
    names: Sequence[str]


def provider_rows(
    backend: Backend, asked: str, touched: str, listed: dict[str, Sequence[str]], language: str
) -> list[ProviderRow]:
    """Return the providers, a row each.

    `asked` is "act:name" of what is asked about, `touched` the row that something was done in,
    `listed` what providers said they have. Raises UsageError where the user's file is not readable.
    """
    from assistant.models.hosted import providers

    config = _config(backend)
    act, _, about = asked.partition(":")
    rows = []
    for one in providers(config):
        used = one.model(backend.default_engine())
        asking = act if about == one.name and act in {"replace", "unkey"} else ""
        names = [offer.name for offer in one.offers]
        priced = [one.model(engine) for engine in config.prices]
        models = [name for name in dict.fromkeys([*names, *priced, used]) if name]
        offers = [
            Offer(name, one.engine(name), price_line(one, name, config, language), name == used)
            for name in models
        ]
        opened = bool(one.key or used or asking) or touched == one.name
        state = word(f"engines.key_{one.key or 'none'}", language, variable=one.variable)
        known = list(dict.fromkeys([*models, *listed.get(one.name, ())]))
        costs = _least_cost(one, models, config, language)
        rows.append(ProviderRow(one, state, costs, opened, asking, offers, known))
    return rows


def price_line(provider: Provider, model: str, config: EngineConfig, language: str) -> str:
    """Return what a model costs, in dollars for a million tokens and in cents for an answer."""
    from assistant.models.hosted import LONGEST_ANSWER, TYPICAL_ANSWER, cents, price_of

    price, seen = price_of(provider, model, config)
    if price is None:
        return word("engines.price_unknown", language)
    key = "engines.price_seen" if seen else "engines.price_own"
    asked = word(key, language, input=f"{price.input:.2f}", output=f"{price.output:.2f}", seen=seen)
    least, most = (_cents(cents(price, tokens)) for tokens in (TYPICAL_ANSWER, LONGEST_ANSWER))
    return f"{asked} · {word('engines.price_answer', language, least=least, most=most)}"


def _least_cost(
    provider: Provider, models: Sequence[str], config: EngineConfig, language: str
) -> str:
    from assistant.models.hosted import TYPICAL_ANSWER, cents, price_of

    prices = [price_of(provider, one, config)[0] for one in models]
    known = [cents(one, TYPICAL_ANSWER) for one in prices if one is not None]
    if not known:
        return word("engines.paid", language)
    return word("engines.paid_from", language, least=_cents(min(known)))


def _cents(amount: float) -> str:
    return f"{amount:.2f}" if amount < 1 else f"{amount:.1f}"


def keep_key(backend: Backend, name: str, key: str, language: str) -> str:
    """Keep the key of a provider, and return what is said of it. Raises UsageError, StorageError.

    Only the page's own event calls this.
    """
    from assistant.models import engine_keys

    backend.require_admin()
    provider = _provider(backend, name)
    engine_keys.keep_key(backend.home(), name, key)
    _take_anew(backend, provider)
    return word("engines.key_kept", language, provider=provider.title)


def remove_key(backend: Backend, name: str, language: str) -> str:
    """Remove the key of a provider from the user's file, and return what is said of it."""
    from assistant.models import engine_keys

    backend.require_admin()
    provider = _provider(backend, name)
    engine_keys.remove_key(backend.home(), name)
    _take_anew(backend, provider)
    answering = engine_title(backend.default_engine(), language)
    return word("engines.key_removed", language, provider=provider.title, engine=answering)


def try_key(
    backend: Backend, name: str, listed: dict[str, Sequence[str]], language: str
) -> tuple[str, bool]:
    """Ask a provider for its models, and return what came of it and whether the key is good.

    The models are put into `listed`. Nothing but the key is sent.
    """
    from assistant.models.hosted import list_models
    from assistant.models.model import ModelFailure

    provider = _provider(backend, name)
    if not provider.key:
        return word("engines.key_first", language, provider=provider.title), False
    try:
        found = list_models(provider, _config(backend))
    except ModelFailure as failure:
        key = "engines.test_refused" if failure.refused else "engines.test_failed"
        reason = translated(str(failure), language)
        return word(key, language, provider=provider.title, reason=reason), False
    listed[name] = found
    return word("engines.test_good", language, provider=provider.title, count=len(found)), True


def typed_engine(backend: Backend, name: str, typed: str, listed: dict[str, Sequence[str]]) -> str:
    """Return the engine of a model that was typed; raises UsageError for what cannot be one."""
    from assistant.models.hosted import named_model

    provider = _provider(backend, name)
    return provider.engine(named_model(provider, typed, listed.get(name, ())))


def states(backend: Backend) -> list[str]:
    """Return a mark of each provider that is another one once its key has come or gone."""
    from assistant.models.hosted import providers

    try:
        return [f"{one.name}: {one.key}" for one in providers(_config(backend))]
    except UsageError as error:
        return [str(error)]


def _config(backend: Backend) -> EngineConfig:
    from assistant.models.engine_config_file import engine_config_in

    return engine_config_in(backend.home())


def _provider(backend: Backend, name: str) -> Provider:
    """Return a provider by its name: an address is one only if the user's own file has it."""
    from assistant.models.hosted import providers

    for one in providers(_config(backend)):
        if one.name == name:
            return one
    raise UsageError(tr("the page has no such event; load it again"))


def _take_anew(backend: Backend, provider: Provider) -> None:
    """Have the engine made again where it is one of this provider's, or would be one."""
    engines = (backend.default_engine(), backend.chosen_engine(), backend.engine_of_start())
    if any(provider.model(one) for one in engines):
        backend.renew_engine(anew=True)
