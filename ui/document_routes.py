"""Handing out the files that documents were read from as downloads, pages of PDFs as pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from corpus.errors import BriefingError, NotInLibrary, ReadError, StorageError
from ui.backend import Backend
from ui.places import shown_location
from ui.rendering import rendered
from ui.sign_in import asker_of, asking_as
from ui.translation import translated
from ui.wording import language_of, word

if TYPE_CHECKING:
    from assistant.workspace import Workspace


def _workspace(backend: Backend, request: Request) -> Workspace | None:
    """Return the workspace as whoever sent a request may see it; None while it opens."""
    if not backend.signs_in:
        return backend.workspace()
    with asking_as(asker_of(request.scope)):
        return backend.workspace()


def original_route(backend: Backend) -> Callable[[str, Request], Response]:
    """Return the handler of "/originals/<document id>".

    Whatever the file is, a browser saves it: a page or a picture with a script in it would run as
    this site's own. Only documents of the library are found, by their ids. Where people sign in a
    line in the audit trail comes before the file.
    """

    def original(document: str, request: Request) -> Response:
        workspace = _workspace(backend, request)
        if workspace is None:
            return PlainTextResponse("The library is still opening.", status_code=503)
        try:
            workspace.library.entry(document)
        except BriefingError:
            return PlainTextResponse("The library holds no such document.", status_code=404)
        kept = workspace.library.original(document)
        if kept is None:
            return PlainTextResponse("The original of this document is not kept.", status_code=404)
        try:
            workspace.note("export", document, what="original")
        except StorageError as error:
            return PlainTextResponse(translated(str(error), language_of(request.headers)), 503)
        name = PurePosixPath(shown_location(kept.location).rstrip("/")).name or "document"
        return FileResponse(
            kept.path,
            media_type="application/octet-stream",
            filename=name,
            content_disposition_type="attachment",
        )

    return original


# Pixels a point: a page of A4 is 950 wide.
_SCALE = 1.6


def page_route(backend: Backend) -> Callable[[str, int, Request], Response]:
    """Return the handler of "/pages/<document id>/<page>", pages counted from 1.

    Nothing of the file reaches the browser but a picture that was drawn of it.
    """

    def drawn(document: str, page: int, request: Request) -> Response:
        workspace, language = _workspace(backend, request), language_of(request.headers)
        if workspace is None:
            return PlainTextResponse(word("library.opening", language), status_code=503)
        try:
            whole, original = (
                workspace.library.document(document),
                workspace.library.original(document),
            )
        except NotInLibrary as error:
            return PlainTextResponse(translated(str(error), language), status_code=404)
        pages = len(whole.page_starts)
        if original is None or whole.source.kind != "pdf" or not 1 <= page <= pages:
            return PlainTextResponse(word("library.no_page", language), status_code=404)
        try:
            picture = backend.page_renderer().picture(
                original.path, whole, page, part=original.part, scale=_SCALE
            )
        except ReadError as error:
            return PlainTextResponse(translated(str(error), language), status_code=422)
        title = whole.source.title
        return HTMLResponse(rendered("page.html", "sheet", language, title, page, pages, picture))

    return drawn


__all__ = ["original_route", "page_route"]
