"""What an engine is: one method that writes an answer as a stream of pieces."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar, runtime_checkable

from assistant.planning.answer_form import AnswerForm
from assistant.planning.answer_length import ANY_LENGTH, AnswerLength
from assistant.planning.query_rewriting import Turn
from assistant.retrieval.sentence_ranking import RankedSentence
from corpus.errors import BriefingError, EngineError
from corpus.i18n import tr
from index.evidence import Evidence


@dataclass(frozen=True, slots=True)
class ReplacedSentence:
    """A replaced or corrected statement, and the `words` that introduce it ("Until 2026-06-03").

    It is shown after the sentence `leading`, which replaced it.
    """

    leading: RankedSentence
    words: str
    read: RankedSentence


@dataclass(frozen=True, slots=True)
class Task:
    """What an engine is given: the question, the evidence, and its ranked sentences.

    `sentences` are best first; an engine with a model may ignore them. `history` is oldest first.
    `asides` are replaced statements, shown after the sentence that replaced them. If the question
    has several `parts`, each of the first `parts` sentences answers one. `form` is what the
    question expects: a fact, a list, an explanation. `length` is how long it is asked to be.
    """

    question: str
    evidence: Sequence[Evidence]
    sentences: Sequence[RankedSentence]
    history: Sequence[Turn] = ()
    asides: Sequence[ReplacedSentence] = ()
    parts: int = 1
    form: AnswerForm = AnswerForm.FACT
    length: AnswerLength = ANY_LENGTH


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign of life without text, and its reason: "the model is reading" for instance.

    An engine that may be silent for long yields one at least twice a second, so that the consumer
    can stop it.
    """

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost: tokens as the provider counted them (None if it did not).

    `cost` is in dollars by prices that the user set, None without them. `cut` says that the model
    reached its limit of tokens: its last sentence is not whole. `prompt` is what was sent.
    """

    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    cost: float | None = None
    cut: bool = False
    prompt: str = field(default="", compare=False)

    def with_more(self, more: Usage) -> Usage:
        """Return the sum of both, None where neither has a number; `cut` is that of `more`."""
        return replace(
            self,
            prompt_tokens=_sum(self.prompt_tokens, more.prompt_tokens),
            answer_tokens=_sum(self.answer_tokens, more.answer_tokens),
            cost=_sum(self.cost, more.cost),
            cut=more.cut,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as the engine wrote it, with the labels it cites, not yet checked.

    An engine that quotes yields drafts itself, since a quoted text may be two sentences.
    """

    text: str
    labels: tuple[int, ...]


Piece = str | Waiting | Usage | Draft
_Number = TypeVar("_Number", int, float)
_Piece = TypeVar("_Piece")


def _sum(one: _Number | None, other: _Number | None) -> _Number | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


@runtime_checkable
class Engine(Protocol):
    """Writes answers whose sentences carry the labels of the evidence they rest on."""

    @property
    def name(self) -> str:
        """What the engine is called on screen and in JSON."""

    @property
    def host(self) -> str:
        """The host that question and passages are sent to; "" when they stay on this machine."""

    def write(self, task: Task) -> Generator[Piece, None, None]:
        """Yield the answer in pieces of any size; "[n]" after a sentence cites evidence n.

        Closing it stops the engine. Raises EngineError when the engine fails.
        """


@runtime_checkable
class Corrector(Protocol):
    """An engine that can write an answer again, told which of its sentences were unsupported."""

    def again(self, task: Task, wrong: Sequence[tuple[str, str]]) -> Generator[Piece, None, None]:
        """Yield a second version of the answer to `task`, which it has written before.

        `wrong` are (sentence, what is wrong with it). Raises EngineError.
        """


@runtime_checkable
class Shortened(Protocol):
    """An engine that may have seen only part of the evidence, so that it may miss an answer."""

    def saw_part(self, task: Task) -> bool:
        """Say whether it saw only part of the evidence of a task that it has written."""


def guarded(
    name: str, write: Callable[..., Iterable[_Piece]], *arguments: object
) -> Generator[_Piece, None, None]:
    """Yield what an engine's method yields, asked with what is `arguments`; `name` is the engine's.

    Closing it closes that. An engine may be another package's: whatever it raises beside our own
    errors is turned into an EngineError, so that it is shown and the library quoted instead.
    """
    try:
        yield from write(*arguments)
    except BriefingError:
        raise
    except Exception as error:  # reason: code of others may raise anything
        reason = type(error).__name__
        raise EngineError(tr("{engine} failed: {reason}", engine=name, reason=reason)) from error
