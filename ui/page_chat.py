"""The chat page: components and which handler answers which event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ui import chat_actions, page_conversations, page_options, page_source
from ui.backend import Backend
from ui.page_add_to_memo import AddToMemo
from ui.page_chat_events import ChatEvents, ChatParts, Watcher
from ui.page_scripts import (
    COPY_TEXT,
    FOCUS_QUESTION,
    SCROLL_TO_QUESTION,
    TOGGLE_CONVERSATIONS,
    TURN_ACTIONS,
)
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

    def poll(request: gr.Request) -> tuple[Any, ...]:
        given = _example_buttons(backend, examples)
        # Once the library is open nothing changes by itself, and a choice that is being made must
        # not be redrawn.
        return (
            *page_options.choices(backend),
            gr.Timer(active=not backend.opening_finished()),
            _welcome(backend, language_of(request.headers)),
            *given,
        )

    turns, current, replacing = gr.State([]), gr.State(""), gr.State(0)
    rated_turn, restored, watch_id = gr.State(0), gr.State(False), gr.State("")
    watcher = gr.State(Watcher())
    remembered = gr.BrowserState("", storage_key=_REMEMBERED, secret=_REMEMBERED)
    with gr.Row(elem_id="columns"):
        with gr.Column(scale=1, min_width=220, elem_id="talks"):
            column = page_conversations.build(backend, current)
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
            with gr.Column(visible=False, elem_id="why") as rating_form:
                reasons: list[Any] = [(LABELS(f"chat.reason_{one}"), one) for one in _REASONS]
                reason = gr.Radio(reasons, value=_REASONS[0], label=LABELS("chat.what_was_wrong"))
                rating_text = gr.Textbox(label=LABELS("chat.more"), max_lines=3)
                with gr.Row():
                    send_rating = gr.Button(
                        LABELS("chat.send_reason"), size="sm", variant="primary"
                    )
                    skip_rating = gr.Button(LABELS("chat.no_reason"), size="sm")
            add_to_memo = AddToMemo(backend)
            with gr.Column(elem_id="composer"):
                note = gr.HTML("", elem_id="note", visible=False)
                cancel_edit = gr.Button(LABELS("chat.unedit"), size="sm", visible=False)
                options = page_options.build(page, status, backend)
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
                        elem_id="question", label=LABELS("chat.question"), lines=1, max_lines=6,
                        placeholder=LABELS("chat.placeholder"), autofocus=True, scale=6,
                        container=False, show_label=False,
                    )  # fmt: skip
                    send = gr.Button(LABELS("chat.ask"), variant="primary", scale=1, min_width=80)
                    stop = gr.Button(LABELS("chat.stop"), visible=False, scale=1, min_width=80)
            turn_actions = gr.HTML("", elem_id="acts", js_on_load=TURN_ACTIONS)
            clipboard = gr.Textbox(elem_id="copied", show_label=False)
        with gr.Column(scale=3, min_width=320, elem_id="beside"):
            panel = page_source.build(
                page,
                backend,
                elem_id="source",
                state=turns,
                find=chat_actions.selected_citation,
                links="a.cite",
            )

    parts = ChatParts(turns, chat, welcome, stop, box, note, current, remembered, replacing, panel,
                      column.listing, clipboard, rating_form, rated_turn, rating_text, restored,
                      watch_id, cancel_edit)  # fmt: skip
    events = ChatEvents(backend, parts)
    private: Any = {"api_visibility": "private"}
    quiet: Any = {**private, "queue": False, "show_progress": "hidden"}
    # Watching costs ten polls a second, no thread: how many questions are answered at once is for
    # the jobs of the backend to say.
    free: Any = {**private, "concurrency_limit": None, "show_progress": "hidden"}
    # One event draws what is begun or opened, and sets `watch_id`; its change starts another event,
    # which draws the answer as it grows. An answer that nobody watches goes on as a job. Events
    # that cancel others are built after these, as Gradio wants it.
    watch = watch_id.change(
        events.watch, [turns, current, watch_id, watcher], [turns, chat],
        trigger_mode="multiple", **free,
    )  # fmt: skip
    watch.success(
        events.answer_ended, [current, column.search_box], [stop, column.listing], **quiet
    )
    given, shown = [watcher, turns, current, replacing, *options.inputs], parts.all_outputs
    begun = [gr.on([box.submit, send.click], events.ask, [box, *given], parts.ask_outputs, **free)]
    begun += [one.click(events.ask, [one, *given], parts.ask_outputs, **free) for one in buttons]
    for event in begun:
        event.then(js=SCROLL_TO_QUESTION)
    action = turn_actions.select(events.turn_action, given, shown, **free)
    action.then(None, clipboard, None, js=COPY_TEXT)
    leaving = [column.listing.select, column.new_conversation.click, column.delete_confirmed.click]
    add_to_memo.connect(turn_actions, turns, note, leaving)
    # While the library opens the line under the title tells how far it is.
    timer = gr.Timer(1.0)
    polled = [*options.with_choices, timer, greeting, *buttons]
    for event in (page.load, timer.tick):
        looked = event(poll, None, polled, **quiet)
        begun.append(
            looked.then(events.restore, [watcher, remembered, current, restored], shown, **free)
        )
    cancelling: Any = {"cancels": [*begun, action, watch]}
    column.listing.select(events.open_conversation, watcher, shown, **cancelling, **free)
    column.new_conversation.click(
        events.new_conversation, watcher, shown, **cancelling, **quiet
    ).then(js=FOCUS_QUESTION)
    column.delete_confirmed.click(
        events.delete, [watcher, current], shown, **cancelling, **quiet
    ).then(js=FOCUS_QUESTION)
    stop.click(lambda name: chat_actions.stop_answer(backend, name), current, None, **quiet)
    send_rating.click(
        events.rate_with_reason,
        [turns, current, rated_turn, reason, rating_text],
        [rating_form, rating_text],
        **quiet,
    )
    skip_rating.click(lambda: gr.update(visible=False), None, rating_form, **quiet)
    hidden = gr.update(visible=False)
    editing = [replacing, note, cancel_edit, box]
    cancel_edit.click(lambda: (0, hidden, hidden, ""), None, editing, **quiet).then(
        js=FOCUS_QUESTION
    )
    toggle.click(js=TOGGLE_CONVERSATIONS)


def _example_buttons(backend: Backend, examples: Sequence[str]) -> list[Any]:
    """Return the buttons of the example questions."""
    found = list(backend.examples()) if backend.entries() else []
    if not found and not backend.opening_finished():
        found = list(examples)
    found = found[:_EXAMPLES]
    return [
        gr.update(value=found[at] if at < len(found) else "", visible=at < len(found))
        for at in range(_EXAMPLES)
    ]


def _welcome(backend: Backend, language: str) -> str:
    """Return what an empty conversation says: what to do, or that the library is empty."""
    empty = backend.opening_finished() and not backend.entries()
    title, said = ("chat.empty_title", "chat.empty") if empty else ("chat.welcome_title",
                                                                    "chat.welcome")  # fmt: skip
    return rendered("page.html", "welcome", language, title, said)


__all__ = ["build"]
