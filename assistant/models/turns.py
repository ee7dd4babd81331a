"""The earlier turns of a conversation as they were sent: a server need not read them anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from assistant import prompts
from assistant.followup import Exchange
from assistant.models.model import Message

_KEPT = 32


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

    def last(self, question: str) -> list[Message]:
        """Return what was sent and answered for a question; nothing where that is forgotten."""
        with self._lock:
            sent = self._sent.get(question)
        return [Message("user", sent[0]), Message("assistant", sent[1])] if sent else []

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
            for messages in (self.last(turn.whole or turn.question), bare if turn.answer else []):
                cost = sum(count(one.text) for one in messages)
                if messages and cost <= room:
                    kept.append(messages)
                    room -= cost
                    break
            else:
                break
        return [message for messages in reversed(kept) for message in messages]
