"""The memo page: a form, the memo as it grows, what the linter found, files and earlier memos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ui import markup, memos, page_source
from ui.markup_memo import findings_html, memo_html
from ui.memos import Sheet, Wanted
from ui.room import Place

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


def build(page: gr.Blocks, place: Place) -> None:
    """Build the memo page inside `page`."""

    def shown(sheet: Sheet) -> tuple[Any, ...]:
        memo = sheet.memo
        open_ones = [
            f"{one.rule} at {one.where}" for one in (memo.findings if memo else ())
            if not one.accepted
        ]  # fmt: skip
        return (
            sheet,
            sheet.message + memo_html(memo),
            findings_html(memo),
            gr.update(choices=open_ones, value=None),
        )

    def write(
        topic: str,
        template: str,
        as_of: str | None,
        audience: str | None,
        length: float | None,
        publishers: list[str] | None,
    ) -> Iterator[tuple[Any, ...]]:
        # Fields of a part that was never opened come as None.
        wanted = Wanted(
            topic, template, as_of or "", audience or "", length, tuple(publishers or ())
        )
        for sheet in memos.writing(place, wanted):
            yield (*shown(sheet), gr.skip())
        yield (*shown(sheet), gr.update(choices=memos.shelved(place), value=sheet.name or None))

    def stop(sheet: Sheet) -> tuple[Any, ...]:
        if sheet.memo is None or sheet.memo.complete:
            return shown(sheet)
        note = "Stopped. The finished sections are kept under Earlier memos."
        return shown(Sheet(sheet.memo, sheet.name, markup.error_html(note)))

    def reopen(name: str | None) -> tuple[Any, ...]:
        return shown(memos.reopened(place, name)) if name else (gr.skip(),) * 4

    def accept(sheet: Sheet, finding: str | None, reason: str) -> tuple[Any, ...]:
        return (*shown(memos.accepting(place, sheet, finding or "", reason)), "")

    def save(sheet: Sheet, form: str) -> str:
        return memos.file_of(place, sheet, form)

    sheet = gr.State(Sheet())
    with gr.Row(elem_id="memo-columns"):
        with gr.Column(scale=3, min_width=320):
            topic = gr.Textbox(
                elem_id="topic",
                label="Topic of the memo",
                placeholder="What do export controls do to DeepSeek?",
                max_lines=3,
            )
            with gr.Row():
                template = gr.Dropdown(
                    list(memos.TEMPLATES), value="bluf", label="Template", allow_custom_value=True
                )
                audience = gr.Textbox(label="Audience", max_lines=1)
            with gr.Accordion("Evidence and length", open=False):
                as_of = gr.Textbox(
                    label="As of (only what was published by this date)",
                    placeholder="2025-06-30",
                    max_lines=1,
                )
                length = gr.Number(label="About how many words (empty: the template's)", value=None)
                publishers = gr.Dropdown(
                    [], label="Publishers", multiselect=True, allow_custom_value=True
                )
            with gr.Row():
                go = gr.Button("Write the memo", variant="primary")
                halt = gr.Button("Stop writing", size="sm")
            body = gr.HTML(memo_html(None), elem_id="memo")
        with gr.Column(scale=2, min_width=320):
            page_source.build(
                page, place, elem_id="memo-source", state=sheet, find=memos.pinned,
                links="a.memo-cite",
            )  # fmt: skip
            with gr.Accordion("What the linter found", open=True):
                found = gr.HTML(findings_html(None), elem_id="findings")
                finding = gr.Dropdown([], label="Finding", value=None)
                reason = gr.Textbox(label="Reason to accept it", max_lines=2)
                accepted = gr.Button("Accept the finding", size="sm")
            with gr.Accordion("Files", open=True), gr.Row():
                form = gr.Dropdown(
                    list(memos.FORMATS),
                    value="docx",
                    label="Format (csv: timeline, zip: evidence pack)",
                )
                saved = gr.Button("Download", size="sm")
            with gr.Accordion("Earlier memos", open=True):
                earlier = gr.Dropdown([], label="Open a memo", elem_id="earlier", value=None)
    handed = gr.Textbox(elem_id="handed", show_label=False)

    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    parts = [sheet, body, found, finding]
    asked = [topic, template, as_of, audience, length, publishers]
    running = gr.on(
        [topic.submit, go.click], write, asked, [*parts, earlier],
        concurrency_limit=1, concurrency_id="memo", api_visibility="private",
        show_progress="hidden",
    )  # fmt: skip
    halt.click(lambda: None, None, None, cancels=[running], **quiet).then(
        stop, sheet, parts, **quiet
    )
    earlier.input(reopen, earlier, parts, **quiet)
    accepted.click(accept, [sheet, finding, reason], [*parts, reason], **quiet)
    saved.click(save, [sheet, form], handed, api_visibility="private").then(
        None, handed, None, js=_SAVE
    )
    page.load(lambda: gr.update(choices=memos.shelved(place)), None, earlier, **quiet)


__all__ = ["build"]
