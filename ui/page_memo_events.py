"""What the events of the memo page return; what they mean is in ui.memos and ui.memo_edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from corpus.errors import BriefingError
from ui import markup, memo_edits, memos
from ui.jobs import Job
from ui.markup_memo import findings_html, memo_html, offers_html
from ui.memos import Sheet, Wanted
from ui.place import Place
from ui.wording import language_of, word


class MemoEvents:
    """The handlers of the page over one place."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def shown(self, sheet: Sheet, language: str) -> tuple[Any, ...]:
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
        wanted = Wanted(
            topic, template, as_of or "", audience or "", length, tuple(publishers or ())
        )
        try:
            job = memos.started(self._place, wanted, language)
        except BriefingError as error:
            yield (
                *self.shown(Sheet(message=markup.error_html(str(error), language)), language),
                gr.skip(),
            )
            return
        yield from self._followed(job, language)

    def resume(self, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Show the memo that is being written, or the newest, after a reload or elsewhere."""
        language = language_of(request.headers)
        job = memos.running(self._place)
        if job is not None:
            yield *self.shown(Sheet(), language), self.kept()
            yield from self._followed(job, language)
            return
        newest = next((name for _, name in memos.shelved(self._place)), "")
        sheet = memos.reopened(self._place, newest, language) if newest else Sheet()
        yield *self.shown(sheet, language), self.kept(newest)

    def _followed(self, job: Job[Sheet], language: str) -> Iterator[tuple[Any, ...]]:
        sheet = Sheet()
        # Before anything is written: it may wait for another memo, and can be stopped meanwhile.
        waiting = markup.waiting_html(word("memo.waiting", language))
        yield *self.shown(Sheet(message=waiting, job=job.name), language), gr.skip()
        try:
            for sheet in job.watch():
                yield *self.shown(replace(sheet, job=job.name), language), gr.skip()
        except BriefingError as error:
            sheet = replace(sheet, message=markup.error_html(str(error), language))
        if job.cancelled and not (sheet.memo and sheet.memo.complete):
            said = markup.error_html(word("memo.stopped", language), language)
            sheet = Sheet(sheet.memo, sheet.name, said)
        yield *self.shown(sheet, language), self.kept(sheet.name)

    def kept(self, name: str = "") -> Any:
        """Return the list of earlier memos, one of them chosen."""
        return gr.update(choices=memos.shelved(self._place), value=name or None)

    def stop(self, sheet: Sheet) -> None:
        """Stop the memo that this window shows being written; whoever watches it sees so."""
        job = self._place.memos.find(sheet.job)
        if job is not None:
            job.cancel()

    def reopen(self, name: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Show a memo off the shelf."""
        language = language_of(request.headers)
        sheet = memos.reopened(self._place, name, language) if name else Sheet()
        return self.shown(sheet, language)

    def look_again(self, sheet: Sheet, request: gr.Request) -> tuple[Any, ...]:
        """Show what an answer added, or another window changed, when the page is come back to."""
        now = memos.refreshed(self._place, sheet)
        if now is sheet:
            return (gr.skip(),) * 8
        return self.shown(now, language_of(request.headers))

    def accept(
        self, sheet: Sheet, finding: str | None, reason: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """Accept a finding for a reason."""
        language = language_of(request.headers)
        now = memos.accepting(self._place, sheet, finding or "", reason, language)
        return *self.shown(now, language), ""

    def change(self, sheet: Sheet, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        """Do what a button beside a line, or beside an offered passage, asks for."""
        data, language = event._data or {}, language_of(request.headers)
        act, at = str(data.get("act")), str(data.get("at"))
        now = memo_edits.changed(self._place, sheet, act, at, data.get("label"), language=language)
        return self.shown(now, language)

    def reword(self, sheet: Sheet, words: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Put other words into the line that is being changed."""
        language = language_of(request.headers)
        now = memo_edits.reworded(self._place, sheet, words or "", language)
        return self.shown(now, language)

    def leave(self, sheet: Sheet, request: gr.Request) -> tuple[Any, ...]:
        """Leave the line as it is."""
        return self.shown(replace(sheet, wording=None, at=""), language_of(request.headers))

    def undo(self, sheet: Sheet, request: gr.Request) -> tuple[Any, ...]:
        """Take the last change back."""
        language = language_of(request.headers)
        now = memo_edits.changed(self._place, sheet, "undo", "", language=language)
        return self.shown(replace(now, before=None), language)

    def compare(self, sheet: Sheet, other: str | None, request: gr.Request) -> str:
        """Show what changed from another memo to this one."""
        language = language_of(request.headers)
        return memo_edits.compared(self._place, sheet, other, language) if other else ""

    def preview(self, sheet: Sheet, request: gr.Request) -> str:
        """Show the memo as the pages of its PDF."""
        if sheet.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        drawing = self._place.drawing()
        return memo_edits.pages_of(sheet, drawing, language_of(request.headers))

    def save(self, sheet: Sheet, form: str, request: gr.Request) -> str:
        """Return a file of the memo for the browser to save."""
        if sheet.memo is None:
            gr.Info(word("memo.none_open", language_of(request.headers)))
        return memos.file_of(self._place, sheet, form)


__all__ = ["MemoEvents"]
