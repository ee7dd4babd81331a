"""The library page: the table with its filters, a document's details, adding, state, timeline."""

from __future__ import annotations

from typing import Any

import gradio as gr

from corpus.public_documents import themes
from ui import library
from ui.backend import Backend
from ui.library import LibraryFilter
from ui.page_library_events import LibraryEvents, plotted
from ui.page_scripts import shown
from ui.page_words import LABELS

# Gradio has no event for a button inside HTML.
_CHOOSE = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-id]');
  if (!button) return;
  element.querySelectorAll('tr[aria-current]').forEach(row => row.removeAttribute('aria-current'));
  button.closest('tr').setAttribute('aria-current', 'true');
  trigger('select', {id: button.dataset.id});
});
"""
_SORTS = [(LABELS(f"library.{one}"), one) for one in library.SORTS]


def build(page: gr.Blocks, status: gr.HTML, backend: Backend) -> None:
    """Build the library page inside `page`; `status` is the line that counts the documents."""
    events = LibraryEvents(backend)
    wanted, current, gone = gr.State(LibraryFilter()), gr.State(""), gr.State("")
    groups = gr.State([])
    with gr.Row(elem_id="library-columns"):
        with gr.Column(scale=5, min_width=320):
            with gr.Accordion(LABELS("library.add"), open=False, elem_id="library-add"):
                files = gr.File(
                    label=LABELS("library.files"), file_count="multiple", height=140,
                    elem_id="library-files",
                )  # fmt: skip
                folder = gr.UploadButton(
                    # Typed as text, and translated all the same.
                    LABELS("library.folder"),  # type: ignore[arg-type]
                    file_count="directory", size="sm",
                    elem_id="library-folder",
                )  # fmt: skip
                with gr.Row():
                    addresses = gr.Textbox(
                        label=LABELS("library.addresses"), lines=2, max_lines=8, scale=4,
                        placeholder="https://…", elem_id="library-addresses",
                    )  # fmt: skip
                    go = gr.Button(LABELS("library.add_addresses"), scale=1, min_width=140,
                                   size="sm")  # fmt: skip
                with gr.Row():
                    load = gr.Button(LABELS("library.load_starter"), size="sm")
                    theme = gr.Dropdown(_themes(), value="", label=LABELS("library.theme"))
                    get = gr.Button(LABELS("library.fetch"), size="sm")
                ocr = gr.Checkbox(label=LABELS("library.ocr"), value=False, elem_id="library-ocr")
                gr.Markdown(LABELS("library.fetch_note"), elem_classes="note")
            adding = gr.HTML("", elem_id="library-adding")
            halt = gr.Button(LABELS("library.cancel"), size="sm", visible=False)
            with gr.Row(elem_id="library-filters"):
                search = gr.Textbox(label=LABELS("library.search"), max_lines=1, scale=3,
                                    placeholder=LABELS("library.search_in"),
                                    elem_id="library-search")  # fmt: skip
                publisher = gr.Dropdown([""], value="", label=LABELS("library.publisher"), scale=2)
                about = gr.Dropdown([("", "")], value="", label=LABELS("library.of_theme"), scale=2,
                                    min_width=120)  # fmt: skip
                kind = gr.Dropdown([""], value="", label=LABELS("library.kind"), scale=1,
                                   min_width=90)  # fmt: skip
            with gr.Row():
                since = gr.Textbox(label=LABELS("library.since"), placeholder="2025-01",
                                   max_lines=1, min_width=110)  # fmt: skip
                until = gr.Textbox(label=LABELS("library.until"), placeholder="2025-12-31",
                                   max_lines=1, min_width=110)  # fmt: skip
                sort = gr.Dropdown(_SORTS, value="newest", label=LABELS("library.sort"),
                                   min_width=130)  # fmt: skip
            table = gr.HTML("", elem_id="library-table", js_on_load=_CHOOSE)
            with gr.Row(elem_id="library-pager"):
                back = gr.Button(LABELS("library.previous"), size="sm", min_width=80)
                line = gr.Markdown("", elem_id="library-line")
                on = gr.Button(LABELS("library.next"), size="sm", min_width=80)
        with gr.Column(scale=3, min_width=320):
            about_it = gr.HTML("", elem_id="library-details")
            with gr.Column(visible=False) as form:
                title = gr.Textbox(label=LABELS("library.title"), max_lines=2)
                with gr.Row():
                    issuer = gr.Textbox(label=LABELS("library.publisher"), max_lines=1)
                    published = gr.Textbox(label=LABELS("library.published"), max_lines=1,
                                           min_width=110)  # fmt: skip
                named = gr.Dropdown([("", "")], value="", label=LABELS("library.of_theme"))
                with gr.Row():
                    keep = gr.Button(LABELS("library.save"), size="sm", variant="primary")
                    drop = gr.Button(LABELS("library.remove"), size="sm", variant="stop")
            said = gr.HTML("", elem_id="library-said")
            again = gr.Button(LABELS("library.undo"), size="sm", visible=False)
            with gr.Accordion(LABELS("library.timeline"), open=True):
                by = gr.Radio(
                    [(LABELS("library.of_theme"), "theme"),
                     (LABELS("library.publisher"), "publisher")],
                    value="theme", label=LABELS("library.timeline_by"), elem_id="library-by",
                )  # fmt: skip
                plot = gr.BarPlot(
                    plotted([]), x="quarter", y="documents", color="group", height=260,
                    x_label_angle=-40, x_title="", y_title="", color_title="", show_label=False,
                    elem_id="library-plot",
                )  # fmt: skip
                undated = gr.Markdown("", elem_classes="note")
            with gr.Accordion(LABELS("library.state"), open=False):
                state = gr.HTML("", elem_id="library-state")
                with gr.Row():
                    look = gr.Button(LABELS("library.check"), size="sm")
                    renew = gr.Button(LABELS("library.rebuild"), size="sm")
                found = gr.HTML("", elem_id="library-found")
    timer = gr.Timer(1.0, active=False)

    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    # A changed state is told of after events of the queue alone (Gradio 6.31): the plot's groups.
    heard: Any = {**quiet, "queue": True, "concurrency_limit": None}
    listed = [wanted, table, line, back, on]
    moving = [adding, timer, halt]
    whole = [status, *listed, publisher, about, kind, state, plot, groups, undated, *moving]
    opened = [current, about_it, title, issuer, published, named, form]
    asked = [search, publisher, about, kind, since, until, sort]
    gr.on([search.change, publisher.input, about.input, kind.input, since.change, until.change,
           sort.input], events.choose, asked, listed, **quiet)  # fmt: skip
    by.input(events.timeline, by, [plot, groups], **heard)
    groups.change(events.legend, groups, plot, trigger_mode="multiple", **quiet)
    back.click(events.back, wanted, listed, **quiet)
    on.click(events.on, wanted, listed, **quiet)
    details = shown("#library-details")
    table.select(events.chosen, None, [*opened, said], **quiet).then(js=details)
    files.upload(events.upload, [files, ocr], [files, *moving], **quiet)
    folder.upload(events.upload, [folder, ocr], [folder, *moving], **quiet)
    go.click(events.fetch, [addresses, ocr], [addresses, *moving], **quiet)
    load.click(events.starter, None, moving, **quiet)
    get.click(events.public, theme, moving, **quiet)
    halt.click(events.stop, None, moving, **quiet)
    seen = [wanted, by]
    edited = [current, title, issuer, published, named]
    keep.click(events.save, [*edited, *seen], [said, *whole], **heard)
    drop.click(events.remove, [current, *seen], [*opened, said, gone, again, *whole], **heard).then(
        js=details
    )
    again.click(events.undo, [gone, *seen], [said, gone, again, *whole], **heard)
    look.click(events.check, None, [found], api_visibility="private")
    renew.click(events.rebuild, None, found, api_visibility="private")
    timer.tick(events.tick, seen, whole, **heard)
    page.load(events.everything, seen, whole, **heard)
    page.load(events.first, None, [*opened, said], **quiet)


def _themes() -> list[tuple[Any, str]]:
    named = [(LABELS(f"library.public_{one.replace('-', '_')}"), one) for one in themes()]
    return [(LABELS("library.public_all"), ""), *named]


__all__ = ["build"]
