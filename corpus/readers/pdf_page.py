"""The lines of a PDF's pages with their place and style, by pypdfium2."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from math import hypot, pi
from operator import itemgetter
from typing import Any, NamedTuple

from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.limits import FileLimits
from corpus.readers.blocks import visible
from corpus.readers.pdf_hidden import HiddenLetters, page_box, upright
from corpus.readers.pdf_marks import Marks

# pdfium writes U+FFFE (older releases U+0002) for a hyphen at a line end and leaves the break out.
_LINE = re.compile(r"[^\r\n\ufffe\x02]+")
_FIGURES = re.compile(r"[\d\s]{2,}")
_ENDING_HYPHENS = "\ufffe\x02"
# A column that a table sets apart is further off than a letter is high; spaces of justified text
# are not (0.6 of it at most on the pages looked at).
_GAP = 1.0
_SMALLEST = 1.5
# Around raised letters in the text of a line, until `pdf_lines` says what they are. Private use:
# `visible` drops them from what a file holds.
UP, DOWN = "\ue010", "\ue011"
# Raised letters stand this share of the line's height above its baseline and are smaller than its
# letters; those as large as they stand higher. TeX raises by 0.3 of it, Word by 0.27.
_RAISED, _SMALLER, _LIFTED = 0.14, 0.92, 0.28
# Whole words that are longer, or more of a line than this, are raised for another reason.
_LONGEST_RAISED, _MOST_RAISED = 5, 0.5
# The parts of a word that can be raised alone.
_PART = re.compile(r"[^\W\d_]+|\d+|[^\w.,;:!?()'’”\"-]+")
# A page has fewer rules than this; what draws more is a plot.
_MOST_RULES = 300
# So many letters say in which direction a page is written.
_LOOKED_AT = 24
_MARKER = re.compile(r"^(?:\S|\(?\w{1,4}[.)]|\d+(?:\.\d+)*\.?)\s")


# A word of a line: its text, its left and its right end.
Piece = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line that is drawn: its height on the page and its ends, in points."""

    y: float
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class PdfLine:
    """One line: its text, where it stands (points, y upwards) and how it looks.

    `size` is the height of its letters in points, `weight` that of the font (400 regular, 700 bold,
    though many fonts say otherwise), `gaps` the number of wide gaps between its words, `turned`
    whether it is written in another direction than the page is read, `hidden` that nobody sees it.
    `pieces` are its words with their left and right ends, empty where these are not known, `marks`
    the note marks that were taken out of them; `rules` are drawn nearer to it than to other lines.
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
    pieces: tuple[Piece, ...] = ()
    marks: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


def pages_by_pdfium(data: bytes, limits: FileLimits, marks: Marks) -> list[list[PdfLine]]:
    """Return the lines of each page in reading order, hidden ones included; fill in `marks`.

    Raises ReadError: encrypted, damaged (pdfium refuses it), too_large.
    """
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError(
                "encrypted", tr("this PDF needs a password; save it without one and add it again")
            ) from error
        raise ReadError(
            "damaged", tr("this PDF cannot be opened ({reason})", reason=error)
        ) from error
    try:
        if len(pdf) > limits.pages:
            raise ReadError(
                "too_large",
                tr(
                    "this PDF has {pages} pages; the limit is {limit}: split it",
                    pages=f"{len(pdf):,}",
                    limit=f"{limits.pages:,}",
                ),
            )
        marks.open(pdf)
        pages, characters = [], 0
        for number in range(len(pdf)):
            pages.append(_page(pdf, number, marks))
            characters += sum(len(line.text) for line in pages[-1])
            if characters > limits.characters:
                raise ReadError(
                    "too_large",
                    tr(
                        "this PDF holds over {count} characters: split it",
                        count=f"{limits.characters:,}",
                    ),
                )
        return pages
    finally:
        pdf.close()


def plain_lines(text: str) -> list[PdfLine]:
    """Return lines as if set in one font, where only the text of a page is known."""
    lines, base = [], 0.0
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        base -= 12.0
        shown = visible(raw).strip()
        if shown:
            gaps = len(re.findall(r"\S\s{3,}\S", raw.strip()))
            lines.append(PdfLine(shown, 0.0, 5.0 * len(shown), base, 10.0, 400.0, gaps))
    return lines


def _page(pdf: Any, number: int, marks: Marks) -> list[PdfLine]:
    import pypdfium2

    try:
        page = pdf[number]
        textpage = page.get_textpage()
        text = str(textpage.get_text_range())
        marks.see(pdf, page, textpage, number)
    except pypdfium2.PdfiumError:
        # A page that cannot be loaded is an empty page; the others are still worth reading.
        return []
    measure = _measured(textpage, text)
    written = (4 - measure.quarters) % 4 * 90
    if measure.quarters and page.get_rotation() != written:
        # What is written sideways on an upright page pdfium gives in no order.
        page.set_rotation(written)
        textpage = page.get_textpage()
        measure = _measured(textpage, str(textpage.get_text_range()))
    text, places = measure.text, measure.places
    left, bottom, right, top = upright(*page_box(page), measure.quarters)
    hidden = HiddenLetters(page, textpage)
    lines = []
    for start, end, hyphen in _spans(text, measure):
        shown = visible(text[start:end]).strip()
        if shown:
            line = measure.line(shown, start, end)
            if hyphen:
                line = replace(line, text=line.text + hyphen, pieces=_ended(line.pieces, hyphen))
            unseen = hidden.of(places[start:end])
            if any(unseen) and not all(unseen):
                # A line of both kinds is two: what is seen, and what stands between it.
                letters = list(zip(text[start:end], unseen, strict=True))
                # The spaces around what is covered still part the words.
                kept = (letter for letter, gone in letters if not gone or letter.isspace())
                seen = " ".join("".join(kept).split())
                between = "".join(letter for letter, gone in letters if gone)
                shown = visible(seen).strip() + hyphen
                lines.append(replace(line, text=shown, pieces=()))
                line = replace(line, text=visible(between).strip(), pieces=())
            # What stands beside the page or is set too small is not seen either.
            beside = not (line.right > left and line.left < right and bottom < line.base < top)
            small = line.size <= _SMALLEST
            lines.append(replace(line, hidden=any(unseen) or beside or small))
    lines = [line for line in lines if line.text]
    # Rules are asked for where there may be a table.
    if sum(line.gaps > 0 for line in lines) < 2:
        return lines
    return _ruled(lines, hidden.rules(measure.quarters))


def _measured(textpage: Any, text: str) -> _Measure:
    """Return what measures a page, with the page's text and the place of each letter."""
    # pdfium counts in UTF-16: the letters of formulas beyond U+FFFF take two places.
    places = list(accumulate((1 + (ord(letter) > 0xFFFF) for letter in text), initial=0))
    if places[-1] != textpage.count_chars():
        # Some character has no text, or more than one: each is asked for.
        text, places = _by_characters(textpage)
    return _Measure(textpage, text, places)


