"""The Gradio page: the bar, the panels that it opens, and a tab for each page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from corpus.log import level_of
from ui import page_adding, page_bar, page_chat, page_engines, page_library, page_memo, page_scope
from ui.backend import Backend
from ui.page_words import LABELS
from ui.wording import language_of

_LOG = logging.getLogger(__name__)
_STYLES = Path(__file__).parent / "styles"
CSS = "\n".join(one.read_text(encoding="utf-8") for one in sorted(_STYLES.glob("*.css")))


# Seconds between two looks at the line below the bar: while the library opens, and afterwards,
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

    def look(
        engine: str | None, as_of: str | None, since: str | None, publishers: list[str] | None,
        documents: list[str] | None, request: gr.Request,
    ) -> tuple[Any, ...]:  # fmt: skip
        language = language_of(request.headers)
        timer = gr.Timer(_POLL_OPEN if backend.opening_finished() else _POLL_OPENING)
        chosen = page_scope.ask_options(engine, as_of, since, publishers, documents)
        return (
            backend.status(language),
            page_scope.scope_html(backend, chosen, language),
            timer,
        )

    page = _Page(title="Briefing assistant", fill_width=True, analytics_enabled=False)
    with page:
        bar = page_bar.build(page, signs_in=backend.signs_in)
        scope = page_scope.build(bar, backend)
        engine = page_engines.build(page, bar, backend)
        adding = page_adding.build(page, backend)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(LABELS("page.chat"), id="ask"):
                page_chat.build(page, backend, scope, engine, examples)
            with gr.Tab(LABELS("page.library"), id="library") as tab:
                news = page_library.build(page, tab, bar, scope, adding, backend)
            with gr.Tab(LABELS("page.memo"), id="memo") as tab:
                page_memo.build(page, tab, backend, engine, news)
        timer = gr.Timer(_POLL_OPENING)
        inputs = [engine, *scope.inputs]
        seen = [bar.trouble, bar.scope, timer]
        page.load(look, inputs, seen, queue=False, show_progress="hidden", api_visibility="private")
        timer.tick(
            look, inputs, seen, queue=False, show_progress="hidden", api_visibility="private"
        )
    return page


__all__ = ["CSS", "build_page"]
