"""Presentations: the shapes of each slide in reading order, its notes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from corpus.readers.blocks import Blocks, clean
from corpus.readers.charts import write_graphic
from corpus.readers.equations import omml_text
from corpus.readers.office_package import (
    Element,
    Package,
    attribute,
    child,
    chosen_alternative,
    descendants,
    name,
)
from corpus.readers.office_runs import Run, join_runs, split_lines
from corpus.readers.word_styles import written_number
from corpus.table import detect_heads

_TITLES = {"title", "ctrTitle"}
_MARGINS = {"ftr", "dt", "hdr", "sldNum"}
_NUMBERED = re.compile(
    r"(arabic|alphaLc|alphaUc|romanLc|romanUc)\w*?(Period|ParenR|ParenBoth|Plain)$"
)
_FORMS = {
    "arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter",
    "romanLc": "lowerRoman", "romanUc": "upperRoman",
}  # fmt: skip
_SIGNS = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}"}
# Columns of a table that a merged cell may cover, and the longest text that is repeated there.
_COLUMNS, _REPEATED = 500, 300


def read_slides(package: Package, blocks: Blocks) -> None:
    """Write the text of a presentation; raises KeyError or ValueError for a damaged one.

    A slide is a page; where some are hidden, pages are labelled by the number of their slide.
    """
    root = package.xml(package.main)
    if root is None:
        raise KeyError("no presentation")
    size = child(root, "p:sldSz")
    sides = ("cx", 9_144_000), ("cy", 6_858_000)
    width, height = (int(size.get(a, b)) if size is not None else b for a, b in sides)
    reader = _Reader(package, blocks, width, height)
    slides = []
    for number, one in enumerate(descendants(root, "p:sldId"), start=1):
        part = package.target(package.main, attribute(one, "r:id"))
        slide = package.once(part)
        if slide is not None:
            slides.append((number, part, slide))
    hidden = [slide.get("show") in {"0", "false"} for _, _, slide in slides]
    for (number, part, slide), unseen in zip(slides, hidden, strict=True):
        if unseen:
            blocks.leave_out("hidden slides", 1, f"slide {number}")
            continue
        blocks.page(str(number) if any(hidden) else "")
        reader.read(part, slide)


@dataclass
class _Reader:
    package: Package
    blocks: Blocks
    width: int
    height: int
    part: str = ""
    said: set[str] = field(default_factory=set)
    numbers: dict[int, int] = field(default_factory=dict)
    layouts: dict[str, Element | None] = field(default_factory=dict)

    def read(self, part: str, slide: Element) -> None:
        """Write a slide."""
        self.part = part
        above = self._above()
        shapes = list(_shapes(child(slide, "p:cSld", "p:spTree")))
        titles = [one for one in shapes if _holder(one) in _TITLES]
        margins = [one for one in shapes if _holder(one) in _MARGINS]
        for one in titles:
            self.blocks.heading(1, " ".join(self._lines(one)))
        placed = [(self._box(one, above), one) for one in shapes if one not in titles + margins]
        self._write(placed)
        for one in margins:
            self._margin(one)
        self._notes()
        self._comments()

    def _above(self) -> list[Element]:
        """Return what the slide is laid out by: its layout, the layout's master."""
        found, part = [], self.part
        for kind in ("slideLayout", "slideMaster"):
            part = next(iter(self.package.targets(part, kind)), "")
            if part not in self.layouts:
                self.layouts[part] = self.package.xml(part)
            root = self.layouts[part]
            if root is not None:
                found.append(root)
        return found

    def _write(self, placed: list[tuple[Box | None, Element]]) -> None:
        seen: list[tuple[Box, Element]] = []
        for box, shape in placed:
            if _is_hidden(shape) or (box is not None and self._beside(box)):
                self.blocks.leave_out("hidden text", int(any(True for _ in self._lines(shape))))
            else:
                # A shape without a position comes first.
                seen.append((box or Box(0, 0, self.width, 0), shape))
        for shape in in_reading_order(seen):
            self._shape(shape)

    def _beside(self, box: Box) -> bool:
        """Say whether a shape lies beside its slide, where no audience sees it."""
        return box.right <= 0 or box.bottom <= 0 or box.left >= self.width or box.top >= self.height

    def _shape(self, shape: Element) -> None:
        short = name(shape)
        if short == "p:grpSp":
            inside = [(_own_box(one), one) for one in _shapes(shape)]
            # Within a group positions are counted from its own corner.
            for one in in_reading_order([(box or Box(0, 0, 0, 0), one) for box, one in inside]):
                if _is_hidden(one):
                    self.blocks.leave_out("hidden text", int(any(True for _ in self._lines(one))))
                else:
                    self._shape(one)
        elif short == "p:pic":
            self.blocks.leave_out("pictures")
        elif short == "p:graphicFrame":
            self._frame(shape)
        else:
            self.blocks.apart()
            for line in self._lines(shape):
                self.blocks.line(line)

    def _frame(self, frame: Element) -> None:
        table = next(descendants(frame, "a:tbl"), None)
        if table is not None:
            self._table(table)
        for embedded in descendants(frame, "p:oleObj"):
            if (embedded.get("progId") or "").startswith(("Equation", "MathType")):
                self.blocks.leave_out("equations")
            else:
                target = self.package.target(self.part, attribute(embedded, "r:id"))
                self.blocks.leave_out("embedded files", 1, target.rpartition("/")[2])
            break
        write_graphic(frame, self.package, self.part, self.blocks)

    def _table(self, table: Element) -> None:
        grid: list[list[str]] = []
        for row in descendants(table, "a:tr"):
            cells: list[str] = []
            for cell in row:
                if name(cell) != "a:tc":
                    continue
                place = len(cells)
                if cell.get("hMerge") in {"1", "true"} and cells:
                    text = cells[-1]
                elif cell.get("vMerge") in {"1", "true"} and grid and place < len(grid[-1]):
                    text = grid[-1][place]
                else:
                    text = clean(" ".join(self._lines(cell)))
                cells.append(text if len(text) <= _REPEATED or not _is_covered(cell) else "")
            grid.append(cells[:_COLUMNS])
        properties = child(table, "a:tblPr")
        named = properties is not None and properties.get("firstRow") in {"1", "true"}
        below = (1, detect_heads(grid)[1]) if named and len(grid) > 1 and grid[0] else None
        self.blocks.table(grid, heads=below)

    # Text

    def _lines(self, shape: Element) -> Iterator[str]:
        """Yield the lines of a shape, those of a list with their numbers."""
        self.numbers = {}
        for paragraph in descendants(shape, "a:p"):
            runs: list[Run] = []
            self._runs(paragraph, runs)
            lines = split_lines(join_runs(runs), apart=True)
            label = self._label(child(paragraph, "a:pPr"), bool(lines))
            for line in lines:
                yield f"{label} {line}" if label else line
                label = ""

    def _runs(self, holder: Element, runs: list[Run]) -> None:
        for one in holder:
            short = name(one)
            if short in {"a:r", "a:fld"}:
                said, properties = child(one, "a:t"), child(one, "a:rPr")
                text = "" if said is None else said.text or ""
                # PowerPoint writes a break within a run so where another program set it.
                text = text.replace("_x000B_", "\n").replace("_x000D_", "\n")
                marks = {} if properties is None else properties.attrib
                if marks.get("strike", "noStrike") != "noStrike":
                    self.blocks.leave_out("struck-out words", len(text.split()))
                    continue
                raising = str(marks.get("baseline", "0")).rstrip("%")
                sign = -1 if raising.startswith("-") else int(bool(raising.strip("0.")))
                runs.append((("", "raised", "lowered")[sign], text))
            elif short == "a:br":
                runs.append(("", "\n"))
            elif short in {"m:oMath", "m:oMathPara"}:
                runs.append(("", clean(omml_text(one))))
            elif short == "mc:AlternateContent":
                self._runs(chosen_alternative(one), runs)
            elif short == "a14:m":
                self._runs(one, runs)

    def _label(self, properties: Element | None, said: bool) -> str:
        """Count a paragraph of a numbered list; return its number."""
        if not said:
            return ""
        depth = int(properties.get("lvl", "0")) if properties is not None else 0
        numbered = child(properties, "a:buAutoNum") if properties is not None else None
        for deeper in [one for one in self.numbers if one > depth]:
            del self.numbers[deeper]
        form = _NUMBERED.match(numbered.get("type", "")) if numbered is not None else None
        if numbered is None or form is None:
            self.numbers.pop(depth, None)
            return ""
        start = int(numbered.get("startAt", "1"))
        self.numbers[depth] = self.numbers.get(depth, start - 1) + 1
        return _SIGNS[form.group(2)].format(
            written_number(self.numbers[depth], _FORMS[form.group(1)])
        )

    # Beside the slide

    def _margin(self, shape: Element) -> None:
        """Write a footer that differs from those before; numbers and today's date are none."""
        kind = _holder(shape)
        text = clean(" ".join(self._lines(shape)))
        if not text:
            return
        if kind == "sldNum":
            self.blocks.leave_out("page numbers")
        elif text in self.said or (kind == "dt" and any(True for _ in descendants(shape, "a:fld"))):
            self.blocks.leave_out("running heads")
        else:
            self.said.add(text)
            self.blocks.paragraph(f"Page footer: {text}")

    def _notes(self) -> None:
        for target in self.package.targets(self.part, "notesSlide"):
            root = self.package.once(target)
            tree = None if root is None else child(root, "p:cSld", "p:spTree")
            for shape in _shapes(tree):
                if _holder(shape) == "body":
                    for line in self._lines(shape):
                        self.blocks.paragraph(f"Speaker notes: {line}")

    def _comments(self) -> None:
        authors = {
            str(one.get("id")): clean(one.get("name") or "")
            for kind, short in (("commentAuthors", "p:cmAuthor"), ("authors", "p188:author"))
            for one in descendants(self.package.first(self.package.main, kind), short)
        }
        for target in self.package.targets(self.part, "comments"):
            root = self.package.once(target)
            for short, words in (
                ("p:cm", "p:text"),
                ("p188:cm", "p188:txBody"),
                ("p188:reply", "p188:txBody"),
            ):
                for one in descendants(root, short):
                    said = child(one, words)
                    text = "" if said is None else clean(said.text or " ".join(self._lines(said)))
                    author = authors.get(str(one.get("authorId")), "")
                    by = f" by {author}" if author else ""
                    self.blocks.paragraph(f"Comment{by}: {text}" if text else "")

    # Places

    def _box(self, shape: Element, above: list[Element]) -> Box | None:
        """Return where a shape lies, by its own word or that of the layout; None for nowhere."""
        box = _own_box(shape)
        mark = _placeholder(shape)
        if box is not None or mark is None:
            return box
        kind, number = mark.get("type", "obj"), mark.get("idx", "0")
        for root in above:
            for same_number in (True, False):
                for other in _shapes(child(root, "p:cSld", "p:spTree")):
                    like = _placeholder(other)
                    if like is None:
                        continue
                    matches = (
                        like.get("idx", "0") == number
                        if same_number
                        else _like(like.get("type", "obj")) == _like(kind)
                    )
                    if matches and (box := _own_box(other)) is not None:
                        return box
        return None


