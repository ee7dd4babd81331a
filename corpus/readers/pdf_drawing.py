"""Drawing a page of a PDF, with the boxes of words that are quoted from it, by pypdfium2.

The text of a document is made from pdfium's characters (lines joined, hyphens at line ends taken
out, running heads and page numbers dropped), so the way back is an alignment: the letters of the
quote, white space and hyphens aside, are looked for among the letters of the page.
"""

from __future__ import annotations

import ctypes
import io
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.readers.blocks import visible

# A box is as high as its letters and a little more, so that the mark does not cut them.
_PAD = 0.12
# A new box begins where a letter stands further off than this many heights, or on another line.
_FAR = 1.6
# A piece of the quote that is found alone must be this long: shorter ones stand anywhere.
_PIECE = 6
# Text so many lines above and below a quote tells how wide its column is.
_NEAR = 8
# White beside a column, and the least that one is taken to be: shares of the page's width.
_MARGIN, _NARROWEST = 0.015, 0.34
# Pieces of text that are looked at; a page of figures may have thousands.
_MOST_RECTS = 4_000
# What is drawn is at most this many pixels, whatever size a page claims to have.
_PIXELS = 12_000_000
_QUALITY = 82
# Pixels a point for OCR: 300 to the inch, on which Tesseract's models were trained.
_SCANNED = 300 / 72
_DROPPED = frozenset("-\u00ad\u2010\u2011\ufffe\x02\x00")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page in shares of its width and height, from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of a page as it is compared: one sign, and the place of its character."""

    sign: str
    place: int


def draw_page(
    data: bytes, number: int, scale: float, quote: str, before: int, fit: bool = False
) -> dict[str, Any]:
    """Return a page as WebP with the boxes of a quote on it, as plain data.

    `number` is 1-based, `scale` pixels a point, `quote` the words to mark ("" for none) and
    `before` how many of the document's letters stand on this page before them. With `fit` the page
    is drawn so much larger as its column is narrower than it. The result has "image" (bytes),
    "width", "height", "pages", "boxes" (shares of the page), "found" (how much of the quote, 0…1)
    and "column" (left and right of the text around the quote, shares too). Raises ReadError.
    """
    with _page_of(data, number) as (page, pages):
        boxes, found = _marked(page, quote, before) if quote else ([], 0.0)
        column = column_around([_on_page(page, *one) for one in _pieces_of_text(page)], boxes)
        if fit:
            scale /= column[1] - column[0]
        picture = page.render(scale=_bounded(page, scale)).to_pil().convert("RGB")
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=_QUALITY, method=1)
    return {
        "image": file.getvalue(),
        "width": picture.width,
        "height": picture.height,
        "pages": pages,
        "boxes": [(one.left, one.top, one.width, one.height) for one in boxes],
        "found": found,
        "column": column,
    }


def column_around(text: Sequence[Box], boxes: Sequence[Box]) -> tuple[float, float]:
    """Return where the column of text begins and ends in which some boxes lie, with a margin.

    `text` are the pieces of text of a page. Those near the boxes that lie over or under them make
    the column, and those over or under these. Without boxes it is all text of the page.
    """
    near = list(text)
    left, right = 1.0, 0.0
    if boxes:
        tall = _NEAR * max(min(one.height for one in boxes), 0.004)
        top = min(one.top for one in boxes) - tall
        bottom = max(one.top + one.height for one in boxes) + tall
        near = [one for one in text if top <= one.top and one.top + one.height <= bottom]
        left = min(one.left for one in boxes)
        right = max(one.left + one.width for one in boxes)
    joined = bool(near)
    while joined:
        apart: list[Box] = []
        joined = False
        for one in near:
            if boxes and (one.left >= right or one.left + one.width <= left):
                apart.append(one)
            else:
                left, right = min(left, one.left), max(right, one.left + one.width)
                joined = True
        near = apart
    left, right = max(0.0, left - _MARGIN), min(1.0, right + _MARGIN)
    if right - left < _NARROWEST:
        middle = min(max((left + right) / 2, _NARROWEST / 2), 1 - _NARROWEST / 2)
        return (0.0, 1.0) if right <= left else (middle - _NARROWEST / 2, middle + _NARROWEST / 2)
    return left, right


def _pieces_of_text(page: Any) -> Iterator[tuple[float, float, float, float]]:
    """Yield (left, right, bottom, top) of the pieces of text of a page, in points."""
    textpage = page.get_textpage()
    for place in range(min(textpage.count_rects(), _MOST_RECTS)):
        left, bottom, right, top = textpage.get_rect(place)
        if right > left and top > bottom:
            yield left, right, bottom, top


def scan_page(data: bytes, number: int) -> dict[str, Any]:
    """Return a page (from 1) as OCR wants it: "width", "height", "scale", "pixels" (grey bytes).

    `scale` is pixels a point. Raises ReadError.
    """
    with _page_of(data, number) as (page, _):
        scale = _bounded(page, _SCANNED)
        picture = page.render(scale=scale, grayscale=True).to_pil().convert("L")
    size = {"width": picture.width, "height": picture.height}
    return {**size, "scale": scale, "pixels": picture.tobytes()}


@contextmanager
def _page_of(data: bytes, number: int) -> Iterator[tuple[Any, int]]:
    """Give a page (from 1) of a PDF, and how many there are; raises ReadError."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ReadError(
            "damaged", tr("this PDF cannot be drawn ({reason})", reason=error)
        ) from error
    try:
        if not 1 <= number <= len(pdf):
            raise ReadError(
                "damaged",
                tr(
                    "this PDF has {pages} pages; there is no page {page}",
                    pages=len(pdf),
                    page=number,
                ),
            )
        yield pdf[number - 1], len(pdf)
    except pypdfium2.PdfiumError as error:
        raise ReadError(
            "damaged", tr("page {page} cannot be drawn ({reason})", page=number, reason=error)
        ) from error
    finally:
        pdf.close()


