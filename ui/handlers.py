"""What the page does, without Gradio: the room that opens behind it, and the turns of a session."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assistant.answer import Answer, Question
from assistant.followup import Exchange
from corpus.errors import BriefingError
from ui import markup

if TYPE_CHECKING:
    from assistant.desk import Desk
    from assistant.settings import Settings
    from corpus.catalogue import Entry
    from corpus.conversations import Conversations

# How often a waiting question looks again, and how long it waits before it says so and stops.
_TICK = 0.25
_PATIENCE = 600.0
# Seconds between two drawings of a sentence that grows.
_DRAW = 0.1


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a session and its answer, or the reason (HTML) why there is none yet."""

    question: str
    answer: Answer | None = None
    message: str = ""


class Place(Protocol):
    """What the page needs to be given: a room, or in tests something that behaves like one."""

    def status(self) -> str:
        """Return the line under the title, as HTML."""

    def settled(self) -> bool:
        """Say whether the library is open, or will not open."""

    def entries(self) -> Sequence[Entry]:
        """Return the documents of the library."""

    def answers(self, question: Question) -> Iterator[Answer | str]:
        """Yield snapshots of the answer, and lines that say what is being waited for."""

    def source(self, answer: Answer, number: int) -> str:
        """Return the source panel of a citation, as HTML."""

    def conversations(self) -> Conversations | None:
        """Return the kept conversations; None while the library opens."""

    def desk(self) -> Desk | None:
        """Return the desk, for memos; None while the library opens."""


class Room:
    """Opens the desk in a thread of its own, so that the page is there before the models are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._desk: Desk | None = None
        self._note = "Opening the library…"
        self._failure = ""
        self._ready = threading.Event()

    def open(self) -> None:
        """Begin to open, and return at once."""
        threading.Thread(target=self._open, name="opening", daemon=True).start()

    def _open(self) -> None:
        from assistant.desk import Desk
        from assistant.starter import ensure_starter
        from index.ingest import Progress

        try:
            desk = Desk(self._settings)
            for step in ensure_starter(desk):
                if isinstance(step, Progress):
                    self._note = (
                        f"Reading the starter library: {step.done} of {step.total} documents…"
                    )
            self._note = "Loading the search…"
            if desk.library.entries():
                # The first search loads everything that later ones need.
                list(desk.searcher.search("warm up", limit=1))
            self._desk = desk
            self._note = ""
        except BriefingError as error:
            self._failure = str(error)
        except Exception as error:  # noqa: BLE001  # reason: a thread's failure must reach the page
            self._failure = f"unexpected failure while opening ({type(error).__name__}: {error})"
        finally:
            self._ready.set()

    def status(self) -> str:
        """Return the line under the title, as HTML."""
        if self._failure:
            return markup.error_html(self._failure)
        desk = self._desk
        if desk is None:
            return markup.status_html((), "", self._note)
        engine = desk.engine
        return markup.status_html(desk.library.entries(), engine.name, "", engine.place)

    def settled(self) -> bool:
        """Say whether the library is open, or will not open."""
        return self._ready.is_set()

    def entries(self) -> Sequence[Entry]:
        """Return the documents of the library; none while it opens."""
        return self._desk.library.entries() if self._desk else ()

    def answers(self, question: Question) -> Iterator[Answer | str]:
        """Yield snapshots of the answer; while the library opens, what is being waited for."""
        from assistant.answering import ask

        deadline = time.monotonic() + _PATIENCE
        while not self._ready.wait(_TICK):
            if time.monotonic() > deadline:
                raise BriefingError("the library is still opening; ask again in a while")
            yield self._note
        if self._desk is None:
            raise BriefingError(self._failure)
        yield from ask(self._desk, question)

    def source(self, answer: Answer, number: int) -> str:
        """Return the source panel of a citation, as HTML."""
        citation = next((one for one in answer.citations if one.number == number), None)
        if citation is None or self._desk is None:
            return markup.empty_source_html()
        return markup.source_html(citation, self._desk.library.document(citation.document))

    def conversations(self) -> Conversations | None:
        """Return the kept conversations; None while the library opens."""
        return self._desk.library.conversations if self._desk else None

    def desk(self) -> Desk | None:
        """Return the desk, for memos; None while the library opens."""
        return self._desk

    def close(self) -> None:
        """Let go of the library once it is open."""
        self._ready.wait()
        if self._desk is not None:
            self._desk.close()


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


def chosen_source(place: Place, turns: Sequence[Turn], turn: object, number: object) -> str:
    """Return the panel for a marker that was followed; an unknown one shows the empty panel."""
    try:
        answer = turns[int(str(turn))].answer
        wanted = int(str(number))
    except (ValueError, IndexError):
        return markup.empty_source_html()
    return place.source(answer, wanted) if answer else markup.empty_source_html()


def library_rows(entries: Sequence[Entry]) -> list[list[str]]:
    """Return the library as rows: title, publisher, published, passages."""
    return [
        [one.source.title, one.source.publisher, one.source.published, str(one.passages)]
        for one in entries
    ]


def publishers_of(entries: Sequence[Entry]) -> list[str]:
    """Return the publishers of the library, in alphabetical order."""
    return sorted({one.source.publisher for one in entries if one.source.publisher})


Say = Callable[[str], None]
