"""The protocol of a model: one method that streams, and how it can fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message to a model; `role` is "system", "user" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a stream: text, and at the end the finish reason and the counts of tokens.

    `finish` is "" until the model is done: then "stop", "length" or another word of the provider.
    `thinking` says that the model is reasoning; `read` is the share of the prompt that has been
    processed, 0 to 1, where the server reports it; `alive` marks a piece without text of a model
    that is loading or queued.
    """

    text: str = ""
    finish: str = ""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    thinking: bool = False
    read: float | None = None
    alive: bool = False


class ModelFailure(Exception):
    """A model failed; the message says how in one line and without keys or addresses' secrets.

    `retryable` says that trying again may succeed; `retry_after` is how many seconds the provider
    asks for (None: it does not say); `too_long` that the prompt did not fit; `refused` that the
    server does not take the request as it is; `empty` that it said nothing. `logged` is the part of
    the message that goes into the log: not what a server said, which may repeat the prompt.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        too_long: bool = False,
        refused: bool = False,
        empty: bool = False,
        logged: str | None = None,
    ) -> None:
        super().__init__(message)
        self.logged = message if logged is None else logged
        self.retryable = retryable
        self.empty = empty
        self.retry_after = retry_after
        self.too_long = too_long
        self.refused = refused


class Model(Protocol):
    """A model that can be prompted; each engine has its own, used by one answer at a time."""

    @property
    def context(self) -> int:
        """The most tokens that prompt and answer may have together."""

    def count(self, text: str) -> int:
        """Return the tokens of `text`, or a number that is rarely too small."""

    def stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int] = ()
    ) -> AsyncIterator[Delta]:
        """Yield the answer, at most `most` tokens; cancelling the task stops the model.

        With `labels` each sentence should end with some of them, enforced where the server can
        constrain its output. Raises ModelFailure.
        """
