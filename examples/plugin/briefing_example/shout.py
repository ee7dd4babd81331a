"""An engine that says the sentence that answers best in capital letters."""

from collections.abc import Generator

from assistant.engine import Draft, Piece, Task
from assistant.engine_kinds import EngineKind
from assistant.models.engine_config import EngineConfig


class Shout:
    """Quotes in capital letters; nothing leaves this machine."""

    name = "shout"
    host = ""

    def write(self, task: Task) -> Generator[Piece, None, None]:
        """Yield the best sentence with the label of the passage that it stands in."""
        for best in task.sentences[:1]:
            yield Draft(best.text.upper(), (best.label,))


def make(model: str, config: EngineConfig) -> Shout:
    """Return the engine; it has no models to choose from, so `model` is empty."""
    return Shout()


SHOUT = EngineKind(make, model="")
