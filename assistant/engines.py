"""The engines by their names."""

from __future__ import annotations

from assistant.engine import Engine
from assistant.extractive import ExtractiveEngine
from corpus.errors import UsageError


def engine_named(name: str) -> Engine:
    """Return the engine of that name; "auto" is the best one that needs nothing.

    Raises UsageError for an unknown name.
    """
    if name in {"auto", "extractive"}:
        return ExtractiveEngine()
    raise UsageError(f"there is no engine {name!r}; give: extractive")
