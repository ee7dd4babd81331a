"""Putting an answer into a memo: which memo, and which of its sections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from assistant.answer import Answer
from ui import memos
from ui.backend import Backend
from ui.chat_actions import ChatTurn
from ui.notices import note_html
from ui.page_words import LABELS
from ui.wording import language_of, word


class AddToMemo:
    """The form below the thread, and what its events return."""

    def __init__(self, backend: Backend) -> None:
        """Build the form, hidden until "Add to memo" is followed."""
        self._backend = backend
        # The answer itself: the thread may show another conversation when the form is sent.
        self.answer = gr.State(None)
        with gr.Column(visible=False, elem_id="into", elem_classes="thread-form") as self.form:
            with gr.Row():
                self.memo: Any = gr.Dropdown(
                    [], label=LABELS("chat.into_memo"), elem_id="into-memo", scale=3
                )
                self.section: Any = gr.Dropdown(
                    [], label=LABELS("chat.into_section"), scale=2, min_width=150
                )
            with gr.Row():
                self.add_button = gr.Button(LABELS("chat.put"), size="sm", variant="primary")
                self.cancel = gr.Button(LABELS("chat.leave"), size="sm")

    def connect(
        self, threads: Sequence[gr.HTML], turns: gr.State, note: gr.HTML, leaving: Sequence[Any]
    ) -> None:
        """Follow the buttons under answers, and the form; `leaving` are events that close it."""
        quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        form_outputs = [self.answer, self.form, self.memo, self.section, note]
        gr.on([one.select for one in threads], self.show_form, turns, form_outputs, **quiet)
        self.memo.input(self.sections, self.memo, self.section, **quiet)
        self.add_button.click(
            self.add, [self.answer, self.memo, self.section], [self.form, note], **quiet
        )
        closing = [self.cancel.click, *leaving]
        gr.on(closing, lambda: gr.update(visible=False), None, self.form, **quiet)

    def show_form(
        self, now: list[ChatTurn], request: gr.Request, event: gr.EventData
    ) -> tuple[Any, ...]:
        """Open the form for the answer whose link was followed, the newest memo chosen."""
        data = event._data or {}
        at = str(data.get("turn"))
        if data.get("act") != "memo" or not at.isdecimal() or int(at) >= len(now):
            return (gr.skip(),) * 5
        writing = memos.being_written(self._backend)
        kept = [one for one in memos.stored_memos(self._backend) if one[1] not in writing]
        if not kept:
            key = "memo.no_memo" if self._backend.workspace() else "memo.opening"
            said = word("memo.being_written" if writing else key, language_of(request.headers))
            note = gr.update(value=note_html(said), visible=True)
            return None, gr.update(visible=False), gr.skip(), gr.skip(), note
        newest = kept[0][1]
        return (
            now[int(at)].answer,
            gr.update(visible=True),
            gr.update(choices=kept, value=newest),
            self.sections(newest),
            gr.update(visible=False),
        )

    def sections(self, name: str | None) -> Any:
        """Return the sections of a memo as choices."""
        choices, likeliest = memos.destinations(self._backend, name or "")
        return gr.update(choices=choices, value=likeliest or None)

    def add(
        self, answer: Answer | None, name: str | None, section: str | None, request: gr.Request
    ) -> tuple[Any, Any]:
        """Put the answer there, close the form and say what became of it."""
        language = language_of(request.headers)
        done, said = False, word("memo.not_added", language)
        if answer is not None:
            done, said = memos.add_answer(
                self._backend, name or "", section or "", answer, language
            )
        note = gr.update(value=note_html(said, wrong=not done), visible=True)
        return gr.update(visible=False), note


__all__ = ["AddToMemo"]
