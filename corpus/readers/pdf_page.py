"""The lines of a PDF's pages with their place and style, by pypdfium2."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

from corpus.errors import ReadError
from corpus.limits import Limits
from corpus.readers.blocks import visible
from corpus.readers.pdf_hidden import HiddenLetters, page_box
from corpus.readers.pdf_marks import Marks

# pdfium writes U+FFFE (older releases U+0002) for a hyphen at a line end and leaves the break out.
_LINE = re.compile(r"[^\r\n\ufffe\x02]+")
_ENDING_HYPHENS = "\ufffe\x02"
# A column that a table sets apart is further off than a letter is high; spaces of justified text
# are not (0.6 of it at most on the pages looked at).
_GAP = 1.0
_SMALLEST = 1.5
_MARKER = re.compile(r"^(?:\S|\(?\w{1,4}[.)]|\d+(?:\.\d+)*\.?)\s")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, where it stands (points, y upwards) and how it looks.

    `size` is the height of its letters in points, `weight` that of the font (400 regular, 700 bold,
    though many fonts say otherwise), `gaps` the number of wide gaps between its words, `turned`
    whether it is written in another direction than the page is read, `hidden` that nobody sees it.
    `pieces` are its words with their left and right ends, empty where these are not known.
    """

    text: str
    left: float = 0.0
    right: float = 0.0
    base: float = 0.0
    size: float = 0.0
    weight: float = 400.0
    gaps: int = 0
    turned: bool = False
    hidden: bool = False
    pieces: tuple[tuple[str, float, float], ...] = ()


def pages_by_pdfium(data: bytes, limits: Limits, marks: Marks) -> list[list[Line]]:
    """Return the lines of each page in reading order, hidden ones included; fill in `marks`.

    Raises ReadError: encrypted, damaged (pdfium refuses it), too_large.
    """
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError(
                "encrypted", "this PDF needs a password; save it without one and add it again"
            ) from error
        raise ReadError("damaged", f"this PDF cannot be opened ({error})") from error
    try:
        if len(pdf) > limits.pages:
            raise ReadError(
                "too_large",
                f"this PDF has {len(pdf):,} pages; the limit is {limits.pages:,}: split it",
            )
        marks.open(pdf)
        pages, characters = [], 0
        for number in range(len(pdf)):
            pages.append(_page(pdf, number, marks))
            characters += sum(len(line.text) for line in pages[-1])
            if characters > limits.characters:
                raise ReadError(
                    "too_large", f"this PDF holds over {limits.characters:,} characters: split it"
                )
        return pages
    finally:
        pdf.close()


def plain_lines(text: str) -> list[Line]:
    """Return lines as if set in one font, where only the text of a page is known."""
    lines, base = [], 0.0
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        base -= 12.0
        shown = visible(raw).strip()
        if shown:
            gaps = len(re.findall(r"\S\s{3,}\S", raw.strip()))
            lines.append(Line(shown, 0.0, 5.0 * len(shown), base, 10.0, 400.0, gaps))
    return lines


def _page(pdf: Any, number: int, marks: Marks) -> list[Line]:
    import pypdfium2

    try:
        page = pdf[number]
        textpage = page.get_textpage()
        text = str(textpage.get_text_range())
        marks.see(pdf, page, textpage, number)
    except pypdfium2.PdfiumError:
        # A page that cannot be loaded is an empty page; the others are still worth reading.
        return []
    # pdfium counts in UTF-16: the letters of formulas beyond U+FFFF take two places.
    places = list(accumulate((1 + (ord(letter) > 0xFFFF) for letter in text), initial=0))
    if places[-1] != textpage.count_chars():
        # Some character has no text, or more than one: each is asked for.
        text, places = _by_characters(textpage)
    measure = _Measure(textpage, text, places)
    left, bottom, right, top = page_box(page)
    hidden = HiddenLetters(page, textpage)
    lines = []
    for found in _LINE.finditer(text):
        shown = visible(found[0]).strip()
        if shown:
            after = text[found.end() : found.end() + 1]
            hyphen = "-" if after and after in _ENDING_HYPHENS else ""
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            end = found.start() + len(found[0].rstrip())
            line = measure.line(shown + hyphen, start, end)
            unseen = hidden.of(places[start:end])
            if any(unseen) and not all(unseen):
                # A line of both kinds is two: what is seen, and what stands between it.
                letters = list(zip(text[start:end], unseen, strict=True))
                seen = "".join(letter for letter, gone in letters if not gone)
                between = "".join(letter for letter, gone in letters if gone)
                lines.append(replace(line, text=visible(seen).strip() + hyphen, pieces=()))
                line = replace(line, text=visible(between).strip(), pieces=())
            # What stands beside the page or is set too small is not seen either.
            beside = not (line.right > left and line.left < right and bottom < line.base < top)
            small = line.size <= _SMALLEST
            lines.append(replace(line, hidden=any(unseen) or beside or small))
    return [line for line in lines if line.text]


