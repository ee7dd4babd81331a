"""The library page: its table, details, adding, state and timeline, and what its events return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import pandas as pd

from assistant.diagnostics import diagnostics, storage
from corpus.catalogue import Entry
from corpus.errors import BriefingError
from corpus.public_documents import themes
from ui import ingest_jobs, library
from ui.backend import Backend
from ui.chat_actions import AskOptions, publishers_of
from ui.library import LibraryFilter
from ui.page_bar import Bar
from ui.page_scope import Scope, scope_html
from ui.page_scripts import scroll_to
from ui.page_words import LABELS
from ui.translation import translated
from ui.wording import language_of, word

# Gradio has no event for a button inside HTML.
_OPEN_DOCUMENT = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-id]');
  if (!button) return;
  element.querySelectorAll('tr[aria-current]').forEach(row => row.removeAttribute('aria-current'));
  button.closest('tr').setAttribute('aria-current', 'true');
  trigger('select', {id: button.dataset.id});
});
"""
_SORTS = [(LABELS(f"library.{one}"), one) for one in library.SORTS]


Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class LibraryParts:
    """The components that events draw; `wanted` is the filter, `gone` the document removed last."""

    scope: gr.HTML
    wanted: gr.State
    table: gr.HTML
    line: gr.Markdown
    back: gr.Button
    on: gr.Button
    publisher: gr.Dropdown
    theme: gr.Dropdown
    kind: gr.Dropdown
    state: gr.HTML
    plot: gr.BarPlot
    groups: gr.State
    undated: gr.Markdown
    adding: gr.HTML
    timer: gr.Timer
    stop: gr.Button
    files: gr.File
    folder: gr.UploadButton
    addresses: gr.Textbox
    document: gr.State
    details: gr.HTML
    title: gr.Textbox
    issuer: gr.Textbox
    published: gr.Textbox
    themed: gr.Dropdown
    form: gr.Column
    said: gr.HTML
    gone: gr.State
    undo: gr.Button


def build(page: gr.Blocks, bar: Bar, scope: Scope, backend: Backend) -> None:
    """Build the library page inside `page`; what it holds is counted in the bar."""
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
                    theme = gr.Dropdown(_public_themes(), value="", label=LABELS("library.theme"))
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
            table = gr.HTML("", elem_id="library-table", js_on_load=_OPEN_DOCUMENT)
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
                    plot_data([]), x="quarter", y="documents", color="group", height=260,
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

    parts = LibraryParts(
        bar.scope, wanted, table, line, back, on, publisher, about, kind, state, plot, groups,
        undated, adding, timer, halt, files, folder, addresses, current, about_it, title, issuer,
        published, named, form, said, gone, again,
    )  # fmt: skip
    events = LibraryEvents(backend, parts)
    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    # A changed state is told of after events of the queue alone (Gradio 6.31): the plot's groups.
    queued: Any = {**quiet, "queue": True, "concurrency_limit": None}
    listed: list[Any] = [wanted, table, line, back, on]
    progress: list[Any] = [adding, timer, halt]
    whole: list[Any] = [bar.scope, *listed, publisher, about, kind, state, plot, groups, undated,
                        *progress]  # fmt: skip
    opened: list[Any] = [current, about_it, title, issuer, published, named, form, said]
    asked = [search, publisher, about, kind, since, until, sort]
    gr.on([search.change, publisher.input, about.input, kind.input, since.change, until.change,
           sort.input], events.filter_table, asked, listed, **quiet)  # fmt: skip
    by.input(events.timeline, by, [plot, groups], **queued)
    groups.change(events.legend, groups, plot, trigger_mode="multiple", **quiet)
    back.click(events.previous_page, wanted, listed, **quiet)
    on.click(events.next_page, wanted, listed, **quiet)
    details = scroll_to("#library-details")
    table.select(events.show_document, None, opened, **quiet).then(js=details)
    for chosen in (files, folder):
        chosen.upload(events.upload, [chosen, ocr], [files, folder, *progress], **quiet)
    go.click(events.fetch, [addresses, ocr], [addresses, *progress], **quiet)
    load.click(events.starter, None, progress, **quiet)
    get.click(events.public, theme, progress, **quiet)
    halt.click(events.stop, None, progress, **quiet)
    seen = [wanted, by]
    edited = [current, title, issuer, published, named]
    keep.click(events.save, [*edited, *seen], [said, *whole], **queued)
    drop.click(events.remove, [current, *seen], [*opened, gone, again, *whole], **queued).then(
        js=details
    )
    again.click(events.undo, [gone, *seen], [said, gone, again, *whole], **queued)
    look.click(events.check, None, found, api_visibility="private")
    renew.click(events.rebuild, None, found, api_visibility="private")
    timer.tick(events.tick, seen, whole, **queued)
    page.load(events.refresh, seen, whole, **queued)
    page.load(events.no_document, None, opened, **quiet)


