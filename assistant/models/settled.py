"""What the user settled about models in `engines.toml`: keys, prices, contexts, time.

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
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from assistant.models.running import Limits
from corpus.errors import UsageError
from corpus.redaction import hide
from corpus.said import said
from corpus.validation import NO_OTHER_KEYS, configured

FILE = "engines.toml"
_VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "url": "BRIEFING_API_KEY",
}
_ADVICE = said(
    "the sections are [keys], [context], [prices.ENGINE] (input, output), [limits] (seconds)"
)


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens, as the user gave them."""

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class _Limits:
    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    seconds: float = Limits().first

    def __post_init__(self) -> None:
        if not 0 < self.seconds < math.inf:
            raise ValueError(said("seconds must be more than 0"))


@dataclass(frozen=True, slots=True)
class _File:
    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    limits: _Limits = field(default_factory=_Limits)

    def __post_init__(self) -> None:
        hosted = set(_VARIABLES) - {"url"}
        for section, known, names in (
            ("keys", hosted, self.keys),
            ("context", {*hosted, "ollama", "hf", "local"}, self.context),
            ("prices", {*hosted, "ollama", "hf"}, self.prices),
        ):
            for name in names:
                if name.partition(":")[0] not in {*known, "http", "https"}:
                    # A key that was written on the wrong side must not be repeated.
                    shown = f"“{name}”" if name.isalpha() else "a name"
                    raise ValueError(
                        said(
                            "[{section}] has {name} that is no address (http…) and none of {known}",
                            section=section,
                            name=shown,
                            known=", ".join(sorted(known)),
                        )
                    )


@dataclass(frozen=True, slots=True)
class Settled:
    """The contents of the file; keys are never shown by it."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_home(cls, home: Path) -> Settled:
        """Return what `engines.toml` in the data folder says; nothing where there is none.

        Raises UsageError for a file that others may read while it holds keys, or with a section or
        value that means nothing.
        """
        file = home / FILE
        try:
            mode = file.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        found = configured(_File, file, advice=_ADVICE)
        hide(*found.keys.values(), *(os.environ.get(one, "") for one in _VARIABLES.values()))
        if found.keys and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(
                said(
                    "{file} holds keys and others may read it; run: chmod 600 {file}",
                    file=file,
                )
            )
        seconds = found.limits.seconds
        limits = Limits(first=seconds, silence=min(seconds, Limits().silence))
        return cls(found.keys, found.context, found.prices, limits)

    def key(self, name: str) -> str:
        """Return the key for a provider or an address: the file's, else the environment's."""
        variable = _VARIABLES.get(name, "") if name in _VARIABLES else _VARIABLES["url"]
        found = (self.keys.get(name) or os.environ.get(variable, "")).strip()
        hide(found)
        return found


def variable_of(provider: str) -> str:
    """Return the environment variable that holds a provider's key."""
    return _VARIABLES[provider]
