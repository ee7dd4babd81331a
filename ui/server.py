"""Serving the page on this machine: up first, library and models behind it, no endless request."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import tempfile
import webbrowser
from typing import TYPE_CHECKING, Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.context import LocalContext

from assistant.starter import EXAMPLES
from corpus import tracing
from ui.backend import Backend, Say
from ui.chat_actions import greeting_html
from ui.document_routes import original_route, page_route
from ui.first_screen import FirstScreen
from ui.gradio_startup import refuse_openings
from ui.guard import Guard, PageRules
from ui.http_server import HOST, Server, free_socket, refuse_open_listener, serve_until_told
from ui.observing import Observed, observing, watch_library, watch_queues
from ui.page import CSS, build_page
from ui.page_chat_events import ASKING
from ui.page_words import LABELS
from ui.sign_in import SignIn, asker_of, asker_of_event, checked_public_url, is_signed_in
from ui.sign_in_choice import sign_in_named
from ui.uploads import Uploads

if TYPE_CHECKING:
    from assistant.settings import Settings

_LOG = logging.getLogger(__name__)
# Every window that waits for an answer holds a place in Gradio's queue, at the cost of a look now
# and then; how many questions are answered and wait is for ui.jobs, which says so in words.
_MOST_WINDOWS = 2_000
_UPLOAD_BYTES = 50_000_000
# Seconds. With it the page answers 2.7 s after the command, without 3.1 s (medians of five).
_OPENING_DELAY = 0.7


def serve(
    settings: Settings,
    *,
    port: int,
    open_browser: bool,
    say: Say,
    listen: str = HOST,
    public_url: str = "",
) -> None:
    """Serve the page until interrupted; `say` is told the address.

    It listens at `listen`, elsewhere than on this machine only where people sign in; `public_url`
    is where they open the page. Raises UsageError where the environment would open the page to
    others, or no port is free.
    """
    refuse_openings()
    public_url = checked_public_url(public_url) if public_url else ""
    sign_in = sign_in_named(settings.users, public_url=public_url)
    refuse_open_listener(listen, public_url, signs_in=sign_in is not None)
    listening = free_socket(port, listen)
    address = public_url or f"http://{HOST}:{listening.getsockname()[1]}"
    with observing(settings, "page", stream=sys.stderr):
        _serve(settings, listening, address, sign_in, public_url, open_browser, say)


def _serve(
    settings: Settings,
    listening: socket.socket,
    address: str,
    sign_in: SignIn | None,
    public_url: str,
    open_browser: bool,
    say: Say,
) -> None:
    backend = Backend(settings, asker=asker_of_event if sign_in is not None else None)
    uploads = Uploads.below(settings.home)
    try:
        page = application(backend, EXAMPLES, uploads, sign_in=sign_in, public_url=public_url)
        # Who signs in may be elsewhere, and what is behind a proxy seems to come from here.
        app = Observed(page, remote=sign_in is not None)
        watch_library(backend.whole_workspace)
        watch_queues(backend.queues)
        # After the page is built and looked at first: loading models beside it would hold both up.
        backend.open(_OPENING_DELAY)
        say(f"The chat is at {address} (Ctrl-C stops it). The library opens behind it.")
        if open_browser:
            webbrowser.open(address)
        _LOG.info("serving the page at %s", address)
        # Without a configuration of its own it writes where the program does: into the log.
        # Who a proxy is, is for `ui.sign_in` to say: uvicorn would take the client's word for it.
        server = Server(
            uvicorn.Config(
                app, log_config=None, log_level="warning", access_log=False, proxy_headers=False
            )
        )
        # Files of the working folder would be readable through Gradio's cache.
        with (
            tempfile.TemporaryDirectory(prefix="briefing-", ignore_cleanup_errors=True) as empty,
            contextlib.chdir(empty),
        ):
            serve_until_told(server, [listening])
    finally:
        uploads.close()
        backend.close()


def _event_request() -> tracing.Request | None:
    """Return the request that the event of the page came with that is handled in this thread."""
    request: Any = LocalContext.request.get(None)
    if request is None or not request.headers:
        return None
    found = tracing.request_of(request.headers)
    scope = request.request.scope
    if is_signed_in(scope):
        found.asker = asker_of(scope).name
    return found


def application(
    backend: Backend,
    examples: tuple[str, ...],
    uploads: Uploads | None = None,
    *,
    sign_in: SignIn | None = None,
    public_url: str = "",
) -> Guard:
    """Return the whole web application over `backend`: the page behind its guard.

    Uploads lie in a temporary folder where no other place is given for them. With a `sign_in` the
    backend takes who asks from `asker_of_event`.
    """
    uploads = uploads or Uploads.below(None)
    # Gradio handles events apart from the requests that they come with.
    tracing.requests_from(_event_request)
    # Read by Gradio whenever it is asked where uploads lie, and by the page while it is built.
    os.environ["GRADIO_TEMP_DIR"] = str(uploads.folder)
    page = build_page(backend, examples)
    # Gradio 6.31 looks whether a file that an event names may be read only once this is true, which
    # `launch` sets and mounting does not.
    page.has_launched = True
    page.max_threads = _MOST_WINDOWS
    page.queue(max_size=_MOST_WINDOWS, api_open=False)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/originals/{document}", original_route(backend), methods=["GET"])
    app.add_api_route("/pages/{document}/{page}", page_route(backend), methods=["GET"])
    mounted = gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name=HOST,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=_UPLOAD_BYTES,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        allowed_paths=[],
        css=CSS,
        i18n=LABELS,
        theme=gr.themes.Base(
            font=["system-ui", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC", "sans-serif"],
            font_mono=["ui-monospace", "Consolas", "monospace"],
            primary_hue="blue",
            text_size="md",
        ).set(
            # One accent, that of ui/styles/page.css; fields have a frame, what holds them has none.
            button_primary_background_fill="#1d4f91",
            button_primary_background_fill_dark="#1d4f91",
            button_primary_background_fill_hover="#163f75",
            button_primary_background_fill_hover_dark="#2a62ab",
            button_secondary_background_fill="transparent",
            button_secondary_background_fill_dark="transparent",
            button_secondary_background_fill_hover="*neutral_100",
            button_secondary_background_fill_hover_dark="*neutral_800",
            button_secondary_border_color="*neutral_300",
            button_secondary_border_color_dark="*neutral_700",
            button_border_width="1px",
            button_large_radius="8px",
            button_small_radius="8px",
            button_large_text_size="15px",
            button_small_text_size="13px",
            button_large_text_weight="600",
            body_background_fill="#ffffff",
            body_background_fill_dark="#10151d",
            block_background_fill="transparent",
            block_background_fill_dark="transparent",
            block_border_width="0px",
            block_padding="0px",
            block_label_text_size="13px",
            block_title_text_size="13px",
            block_info_text_size="13px",
            input_text_size="15px",
            checkbox_label_text_size="15px",
            block_shadow="none",
            input_background_fill="#ffffff",
            input_background_fill_dark="#171c24",
            input_border_width="1px",
            input_border_color="*neutral_300",
            input_border_color_dark="*neutral_700",
            input_radius="8px",
            # Gradio's own greys stand too near their grounds: 4.5 to 1 is asked for.
            body_text_color_subdued="*neutral_600",
            body_text_color_subdued_dark="*neutral_300",
            input_placeholder_color="*neutral_600",
            input_placeholder_color_dark="*neutral_300",
            block_label_text_color="*neutral_700",
            block_label_text_color_dark="*neutral_200",
            block_title_text_color="*neutral_700",
            block_title_text_color_dark="*neutral_200",
        ),
    )
    first = FirstScreen(mounted, lambda language: greeting_html(backend, examples, language))
    return Guard(
        first,
        _page_rules(page, backend, uploads),
        sign_in=sign_in,
        public_url=public_url,
        refused=backend.note_refusal,
    )


def _page_rules(page: gr.Blocks, backend: Backend, uploads: Uploads) -> PageRules:
    """Return what the guard must know of the page."""
    file_inputs = {
        number: frozenset(
            at for at, one in enumerate(event.inputs) if isinstance(one, gr.File | gr.UploadButton)
        )
        for number, event in page.fns.items()
    }
    ask_events = frozenset(number for number, event in page.fns.items() if event.name == ASKING)
    return PageRules(
        file_inputs,
        ask_events,
        uploads,
        backend.can_ask,
        backend.is_adding,
    )
