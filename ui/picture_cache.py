"""The pictures of the answers that were drawn last: a page that is drawn anew has them at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.pictures.picture import Picture
    from assistant.workspace import Workspace

# Answers whose pictures are kept.
_MOST = 64


class PictureCache:
    """Pictures by answer, language, state of the library and what of it may be read.

    They are made by one thread at a time.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], Sequence[Picture]] = {}
        self._lock = threading.Lock()

    def of(
        self, workspace: Workspace, answer: Answer, language: str, *, wait: bool
    ) -> Sequence[Picture]:
        """Return the pictures of a complete answer.

        They take 0.1 to 0.4 s, to be spent after the answer is shown: without `wait` there are
        those that are kept, or none.
        """
        from assistant.pictures.choice import pictures_of_answer

        state = workspace.library.generation, workspace.readable
        key = (answer.question, answer.text, language, *state)
        if not wait:
            return self._kept.get(key, ())
        with self._lock:
            if key not in self._kept:
                if len(self._kept) >= _MOST:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = pictures_of_answer(workspace, answer, language)
            return self._kept[key]


__all__ = ["PictureCache"]
