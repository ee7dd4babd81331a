"""The memo page: a form, the memo as it grows, what the linter found, files and earlier memos."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.memo.templates import added_templates
from ui import memos, page_source
from ui.backend import Backend
from ui.markup_memo import findings_html, memo_html
from ui.memos import MemoEditor
from ui.page_memo_events import MemoEvents
from ui.page_scripts import PRESSED, shown
from ui.page_words import LABELS

# From the server into the page and from there into a file, as for conversations: nothing lies in a
# cache that another session could fetch from.
_SAVE = """
given => {
  if (!given) return;
  const file = JSON.parse(given);
  const bytes = Uint8Array.from(atob(file.data), sign => sign.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], {type: file.type}));
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(link.href);
}
"""


_TEMPLATES: Any = [(LABELS(f"memo.template_{one}"), one) for one in memos.TEMPLATES]
# Gradio has no event for a button inside HTML.
_CHANGE = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  window.briefingPressed = {...button.dataset};
  trigger('select', {...button.dataset});
});
"""


def build(page: gr.Blocks, tab: gr.Tab, backend: Backend) -> None:
    """Build the memo page inside `page`; `tab` is what is chosen to come back to it."""
    events = MemoEvents(backend)
    sheet = gr.State(MemoEditor())
    with gr.Row(elem_id="memo-columns"):
        with gr.Column(scale=3, min_width=320):
            topic = gr.Textbox(
                elem_id="topic", label=LABELS("memo.topic"),
                placeholder=LABELS("memo.topic_hint"), max_lines=3,
            )  # fmt: skip
            with gr.Row():
                template = gr.Dropdown(
                    [*_TEMPLATES, *((one, one) for one in added_templates())],
                    value="bluf", label=LABELS("memo.template"), allow_custom_value=True,
                )  # fmt: skip
                audience = gr.Textbox(label=LABELS("memo.audience"), max_lines=1)
            with gr.Accordion(LABELS("memo.bounds"), open=False):
                as_of = gr.Textbox(
                    label=LABELS("memo.as_of"), placeholder="2025-06-30", max_lines=1
                )
                length = gr.Number(label=LABELS("memo.length"), value=None)
                publishers = gr.Dropdown(
                    [], label=LABELS("memo.publishers"), multiselect=True, allow_custom_value=True
                )
            with gr.Row():
                go = gr.Button(LABELS("memo.write"), variant="primary")
                halt = gr.Button(LABELS("memo.stop"), size="sm")
            body = gr.HTML(memo_html(None), elem_id="memo", js_on_load=_CHANGE)
        with gr.Column(scale=2, min_width=320):
            back = gr.Button(LABELS("memo.undo"), size="sm", visible=False)
            with gr.Column(visible=False, elem_id="memo-wording") as wording:
                words = gr.Textbox(label=LABELS("memo.wording"), lines=3, max_lines=8)
                with gr.Row():
                    put = gr.Button(LABELS("memo.put_words"), size="sm", variant="primary")
                    leave = gr.Button(LABELS("chat.leave"), size="sm")
            offers = gr.HTML("", elem_id="memo-offers", js_on_load=_CHANGE)
            page_source.build(
                page, backend, elem_id="memo-source", state=sheet, find=memos.selected_citation,
                links="a.memo-cite",
            )  # fmt: skip
            with gr.Accordion(LABELS("memo.linter"), open=True):
                found = gr.HTML(findings_html(None), elem_id="findings")
                finding = gr.Dropdown([], label=LABELS("memo.finding"), value=None)
                reason = gr.Textbox(label=LABELS("memo.reason"), max_lines=2)
                accepted = gr.Button(LABELS("memo.accept"), size="sm")
            with gr.Accordion(LABELS("memo.files"), open=True):
                with gr.Row():
                    form = gr.Dropdown(
                        list(memos.FORMATS), value="docx", label=LABELS("memo.format")
                    )
                    saved = gr.Button(LABELS("memo.download"), size="sm")
                look = gr.Button(LABELS("memo.preview"), size="sm")
            with gr.Accordion(LABELS("memo.earlier"), open=True):
                earlier = gr.Dropdown([], label=LABELS("memo.open"), elem_id="earlier", value=None)
                other = gr.Dropdown([], label=LABELS("memo.compare"), value=None)
                differs = gr.HTML("", elem_id="memo-difference")
    leaves = gr.HTML("", elem_id="memo-leaves")
    handed = gr.Textbox(elem_id="handed", show_label=False)

    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    parts = [sheet, body, offers, found, finding, back, wording, words]
    asked = [topic, template, as_of, audience, length, publishers]
    watching: Any = {"api_visibility": "private", "show_progress": "hidden",
                     "concurrency_limit": 20}  # fmt: skip
    gr.on([topic.submit, go.click], events.write, asked, [*parts, earlier], **watching)
    page.load(events.resume, None, [*parts, earlier], **watching)
    tab.select(events.look_again, sheet, parts, **quiet)
    halt.click(events.stop, sheet, None, **quiet)
    earlier.input(events.reopen, earlier, parts, **quiet)
    accepted.click(events.accept, [sheet, finding, reason], [*parts, reason], **quiet)
    for pressed in (body, offers):
        pressed.select(events.change, sheet, parts, **quiet).then(js=PRESSED)
    gr.on([put.click, words.submit], events.reword, [sheet, words], parts, **quiet).then(js=PRESSED)
    leave.click(events.leave, sheet, parts, **quiet).then(js=PRESSED)
    back.click(events.undo, sheet, parts, **quiet)
    other.focus(events.kept, None, other, **quiet)
    other.input(events.compare, [sheet, other], differs, **quiet)
    look.click(events.preview, sheet, leaves, api_visibility="private").then(
        js=shown("#memo-leaves")
    )
    saved.click(events.save, [sheet, form], handed, api_visibility="private").then(
        None, handed, None, js=_SAVE
    )


__all__ = ["build"]