def _like(kind: str) -> str:
    return {"obj": "body", "subTitle": "body", "ctrTitle": "title"}.get(kind, kind)


def _shapes(tree: Element | None) -> Iterator[Element]:
    """Yield the shapes of a tree or a group, each in one of its forms, those of groups not."""
    for one in tree if tree is not None else ():
        short = name(one)
        if short == "mc:AlternateContent":
            yield from _shapes(chosen_alternative(one))
        elif short in {"p:sp", "p:grpSp", "p:graphicFrame", "p:pic"}:
            yield one


def _placeholder(shape: Element) -> Element | None:
    short = {"p:sp": "p:nvSpPr", "p:pic": "p:nvPicPr", "p:graphicFrame": "p:nvGraphicFramePr"}
    properties = short.get(name(shape))
    return None if properties is None else child(shape, properties, "p:nvPr", "p:ph")


def _holder(shape: Element) -> str:
    """Return what a shape holds the place of ("title", "sldNum"), "" for nothing."""
    mark = _placeholder(shape)
    return "" if mark is None else str(mark.get("type", "obj"))


def _is_hidden(shape: Element) -> bool:
    named = next(descendants(shape, "p:cNvPr"), None)
    return named is not None and named.get("hidden") in {"1", "true"}


def _is_covered(cell: Element) -> bool:
    return any(cell.get(short) in {"1", "true"} for short in ("hMerge", "vMerge"))


