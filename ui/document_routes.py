"""Handing out the files that documents were read from as downloads, pages of PDFs as pictures."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from corpus.errors import BriefingError, NotInLibrary, ReadError
from ui.backend import Backend
from ui.markup import place_of
from ui.translation import translated
from ui.wording import language_of, word


def originals(place: Backend) -> Callable[[str], Response]:
    """Return the handler of "/originals/<document id>".

    Whatever the file is, a browser saves it: a page or a picture with a script in it would run as
    this site's own. Only documents of the library are found, by their ids.
    """

    def original(document: str) -> Response:
        workspace = place.workspace()
        if workspace is None:
            return PlainTextResponse("The library is still opening.", status_code=503)
        try:
            workspace.library.entry(document)
        except BriefingError:
            return PlainTextResponse("The library holds no such document.", status_code=404)
        kept = workspace.library.original(document)
        if kept is None:
            return PlainTextResponse("The original of this document is not kept.", status_code=404)
        name = PurePosixPath(place_of(kept.location).rstrip("/")).name or "document"
        return FileResponse(
            kept.path,
            media_type="application/octet-stream",
            filename=name,
            content_disposition_type="attachment",
        )

    return original


# Pixels a point: a page of A4 is 950 wide.
_SCALE = 1.6
_STYLE = (
    "body{margin:0;background:#888;font:1rem system-ui,sans-serif;text-align:center}"
    "nav{position:sticky;top:0;padding:.6rem;background:#fff;color:#222}"
    "nav a{padding:0 .8rem}"
    "img{max-width:100%;height:auto;background:#fff}"
)


def drawn_pages(place: Backend) -> Callable[[str, int, Request], Response]:
    """Return the handler of "/pages/<document id>/<page>", pages counted from 1.

    Nothing of the file reaches the browser but a picture that was drawn of it.
    """

    def drawn(document: str, page: int, request: Request) -> Response:
        workspace, language = place.workspace(), language_of(request.headers)
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
            picture = place.drawing().picture(
                original.path, whole, page, part=original.part, scale=_SCALE
            )
        except ReadError as error:
            return PlainTextResponse(translated(str(error), language), status_code=422)
        said = word("source.page", language, page=page, pages=pages)
        title = escape(whole.source.title)
        data = base64.b64encode(picture.image).decode("ascii")
        return HTMLResponse(
            f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{said} · {title}</title><style>{_STYLE}</style>"
            f"<nav>{_turn(page - 1, pages, '‹', 'source.previous', language)}"
            f"<b>{title}</b> · {said}"
            f"{_turn(page + 1, pages, '›', 'source.next', language)}</nav>"
            f'<img alt="{said}" width="{picture.width}" height="{picture.height}" '
            f'src="data:image/webp;base64,{data}">'
        )

    return drawn


def _turn(page: int, pages: int, sign: str, key: str, language: str) -> str:
    """Return the way to the page before or after; "" where there is none."""
    name = word(key, language)
    return f'<a href="{page}" aria-label="{name}">{sign}</a>' if 1 <= page <= pages else ""


__all__ = ["drawn_pages", "originals"]
