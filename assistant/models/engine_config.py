"""What the user settled about models, as a value: keys, prices, contexts, time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from assistant.models.streaming import Deadlines
from corpus.redaction import hide
from corpus.validation import NO_OTHER_KEYS

# Holds the key for a server that is named by its address.
ADDRESS_KEY = "BRIEFING_API_KEY"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens, as the user gave them."""

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What `engines.toml` in the data folder `home` says; keys are never shown by it."""

    home: Path
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    limits: Deadlines = field(default_factory=Deadlines)

    def key(self, name: str, variable: str = ADDRESS_KEY) -> str:
        """Return the key for a kind of engine or an address: the file's, else the environment's.

        `variable` is where it stands in the environment; "" is returned for none.
        """
        found = (self.keys.get(name) or os.environ.get(variable, "")).strip()
        hide(found)
        return found
