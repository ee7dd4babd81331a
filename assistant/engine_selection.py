"""The engines by their names, and which of them could answer now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from assistant.engine import Engine
from assistant.engine_kinds import ENGINES, EngineKind, Reachable
from assistant.extractive_engine import ExtractiveEngine
from assistant.models.engine_config import EngineConfig
from assistant.models.engine_config_file import engine_config_in
from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr

_LOG = logging.getLogger(__name__)
_AUTO = "auto"


def engine_named(name: str, home: Path) -> Engine:
    """Return the engine of that name; "auto" is the one that was chosen, or the best found here.

    A hosted engine is made only when it was named or chosen: a key alone is not consent.
    Raises UsageError for an unknown name, a missing key, or settings that cannot be read.
    """
    if name == ExtractiveEngine.name:
        return ExtractiveEngine()
    config = engine_config_in(home)
    if name == _AUTO:
        return (
            _chosen_engine(config)
            or _preferred_local_model(config)
            or _server_or_extractive(config)
        )
    if "#" in name and urlsplit(name.partition("#")[0]).scheme in {"http", "https"}:
        from assistant.models.servers import engine_at_address

        return engine_at_address(name, config)
    first, colon, model = name.partition(":")
    kind = ENGINES.get(first)
    if kind is None or (not model.strip() if kind.model else bool(colon)):
        if near := _named_like(name):
            raise UsageError(
                tr("there is no engine {name}; name it {near}", name=repr(name), near=near)
            )
        raise UsageError(
            tr("there is no engine {name}; give one of: {forms}", name=repr(name), forms=_forms())
        )
    if ENGINES.package(first):
        return _make_from_package(name, kind, model.strip(), config)
    return kind.make(model.strip(), config)


def _named_like(name: str) -> str:
    """Return the engine whose hosted model somebody named alone ("GPT-5"), "" for none."""
    wanted = name.strip().lower()
    for first, kind in ENGINES.ours().items():
        if wanted in {one.name for one in kind.offers}:
            return f"{first}:{wanted}"
    return ""


def _forms() -> str:
    """Return how engines are named, with a word where a model is to be named."""
    from assistant.models.servers import FORM

    kinds = {**ENGINES.ours(), **ENGINES.added()}
    return ", ".join([_AUTO, *(kind.form(name) for name, kind in kinds.items()), FORM])


def _chosen_engine(config: EngineConfig) -> Engine | None:
    """Return the engine that was chosen on the page; None for none, or one that lacks something.

    Its key or its model may have gone since: what is found on this machine answers then.
    """
    from assistant.models.model_store import ModelStore

    name = ModelStore(config.home).chosen_engine
    if not name:
        return None
    try:
        return engine_named(name, config.home)
    except UsageError as error:
        _LOG.warning("the engine that was chosen cannot be made: %s", error)
        return None


def _preferred_local_model(config: EngineConfig) -> Engine | None:
    """Return the local model that `briefing models use` chose, or the best this machine can run."""
    from assistant.models.hardware import total_memory
    from assistant.models.local import LOCAL
    from assistant.models.model_store import ModelStore

    model = ModelStore(config.home).preferred(total_memory())
    return LOCAL.make(model.name, config) if model else None


def _server_or_extractive(config: EngineConfig) -> Engine:
    """Return an engine on a server of this machine, or the one that needs no model."""
    from assistant.models.servers import first_engine_found

    return first_engine_found(config) or ExtractiveEngine()


def _make_from_package(name: str, kind: EngineKind, model: str, config: EngineConfig) -> Engine:
    """Return an engine that another package makes; raises UsageError where it makes none."""
    try:
        engine = kind.make(model, config)
        if not isinstance(engine, Engine):
            raise TypeError(f"{type(engine).__name__} is no engine")
    except BriefingError:
        raise
    except Exception as error:  # reason: code of others may raise anything
        _LOG.error("the engine %s cannot be made", name, exc_info=error)
        raise UsageError(
            tr(
                "the engine {name} of {package} cannot be made ({reason}); see the log",
                name=repr(name),
                package=ENGINES.package(name.partition(":")[0]),
                reason=type(error).__name__,
            )
        ) from error
    return engine


def reachable(home: Path) -> Iterator[Reachable]:
    """Yield every kind of engine: those that can answer now, and what the others need.

    Asks servers on this machine only; a hosted provider is never contacted. Raises UsageError.
    """
    from assistant.models.servers import discover_addresses

    config = engine_config_in(home)
    for kind in ENGINES.ours().values():
        if kind.discover is not None:
            yield from kind.discover(config)
    yield from discover_addresses()
    for name, kind in ENGINES.added().items():
        yield from _discover_from_package(name, kind, config)


def _discover_from_package(
    name: str, kind: EngineKind, config: EngineConfig
) -> Iterable[Reachable]:
    """Return the engines of another package's kind; one that says it fails if discovery does."""
    form, is_form = kind.form(name), bool(kind.model)
    if kind.discover is None:
        return [Reachable(form, True, f"of {ENGINES.package(name)}", is_form=is_form)]
    try:
        return list(kind.discover(config))
    except Exception as error:  # noqa: BLE001  # reason: code of others may raise anything
        _LOG.error("the kind of engine %s cannot say what answers", name, exc_info=error)
        failed = f"of {ENGINES.package(name)}, which fails ({type(error).__name__}); see the log"
        return [Reachable(form, False, failed, is_form=is_form)]


__all__ = ["Reachable", "engine_named", "reachable"]
