"""The engine that writes with a model: prompt, evidence that fits its context, stream, cost."""

from __future__ import annotations

import re
import secrets
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from assistant import prompts
from assistant.engine import Engine, Piece, Task, Usage, Waiting
from assistant.models.clients import is_loopback
from assistant.models.context_window import (
    MESSAGE_TOKENS,
    FittedPassage,
    answer_tokens,
    fitted_to_context,
)
from assistant.models.engine_config import EngineConfig, Price
from assistant.models.model import ChatMessage, Delta, Model, ModelFailure
from assistant.models.prompt_cache import PromptCache
from assistant.models.streaming import Deadlines, run
from corpus.citation_line import citation_line
from corpus.errors import EngineError, UsageError
from corpus.i18n import tr
from index.evidence import Evidence

# The share of the room for evidence that earlier turns may take.
_HISTORY = 0.4
_REWRITE_TOKENS = 120
_TURNS = 6
_REWRITE = Deadlines(first=20.0, silence=15.0)
# A passage's own "[12]" would look like one of our labels.
_BRACKETED, _ROUND = re.compile(r"\[(\d{1,3})\]"), r"(\1)"


@dataclass(frozen=True, slots=True)
class ModelEngine:
    """Writes with a model; `host` is where its prompts are sent, "" for this machine.

    `evidence` limits the tokens of passages in a prompt, None for as many as the context holds;
    `prompt_cache` holds earlier prompts and answers.
    """

    name: str
    model: Model
    host: str = ""
    limits: Deadlines = field(default_factory=Deadlines)
    price: Price | None = None
    evidence: int | None = None
    prompt_cache: PromptCache = field(default_factory=PromptCache)

    def saw_part(self, task: Task) -> bool:
        """Say whether evidence was left out because the context is too small; see Shortened."""
        written = self.prompt_cache.found(task)
        return written is not None and written.part

    @property
    def _log_name(self) -> str:
        """The engine in the log: its name, and the host if that is another machine."""
        return f"{self.name} at {self.host}" if self.host else self.name

    def write(self, task: Task) -> Generator[Piece, None, None]:
        """Yield the model's answer; see Engine.write."""
        share = 1.0
        while True:
            try:
                yield from self._write_with_share(task, share)
                return
            except ModelFailure as failure:
                # The estimate of tokens was too low, or the server's context is smaller than said.
                if not failure.too_long or share < 0.3:
                    raise self._failed(failure) from failure
                share /= 2

    def _failed(self, failure: ModelFailure) -> EngineError:
        return EngineError(tr("{engine} failed: {reason}", engine=self.name, reason=failure))

    def _write_with_share(self, task: Task, share: float) -> Iterator[Piece]:
        boundary = f"=== {secrets.token_hex(8)} ==="
        mark = f"{secrets.token_hex(2)}|"
        kept, messages = self._messages(task, share, boundary, mark)
        part = len(kept) < len(task.evidence) or not all(one.whole for one in kept)
        answer = ""
        try:
            for piece in self._stream_in_format(messages, [one.label for one in kept]):
                if isinstance(piece, str):
                    answer += piece
                    # Some models repeat the fence; it is not shown.
                    piece = piece.replace(boundary, "").replace(mark, "")
                yield piece
        finally:
            # Also when the consumer stopped the answer.
            self.prompt_cache.keep(task, messages[-1].text, answer, part=part)

    def _stream_in_format(
        self, messages: Sequence[ChatMessage], labels: Sequence[int]
    ) -> Iterator[Piece]:
        """Yield the answer and its usage, constrained to an output format where that works.

        Falls back to the prompt alone where the server refuses the format, or the answer is empty:
        DeepSeek's documentation says that its JSON may be.
        """
        most = answer_tokens(self.model.context)
        try:
            held = labels if self.prompt_cache.takes_form else ()
            yield from self._stream(messages, most, held)
        except ModelFailure as failure:
            if not held or not (failure.refused or failure.empty):
                raise
            self.prompt_cache.takes_form = not failure.refused
            yield from self._stream(messages, most, ())

    def _stream(
        self, messages: Sequence[ChatMessage], most: int, labels: Sequence[int]
    ) -> Iterator[Piece]:
        stream = run(
            self.model, messages, most, self.limits, labels=labels, log_name=self._log_name
        )
        sent = "\n\n".join(f"{one.role}:\n{one.text}" for one in messages)
        usage = Usage(prompt=sent)
        with closing(stream):
            for piece in without_reasoning(stream):
                if isinstance(piece, Waiting):
                    yield piece
                    continue
                if piece.text:
                    yield piece.text
                usage = self._usage_with(usage, piece)
        yield usage

    def _messages(
        self, task: Task, share: float, boundary: str, mark: str
    ) -> tuple[list[FittedPassage], list[ChatMessage]]:
        """Return the passages that are shown, and the messages; raises ModelFailure.

        The rules come first and never change, then the earlier turns as they were sent: a server
        with a prompt cache reads only the last message anew.
        """
        rules = prompts.ANSWER.filled()
        count = self.model.count
        bare = prompts.QUESTION.filled(
            boundary=boundary, mark=mark, passages="", question=_asked(task)
        )
        room = self.model.context - answer_tokens(self.model.context) - 2 * MESSAGE_TOKENS
        room = int((room - count(rules) - count(bare)) * share)
        earlier = self.prompt_cache.fitting_turns(task.history, count, int(room * _HISTORY))
        room -= sum(count(one.text) + MESSAGE_TOKENS for one in earlier)
        if self.evidence:
            room = min(room, int(self.evidence * share))
        kept = fitted_to_context(task.evidence, task.sentences, count, room)
        if not kept:
            raise ModelFailure(
                tr(
                    "its context of {tokens} tokens holds no passage; choose a model with a larger "
                    "one",
                    tokens=f"{self.model.context:,}",
                )
            )
        by_label = {one.label: one for one in task.evidence}
        passages = "\n".join(_passage_block(by_label[one.label], one, mark) for one in kept)
        question = prompts.QUESTION.filled(
            boundary=boundary, mark=mark, passages=passages, question=_asked(task)
        )
        return kept, [ChatMessage("system", rules), *earlier, ChatMessage("user", question)]

    def again(self, task: Task, wrong: Sequence[tuple[str, str]]) -> Generator[Piece, None, None]:
        """Yield a second answer to `task`; see Corrector.again."""
        before = self.prompt_cache.found(task)
        if before is None:
            raise EngineError(
                tr("{engine} has written nothing that could be corrected", engine=self.name)
            )
        lines = "\n".join(f"- {text} ({reason})" for text, reason in wrong)
        asking = [
            ChatMessage("system", prompts.ANSWER.filled()),
            ChatMessage("user", before.sent),
            ChatMessage("assistant", before.answer),
            ChatMessage("user", prompts.CORRECTION.filled(sentences=lines)),
        ]
        labels = [one.label for one in task.evidence if f"\n[{one.label}]\n" in before.sent]
        try:
            yield from self._stream_in_format(asking, labels)
        except ModelFailure as failure:
            raise self._failed(failure) from failure

    def _usage_with(self, usage: Usage, piece: Delta) -> Usage:
        prompt = piece.prompt_tokens if piece.prompt_tokens is not None else usage.prompt_tokens
        answer = piece.answer_tokens if piece.answer_tokens is not None else usage.answer_tokens
        cost = usage.cost
        if self.price and prompt is not None and answer is not None:
            cost = (prompt * self.price.input + answer * self.price.output) / 1e6
        cut = usage.cut or piece.finish == "length"
        return Usage(prompt, answer, cost, cut, usage.prompt)

    def rewritten(
        self, question: str, history: Sequence[str]
    ) -> Generator[str | Waiting, None, None]:
        """Yield Waiting, and at last the follow-up rewritten as a standalone question.

        Raises EngineError.
        """
        turns = "\n".join(f"- {one}" for one in history[-_TURNS:])
        text = prompts.REWRITE.filled(turns=turns, question=question)
        rewritten = ""
        try:
            asking = [ChatMessage("user", text)]
            stream = run(self.model, asking, _REWRITE_TOKENS, _REWRITE, log_name=self._log_name)
            with closing(stream):
                for one in without_reasoning(stream):
                    if isinstance(one, Delta):
                        rewritten += one.text
                    yield Waiting(tr("the model spells out the question"))
        except ModelFailure as failure:
            raise self._failed(failure) from failure
        lines = [line.strip(" \"'“”*") for line in rewritten.splitlines() if line.strip()]
        yield lines[0] if lines else ""


