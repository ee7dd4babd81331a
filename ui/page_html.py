"""Components that our own templates draw: without the styles that Gradio has for prose."""

from __future__ import annotations

from typing import Any

import gradio as gr


def drawn(elem_id: str, *, js_on_load: str = "", classes: str = "") -> gr.HTML:
    """Return an empty component for HTML of ours; `js_on_load` runs once, with `element`."""
    return gr.HTML(
        "", elem_id=elem_id, elem_classes=classes or None, js_on_load=js_on_load or None,
        apply_default_css=False,
    )  # fmt: skip


def hidden_text(elem_id: str) -> Any:
    """Return a text that is in the page and takes no room: what a script reads or fills."""
    return gr.Textbox(elem_id=elem_id, show_label=False, visible="hidden")


__all__ = ["drawn", "hidden_text"]
