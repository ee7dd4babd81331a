"""Handing out the files that documents were read from, as downloads and never as pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from starlette.responses import FileResponse, PlainTextResponse, Response

from corpus.errors import BriefingError
from ui.backend import Backend
from ui.markup import place_of


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


__all__ = ["originals"]
