"""Letters of a PDF page that something opaque is drawn over, or that lie outside their clip."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, NamedTuple

# A page of more covers is a map or a plot, and not looked through.
_COVERS = 100
# What is smaller, in points, hides no letter.
_SMALLEST = 4.0
# A picture that covers this share of the page is the scan whose text lies under it.
_SCAN = 0.5
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
        """Say whether something opaque is drawn after a text object and stands at a height."""
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
        """Return what an object hides of the page; None where something is seen through it."""
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
        """Return the box that an object is seen in, if any, and whether that is all of its clip."""
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