def _bounded(page: Any, scale: float) -> float:
    """Return a scale at which the page has no more pixels than are drawn."""
    width, height = page.get_size()
    return float(min(scale, (_PIXELS / max(1.0, width * height)) ** 0.5))


def letters_of(text: str) -> str:
    """Return a text as it is compared: no white space, no hyphens, ligatures spelt out."""
    return "".join(sign for sign in visible(text) if not sign.isspace() and sign not in _DROPPED)


def _marked(page: Any, quote: str, before: int) -> tuple[list[Box], float]:
    """Return the boxes of a quote, and the share of it that is found."""
    textpage = page.get_textpage()
    letters, wanted = _letters(textpage), letters_of(quote)
    if not wanted or not letters:
        return [], 0.0
    places = align_quote(letters, wanted, before)
    return _boxes(page, textpage, places), len(places) / len(wanted)


def align_quote(letters: Sequence[Letter], wanted: str, before: int) -> list[int]:
    """Return the places of the characters of `wanted` on a page.

    The whole where it stands in one piece, nearest to where the document has it (`before` letters
    from the page's beginning); otherwise its pieces in order, as columns, notes and page furniture
    part them.
    """
    page = "".join(one.sign for one in letters)
    starts = []
    at = page.find(wanted)
    while at >= 0:
        starts.append(at)
        at = page.find(wanted, at + 1)
    if starts:
        start = min(starts, key=lambda one: abs(one - before))
        return [one.place for one in letters[start : start + len(wanted)]]
    matcher = SequenceMatcher(None, page, wanted, autojunk=False)
    pieces = _pieces(matcher, len(page), len(wanted), before)
    return [one.place for start, _, size in pieces for one in letters[start : start + size]]


