"""Letters of a PDF page that cannot be seen: without ink, white on white, covered or clipped."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

# Red, green and blue from which ink on paper is not seen, in 0…255.
_WHITE = 245
# Letters over a picture that covers this share of the page are its text as OCR reads it: what is
# seen is the picture, and they say what it says.
_SCAN = 0.5
# Objects of a page that are looked at; a page of more is a map or a plot.
_OBJECTS = 3_000
# What is drawn lower than this and longer than that, in points, is a rule.
_THIN, _LONG = 3.0, 15.0


Sides = tuple[float, float, float, float]


def upright(left: float, bottom: float, right: float, top: float, quarters: int) -> Sides:
    """Return a box as it stands where a page is turned so that its text is read upright.

    `quarters` are the quarter turns clockwise in which the text is written.
    """
    if quarters == 1:
        return -top, left, -bottom, right
    if quarters == 2:
        return -right, -top, -left, -bottom
    return (bottom, -right, top, -left) if quarters == 3 else (left, bottom, right, top)


def page_box(page: Any) -> Sides:
    """Return left, bottom, right and top of what is seen of a page, in points.

    Its media and crop boxes may stand with all pages instead of with the page; asking pypdfium2 5
    for either answers Letter then, and the top 50 points of an A4 page would lie beside it.
    """
    import pypdfium2.raw as raw

    box = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, box)
    return box.left, box.bottom, box.right, box.top


class HiddenLetters:
    """Finds the letters of one page that cannot be seen; in doubt a letter counts as seen."""

    def __init__(self, page: Any, textpage: Any) -> None:
        import pypdfium2.raw as raw

        self._raw = raw
        self._page = page
        self._textpage = textpage
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._box = [ctypes.c_double() for _ in range(4)]

    def of(self, places: Sequence[int]) -> list[bool]:
        """Return for each letter of a line, by its index on the page, whether it cannot be seen."""
        # Five letters are a sample of the line, as for its size; where one is hidden all are
        # checked.
        some = {places[(len(places) - 1) * part // 4] for part in range(5)} if places else ()
        if not any(
            self._unseen(place) or (self._covers and self._beside_cover(place)) for place in some
        ):
            return [False] * len(places)
        return [self._unseen(place) for place in places]

    def rules(self, quarters: int) -> list[tuple[float, float, float]]:
        """Return the lines drawn along the text: height, left and right end (`upright`)."""
        return [
            ((box[1] + box[3]) / 2, box[0], box[2])
            for _, kind, drawn in self._objects or ()
            for box in [upright(*drawn, quarters)]
            if kind == self._raw.FPDF_PAGEOBJ_PATH
            and box[3] - box[1] < _THIN
            and box[2] - box[0] > _LONG
        ]

    def _unseen(self, place: int) -> bool:
        written = self._raw.FPDFText_GetTextObject(self._textpage, place)
        if not written:
            return False
        if self._covered(written, place):
            return True
        mode = self._raw.FPDFTextObj_GetTextRenderMode(written)
        if mode == self._raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            return not self._scanned
        if mode != self._raw.FPDF_TEXTRENDERMODE_FILL:
            return False
        red, green, blue, alpha = self._colour
        if not self._raw.FPDFText_GetFillColor(self._textpage, place, red, green, blue, alpha):
            return False
        if not alpha.value:
            return True
        white = min(red.value, green.value, blue.value) >= _WHITE
        return white and not self._on_something(place)

    def _beside_cover(self, place: int) -> bool:
        """Say whether something opaque is drawn at the height of a letter, over text."""
        written = self._raw.FPDFText_GetTextObject(self._textpage, place)
        middle = self._middle(place) if written else None
        return middle is not None and self._covers.beside(written, middle[1])

    def _covered(self, written: Any, place: int) -> bool:
        """Say whether a letter lies under something opaque or outside its clip."""
        middle = self._middle(place)
        return middle is not None and self._covers.hide(written, *middle)

    def _on_something(self, place: int) -> bool:
        """Say whether anything but white is drawn where a letter stands."""
        middle = self._middle(place)
        if middle is None:
            return True
        x, y = middle
        return self._grounds is None or any(
            one[0] <= x <= one[2] and one[1] <= y <= one[3] for one in self._grounds
        )

    def _middle(self, place: int) -> tuple[float, float] | None:
        """Return where the middle of a letter stands, None for one without a box."""
        left, right, bottom, top = self._box
        if not self._raw.FPDFText_GetCharBox(self._textpage, place, left, right, bottom, top):
            return None
        return (left.value + right.value) / 2, (bottom.value + top.value) / 2

    @cached_property
    def _covers(self) -> Covers:
        return Covers(self._page, page_box(self._page), self._drawn or ())

    @cached_property
    def _scanned(self) -> bool:
        """Whether one picture covers most of the page."""
        left, bottom, right, top = page_box(self._page)
        whole = max(1.0, (right - left) * (top - bottom))
        # Forms hold pictures too; a page of many objects is not looked through.
        return self._pictures is None or any(
            (box[2] - box[0]) * (box[3] - box[1]) >= _SCAN * whole for box in self._pictures
        )

    @cached_property
    def _objects(self) -> list[tuple[Any, int, Sides]] | None:
        """The objects of the page with kind and box (left, bottom, right, top); None for many."""
        if self._drawn is None:
            return None
        found = []
        sides = [ctypes.c_float() for _ in range(4)]
        for drawn, kind in self._drawn:
            if self._raw.FPDFPageObj_GetBounds(drawn, *sides):
                left, bottom, right, top = (side.value for side in sides)
                found.append((drawn, kind, (left, bottom, right, top)))
        return found

    @cached_property
    def _drawn(self) -> list[tuple[Any, int]] | None:
        """The objects of the page in the order in which they are drawn, with their kinds."""
        raw = self._raw
        count = raw.FPDFPage_CountObjects(self._page)
        if count > _OBJECTS:
            return None
        objects = (raw.FPDFPage_GetObject(self._page, number) for number in range(count))
        return [(drawn, raw.FPDFPageObj_GetType(drawn)) for drawn in objects]

    @cached_property
    def _pictures(self) -> list[Sides] | None:
        kinds = (self._raw.FPDF_PAGEOBJ_IMAGE, self._raw.FPDF_PAGEOBJ_FORM)
        if self._objects is None:
            return None
        return [box for _, kind, box in self._objects if kind in kinds]

    @cached_property
    def _grounds(self) -> list[Sides] | None:
        """The boxes of what is drawn and not white; None where they cannot be told."""
        if self._objects is None:
            return None
        raw = self._raw
        grounds = []
        for drawn, kind, box in self._objects:
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                continue
            red, green, blue, alpha = self._colour
            white = (
                kind == raw.FPDF_PAGEOBJ_PATH
                and raw.FPDFPageObj_GetFillColor(drawn, red, green, blue, alpha)
                and min(red.value, green.value, blue.value) >= _WHITE
            )
            if not white:
                grounds.append(box)
        return grounds


# A page of more covers is a map or a plot, and not looked through.
_COVERS = 100
# What is smaller, in points, hides no letter.
_SMALLEST = 4.0
_OPAQUE = 255


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.bottom <= y <= self.top


class Covers:
    """What is drawn over the letters of one page."""

    def __init__(
        self,
        page: Any,
        seen: tuple[float, float, float, float],
        objects: Sequence[tuple[Any, int]],
    ) -> None:
        """Take the box that is seen of a page and its objects with their kinds, as drawn."""
        import pypdfium2.raw as raw

        self._raw = raw
        self._page = page
        whole = max(1.0, (seen[2] - seen[0]) * (seen[3] - seen[1]))
        self._order: dict[int, int] = {}
        self._clips: dict[int, _Box | None] = {}
        self._boxes: list[tuple[int, _Box]] = []
        texts: list[tuple[int, Any]] = []
        for number, (drawn, kind) in enumerate(objects):
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                texts.append((number, drawn))
            elif texts and kind in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE):
                box = self._cover(drawn, kind, whole)
                if box:
                    self._boxes.append((number, box))
        if len(self._boxes) > _COVERS:
            self._boxes = []
        self._order = {ctypes.addressof(text.contents): number for number, text in texts}

    def __bool__(self) -> bool:
        """Say whether anything opaque is drawn after text."""
        return bool(self._boxes)

    def beside(self, written: Any, y: float) -> bool:
        """Say whether something opaque is drawn after a text object, at the height `y`."""
        at = self._order.get(ctypes.addressof(written.contents))
        return at is not None and any(
            number > at and box.bottom <= y <= box.top for number, box in self._boxes
        )

    def hide(self, written: Any, x: float, y: float) -> bool:
        """Say whether the letter at a place, of a text object of the page, is not seen."""
        address = ctypes.addressof(written.contents)
        at = self._order.get(address)
        if at is None:
            return False
        if any(number > at and box.holds(x, y) for number, box in self._boxes):
            return True
        if address not in self._clips:
            self._clips[address] = self._clip(written)[0]
        clip = self._clips[address]
        return clip is not None and not clip.holds(x, y)

    def _bounds(self, drawn: Any) -> _Box | None:
        sides = [ctypes.c_float() for _ in range(4)]
        if not self._raw.FPDFPageObj_GetBounds(drawn, *sides):
            return None
        return _Box(*(side.value for side in sides))

    def _cover(self, drawn: Any, kind: int, whole: float) -> _Box | None:
        """Return the box that an object hides, None if it is not opaque."""
        raw = self._raw
        box = self._bounds(drawn)
        if box is None or min(box.right - box.left, box.top - box.bottom) < _SMALLEST:
            return None
        if raw.FPDFPageObj_HasTransparency(drawn):
            return None
        if kind == raw.FPDF_PAGEOBJ_PATH:
            if not self._filled(drawn) or not _is_box(self._points(drawn), box):
                return None
        elif (box.right - box.left) * (box.top - box.bottom) >= _SCAN * whole:
            return None
        clip, plain = self._clip(drawn)
        if not plain:
            return None
        if clip:
            box = _both(box, clip)
        if kind == raw.FPDF_PAGEOBJ_IMAGE and not self._opaque(drawn):
            return None
        return box

    def _filled(self, drawn: Any) -> bool:
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        colour = [ctypes.c_uint() for _ in range(4)]
        return bool(
            self._raw.FPDFPath_GetDrawMode(drawn, mode, stroke)
            and mode.value
            and self._raw.FPDFPageObj_GetFillColor(drawn, *colour)
            and colour[3].value == _OPAQUE
        )

    def _opaque(self, drawn: Any) -> bool:
        """Say whether a picture has no place that is seen through."""
        raw = self._raw
        bitmap = raw.FPDFImageObj_GetRenderedBitmap(self._page.pdf, self._page, drawn)
        if not bitmap:
            return False
        try:
            if raw.FPDFBitmap_GetFormat(bitmap) != raw.FPDFBitmap_BGRA:
                return True
            size = raw.FPDFBitmap_GetStride(bitmap) * raw.FPDFBitmap_GetHeight(bitmap)
            # At the edges a picture ends between two points.
            clear = ctypes.string_at(raw.FPDFBitmap_GetBuffer(bitmap), size)[3::4]
            return clear.count(_OPAQUE) > 0.95 * len(clear)
        finally:
            raw.FPDFBitmap_Destroy(bitmap)

    def _points(self, path: Any) -> list[tuple[float, float]]:
        """Return the corners of a path on the page, none where it is curved or has many."""
        raw = self._raw
        count = raw.FPDFPath_CountSegments(path)
        if not 4 <= count <= 6:
            return []
        matrix = raw.FS_MATRIX()
        if not raw.FPDFPageObj_GetMatrix(path, matrix):
            return []
        found = self._corners(raw.FPDFPath_GetPathSegment(path, one) for one in range(count))
        return [
            (matrix.a * x + matrix.c * y + matrix.e, matrix.b * x + matrix.d * y + matrix.f)
            for x, y in found
        ]

    def _corners(self, segments: Any) -> list[tuple[float, float]]:
        raw = self._raw
        x, y = ctypes.c_float(), ctypes.c_float()
        found = []
        for segment in segments:
            if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_BEZIERTO:
                return []
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            found.append((x.value, y.value))
        return found

    def _clip(self, drawn: Any) -> tuple[_Box | None, bool]:
        """Return the box that clips an object, if any, and whether the clip is only that box."""
        raw = self._raw
        clip = raw.FPDFPageObj_GetClipPath(drawn)
        paths = raw.FPDFClipPath_CountPaths(clip) if clip else 0
        box: _Box | None = None
        plain = True
        for path in range(max(0, paths)):
            count = raw.FPDFClipPath_CountPathSegments(clip, path)
            if not 4 <= count <= 6:
                plain = False
                continue
            points = self._corners(
                raw.FPDFClipPath_GetPathSegment(clip, path, one) for one in range(count)
            )
            if not points:
                plain = False
                continue
            around = _Box(
                min(x for x, _ in points),
                min(y for _, y in points),
                max(x for x, _ in points),
                max(y for _, y in points),
            )
            plain = plain and _is_box(points, around)
            box = _both(box, around) if box else around
        return box, plain


def _is_box(points: list[tuple[float, float]], box: _Box) -> bool:
    """Say whether corners are those of a box."""
    at = {(abs(x - box.left) < 1, abs(y - box.bottom) < 1) for x, y in points}
    return len(at) == 4 and all(
        min(abs(x - box.left), abs(x - box.right)) < 1
        and min(abs(y - box.bottom), abs(y - box.top)) < 1
        for x, y in points
    )


def _both(one: _Box, other: _Box) -> _Box:
    return _Box(
        max(one.left, other.left),
        max(one.bottom, other.bottom),
        min(one.right, other.right),
        min(one.top, other.top),
    )
