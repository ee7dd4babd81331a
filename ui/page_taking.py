"""Putting an answer into a memo: which memo, and which of its sections."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui import memo_edits, memos
from ui.handlers import Turn
from ui.markup import note_html
from ui.page_words import LABELS
from ui.place import Place
from ui.wording import language_of, word


class Taking:
    """The form below the thread, and what its events return."""

    def __init__(self, place: Place) -> None:
        """Build the form, hidden until "Add to memo" is followed."""
        self._place = place
        self.number = gr.State(0)
        with gr.Column(visible=False, elem_id="into") as self.form:
            with gr.Row():
                self.memo: Any = gr.Dropdown(
                    [], label=LABELS("chat.into_memo"), elem_id="into-memo", scale=3
                )
                self.section: Any = gr.Dropdown(
                    [], label=LABELS("chat.into_section"), scale=2, min_width=150
                )
            with gr.Row():
                self.put = gr.Button(LABELS("chat.put"), size="sm", variant="primary")
                self.leave = gr.Button(LABELS("chat.leave"), size="sm")

    def listen(self, acts: gr.HTML, turns: gr.State, note: gr.HTML) -> None:
        """Follow the links under answers, and the form."""
        quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        offered = [self.number, self.form, self.memo, self.section, note]
        acts.select(self.offer, turns, offered, **quiet)
        self.memo.input(self.sections, self.memo, self.section, **quiet)
        self.put.click(
            self.add, [turns, self.number, self.memo, self.section], [self.form, note], **quiet
        )
        self.leave.click(lambda: gr.update(visible=False), None, self.form, **quiet)

    def offer(self, now: list[Turn], request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        """Open the form for the answer whose link was followed, the newest memo chosen."""
        data = event._data or {}
        at = str(data.get("turn"))
        if data.get("act") != "memo" or not at.isdecimal() or int(at) >= len(now):
            return (gr.skip(),) * 5
        kept = memos.shelved(self._place)
        if not kept:
            said = note_html(word("memo.no_memo", language_of(request.headers)))
            return int(at), gr.update(visible=False), gr.skip(), gr.skip(), gr.update(
                value=said, visible=True
            )  # fmt: skip
        newest = kept[0][1]
        return (
            int(at),
            gr.update(visible=True),
            gr.update(choices=kept, value=newest),
            self.sections(newest),
            gr.update(visible=False),
        )

    def sections(self, name: str | None) -> Any:
        """Return the sections of a memo as choices."""
        choices, likeliest = memo_edits.destinations(self._place, name or "")
        return gr.update(choices=choices, value=likeliest or None)

    def add(
        self, now: list[Turn], number: int, name: str | None, section: str | None,
        request: gr.Request,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Put the answer there, close the form and say what became of it."""
        answer = now[number].answer if number < len(now) else None
        if answer is None:
            return gr.update(visible=False), gr.skip()
        language = language_of(request.headers)
        done, said = memo_edits.added_to(self._place, name or "", section or "", answer, language)
        note = note_html(said, wrong=not done)
        return gr.update(visible=False), gr.update(value=note, visible=True)


__all__ = ["Taking"]
