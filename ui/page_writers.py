"""The fold "Get a local writer" above the question box, and the line of what is being fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from corpus.errors import BriefingError, UsageError
from corpus.said import said
from ui import writers
from ui.markup import note_html
from ui.markup_writers import announced, failed, line_html, list_html
from ui.page_scripts import SPOKEN, WRITERS
from ui.page_words import LABELS
from ui.place import Place
from ui.wording import language_of, word

# Seconds between two looks at what is being fetched, and at whether another window began to.
_BUSY, _IDLE = 1.0, 20.0
_NONE = "none"
Drawn = dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The components: those of the fold, the line below it, and who answers.

    `seen` is the state of each model as the rows show it, nothing before the fold was opened;
    `doubted` the one whose removal is asked about, `followed` the one that the line told of.
    """

    fold: gr.Accordion
    rows: gr.HTML
    note: gr.HTML
    seen: gr.State
    doubted: gr.State
    followed: gr.State
    line: gr.HTML
    spoken: gr.HTML
    timer: gr.Timer
    engine: gr.Dropdown
    status: gr.HTML


class WriterEvents:
    """What the events of the fold return; what they mean is in ui.writers."""

    def __init__(self, place: Place, parts: Parts) -> None:
        self._place = place
        self._parts = parts

    def opened(self, request: gr.Request) -> Drawn:
        """Draw the rows when the fold is opened."""
        return {**self._rows("", language_of(request.headers)), self._parts.note: ""}

    def looked(self, request: gr.Request) -> Drawn:
        """Show what is being fetched, when the page is loaded."""
        return self._line(language_of(request.headers), "")

    def tick(
        self, seen: list[str], doubted: str, followed: str, engine: str | None,
        request: gr.Request,
    ) -> Drawn:  # fmt: skip
        """Follow what is being fetched; rows are drawn anew only where something changed."""
        language = language_of(request.headers)
        drawn = self._line(language, followed)
        if seen and writers.states(self._place) != seen:
            drawn |= {**self._rows(doubted, language), **self._engines(engine)}
        return drawn

    def act(self, engine: str | None, request: gr.Request, event: gr.EventData) -> Drawn:
        """Do what a button of a row says; what cannot be done is said below the rows."""
        language, data = language_of(request.headers), event._data or {}
        act, name = str(data.get("act")), str(data.get("name"))
        note, doubted = "", name if act == "remove" else ""
        try:
            note = self._done(act, name, language)
        except BriefingError as error:
            line = note_html(failed(error, language), wrong=True)
        else:
            line = note_html(note) if note else ""
        return {
            **self._rows(doubted, language),
            **self._engines(engine),
            **self._line(language, name if act in {"get", "stop"} else ""),
            self._parts.status: self._place.status(language),
            self._parts.note: line,
        }

    def _done(self, act: str, name: str, language: str) -> str:
        """Do it, and return what is said of it."""
        place = self._place
        if act == "get":
            writers.begin(place, name)
        elif act == "stop":
            writers.stop(place, name)
        elif act == "use":
            answering = writers.use(place, name)
            now = answering in {"", f"local:{name}"}
            key = "writers.used" if now else "writers.used_later"
            return word(key, language, name=name, engine=answering)
        elif act == "unuse":
            answering = writers.use(place, _NONE)
            return word("writers.unused", language, name=name, engine=answering or "auto")
        elif act == "drop":
            writers.remove(place, name)
            return word("writers.removed", language, name=name)
        elif act not in {"remove", "keep"}:
            raise UsageError(said("the page has no such event; load it again"))
        return ""

    def _rows(self, doubted: str, language: str) -> Drawn:
        parts = self._parts
        return {
            parts.seen: writers.states(self._place),
            parts.rows: list_html(writers.listed(self._place), doubted, language),
            parts.doubted: doubted,
        }

    def _engines(self, engine: str | None) -> Drawn:
        """Return the engines to choose from; one that is gone is chosen no more."""
        choices = list(self._place.engines())
        gone = engine is not None and engine not in {name for _, name in choices}
        return {self._parts.engine: gr.update(choices=choices, **({"value": None} if gone else {}))}

    def _line(self, language: str, followed: str) -> Drawn:
        """Return the line; how it ended is shown to whoever followed it."""
        running = writers.working(self._place)
        job = running[0] if running else self._place.writers.find(followed)
        parts = self._parts
        return {
            parts.line: line_html(job, max(0, len(running) - 1), language),
            parts.spoken: announced(job, language),
            parts.followed: job.name if job is not None else "",
            parts.timer: gr.Timer(_BUSY if running else _IDLE),
        }


def fold() -> tuple[gr.Accordion, gr.HTML, gr.HTML]:
    """Build the fold: the models in rows, and below them what was done."""
    with gr.Accordion(LABELS("writers.title"), open=False, elem_id="writers") as made:
        gr.Markdown(LABELS("writers.note"), elem_classes="note")
        rows = gr.HTML("", elem_id="writers-list", js_on_load=WRITERS)
        note = gr.HTML("", elem_id="writers-note")
    return made, rows, note


def wire(
    page: gr.Blocks,
    status: gr.HTML,
    place: Place,
    made: tuple[gr.Accordion, gr.HTML, gr.HTML],
    engine: gr.Dropdown,
) -> None:
    """Build the line below the fold, and have the events answered."""
    line = gr.HTML("", elem_id="writers-line")
    spoken = gr.HTML("", elem_id="writers-spoken", js_on_load=SPOKEN)
    seen, doubted, followed = gr.State([]), gr.State(""), gr.State("")
    timer = gr.Timer(_IDLE)
    parts = Parts(*made, seen, doubted, followed, line, spoken, timer, engine, status)
    events = WriterEvents(place, parts)
    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    following: list[Any] = [line, spoken, followed, timer]
    drawn: list[Any] = [parts.rows, seen, doubted]
    parts.fold.expand(events.opened, None, [*drawn, parts.note], **quiet)
    parts.rows.select(
        events.act, engine,
        [*drawn, parts.note, *following, engine, status], **quiet,
    )  # fmt: skip
    timer.tick(
        events.tick, [seen, doubted, followed, engine], [*drawn, *following, engine], **quiet
    )
    page.load(events.looked, None, following, **quiet)


__all__ = ["Parts", "WriterEvents", "fold", "wire"]
