"""The memo page: form, growing memo, findings, files, earlier memos, and what its events return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from corpus.errors import BriefingError
from ui import memos, page_source
from ui.backend import Backend
from ui.jobs import Job
from ui.memo_view import candidates_html, findings_html, memo_html
from ui.memos import MemoEditor, MemoForm
from ui.notices import error_html, waiting_html
from ui.page_scripts import REFOCUS, scroll_to
from ui.page_words import LABELS
from ui.wording import language_of, word

# From the server into the page and from there into a file, as for conversations: nothing lies in a
# cache that another session could fetch from.
_SAVE_FILE = """
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
_LINE_BUTTONS = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  window.briefingPressed = {...button.dataset};
  trigger('select', {...button.dataset});
});
"""


Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class MemoParts:
    """The components that events draw."""

    editor: gr.State
    body: gr.HTML
    candidates: gr.HTML
    findings: gr.HTML
    finding: gr.Dropdown
    undo: gr.Button
    wording: gr.Column
    words: gr.Textbox
    earlier: gr.Dropdown
    reason: gr.Textbox

    @property
    def of_memo(self) -> list[Any]:
        """What changes with the memo."""
        return [self.editor, self.body, self.candidates, self.findings, self.finding, self.undo,
                self.wording, self.words]  # fmt: skip


def build(page: gr.Blocks, tab: gr.Tab, backend: Backend) -> None:
    """Build the memo page inside `page`; `tab` is what is chosen to come back to it."""
    editor = gr.State(MemoEditor())
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
            body = gr.HTML(memo_html(None), elem_id="memo", js_on_load=_LINE_BUTTONS)
        with gr.Column(scale=2, min_width=320):
            back = gr.Button(LABELS("memo.undo"), size="sm", visible=False)
            with gr.Column(visible=False, elem_id="memo-wording") as wording:
                words = gr.Textbox(label=LABELS("memo.wording"), lines=3, max_lines=8)
                with gr.Row():
                    put = gr.Button(LABELS("memo.put_words"), size="sm", variant="primary")
                    cancel_rewording = gr.Button(LABELS("chat.leave"), size="sm")
            candidates = gr.HTML("", elem_id="memo-offers", js_on_load=_LINE_BUTTONS)
            page_source.build(
                page, backend, elem_id="memo-source", state=editor, find=memos.selected_citation,
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
    drawn = MemoParts(editor, body, candidates, found, finding, back, wording, words, earlier,
                      reason)  # fmt: skip
    events, parts = MemoEvents(backend, drawn), drawn.of_memo
    asked = [topic, template, as_of, audience, length, publishers]
    watching: Any = {"api_visibility": "private", "show_progress": "hidden",
                     "concurrency_limit": 20}  # fmt: skip
    gr.on([topic.submit, go.click], events.write, asked, [*parts, earlier], **watching)
    page.load(events.show_latest, None, [*parts, earlier], **watching)
    tab.select(events.refresh, editor, parts, **quiet)
    gr.on([page.load, tab.select], events.templates, None, template, **quiet)
    halt.click(events.stop, editor, None, **quiet)
    earlier.input(events.reopen, earlier, parts, **quiet)
    accepted.click(events.accept, [editor, finding, reason], [*parts, reason], **quiet)
    for pressed in (body, candidates):
        pressed.select(events.change, editor, parts, **quiet).then(js=REFOCUS)
    gr.on([put.click, words.submit], events.reword, [editor, words], parts, **quiet).then(
        js=REFOCUS
    )
    cancel_rewording.click(events.cancel_rewording, editor, parts, **quiet).then(js=REFOCUS)
    back.click(events.undo, editor, parts, **quiet)
    other.focus(events.earlier_memos, None, other, **quiet)
    other.input(events.compare, [editor, other], differs, **quiet)
    look.click(events.preview, editor, leaves, api_visibility="private").then(
        js=scroll_to("#memo-leaves")
    )
    saved.click(events.save, [editor, form], handed, api_visibility="private").then(
        None, handed, None, js=_SAVE_FILE
    )


class MemoEvents:
    """The handlers of the page over one backend."""

    def __init__(self, backend: Backend, parts: MemoParts) -> None:
        self._backend = backend
        self._parts = parts

    def updates(self, editor: MemoEditor, language: str) -> Updates:
        """Return the memo as it is drawn, its findings, and what is chosen for a line of it."""
        parts, memo = self._parts, editor.memo
        open_ones = [
            (f"{one.rule} at {one.where}", memos.finding_key(one))
            for one in (memo.findings if memo else ())
            if not one.accepted
        ]  # fmt: skip
        choosing = bool(editor.at) and editor.wording is None
        candidates = candidates_html(editor.candidates, editor.at, language) if choosing else ""
        body = memo_html(memo, language, editable=True, growing=bool(editor.job))
        return {
            parts.editor: editor,
            parts.body: editor.message + body,
            parts.candidates: candidates,
            parts.findings: findings_html(memo, language),
            parts.finding: gr.update(choices=open_ones, value=None),
            parts.undo: gr.update(visible=editor.before is not None),
            parts.wording: gr.update(visible=editor.wording is not None),
            parts.words: editor.wording or "",
        }

    def with_list(self, editor: MemoEditor, language: str) -> Updates:
        """Return the memo, and the list of earlier memos with it chosen."""
        earlier = self.earlier_memos(editor.name)
        return {**self.updates(editor, language), self._parts.earlier: earlier}

    def templates(self, request: gr.Request) -> Any:
        """Return the list of templates as it is now; what is chosen stays so."""
        return gr.update(choices=memos.templates(self._backend, language_of(request.headers)))

    def write(
        self, topic: str, template: str, as_of: str | None, audience: str | None,
        length: float | None, publishers: list[str] | None, request: gr.Request,
    ) -> Iterator[Updates]:  # fmt: skip
        """Begin a memo and show it as it grows; it goes on when the window is closed."""
        language = language_of(request.headers)
        # Fields of a part that was never opened come as None.
        wanted = MemoForm(
            topic, template, as_of or "", audience or "", length, tuple(publishers or ())
        )
        try:
            job = memos.start_memo(self._backend, wanted, language)
        except BriefingError as error:
            yield self.updates(MemoEditor(message=error_html(str(error), language)), language)
            return
        yield from self._follow(job, language)

    def show_latest(self, request: gr.Request) -> Iterator[Updates]:
        """Show the memo that is being written, or the newest, after a reload or elsewhere."""
        language = language_of(request.headers)
        job = memos.running_memo(self._backend)
        if job is not None:
            yield self.with_list(MemoEditor(), language)
            yield from self._follow(job, language)
            return
        newest = next((name for _, name in memos.stored_memos(self._backend)), "")
        editor = memos.open_memo(self._backend, newest, language) if newest else MemoEditor()
        yield {
            **self.updates(editor, language),
            self._parts.earlier: self.earlier_memos(newest),
        }

    def _follow(self, job: Job[MemoEditor], language: str) -> Iterator[Updates]:
        editor = MemoEditor()
        # Before anything is written: it may wait for another memo, and can be stopped meanwhile.
        waiting = waiting_html(word("memo.waiting", language))
        yield self.updates(MemoEditor(message=waiting, job=job.name), language)
        try:
            for editor in job.watch():
                yield self.updates(replace(editor, job=job.name), language)
        except BriefingError as error:
            editor = replace(editor, message=error_html(str(error), language))
        if job.cancelled and not (editor.memo and editor.memo.complete):
            said = error_html(word("memo.stopped", language), language)
            editor = MemoEditor(editor.memo, editor.name, said)
        yield self.with_list(editor, language)

    def earlier_memos(self, name: str = "") -> Any:
        """Return the list of earlier memos, one of them chosen."""
        return gr.update(choices=memos.stored_memos(self._backend), value=name or None)

    def stop(self, editor: MemoEditor) -> None:
        """Stop the memo that this window shows being written; whoever watches it sees so."""
        job = self._backend.memos.find(editor.job)
        if job is not None:
            job.cancel()

    def reopen(self, name: str | None, request: gr.Request) -> Updates:
        """Show a memo from the repository."""
        language = language_of(request.headers)
        editor = memos.open_memo(self._backend, name, language) if name else MemoEditor()
        return self.updates(editor, language)

    def refresh(self, editor: MemoEditor, request: gr.Request) -> Updates:
        """Show what an answer added, or another window changed, when the page is come back to."""
        now = memos.reload_memo(self._backend, editor)
        if now is editor:
            return {self._parts.editor: gr.skip()}
        return self.updates(now, language_of(request.headers))

    def accept(
        self, editor: MemoEditor, finding: str | None, reason: str, request: gr.Request
    ) -> Updates:
        """Accept a finding for a reason."""
        language = language_of(request.headers)
        now = memos.accept_finding(self._backend, editor, finding or "", reason, language)
        return {**self.updates(now, language), self._parts.reason: ""}

    def change(self, editor: MemoEditor, request: gr.Request, event: gr.EventData) -> Updates:
        """Do what a button beside a line, or beside an offered passage, asks for."""
        data, language = event._data or {}, language_of(request.headers)
        action, at = str(data.get("act")), str(data.get("at"))
        now = memos.apply_action(
            self._backend, editor, action, at, data.get("label"), language=language
        )
        return self.updates(now, language)

    def reword(self, editor: MemoEditor, words: str | None, request: gr.Request) -> Updates:
        """Put other words into the line that is being changed."""
        language = language_of(request.headers)
        now = memos.reword_line(self._backend, editor, words or "", language)
        return self.updates(now, language)

    def cancel_rewording(self, editor: MemoEditor, request: gr.Request) -> Updates:
        """Leave the line as it is."""
        return self.updates(replace(editor, wording=None, at=""), language_of(request.headers))

    def undo(self, editor: MemoEditor, request: gr.Request) -> Updates:
        """Take the last change back."""
        language = language_of(request.headers)
        now = memos.apply_action(self._backend, editor, "undo", "", language=language)
        return self.updates(replace(now, before=None), language)

    def compare(self, editor: MemoEditor, other: str | None, request: gr.Request) -> str:
        """Show what changed from another memo to this one."""
        language = language_of(request.headers)
        return memos.comparison_html(self._backend, editor, other, language) if other else ""

    def preview(self, editor: MemoEditor, request: gr.Request) -> str:
        """Show the memo as the pages of its PDF."""
        if editor.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        page_renderer = self._backend.page_renderer()
        return memos.preview_html(editor, page_renderer, language_of(request.headers))

    def save(self, editor: MemoEditor, form: str, request: gr.Request) -> str:
        """Return a file of the memo for the browser to save."""
        if editor.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        return memos.memo_file(self._backend, editor, form)


__all__ = ["MemoEvents", "MemoParts", "build"]
