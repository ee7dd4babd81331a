"""The thread on the chat page: what asking, watching, reopening and the links of a turn do."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from corpus.errors import UsageError
from ui import chat_actions, page_conversations
from ui.answer_view import clipboard_text
from ui.backend import Backend
from ui.chat_actions import AskOptions, ChatTurn
from ui.event_errors import with_errors_shown
from ui.notices import note_html
from ui.page_scope import ask_options
from ui.source import empty_html
from ui.wording import language_of, word

# Seconds between two looks at an answer that grows: watching costs a look, not a thread, so that
# hundreds of windows may wait while two questions are worked on.
_POLL = 0.1
# A place in the queue changes at every answer for everybody behind: each is drawn less often the
# farther back it is, so many seconds a place, or two hundred windows would be drawn twenty thousand
# times. No answer takes so little that one begins between two looks and is not seen.
_POLL_A_PLACE, _POLL_WAITING, _POLL_FAR = 0.05, 0.3, 3.0
# What another server writes is looked for in the record.
_POLL_ELSEWHERE = 1.0

# The handler that begins an answer, by its name: what may be refused before it is begun.
ASKING = "ask"

Updates = dict[Any, Any]
_UNCHANGED: Updates = gr.skip()


@dataclass(frozen=True, slots=True, eq=False)
class ChatParts:
    """The components that the thread draws.

    `earlier` and `latest` are the turns before the last and the last; `alone` says that the next
    question is to be read by itself, `about` is the chip that says so.
    """

    turns: gr.State
    earlier: gr.HTML
    latest: gr.HTML
    greeting: gr.HTML
    stop: gr.Button
    box: gr.Textbox
    note: gr.HTML
    current: gr.State
    replacing: gr.State
    alone: gr.State
    about: gr.HTML
    panel: gr.HTML
    panel_kept: gr.State
    listing: gr.HTML
    clipboard: gr.Textbox
    rating_form: gr.Column
    rated_turn: gr.State
    rating_text: gr.Textbox
    restored: gr.State
    watch_id: gr.State
    cancel_edit: gr.Button
    search_box: gr.Textbox

    @property
    def ask_outputs(self) -> list[Any]:
        """The outputs of asking, as few as possible: Gradio processes all at every question."""
        return [self.turns, self.earlier, self.latest, self.greeting, self.stop, self.box,
                self.note, self.current, self.replacing, self.alone, self.about, self.listing,
                self.watch_id, self.cancel_edit, self.panel, self.panel_kept,
                self.search_box]  # fmt: skip

    @property
    def all_outputs(self) -> list[Any]:
        """All of them, as an event takes them."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


class Watcher:
    """Which watch draws the open conversation of a session: the newest. Each session has its own.

    Gradio's page can cancel only the last event of a kind that it began. A watch from before that
    one sees here that it is no longer the newest, and ends.
    """

    def __init__(self) -> None:
        self.newest = ""

    def renew(self) -> str:
        """Return the id of a new watch; those before it draw nothing more."""
        self.newest = uuid.uuid4().hex
        return self.newest


