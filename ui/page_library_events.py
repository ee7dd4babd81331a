"""What the events of the library page do, over one backend, and the components that they draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from assistant.diagnostics import diagnostics, storage
from corpus.catalogue import Entry
from corpus.errors import BriefingError
from ui import library, page_scope
from ui.backend import Backend
from ui.chat_actions import documents_of, publishers_of
from ui.library import LibraryFilter
from ui.library_timeline import colour_of, timeline, timeline_html
from ui.library_view import (
    findings_html,
    note_html,
    selection_html,
    storage_html,
    table_html,
)
from ui.page_adding import Adding
from ui.page_document import DocumentParts, Documents
from ui.rendering import rendered
from ui.translation import translated
from ui.wording import language_of, word

Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class LibraryParts:
    """The components that events draw.

    `wanted` is the filter, `chosen` the documents that are selected, `gone` those that were removed
    last, `seen` the generation of the library that is shown; the last three are the scope's.
    """

    wanted: gr.State
    chosen: gr.State
    gone: gr.State
    seen: gr.State
    table: gr.HTML
    line: gr.HTML
    pager: gr.Row
    back: gr.Button
    on: gr.Button
    selection: gr.HTML
    axis: gr.HTML
    said: gr.HTML
    publisher: gr.Dropdown
    theme: gr.Dropdown
    kind: gr.Dropdown
    since: gr.Textbox
    until: gr.Textbox
    state: gr.HTML
    scope_publishers: gr.Dropdown
    scope_documents: gr.Dropdown
    scope: gr.HTML

    @property
    def listed(self) -> list[Any]:
        """What a filter draws."""
        return [self.wanted, self.table, self.line, self.pager, self.back, self.on, self.axis]

    @property
    def drawn(self) -> list[Any]:
        """What a change of the library draws besides."""
        return [self.seen, self.publisher, self.theme, self.kind, self.state,
                self.scope_publishers, self.scope_documents, self.scope]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """What a window has on the page: the values of `LibraryParts.session`, in that order."""

    wanted: LibraryFilter
    chosen: Sequence[str]
    current: str
    gone: Sequence[str]
    seen: int
    put_away: str
    as_of: str
    since: str
    publishers: list[str]
    documents: list[str]


class LibraryEvents:
    """The handlers of the page; each takes what its window has on it: a `Session`."""

    def __init__(
        self, backend: Backend, parts: LibraryParts, reading: DocumentParts, documents: Documents,
        adding: Adding,
    ) -> None:  # fmt: skip
        self._backend = backend
        self._parts = parts
        self._reading = reading
        self._documents = documents
        self._adding = adding

    # ------------------------------------------------------------------ the table

    def _table(self, entries: Sequence[Entry], session: Session, language: str) -> Updates:
        """Return filter, table, the line over it, its pager and the axis."""
        parts, workspace, wanted = self._parts, self._backend.workspace(), session.wanted
        if workspace is None:
            said = word("library.opening", language)
            opening = rendered("library.html", "line", language, said, False)
            return {parts.wanted: wanted, parts.line: opening}
        order = [one.key for one in workspace.themes.all()]
        inside = library.found_inside(workspace, wanted.search)
        view = library.library_view(entries, wanted, inside, self._theme_name(language))
        view = library.with_hits(view, workspace, wanted.search, inside)
        accounts = workspace.library.extraction_reports([one.id for one in view.entries])
        name = self._theme_name(language)
        shown = timeline(
            library.without_span(entries, wanted, inside), order, name, wanted, language
        )
        more = len(view.entries) < view.count
        return {
            parts.wanted: wanted,
            parts.table: table_html(
                view, accounts, wanted, lambda key: (name(key), colour_of(key, order)), language,
                session.current,
            ),
            parts.line: rendered("library.html", "line", language,
                                 view.line(language, anything=bool(entries)), not entries),
            parts.pager: gr.update(visible=more),
            # Only those that lead somewhere work.
            parts.back: gr.update(interactive=view.first > 0),
            parts.on: gr.update(interactive=view.first + len(view.entries) < view.count),
            parts.axis: timeline_html(shown, language),
        }  # fmt: skip

    def _themed(self) -> Sequence[Entry]:
        """Return the documents with their themes."""
        workspace, entries = self._backend.workspace(), self._backend.entries()
        return workspace.with_themes(entries) if workspace else entries

    def _theme_name(self, language: str) -> Any:
        """Return what says how a theme is called; "" and NO_THEME are none."""
        workspace, none = self._backend.workspace(), word("library.no_theme", language)
        unnamed = ("", library.NO_THEME)
        return lambda key: (
            none if workspace is None or key in unnamed else workspace.themes.named(key, language)
        )

    def filter_table(
        self, request: gr.Request, search: str | None, publisher: str | None, theme: str | None,
        kind: str | None, since: str | None, until: str | None, *values: Any,
    ) -> Updates:  # fmt: skip
        """Filter the table."""
        wanted = Session(*values).wanted
        asked = LibraryFilter(search or "", publisher or "", kind or "", theme or "",
                              (since or "").strip(), (until or "").strip(),
                              wanted.sort, wanted.down)  # fmt: skip
        if asked == wanted:
            return {self._parts.wanted: gr.skip()}
        return self.filtered(asked, request, *values)

    def follow_axis(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Bound the table to a period or a theme of the axis; pressed again it is not bounded."""
        parts, data, wanted = self._parts, event._data or {}, Session(*values).wanted
        theme = str(data.get("theme") or "")
        span = (str(data.get("since") or ""), str(data.get("until") or ""))
        if data.get("act") == "theme":
            asked = replace(wanted, theme="" if wanted.theme == theme else theme)
        elif (wanted.since, wanted.until) == span and wanted.theme == (theme or wanted.theme):
            asked = replace(wanted, since="", until="", theme="" if theme else wanted.theme)
        else:
            asked = replace(wanted, since=span[0], until=span[1], theme=theme or wanted.theme)
        return {
            **self.filtered(replace(asked, page=0), request, *values),
            parts.since: asked.since,
            parts.until: asked.until,
            parts.theme: asked.theme,
        }

    def previous_page(self, request: gr.Request, *values: Any) -> Updates:
        """Turn the table a page back."""
        return self.filtered(library.turn_page(Session(*values).wanted, -1), request, *values)

    def next_page(self, request: gr.Request, *values: Any) -> Updates:
        """Turn the table a page on."""
        return self.filtered(library.turn_page(Session(*values).wanted, 1), request, *values)

    def filtered(self, wanted: LibraryFilter, request: gr.Request, *values: Any) -> Updates:
        """Return the table for a filter."""
        session = replace(Session(*values), wanted=wanted)
        return self._table(self._themed(), session, language_of(request.headers))

    def table_action(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Sort by a column, open a document, or take in which are selected."""
        data, language = event._data or {}, language_of(request.headers)
        if data.get("act") == "sort":
            asked = Session(*values).wanted.sorted_by(str(data.get("column")))
            return self.filtered(asked, request, *values)
        if data.get("act") == "chosen":
            ids = tuple(str(data.get("ids") or "").split())
            return {self._parts.chosen: ids, **self._selection(ids, language)}
        at = (_number(data.get("start")), _number(data.get("end")))
        return self._documents.open(str(data.get("id")), language, at if at[1] else None)

    def _selection(self, chosen: Sequence[str], language: str) -> Updates:
        workspace = self._backend.workspace()
        themes = [(word("library.by_their_words", language), "")]
        themes += (
            [(one.named(language), one.key) for one in workspace.themes.all()] if workspace else []
        )
        return {self._parts.selection: selection_html(len(chosen), themes, language)}

    # ------------------------------------------------------------------ the whole page

    def refresh(self, request: gr.Request, *values: Any) -> Updates:
        """Return all that changes when the library does."""
        return self._refreshed(Session(*values), request)

    def _refreshed(self, session: Session, request: gr.Request) -> Updates:
        parts, language = self._parts, language_of(request.headers)
        entries, workspace = self._themed(), self._backend.workspace()
        state, seen = "", session.seen
        if workspace is not None:
            seen = workspace.library.generation
            state = storage_html(
                entries, storage(workspace), behind=workspace.indexes.is_behind(), language=language
            )
        asked = page_scope.ask_options(
            "", session.as_of, session.since, session.publishers, session.documents
        )
        return {
            **self._table(entries, session, language),
            parts.seen: seen,
            **self._choices(entries, session.wanted, language),
            parts.state: state,
            parts.scope_publishers: gr.update(choices=publishers_of(entries)),
            parts.scope_documents: gr.update(choices=documents_of(entries)),
            parts.scope: page_scope.scope_html(self._backend, asked, language),
            **self._adding.progress(session.put_away, request),
        }

    def _choices(self, entries: Sequence[Entry], wanted: LibraryFilter, language: str) -> Updates:
        """Return what can be chosen to filter; what is chosen can be, also when it has gone."""
        parts, name = self._parts, self._theme_name(language)
        kinds = sorted({wanted.kind, *(one.source.kind for one in entries)} - {""})
        publishers = sorted({wanted.publisher, *publishers_of(entries)} - {""})
        held = {wanted.theme, *(one.source.theme or library.NO_THEME for one in entries)} - {""}
        themes = sorted((name(one), one) for one in held)
        return {
            parts.publisher: gr.update(choices=[(word("library.any", language), ""), *publishers]),
            parts.theme: gr.update(choices=[(word("library.any", language), ""), *themes]),
            parts.kind: gr.update(choices=[(word("library.any", language), ""), *kinds]),
        }

    def tick(self, request: gr.Request, *values: Any) -> Updates:
        """Follow the additions; when the library has changed, show all that changed with it."""
        session, workspace = Session(*values), self._backend.workspace()
        if workspace is not None and workspace.library.generation != session.seen:
            return self._refreshed(session, request)
        return self._adding.progress(session.put_away, request)

    # ------------------------------------------------------------------ one document, or several

    def no_document(self, request: gr.Request) -> Updates:
        """Return the pane before a document is chosen."""
        return self._documents.nothing(language_of(request.headers))

    def questions(self, current: str, request: gr.Request) -> Updates:
        """Add the questions that a document answers to what stands over it."""
        return self._documents.with_questions(current, language_of(request.headers))

    def document_action(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Ask about the document that is read, correct it, or remove it."""
        session, act = Session(*values), (event._data or {}).get("act")
        if act in {"ask", "question"}:
            return self._asked_about([session.current])
        if act == "edit":
            return {self._reading.form: gr.update(visible=True)}
        if act == "remove" and session.current:
            return self._without([session.current], session, request)
        return {self._parts.gone: gr.skip()}

    def selection_action(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Ask about the documents that are selected, give them a theme, or remove them."""
        session, data, workspace = Session(*values), event._data or {}, self._backend.workspace()
        act, language = data.get("act"), language_of(request.headers)
        if act == "ask":
            return self._asked_about(session.chosen)
        if act == "none":
            return {self._parts.chosen: (), **self._selection((), language)}
        if workspace is None or not session.chosen:
            return {self._parts.gone: gr.skip()}
        if act == "give":
            theme = str(data.get("theme") or "")
            done, said = library.give_theme(workspace, session.chosen, theme, language)
            return {
                self._parts.said: note_html(said, language, wrong=not done),
                **self._refreshed(session, request),
            }
        if act == "remove":
            return self._without(session.chosen, session, request)
        return {self._parts.gone: gr.skip()}

    def _asked_about(self, documents: Sequence[str]) -> Updates:
        """Return the scope set to some documents."""
        choices = documents_of(self._backend.entries())
        return {self._parts.scope_documents: gr.update(choices=choices, value=list(documents))}

    def _without(self, documents: Sequence[str], session: Session, request: gr.Request) -> Updates:
        """Remove documents, with a way back."""
        parts, workspace = self._parts, self._backend.workspace()
        language = language_of(request.headers)
        if workspace is None:
            return {parts.gone: gr.skip()}
        gone, said = library.remove_documents(workspace, documents, language)
        # The page lets go of what was selected when that is what was removed.
        left = () if documents is session.chosen else tuple(session.chosen)
        closed = self._documents.nothing(language) if session.current in gone else {}
        current = "" if closed else session.current
        return {
            **closed,
            **self._refreshed(replace(session, chosen=left, current=current), request),
            **self._selection(left, language),
            parts.chosen: left,
            parts.said: note_html(said, language, wrong=not gone, undo=bool(gone)),
            parts.gone: gone,
        }

    def undo(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Bring the removed documents back."""
        session, workspace = Session(*values), self._backend.workspace()
        if workspace is None or not session.gone or (event._data or {}).get("act") != "undo":
            return {self._parts.gone: gr.skip()}
        language = language_of(request.headers)
        said = library.restore_documents(workspace, session.gone, language)
        return {
            self._parts.said: note_html(said, language),
            self._parts.gone: (),
            **self._refreshed(session, request),
        }

    def save(
        self, request: gr.Request, title: str, publisher: str, published: str, theme: str | None,
        *values: Any,
    ) -> Updates:  # fmt: skip
        """Change what the library says of the document that is read."""
        session, language = Session(*values), language_of(request.headers)
        done, drawn = self._documents.save(
            session.current, language, title=title, publisher=publisher, published=published,
            theme=theme or "",
        )  # fmt: skip
        if not done:
            return drawn
        said = note_html(word("library.saved", language), language)
        return {**drawn, self._parts.said: said, **self._refreshed(session, request)}

    def check(self, request: gr.Request) -> str:
        """Check packages, library, indexes and disk."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None:
            return word("library.opening", language)
        return findings_html(list(diagnostics(workspace)), language)

    def rebuild(self, request: gr.Request) -> str:
        """Rebuild the indexes from the library."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None:
            return word("library.opening", language)
        try:
            workspace.indexes.update(rebuild=True)
        except BriefingError as error:
            said = word("library.failed", language, reason=translated(str(error), language))
            return note_html(said, language, wrong=True)
        return note_html(word("library.rebuilt", language), language)


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


__all__ = ["LibraryEvents", "LibraryParts"]
