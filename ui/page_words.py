"""The words of the page as Gradio's labels, translated in the browser."""

from __future__ import annotations

import gradio as gr

from ui.wording import translations

# Called with a key it gives what a component takes as its label, value or placeholder.
LABELS = gr.I18n(**translations())

__all__ = ["LABELS"]