class ChatEvents:
    """The handlers of one page; what a session shows is in states, none of it here.

    All but the watching are plain functions, which Gradio runs in threads of their own: the library
    may have to be waited for, and whoever waits on the event loop has every window wait.
    """

    def __init__(self, backend: Backend, parts: ChatParts) -> None:
        self._backend = backend
        self._parts = parts

    def _thread(
        self, watcher: Watcher, now: list[ChatTurn], conversation: str, language: str,
        *, running: bool = False,
    ) -> Updates:  # fmt: skip
        parts = self._parts
        earlier, latest = chat_actions.thread_html(
            now,
            language,
            conversation=conversation,
            running=running,
            extras=chat_actions.extras_of(self._backend, language),
        )
        return {
            parts.watch_id: watcher.renew(),
            parts.turns: now,
            parts.earlier: earlier,
            parts.latest: latest,
            parts.greeting: gr.update(visible=not now),
            parts.stop: gr.update(visible=running),
        }

    def _opened(
        self, now: list[ChatTurn], conversation: str, language: str, search: str = ""
    ) -> Updates:
        """Return what is drawn when another conversation is the open one; the search stays."""
        parts = self._parts
        return {
            parts.current: conversation,
            parts.replacing: 0,
            parts.alone: False,
            parts.about: chat_actions.about_html(now, language),
            parts.note: "",
            parts.cancel_edit: gr.update(visible=False),
            parts.listing: page_conversations.list_html(
                self._backend, conversation, language, search
            ),
            parts.search_box: search,
        }

    def _with_note(self, line: str) -> Updates:
        return {self._parts.note: note_html(line)}

    async def watch(
        self, now: list[ChatTurn], conversation: str, watch_id: str, watcher: Watcher,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:  # fmt: skip
        """Draw the answer of the open conversation while it grows, to its end.

        An event of its own with two outputs: Gradio processes every output of an event again at
        each step, and all other windows wait meanwhile.
        """
        parts, language = self._parts, language_of(request.headers)
        job = self._backend.questions.find(conversation)
        if job is not None and now and now[-1].awaited:
            before, begun = now[:-1], now[-1]
            extras = chat_actions.extras_of(self._backend, language)
            seen: ChatTurn | None = None
            while watcher.newest == watch_id:
                over = job.ended or job.cancelled
                turn = chat_actions.turn_progress(self._backend, job, begun, language)
                if turn != seen or over:
                    seen = turn
                    thread = [*before, turn]
                    latest = chat_actions.latest_html(
                        thread, language, running=not over, extras=extras
                    )
                    yield {parts.turns: thread, parts.latest: latest}
                if over:
                    return
                place = chat_actions.place_of(self._backend, job)
                waiting = min(max(_POLL_WAITING, _POLL_A_PLACE * place), _POLL_FAR)
                await asyncio.sleep(waiting if place else _POLL)
        elif now and now[-1].elsewhere and now[-1].awaited:
            written = await self._written_elsewhere(now[-1], conversation, watch_id, watcher)
            if written is not None:
                thread = [*now[:-1], written]
                extras = chat_actions.extras_of(self._backend, language)
                latest = chat_actions.latest_html(thread, language, running=False, extras=extras)
                yield {parts.turns: thread, parts.latest: latest}
                return
        # Gradio empties the outputs of an event without a step, and sends the last step again when
        # an event ends: a step that changes nothing cannot undo what was drawn since.
        yield {parts.turns: gr.skip()}

    async def _written_elsewhere(
        self, begun: ChatTurn, conversation: str, watch_id: str, watcher: Watcher
    ) -> ChatTurn | None:
        """Return a turn once another server has written it, or is gone; None for no such turn."""
        while watcher.newest == watch_id:
            stored = await asyncio.to_thread(self._stored_turn, conversation, begun.number)
            if stored is None or not (stored.elsewhere and stored.awaited):
                return stored
            await asyncio.sleep(_POLL_ELSEWHERE)
        return None

    def _stored_turn(self, conversation: str, number: int) -> ChatTurn | None:
        found = page_conversations.conversation_list(self._backend)
        turns = found.turns(conversation) if found else []
        return next((one for one in turns if one.number == number), None)

    @with_errors_shown
    def answer_ended(
        self, now: list[ChatTurn], conversation: str, alone: bool, words: str, request: gr.Request
    ) -> Updates:
        """Draw what changes beside the thread when an answer is over."""
        language = language_of(request.headers)
        running = chat_actions.is_answering(self._backend, conversation)
        listing = page_conversations.list_html(self._backend, conversation, language, words)
        return {
            self._parts.stop: gr.update(visible=running),
            self._parts.about: chat_actions.about_html(now, language, alone=alone),
            self._parts.listing: listing,
        }

    @with_errors_shown
    def lead_on(
        self, now: list[ChatTurn], conversation: str, watch_id: str, watcher: Watcher,
        request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Draw what is worked out once an answer stands: pictures, and questions that lead on."""
        parts, language = self._parts, language_of(request.headers)
        if not now or not now[-1].complete:
            return _UNCHANGED
        turn = chat_actions.with_follow_ups(self._backend, now[-1])
        thread = [*now[:-1], turn]
        extras = chat_actions.extras_of(self._backend, language, wait=True)
        latest = chat_actions.latest_html(thread, language, running=False, extras=extras)
        # Another question was asked meanwhile, or another conversation opened.
        if watcher.newest != watch_id:
            return _UNCHANGED
        if turn != now[-1]:
            chat_actions.store_follow_ups(self._backend, conversation, turn)
        return {parts.turns: thread, parts.latest: latest}

    def window_closed(self, request: gr.Request) -> None:
        """Have what waits for this window alone give its place up, unless it comes back soon."""
        self._backend.window_closed(_window_of(request))

    def read_alone(self, now: list[ChatTurn], request: gr.Request, event: gr.EventData) -> Updates:
        """Have the next question read by itself, or with the conversation again."""
        alone = str((event._data or {}).get("act")) == "alone"
        language = language_of(request.headers)
        return {
            self._parts.alone: alone,
            self._parts.about: chat_actions.about_html(now, language, alone=alone),
        }

    def _begin(
        self,
        watcher: Watcher,
        text: str,
        before: list[ChatTurn],
        conversation: str,
        chosen: AskOptions,
        language: str,
        instead_of: int,
        *,
        window: str,
        alone: bool = False,
    ) -> Updates:
        problem = chat_actions.why_not_asked(text, chosen, language)
        if chosen.engine and chosen.engine not in {name for _, name in self._backend.engines()}:
            problem = word("chat.no_engine", language)
        if problem:
            return self._with_note(problem)
        before = self._as_stored(before, conversation)
        running = self._backend.questions.find(conversation)
        stopped = running is not None and running.cancelled and not running.ended
        if before and before[-1].elsewhere and not stopped and not instead_of:
            return self._with_note(word("chat.busy", language))
        if instead_of:
            before = [one for one in before if one.number < instead_of]
        try:
            conversation, begun = chat_actions.begin_answer(
                self._backend, conversation, text, before, chosen, instead_of=instead_of,
                alone=alone, window=window,
            )  # fmt: skip
        except UsageError:
            if chat_actions.is_answering(self._backend, conversation):
                return self._with_note(word("chat.busy", language))
            reason = word("chat.full", language)
            earlier, latest = chat_actions.with_refusal(
                before, text, reason, language, conversation
            )
            return {
                self._parts.earlier: earlier,
                self._parts.latest: latest,
                self._parts.greeting: gr.update(visible=False),
                self._parts.box: text,
            }
        now = [*before, begun]
        return {
            **self._thread(watcher, now, conversation, language, running=True),
            **self._opened(now, conversation, language),
            self._parts.box: "",
            # The [1] of the answer before is another than that of this one.
            self._parts.panel: empty_html(language),
            self._parts.panel_kept: None,
        }

    def _as_stored(self, before: list[ChatTurn], conversation: str) -> list[ChatTurn]:
        """Return the turns of a conversation as they are stored, where people sign in.

        What may not be read any more is not told again, and another server may have written since.
        """
        found = page_conversations.conversation_list(self._backend)
        if not (self._backend.signs_in and conversation and found):
            return before
        return found.turns(conversation) or before

    @with_errors_shown
    def ask(
        self, text: str, watcher: Watcher, before: list[ChatTurn], conversation: str,
        instead_of: int, alone: bool, engine: str | None, as_of: str | None, since: str | None,
        publishers: list[str] | None, documents: list[str] | None, request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Begin the answer to what is in the box."""
        self._backend.questions.release()
        chosen = ask_options(engine, as_of, since, publishers, documents)
        language = language_of(request.headers)
        return self._begin(
            watcher, text, before, conversation, chosen, language, instead_of,
            window=_window_of(request), alone=alone,
        )  # fmt: skip

    def _stored_thread(
        self, watcher: Watcher, conversation: str, language: str, search: str = ""
    ) -> Updates:
        """Return a kept conversation as it is drawn."""
        found = page_conversations.conversation_list(self._backend)
        kept = found.turns(conversation) if found and conversation else []
        if not kept:
            return {self._parts.listing: page_conversations.list_html(self._backend, "", language)}
        running = chat_actions.is_answering(self._backend, conversation)
        return {
            **self._thread(watcher, kept, conversation, language, running=running),
            **self._opened(kept, conversation, language, search),
            self._parts.panel: empty_html(language),
            self._parts.panel_kept: None,
        }

    @with_errors_shown
    def open_conversation(
        self, watcher: Watcher, search: str, request: gr.Request, event: gr.EventData
    ) -> Updates:
        """Open a conversation of the list."""
        talk = str((event._data or {}).get("id") or "")
        return self._stored_thread(watcher, talk, language_of(request.headers), search)

    @with_errors_shown
    def restore(
        self, watcher: Watcher, before: str | None, conversation: str, restored: bool,
        request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Open what this window had open, once, when the library is there."""
        parts = self._parts
        if restored or self._backend.conversations() is None:
            return {parts.restored: restored}
        language = language_of(request.headers)
        drawn: Updates = {
            parts.listing: page_conversations.list_html(self._backend, conversation, language)
        }
        if not conversation:
            # The first screen waits for this, so that nothing is asked before it is drawn.
            drawn[parts.earlier] = chat_actions.thread_html([], language)[0]
            drawn |= self._stored_thread(watcher, before or "", language)
        return {**drawn, parts.restored: True}

    @with_errors_shown
    def thread_action(
        self, watcher: Watcher, now: list[ChatTurn], conversation: str, _: int, alone: bool,
        engine: str | None, as_of: str | None, since: str | None, publishers: list[str] | None,
        documents: list[str] | None, request: gr.Request, event: gr.EventData,
    ) -> Updates:  # fmt: skip
        """Do what a button in the thread or in the greeting says."""
        chosen = ask_options(engine, as_of, since, publishers, documents)
        language, data = language_of(request.headers), event._data or {}
        parts = self._parts
        wanted, at = str(data.get("act")), str(data.get("turn"))
        if wanted == "ask":
            text = str(data.get("text") or "")
            begun = self._begin(
                watcher, text, now, conversation, chosen, language, 0,
                window=_window_of(request), alone=alone,
            )  # fmt: skip
            return {part: value for part, value in begun.items() if part is not parts.box}
        number = int(at) if at.isdecimal() else len(now)
        if number >= len(now):
            return _UNCHANGED
        turn = now[number]
        if wanted in {"again", "alone", "quote"}:
            if wanted == "quote":
                chat_actions.stop_answer(self._backend, conversation)
                chosen = replace(chosen, engine="extractive")
            # Only the last turn is taken back for another: those after one are not to be lost.
            instead_of = turn.number if number == len(now) - 1 else 0
            begun = self._begin(
                watcher, turn.question, now[:number] if instead_of else now, conversation, chosen,
                language, instead_of, window=_window_of(request),
                alone=wanted == "alone" or turn.alone,
            )  # fmt: skip
            # What is being typed meanwhile stays.
            return {part: value for part, value in begun.items() if part is not parts.box}
        if wanted == "edit":
            return {
                **self._with_note(word("chat.editing", language)),
                parts.box: turn.question,
                parts.replacing: turn.number,
                parts.cancel_edit: gr.update(visible=True),
            }
        if wanted in {"copy", "cited"} and turn.answer is not None:
            gr.Info(word("chat.copied", language))
            # The same text is copied again where it is another value.
            text = clipboard_text(turn.answer, cited=wanted == "cited")
            return {parts.clipboard: f"{uuid.uuid4().hex}\n{text}"}
        if wanted in {"good", "bad"}:
            good = wanted == "good"
            return self._rated_turn(watcher, now, number, conversation, language, good=good)
        return _UNCHANGED

    def _rated_turn(
        self, watcher: Watcher, now: list[ChatTurn], number: int, conversation: str, language: str,
        *, good: bool,
    ) -> Updates:  # fmt: skip
        kept = self._backend.conversations()
        if kept is None:
            return _UNCHANGED
        after = list(now)
        after[number] = chat_actions.rate_answer(kept, conversation, now[number], good, "")
        if good:
            gr.Info(word("chat.thanks", language))
        running = chat_actions.is_answering(self._backend, conversation)
        return {
            **self._thread(watcher, after, conversation, language, running=running),
            self._parts.rating_form: gr.update(visible=not good),
            self._parts.rated_turn: number,
        }

    @with_errors_shown
    def rate_with_reason(
        self, now: list[ChatTurn], conversation: str, number: int, reason: str | None,
        text: str | None, request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Keep why an answer was bad."""
        kept = self._backend.conversations()
        if kept is not None and number < len(now):
            said = ": ".join(part for part in (reason or "", (text or "").strip()) if part)
            chat_actions.rate_answer(kept, conversation, now[number], False, said)
            gr.Info(word("chat.thanks", language_of(request.headers)))
        return {self._parts.rating_form: gr.update(visible=False), self._parts.rating_text: ""}

    def new_conversation(self, watcher: Watcher, request: gr.Request) -> Updates:
        """Begin a conversation; the one that was open goes on answering behind the page."""
        language = language_of(request.headers)
        return {
            **self._thread(watcher, [], "", language),
            **self._opened([], "", language),
            self._parts.panel: empty_html(language),
            self._parts.panel_kept: None,
            self._parts.rating_form: gr.update(visible=False),
        }

    @with_errors_shown
    def delete(
        self, watcher: Watcher, conversation: str, chosen: str, request: gr.Request
    ) -> Updates:
        """Delete the conversation that was chosen; an answer that it waits for is stopped."""
        chat_actions.stop_answer(self._backend, chosen)
        if found := page_conversations.conversation_list(self._backend):
            found.delete(chosen)
        if chosen == conversation:
            return self.new_conversation(watcher, request)
        language = language_of(request.headers)
        listing = page_conversations.list_html(self._backend, conversation, language)
        return {self._parts.listing: listing}


def _window_of(request: gr.Request) -> str:
    """Return the name of the window that an event comes from."""
    return request.session_hash or ""


__all__ = ["ASKING", "ChatEvents", "ChatParts", "Watcher"]
