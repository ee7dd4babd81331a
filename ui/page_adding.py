"""Adding documents on the page: the dialog that is there on every page, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from corpus.errors import BriefingError
from corpus.public_documents import themes
from ui import ingest_jobs
from ui.adding_view import adding_html, pill_html
from ui.backend import Backend
from ui.library_view import note_html
from ui.page_bar import Bar
from ui.page_html import drawn
from ui.page_words import LABELS
from ui.translation import translated
from ui.wording import language_of, word

Updates = dict[Any, Any]
# Seconds between two looks at the library: while something is added, and else, since another
# window may add something.
_POLL_ADDING, _POLL_IDLE = 1.0, 5.0
# What was told wrong stays to be read; else the dialog has done its work.
_CLOSE = "closeAdding"


@dataclass(frozen=True, slots=True, eq=False)
class Dialog:
    """The components of the dialog; `timer` looks how far an addition is."""

    files: gr.File
    folder: gr.UploadButton
    addresses: gr.Textbox
    fetch: gr.Button
    theme: gr.Dropdown
    public: gr.Button
    starter: gr.Button
    ocr: gr.Checkbox
    said: gr.HTML
    timer: gr.Timer
    collection: gr.Dropdown | None

    @property
    def into(self) -> list[gr.Dropdown]:
        """What is chosen where people sign in: the collection that is added to."""
        return [self.collection] if self.collection is not None else []


def build(page: gr.Blocks, backend: Backend) -> Dialog:
    """Build the dialog outside of the tabs: files may be dropped on any of them."""
    with gr.Column(elem_id="add-panel", elem_classes="popover"):
        gr.Markdown(LABELS("library.add_title"))
        said = drawn("add-said", js_on_load="element.setAttribute('aria-live', 'polite');")
        collection = None
        if backend.signs_in:
            collection = gr.Dropdown([], label=LABELS("library.collection"))
        files = gr.File(
            label=LABELS("library.files"), file_count="multiple", height=132,
            elem_id="library-files",
        )  # fmt: skip
        with gr.Row(elem_classes="add-row"):
            folder = gr.UploadButton(
                # Typed as text, and translated all the same.
                LABELS("library.folder"),  # type: ignore[arg-type]
                file_count="directory", size="sm", scale=0, min_width=140,
                elem_id="library-folder",
            )  # fmt: skip
            ocr = gr.Checkbox(label=LABELS("library.ocr"), value=False, elem_id="library-ocr",
                              container=False)  # fmt: skip
        addresses = gr.Textbox(
            label=LABELS("library.addresses"), lines=2, max_lines=8, placeholder="https://…",
            elem_id="library-addresses",
        )  # fmt: skip
        fetch = gr.Button(LABELS("library.add_addresses"), size="sm", elem_id="library-fetch")
        with gr.Row(elem_classes="add-row"):
            theme = gr.Dropdown(_public_themes(), value="", label=LABELS("library.theme"), scale=3)
            public = gr.Button(LABELS("library.fetch"), size="sm", scale=2)
        starter = gr.Button(LABELS("library.load_starter"), size="sm")
        gr.Markdown(LABELS("library.fetch_note"), elem_classes="note")
    dialog = Dialog(files, folder, addresses, fetch, theme, public, starter, ocr, said,
                    gr.Timer(_POLL_ADDING), collection)  # fmt: skip
    if collection is not None:
        _offer_collections(page, backend, dialog, collection)
    return dialog


def _offer_collections(
    page: gr.Blocks, backend: Backend, dialog: Dialog, collection: gr.Dropdown
) -> None:
    """Have the dialog offer the collections that whoever opens the page may add to."""

    def offered(now: str | None, request: gr.Request) -> Any:
        workspace, asker = backend.workspace(), backend.asker()
        if workspace is None:
            return gr.skip()
        choices = [(one, one) for one in workspace.library.collections.editable_by(asker)]
        if asker.admin:
            choices.append((word("library.everyone", language_of(request.headers)), ""))
        values = [value for _, value in choices]
        return gr.update(choices=choices, value=now if now in values else next(iter(values), None))

    # Rights may change while the page is open.
    for event in (page.load, dialog.timer.tick):
        event(offered, collection, collection, **_quiet())


def _public_themes() -> list[tuple[Any, str]]:
    named = [(LABELS(f"library.public_{one.replace('-', '_')}"), one) for one in themes()]
    return [(LABELS("library.public_all"), ""), *named]


class Adding:
    """The handlers of the dialog, of the pill in the bar, and of the rows over the table."""

    def __init__(self, backend: Backend, bar: Bar, dialog: Dialog, rows: gr.HTML) -> None:
        """`rows` is where each file is shown with its state."""
        self._backend = backend
        self._bar = bar
        self._dialog = dialog
        self._rows = rows
        # The addition whose end the reader has put away.
        self._put_away = gr.State("")

    @property
    def outputs(self) -> list[Any]:
        """The components that `progress` draws."""
        return [self._bar.adding, self._rows, self._dialog.timer]

    @property
    def put_away(self) -> gr.State:
        """The state that `progress` needs."""
        return self._put_away

    def connect(self) -> None:
        """Attach the handlers."""
        dialog, quiet = self._dialog, _quiet()
        told = [dialog.said, *self.outputs]
        for chosen in (dialog.files, dialog.folder):
            chosen.upload(
                self.upload,
                [chosen, dialog.ocr, *dialog.into],
                [dialog.files, dialog.folder, *told],
                **quiet,
            ).then(js=_CLOSE)
        dialog.fetch.click(
            self.fetch,
            [dialog.addresses, dialog.ocr, *dialog.into],
            [dialog.addresses, *told],
            **quiet,
        ).then(js=_CLOSE)
        dialog.starter.click(self.starter, None, told, **quiet).then(js=_CLOSE)
        dialog.public.click(self.public, [dialog.theme, *dialog.into], told, **quiet).then(
            js=_CLOSE
        )
        outputs = [*self.outputs, self._put_away]
        for pressed in (self._bar.adding, self._rows):
            pressed.select(self.pressed, self._put_away, outputs, **quiet)

    def progress(self, put_away: str, request: gr.Request) -> Updates:
        """Return how far the additions are."""
        language = language_of(request.headers)
        job = ingest_jobs.latest_job(self._backend)
        behind = ingest_jobs.waiting_count(self._backend)
        unseen = job if job is not None and job.name != put_away else None
        busy = self._backend.additions.unfinished() or not self._backend.opening_finished()
        return {
            self._bar.adding: pill_html(job, language),
            self._rows: adding_html(unseen, behind, language),
            self._dialog.timer: gr.Timer(_POLL_ADDING if busy else _POLL_IDLE),
        }

    def pressed(self, put_away: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Cancel the additions, or put the end of the last one away."""
        act = (event._data or {}).get("act")
        if act == "cancel":
            ingest_jobs.cancel_all(self._backend)
        elif act == "dismiss" and (job := ingest_jobs.latest_job(self._backend)):
            put_away = job.name
        return {**self.progress(put_away, request), self._put_away: put_away}

    def upload(
        self, request: gr.Request, files: list[str] | None, ocr: bool | None, *into: str | None
    ) -> Updates:
        """Add uploaded files, and empty what they were chosen with."""
        started = self._start(
            lambda: ingest_jobs.start_files(
                self._backend, files or [], ocr=bool(ocr), collection=_chosen(into)
            ),
            request,
        )
        return {**started, self._dialog.files: None, self._dialog.folder: None}

    def fetch(
        self, request: gr.Request, text: str | None, ocr: bool | None, *into: str | None
    ) -> Updates:
        """Fetch and add addresses; lines that are none are told and stay in the box."""
        language = language_of(request.headers)
        wrong: list[str] = []

        def start() -> None:
            wrong.extend(
                ingest_jobs.start_addresses(
                    self._backend, text or "", ocr=bool(ocr), collection=_chosen(into)
                )
            )

        started = self._start(start, request)
        if self._dialog.timer not in started:
            return started
        if wrong:
            said = word("library.not_addresses", language, lines=", ".join(wrong))
            started[self._dialog.said] = note_html(said, language, wrong=True)
        return {**started, self._dialog.addresses: "\n".join(wrong)}

    def public(self, request: gr.Request, theme: str | None, *into: str | None) -> Updates:
        """Fetch and add the curated documents."""
        return self._start(
            lambda: ingest_jobs.start_public(self._backend, theme or "", collection=_chosen(into)),
            request,
        )

    def starter(self, request: gr.Request) -> Updates:
        """Add the starter library."""
        return self._start(lambda: ingest_jobs.start_starter(self._backend), request)

    def _start(self, start: Callable[[], None], request: gr.Request) -> Updates:
        """Start an addition; what cannot be started is said in words."""
        try:
            start()
        except BriefingError as error:
            language = language_of(request.headers)
            reason = word("library.failed", language, reason=translated(str(error), language))
            return {self._dialog.said: note_html(reason, language, wrong=True)}
        return {self._dialog.said: "", **self.progress("", request)}


def _chosen(into: Sequence[str | None]) -> str:
    """Return the collection that was chosen; "" for none, and where nobody signs in."""
    return (into[0] or "") if into else ""


def _quiet() -> Any:
    return {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


__all__ = ["Adding", "Dialog", "build"]