def _own_box(shape: Element) -> Box | None:
    paths = {
        "p:sp": ("p:spPr", "a:xfrm"),
        "p:pic": ("p:spPr", "a:xfrm"),
        "p:grpSp": ("p:grpSpPr", "a:xfrm"),
        "p:graphicFrame": ("p:xfrm",),
    }
    frame = child(shape, *paths[name(shape)])
    corner, size = (None if frame is None else child(frame, one) for one in ("a:off", "a:ext"))
    if corner is None or size is None:
        return None
    left, top = int(corner.get("x", "0")), int(corner.get("y", "0"))
    return Box(left, top, left + int(size.get("cx", "0")), top + int(size.get("cy", "0")))


One = TypeVar("One")
# A tenth of an inch: text boxes reach over each other by their margins.
_MARGIN, _SHARE = 91_440, 0.05
_CUTS = 10


class Box(NamedTuple):
    """Where a shape lies, in English Metric Units (914,400 an inch) from the top left corner."""

    left: int
    top: int
    right: int
    bottom: int


def in_reading_order(placed: Sequence[tuple[Box, One]]) -> list[One]:
    """Return shapes as a person reads them.

    What lies there is cut along its widest gap, between columns or between bands, and each part
    again, until nothing lies apart; the rest goes by the upper left corner. So a pair of lists
    under their heads is read list by list, and a row of labels with their texts label by label.
    """
    return [one for _, one in _ordered(list(placed), _CUTS)]


