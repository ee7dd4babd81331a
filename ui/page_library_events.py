"""What the events of the library page do, over one backend, and the components that they draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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

    `gone` are the documents that were removed last, `seen` the generation of the library that is
    shown; the last three are the scope's.
    """

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
        return [self.table, self.line, self.pager, self.back, self.on, self.axis]

    @property
    def drawn(self) -> list[Any]:
        """What a change of the library draws besides."""
        return [self.seen, self.publisher, self.theme, self.kind, self.state,
                self.scope_publishers, self.scope_documents, self.scope]  # fmt: skip


@dataclass(slots=True, eq=False)
class Newest:
    """What a window wants by now: also an event that was begun before sees it, and draws no older.

    `wanted` is the filter, `current` the document that is read ("" for none), `chosen` those that
    are selected; the numbers count what was opened and ticked.
    """

    wanted: LibraryFilter = field(default_factory=LibraryFilter)
    current: str = ""
    chosen: tuple[str, ...] = ()
    opened: int = 0
    ticked: int = 0

    def open(self, document: str) -> int:
        """Note which document is read from now on; return the number of it."""
        self.current = document
        self.opened += 1
        return self.opened


@dataclass(frozen=True, slots=True)
class Session:
    """What a window has on the page: the values of its inputs, in that order."""

    newest: Newest
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
        """Return the table, the line over it, its pager and the axis; nothing once out of date."""
        parts, workspace, wanted = self._parts, self._backend.workspace(), session.newest.wanted
        if workspace is None:
            said = word("library.opening", language)
            opening = rendered("library.html", "line", language, said, False, False)
            return {parts.line: opening}
        order = [one.key for one in workspace.themes.all()]
        found = library.searched(workspace, entries, wanted.search)
        view = library.library_view(entries, wanted, found.inside, self._theme_name(language))
        view = library.with_hits(view, workspace, wanted.search, found.inside)
        accounts = workspace.library.extraction_reports([one.id for one in view.entries])
        name = self._theme_name(language)
        shown = timeline(
            library.without_span(entries, wanted, found.inside), order, name, wanted, language
        )
        more = len(view.entries) < view.count
        table = table_html(
            view, accounts, wanted, lambda key: (name(key), colour_of(key, order)), language,
            session.newest.current,
        )  # fmt: skip
        said = view.line(language, anything=bool(entries))
        if said and view.count and found.partly:
            said = f"{found.line(language)} {said}"
        if session.newest.wanted is not wanted:
            return {parts.line: gr.skip()}
        bounded = bool(entries) and not view.count and wanted.bounded
        return {
            parts.table: table,
            parts.line: rendered("library.html", "line", language, said, not entries, bounded),
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
        wanted = Session(*values).newest.wanted
        asked = LibraryFilter(search or "", publisher or "", kind or "", theme or "",
                              (since or "").strip(), (until or "").strip(),
                              wanted.sort, wanted.down)  # fmt: skip
        if asked == wanted:
            return {self._parts.line: gr.skip()}
        return self.filtered(asked, request, *values)

    def without_filters(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Clear every filter but the words that are searched for."""
        parts, wanted = self._parts, Session(*values).newest.wanted
        if (event._data or {}).get("act") != "unbounded":
            return {parts.line: gr.skip()}
        asked = LibraryFilter(wanted.search, sort=wanted.sort, down=wanted.down)
        cleared = (parts.publisher, parts.theme, parts.kind, parts.since, parts.until)
        return {**self.filtered(asked, request, *values), **dict.fromkeys(cleared, "")}

    def follow_axis(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Bound the table to a period or a theme of the axis; pressed again it is not bounded."""
        parts, data, wanted = self._parts, event._data or {}, Session(*values).newest.wanted
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
        return self.filtered(
            library.turn_page(Session(*values).newest.wanted, -1), request, *values
        )

    def next_page(self, request: gr.Request, *values: Any) -> Updates:
        """Turn the table a page on."""
        return self.filtered(library.turn_page(Session(*values).newest.wanted, 1), request, *values)

    def filtered(self, wanted: LibraryFilter, request: gr.Request, *values: Any) -> Updates:
        """Return the table for a filter."""
        session = Session(*values)
        session.newest.wanted = wanted
        return self._table(self._themed(), session, language_of(request.headers))

    def table_action(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Sort by a column, open a document, or take in which are selected."""
        data, language, newest = (
            event._data or {},
            language_of(request.headers),
            Session(*values).newest,
        )
        if data.get("act") == "sort":
            asked = newest.wanted.sorted_by(str(data.get("column")))
            return self.filtered(asked, request, *values)
        if data.get("act") == "chosen":
            if (ticked := _number(data.get("ticked"))) < newest.ticked:
                return {self._parts.selection: gr.skip()}
            newest.ticked, newest.chosen = ticked, tuple(str(data.get("ids") or "").split())
            return self._selection(newest.chosen, language)
        at = (_number(data.get("start")), _number(data.get("end")))
        document = str(data.get("id"))
        opened = newest.open(document)
        shown, drawn = self._documents.open(document, language, at if at[1] else None)
        if newest.opened != opened:
            return {self._parts.selection: gr.skip()}
        if not shown:
            newest.open("")
        return drawn

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
        workspace, state = self._backend.workspace(), ""
        # Before the documents: one that comes in meanwhile is drawn with the next look.
        seen = workspace.library.generation if workspace is not None else session.seen
        entries = self._themed()
        if workspace is not None and not self._backend.signs_in:
            # What everyone's documents take is no business of one.
            state = storage_html(
                entries, storage(workspace), behind=workspace.indexes.is_behind(), language=language
            )
        asked = page_scope.ask_options(
            "", session.as_of, session.since, session.publishers, session.documents
        )
        return {
            **self._table(entries, session, language),
            parts.seen: seen,
            **self._choices(entries, session.newest.wanted, language),
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

    def questions(self, newest: Newest, request: gr.Request) -> Updates:
        """Add the questions that the open document answers, unless another is opened meanwhile."""
        opened, language = newest.opened, language_of(request.headers)
        drawn = self._documents.with_questions(newest.current, language)
        return drawn if newest.opened == opened else {self._reading.questions: gr.skip()}

    def document_action(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Ask about the document that a button names, correct it, or remove it."""
        session, data = Session(*values), event._data or {}
        act, document = data.get("act"), str(data.get("id") or "")
        if act in {"ask", "question"} and document:
            return self._asked_about([document])
        # The fields are those of the document that was opened last.
        if act == "edit" and document == session.newest.current:
            return {self._reading.form: gr.update(visible=True), self._parts.said: ""}
        if act == "remove" and document:
            return self._without([document], session, request)
        return {self._parts.gone: gr.skip()}

    def selection_action(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Ask about the documents that are selected, give them a theme, or remove them."""
        session, data, workspace = Session(*values), event._data or {}, self._backend.workspace()
        act, language, chosen = data.get("act"), language_of(request.headers), session.newest.chosen
        if act == "ask":
            return self._asked_about(chosen)
        if act == "none":
            session.newest.chosen = ()
            return self._selection((), language)
        if workspace is None or not chosen:
            return {self._parts.gone: gr.skip()}
        if act == "give":
            theme = str(data.get("theme") or "")
            done, said = library.give_theme(workspace, chosen, theme, language)
            return {
                self._parts.said: note_html(said, language, wrong=not done),
                **self._refreshed(session, request),
            }
        if act == "remove":
            return self._without(chosen, session, request)
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
        if not gone:
            # What was removed before can still be brought back.
            undo = bool(session.gone)
            return {parts.said: note_html(said, language, wrong=True, undo=undo)}
        newest = session.newest
        newest.chosen = tuple(one for one in newest.chosen if one not in gone)
        closed = {}
        if newest.current in gone:
            newest.open("")
            closed = self._documents.nothing(language)
        return {
            **closed,
            **self._refreshed(session, request),
            **self._selection(newest.chosen, language),
            parts.said: note_html(said, language, undo=True),
            parts.gone: gone,
        }

    def undo(self, request: gr.Request, event: gr.EventData, *values: Any) -> Updates:
        """Bring the removed documents back."""
        session, workspace = Session(*values), self._backend.workspace()
        if workspace is None or not session.gone or (event._data or {}).get("act") != "undo":
            return {self._parts.gone: gr.skip()}
        language = language_of(request.headers)
        done, said = library.restore_documents(workspace, session.gone, language)
        return {
            self._parts.said: note_html(said, language, wrong=not done, undo=not done),
            # What could not be done can be tried again.
            self._parts.gone: () if done else session.gone,
            **self._refreshed(session, request),
        }

    def save(
        self, request: gr.Request, document: str, title: str, publisher: str, published: str,
        theme: str | None, *values: Any,
    ) -> Updates:  # fmt: skip
        """Change what the library says of the document whose fields these are."""
        session, language = Session(*values), language_of(request.headers)
        done, drawn = self._documents.save(
            document, language, title=title, publisher=publisher, published=published,
            theme=theme or "",
        )  # fmt: skip
        if not done:
            return drawn
        said = note_html(word("library.saved", language), language, passing=True)
        over = drawn if session.newest.current == document else {}
        return {**over, self._parts.said: said, **self._refreshed(session, request)}

    def check(self, request: gr.Request) -> str:
        """Check packages, library, indexes and disk."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None:
            return word("library.opening", language)
        if self._backend.signs_in:
            return note_html(word("library.by_command", language), language, wrong=True)
        return findings_html(list(diagnostics(workspace)), language)

    def rebuild(self, request: gr.Request) -> str:
        """Rebuild the indexes from the library."""
        language, workspace = language_of(request.headers), self._backend.workspace()
        if workspace is None:
            return word("library.opening", language)
        if self._backend.signs_in:
            return note_html(word("library.by_command", language), language, wrong=True)
        try:
            workspace.indexes.update(rebuild=True)
        except BriefingError as error:
            said = word("library.failed", language, reason=translated(str(error), language))
            return note_html(said, language, wrong=True)
        return note_html(word("library.rebuilt", language), language)


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


__all__ = ["LibraryEvents", "LibraryParts", "Newest"]
