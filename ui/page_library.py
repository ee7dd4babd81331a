"""The library page: the components, and which handler answers which event."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ui import page_document
from ui.backend import Backend
from ui.page_adding import Adding, Dialog
from ui.page_bar import Bar
from ui.page_document import Documents
from ui.page_html import drawn
from ui.page_library_events import LibraryEvents, LibraryParts, Newest
from ui.page_news import news_html
from ui.page_scope import Scope
from ui.page_scripts import ANNOUNCE, SEND_CLICKS
from ui.page_words import LABELS
from ui.wording import language_of


def build(
    page: gr.Blocks, tab: gr.Tab, bar: Bar, scope: Scope, dialog: Dialog, backend: Backend
) -> gr.HTML:
    """Build the library page inside `page` and its `tab`; `dialog` is where documents are added.

    Returns the line on what is new, whose button opens a brief on the memo page.
    """
    newest, gone, seen = gr.State(Newest()), gr.State(()), gr.State(-1)
    with gr.Row(elem_id="library-columns", elem_classes="panes"):
        with gr.Column(elem_id="library-list", elem_classes="pane"):
            with gr.Row(elem_id="library-filters"):
                search = gr.Textbox(
                    label=LABELS("library.search"), placeholder=LABELS("library.search_in"),
                    max_lines=1, scale=4, min_width=180, elem_id="library-search",
                )  # fmt: skip
                publisher = gr.Dropdown([("", "")], value="", label=LABELS("library.publisher"),
                                        scale=2, min_width=110)  # fmt: skip
                about = gr.Dropdown([("", "")], value="", label=LABELS("library.of_theme"),
                                    scale=2, min_width=110)  # fmt: skip
                kind = gr.Dropdown([("", "")], value="", label=LABELS("library.kind"), scale=1,
                                   min_width=90)  # fmt: skip
                since = gr.Textbox(label=LABELS("library.since"), max_lines=1, scale=1,
                                   placeholder=LABELS("library.since_in"), min_width=104,
                )  # fmt: skip
                until = gr.Textbox(label=LABELS("library.until"), max_lines=1, scale=1,
                                   placeholder=LABELS("library.until_in"), min_width=104,
                )  # fmt: skip
            news = drawn("library-news", js_on_load=SEND_CLICKS)
            axis = drawn("library-axis", js_on_load=SEND_CLICKS)
            rows = drawn("library-adding", js_on_load=SEND_CLICKS)
            said = drawn("library-said", js_on_load=SEND_CLICKS + ANNOUNCE)
            with gr.Row(elem_id="library-status"):
                line = drawn("library-line", js_on_load=SEND_CLICKS)
                selection = drawn("library-selection", js_on_load=SEND_CLICKS)
                folded = gr.Button(LABELS("library.filters"), size="sm", elem_id="library-fold")
            table = drawn("library-table", js_on_load="followTable(element, trigger);")
            with gr.Row(elem_id="library-pager", visible=False) as pager:
                back = gr.Button(LABELS("library.previous"), size="sm", min_width=80)
                on = gr.Button(LABELS("library.next"), size="sm", min_width=80)
            with gr.Accordion(LABELS("library.state"), open=False, elem_id="library-storage"):
                state = drawn("library-state")
                with gr.Row():
                    look = gr.Button(LABELS("library.check"), size="sm")
                    renew = gr.Button(LABELS("library.rebuild"), size="sm")
                found = drawn("library-found")
        with gr.Column(elem_id="library-beside", elem_classes="pane"):
            reading = page_document.build(page, backend)

    def what_is_new(request: gr.Request) -> str:
        return news_html(backend, language_of(request.headers))

    adding = Adding(backend, bar, dialog, rows)
    parts = LibraryParts(
        gone, seen, table, line, pager, back, on, selection, axis, said, publisher,
        about, kind, since, until, state, scope.publishers, scope.documents, bar.scope,
    )  # fmt: skip
    events = LibraryEvents(backend, parts, reading, Documents(backend, reading), adding)
    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    latest: Any = {**quiet, "trigger_mode": "always_last"}
    # Rows may be selected faster than the server answers: none is passed over.
    each: Any = {**quiet, "trigger_mode": "multiple"}
    adding.connect()

    session = [newest, gone, seen, adding.put_away, *scope.inputs]
    asked = [search, publisher, about, kind, since, until]
    gr.on(
        [search.change, publisher.input, about.input, kind.input, since.change, until.change],
        events.filter_table, [*asked, *session], parts.listed, **latest,
    )  # fmt: skip
    axis.select(events.follow_axis, session, [since, until, about, *parts.listed], **quiet)
    line.select(
        events.without_filters, session, [publisher, about, kind, since, until, *parts.listed],
        **quiet,
    )  # fmt: skip
    back.click(events.previous_page, session, parts.listed, **quiet)
    on.click(events.next_page, session, parts.listed, **quiet)
    folded.click(
        js="() => { document.querySelector('#library-filters').classList.toggle('open'); }"
    )
    table.select(
        events.table_action, session, [*parts.listed, selection, *reading.outputs], **each
    ).then(events.questions, newest, reading.questions, **latest)

    whole = [*parts.listed, *parts.drawn, *adding.outputs]
    removed = [gone, said, selection, *reading.outputs, *whole]
    for pressed in (reading.head, reading.questions):
        pressed.select(events.document_action, session, removed, **quiet).then(js="afterDocument")
    selection.select(events.selection_action, session, removed, **quiet).then(js="afterSelection")
    said.select(events.undo, session, [said, gone, *whole], **quiet)
    reading.keep.click(
        events.save, [*reading.edited, *session], [said, *reading.outputs, *whole], **quiet
    )
    reading.leave.click(lambda: gr.update(visible=False), None, reading.form, **quiet)
    look.click(events.check, None, found, api_visibility="private")
    renew.click(events.rebuild, None, found, api_visibility="private")
    dialog.timer.tick(events.tick, session, whole, **quiet)
    page.load(events.refresh, session, whole, **quiet)
    page.load(events.no_document, None, reading.outputs, **quiet)
    # The library may not be open yet when the page is loaded.
    gr.on([page.load, tab.select], what_is_new, None, news, **quiet)
    return news


__all__ = ["build"]