def _ordered(placed: list[tuple[Box, One]], cuts: int) -> list[tuple[Box, One]]:
    if len(placed) < 2 or not cuts:
        return sorted(placed, key=lambda one: (one[0].top, one[0].left))
    across, columns = _parts(placed, 0)
    down, bands = _parts(placed, 1)
    parts = columns if across > down else bands
    if len(parts) < 2:
        return sorted(placed, key=lambda one: (one[0].top, one[0].left))
    return [one for part in parts for one in _ordered(part, cuts - 1)]


def _parts(placed: list[tuple[Box, One]], axis: int) -> tuple[float, list[list[tuple[Box, One]]]]:
    """Cut what lies apart along an axis (0 across, 1 down); return the widest gap, the parts."""
    order = sorted(placed, key=lambda one: one[0][axis])
    gaps, end = [], float("inf")
    for box, _ in order:
        first, last = box[axis], box[axis + 2]
        margin = min((last - first) * _SHARE, _MARGIN)
        gaps.append(first + margin - end)
        end = max(end, last - margin) if gaps[1:] else last - margin
    widest = max(gaps)
    parts: list[list[tuple[Box, One]]] = []
    for gap, one in zip(gaps, order, strict=True):
        # Narrower gaps wait for the next cut: heads stay with their lists.
        if not parts or (gap >= 0 and gap * 2 >= widest):
            parts.append([])
        parts[-1].append(one)
    return widest, parts
