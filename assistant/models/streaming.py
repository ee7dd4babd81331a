"""Running a model in a thread of its own: deadlines, retries, cancelling, detection of loops."""

from __future__ import annotations

import logging
import queue
import re
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.engine import Waiting
from assistant.models.model import ChatMessage, Delta, Model, ModelFailure
from corpus import tracing
from corpus.i18n import tr

if TYPE_CHECKING:
    import asyncio

_LOG = logging.getLogger(__name__)
# The consumer is woken at least this often, so that cancelling takes effect.
_POLL_SECONDS = 0.25
_STOP_SECONDS = 2.0
_RETRIES = 2
_LONGEST_WAIT = 30.0
_LONGEST_ANSWER = 24_000
# Seconds for which a model may reason before its first word.
_LONGEST_THOUGHT = 600.0
_TAIL = 1_500
# A run of 12 to 400 characters four times in a row at the end of a text.
_LOOP = re.compile(r"(.{12,400}?)\1{3,}\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a model may be silent, in seconds.

    `first` is the time until the first token from a server that reports no progress; `silence` the
    time from one token, or report of progress, to the next.
    """

    first: float = 120.0
    silence: float = 60.0


def run(
    model: Model,
    messages: Sequence[ChatMessage],
    most: int,
    limits: Deadlines,
    *,
    labels: Sequence[int] = (),
    log_name: str = "a model",
) -> Generator[Delta | Waiting, None, None]:
    """Yield what the model says, and Waiting while it says nothing.

    There is no limit on the whole: a model that goes on writing or reading is alive. Retries up to
    twice, within the time for a first token, and only where nothing was sent yet and the failure is
    retryable (429, 5xx, a connection not accepted in time). Closing the iterator stops the model.
    Raises ModelFailure, also when the stream ends without a finish reason, is empty, or loops. Each
    request is logged under `log_name`, without its text.
    """
    deadline = time.monotonic() + limits.first
    for attempt in range(_RETRIES + 1):
        said = False
        try:
            asked = _attempt(_Runner(model, messages, most, labels), limits)
            for piece in _logged(asked, log_name):
                said = said or (isinstance(piece, Delta) and bool(piece.text))
                yield piece
            return
        except ModelFailure as failure:
            wait = failure.retry_after if failure.retry_after is not None else 2.0**attempt
            late = time.monotonic() + wait > deadline or wait > _LONGEST_WAIT
            if said or not failure.retryable or attempt == _RETRIES or late:
                raise
            yield from _pause(wait, str(failure))


def _pause(seconds: float, reason: str) -> Iterator[Waiting]:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        yield Waiting(
            tr("{reason}; trying again in {seconds} s", reason=reason, seconds=f"{left:.0f}")
        )
        time.sleep(min(_POLL_SECONDS, left))


def _logged(
    asked: Generator[Delta | Waiting, None, None], log_name: str
) -> Iterator[Delta | Waiting]:
    """Yield a request's pieces; log its time, its tokens and how it ended."""
    started = time.monotonic()
    prompt: int | None = None
    answer: int | None = None
    level, ended = logging.INFO, "stopped by who asked"
    try:
        with closing(asked):
            for piece in asked:
                if isinstance(piece, Delta):
                    prompt = prompt if piece.prompt_tokens is None else piece.prompt_tokens
                    answer = answer if piece.answer_tokens is None else piece.answer_tokens
                yield piece
        ended = "done"
    except ModelFailure as failure:
        level, ended = logging.ERROR, f"failed: {failure.logged}"
        raise
    finally:
        _LOG.log(
            level,
            "request to %s: %s after %.1f s; tokens: %s of prompt, %s of answer",
            log_name,
            ended,
            time.monotonic() - started,
            "?" if prompt is None else prompt,
            "?" if answer is None else answer,
        )


def _attempt(runner: _Runner, limits: Deadlines) -> Generator[Delta | Waiting, None, None]:
    runner.start()
    try:
        yield from _received(runner, limits)
    finally:
        runner.stop()


def _received(runner: _Runner, limits: Deadlines) -> Iterator[Delta | Waiting]:
    text, finish = "", ""
    silence = _Silence()
    while True:
        most = limits.silence if text or silence.read is not None else limits.first
        if silence.seconds > most:
            raise ModelFailure(tr("it said nothing for {seconds} s", seconds=f"{most:.0f}"))
        try:
            piece = runner.pieces.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            yield Waiting(tr("the model is writing") if text else _reading_notice(silence.read))
            continue
        if piece is None:
            break
        if isinstance(piece, ModelFailure):
            raise piece
        silence.note(piece)
        text += piece.text
        finish = piece.finish or finish
        if piece.read is not None and not piece.text and not piece.finish:
            yield Waiting(_reading_notice(silence.read))
            continue
        if loops(text) or len(text) > _LONGEST_ANSWER:
            raise ModelFailure(tr("it repeats itself without end"))
        yield (
            piece
            if piece.text or piece.finish or piece.answer_tokens
            else Waiting(
                tr("the model is thinking") if piece.thinking else tr("the model is writing")
            )
        )
    if not text.strip():
        raise ModelFailure(tr("it gave an empty answer"), empty=True)
    if not finish:
        raise ModelFailure(tr("it stopped half-way"))


class _Silence:
    """How long a model has shown no sign of life: tokens, progress in its prompt, reasoning."""

    def __init__(self) -> None:
        self.read: float | None = None
        self._since = time.monotonic()
        self._thinking_since = 0.0

    @property
    def seconds(self) -> float:
        """How long it has been silent."""
        return time.monotonic() - self._since

    def note(self, piece: Delta) -> None:
        """Take note of a piece; one that brings nothing new does not reset the time."""
        now = time.monotonic()
        self._thinking_since = (self._thinking_since or now) if piece.thinking else 0.0
        thinks = piece.thinking and now - self._thinking_since < _LONGEST_THOUGHT
        reads = piece.read is not None and (self.read is None or piece.read > self.read)
        if piece.text or piece.alive or thinks or reads:
            self._since = now
        if reads:
            self.read = piece.read


def _reading_notice(read: float | None) -> str:
    if read is None:
        return tr("the model is reading the passages")
    return tr("the model is reading the passages, {percent} %", percent=f"{100 * read:.0f}")


def loops(text: str) -> bool:
    """Say whether a text ends in the same words repeated."""
    return len(text) > 48 and bool(_LOOP.search(text[-_TAIL:]))


class _Runner:
    """One generation: an event loop in a thread, its pieces in a queue that ends with None."""

    def __init__(
        self, model: Model, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> None:
        import asyncio

        self.pieces: queue.SimpleQueue[Delta | ModelFailure | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._begun = threading.Event()
        self._given = tracing.carried()
        self._thread = threading.Thread(
            target=self._run, args=(model, messages, most, labels), name="model", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(
        self, model: Model, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> None:
        import asyncio

        asyncio.set_event_loop(self._loop)
        with tracing.within(self._given):
            # The task keeps the context that it is made in.
            self._task = self._loop.create_task(self._pump(model, messages, most, labels))
        self._begun.set()
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self.pieces.put(None)

    async def _pump(
        self, model: Model, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> None:
        stream = model.stream(messages, most, labels)
        try:
            async for piece in stream:
                self.pieces.put(piece)
        except ModelFailure as failure:
            self.pieces.put(failure)
        except Exception as error:  # noqa: BLE001  # reason: a thread's failure must reach the answer
            _LOG.error("a model failed unexpectedly", exc_info=error)
            self.pieces.put(
                ModelFailure(tr("it failed unexpectedly ({error})", error=type(error).__name__))
            )
        finally:
            # Closing the stream closes the connection, which is what frees the server.
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    def stop(self) -> None:
        """End the generation if it goes on; returns within two seconds, whatever the model does."""
        self._begun.wait(_STOP_SECONDS)
        if self._thread.is_alive() and self._task is not None:
            try:
                self._loop.call_soon_threadsafe(self._task.cancel)
            except RuntimeError:
                # The loop closed in the meantime: there is nothing left to stop.
                return
            self._thread.join(_STOP_SECONDS)
