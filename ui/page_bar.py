"""The bar over every page: what is searched, who answers, where text goes, what is added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.page_html import drawn
from ui.page_scripts import SEND_CLICKS
from ui.rendering import rendered
from ui.wording import language_of


@dataclass(frozen=True, slots=True)
class Bar:
    """What events of the pages draw in the bar.

    `scope` is the button that says which documents are searched, `who` the one that says who
    answers and where text goes, `adding` what is being added to the library, `trouble` the line
    below the bar, empty unless something failed.
    """

    scope: gr.HTML
    who: gr.HTML
    adding: gr.HTML
    trouble: gr.HTML


def build(page: gr.Blocks) -> Bar:
    """Build the bar, and the list of keys that its last button opens."""
    with gr.Row(elem_id="bar"):
        brand = drawn("brand")
        drawn("bar-gap")
        adding = drawn("bar-adding", js_on_load=SEND_CLICKS)
        add = drawn("bar-add")
        scope = drawn("bar-scope")
        who = drawn("bar-who")
        keys = drawn("bar-keys")
    trouble = drawn("trouble")
    with gr.Column(elem_id="keys-panel", elem_classes="popover"):
        listed = drawn("keys-list")

    def worded(request: gr.Request) -> tuple[str, ...]:
        language = language_of(request.headers)
        return tuple(
            rendered("bar.html", one, language)
            for one in ("brand", "add_button", "keys_button", "keys")
        )

    quiet: Any = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    page.load(worded, None, [brand, add, keys, listed], **quiet)
    return Bar(scope, who, adding, trouble)


__all__ = ["Bar", "build"]
