"""The page where questions are asked: components and which handler answers which event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ui import chat_actions, page_conversations, page_scope, page_source
from ui.backend import Backend
from ui.page_add_to_memo import AddToMemo
from ui.page_chat_events import ChatEvents, ChatParts, Watcher
from ui.page_html import drawn, hidden_text
from ui.page_scope import Scope
from ui.page_scripts import (
    COPY_TEXT,
    FOCUS_QUESTION,
    FOCUS_WHAT_OPENED,
    OPENED_BEFORE,
    SCROLL_TO_HIT,
    SCROLL_TO_QUESTION,
    SEND_CLICKS,
)
from ui.page_words import LABELS
from ui.wording import language_of

_REASONS = ("wrong", "missing", "source", "declined", "other")


def build(
    page: gr.Blocks, backend: Backend, scope: Scope, engine: Any, examples: Sequence[str]
) -> None:
    """Build the page of questions inside `page`; every session keeps its turns in a state.

    `scope` bounds what is searched, `engine` holds the name of who answers.
    """

    def poll(request: gr.Request) -> tuple[Any, ...]:
        # Once the library is open nothing changes by itself, and a choice that is being made must
        # not be redrawn.
        return (
            *page_scope.choices(backend),
            gr.Timer(active=not backend.opening_finished()),
            chat_actions.greeting_html(backend, examples, language_of(request.headers)),
        )

    turns, current, replacing = gr.State([]), gr.State(""), gr.State(0)
    rated_turn, restored, watch_id = gr.State(0), gr.State(False), gr.State("")
    alone, watcher = gr.State(False), gr.State(Watcher())
    with gr.Row(elem_id="columns", elem_classes="panes"):
        with gr.Column(elem_id="talks", elem_classes="pane"):
            column = page_conversations.build(backend, current)
        with gr.Column(elem_id="thread", elem_classes="pane"):
            with gr.Column(elem_id="chat"):
                greeting = drawn("greeting", js_on_load=SEND_CLICKS)
                earlier = drawn("earlier", js_on_load=SEND_CLICKS)
                latest = drawn("latest", js_on_load=SEND_CLICKS)
            with gr.Column(visible=False, elem_id="why", elem_classes="thread-form") as rating_form:
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
                with gr.Row(elem_id="bounds"):
                    about = drawn("about", js_on_load=SEND_CLICKS)
                    page_scope.build_chips(scope, backend)
                    note = drawn("note")
                    cancel_edit = gr.Button(
                        LABELS("chat.unedit"), size="sm", visible=False, elem_id="unedit"
                    )
                with gr.Row(elem_id="asking"):
                    box = gr.Textbox(
                        elem_id="question", label=LABELS("chat.question"), lines=1, max_lines=6,
                        placeholder=LABELS("chat.placeholder"), autofocus=True, scale=6,
                        container=False, show_label=False,
                    )  # fmt: skip
                    send = gr.Button(LABELS("chat.ask"), variant="primary", scale=0, min_width=72)
                    stop = gr.Button(LABELS("chat.stop"), visible=False, scale=0, min_width=72,
                                     elem_id="stop")  # fmt: skip
            clipboard = hidden_text("copied")
        with gr.Column(elem_id="beside", elem_classes="pane"):
            source = page_source.build(
                page, backend, elem_id="source", state=turns,
                find=chat_actions.selected_citation, first=chat_actions.first_citation,
                links="a.cite, a.point",
            )  # fmt: skip

    parts = ChatParts(turns, earlier, latest, greeting, stop, box, note, current, replacing, alone,
                      about, source.panel, source.kept, column.listing, clipboard, rating_form,
                      rated_turn, rating_text, restored, watch_id, cancel_edit,
                      column.search_box)  # fmt: skip
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
        events.watch, [turns, current, watch_id, watcher], [turns, latest],
        trigger_mode="multiple", **free,
    )  # fmt: skip
    watch.success(
        events.answer_ended, [turns, current, alone, column.search_box],
        [stop, about, column.listing], **quiet,
    )  # fmt: skip
    watch.success(events.lead_on, [turns, current, watch_id, watcher], [turns, latest], **free)
    watch.success(
        source.open_first, [turns, source.kept, source.acts], [source.panel, source.kept], **quiet
    )
    options = [engine, *scope.inputs]
    given, shown = [watcher, turns, current, replacing, alone, *options], parts.all_outputs
    begun = [gr.on([box.submit, send.click], events.ask, [box, *given], parts.ask_outputs, **free)]
    buttons = [greeting.select, earlier.select, latest.select]
    action = gr.on(buttons, events.thread_action, given, shown, **free)
    for event in (*begun, action):
        event.then(js=SCROLL_TO_QUESTION).then(js=FOCUS_WHAT_OPENED)
    clipboard.change(None, clipboard, None, js=COPY_TEXT)
    about.select(events.read_alone, turns, [alone, about], **quiet)
    leaving = [column.listing.select, column.new_conversation.click, column.delete_confirmed.click]
    add_to_memo.connect([earlier, latest], turns, note, leaving)
    # While the library opens the greeting tells how far it is.
    timer = gr.Timer(1.0)
    polled = [scope.publishers, scope.documents, timer, greeting]
    before = hidden_text("opened-before")
    for event in (page.load, timer.tick):
        looked = event(poll, None, polled, **quiet)
        begun.append(
            looked.then(
                events.restore,
                [watcher, before, current, restored],
                shown,
                js=OPENED_BEFORE,
                **free,
            )
        )
    cancelling: Any = {"cancels": [*begun, action, watch]}
    column.listing.select(
        events.open_conversation, [watcher, column.search_box], shown, **cancelling, **free
    ).then(js=SCROLL_TO_HIT)
    column.new_conversation.click(
        events.new_conversation, watcher, shown, **cancelling, **quiet
    ).then(js=FOCUS_QUESTION)
    column.delete_confirmed.click(
        events.delete, [watcher, current, column.chosen], shown, **cancelling, **quiet
    ).then(js=FOCUS_QUESTION)
    page.unload(events.window_closed)
    stop.click(lambda name: chat_actions.stop_answer(backend, name), current, None, **quiet)
    send_rating.click(
        events.rate_with_reason,
        [turns, current, rated_turn, reason, rating_text],
        [rating_form, rating_text],
        **quiet,
    )
    skip_rating.click(lambda: gr.update(visible=False), None, rating_form, **quiet)
    editing = [replacing, note, cancel_edit, box]
    cancel_edit.click(lambda: (0, "", gr.update(visible=False), ""), None, editing, **quiet).then(
        js=FOCUS_QUESTION
    )


__all__ = ["build"]
