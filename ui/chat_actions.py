"""What the chat page does, without Gradio: questions begun, watched, stopped, shown, rated."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assistant.answer import Answer, Question
from assistant.answer_storage import store_finished
from assistant.pipeline import LONGEST_QUESTION
from assistant.planning.subject import subject_of
from assistant.starter import EXAMPLES_ZH
from corpus.errors import BriefingError, NoConversation
from corpus.pace import about
from corpus.partial_dates import first_day, is_date, last_day
from ui.answer_parts import Grade
from ui.answer_view import actions_html, answer_html, awaited_html, beyond_html
from ui.jobs import Job
from ui.notices import error_html, note_html
from ui.pictures_view import pictures_html
from ui.rendering import rendered
from ui.source import SelectedCitation
from ui.translation import translated
from ui.wording import keys, ordinal, word

if TYPE_CHECKING:
    from corpus.catalogue import Entry
    from corpus.conversations import Conversations
    from ui.backend import Backend

_LOG = logging.getLogger(__name__)
# Seconds between two notes that an answer is being written (`corpus.conversations.ALIVE_FOR`).
_SAY_ALIVE = 5.0
# Seconds for which a job waits until its question is kept: a disk that stands still.
_STORE_TIMEOUT = 30.0
# Seconds without a word of an answer after which that is said, and after which quotes are offered.
_SLOW, _QUOTE_AFTER = 8, 20
# Seconds of waiting beyond which a question is told at once what it may do instead.
_LONG_WAIT = 60.0
# Questions that an empty conversation offers.
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One question of a conversation, and how far its answer is.

    `number` is its place in the library, 0 while it has none. `waiting` says what is awaited,
    `problem` why there is no answer, `stopped` that the reader stopped it. `rated` is "good",
    "bad" or "". `slow` are the seconds for which nothing was written, where these are many;
    `elsewhere` says that another server writes the answer.
    """

    question: str
    answer: Answer | None = None
    number: int = 0
    waiting: str = ""
    problem: str = ""
    stopped: bool = False
    rated: str = ""
    slow: int = 0
    alone: bool = False
    elsewhere: bool = False

    @property
    def complete(self) -> bool:
        """Whether there is an answer to its end."""
        return self.answer is not None and bool(self.answer.outcome)

    @property
    def awaited(self) -> bool:
        """Whether its answer may still come."""
        return not (self.complete or self.stopped or self.problem)


@dataclass(frozen=True, slots=True)
class AskOptions:
    """The engine and the bounds that were chosen above the box; "" and () for none."""

    engine: str = ""
    as_of: str = ""
    since: str = ""
    publishers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


def why_not_asked(text: str, asked: AskOptions, language: str) -> str:
    """Return why a question cannot be asked like this, in one line; "" where it can."""
    if not text.strip():
        return word("chat.no_question", language)
    if len(text) > LONGEST_QUESTION:
        return word("chat.too_long", language, count=f"{len(text):,}", most=f"{LONGEST_QUESTION:,}")
    for value in (asked.as_of, asked.since):
        if value.strip() and not is_date(value.strip()):
            return word("chat.bad_date", language, value=value.strip())
    if (
        asked.as_of
        and asked.since
        and last_day(asked.as_of.strip()) < first_day(asked.since.strip())
    ):
        return word("chat.bad_span", language)
    return ""


def begin_answer(
    backend: Backend,
    conversation: str,
    text: str,
    turns: Sequence[ChatTurn],
    asked: AskOptions,
    *,
    instead_of: int = 0,
    alone: bool = False,
    window: str = "",
) -> tuple[str, ChatTurn]:
    """Start the answer to `text` behind the page; return its conversation and the turn as begun.

    The question is in the library before this returns (while the library opens: as soon as it is
    open). A question that is to be read `alone` is told nothing of the turns before it. `window`
    is where its end is waited for: it takes one turn, and a question that waits is given up where
    the window is closed. Raises UsageError when too many questions wait, or this conversation's
    last one does.
    """
    conversation = conversation or uuid.uuid4().hex[:12]
    history = tuple(
        turn.answer.turn
        for turn in turns
        if not alone and turn.answer is not None and turn.answer.outcome not in {"", "failed"}
    )
    question = Question(
        " ".join(text.split()), history, asked.as_of.strip(), asked.since.strip(),
        asked.publishers, asked.documents,
    )  # fmt: skip
    work = _AnswerJob(backend, conversation, question, asked.engine, instead_of, alone)
    work.job = backend.questions.start(
        conversation, work.run, alone=True, after=work.end, reader=window, window=window
    )
    return conversation, ChatTurn(question.text, number=work.store_question(), alone=alone)


