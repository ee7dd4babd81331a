"""The earlier turns of a conversation as they were sent: a server need not read them anew."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from assistant import prompts
from assistant.followup import Exchange
from assistant.models.model import Message

_KEPT = 32
_LABEL, _SIGN = re.compile(r"\[\d+\]"), re.compile(r"\w")
_COMPARED = 60


class Turns:
    """What a model was sent and answered, by question. Thread-safe; only the newest are kept."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._lock = Lock()

    def keep(self, question: str, sent: str, answer: str) -> None:
        """Remember the message that a question was sent as, and the answer as it was given."""
        with self._lock:
            self._sent[question] = (sent, answer)
            self._sent.move_to_end(question)
            while len(self._sent) > _KEPT:
                self._sent.popitem(last=False)

    def last(self, question: str, answer: str) -> list[Message]:
        """Return what was sent for a question, and the answer as it was written.

        Nothing where that is forgotten, or another conversation asked the same and was answered
        otherwise: `answer` is the beginning of it as it is shown.
        """
        with self._lock:
            sent = self._sent.get(question)
        if sent is None or not _begins_alike(sent[1], answer):
            return []
        return [Message("user", sent[0]), Message("assistant", sent[1])]

    def of(
        self, history: Sequence[Exchange], count: Callable[[str], int], room: int
    ) -> list[Message]:
        """Return the newest turns that fit into `room` tokens, oldest first.

        As they were sent where that is known and there is room for it; else question and answer
        without passages.
        """
        kept: list[list[Message]] = []
        for turn in reversed(history):
            bare = [
                Message("user", prompts.EARLIER.filled(question=turn.whole or turn.question)),
                Message("assistant", turn.answer),
            ]
            sent = self.last(turn.whole or turn.question, turn.answer)
            for messages in (sent, bare if turn.answer else []):
                cost = sum(count(one.text) for one in messages)
                if messages and cost <= room:
                    kept.append(messages)
                    room -= cost
                    break
            else:
                break
        return [message for messages in reversed(kept) for message in messages]


def _begins_alike(written: str, kept: str) -> bool:
    """Say whether an answer as a model wrote it is the one of which `kept` is the beginning."""
    first, other = ("".join(_SIGN.findall(_LABEL.sub("", one))) for one in (written, kept))
    return bool(other) and first.startswith(other[:_COMPARED])