def _asked(task: Task) -> str:
    """Return the question of a task, with the length that is asked for."""
    most = task.length.most
    if not most:
        return task.question
    line = prompts.BULLETS if task.length.bullets else prompts.SENTENCES
    return f"{task.question}\n{line.filled(count=str(most))}"


def _passage_block(one: Evidence, shown: FittedPassage, mark: str) -> str:
    """Return a passage for the prompt: its label, its source, and one marked line per sentence.

    Rows of a table follow the table's head, one line each.
    """
    head = one.passage.head
    lines = [citation_line(one.source), *[head] * bool(head), *shown.lines]
    body = "\n".join(f"{mark} {_BRACKETED.sub(_ROUND, line)}" for line in lines)
    return f"[{one.label}]\n{body}\n"


_OPEN, _CLOSE = "<think>", "</think>"


def without_reasoning(stream: Iterator[Delta | Waiting]) -> Iterator[Delta | Waiting]:
    """Yield a stream without the <think>…</think> block at its beginning."""
    held, thinking, thought, begun = "", False, False, False
    for piece in stream:
        if isinstance(piece, Waiting) or begun:
            yield piece
            continue
        held += piece.text
        start = held.lstrip()
        if (thought or not thinking) and start and not _OPEN.startswith(start[: len(_OPEN)]):
            begun = True
            yield Delta(
                start if thought else held, piece.finish, piece.prompt_tokens, piece.answer_tokens
            )
            continue
        thinking = thinking or start.startswith(_OPEN)
        end = held.find(_CLOSE)
        if thinking and not thought and end >= 0:
            thought, held = True, held[end + len(_CLOSE) :].lstrip()
            begun = bool(held)
            yield Delta(held, piece.finish, piece.prompt_tokens, piece.answer_tokens)
        elif piece.finish or piece.answer_tokens:
            yield Delta("", piece.finish, piece.prompt_tokens, piece.answer_tokens)
        else:
            yield Waiting(tr("the model is thinking"))


