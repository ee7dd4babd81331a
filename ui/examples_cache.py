"""Questions that a library answers, tried behind the page for each set of readable documents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.workspace import Workspace

_LANGUAGES = ("en", "zh")
# Sets of documents whose examples are kept.
_MOST = 32
# What is being done, a key of the words for it.
_DOING = "backend.examples"


class Examples:
    """Examples by what may be read, made by one thread at a time and made anew after a change."""

    def __init__(
        self,
        closing: threading.Event,
        failed: Callable[[str, BaseException], None],
        went_well: Callable[[str], None],
    ) -> None:
        """Begin nothing once `closing` is set; the others are told how a try went."""
        self._closing = closing
        self._failed, self._went_well = failed, went_well
        # By what may be read (None for all): the generation of the library, and the questions.
        self._kept: dict[Collection[str] | None, tuple[int, dict[str, list[str]]]] = {}
        # Held while they are tried: a library must not be closed under a thread that reads it.
        self._lock = threading.Lock()

    def of(self, workspace: Workspace, language: str) -> Sequence[str]:
        """Return the examples as last tried; where the library has changed they are tried anew."""
        generation, found = self._kept.get(workspace.readable, (-1, {}))
        if generation != workspace.library.generation:
            threading.Thread(
                target=self.try_now, args=(workspace,), name="examples", daemon=True
            ).start()
        return found.get(language, [])

    def try_now(self, workspace: Workspace) -> None:
        """Try them; a failure is told, and the examples of before stay."""
        from assistant.examples import examples

        key, generation = workspace.readable, workspace.library.generation
        with self._lock:
            before = self._kept.get(key, (-1, {}))
            if self._closing.is_set() or before[0] == generation:
                return
            try:
                made = {one: examples(workspace, one) for one in _LANGUAGES}
            except Exception as error:  # noqa: BLE001  # reason: the page works without examples
                self._kept[key] = generation, before[1]
                self._failed(_DOING, error)
            else:
                self._kept.pop(key, None)
                self._kept[key] = generation, made
                self._went_well(_DOING)
            if len(self._kept) > _MOST:
                del self._kept[next(iter(self._kept))]

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Hold off further tries for a block, which begins once none is under way."""
        with self._lock:
            yield


__all__ = ["Examples"]
