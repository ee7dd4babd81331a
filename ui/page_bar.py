"""The bar over every page: what is searched, who answers, where text goes, what is added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.page_html import drawn
from ui.page_scripts import SEND_CLICKS
from ui.rendering import rendered
from ui.sign_in import can_leave, shown_name_of
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


def build(page: gr.Blocks, *, signs_in: bool = False) -> Bar:
    """Build the bar, and the list of keys that its last button opens.

    Where people sign in it says as whom.
    """
    with gr.Row(elem_id="bar"):
        brand = drawn("brand")
        drawn("bar-gap")
        adding = drawn("bar-adding", js_on_load=SEND_CLICKS)
        add = drawn("bar-add")
        scope = drawn("bar-scope")
        who = drawn("bar-who")
        keys = drawn("bar-keys")
        signed_in = drawn("bar-signed-in") if signs_in else None
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
    if signed_in is not None:
        page.load(_signed_in_html, None, signed_in, **quiet)
    return Bar(scope, who, adding, trouble)


def _signed_in_html(request: gr.Request) -> str:
    """Return the name of who signed in, and the button that ends it where the page can."""
    scope = request.request.scope if request.request is not None else {}
    name, leaves = shown_name_of(scope), can_leave(scope)
    return rendered("bar.html", "signed_in", language_of(request.headers), name, leaves)


__all__ = ["Bar", "build"]
