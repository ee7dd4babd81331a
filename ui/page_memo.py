"""The memo page: form, growing memo, findings, files, earlier memos, and what its events return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from corpus.errors import BriefingError
from ui import memos, page_source
from ui.backend import Backend
from ui.jobs import Job
from ui.memo_view import findings_html, memo_html, offers_html
from ui.memos import MemoEditor, MemoForm
from ui.notices import error_html, waiting_html
from ui.page_scripts import PRESSED, shown
from ui.page_words import LABELS
from ui.wording import language_of, word

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
                    ["bluf"], value="bluf", label=LABELS("memo.template"),
                    allow_custom_value=True,
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
    gr.on([page.load, tab.select], events.templates, None, template, **quiet)
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


class MemoEvents:
    """The handlers of the page over one place."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def shown(self, sheet: MemoEditor, language: str) -> tuple[Any, ...]:
        """Return sheet, memo, offers, findings and their choice, whether to undo, and the words."""
        memo = sheet.memo
        open_ones = [
            (f"{one.rule} at {one.where}", memos.finding_key(one))
            for one in (memo.findings if memo else ())
            if not one.accepted
        ]  # fmt: skip
        offering = bool(sheet.at) and sheet.wording is None
        offers = offers_html(sheet.offers, sheet.at, language) if offering else ""
        return (
            sheet,
            sheet.message + memo_html(memo, language, editable=True, growing=bool(sheet.job)),
            offers,
            findings_html(memo, language),
            gr.update(choices=open_ones, value=None),
            gr.update(visible=sheet.before is not None),
            gr.update(visible=sheet.wording is not None),
            sheet.wording or "",
        )

    def templates(self, request: gr.Request) -> Any:
        """Return the list of templates as it is now; what is chosen stays so."""
        return gr.update(choices=memos.templates(self._backend, language_of(request.headers)))

    def write(
        self, topic: str, template: str, as_of: str | None, audience: str | None,
        length: float | None, publishers: list[str] | None, request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        """Begin a memo and show it as it grows; it goes on when the window is closed."""
        language = language_of(request.headers)
        # Fields of a part that was never opened come as None.
        wanted = MemoForm(
            topic, template, as_of or "", audience or "", length, tuple(publishers or ())
        )
        try:
            job = memos.started(self._backend, wanted, language)
        except BriefingError as error:
            yield (
                *self.shown(MemoEditor(message=error_html(str(error), language)), language),
                gr.skip(),
            )
            return
        yield from self._followed(job, language)

    def resume(self, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Show the memo that is being written, or the newest, after a reload or elsewhere."""
        language = language_of(request.headers)
        job = memos.running(self._backend)
        if job is not None:
            yield *self.shown(MemoEditor(), language), self.kept()
            yield from self._followed(job, language)
            return
        newest = next((name for _, name in memos.stored_memos(self._backend)), "")
        sheet = memos.reopened(self._backend, newest, language) if newest else MemoEditor()
        yield *self.shown(sheet, language), self.kept(newest)

    def _followed(self, job: Job[MemoEditor], language: str) -> Iterator[tuple[Any, ...]]:
        sheet = MemoEditor()
        # Before anything is written: it may wait for another memo, and can be stopped meanwhile.
        waiting = waiting_html(word("memo.waiting", language))
        yield *self.shown(MemoEditor(message=waiting, job=job.name), language), gr.skip()
        try:
            for sheet in job.watch():
                yield *self.shown(replace(sheet, job=job.name), language), gr.skip()
        except BriefingError as error:
            sheet = replace(sheet, message=error_html(str(error), language))
        if job.cancelled and not (sheet.memo and sheet.memo.complete):
            said = error_html(word("memo.stopped", language), language)
            sheet = MemoEditor(sheet.memo, sheet.name, said)
        yield *self.shown(sheet, language), self.kept(sheet.name)

    def kept(self, name: str = "") -> Any:
        """Return the list of earlier memos, one of them chosen."""
        return gr.update(choices=memos.stored_memos(self._backend), value=name or None)

    def stop(self, sheet: MemoEditor) -> None:
        """Stop the memo that this window shows being written; whoever watches it sees so."""
        job = self._backend.memos.find(sheet.job)
        if job is not None:
            job.cancel()

    def reopen(self, name: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Show a memo from the repository."""
        language = language_of(request.headers)
        sheet = memos.reopened(self._backend, name, language) if name else MemoEditor()
        return self.shown(sheet, language)

    def look_again(self, sheet: MemoEditor, request: gr.Request) -> tuple[Any, ...]:
        """Show what an answer added, or another window changed, when the page is come back to."""
        now = memos.reread(self._backend, sheet)
        if now is sheet:
            return (gr.skip(),) * 8
        return self.shown(now, language_of(request.headers))

    def accept(
        self, sheet: MemoEditor, finding: str | None, reason: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """Accept a finding for a reason."""
        language = language_of(request.headers)
        now = memos.accepting(self._backend, sheet, finding or "", reason, language)
        return *self.shown(now, language), ""

    def change(
        self, sheet: MemoEditor, request: gr.Request, event: gr.EventData
    ) -> tuple[Any, ...]:
        """Do what a button beside a line, or beside an offered passage, asks for."""
        data, language = event._data or {}, language_of(request.headers)
        act, at = str(data.get("act")), str(data.get("at"))
        now = memos.changed(self._backend, sheet, act, at, data.get("label"), language=language)
        return self.shown(now, language)

    def reword(self, sheet: MemoEditor, words: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Put other words into the line that is being changed."""
        language = language_of(request.headers)
        now = memos.reworded(self._backend, sheet, words or "", language)
        return self.shown(now, language)

    def leave(self, sheet: MemoEditor, request: gr.Request) -> tuple[Any, ...]:
        """Leave the line as it is."""
        return self.shown(replace(sheet, wording=None, at=""), language_of(request.headers))

    def undo(self, sheet: MemoEditor, request: gr.Request) -> tuple[Any, ...]:
        """Take the last change back."""
        language = language_of(request.headers)
        now = memos.changed(self._backend, sheet, "undo", "", language=language)
        return self.shown(replace(now, before=None), language)

    def compare(self, sheet: MemoEditor, other: str | None, request: gr.Request) -> str:
        """Show what changed from another memo to this one."""
        language = language_of(request.headers)
        return memos.compared(self._backend, sheet, other, language) if other else ""

    def preview(self, sheet: MemoEditor, request: gr.Request) -> str:
        """Show the memo as the pages of its PDF."""
        if sheet.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        page_renderer = self._backend.page_renderer()
        return memos.pages_of(sheet, page_renderer, language_of(request.headers))

    def save(self, sheet: MemoEditor, form: str, request: gr.Request) -> str:
        """Return a file of the memo for the browser to save."""
        if sheet.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        return memos.file_of(self._backend, sheet, form)


__all__ = ["MemoEvents", "build"]
