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

# Stands for a memo that is to begin with the answer.
_NEW = "new"


class AddToMemo:
    """The form below the thread, and what its events return."""

    def __init__(self, backend: Backend) -> None:
        """Build the form, hidden until "Add to memo" is followed."""
        self._backend = backend
        # The answer itself, and what was asked: the thread may show another conversation when the
        # form is sent.
        self.answer = gr.State(None)
        self.question = gr.State("")
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
        form_outputs = [self.answer, self.question, self.form, self.memo, self.section, note]
        gr.on([one.select for one in threads], self.show_form, turns, form_outputs, **quiet)
        self.memo.input(self.sections, self.memo, self.section, **quiet)
        self.add_button.click(
            self.add,
            [self.answer, self.question, self.memo, self.section],
            [self.form, note],
            **quiet,
        )
        closing = [self.cancel.click, *leaving]
        gr.on(closing, lambda: gr.update(visible=False), None, self.form, **quiet)

    def show_form(
        self, now: list[ChatTurn], request: gr.Request, event: gr.EventData
    ) -> tuple[Any, ...]:
        """Open the form for the answer whose link was followed, the newest memo chosen.

        There is always a new one to choose, which begins with the answer.
        """
        data = event._data or {}
        at, language = str(data.get("turn")), language_of(request.headers)
        if data.get("act") != "memo" or not at.isdecimal() or int(at) >= len(now):
            return (gr.skip(),) * 6
        writing = memos.being_written(self._backend)
        kept = [
            (f"{one.topic or one.id} · {one.saved}", one.id)
            for one in memos.stored_memos(self._backend)
            if one.complete and not one.problem and one.id not in writing
        ]
        newest = next((name for _, name in kept), _NEW)
        turn = now[int(at)]
        return (
            turn.answer,
            turn.question,
            gr.update(visible=True),
            gr.update(choices=[*kept, (word("memo.new_with_this", language), _NEW)], value=newest),
            self.sections(newest),
            "",
        )

    def sections(self, name: str | None) -> Any:
        """Return the sections of a memo as choices; a new one needs no choice."""
        if name == _NEW:
            return gr.update(choices=[], value=None, visible=False)
        choices, likeliest = memos.destinations(self._backend, name or "")
        return gr.update(choices=choices, value=likeliest or None, visible=True)

    def add(
        self, answer: Answer | None, question: str, name: str | None, section: str | None,
        request: gr.Request,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Put the answer there, close the form and say what became of it."""
        language = language_of(request.headers)
        done, said = False, word("memo.not_added", language)
        if answer is not None and name == _NEW:
            done, said = memos.begin_with_answer(self._backend, question, answer, language)
        elif answer is not None:
            done, said = memos.add_answer(
                self._backend, name or "", section or "", answer, language
            )
        return gr.update(visible=False), note_html(said, wrong=not done)


__all__ = ["AddToMemo"]
