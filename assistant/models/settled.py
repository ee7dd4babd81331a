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

import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.models.running import Limits
from corpus.errors import UsageError
from corpus.redaction import hide

FILE = "engines.toml"
_VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "url": "BRIEFING_API_KEY",
}
_SECTIONS = {"keys": str, "context": int, "prices": dict, "limits": (int, float)}


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens, as the user gave them."""

    input: float
    output: float


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
            values = tomllib.loads(file.read_text(encoding="utf-8"))
            # Before anything is checked: a message about a wrong section may repeat what it holds.
            hide(*_texts(values))
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot read {file} ({error}); correct it or delete it") from error
        if values.get("keys") and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{file} holds keys and others may read it; run: chmod 600 {file}")
        return cls(**_checked(values, file))

    def key(self, name: str) -> str:
        """Return the key for a provider or an address: the file's, else the environment's."""
        variable = _VARIABLES.get(name, "") if name in _VARIABLES else _VARIABLES["url"]
        found = self.keys.get(name) or os.environ.get(variable, "")
        hide(found)
        return found


def _texts(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text of the file: keys are all that it holds of them."""
    for value in values.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(value)


def variable_of(provider: str) -> str:
    """Return the environment variable that holds a provider's key."""
    return _VARIABLES[provider]


def _checked(values: Mapping[str, Any], file: Path) -> dict[str, Any]:
    for section, inner in values.items():
        if section not in _SECTIONS or not isinstance(inner, dict):
            known = ", ".join(_SECTIONS)
            raise UsageError(f"{file}: there is no section [{section}]; give: {known}")
        for name, value in inner.items():
            if not isinstance(value, _SECTIONS[section]):  # type: ignore[arg-type]
                raise UsageError(f"{file}: [{section}] {name} is not a value of the right kind")
    try:
        prices = {
            name: Price(float(one["input"]), float(one["output"]))
            for name, one in values.get("prices", {}).items()
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{file}: a price needs input and output, in dollars") from error
    seconds = float(values.get("limits", {}).get("seconds", Limits().total))
    return {
        "keys": values.get("keys", {}),
        "context": values.get("context", {}),
        "prices": prices,
        "limits": Limits(total=seconds, silence=min(seconds, Limits().silence)),
    }
