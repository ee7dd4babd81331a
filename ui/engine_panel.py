"""The panel of who answers: every engine in one row, with what it needs and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from corpus.errors import UsageError
from ui import hosted_models, local_models
from ui.engine_names import QUOTES, engine_title
from ui.rendering import rendered
from ui.translation import translated
from ui.wording import word

if TYPE_CHECKING:
    from ui.backend import Backend

# What is drawn is never the same twice, so that the page sees when a button has done its work.
_DRAWN = count()
_SERVERS = {"ollama", "http", "https"}


@dataclass(frozen=True, slots=True)
class EngineRow:
    """An engine that need not be fetched; `gone` says what to do where it does not answer."""

    name: str
    title: str
    facts: Sequence[str]
    in_use: bool
    gone: str = ""


def panel_html(
    backend: Backend, asked: str, touched: str, listed: dict[str, Sequence[str]], language: str
) -> str:
    """Return the panel; see `hosted_models.provider_rows` for what bears on its rows."""
    act, _, about = asked.partition(":")
    answering = backend.default_engine()
    models = local_models.model_rows(
        local_models.local_models(backend), about if act == "remove" else "", language
    )
    try:
        providers = hosted_models.provider_rows(backend, asked, touched, listed, language)
        trouble = ""
    except UsageError as error:
        # A file with keys that others may read, or with a slip of the pen.
        providers, trouble = [], translated(str(error), language)
    quotes = EngineRow(
        QUOTES,
        engine_title(QUOTES, language),
        [word("engines.quotes_needs", language), word("engines.quotes_does", language)],
        answering == QUOTES,
    )
    servers = _server_rows(backend, answering, language)
    now, host = engine_title(answering, language), backend.host_of(answering)
    return rendered("engines.html", "panel", language, now, host, notices(backend, language),
                    quotes, models, servers, providers, trouble, next(_DRAWN))  # fmt: skip


def notices(backend: Backend, language: str) -> list[str]:
    """Return what keeps a choice from being who answers: the command line, or something missing."""
    start, chosen = backend.engine_of_start(), backend.chosen_engine()
    answering = backend.default_engine()
    if start:
        lines = [word("engines.started_with", language, engine=engine_title(start, language))]
        if chosen and chosen != start:
            title = engine_title(chosen, language)
            lines.append(word("engines.chosen_later", language, engine=title))
        return lines
    if chosen and answering and chosen != answering:
        return [
            word("engines.chosen_gone", language, engine=engine_title(chosen, language),
                 instead=engine_title(answering, language))
        ]  # fmt: skip
    return []


def _server_rows(backend: Backend, answering: str, language: str) -> list[EngineRow]:
    """Return the engines on servers of this machine, also the one in use that went away."""
    found = list(backend.servers())
    rows = [
        EngineRow(one, engine_title(one, language), _server_facts(backend, one, language),
                  one == answering)
        for one in found
    ]  # fmt: skip
    first = answering.partition(":")[0]
    if first in _SERVERS and answering not in found and not backend.host_of(answering):
        gone = word("engines.gone_ollama" if first == "ollama" else "engines.gone", language)
        rows.append(EngineRow(answering, engine_title(answering, language), [], True, gone))
    return rows


def _server_facts(backend: Backend, name: str, language: str) -> list[str]:
    if name.partition(":")[0] in _SERVERS:
        address = name.partition("#")[0] if "#" in name else ""
        answers = word("engines.server", language)
        return [f"{answers} ({address})" if address else answers, word("engines.free", language)]
    host = backend.host_of(name)
    sends = word("bar.sends", language, host=host) if host else word("bar.here", language)
    return [word("engines.added", language), sends]


def states(backend: Backend) -> list[str]:
    """Return marks of what the panel shows, to be compared with those of what it showed."""
    return [
        f"answers: {backend.default_engine()}",
        f"chosen: {backend.chosen_engine()}",
        *backend.servers(),
        *local_models.states(backend),
        *hosted_models.states(backend),
    ]
