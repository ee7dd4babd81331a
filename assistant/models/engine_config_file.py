"""Reads `engines.toml` in the data folder: keys, contexts, prices and limits of engines.

[keys]
openai = "…"                       # or OPENAI_API_KEY in the environment
"https://models.example/v1" = "…"  # a server named by its address

[context]
"http://127.0.0.1:8080" = 8192     # tokens; asked from the server where this is missing

[prices."openai:gpt-5"]            # dollars for a million tokens
input = 1.25
output = 10

[limits]
seconds = 120
"""

from __future__ import annotations

import math
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from assistant.engine_kinds import ENGINES, EngineKind
from assistant.models.engine_config import EngineConfig, Price
from assistant.models.streaming import Deadlines
from corpus.errors import UsageError
from corpus.i18n import tr
from corpus.redaction import hide
from corpus.validation import NO_OTHER_KEYS, configured

FILE = "engines.toml"
_ADVICE = tr(
    "the sections are [keys], [context], [prices.ENGINE] (input, output), [limits] (seconds)"
)


@dataclass(frozen=True, slots=True)
class _Limits:
    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    seconds: float = Deadlines().first

    def __post_init__(self) -> None:
        if not 0 < self.seconds < math.inf:
            raise ValueError(tr("seconds must be more than 0"))


@dataclass(frozen=True, slots=True)
class _File:
    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    limits: _Limits = field(default_factory=_Limits)

    def __post_init__(self) -> None:
        _check("keys", self.keys, lambda kind: bool(kind.variable))
        _check("context", self.context, lambda kind: bool(kind.model))
        _check("prices", self.prices, lambda kind: bool(kind.model))


def _check(section: str, names: Iterable[str], fits: Callable[[EngineKind], bool]) -> None:
    """Raise ValueError for a name that is neither an address nor an engine kind that fits."""
    for name in names:
        first = name.partition(":")[0]
        if first in {"http", "https"}:
            continue
        kind = ENGINES.get(first)
        if kind is None or not fits(kind):
            every = {**ENGINES.ours(), **ENGINES.added()}
            # It may be an API key, written on the wrong side: it must not be repeated.
            shown = f"“{name}”" if name.isalpha() else "a name"
            raise ValueError(
                tr(
                    "[{section}] has {name} that is no address (http…) and none of {known}",
                    section=section,
                    name=shown,
                    known=", ".join(sorted(one for one, kind in every.items() if fits(kind))),
                )
            )


def engine_config_in(home: Path) -> EngineConfig:
    """Return what `engines.toml` in a data folder says; nothing where there is none.

    Raises UsageError for a file that others may read while it holds keys, or with a section or
    value that means nothing.
    """
    file = home / FILE
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return EngineConfig(home)
    found = configured(_File, file, advice=_ADVICE)
    hide(*found.keys.values())
    if found.keys and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            tr(
                "{file} holds keys and others may read it; run: chmod 600 {file}",
                file=file,
            )
        )
    seconds = found.limits.seconds
    limits = Deadlines(first=seconds, silence=min(seconds, Deadlines().silence))
    return EngineConfig(home, found.keys, found.context, found.prices, limits)
