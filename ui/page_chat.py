"""The chat page: components and which handler answers which event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from ui import handlers, page_source
from ui import page_talks as talks
from ui.handlers import Turn
from ui.room import Place
from ui.source import empty_html

# One question may run for each of two cores; the rest wait in line, up to the queue's limit.
_AT_ONCE = 2

_HIDE = "hidden => { document.body.classList.toggle('hide-unsupported', hidden); }"

_PLACEHOLDER = (
    '<div class="placeholder">Ask about the documents in the library. Every sentence of an answer '
    "shows the passage it rests on, and the library says so when it does not answer.</div>"
)


def build(page: gr.Blocks, place: Place, examples: Sequence[str]) -> None:
    """Build the chat inside `page`; every session keeps its turns in a state of its own."""

    def ask(
        text: str, turns: list[Turn], publishers: list[str] | None, as_of: str, current: str
    ) -> Iterator[tuple[Any, ...]]:
        now = turns
        for now in handlers.asking(
            place, text, turns, publishers=publishers or (), as_of=as_of or ""
        ):
            yield now, handlers.messages(now), "", gr.update(visible=False), current, gr.skip()
        kept, listed = talks.keeping(place, current, now)
        yield now, handlers.messages(now), "", gr.update(visible=False), kept, listed

    def stop(turns: list[Turn]) -> tuple[Any, ...]:
        now = handlers.stopped(turns)
        return now, handlers.messages(now)

    def clear() -> tuple[Any, ...]:
        return [], [], empty_html("en"), gr.update(visible=True), "", None

    def look() -> tuple[Any, ...]:
        entries = place.entries()
        return (
            gr.update(choices=handlers.publishers_of(entries)),
            handlers.library_rows(entries),
            # Once the library is open nothing changes by itself, and a filter that is being chosen
            # must not be redrawn.
            gr.Timer(active=not place.settled()),
            talks.update(place),
        )

    turns = gr.State([])
    current = gr.State("")
    with gr.Row(elem_id="columns"):
        with gr.Column(scale=3, min_width=320):
            chat = gr.Chatbot(
                elem_id="chat",
                show_label=False,
                height="44vh",
                layout="panel",
                buttons=[],
                feedback_options=None,
                allow_tags=False,
                latex_delimiters=[],
                placeholder=_PLACEHOLDER,
            )
            with gr.Column(elem_id="examples", visible=True) as offered:
                buttons = [gr.Button(one, size="sm", variant="secondary") for one in examples]
            with gr.Row():
                text = gr.Textbox(
                    elem_id="question",
                    label="Your question",
                    placeholder="Type a question and press Enter",
                    lines=1,
                    max_lines=6,
                    autofocus=True,
                    scale=6,
                )
                send = gr.Button("Ask", variant="primary", scale=1, min_width=90)
            with gr.Row():
                halt = gr.Button("Stop", size="sm")
                anew = gr.Button("New conversation", size="sm")
            hide = gr.Checkbox(label="Hide sentences that no passage supports", value=False)
            listed = talks.build(place, turns, current, chat, offered)
            with gr.Accordion("Which documents may answer", open=False):
                publishers = gr.Dropdown([], label="Publishers", multiselect=True)
                as_of = gr.Textbox(
                    label="As of (only what was published by this date)",
                    placeholder="2025-06-30",
                    max_lines=1,
                )
            with gr.Accordion("Library", open=False):
                table = gr.Dataframe(
                    headers=["Title", "Publisher", "Published", "Passages"],
                    interactive=False,
                    wrap=True,
                    elem_id="library",
                )
        with gr.Column(scale=2, min_width=320):
            panel = page_source.build(
                page, place, elem_id="source", state=turns, find=handlers.pinned, links="a.cite"
            )

    private: Any = {"api_visibility": "private"}
    asked_from = [text, turns, publishers, as_of, current]
    shown = [turns, chat, text, offered, current, listed]
    running = [
        gr.on([text.submit, send.click], ask, asked_from, shown,
              concurrency_limit=_AT_ONCE, concurrency_id="ask", **private)
    ]  # fmt: skip
    for button in buttons:
        running.append(
            button.click(ask, [button, *asked_from[1:]], shown,
                         concurrency_limit=_AT_ONCE, concurrency_id="ask", **private)
        )  # fmt: skip
    # Only once the answer is cancelled: its last piece must not be drawn over what Stop says.
    halt.click(lambda: None, None, None, cancels=running, queue=False, **private).then(
        stop, turns, [turns, chat], queue=False, **private
    )
    anew.click(
        clear, None, [turns, chat, panel, offered, current, listed], cancels=running,
        queue=False, **private,
    )  # fmt: skip
    hide.change(None, hide, None, js=_HIDE)
    # While the library opens the line under the title tells how far it is.
    timer = gr.Timer(2.0)
    seen = [publishers, table, timer, listed]
    page.load(look, None, seen, queue=False, **private)
    timer.tick(look, None, seen, queue=False, show_progress="hidden", **private)


__all__ = ["build"]
