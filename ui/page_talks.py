"""The part of the page that lists kept conversations and opens them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ui import handlers
from ui.handlers import Turn
from ui.room import Place
from ui.talks import Talks

# The text goes from the server into the page and from there into a file: nothing is written to
# the server's cache, where any session could fetch it.
_SAVE = """
text => {
  if (!text) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'text/markdown'}));
  link.download = 'conversation.md';
  link.click();
  URL.revokeObjectURL(link.href);
}
"""


def of(place: Place) -> Talks | None:
    """Return the kept conversations of a place once it is open."""
    kept = place.conversations()
    return Talks(kept) if kept is not None else None


def keeping(place: Place, current: str, turns: Sequence[Turn]) -> tuple[str, Any]:
    """Keep the last turn; return the conversation's id and the list with it chosen."""
    found = of(place)
    if found is None:
        return current, gr.skip()
    kept = found.kept(current, turns)
    return kept, gr.update(choices=found.choices(), value=kept or None)


def update(place: Place, search: str = "") -> Any:
    """Return the list as it is now."""
    found = of(place)
    return gr.update(choices=found.choices(search)) if found else gr.skip()


def build(place: Place, turns: gr.State, current: gr.State, chat: Any, offered: Any) -> gr.Dropdown:
    """Build the panel and return the list of conversations, which answers update."""

    def reopen(conversation: str | None) -> tuple[Any, ...]:
        found = of(place)
        if not conversation or found is None:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        again = found.turns(conversation)
        return again, handlers.messages(again), conversation, gr.update(visible=not again)

    def search(words: str) -> Any:
        return update(place, words)

    def rename(conversation: str, title: str) -> tuple[Any, str]:
        if found := of(place):
            found.rename(conversation, title)
        return update(place), ""

    def delete(conversation: str) -> tuple[Any, ...]:
        found = of(place)
        if not conversation or found is None:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip()
        found.delete(conversation)
        listed = gr.update(choices=found.choices(), value=None)
        return listed, [], [], "", gr.update(visible=True)

    def export(conversation: str) -> str:
        found = of(place)
        return found.exported(conversation) if conversation and found else ""

    private: Any = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    with gr.Accordion("Conversations", open=False, elem_id="talks"):
        words = gr.Textbox(label="Search conversations", max_lines=1)
        listed = gr.Dropdown([], label="Open a conversation", elem_id="kept", value=None)
        with gr.Row():
            title = gr.Textbox(label="New title", max_lines=1, scale=3)
            named = gr.Button("Rename", size="sm", min_width=80)
        with gr.Row():
            saved = gr.Button("Export as Markdown", size="sm")
            gone = gr.Button("Delete", size="sm", variant="stop")
        exported = gr.Textbox(elem_id="exported", show_label=False)
    listed.input(reopen, listed, [turns, chat, current, offered], **private)
    words.change(search, words, listed, **private)
    named.click(rename, [current, title], [listed, title], **private)
    gone.click(delete, current, [listed, turns, chat, current, offered], **private)
    saved.click(export, current, exported, **private).then(None, exported, None, js=_SAVE)
    return listed


__all__ = ["build", "keeping", "update"]
