"""The user's configuration of engines as a value: keys, prices, contexts, deadlines."""

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
    """Dollars per million tokens, as the user gave them."""

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The contents of `engines.toml` in the data folder `home`; its repr shows no keys."""

    home: Path
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    limits: Deadlines = field(default_factory=Deadlines)

    def key(self, name: str, variable: str = ADDRESS_KEY) -> str:
        """Return the key of an engine kind or an address, from the file or else the environment.

        `variable` is the environment variable; the key is "" where there is none.
        """
        found = (self.keys.get(name) or os.environ.get(variable, "")).strip()
        hide(found)
        return found
