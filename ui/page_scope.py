"""Which documents are searched: the panel behind a button of the bar, and its chips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui import chat_actions
from ui.backend import Backend
from ui.chat_actions import AskOptions
from ui.page_bar import Bar
from ui.page_html import drawn
from ui.page_scripts import HIDE_UNSUPPORTED, SEND_CLICKS
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.wording import language_of, word

_CHIP_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Scope:
    """The inputs that bound a search; `since` and `as_of` are dates as typed."""

    as_of: gr.Textbox
    since: gr.Textbox
    publishers: gr.Dropdown
    documents: gr.Dropdown

    @property
    def inputs(self) -> list[Any]:
        """The components, in the order in which `ask_options` takes their values."""
        return [self.as_of, self.since, self.publishers, self.documents]


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


def choices(backend: Backend) -> list[Any]:
    """Return the choices of publishers and documents as they are now."""
    entries = backend.entries()
    return [
        gr.update(choices=chat_actions.publishers_of(entries)),
        gr.update(choices=chat_actions.documents_of(entries)),
    ]


def build(bar: Bar, backend: Backend) -> Scope:
    """Build the panel; a change of it is drawn in the bar."""
    with gr.Column(elem_id="scope-panel", elem_classes="popover"):
        gr.Markdown(LABELS("scope.title"))
        documents = gr.Dropdown(
            [], label=LABELS("chat.documents"), multiselect=True, allow_custom_value=True,
            elem_id="scope-documents",
        )  # fmt: skip
        publishers = gr.Dropdown(
            [], label=LABELS("chat.publishers"), multiselect=True, allow_custom_value=True
        )
        with gr.Row():
            since = gr.Textbox(
                label=LABELS("chat.since"), placeholder=LABELS("scope.date"), max_lines=1,
                info=LABELS("chat.since_info"), min_width=140,
            )  # fmt: skip
            as_of = gr.Textbox(
                label=LABELS("chat.as_of"), placeholder=LABELS("scope.date"), max_lines=1,
                info=LABELS("chat.as_of_info"), min_width=140,
            )  # fmt: skip
        hide = gr.Checkbox(label=LABELS("chat.hide"), value=False)
    scope = Scope(as_of, since, publishers, documents)

    def shown(as_of: str, since: str, publishers: list[str], documents: list[str],
              request: gr.Request) -> str:  # fmt: skip
        now = ask_options("", as_of, since, publishers, documents)
        return scope_html(backend, now, language_of(request.headers))

    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    gr.on([one.change for one in scope.inputs], shown, scope.inputs, bar.scope, **quiet)
    hide.change(None, hide, None, js=HIDE_UNSUPPORTED)
    return scope


def build_chips(scope: Scope, backend: Backend) -> gr.HTML:
    """Build the chips above the question box: each bound, and what takes it off."""
    quiet: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    chips = drawn("chips", js_on_load=SEND_CLICKS)

    def shown(as_of: str, since: str, publishers: list[str], documents: list[str],
              request: gr.Request) -> str:  # fmt: skip
        language = language_of(request.headers)
        now = ask_options("", as_of, since, publishers, documents)
        return rendered("page.html", "chips", language, _chips(backend, now, language))

    def dropped(as_of: str, since: str, publishers: list[str], documents: list[str],
                event: gr.EventData) -> tuple[Any, ...]:  # fmt: skip
        data = event._data or {}
        name, which = str(data.get("drop")), str(data.get("which"))
        now = ask_options("", as_of, since, publishers, documents)
        return (
            "" if name == "as_of" else now.as_of,
            "" if name == "since" else now.since,
            [one for one in now.publishers if name != "publisher" or one != which],
            [one for one in now.documents if name != "document" or one != which],
        )

    gr.on([one.change for one in scope.inputs], shown, scope.inputs, chips, **quiet)
    chips.select(dropped, scope.inputs, scope.inputs, **quiet)
    return chips


def scope_html(backend: Backend, now: AskOptions, language: str) -> str:
    """Return the bar's button that says which documents are searched."""
    entries = backend.entries()
    held = len(entries)
    if not held and not backend.opening_finished():
        return ""
    if now.documents:
        key, count = "scope.chosen", len(now.documents)
    elif now.publishers or now.as_of.strip() or now.since.strip():
        key, count = "scope.bounded", held
    else:
        key, count = "scope.one" if held == 1 else "scope.all", held
    said = word(key, language, count=f"{count:,}")
    return rendered("bar.html", "scope", language, said, key not in {"scope.one", "scope.all"})


def _chips(backend: Backend, now: AskOptions, language: str) -> list[tuple[str, str, str]]:
    """Return (name, value, what is shown) of everything that bounds the next question."""
    chips = []
    for name, value in (("as_of", now.as_of), ("since", now.since)):
        if value.strip():
            chips.append((name, value, f"{word(f'chat.{name}', language)} {value.strip()}"))
    chips += [("publisher", one, one) for one in now.publishers]
    titles = {name: title for title, name in chat_actions.documents_of(backend.entries())}
    for one in now.documents:
        title = titles.get(one, one)
        short = title if len(title) <= _CHIP_LENGTH else title[: _CHIP_LENGTH - 1] + "…"
        chips.append(("document", one, short))
    return chips


__all__ = ["Scope", "ask_options", "build", "build_chips", "choices", "scope_html"]