def _ruled(lines: list[PdfLine], drawn: Sequence[tuple[float, float, float]]) -> list[PdfLine]:
    """Return the lines of a page with the rules at them."""
    at: dict[int, list[Rule]] = {}
    for y, left, right in drawn[:_MOST_RULES]:
        over = [
            (abs(line.base - y), place)
            for place, line in enumerate(lines)
            if line.left < right and line.right > left
        ]
        if over:
            at.setdefault(min(over)[1], []).append(Rule(y, left, right))
    return [
        replace(line, rules=tuple(at[place])) if place in at else line
        for place, line in enumerate(lines)
    ]


def _spans(text: str, measure: _Measure) -> Iterator[tuple[int, int, str]]:
    """Yield where the lines of a page begin and end in its text, with the hyphen that ends each."""
    for found in _LINE.finditer(text):
        line = found[0].strip()
        if not line:
            continue
        after = text[found.end() : found.end() + 1]
        start = found.start() + len(found[0]) - len(found[0].lstrip())
        if _FIGURES.fullmatch(line):
            yield from (
                (first, last, "") for first, last in measure.level(start, start + len(line))
            )
        else:
            hyphen = "-" if after and after in _ENDING_HYPHENS else ""
            yield start, start + len(line), hyphen


def _ended(pieces: tuple[Piece, ...], hyphen: str) -> tuple[Piece, ...]:
    """Return the words of a line with the hyphen that ends the last one."""
    return (*pieces[:-1], (pieces[-1][0] + hyphen, *pieces[-1][1:])) if pieces else ()


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