# A smaller context, in tokens, has no room for evidence beside the prompt.
SMALLEST_CONTEXT = 2048
# Tokens of passages for a server on loopback, whose speed is unknown.
_EVIDENCE_OF_SERVER = 1500


def model_engine(
    name: str, model: Model, address: str, config: EngineConfig, evidence: int | None = None
) -> Engine:
    """Return the engine that writes with a model.

    `address` is that of its server, "" for a model in this process; `evidence` limits the tokens of
    passages, None for what the context holds or, on loopback, a default.
    """
    host = "" if not address or is_loopback(address) else urlsplit(address).netloc
    host = host.rpartition("@")[2]
    if evidence is None and address and not host:
        evidence = _EVIDENCE_OF_SERVER
    return ModelEngine(name, model, host, config.limits, config.prices.get(name), evidence)


def configured_context(config: EngineConfig, *names: str) -> int | None:
    """Return the context, in tokens, that the user set for the first of `names` that has one.

    None where none has; raises UsageError for one that is too small.
    """
    for name in names:
        if name in config.context:
            tokens = config.context[name]
            if tokens < SMALLEST_CONTEXT:
                raise UsageError(
                    tr(
                        "a context of {tokens} tokens for {name} holds no evidence; give {least} "
                        "or more",
                        tokens=tokens,
                        name=name,
                        least=f"{SMALLEST_CONTEXT:,}",
                    )
                )
            return tokens
    return None