class _AnswerJob:
    """A question being answered: kept when it is asked, its answer when it is complete."""

    def __init__(
        self, backend: Backend, conversation: str, question: Question, engine: str,
        instead_of: int, alone: bool,
    ) -> None:  # fmt: skip
        self._backend = backend
        self._conversation = conversation
        self._question = question
        self._engine = engine
        self._instead_of = instead_of
        self._alone = alone
        self._number = 0
        self.job: Job[Any] | None = None
        self._begun = False
        self._ended = threading.Event()
        self._store_tried = threading.Event()

    def store_question(self) -> int:
        """Keep the question, where the library is open; return its number, or 0."""
        try:
            kept = self._backend.conversations()
            if kept is not None and not self._number:
                self._number = kept.begin(
                    self._conversation, self._question.text, instead_of=self._instead_of
                )
                if self._backend.signs_in:
                    threading.Thread(
                        target=self._say_alive, args=(kept,), name="alive", daemon=True
                    ).start()
        finally:
            self._store_tried.set()
        return self._number

    def end(self) -> None:
        """Say no more that it is being answered; also of a job that was stopped while it waited."""
        self._ended.set()
        kept = self._backend.conversations() if self._backend.signs_in else None
        if kept is not None and self._number and not self._begun:
            kept.note_alive(self._conversation, self._number, alive=False)

    def _say_alive(self, kept: Conversations) -> None:
        """Tell other servers that this one is at work, as long as it is."""
        while not self._ended.wait(_SAY_ALIVE):
            try:
                kept.note_alive(self._conversation, self._number)
            except BriefingError as error:
                # The answer itself will tell what is wrong with the record.
                _LOG.warning("cannot note that an answer is being written", exc_info=error)

    def run(self) -> Iterator[ChatTurn]:
        """Yield the turn as it grows; a failure is an answer with the outcome "failed"."""
        self._begun = True
        self._store_tried.wait(_STORE_TIMEOUT)
        text = self._question.text
        answer = Answer(text)
        try:
            for step in self._backend.answers(self._question, self._engine):
                if isinstance(step, str):
                    yield ChatTurn(text, number=self._number, waiting=step, alone=self._alone)
                    continue
                answer = step
                self.store_question()
                yield ChatTurn(text, step, self._number, alone=self._alone)
        except BriefingError as error:
            answer = Answer(text, "failed", engine=answer.engine, notice=str(error))
            yield ChatTurn(text, answer, self._number, alone=self._alone)
        finally:
            kept = self._backend.conversations()
            # One that was stopped and asked again has given its place to the one after it.
            newest = self._backend.questions.find(self._conversation) is self.job
            if kept is not None and self._number and newest:
                # Deleted while it was being answered: nothing is left to keep it in.
                with suppress(NoConversation):
                    store_finished(kept, self._conversation, self._number, answer)


def turn_progress(backend: Backend, job: Job[ChatTurn], begun: ChatTurn, language: str) -> ChatTurn:
    """Return how far a turn is now."""
    latest = replace(job.latest or begun, elsewhere=False)
    if job.cancelled:
        return replace(latest, waiting="", stopped=not latest.complete)
    if job.failure is not None:
        return replace(latest, waiting="", problem=str(job.failure))
    if job.latest is None and not job.ended:
        return replace(latest, waiting=place_in_words(backend, job, language))
    if latest.waiting in keys():
        latest = replace(latest, waiting=word(latest.waiting, language))
    written = latest.answer is not None and (latest.answer.claims or latest.answer.growing)
    if job.seconds >= _SLOW and not job.ended and not written:
        return replace(latest, slow=int(job.seconds))
    return latest