def _by_characters(textpage: Any) -> tuple[str, list[int]]:
    """Return the text of a page and the place of each of its characters."""
    import pypdfium2.raw as raw

    count = textpage.count_chars()
    units = [raw.FPDFText_GetUnicode(textpage, place) for place in range(count)]
    letters, places = [], []
    for place, unit in enumerate(units):
        after = units[place + 1] if place + 1 < count else 0
        if 0xD800 <= unit < 0xDC00 and 0xDC00 <= after < 0xE000:
            unit = 0x10000 + ((unit - 0xD800) << 10) + (after - 0xDC00)
        if unit and not 0xD800 <= unit < 0xE000:
            letters.append(chr(unit))
            places.append(place)
    return "".join(letters), [*places, count]


class _Measure:
    """Asks pdfium for boxes and fonts of single characters of one page."""

    def __init__(self, textpage: Any, text: str, places: Sequence[int]) -> None:
        import pypdfium2.raw as raw

        self._raw = raw
        self._page = textpage
        self._text = text
        self._places = places
        self._box = raw.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()

    def line(self, shown: str, start: int, end: int) -> Line:
        """Return the line of the characters `start` to `end` of the page's text."""
        # Five letters speak for the line; by the middle one of them in size, so that neither a
        # footnote's number nor a sign from another font does.
        letters = sorted({start + (end - 1 - start) * part // 4 for part in range(5)})
        boxes = {letter: self._around(letter) for letter in letters}
        usual = sorted(letters, key=lambda letter: boxes[letter][2])[len(letters) // 2]
        self._raw.FPDFText_GetCharOrigin(
            self._page, self._places[usual], ctypes.byref(self._x), ctypes.byref(self._y)
        )
        angle = float(self._raw.FPDFText_GetCharAngle(self._page, self._places[start]))
        weights = [self._weight(letter) for letter in letters]
        words = self._words(start, end)
        return Line(
            text=shown,
            left=boxes[start][0],
            right=boxes[end - 1][1],
            base=float(self._y.value),
            size=boxes[usual][2],
            # As bold as its lightest letter; pdfium says -1 of a font without a weight.
            weight=min((weight for weight in weights if weight > 0), default=0.0),
            gaps=self._gaps(start, words, boxes[usual][2]),
            turned=0.1 < angle < 6.18,
            pieces=tuple((text, left, right) for text, _, left, right in words if text),
        )

    def _weight(self, letter: int) -> float:
        return float(self._raw.FPDFText_GetFontWeight(self._page, self._places[letter]))

    def _around(self, letter: int) -> tuple[float, float, float]:
        """Return left, right and height of the box that the font gives a character."""
        if not self._raw.FPDFText_GetLooseCharBox(self._page, self._places[letter], self._box):
            return (0.0, 0.0, 0.0)
        # A font that states no height of its letters is as high as it is set.
        height = abs(self._box.top - self._box.bottom) or float(
            self._raw.FPDFText_GetFontSize(self._page, self._places[letter])
        )
        return (self._box.left, self._box.right, height)

    def _words(self, start: int, end: int) -> list[tuple[str, int, float, float]]:
        """Return the words of a line: text, place of the first letter, left and right end."""
        return [
            (
                visible(word[0]),
                start + word.start(),
                self._around(start + word.start())[0],
                self._around(start + word.end() - 1)[1],
            )
            for word in re.finditer(r"\S+", self._text[start:end])
        ]

    def _gaps(self, start: int, words: Sequence[tuple[str, int, float, float]], size: float) -> int:
        line = self._text[start : words[-1][1] + len(words[-1][0])]
        marker = _MARKER.match(line)
        first = start + (marker.end() if marker else 0)
        return sum(
            after[2] - before[3] > _GAP * size
            for before, after in pairwise(words)
            if before[1] >= first
        )
