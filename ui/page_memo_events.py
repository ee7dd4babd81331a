"""What the events of the memo page return; what they mean is in ui.memos and ui.memo_edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from corpus.errors import BriefingError
from ui import markup, memo_edits, memos
from ui.backend import Backend
from ui.jobs import Job
from ui.markup_memo import findings_html, memo_html, offers_html
from ui.memos import MemoEditor, MemoForm
from ui.wording import language_of, word


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
                *self.shown(MemoEditor(message=markup.error_html(str(error), language)), language),
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
        waiting = markup.waiting_html(word("memo.waiting", language))
        yield *self.shown(MemoEditor(message=waiting, job=job.name), language), gr.skip()
        try:
            for sheet in job.watch():
                yield *self.shown(replace(sheet, job=job.name), language), gr.skip()
        except BriefingError as error:
            sheet = replace(sheet, message=markup.error_html(str(error), language))
        if job.cancelled and not (sheet.memo and sheet.memo.complete):
            said = markup.error_html(word("memo.stopped", language), language)
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
        now = memos.refreshed(self._backend, sheet)
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
        now = memo_edits.changed(
            self._backend, sheet, act, at, data.get("label"), language=language
        )
        return self.shown(now, language)

    def reword(self, sheet: MemoEditor, words: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Put other words into the line that is being changed."""
        language = language_of(request.headers)
        now = memo_edits.reworded(self._backend, sheet, words or "", language)
        return self.shown(now, language)

    def leave(self, sheet: MemoEditor, request: gr.Request) -> tuple[Any, ...]:
        """Leave the line as it is."""
        return self.shown(replace(sheet, wording=None, at=""), language_of(request.headers))

    def undo(self, sheet: MemoEditor, request: gr.Request) -> tuple[Any, ...]:
        """Take the last change back."""
        language = language_of(request.headers)
        now = memo_edits.changed(self._backend, sheet, "undo", "", language=language)
        return self.shown(replace(now, before=None), language)

    def compare(self, sheet: MemoEditor, other: str | None, request: gr.Request) -> str:
        """Show what changed from another memo to this one."""
        language = language_of(request.headers)
        return memo_edits.compared(self._backend, sheet, other, language) if other else ""

    def preview(self, sheet: MemoEditor, request: gr.Request) -> str:
        """Show the memo as the pages of its PDF."""
        if sheet.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        drawing = self._backend.drawing()
        return memo_edits.pages_of(sheet, drawing, language_of(request.headers))

    def save(self, sheet: MemoEditor, form: str, request: gr.Request) -> str:
        """Return a file of the memo for the browser to save."""
        if sheet.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        return memos.file_of(self._backend, sheet, form)


__all__ = ["MemoEvents"]