def _public_themes() -> list[tuple[Any, str]]:
    named = [(LABELS(f"library.public_{one.replace('-', '_')}"), one) for one in themes()]
    return [(LABELS("library.public_all"), ""), *named]


class LibraryEvents:
    """The handlers of the page over one backend."""

    def __init__(self, backend: Backend, parts: LibraryParts) -> None:
        self._backend = backend
        self._parts = parts

    def _table(self, entries: Sequence[Entry], wanted: LibraryFilter, language: str) -> Updates:
        """Return filter, table, the line under it and its buttons."""
        parts, workspace = self._parts, self._backend.workspace()
        first = shown = count = 0
        html, line = "", word("library.opening", language)
        if workspace is not None:
            view = library.library_view(entries, wanted)
            first, shown, count = view.first, len(view.entries), view.count
            accounts = workspace.library.extraction_reports([one.id for one in view.entries])
            html = library.table_html(view.entries, accounts, self._theme_name(language), language)
            line = view.line(language, anything=bool(entries))
        return {
            parts.wanted: wanted,
            parts.table: html,
            parts.line: line,
            # Only those that lead somewhere work.
            parts.back: gr.update(interactive=first > 0),
            parts.on: gr.update(interactive=first + shown < count),
        }

    def _themed(self) -> Sequence[Entry]:
        """Return the documents with their themes."""
        workspace, entries = self._backend.workspace(), self._backend.entries()
        return workspace.with_themes(entries) if workspace else entries

    def _theme_name(self, language: str) -> Callable[[str], str]:
        """Return what says how a theme is called; "" and NO_THEME are none."""
        workspace, none = self._backend.workspace(), word("library.no_theme", language)
        unnamed = ("", library.NO_THEME)
        return lambda key: (
            none if workspace is None or key in unnamed else workspace.themes.named(key, language)
        )

    def filter_table(
        self, search: str, publisher: str | None, theme: str | None, kind: str | None, since: str,
        until: str, sort: str, request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Filter and sort the table."""
        wanted = LibraryFilter(search or "", publisher or "", kind or "", theme or "",
                        (since or "").strip(), (until or "").strip(), sort or "newest")  # fmt: skip
        return self.filtered(wanted, request)

    def previous_page(self, wanted: LibraryFilter, request: gr.Request) -> Updates:
        """Turn the table a page back."""
        return self.filtered(library.turn_page(wanted, -1), request)

    def next_page(self, wanted: LibraryFilter, request: gr.Request) -> Updates:
        """Turn the table a page on."""
        return self.filtered(library.turn_page(wanted, 1), request)

    def filtered(self, wanted: LibraryFilter, request: gr.Request) -> Updates:
        """Return the table for a filter."""
        return self._table(self._themed(), wanted, language_of(request.headers))

    def no_document(self, request: gr.Request) -> Updates:
        """Return the details before a document is chosen."""
        return self.details("", language_of(request.headers))

    def refresh(self, wanted: LibraryFilter, by: str, request: gr.Request) -> Updates:
        """Return all that changes when the library does."""
        parts, language = self._parts, language_of(request.headers)
        entries, workspace = self._themed(), self._backend.workspace()
        state = undated = ""
        if workspace is not None:
            state = library.storage_html(
                entries, storage(workspace), behind=workspace.indexes.is_behind(), language=language
            )
            count = sum(not one.source.published for one in entries)
            undated = word("library.undated", language, count=count) if count else ""
        kinds = sorted({"", wanted.kind, *(one.source.kind for one in entries)})
        # What is chosen stays to be chosen from, also when the last of it went.
        publishers = sorted({"", wanted.publisher, *publishers_of(entries)})
        themes = self._theme_choices(entries, wanted.theme, language)
        return {
            parts.scope: scope_html(self._backend, AskOptions(), language),
            **self._table(entries, wanted, language),
            parts.publisher: gr.update(choices=publishers),
            parts.theme: gr.update(choices=themes),
            parts.kind: gr.update(choices=kinds),
            parts.state: state,
            **self._plot(entries, by, language),
            parts.undated: undated,
            **self.progress(request),
        }

    def _theme_choices(
        self, entries: Sequence[Entry], wanted: str, language: str
    ) -> list[tuple[str, str]]:
        """Return the themes that have documents, and the one that is wanted, as choices."""
        name = self._theme_name(language)
        held = {one.source.theme or library.NO_THEME for one in entries}
        choices = {*held, wanted} - {""}
        return [("", ""), *sorted((name(one), one) for one in choices)]

    def timeline(self, by: str | None, request: gr.Request) -> Updates:
        """Return the documents of each quarter by theme or publisher, and what these are."""
        return self._plot(self._themed(), by, language_of(request.headers))

    def _plot(self, entries: Sequence[Entry], by: str | None, language: str) -> Updates:
        if by == "publisher":
            counts = library.counts_by_publisher(entries, word("library.others", language))
        else:
            counts = library.counts_by_theme(entries, self._theme_name(language))
        groups = sorted({group for _, group, _ in counts})
        return {self._parts.plot: plot_data(counts), self._parts.groups: groups}

    def legend(self, groups: list[str], request: gr.Request) -> Any:
        """Have the plot redrawn for other groups, once it has their values.

        New values alone keep the old colours, and bars of groups that had none are not drawn
        (Gradio 6.31); a new legend makes it begin again.
        """
        language = language_of(request.headers)
        return gr.update(
            colors_in_legend=groups,
            x_title=word("library.quarter", language),
            y_title=word("library.documents", language),
        )

    def progress(self, request: gr.Request) -> Updates:
        """Return the progress of the additions; the timer runs while there is some."""
        parts, language = self._parts, language_of(request.headers)
        adding = bool(self._backend.additions.unfinished())
        job, behind = (
            ingest_jobs.latest_job(self._backend),
            ingest_jobs.waiting_count(self._backend),
        )
        return {
            parts.adding: library.adding_html(job, behind, language),
            parts.timer: gr.Timer(active=adding or not self._backend.opening_finished()),
            parts.stop: gr.update(visible=adding),
        }

    def tick(self, wanted: LibraryFilter, by: str, request: gr.Request) -> Updates:
        """Follow the additions; when they end, show all that changed."""
        if self._backend.additions.unfinished() or not self._backend.opening_finished():
            return self.progress(request)
        return self.refresh(wanted, by, request)

    def start(self, start: Callable[[], None], request: gr.Request) -> Updates:
        """Start an addition; what cannot be started is said in words."""
        try:
            start()
        except BriefingError as error:
            language = language_of(request.headers)
            reason = word("library.failed", language, reason=translated(str(error), language))
            return {self._parts.adding: library.note_html(reason, language, wrong=True)}
        return self.progress(request)

    def upload(self, files: list[str] | None, ocr: bool | None, request: gr.Request) -> Updates:
        """Add uploaded files, and empty what they were chosen with."""
        started = self.start(
            lambda: ingest_jobs.start_files(self._backend, files or [], ocr=bool(ocr)), request
        )
        return {**started, self._parts.files: None, self._parts.folder: None}

    def fetch(self, text: str, ocr: bool | None, request: gr.Request) -> Updates:
        """Fetch and add addresses; what could not be started stays in the box."""
        started = self.start(
            lambda: ingest_jobs.start_addresses(self._backend, text or "", ocr=bool(ocr)), request
        )
        return {**started, self._parts.addresses: ""} if self._parts.timer in started else started

    def public(self, theme: str | None, request: gr.Request) -> Updates:
        """Fetch and add the curated documents."""
        return self.start(lambda: ingest_jobs.start_public(self._backend, theme or ""), request)

    def starter(self, request: gr.Request) -> Updates:
        """Add the starter library."""
        return self.start(lambda: ingest_jobs.start_starter(self._backend), request)

    def stop(self, request: gr.Request) -> Updates:
        """Cancel the additions."""
        ingest_jobs.cancel_all(self._backend)
        return self.progress(request)

    def show_document(self, request: gr.Request, event: gr.EventData) -> Updates:
        """Show the document whose title was followed."""
        document = str((event._data or {}).get("id", ""))
        return self.details(document, language_of(request.headers))

    def details(self, document: str, language: str) -> Updates:
        """Return the chosen id, the details, the four fields, and whether they are shown."""
        parts = self._parts
        workspace = self._backend.workspace()
        entry = library.entry_of(workspace, document) if workspace and document else None
        if workspace is None or entry is None:
            hint = library.note_html(word("library.choose", language), language)
            return {
                parts.document: "", parts.details: hint, parts.title: "", parts.issuer: "",
                parts.published: "", parts.form: gr.update(visible=False), parts.said: "",
            }  # fmt: skip
        html = library.details_html(
            entry,
            workspace.library.places_of(document),
            workspace.library.versions_before(document),
            workspace.library.extraction_reports([document])[document],
            language,
            kept=workspace.library.original(document) is not None,
        )
        source = entry.source
        told = self._theme_name(language)(workspace.theme_told_by_words(entry))
        themes = [(word("library.by_words", language, theme=told), "")]
        themes += [(one.named(language), one.key) for one in workspace.themes.all()]
        return {
            parts.document: document,
            parts.details: html,
            parts.title: source.title,
            parts.issuer: source.publisher,
            parts.published: source.published,
            parts.themed: gr.update(choices=themes, value=workspace.themes.key_of(source.theme)),
            parts.form: gr.update(visible=True),
            parts.said: "",
        }

    def save(
        self, document: str, title: str, publisher: str, published: str, theme: str | None,
        wanted: LibraryFilter, by: str, request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Change what the library says of a document."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None:
            return {self._parts.said: gr.skip()}
        done, said = library.edit_document(
            workspace, document, language, title=title, publisher=publisher, published=published,
            theme=theme or "",
        )  # fmt: skip
        note = {self._parts.said: library.note_html(said, language, wrong=not done)}
        return {**note, **self.refresh(wanted, by, request)} if done else note

    def remove(self, document: str, wanted: LibraryFilter, by: str, request: gr.Request) -> Updates:
        """Remove a document, with a way back."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None or not document:
            return {self._parts.said: gr.skip()}
        gone, said = library.remove_document(workspace, document, language)
        return {
            **self.details("" if gone else document, language),
            self._parts.said: library.note_html(said, language, wrong=not gone),
            self._parts.gone: gone,
            self._parts.undo: gr.update(visible=bool(gone)),
            **self.refresh(wanted, by, request),
        }

    def undo(self, gone: str, wanted: LibraryFilter, by: str, request: gr.Request) -> Updates:
        """Bring the removed document back."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        said = library.restore_document(workspace, gone, language) if workspace and gone else ""
        return {
            self._parts.said: library.note_html(said, language),
            self._parts.gone: "",
            self._parts.undo: gr.update(visible=False),
            **self.refresh(wanted, by, request),
        }

    def check(self, request: gr.Request) -> str:
        """Check packages, library, indexes and disk."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None:
            return word("library.opening", language)
        return library.findings_html(list(diagnostics(workspace)), language)

    def rebuild(self, request: gr.Request) -> str:
        """Rebuild the indexes from the library."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None:
            return word("library.opening", language)
        try:
            workspace.indexes.update(rebuild=True)
        except BriefingError as error:
            said = word("library.failed", language, reason=translated(str(error), language))
            return library.note_html(said, language, wrong=True)
        return library.note_html(word("library.rebuilt", language), language)


def plot_data(counts: Sequence[tuple[str, str, int]]) -> pd.DataFrame:
    """Return counts by quarter and theme or publisher as the plot takes them."""
    return pd.DataFrame(counts, columns=["quarter", "group", "documents"])


__all__ = ["build"]
