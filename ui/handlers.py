"""What the chat page does, without Gradio: the turns of a session."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer import Answer, Question
from assistant.followup import Exchange
from corpus.errors import BriefingError
from ui import markup
from ui.source import Pinned

if TYPE_CHECKING:
    from corpus.catalogue import Entry
    from ui.room import Place

# Seconds between two drawings of a sentence that grows.
_DRAW = 0.1


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a session and its answer, or the reason (HTML) why there is none yet."""

    question: str
    answer: Answer | None = None
    message: str = ""


def asking(
    place: Place,
    text: str,
    turns: Sequence[Turn],
    *,
    publishers: Sequence[str] = (),
    as_of: str = "",
) -> Iterator[list[Turn]]:
    """Yield the session's turns while the answer to `text` grows, the last time complete.

    Every failure becomes a message of the turn; none looks like an answer.
    """
    before = list(turns)
    history = tuple(
        Exchange(turn.question, turn.answer.spoken) for turn in before if turn.answer is not None
    )
    question = Question(text, history, as_of=as_of.strip(), publishers=tuple(publishers))
    shown = " ".join(text.split())
    drawn = 0.0
    try:
        for step in place.answers(question):
            if isinstance(step, str):
                yield [*before, Turn(shown, message=markup.waiting_html(step))]
                continue
            # A fast model sends more pieces than a page can draw; whole answers always pass.
            now = time.monotonic()
            if step.outcome or not step.growing or now - drawn >= _DRAW:
                drawn = now
                yield [*before, Turn(shown, answer=step)]
    except BriefingError as error:
        yield [*before, Turn(shown or "(nothing)", message=markup.error_html(str(error)))]


def stopped(turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns after Stop: an answer that was still growing says that it was stopped."""
    if not turns or (turns[-1].answer and turns[-1].answer.outcome):
        return list(turns)
    message = markup.error_html("Stopped. Ask again, or ask something else.")
    return [*turns[:-1], Turn(turns[-1].question, turns[-1].answer, message)]


def messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """Return the turns as the chat component's messages."""
    shown = []
    for number, turn in enumerate(turns):
        body = markup.answer_html(turn.answer, number) if turn.answer else ""
        shown.append({"role": "user", "content": markup.question_html(turn.question)})
        shown.append({"role": "assistant", "content": body + turn.message})
    return shown


def pinned(turns: Sequence[Turn], turn: object, number: object) -> Pinned | None:
    """Return what a marker "#cite-<turn>-<number>" points to; None for one that is unknown."""
    try:
        answer = turns[int(str(turn))].answer
        wanted = int(str(number))
    except (ValueError, IndexError):
        return None
    citation = (
        next((one for one in answer.citations if one.number == wanted), None) if answer else None
    )
    if answer is None or citation is None:
        return None
    claim = next(
        (one.text for one in answer.claims if wanted in (*one.citations, *one.offered)), ""
    )
    return Pinned(citation, claim, answer.evidence)


def library_rows(entries: Sequence[Entry]) -> list[list[str]]:
    """Return the library as rows: title, publisher, published, passages."""
    return [
        [one.source.title, one.source.publisher, one.source.published, str(one.passages)]
        for one in entries
    ]


def publishers_of(entries: Sequence[Entry]) -> list[str]:
    """Return the publishers of the library, in alphabetical order."""
    return sorted({one.source.publisher for one in entries if one.source.publisher})
