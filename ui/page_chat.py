"""The chat page: components and which handler answers which event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ui import chat_actions, page_options, page_source
from ui import page_conversations as talks
from ui.backend import Backend
from ui.page_add_to_memo import AddToMemo
from ui.page_messages import MessageParts, Messages
from ui.page_scripts import ACTS, COPY, FOCUS, NEWEST, TOGGLE
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.wording import language_of

_EXAMPLES = 6
_REASONS = ("wrong", "missing", "source", "declined", "other")
# Only the id of the open conversation is kept in the browser; the key hides nothing.
_REMEMBERED = "briefing-conversation"


def build(page: gr.Blocks, status: gr.HTML, backend: Backend, examples: Sequence[str]) -> None:
    """Build the chat inside `page`; every session keeps its turns in a state of its own.

    `status` is the line that says who answers.
    """

    def look(request: gr.Request) -> tuple[Any, ...]:
        given = _offered(backend, examples)
        # Once the library is open nothing changes by itself, and a choice that is being made must
        # not be redrawn.
        return (
            *page_options.choices(backend),
            gr.Timer(active=not backend.settled()),
            _welcome(backend, language_of(request.headers)),
            *given,
        )

    turns, current, replacing = gr.State([]), gr.State(""), gr.State(0)
    rated, resumed, rung = gr.State(0), gr.State(False), gr.State("")
    remembered = gr.BrowserState("", storage_key=_REMEMBERED, secret=_REMEMBERED)
    with gr.Row(elem_id="columns"):
        with gr.Column(scale=1, min_width=220, elem_id="talks"):
            column = talks.build(backend, current)
        with gr.Column(scale=4, min_width=320, elem_id="thread"):
            toggle = gr.Button(LABELS("chat.toggle"), elem_id="toggle", size="sm")
            chat = gr.Chatbot(
                elem_id="chat", label=LABELS("chat.thread"), show_label=False, layout="panel",
                buttons=[], feedback_options=None, allow_tags=False, latex_delimiters=[],
                placeholder=" ", height="calc(100vh - 18.5rem)", min_height="18rem",
            )  # fmt: skip
            with gr.Column(elem_id="welcome", visible=True) as welcome:
                greeting = gr.HTML(_welcome(backend, "en"), elem_id="greeting")
                with gr.Column(elem_id="examples"):
                    buttons = [gr.Button("", size="sm", visible=False) for _ in range(_EXAMPLES)]
            with gr.Column(visible=False, elem_id="why") as why:
                reasons: list[Any] = [(LABELS(f"chat.reason_{one}"), one) for one in _REASONS]
                reason = gr.Radio(reasons, value=_REASONS[0], label=LABELS("chat.what_was_wrong"))
                more = gr.Textbox(label=LABELS("chat.more"), max_lines=3)
                with gr.Row():
                    told = gr.Button(LABELS("chat.send_reason"), size="sm", variant="primary")
                    untold = gr.Button(LABELS("chat.no_reason"), size="sm")
            taking = AddToMemo(backend)
            with gr.Column(elem_id="composer"):
                note = gr.HTML("", elem_id="note", visible=False)
                unedit = gr.Button(LABELS("chat.unedit"), size="sm", visible=False)
                options = page_options.build(page, status, backend)
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
                        elem_id="question", label=LABELS("chat.question"), lines=1, max_lines=6,
                        placeholder=LABELS("chat.placeholder"), autofocus=True, scale=6,
                        container=False, show_label=False,
                    )  # fmt: skip
                    send = gr.Button(LABELS("chat.ask"), variant="primary", scale=1, min_width=80)
                    halt = gr.Button(LABELS("chat.stop"), visible=False, scale=1, min_width=80)
            acts = gr.HTML("", elem_id="acts", js_on_load=ACTS)
            handed = gr.Textbox(elem_id="copied", show_label=False)
        with gr.Column(scale=3, min_width=320, elem_id="beside"):
            panel = page_source.build(
                page,
                backend,
                elem_id="source",
                state=turns,
                find=chat_actions.selected_citation,
                links="a.cite",
            )

    parts = MessageParts(turns, chat, welcome, halt, box, note, current, remembered, replacing,
                         panel, column.listed, handed, why, rated, more, resumed, rung,
                         unedit)  # fmt: skip
    thread = Messages(backend, parts)
    private: Any = {"api_visibility": "private"}
    quiet: Any = {**private, "queue": False, "show_progress": "hidden"}
    # A look ten times a second is all that a watcher costs: how many questions are worked on is
    # the business of place.questions.
    free: Any = {**private, "concurrency_limit": None, "show_progress": "hidden"}
    # What is begun or opened is drawn by one event and watched by another, which the first one
    # rings for; an answer that is watched no more goes on behind the page. The cancelling events
    # come after the watch, as Gradio wants it.
    watch = rung.change(
        thread.watch, [turns, current], [turns, chat], trigger_mode="multiple", **free
    )
    watch.success(thread.settle, [current, column.words], [halt, column.listed], **quiet)
    given, shown = [turns, current, replacing, *options.inputs], parts.outputs
    begun = [gr.on([box.submit, send.click], thread.ask, [box, *given], parts.asked, **free)]
    begun += [one.click(thread.ask, [one, *given], parts.asked, **free) for one in buttons]
    for event in begun:
        event.then(js=NEWEST)
    acted = acts.select(thread.act, given, shown, cancels=[watch], **free)
    acted.then(None, handed, None, js=COPY)
    leaving = [column.listed.select, column.anew.click, column.gone.click]
    taking.listen(acts, turns, note, leaving)
    # While the library opens the line under the title tells how far it is.
    timer = gr.Timer(1.0)
    seen = [*options.listed, timer, greeting, *buttons]
    for event in (page.load, timer.tick):
        looked = event(look, None, seen, **quiet)
        begun.append(looked.then(thread.resume, [remembered, current, resumed], shown, **free))
    left: Any = {"cancels": [*begun, acted, watch]}
    column.listed.select(thread.choose, None, shown, **left, **free)
    column.anew.click(thread.anew, None, shown, **left, **quiet).then(js=FOCUS)
    column.gone.click(thread.delete, current, shown, **left, **quiet).then(js=FOCUS)
    halt.click(lambda name: chat_actions.stop(backend, name), current, None, **quiet)
    told.click(thread.explain, [turns, current, rated, reason, more], [why, more], **quiet)
    untold.click(lambda: gr.update(visible=False), None, why, **quiet)
    hidden = gr.update(visible=False)
    editing = [replacing, note, unedit, box]
    unedit.click(lambda: (0, hidden, hidden, ""), None, editing, **quiet).then(js=FOCUS)
    toggle.click(js=TOGGLE)


def _offered(backend: Backend, examples: Sequence[str]) -> list[Any]:
    """Return the buttons of the example questions."""
    found = list(backend.examples()) if backend.entries() else []
    if not found and not backend.settled():
        found = list(examples)
    found = found[:_EXAMPLES]
    return [
        gr.update(value=found[at] if at < len(found) else "", visible=at < len(found))
        for at in range(_EXAMPLES)
    ]


def _welcome(backend: Backend, language: str) -> str:
    """Return what an empty conversation says: what to do, or that the library is empty."""
    empty = backend.settled() and not backend.entries()
    title, said = ("chat.empty_title", "chat.empty") if empty else ("chat.welcome_title",
                                                                    "chat.welcome")  # fmt: skip
    return rendered("page.html", "welcome", language, title, said)


__all__ = ["build"]
