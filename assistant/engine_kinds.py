"""The kinds of engines ("ollama:MODEL"): how each is made, and which can answer now.

Each kind is declared in the file of its engine; other packages add theirs (docs/extending.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.engine import Engine
from assistant.models.engine_config import EngineConfig, Price
from corpus.registry import Registry


@dataclass(frozen=True, slots=True)
class Reachable:
    """An engine or a family of them: whether it can answer now, and what it has or needs.

    `place` is the host of a provider; `is_form` says that the name holds a word in whose place a
    model is to be named ("ollama:MODEL").
    """

    name: str
    ready: bool
    detail: str
    place: str = ""
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model of a provider; `price` as the provider published it in the month `seen`, if known."""

    name: str
    price: Price | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class EngineKind:
    """A kind of engine by the name under which it is registered.

    `make` returns the engine of a model, whose name follows the kind's and a colon, with what the
    user settled; it contacts nobody, and raises UsageError where something is missing. `model` is
    the word for that name in lists, "" for a kind that is one engine and is named alone (it is made
    of ""). `variable` is the variable of the environment that holds its key, "" where it needs
    none. `discover` yields what of it could answer now, or what it would need; a provider elsewhere
    is not contacted for that.

    `title` is what people call it ("OpenAI"). A provider elsewhere has a `host`, some of its models
    as `offers`, and `list_models`, which asks it with the user's key for the names of all: that is
    how a key is tried. It raises ModelFailure.
    """

    make: Callable[[str, EngineConfig], Engine]
    model: str = "MODEL"
    variable: str = ""
    discover: Callable[[EngineConfig], Iterable[Reachable]] | None = None
    title: str = ""
    host: str = ""
    offers: Sequence[OfferedModel] = ()
    list_models: Callable[[EngineConfig], Sequence[str]] | None = None

    def form(self, name: str) -> str:
        """Return how an engine of this kind, which has that name, is named: "ollama:MODEL"."""
        return f"{name}:{self.model}" if self.model else name


# In the order in which they are listed: what is on this machine goes first.
ENGINES = Registry(
    "briefing.engines",
    EngineKind,
    (
        ("extractive", "assistant.extractive_engine:EXTRACTIVE"),
        ("local", "assistant.models.local:LOCAL"),
        ("ollama", "assistant.models.servers:OLLAMA"),
        ("openai", "assistant.models.servers:OPENAI"),
        ("anthropic", "assistant.models.servers:ANTHROPIC"),
        ("deepseek", "assistant.models.servers:DEEPSEEK"),
        ("hf", "assistant.models.hugging_face:HUGGING_FACE"),
    ),
)
