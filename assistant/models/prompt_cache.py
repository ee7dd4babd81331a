"""The earlier turns of a conversation as they were sent, for the prompt caches of servers."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from assistant import prompts
from assistant.engine import Task
from assistant.models.model import ChatMessage
from assistant.planning.query_rewriting import Turn

_KEPT = 32
_LABEL, _SIGN = re.compile(r"\[\d+\]"), re.compile(r"\w")


_Key = tuple[str, tuple[tuple[int, str], ...]]


@dataclass(frozen=True, slots=True)
class CachedPrompt:
    """The prompt of a task, its answer with labels, and whether evidence was left out of it."""

    sent: str
    answer: str
    part: bool


class PromptCache:
    """The prompts a model was sent and its answers. Thread-safe; the newest are kept.

    `takes_form` becomes False when its server refuses an output format.
    """

    def __init__(self) -> None:
        self.takes_form = True
        self._sent: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._written: OrderedDict[_Key, CachedPrompt] = OrderedDict()
        self._lock = Lock()

    def keep(self, task: Task, sent: str, answer: str, *, part: bool = False) -> None:
        """Remember the prompt that a task was sent as, and the answer with its labels.

        `part` says that not all of the task's evidence was in the prompt.
        """
        with self._lock:
            self._sent[task.question, _letters_and_digits(answer)] = sent
            self._written[_key(task)] = CachedPrompt(sent, answer, part)
            for kept in (self._sent, self._written):
                while len(kept) > _KEPT:
                    kept.popitem(last=False)

    def found(self, task: Task) -> CachedPrompt | None:
        """Return the prompt and answer of a task; None where they were dropped."""
        with self._lock:
            return self._written.get(_key(task))

    def sent(self, question: str, answer: str) -> str:
        """Return the prompt of a question that got exactly this answer, or ""."""
        with self._lock:
            return self._sent.get((question, _letters_and_digits(answer)), "")

    def fitting_turns(
        self, history: Sequence[Turn], count: Callable[[str], int], room: int
    ) -> list[ChatMessage]:
        """Return the newest turns that fit into `room` tokens, oldest first.

        A question comes as it was sent, with its passages, if this answer was given to it and there
        is room; else without. Answers have no labels, which belong to another prompt.
        """
        kept: list[list[ChatMessage]] = []
        for turn in reversed(history):
            if not turn.answer:
                continue
            question = turn.whole or turn.question
            bare = prompts.EARLIER.filled(question=question)
            for text in (self.sent(question, turn.answer), bare):
                cost = count(text) + count(turn.answer)
                if text and cost <= room:
                    kept.append([ChatMessage("user", text), ChatMessage("assistant", turn.answer)])
                    room -= cost
                    break
            else:
                break
        return [message for messages in reversed(kept) for message in messages]


def _key(task: Task) -> _Key:
    """Return what identifies a task: its question, and its passages by label."""
    return task.question, tuple((one.label, one.passage.id) for one in task.evidence)


def _letters_and_digits(answer: str) -> str:
    """Return the letters and digits of an answer without its labels."""
    return "".join(_SIGN.findall(_LABEL.sub("", answer)))
