"""The memo page: the form, the paper that grows and is edited in place, earlier memos, files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui import memo_writing, memos, page_source
from ui.backend import Backend
from ui.memo_editor import MemoEditor
from ui.page_chat_events import Watcher
from ui.page_html import drawn, hidden_text
from ui.page_memo_events import MemoEvents, MemoParts
from ui.page_scripts import SEND_CLICKS, SHOW_WHEN_FILLED, scroll_to
from ui.page_words import LABELS

_PAPER = "memoPaper(element, trigger);"
_REFOCUS = "() => memoRefocus()"
_CLOSE_PANELS = "() => closePanels(true)"
# The questions stand in the page alone until the memo is written.
_WITH_QUESTIONS = "(...given) => [...given.slice(0, -1), memoQuestions()]"
_FOCUS_TOPIC = "() => whenThere('#topic textarea, #topic input', box => box.focus())"


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """What a memo is asked for with."""

    intro: gr.HTML
    topic: gr.Textbox
    chosen: gr.State
    cards: gr.HTML
    audience: gr.Textbox
    as_of: gr.Textbox
    length: gr.Number
    publishers: gr.Dropdown
    questions: gr.HTML
    go: gr.Button


@dataclass(frozen=True, slots=True, eq=False)
class _Naming:
    """The forms that the menu of a memo opens: `chosen` is the memo that it is of."""

    chosen: gr.State
    renaming: gr.Column
    title: gr.Textbox
    save: gr.Button
    leave: gr.Button
    sure: gr.Column
    question: gr.Markdown
    confirmed: gr.Button
    keep: gr.Button


def build(page: gr.Blocks, tab: gr.Tab, backend: Backend, engine: Any, news: gr.HTML) -> None:
    """Build the memo page inside `page`; `tab` is what is chosen to come back to it.

    `engine` holds the name of who writes, as the bar of the window says it. `news` has the button
    that opens a brief on what is new.
    """
    editor, watcher = gr.State(MemoEditor()), gr.State(Watcher())
    with gr.Row(elem_id="memo-columns", elem_classes="panes"):
        with gr.Column(elem_id="memo-left", elem_classes="pane", scale=0, min_width=240):
            anew = gr.Button(LABELS("memo.new"), elem_id="memo-anew", size="sm")
            sections = drawn("memo-sections")
            naming = _naming()
            listing = drawn("memo-list", js_on_load=SEND_CLICKS)
        with gr.Column(elem_id="memo-middle", elem_classes="pane", scale=1, min_width=320):
            with gr.Column(elem_id="memo-start") as start:
                form = _form()
            tools = drawn("memo-tools", js_on_load=SEND_CLICKS)
            message = drawn("memo-message", js_on_load=SHOW_WHEN_FILLED)
            body = drawn("memo", js_on_load=_PAPER)
            differs = drawn("memo-difference", js_on_load=SEND_CLICKS)
            leaves = drawn("memo-leaves")
        with gr.Column(elem_id="memo-right", elem_classes="pane", scale=0, min_width=320):
            source = page_source.build(
                page, backend, elem_id="memo-source", state=editor, find=memos.selected_citation,
                links="a.memo-cite",
            )  # fmt: skip
    with gr.Column(elem_id="memo-export-panel", elem_classes="popover"):
        files = drawn("memo-files", js_on_load=SEND_CLICKS)
        other = gr.Dropdown([], label=LABELS("memo.compare"), value=None, elem_id="memo-compare")
    handed, asked = hidden_text("handed"), hidden_text("memo-asked")
    sample = gr.Button("", elem_id="memo-sample", visible="hidden")

    parts = MemoParts(
        editor, body, message, tools, sections, start, listing, source.panel, source.kept, files
    )  # fmt: skip
    events, outputs = MemoEvents(backend, parts), parts.all
    if not backend.signs_in:
        # The sample is written from the starter library, for whoever looks at an empty page.
        backend.after_opening(lambda: memo_writing.start_sample(backend, patient=True))
    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    # What is pressed while a memo is followed or a line is checked is not dropped.
    watching: Any = {"api_visibility": "private", "show_progress": "hidden",
                     "concurrency_limit": 20, "trigger_mode": "multiple"}  # fmt: skip
    _connect_form(page, form, [watcher, engine], asked, events, outputs, quiet, watching)
    page.load(events.show_latest, watcher, outputs, **watching)
    tab.select(events.refresh, editor, outputs, **quiet)
    anew.click(events.anew, watcher, outputs, **quiet).then(js=_FOCUS_TOPIC)
    # In the browser: what is typed meanwhile must not be cleared by an answer that comes late.
    anew.click(None, None, form.topic, js="() => ''").then(
        events.questions, [form.topic, form.chosen], form.questions, **quiet
    )
    gr.on([anew.click, listing.select], lambda: ("", ""), None, [differs, leaves], **quiet)
    differs.select(lambda: "", None, differs, **quiet)
    sample.click(events.sample, watcher, outputs, **watching)
    news.select(js="() => openTab('memo')")
    news.select(events.news, watcher, outputs, **watching)
    news.select(lambda: "", None, news, **quiet)

    tools.select(events.press, [watcher, editor], outputs, **quiet)
    # The script sends one change after the other: each rests on what the one before it drew.
    body.select(events.change, [watcher, engine, editor], outputs, **watching).then(js=_REFOCUS)
    listing.select(events.listed, watcher, outputs, **quiet)
    listing.select(
        events.menu, None,
        [naming.chosen, naming.renaming, naming.title, naming.sure, naming.question], **quiet,
    )  # fmt: skip
    gr.on(
        [naming.save.click, naming.title.submit], events.rename,
        [editor, naming.chosen, naming.title], outputs, **quiet,
    )  # fmt: skip
    naming.confirmed.click(events.delete, [watcher, editor, naming.chosen], outputs, **quiet)
    closing = [naming.save.click, naming.title.submit, naming.leave.click, naming.keep.click,
               naming.confirmed.click]  # fmt: skip
    hidden = [naming.renaming, naming.sure]
    gr.on(closing, lambda: [gr.update(visible=False)] * 2, None, hidden, **quiet)

    files.select(
        events.file, editor, [handed, leaves], api_visibility="private", show_progress="hidden"
    ).then(None, handed, None, js="given => { memoSave(given); closePanels(true); }").then(
        js=scroll_to("#memo-leaves .leaf")
    )
    other.focus(events.others, editor, other, **quiet)
    other.input(events.compare, [editor, other], differs, **quiet).then(js=_CLOSE_PANELS).then(
        js=scroll_to("#memo-difference > *")
    )


def _form() -> _Form:
    """Build what a memo is asked for with."""
    intro = drawn("memo-intro")
    topic = gr.Textbox(
        elem_id="topic", label=LABELS("memo.topic"), placeholder=LABELS("memo.topic_hint"),
        max_lines=3,
    )  # fmt: skip
    chosen = gr.State("bluf")
    cards = drawn("memo-forms", js_on_load=SEND_CLICKS)
    with gr.Accordion(LABELS("memo.bounds"), open=False, elem_id="memo-options"):
        audience = gr.Textbox(label=LABELS("memo.audience"), max_lines=1)
        with gr.Row():
            as_of = gr.Textbox(label=LABELS("memo.as_of"), placeholder=LABELS("scope.date"),
                               max_lines=1)  # fmt: skip
            length = gr.Number(label=LABELS("memo.length"), value=None)
        publishers = gr.Dropdown(
            [], label=LABELS("memo.publishers"), multiselect=True, allow_custom_value=True
        )
    questions = drawn("memo-questions")
    with gr.Row(elem_id="memo-going"):
        go = gr.Button(LABELS("memo.write"), variant="primary", elem_id="memo-go", scale=0)
    return _Form(intro, topic, chosen, cards, audience, as_of, length, publishers, questions, go)


def _naming() -> _Naming:
    """Build the forms that the menu of a memo opens, hidden."""
    chosen = gr.State("")
    with gr.Column(visible=False, elem_classes="asking") as renaming:
        title = gr.Textbox(label=LABELS("chat.new_title"), max_lines=1, elem_id="memo-title")
        with gr.Row():
            save = gr.Button(LABELS("chat.save"), size="sm", min_width=60, variant="primary")
            leave = gr.Button(LABELS("chat.cancel"), size="sm", min_width=60)
    with gr.Column(visible=False, elem_classes="asking") as sure:
        question = gr.Markdown("")
        with gr.Row():
            confirmed = gr.Button(LABELS("chat.delete_it"), size="sm", min_width=60, variant="stop")
            keep = gr.Button(LABELS("chat.keep_it"), size="sm", min_width=60)
    return _Naming(chosen, renaming, title, save, leave, sure, question, confirmed, keep)


def _connect_form(
    page: gr.Blocks,
    form: _Form,
    writes: list[Any],
    asked: gr.Textbox,
    events: MemoEvents,
    outputs: list[Any],
    quiet: Any,
    watching: Any,
) -> None:
    """Follow the form: its cards, the questions for a topic, and the button that writes."""
    planning = [form.topic, form.chosen]
    page.load(events.form, form.chosen, [form.intro, form.cards, form.questions], **quiet)
    form.cards.select(events.choose, form.topic, [form.chosen, form.cards, form.questions], **quiet)
    gr.on([form.topic.submit, form.topic.blur], events.questions, planning, form.questions, **quiet)
    form.topic.submit(None, None, None, js="() => document.querySelector('#memo-go').focus()")
    form.publishers.focus(events.publishers, form.publishers, form.publishers, **quiet)
    form.go.click(
        events.write,
        [*writes, form.topic, form.chosen, form.as_of, form.audience, form.length, form.publishers,
         asked],
        outputs, js=_WITH_QUESTIONS, **watching,
    )  # fmt: skip


__all__ = ["build"]