def place_in_words(backend: Backend, job: Job[ChatTurn], language: str) -> str:
    """Return where a question stands in the queue, and how long about it will wait there."""
    place = place_of(backend, job)
    if not place:
        return word("chat.starting", language)
    seconds = backend.questions.seconds_until(place)
    key = "chat.in_line" if not seconds else "chat.in_line_for"
    key = "chat.in_line_long" if seconds > _LONG_WAIT else key
    time = translated(about(seconds), language)
    return word(key, language, place=ordinal(place, language), time=time)


def place_of(backend: Backend, job: Job[ChatTurn]) -> int:
    """Return the place of a question in the queue, 1 for the next one; 0 for one that has begun."""
    return backend.questions.place_of(job) if job.latest is None else 0


def is_answering(backend: Backend, conversation: str) -> bool:
    """Say whether a conversation's last question is still being answered."""
    job = backend.questions.find(conversation)
    return job is not None and not job.ended and not job.cancelled


def stop_answer(backend: Backend, conversation: str) -> None:
    """Stop the answer of a conversation; what it had so far is kept."""
    job = backend.questions.find(conversation)
    if job is not None:
        job.cancel()


@dataclass(frozen=True, slots=True)
class Extras:
    """What answers show besides their sentences: the grades of sources, and pictures of a turn."""

    grade: Grade
    pictures: Callable[[Answer, int], str]


def extras_of(backend: Backend, language: str, *, wait: bool = False) -> Extras:
    """Return what answers show besides; pictures that are not drawn yet only with `wait`."""
    return Extras(
        backend.grading(),
        lambda answer, turn: pictures_html(
            backend.pictures(answer, language, wait=wait), turn, language
        ),
    )


def with_follow_ups(backend: Backend, turn: ChatTurn) -> ChatTurn:
    """Return a complete turn with questions that lead on from its answer."""
    if turn.answer is None or not turn.complete:
        return turn
    return replace(turn, answer=backend.with_follow_ups(turn.answer))


def store_follow_ups(backend: Backend, conversation: str, turn: ChatTurn) -> None:
    """Keep the questions that lead on from an answer with it."""
    kept = backend.conversations()
    if turn.answer is not None and turn.answer.follow_ups and kept is not None and turn.number:
        with suppress(NoConversation):
            store_finished(kept, conversation, turn.number, turn.answer)


def thread_html(
    turns: Sequence[ChatTurn],
    language: str = "en",
    *,
    conversation: str = "",
    running: bool = False,
    extras: Extras | None = None,
) -> tuple[str, str]:
    """Return the turns before the last as HTML, and the last one, which may be growing.

    Two parts: while an answer grows only the second is sent to the page again.
    """
    shown = [
        _turn_html(turn, number, language, extras, last=False, running=False)
        for number, turn in enumerate(turns[:-1])
    ]
    earlier = rendered("thread.html", "thread", language, "".join(shown), conversation)
    return earlier, latest_html(turns, language, running=running, extras=extras)


def latest_html(
    turns: Sequence[ChatTurn], language: str, *, running: bool, extras: Extras | None = None
) -> str:
    """Return the last turn as HTML; "" where there is none."""
    if not turns:
        return ""
    return _turn_html(turns[-1], len(turns) - 1, language, extras, last=True, running=running)


def _turn_html(
    turn: ChatTurn, number: int, language: str, extras: Extras | None, *, last: bool, running: bool
) -> str:
    if turn.elsewhere and not turn.complete and not (last and running):
        body = awaited_html(word("chat.elsewhere", language), language)
    else:
        body = _turn_body(turn, number, language, extras, last=last, running=running)
    return rendered("thread.html", "turn", language, turn.question, body, number)


