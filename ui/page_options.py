"""What stands above the box: engine, dates, publishers and documents, and the chips of those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui import chat_actions, page_local_models
from ui.backend import Backend
from ui.chat_actions import AskOptions
from ui.page_scripts import CHIPS, HIDE_UNSUPPORTED
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.wording import language_of, word

_CHIP_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Options:
    """The inputs, in the order in which `asked` takes their values."""

    engine: gr.Dropdown
    as_of: gr.Textbox
    since: gr.Textbox
    publishers: gr.Dropdown
    documents: gr.Dropdown

    @property
    def with_choices(self) -> list[Any]:
        """The components whose choices `choices` returns."""
        return [self.engine, self.publishers, self.documents]

    @property
    def inputs(self) -> list[Any]:
        """The components whose values `asked` takes."""
        return [self.engine, self.as_of, self.since, self.publishers, self.documents]


def ask_options(
    engine: str | None,
    as_of: str | None,
    since: str | None,
    publishers: list[str] | None,
    documents: list[str] | None,
) -> AskOptions:
    """Return what was chosen; fields of a part that was never opened come as None."""
    return AskOptions(
        engine or "", as_of or "", since or "", tuple(publishers or ()), tuple(documents or ())
    )


def choices(backend: Backend) -> tuple[Any, ...]:
    """Return the choices of engine, publishers and documents as they are now."""
    entries = backend.entries()
    return (
        gr.update(choices=[(shown, name) for shown, name in backend.engines()]),
        gr.update(choices=chat_actions.publishers_of(entries)),
        gr.update(choices=chat_actions.documents_of(entries)),
    )


def build(page: gr.Blocks, status: gr.HTML, backend: Backend) -> Options:
    """Build the fold and its chips; return the inputs. `status` is the line of who answers."""

    def shown(
        engine: str | None, as_of: str, since: str, publishers: list[str], documents: list[str],
        request: gr.Request,
    ) -> str:  # fmt: skip
        language = language_of(request.headers)
        now = ask_options(engine, as_of, since, publishers, documents)
        return rendered("page.html", "chips", language, _chips(backend, now, language))

    def dropped(
        engine: str | None, as_of: str, since: str, publishers: list[str], documents: list[str],
        event: gr.EventData,
    ) -> tuple[Any, ...]:  # fmt: skip
        data = event._data or {}
        name, which = str(data.get("drop")), str(data.get("which"))
        now = ask_options(engine, as_of, since, publishers, documents)
        return (
            None if name == "engine" else now.engine or None,
            "" if name == "as_of" else now.as_of,
            "" if name == "since" else now.since,
            [one for one in now.publishers if name != "publisher" or one != which],
            [one for one in now.documents if name != "document" or one != which],
        )

    with gr.Accordion(LABELS("chat.options"), open=False, elem_id="options"):
        with gr.Row():
            engine = gr.Dropdown(
                [], label=LABELS("chat.engine"), value=None, scale=2,
                info=LABELS("chat.engine_info"),
            )  # fmt: skip
            as_of = gr.Textbox(
                label=LABELS("chat.as_of"), placeholder="2025-06-30", max_lines=1,
                info=LABELS("chat.as_of_info"),
            )  # fmt: skip
            since = gr.Textbox(
                label=LABELS("chat.since"), placeholder="2025-01-01", max_lines=1,
                info=LABELS("chat.since_info"),
            )  # fmt: skip
        made = page_local_models.build_list()
        with gr.Row():
            publishers = gr.Dropdown(
                [], label=LABELS("chat.publishers"), multiselect=True, allow_custom_value=True
            )
            documents = gr.Dropdown(
                [], label=LABELS("chat.documents"), multiselect=True, allow_custom_value=True
            )
        hide = gr.Checkbox(label=LABELS("chat.hide"), value=False)
    page_local_models.build(page, status, backend, made, engine)
    chosen = gr.HTML("", elem_id="chips", js_on_load=CHIPS)
    options = Options(engine, as_of, since, publishers, documents)
    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    gr.on([one.change for one in options.inputs], shown, options.inputs, chosen, **quiet)
    chosen.select(dropped, options.inputs, options.inputs, **quiet)
    hide.change(None, hide, None, js=HIDE_UNSUPPORTED)
    return options


def _chips(backend: Backend, now: AskOptions, language: str) -> list[tuple[str, str, str]]:
    """Return (name, value, what is shown) of everything that bounds the next question."""
    chips = []
    if now.engine:
        to = ""
        if host := backend.host_of(now.engine):
            to = f" · {word('chat.goes', language, host=host)}"
        elif now.engine in {name for _, name in backend.engines()}:
            to = f" · {word('writers.stays', language)}"
        chips.append(("engine", now.engine, f"{word('chat.engine', language)}: {now.engine}{to}"))
    for name, value in (("as_of", now.as_of), ("since", now.since)):
        if value.strip():
            chips.append((name, value, f"{word(f'chat.{name}', language)} {value.strip()}"))
    chips += [("publisher", one, one) for one in now.publishers]
    titles = {name: title for title, name in chat_actions.documents_of(backend.entries())}
    for one in now.documents:
        title = titles.get(one, one)
        chips.append(
            (
                "document",
                one,
                title if len(title) <= _CHIP_LENGTH else title[: _CHIP_LENGTH - 1] + "…",
            )
        )
    return chips


__all__ = ["Options", "ask_options", "build", "choices"]