class _Box(NamedTuple):
    """Where a letter stands: its left and right ends, the height and the bottom of its font."""

    left: float
    right: float
    height: float
    bottom: float


class _Word(NamedTuple):
    """A word of a line: as pdfium has it, the place of its first letter, its two outer letters."""

    text: str
    start: int
    first: _Box
    last: _Box

    @property
    def left(self) -> float:
        return self.first.left

    @property
    def right(self) -> float:
        return self.last.right


class _Look(NamedTuple):
    """How the letters of a line stand: their height, the bottom of their boxes, their baseline."""

    size: float
    bottom: float
    base: float


class _Measure:
    """Asks pdfium for boxes and fonts of single characters of one page."""

    def __init__(self, textpage: Any, text: str, places: Sequence[int]) -> None:
        import pypdfium2.raw as raw

        self._raw = raw
        self._page = textpage
        self.text = text
        self.places = places
        self._loose = raw.FPDFText_GetLooseCharBox
        self._box = raw.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self.quarters = self._quarters()

    def _quarters(self) -> int:
        """Return in how many quarter turns, clockwise, most of the page's letters are written.

        A page on its side is read as if it were upright; what else is written on it is kept.
        """
        some = {len(self.text) * part // _LOOKED_AT for part in range(_LOOKED_AT)}
        angles = Counter(
            round(self._raw.FPDFText_GetCharAngle(self._page, self.places[letter]) / (pi / 2)) % 4
            for letter in some
            if letter < len(self.text) and not self.text[letter].isspace()
        )
        (quarters, count), *_ = angles.most_common(1) or [(0, 0)]
        return quarters if count > 0.6 * angles.total() else 0

    def line(self, shown: str, start: int, end: int) -> PdfLine:
        """Return the line of the characters `start` to `end` of the page's text."""
        # Five letters are a sample of the line; the median of their sizes counts, so that neither a
        # footnote's number nor a sign from another font does, and the lowest of that size. Spaces
        # that pdfium puts in have no height: where most fell on them, the line was taken to be
        # too small to be seen.
        letters = sorted({self._seen(start + (end - 1 - start) * part // 4) for part in range(5)})
        boxes = {letter: self._around(letter) for letter in letters}
        size = sorted(box.height for box in boxes.values())[len(letters) // 2]
        alike = [letter for letter in letters if abs(boxes[letter].height - size) <= 0.05 * size]
        usual = min(alike, key=lambda letter: boxes[letter].bottom)
        base = self._base(usual)
        angle = float(self._raw.FPDFText_GetCharAngle(self._page, self.places[start]))
        turned = not self.quarters and 0.1 < angle < 6.18
        weights = [self._weight(letter) for letter in letters]
        words = self._words(start, end)
        same = shown == self.text[start:end]
        texts = [word.text if same else visible(word.text) for word in words]
        if not turned:
            look = _Look(size, boxes[usual].bottom, base)
            odd = [number for number, word in enumerate(words) if not self._is_level(word, look)]
            lifted = {number: self._lifted(words[number], look) for number in odd}
            whole = any(all(up) and len(up) > _LONGEST_RAISED for up in lifted.values())
            if not whole and 0 < sum(map(sum, lifted.values())) <= _MOST_RAISED * (end - start):
                for number, up in lifted.items():
                    texts[number] = _wrapped(words[number].text, up)
                shown = " ".join(filter(None, texts))
        return PdfLine(
            text=shown,
            left=boxes[start].left,
            right=boxes[end - 1].right,
            base=base,
            size=size,
            # As bold as its lightest letter; pdfium says -1 of a font without a weight.
            weight=min((weight for weight in weights if weight > 0), default=0.0),
            gaps=self._gaps(start, words, size),
            turned=turned,
            pieces=tuple(
                (text, word.left, word.right)
                for text, word in zip(texts, words, strict=True)
                if text
            ),
        )

    def level(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return a line as its parts that stand as high.

        pdfium takes figures below each other, as numbers of lines are, for one line.
        """
        first, last = self._around(start), self._around(end - 1)
        if abs(first.bottom - last.bottom) <= max(first.height, last.height):
            return [(start, end)]
        parts: list[tuple[int, int]] = []
        bottom = first.bottom
        for place in range(start, end):
            if self.text[place].isspace():
                continue
            box = self._around(place)
            if parts and abs(box.bottom - bottom) <= 0.6 * box.height:
                parts[-1] = (parts[-1][0], place + 1)
            else:
                parts.append((place, place + 1))
            bottom = box.bottom
        return parts

    def _seen(self, letter: int) -> int:
        """Return the place of the first letter from here on that is no space."""
        while self.text[letter].isspace():
            letter += 1
        return letter

    def _weight(self, letter: int) -> float:
        return float(self._raw.FPDFText_GetFontWeight(self._page, self.places[letter]))

    def _base(self, letter: int) -> float:
        self._raw.FPDFText_GetCharOrigin(self._page, self.places[letter], self._x, self._y)
        x, y = self._x.value, self._y.value
        return float(upright(x, y, x, y, self.quarters)[1])

    def _around(self, letter: int) -> _Box:
        """Return the box that the font gives a character."""
        box, place = self._box, self.places[letter]
        if not self._loose(self._page, place, box):
            return _Box(0.0, 0.0, 0.0, 0.0)
        if self.quarters:
            sides = box.left, box.bottom, box.right, box.top
            left, bottom, right, top = upright(*sides, self.quarters)
        else:
            left, bottom, right, top = box.left, box.bottom, box.right, box.top
        # A font that states no height of its letters is as high as it is set.
        return _Box(left, right, abs(top - bottom) or self._set_size(place), bottom)

    def _set_size(self, place: int) -> float:
        matrix = self._raw.FS_MATRIX()
        size = float(self._raw.FPDFText_GetFontSize(self._page, place))
        found = self._raw.FPDFText_GetMatrix(self._page, place, matrix)
        return size * hypot(matrix.c, matrix.d) if found else size

    def _words(self, start: int, end: int) -> list[_Word]:
        """Return the words of a line with the boxes of their first and last letters."""
        words = []
        for word in re.finditer(r"\S+", self.text[start:end]):
            first = self._around(start + word.start())
            last = self._around(start + word.end() - 1) if len(word[0]) > 1 else first
            words.append(_Word(word[0], start + word.start(), first, last))
        return words

    def _is_level(self, word: _Word, look: _Look) -> bool:
        """Say whether the ends of a word, and those of its parts, stand as its line does."""
        text, bottom, reach, small = word.text, look.bottom, 0.1 * look.size, _SMALLER * look.size
        boxes = [word.first, word.last]
        if not text.isalpha() and len(text) > 2:
            boxes += [self._around(word.start + place) for place in _ends(text)]
        return all(box[2] > small and -reach < box[3] - bottom < reach for box in boxes)

    def _lifted(self, word: _Word, look: _Look) -> list[bool]:
        """Say of each letter of a word whether it is raised, as an exponent or a note mark is."""
        lifted = []
        for place in range(word.start, word.start + len(word.text)):
            higher = self._base(place) - look.base
            small = self._around(place).height <= _SMALLER * look.size
            lifted.append(higher > (_RAISED if small else _LIFTED) * look.size)
        return lifted

    def _gaps(self, start: int, words: Sequence[_Word], size: float) -> int:
        line = self.text[start : words[-1].start + len(words[-1].text)]
        marker = _MARKER.match(line)
        first = start + (marker.end() if marker else 0)
        return sum(
            after.left - before.right > _GAP * size
            for before, after in pairwise(words)
            if before.start >= first
        )


def _ends(text: str) -> list[int]:
    """Return the places inside a word at which letters, figures or signs end, the fewest."""
    if text[:-1].isalpha():
        return [len(text) - 2]
    ends = {0, len(text) - 1}
    inside = []
    for part in _PART.finditer(text):
        first, last = part.start(), part.end() - 1
        for place in (last,) if text[first].isalpha() else (first, last):
            if place not in ends:
                ends.add(place)
                inside.append(place)
    return inside


def _wrapped(text: str, lifted: Sequence[bool]) -> str:
    """Return a word with its raised letters between the two signs for them."""
    parts = [
        (up, visible("".join(letter for letter, _ in run)))
        for up, run in groupby(zip(text, lifted, strict=True), key=itemgetter(1))
    ]
    return "".join(f"{UP}{part}{DOWN}" if up and part else part for up, part in parts)
