"""What the events of the memo page return: each draws the whole of what shows the memo."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from assistant.memo.contents import open_gaps
from assistant.memo.memo_repository import StoredMemo
from assistant.memo.values import Memo
from corpus.errors import BriefingError, UsageError
from ui import memo_writing, memos
from ui.backend import Backend
from ui.day_list import Row, day_list_html
from ui.event_errors import with_errors_shown
from ui.jobs import Job
from ui.memo_editor import (
    MemoEditor,
    accept_finding,
    apply_action,
    is_finding_at,
    open_memo,
    place_of_words,
    reload_memo,
    reword_line,
)
from ui.memo_view import memo_html, sections_html
from ui.memo_writing import MemoForm
from ui.notices import error_html, note_html, waiting_html
from ui.page_chat_events import Watcher
from ui.page_news import start_news
from ui.pictures_view import memo_pictures_html
from ui.rendering import rendered
from ui.source import empty_html
from ui.wording import language_of, word

Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class MemoParts:
    """The components that events draw."""

    editor: gr.State
    body: gr.HTML
    message: gr.HTML
    tools: gr.HTML
    sections: gr.HTML
    start: gr.Column
    listing: gr.HTML
    source: gr.HTML
    source_kept: gr.State
    files: gr.HTML

    @property
    def all(self) -> list[Any]:
        """Every one of them."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