def _turn_body(
    turn: ChatTurn, number: int, language: str, extras: Extras | None, *, last: bool, running: bool
) -> str:
    """Return what stands below a question: the answer, what is awaited, why there is none."""
    growing = last and running
    body = ""
    if turn.answer:
        grade = extras.grade if extras else None
        body = answer_html(turn.answer, number, language, grade=grade, running=growing)
    if turn.waiting:
        body = awaited_html(turn.waiting, language)
    elif turn.problem:
        body += error_html(turn.problem, language)
    elif turn.stopped:
        body += note_html(word("chat.stopped", language))
    elif not turn.complete and not growing:
        body = (body if turn.answer and turn.answer.claims else "") + note_html(
            word("chat.interrupted", language)
        )
    elif not body:
        body = awaited_html(word("chat.starting", language), language)
    if growing and turn.slow:
        body += rendered(
            "thread.html", "slow", language, turn.slow, turn.slow >= _QUOTE_AFTER, number
        )
    if not growing:
        body += actions_html(turn.answer, number, language, last=last, rated=turn.rated)
        if turn.answer:
            pictures = extras.pictures(turn.answer, number) if extras else ""
            body += beyond_html(turn.answer, pictures, language)
    return body


def with_refusal(
    turns: Sequence[ChatTurn], text: str, reason: str, language: str, conversation: str = ""
) -> tuple[str, str]:
    """Return the thread with one turn more that says why a question waits in the box."""
    earlier = "".join(thread_html(turns, language, conversation=conversation))
    body = note_html(f"{reason} {word('chat.kept_in_box', language)}")
    return earlier, rendered("thread.html", "turn", language, text, body, len(turns))


def rate_answer(
    kept: Conversations, conversation: str, turn: ChatTurn, good: bool, reason: str
) -> ChatTurn:
    """Keep what a reader thinks of an answer, and return the turn so marked."""
    with suppress(NoConversation):
        kept.rate(conversation, turn.number, good=good, reason=reason)
    return replace(turn, rated="good" if good else "bad")


def greeting_html(backend: Backend, examples: Sequence[str], language: str) -> str:
    """Return what an empty conversation says; `examples` are asked while the library opens."""
    entries = backend.entries()
    opened = backend.opening_finished()
    found = list(backend.examples(language)) if entries else []
    if not found and not opened:
        found = list(EXAMPLES_ZH if language == "zh" else examples)
    own = None if not opened else any(not one.starter for one in entries)
    return rendered(
        "thread.html",
        "greeting",
        language,
        found[:_EXAMPLES],
        own,
        len(entries),
        bool(entries),
        "" if opened else backend.status(language),
    )


def about_html(turns: Sequence[ChatTurn], language: str, *, alone: bool = False) -> str:
    """Return the chip that says what the next question is taken to be about; "" for nothing."""
    history = [turn.answer.turn for turn in turns if turn.complete and turn.answer is not None]
    subject = subject_of(history) if history else ""
    return rendered("thread.html", "about", language, subject, alone and bool(history))


def selected_citation(
    turns: Sequence[ChatTurn], turn: object, number: object
) -> SelectedCitation | None:
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
    sentences = (*answer.claims, *answer.nearest, *answer.quoted)
    claim = next((one.text for one in sentences if wanted in (*one.citations, *one.offered)), "")
    label = answer.labels[wanted]
    return SelectedCitation(citation, claim, answer.evidence, answer.citations, label)


def first_citation(turns: Sequence[ChatTurn]) -> SelectedCitation | None:
    """Return what the first marker of the last answer points to, once that answer is complete."""
    answer = turns[-1].answer if turns and turns[-1].complete else None
    if answer is None:
        return None
    sentences = (*answer.claims, *answer.nearest)
    numbers = [number for one in sentences for number in (*one.citations, *one.offered)]
    return selected_citation(turns, len(turns) - 1, numbers[0]) if numbers else None


def publishers_of(entries: Sequence[Entry]) -> list[str]:
    """Return the publishers of the library, in alphabetical order."""
    return sorted({one.publisher for entry in entries for one in entry.sources if one.publisher})


def documents_of(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Return (title, id) of the documents of the library, in alphabetical order."""
    return sorted((one.source.title or one.id, one.id) for one in entries)