def _pieces(
    matcher: SequenceMatcher[str], page: int, wanted: int, before: int
) -> list[tuple[int, int, int]]:
    """Return (place on the page, place in the quote, length) of the pieces, in the quote's order.

    The longest common piece first, near where it is expected; then what stands before and after it
    in the quote, wherever on the page that is: a second column may stand above the first's end.
    """
    found: list[tuple[int, int, int]] = []
    open_spans = [(0, wanted)]
    used: list[tuple[int, int]] = []
    while open_spans:
        low, high = open_spans.pop()
        if high - low < min(_PIECE, wanted):
            continue
        best = max(
            (matcher.find_longest_match(start, end, low, high) for start, end in _free(used, page)),
            key=lambda match: (match.size, -abs(match.a - before - match.b)),
            default=None,
        )
        if best is None or best.size < min(_PIECE, wanted):
            continue
        found.append((best.a, best.b, best.size))
        used.append((best.a, best.a + best.size))
        open_spans += [(low, best.b), (best.b + best.size, high)]
    return sorted(found, key=lambda piece: piece[1])


def _free(used: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Return the spans of the page that no piece takes yet."""
    spans, at = [], 0
    for start, end in sorted(used):
        spans.append((at, start))
        at = end
    return [(start, end) for start, end in [*spans, (at, length)] if end > start]


def _letters(textpage: Any) -> list[Letter]:
    """Return the letters of a page in pdfium's order, ligatures spelt out, each with its place."""
    import pypdfium2.raw as raw

    count = textpage.count_chars()
    units = [raw.FPDFText_GetUnicode(textpage, place) for place in range(count)]
    letters: list[Letter] = []
    for place, unit in enumerate(units):
        if 0xDC00 <= unit < 0xE000:
            continue
        if 0xD800 <= unit < 0xDC00:
            low = units[place + 1] if place + 1 < count else 0
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
        if not 0 < unit < 0x110000 or 0xD800 <= unit < 0xE000:
            continue
        sign = chr(unit)
        if letters and unicodedata.combining(sign):
            # The document has the accented letter as one sign.
            joined = unicodedata.normalize("NFC", letters[-1].sign + sign)
            letters[-1] = Letter(joined, letters[-1].place)
            continue
        letters += [Letter(one, place) for one in letters_of(sign)]
    return letters


def _boxes(page: Any, textpage: Any, places: Sequence[int]) -> list[Box]:
    """Return a box for each run of letters on one line."""
    import pypdfium2.raw as raw

    values = [ctypes.c_double() for _ in range(4)]
    runs: list[list[float]] = []
    for place in dict.fromkeys(places):
        if not raw.FPDFText_GetCharBox(textpage, place, *map(ctypes.byref, values)):
            continue
        left, right, bottom, top = (one.value for one in values)
        if right <= left or top <= bottom:
            continue
        last = runs[-1] if runs else None
        if last is not None and _same_line(last, left, bottom, top):
            last[0], last[1] = min(last[0], left), max(last[1], right)
            last[2], last[3] = min(last[2], bottom), max(last[3], top)
        else:
            runs.append([left, right, bottom, top])
    return [_on_page(page, *run) for run in runs]


def _same_line(run: Sequence[float], left: float, bottom: float, top: float) -> bool:
    _, right, low, high = run
    overlap = min(high, top) - max(low, bottom)
    height = max(high - low, top - bottom)
    # A comma and a letter above it overlap little, but both lie within the line's own height.
    return overlap > -0.25 * height and -height <= left - right <= _FAR * height


def _on_page(page: Any, left: float, right: float, bottom: float, top: float) -> Box:
    """Return a box in shares of the page as it is drawn, turned and cropped pages included."""
    import pypdfium2.raw as raw

    size = 1_000_000
    pad = _PAD * (top - bottom)
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for across, up in ((left, top + pad), (right, bottom - pad)):
        raw.FPDF_PageToDevice(
            page, 0, 0, size, size, 0, across, up, ctypes.byref(x), ctypes.byref(y)
        )
        corners.append((x.value / size, y.value / size))
    (x0, y0), (x1, y1) = corners
    return Box(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
