"""Who answers: the panel behind the bar's second button, and the models of this machine in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr
from ui import local_models
from ui.backend import Backend
from ui.local_models import announcement_html, failure_line, line_html, list_html
from ui.notices import note_html
from ui.page_bar import Bar
from ui.page_scripts import ANNOUNCE, MODEL_BUTTONS
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.wording import language_of, word

# Seconds between two looks at what is being fetched, and at whether another window began to.
_BUSY, _IDLE = 1.0, 20.0
_NONE = "none"
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class LocalModelParts:
    """The components: those of the fold, the line below it, and who answers.

    `seen` is the state of each model as the rows show it, nothing before the fold was opened;
    `removing` the one whose removal is asked about, `followed` the one that the line told of.
    """

    fold: gr.Accordion
    rows: gr.HTML
    note: gr.HTML
    seen: gr.State
    removing: gr.State
    followed: gr.State
    line: gr.HTML
    spoken: gr.HTML
    timer: gr.Timer
    engine: gr.Dropdown
    who: gr.HTML


class LocalModelEvents:
    """What the events of the fold return; what they mean is in ui.local_models."""

    def __init__(self, backend: Backend, parts: LocalModelParts) -> None:
        self._backend = backend
        self._parts = parts

    def show_models(self, request: gr.Request) -> Updates:
        """Draw the rows when the fold is opened."""
        return {**self._rows("", language_of(request.headers)), self._parts.note: ""}

    def show_download(self, request: gr.Request) -> Updates:
        """Show what is being fetched, when the page is loaded."""
        return self._progress(language_of(request.headers), "")

    def tick(
        self, seen: list[str], removing: str, followed: str, engine: str | None,
        request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Poll what is being fetched; rows are redrawn only where something changed."""
        language = language_of(request.headers)
        drawn = self._progress(language, followed)
        if seen and local_models.states(self._backend) != seen:
            drawn |= {**self._rows(removing, language), **self._engines(engine)}
        return drawn

    def action(self, engine: str | None, request: gr.Request, event: gr.EventData) -> Updates:
        """Do what a button of a row says; what cannot be done is said below the rows."""
        language, data = language_of(request.headers), event._data or {}
        action, name = str(data.get("act")), str(data.get("name"))
        note, removing = "", name if action == "remove" else ""
        try:
            note = self._perform(action, name, language)
        except BriefingError as error:
            line = note_html(failure_line(error, language), wrong=True)
        else:
            line = note_html(note) if note else ""
        return {
            **self._rows(removing, language),
            **self._engines(engine),
            **self._progress(language, name if action in {"get", "stop"} else ""),
            self._parts.who: who_html(self._backend, engine or "", language),
            self._parts.note: line,
        }

    def _perform(self, action: str, name: str, language: str) -> str:
        """Do it, and return what is said of it."""
        backend = self._backend
        if action == "get":
            local_models.start_download(backend, name)
        elif action == "stop":
            local_models.stop_download(backend, name)
        elif action == "use":
            answering = local_models.use_model(backend, name)
            now = answering in {"", f"local:{name}"}
            key = "writers.used" if now else "writers.used_later"
            return word(key, language, name=name, engine=answering)
        elif action == "unuse":
            answering = local_models.use_model(backend, _NONE)
            return word("writers.unused", language, name=name, engine=answering or "auto")
        elif action == "drop":
            local_models.remove_model(backend, name)
            return word("writers.removed", language, name=name)
        elif action not in {"remove", "keep"}:
            raise UsageError(tr("the page has no such event; load it again"))
        return ""

    def _rows(self, removing: str, language: str) -> Updates:
        parts = self._parts
        return {
            parts.seen: local_models.states(self._backend),
            parts.rows: list_html(local_models.local_models(self._backend), removing, language),
            parts.removing: removing,
        }

    def _engines(self, engine: str | None) -> Updates:
        """Return the engines to choose from; one that is gone is chosen no more."""
        choices = list(self._backend.engines())
        gone = engine is not None and engine not in {name for _, name in choices}
        return {self._parts.engine: gr.update(choices=choices, **({"value": None} if gone else {}))}

    def _progress(self, language: str, followed: str) -> Updates:
        """Return the line; how it ended is shown to whoever followed it."""
        running = local_models.active_downloads(self._backend)
        job = running[0] if running else self._backend.downloads.find(followed)
        parts = self._parts
        return {
            parts.line: line_html(job, max(0, len(running) - 1), language),
            parts.spoken: announcement_html(job, language),
            parts.followed: job.name if job is not None else "",
            parts.timer: gr.Timer(_BUSY if running else _IDLE),
        }


def who_html(backend: Backend, engine: str, language: str) -> str:
    """Return the bar's button that says who answers and where text goes; "" is the default."""
    if backend.workspace() is None and not backend.engines():
        return ""
    name = engine or backend.default_engine()
    return rendered("bar.html", "who", language, name, backend.host_of(name))


def build(page: gr.Blocks, bar: Bar, backend: Backend) -> gr.Dropdown:
    """Build the panel; return what holds the name of the engine that was chosen."""
    with gr.Column(elem_id="engines-panel", elem_classes="popover"):
        engine = gr.Dropdown(
            [], label=LABELS("chat.engine"), value=None, info=LABELS("chat.engine_info")
        )
        with gr.Accordion(LABELS("writers.title"), open=False, elem_id="writers") as fold:
            gr.Markdown(LABELS("writers.note"), elem_classes="note")
            rows = gr.HTML("", elem_id="writers-list", js_on_load=MODEL_BUTTONS)
            note = gr.HTML("", elem_id="writers-note")
        line = gr.HTML("", elem_id="writers-line")
        spoken = gr.HTML("", elem_id="writers-spoken", js_on_load=ANNOUNCE)
    seen, removing, followed = gr.State([]), gr.State(""), gr.State("")
    timer = gr.Timer(_IDLE)
    parts = LocalModelParts(
        fold, rows, note, seen, removing, followed, line, spoken, timer, engine, bar.who
    )
    events = LocalModelEvents(backend, parts)
    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    following: list[Any] = [line, spoken, followed, timer]
    drawn: list[Any] = [rows, seen, removing]

    def who(name: str | None, request: gr.Request) -> str:
        return who_html(backend, name or "", language_of(request.headers))

    engine.change(who, engine, bar.who, **quiet)
    fold.expand(events.show_models, None, [*drawn, note], **quiet)
    rows.select(events.action, engine, [*drawn, note, *following, engine, bar.who], **quiet)
    timer.tick(
        events.tick, [seen, removing, followed, engine], [*drawn, *following, engine], **quiet
    )
    page.load(events.show_download, None, following, **quiet)
    return engine


__all__ = ["LocalModelEvents", "LocalModelParts", "build", "who_html"]
