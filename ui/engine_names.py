"""What people call an engine: "Quotes only", a model's title, "gpt-4o (OpenAI)"."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from ui.wording import word

QUOTES = "extractive"


def engine_title(name: str, language: str = "en", *, provider: bool = True) -> str:
    """Return the title of an engine; without `provider` a hosted model is named alone.

    A name that nobody knows is its own title.
    """
    if name == QUOTES:
        return word("engines.quotes", language)
    address, _, model = name.partition("#")
    if model and urlsplit(address).scheme in {"http", "https"}:
        host = urlsplit(address).netloc.rpartition("@")[2]
        return word("engines.of", language, model=model, provider=host) if provider else model
    first, _, model = name.partition(":")
    if not model:
        return name
    if first == "local":
        return _local_titles().get(model, model)
    title = _kind_title(first)
    if not title:
        return name
    return word("engines.of", language, model=model, provider=title) if provider else model


@cache
def _local_titles() -> dict[str, str]:
    from assistant.models.model_catalogue import entries

    return {one.name: one.title for one in entries()}


def _kind_title(first: str) -> str:
    from assistant.engine_kinds import ENGINES

    kind = ENGINES.get(first)
    return kind.title if kind is not None else ""


__all__ = ["QUOTES", "engine_title"]
