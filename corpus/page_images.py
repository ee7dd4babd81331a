"""Pages of PDFs as pictures, with the quoted words marked: drawn in a confined child process."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Lock

from corpus.document import Document
from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.readers.pdf_drawing import Box, letters_of
from corpus.sandbox import Sandbox

# Seconds for one page; the slowest of 1,017 real pages took 1.1 s.
_WALL, _CPU = 15.0, 10
# Pictures that are kept: a page is about 100 KB.
_KEPT = 64


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as WebP, its size in pixels, and the boxes of the quote in shares of the page.

    `found` is the share of the quote's letters found on this page, 0…1; `rest` says that the quote
    continues on the next page. `column` is where the text around the quote begins and ends, in
    shares of the width.
    """

    image: bytes
    width: int
    height: int
    pages: int
    boxes: tuple[Box, ...] = ()
    found: float = 0.0
    rest: bool = False
    column: tuple[float, float] = (0.0, 1.0)


class PageRenderer:
    """Draws pages one at a time, the last ones kept; thread-safe."""

    def __init__(self) -> None:
        self._sandbox = Sandbox(wall=_WALL, cpu=_CPU)
        self._kept: OrderedDict[tuple[object, ...], PageImage] = OrderedDict()
        self._lock = Lock()

    def picture(
        self,
        original: Path,
        document: Document,
        page: int,
        *,
        part: Sequence[str] = (),
        scale: float = 1.5,
        start: int = 0,
        end: int = 0,
        fit: bool = False,
    ) -> PageImage:
        """Return a page (1-based) at `scale` pixels a point, `text[start:end]` marked on it.

        With `fit` the scale is that of a page which is no wider than its column of text.
        A quote that begins on an earlier page is marked as far as it stands here. Raises ReadError
        where the file cannot be drawn: the reader then has the text.
        """
        key = (original, *part, page, scale, start, end, fit)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        quote, before, rest = _on_page(document, page, start, end)
        answer = self._sandbox.draw_page(
            original,
            {
                "number": page,
                "scale": scale,
                "quote": quote,
                "before": before,
                "fit": fit,
            },
            part,
        )
        try:
            left, right = map(float, answer["column"])
            if not 0 <= left < right <= 1:
                raise ValueError("a column outside its page")
            picture = PageImage(
                base64.b64decode(answer["image"], validate=True),
                int(answer["width"]),
                int(answer["height"]),
                int(answer["pages"]),
                tuple(Box(*map(float, box)) for box in answer["boxes"]),
                float(answer["found"]),
                rest,
                (left, right),
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise ReadError("crashed", tr("this page cannot be drawn; read its text")) from error
        with self._lock:
            self._kept[key] = picture
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return picture

    def close(self) -> None:
        """End the child."""
        self._sandbox.close()


def _on_page(document: Document, page: int, start: int, end: int) -> tuple[str, int, bool]:
    """Return what of `text[start:end]` stands on a page, the letters before it, if it goes on."""
    starts = document.page_starts
    if end <= start or not 1 <= page <= len(starts):
        return "", 0, False
    first = starts[page - 1]
    after = starts[page] if page < len(starts) else len(document.text)
    left, right = max(start, first), min(end, after)
    if left >= right:
        return "", 0, False
    before = len(letters_of(_as_printed(document, first, left)))
    return _as_printed(document, left, right), before, end > after


def _as_printed(document: Document, start: int, end: int) -> str:
    """Return a part of the text without the bars between the cells of its tables."""
    pieces, at = [], start
    place = max(0, bisect_right(document.tables, start, key=lambda table: table.start) - 1)
    for table in document.tables[place:]:
        if table.start >= end:
            break
        for row in table.cells:
            for (_, cell_end), (next_start, _) in pairwise(row):
                if at <= cell_end and next_start <= end:
                    pieces.append(document.text[at:cell_end])
                    at = next_start
    return " ".join([*pieces, document.text[at:end]])


__all__ = ["Box", "PageImage", "PageRenderer"]
