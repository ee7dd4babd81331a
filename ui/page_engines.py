"""Who answers: the panel behind the bar's right button, and what its buttons do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from corpus.errors import BriefingError, UsageError
from corpus.i18n import tr
from ui import engine_panel, hosted_models, local_models
from ui.backend import Backend
from ui.engine_names import engine_title
from ui.local_models import announcement_html, failure_line, line_html
from ui.notices import note_html
from ui.page_bar import Bar
from ui.page_html import drawn
from ui.page_scripts import ANNOUNCE, ENGINE_ROWS
from ui.rendering import rendered
from ui.wording import language_of, word

# Seconds between two looks: at what is being fetched, whether the library is open, and whether
# another window chose or began something.
_BUSY, _OPENING, _IDLE = 1.0, 2.0, 8.0
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class EngineParts:
    """The components of the panel, and those of the bar that it changes.

    `seen` are the marks of what the rows show, `asked` is what is asked about in them ("act:name"),
    `followed` the model that the line told of; `engine` is who answers as the bar of this window
    says it, so that no question goes anywhere else.
    """

    rows: gr.HTML
    note: gr.HTML
    line: gr.HTML
    spoken: gr.HTML
    seen: gr.State
    asked: gr.State
    followed: gr.State
    engine: gr.State
    who: gr.HTML
    timer: gr.Timer

    @property
    def outputs(self) -> list[Any]:
        """Everything that an event may change."""
        return [self.rows, self.note, self.line, self.spoken, self.seen, self.asked, self.followed,
                self.engine, self.who, self.timer]  # fmt: skip


class EngineEvents:
    """What the events of the panel return; what they mean is in ui.engine_panel and beside it."""

    def __init__(self, backend: Backend, parts: EngineParts) -> None:
        self._backend = backend
        self._parts = parts
        # The models that each provider listed when its key was tried.
        self._listed: dict[str, Sequence[str]] = {}

    def load(self, request: gr.Request) -> Updates:
        """Draw everything, when the page is loaded."""
        language = language_of(request.headers)
        return {
            **self._rows("", "", language),
            **self._who(language),
            **self._progress(language, ""),
        }

    def tick(
        self, seen: list[str], asked: str, followed: str, engine: str, request: gr.Request
    ) -> Updates:
        """Look again; what has not changed is not drawn again."""
        language = language_of(request.headers)
        changed = self._progress(language, followed)
        if engine != self._backend.default_engine():
            changed |= self._who(language)
        if engine_panel.states(self._backend) != seen:
            changed |= self._rows(asked, "", language)
        return changed

    def action(self, seen: list[str], request: gr.Request, event: gr.EventData) -> Updates:
        """Do what a button of a row says, and say below the rows what came of it."""
        language, data = language_of(request.headers), event._data or {}
        act, name = str(data.get("act")), str(data.get("name"))
        if act == "shown":
            self._backend.find_servers()
            changed = engine_panel.states(self._backend) != seen
            return {self._parts.note: "", **(self._rows("", "", language) if changed else {})}
        asked = f"{act}:{name}" if act in {"remove", "replace", "unkey"} else ""
        try:
            said, good = self._perform(act, name, data, language)
        except BriefingError as error:
            said, good = failure_line(error, language), False
        return {
            **self._rows(asked, name, language),
            **self._who(language),
            **self._progress(language, name if act in {"get", "stop"} else ""),
            self._parts.note: note_html(said, wrong=not good) if said else "",
        }

    def _perform(
        self, act: str, name: str, data: dict[str, Any], language: str
    ) -> tuple[str, bool]:
        """Do it; return what is said of it, and whether it went well."""
        backend, value = self._backend, str(data.get("value") or "")
        if act == "use":
            return self._use(str(data.get("engine") or ""), language), True
        if act == "use-typed":
            engine = hosted_models.typed_engine(backend, name, value, self._listed)
            return self._use(engine, language), True
        if act == "get":
            local_models.start_download(backend, name)
        elif act == "stop":
            local_models.stop_download(backend, name)
        elif act == "drop":
            local_models.remove_model(backend, name)
            return word("writers.removed", language, name=name), True
        elif act == "key":
            self._listed.pop(name, None)
            return hosted_models.keep_key(backend, name, value, language), True
        elif act == "unkey-yes":
            self._listed.pop(name, None)
            return hosted_models.remove_key(backend, name, language), True
        elif act == "test":
            return hosted_models.try_key(backend, name, self._listed, language)
        elif act not in {"remove", "replace", "unkey", "keep"}:
            raise UsageError(tr("the page has no such event; load it again"))
        return "", True

    def _use(self, engine: str, language: str) -> str:
        answering = self._backend.choose_engine(engine)
        title = engine_title(engine, language)
        if answering != engine:
            now = engine_title(answering, language)
            return word("engines.used_later", language, engine=title, now=now)
        host = self._backend.host_of(answering)
        key = "engines.used_hosted" if host else "engines.used"
        return word(key, language, engine=title, host=host)

    def _rows(self, asked: str, touched: str, language: str) -> Updates:
        parts = self._parts
        html = engine_panel.panel_html(self._backend, asked, touched, self._listed, language)
        seen = engine_panel.states(self._backend)
        return {parts.rows: html, parts.seen: seen, parts.asked: asked}

    def _who(self, language: str) -> Updates:
        engine = self._backend.default_engine()
        return {
            self._parts.engine: engine,
            self._parts.who: who_html(self._backend, engine, language),
        }

    def _progress(self, language: str, followed: str) -> Updates:
        """Return the line; how it ended is shown to whoever followed it."""
        running = local_models.active_downloads(self._backend)
        job = running[0] if running else self._backend.downloads.find(followed)
        parts = self._parts
        idle = _IDLE if self._backend.opening_finished() else _OPENING
        return {
            parts.line: line_html(job, max(0, len(running) - 1), language),
            parts.spoken: announcement_html(job, language),
            parts.followed: job.name if job is not None else "",
            parts.timer: gr.Timer(_BUSY if running else idle),
        }


def who_html(backend: Backend, engine: str, language: str) -> str:
    """Return the bar's button that says who answers and where text goes; "" is the default.

    An engine that may not be asked any more is not shown: the default is.
    """
    default = backend.default_engine()
    name = engine if engine in {one for _, one in backend.engines()} else default
    if not name:
        return ""
    title = engine_title(name, language, provider=False)
    return rendered("bar.html", "who", language, title, backend.host_of(name))


def build(page: gr.Blocks, bar: Bar, backend: Backend) -> gr.State:
    """Build the panel; return what holds the name of who answers, as the bar says it."""
    with gr.Column(elem_id="engines-panel", elem_classes="popover"):
        rows = drawn("engines-list", js_on_load=ENGINE_ROWS)
        with gr.Column(elem_id="engines-foot"):
            note = drawn("engines-note", js_on_load=ANNOUNCE)
            line = drawn("engines-line")
        spoken = drawn("engines-spoken", js_on_load=ANNOUNCE, classes="out-of-sight")
    seen, asked, followed, engine = gr.State([]), gr.State(""), gr.State(""), gr.State("")
    timer = gr.Timer(_OPENING)
    parts = EngineParts(rows, note, line, spoken, seen, asked, followed, engine, bar.who, timer)
    events = EngineEvents(backend, parts)
    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    page.load(events.load, None, parts.outputs, **quiet)
    timer.tick(events.tick, [seen, asked, followed, engine], parts.outputs, **quiet)
    # Trying a key waits for a provider: other windows do not wait for it.
    rows.select(events.action, seen, parts.outputs, concurrency_limit=None, **quiet)
    return engine


__all__ = ["EngineEvents", "EngineParts", "build", "who_html"]
