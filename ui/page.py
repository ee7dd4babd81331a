"""The Gradio page: a title, the line under it, and a tab a page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from corpus.log import level_of
from ui import page_chat, page_library, page_memo
from ui.backend import Backend
from ui.page_words import LABELS
from ui.rendering import rendered
from ui.wording import language_of

_LOG = logging.getLogger(__name__)
_STYLES = Path(__file__).parent / "styles"
CSS = "\n".join(one.read_text(encoding="utf-8") for one in sorted(_STYLES.glob("*.css")))


# Seconds between two looks at the line under the title: while the library opens, and afterwards,
# when all that changes there by itself is that something failed behind the page.
_POLL_OPENING, _POLL_OPEN = 2.0, 30.0


class _Page(gr.Blocks):
    """Blocks that log what an event raises: Gradio prints it and keeps it to itself."""

    async def process_api(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().process_api(*args, **options)
        except Exception as error:  # reason: logged, and raised again for Gradio
            _LOG.log(level_of(error), "an event of the page failed", exc_info=error)
            raise


def build_page(backend: Backend, examples: Sequence[str]) -> gr.Blocks:
    """Return the page over `backend`; what a session shows is in its own Gradio states."""

    def look(request: gr.Request) -> tuple[str, str, gr.Timer]:
        language = language_of(request.headers)
        timer = gr.Timer(_POLL_OPEN if backend.opening_finished() else _POLL_OPENING)
        return rendered("page.html", "title", language), backend.status(language), timer

    page = _Page(title="Briefing assistant", fill_width=True, analytics_enabled=False)
    with page:
        title = gr.HTML(rendered("page.html", "title", "en"), elem_id="title")
        status = gr.HTML(backend.status(), elem_id="status")
        with gr.Tabs():
            with gr.Tab(LABELS("page.chat"), id="chat-tab"):
                page_chat.build(page, status, backend, examples)
            with gr.Tab(LABELS("page.library"), id="library-tab"):
                page_library.build(page, status, backend)
            with gr.Tab(LABELS("page.memo"), id="memo-tab") as tab:
                page_memo.build(page, tab, backend)
        # While the library opens the line under the title tells how far it is.
        timer = gr.Timer(_POLL_OPENING)
        seen = [title, status, timer]
        page.load(look, None, seen, queue=False, api_visibility="private")
        timer.tick(look, None, seen, queue=False, show_progress="hidden", api_visibility="private")
    return page


__all__ = ["CSS", "build_page"]