class MemoEvents:
    """The handlers of the page over one backend."""

    def __init__(self, backend: Backend, parts: MemoParts) -> None:
        self._backend = backend
        self._parts = parts

    # ------------------------------------------------------------------ drawing

    def _opened(self, watcher: Watcher, editor: MemoEditor, language: str) -> Updates:
        """Return what shows another memo than before: who drew the last draws nothing more.

        The source that was open is one of the memo before.
        """
        watcher.renew()
        parts = self._parts
        return {
            **self.drawn(editor, language),
            parts.source: empty_html(language),
            parts.source_kept: None,
        }

    def drawn(self, editor: MemoEditor, language: str) -> Updates:
        """Return what shows a memo: the paper, the buttons over it, its sections, the list."""
        parts, memo = self._parts, editor.memo
        growing = bool(editor.job)
        if memo is not None and not memo.complete and not editor.planned:
            editor = replace(editor, planned=memo_writing.planned_of(self._backend, memo))
        pictures = memo_pictures_html(memo, language) if memo and memo.complete else {}
        tools = rendered(
            "memo.html", "tools", language,
            bool(memo and memo.complete), growing, editor.before is not None,
        )  # fmt: skip
        return {
            parts.editor: editor,
            parts.body: memo_html(editor, language, pictures),
            parts.message: editor.message,
            parts.tools: tools,
            parts.sections: sections_html(editor, language),
            parts.start: gr.update(visible=memo is None and not growing),
            parts.listing: list_html(memos.stored_memos(self._backend), editor.name, language),
            parts.files: _files_html(memo, language),
        }

    def form(self, chosen: str, request: gr.Request) -> tuple[str, str, str]:
        """Return what a memo is, the cards of the forms, and what stands where questions will."""
        language = language_of(request.headers)
        intro = rendered("memo.html", "intro", language)
        return intro, self._cards(chosen, language), self._questions("", chosen, language)

    def _cards(self, chosen: str, language: str) -> str:
        cards = memo_writing.forms(self._backend, language)
        return rendered("memo.html", "forms", language, cards, chosen)

    def _questions(self, topic: str, chosen: str, language: str) -> str:
        if topic.strip() and self._backend.workspace() is None:
            return note_html(word("memo.opening", language), wrong=False)
        try:
            planned = memo_writing.planned_questions(self._backend, topic, chosen, language)
        except BriefingError as error:
            return note_html(str(error))
        return rendered("memo.html", "questions", language, planned, topic.strip())

    # ------------------------------------------------------------------ the form

    @with_errors_shown
    def choose(self, topic: str, request: gr.Request, event: gr.EventData) -> tuple[str, str, str]:
        """Choose a form; the questions for the topic are those that it asks."""
        chosen = str((event._data or {}).get("form") or "bluf")
        language = language_of(request.headers)
        return chosen, self._cards(chosen, language), self._questions(topic, chosen, language)

    @with_errors_shown
    def questions(self, topic: str, chosen: str, request: gr.Request) -> str:
        """Return the questions that would be searched, to be changed."""
        return self._questions(topic, chosen, language_of(request.headers))

    def publishers(self, now: Sequence[str] | None) -> Any:
        """Return the publishers of the library to choose from."""
        found = {entry.source.publisher for entry in self._backend.entries()} - {""}
        return gr.update(choices=sorted(found | set(now or ())), value=list(now or ()))

    def write(
        self, watcher: Watcher, engine: str | None, topic: str, template: str, as_of: str | None,
        audience: str | None, length: float | None, publishers: list[str] | None, asked: str,
        request: gr.Request,
    ) -> Iterator[Updates]:  # fmt: skip
        """Begin a memo and show it as it grows; it goes on when the window is closed."""
        language = language_of(request.headers)
        # Fields of a part that was never opened come as None.
        wanted = MemoForm(
            topic, template, as_of or "", audience or "", length, tuple(publishers or ()),
            json.loads(asked) if asked else {},
        )  # fmt: skip
        if not topic.strip():
            message = note_html(word("memo.no_topic", language))
            yield self.drawn(MemoEditor(message=message), language)
            return
        try:
            job = memo_writing.start_memo(self._backend, wanted, language, engine or "")
        except BriefingError as error:
            yield self.drawn(MemoEditor(message=error_html(str(error), language)), language)
            return
        yield from self._follow(watcher, job, language)

    # ------------------------------------------------------------------ memos opened and followed

    def anew(self, watcher: Watcher, request: gr.Request) -> Updates:
        """Put the memo away and show the form."""
        return self._opened(watcher, MemoEditor(), language_of(request.headers))

    def show_latest(self, watcher: Watcher, request: gr.Request) -> Iterator[Updates]:
        """Show the memo that is being written, or the newest, after a reload or elsewhere."""
        language = language_of(request.headers)
        job = memo_writing.running_memo(self._backend)
        if job is not None:
            yield from self._follow(watcher, job, language)
            return
        newest = memos.newest_memo(self._backend)
        editor = open_memo(self._backend, newest, language) if newest else MemoEditor()
        yield self.drawn(editor, language)

    def sample(self, watcher: Watcher, request: gr.Request) -> Iterator[Updates]:
        """Open the sample memo; where it is not there yet it is written as one watches."""
        language = language_of(request.headers)
        if name := memo_writing.stored_sample(self._backend, language):
            yield self._opened(watcher, open_memo(self._backend, name, language), language)
            return
        job = memo_writing.start_sample(self._backend, language)
        if job is None:
            said = word("memo.no_sample", language)
            said = note_html(said, wrong=False)
            yield self._opened(watcher, MemoEditor(message=said), language)
            return
        yield from self._follow(watcher, job, language)

    def news(self, watcher: Watcher, request: gr.Request) -> Iterator[Updates]:
        """Write the brief on what came into the library since the reader looked, and show it."""
        language = language_of(request.headers)
        try:
            job = start_news(self._backend, language)
        except BriefingError as error:
            failed = MemoEditor(message=error_html(str(error), language))
            yield self._opened(watcher, failed, language)
            return
        if job is not None:
            yield from self._follow(watcher, job, language)

    def _follow(self, watcher: Watcher, job: Job[MemoEditor], language: str) -> Iterator[Updates]:
        """Draw a memo while it grows, until the window shows another or changes it."""
        # Before anything is written: it may wait for another memo, and can be stopped meanwhile.
        waiting = waiting_html(word("memo.waiting", language))
        editor = MemoEditor(message=waiting, job=job.name)
        begun = self._opened(watcher, editor, language)
        watch_id = watcher.newest
        yield begun
        # Gradio sends the last step again when an event ends: it must change nothing then.
        nothing = {self._parts.editor: gr.skip()}
        try:
            for editor in job.watch():
                if watcher.newest != watch_id:
                    yield nothing
                    return
                yield self.drawn(replace(editor, job=job.name), language)
        except BriefingError as error:
            editor = replace(editor, message=error_html(str(error), language))
        if job.cancelled and not (editor.memo and editor.memo.complete):
            # What is kept is what was finished.
            kept = open_memo(self._backend, editor.name) if editor.name else MemoEditor()
            said = note_html(word("memo.stopped_early", language), wrong=False)
            editor = (
                replace(kept, message="", planned=editor.planned)
                if kept.memo
                else MemoEditor(message=said)
            )
            if watcher.newest == watch_id:
                yield self._opened(watcher, replace(editor, job=""), language)
        elif watcher.newest == watch_id:
            yield self.drawn(replace(editor, job=""), language)
        yield nothing

    @with_errors_shown
    def refresh(self, editor: MemoEditor, request: gr.Request) -> Updates:
        """Show what an answer added, or another window changed, when the page is come back to."""
        language, now = language_of(request.headers), reload_memo(self._backend, editor)
        if now is editor:
            return {self._parts.listing: self._listing(editor.name, language)}
        return self.drawn(now, language)

    def _listing(self, name: str, language: str) -> str:
        return list_html(memos.stored_memos(self._backend), name, language)

    # ------------------------------------------------------------------ buttons

    @with_errors_shown
    def press(
        self, watcher: Watcher, editor: MemoEditor, request: gr.Request, event: gr.EventData
    ) -> Updates:
        """Stop the memo that this window shows being written, or take the last change back."""
        action = str((event._data or {}).get("act"))
        if action == "stop":
            job = memo_writing.job_named(self._backend, editor.job)
            if job is not None:
                job.cancel()
        elif action == "undo":
            language = language_of(request.headers)
            watcher.renew()
            now = apply_action(self._backend, editor, "undo", "", language=language)
            # What was not taken back can be tried again.
            return self.drawn(now if now.message else replace(now, before=None), language)
        # Whoever watches it sees that it stops.
        return {self._parts.editor: gr.skip()}

    def change(
        self,
        watcher: Watcher,
        engine: str | None,
        editor: MemoEditor,
        request: gr.Request,
        event: gr.EventData,
    ) -> Iterator[Updates]:
        """Do what was pressed or typed on the paper."""
        data, language = event._data or {}, language_of(request.headers)
        action, at = str(data.get("act")), str(data.get("at") or "")
        text = str(data.get("text") or "")
        if action in ("resume", "keep"):
            try:
                job = memo_writing.resume_memo(
                    self._backend, editor.name, language, engine or "", shorter=action == "keep"
                )
            except UsageError as error:
                failed = replace(editor, message=error_html(str(error), language))
                yield self.drawn(failed, language)
                return
            yield from self._follow(watcher, job, language)
            return
        watcher.renew()
        if at and "was" in data:
            # Changes that went before may have moved the line since it was pressed.
            now_at = place_of_words(editor, at, str(data["was"]))
            if not now_at:
                said = error_html(word("memo.line_gone", language), language)
                yield self.drawn(replace(editor, message=said), language)
                return
            at = now_at
        if action == "put":
            yield self.drawn(reword_line(self._backend, editor, at, text, language), language)
        elif action == "accept":
            key = str(data.get("key"))
            if not is_finding_at(editor, key, at):
                said = error_html(word("memo.line_gone", language), language)
                yield self.drawn(replace(editor, message=said), language)
                return
            yield self.drawn(accept_finding(self._backend, editor, key, text, language), language)
        else:
            now = apply_action(
                self._backend, editor, action, at, data.get("label"), language=language
            )
            yield self.drawn(now, language)

    # ------------------------------------------------------------------ the list of memos

    @with_errors_shown
    def listed(self, watcher: Watcher, request: gr.Request, event: gr.EventData) -> Updates:
        """Open a memo of the list; its menu is another event's."""
        data, language = event._data or {}, language_of(request.headers)
        if data.get("act") != "open":
            return {self._parts.editor: gr.skip()}
        opened = open_memo(self._backend, str(data.get("id")), language)
        return self._opened(watcher, opened, language)

    @with_errors_shown
    def menu(self, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        """Open the form that the menu of a memo asks for."""
        data, language = event._data or {}, language_of(request.headers)
        act, name = str(data.get("act")), str(data.get("id"))
        one = next((one for one in memos.stored_memos(self._backend) if one.id == name), None)
        title = (one.topic or one.id) if one else ""
        return (
            name if one else "",
            gr.update(visible=act == "rename" and bool(one)),
            title,
            gr.update(visible=act == "delete" and bool(one)),
            word("memo.sure", language, title=title),
        )

    @with_errors_shown
    def rename(self, editor: MemoEditor, name: str, title: str, request: gr.Request) -> Updates:
        """Give a memo another title."""
        memos.rename_memo(self._backend, name, title)
        return self._afterwards(editor, name, language_of(request.headers))

    @with_errors_shown
    def delete(
        self, watcher: Watcher, editor: MemoEditor, name: str, request: gr.Request
    ) -> Updates:
        """Delete a memo; where it was open the form is shown."""
        memos.delete_memo(self._backend, name)
        language = language_of(request.headers)
        if name == editor.name and not editor.job:
            return self._opened(watcher, MemoEditor(), language)
        return {self._parts.listing: self._listing(editor.name, language)}

    def _afterwards(self, editor: MemoEditor, name: str, language: str) -> Updates:
        if name != editor.name:
            return {self._parts.listing: self._listing(editor.name, language)}
        return self.drawn(open_memo(self._backend, name, language), language)

    # ------------------------------------------------------------------ files, comparison

    @with_errors_shown
    def file(self, editor: MemoEditor, request: gr.Request, event: gr.EventData) -> tuple[str, Any]:
        """Return a file of the memo for the browser to save, or its pages to look at."""
        data = event._data or {}
        if data.get("act") == "look":
            renderer = self._backend.page_renderer()
            return "", memos.preview_html(editor, renderer, language_of(request.headers))
        return memos.memo_file(self._backend, editor, str(data.get("form"))), gr.skip()

    def others(self, editor: MemoEditor) -> Any:
        """Return the other memos, to compare this one with."""
        found = [
            (f"{one.topic or one.id} · {one.saved}", one.id)
            for one in memos.stored_memos(self._backend)
            if one.id != editor.name
        ]
        return gr.update(choices=found, value=None)

    def compare(self, editor: MemoEditor, other: str | None, request: gr.Request) -> str:
        """Show what changed from another memo to this one."""
        language = language_of(request.headers)
        return memos.comparison_html(self._backend, editor, other, language) if other else ""


def _files_html(memo: Memo | None, language: str) -> str:
    """Return the buttons for files, and how many questions the memo leaves to the analyst yet."""
    gaps = open_gaps(memo) if memo is not None and memo.complete else 0
    listed = tuple(memos.SOURCE_FORMATS)
    return rendered("memo.html", "exports", language, memos.FORMATS, gaps, listed)


def list_html(listing: Sequence[StoredMemo], current: str, language: str) -> str:
    """Return the memos by the day of their last change, newest first."""
    if not listing:
        return rendered("page.html", "nothing", language, "memo.none_yet")
    rows = (_row(one, language) for one in listing)
    return day_list_html("memo.earlier", rows, current, ("rename", "delete"), language)


def _row(one: StoredMemo, language: str) -> Row:
    day, _, time = one.saved.partition(" ")
    remarks = [word("memo.sample", language)] if one.sample else []
    if not one.complete:
        remarks.append(word("memo.not_finished", language))
    return Row(one.id, one.topic or one.id, day, time, remarks)


__all__ = ["MemoEvents", "MemoParts", "list_html"]
