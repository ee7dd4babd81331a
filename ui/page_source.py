"""The source panel on the page: it follows marks and places, turns pages and reads on.

Any link to "#at-<document>-<start>-<end>" (ui.source.address_of) in the same tab opens that place
of the library in the panel, be it in text or in a picture: "0-0" is the document from its
beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from corpus.table import Span
from ui.backend import Backend
from ui.page_html import drawn
from ui.source import AT_THE_QUOTE, SelectedCitation, View, empty_html
from ui.wording import language_of

Find = Callable[[Any, Any, Any], SelectedCitation | None]
First = Callable[[Any], SelectedCitation | None]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a panel shows and how; `before` is what it showed when a place in it was opened."""

    selected: SelectedCitation
    view: View = AT_THE_QUOTE
    before: Opened | None = None


@dataclass(slots=True, eq=False)
class Acts:
    """What a session did in a panel: how many acts were begun, and how many go on."""

    begun: int = 0
    going_on: int = 0


class SourcePanel:
    """A panel: its component, and `kept`, the state in which a session keeps what it shows."""

    def __init__(
        self, backend: Backend, panel: gr.HTML, kept: gr.State, acts: gr.State, find: Find | None,
        first: First | None,
    ) -> None:  # fmt: skip
        """`acts` is the state that says whether the reader opened something meanwhile."""
        self._backend = backend
        self._find = find
        self._first = first
        self.panel = panel
        self.kept = kept
        self.acts = acts

    def drawn(self, opened: Opened | None, language: str) -> tuple[Any, Opened | None]:
        """Return what the panel and its state become."""
        sources = self._backend.sources()
        if opened is None or sources is None:
            return empty_html(language), None
        before = opened.before.selected if opened.before else None
        back = (before.label or str(before.citation.number or "")) if before else ""
        html = sources.html(opened.selected, opened.view, language, back)
        return html, opened

    def open_first(
        self, value: Any, kept: Opened | None, acts: Acts, request: gr.Request
    ) -> tuple[Any, Any]:
        """Open what `first` names, unless the reader has opened something himself."""
        selected = self._first(value) if self._first and kept is None else None
        if selected is None:
            return gr.skip(), gr.skip()
        return self._unless_overtaken(Opened(selected), acts, request)

    def act(
        self, value: Any, kept: Opened | None, acts: Acts, request: gr.Request,
        event: gr.EventData,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Do what a mark, a place or a button of the panel says."""
        data, language = event._data or {}, language_of(request.headers)
        if data.get("act") == "beside":
            # The panel asks by itself whether it is known by now what else says so.
            sources = self._backend.sources()
            if kept is None or sources is None or not sources.compared(kept.selected):
                return gr.skip(), gr.skip()
            return self._unless_overtaken(kept, acts, request)
        acts.begun += 1
        acts.going_on += 1
        try:
            return self.drawn(self._after(value, kept, data), language)
        finally:
            acts.going_on -= 1

    def _unless_overtaken(self, opened: Opened, acts: Acts, request: gr.Request) -> tuple[Any, Any]:
        """Draw what the reader did not ask for, unless he opens something meanwhile."""
        begun = acts.begun
        drawn = self.drawn(opened, language_of(request.headers))
        return (gr.skip(), gr.skip()) if acts.going_on or acts.begun != begun else drawn

    def _after(self, value: Any, kept: Opened | None, data: dict[str, Any]) -> Opened | None:
        act = str(data.get("act"))
        if act == "cite":
            selected = (
                self._find(value, data.get("turn"), data.get("number")) if self._find else None
            )
            return Opened(selected) if selected else None
        if act == "at":
            place = [_number(data.get(name)) for name in ("start", "end")]
            selected = selected_place(self._backend, str(data.get("document")), *place)
            # The way back from a place is to the source that it was opened from.
            before = (kept.before or kept) if kept and data.get("inside") else None
            return Opened(selected, before=before) if selected else kept
        sources = self._backend.sources()
        if kept is None or sources is None:
            return None
        if act == "back":
            return kept.before or kept
        if act in {"up", "down"}:
            view = View(zoom=kept.view.zoom, as_text=kept.view.as_text)
            return Opened(kept.selected.step(-1 if act == "up" else 1), view, kept.before)
        view = sources.view(kept.selected, kept.view, act, _number(data.get("at")))
        return replace(kept, view=view)


def build(
    page: gr.Blocks, backend: Backend, *, elem_id: str, state: gr.State | None = None,
    find: Find | None = None, first: First | None = None, links: str = "",
) -> SourcePanel:  # fmt: skip
    """Build the panel inside `page`.

    `find(state, turn, number)` returns what a mark points to; `links` is the CSS selector of
    marks, whose address is "#<name>-<turn>-<number>" ("#<name>-<number>" leaves number None).
    `first(state)` is what `open_first` opens. Without them the panel reads documents only.
    """

    def empty(request: gr.Request) -> str:
        return empty_html(language_of(request.headers))

    kept, acts = gr.State(None), gr.State(Acts())
    component = drawn(
        elem_id, classes="panel", js_on_load=f"followSources(element, trigger, {links!r});"
    )
    panel = SourcePanel(backend, component, kept, acts, find, first)
    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    # The script sends one click after the other; Gradio would drop a second one.
    component.select(
        panel.act, [state or gr.State(None), kept, acts], [component, kept],
        trigger_mode="multiple", **quiet,
    )  # fmt: skip
    page.load(empty, None, component, **quiet)
    return panel


def selected_place(
    backend: Backend, document: str, start: int, end: int
) -> SelectedCitation | None:
    """Return a place of the library that no citation names; None where there is none."""
    sources = backend.sources()
    return sources.place(document, start, end) if sources else None


def document_html(backend: Backend, document: str, language: str, at: Span | None = None) -> str:
    """Return a whole document as the panel shows it; what its buttons do needs a panel."""
    sources = backend.sources()
    return sources.document_html(document, language, at) if sources else empty_html(language)


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 10 else 0


__all__ = ["Opened", "SourcePanel", "build", "document_html", "selected_place"]
