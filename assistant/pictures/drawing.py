"""Pictures as drawings, by Matplotlib: SVG for the page and for documents, PNG for Word.

What is drawn are lines, dots and words at places that are worked out here, in units of one pixel at
a width of WIDTH; nothing of the state that Matplotlib keeps for one user (pyplot) is used.
"""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

from assistant.memo.translation import worded
from assistant.memo.typesetting import font_paths
from assistant.pictures.dates import day_in_words, span_of_day, ticks
from assistant.pictures.matplotlib_folder import set_matplotlib_folder
from assistant.pictures.picture import Kind, Picture, Point

Form = Literal["page", "svg", "png"]
WIDTH = 680
_DOTS_AN_INCH = 200
# The colours, and what the page has for them: it may be dark.
_INK, _QUIET, _ACCENT, _RULE = "#1a1d21", "#5a626d", "#1f5fbf", "#cdd2d9"
_ON_PAGE = {_INK: "currentColor", _QUIET: "var(--quiet, #5a626d)",
            _ACCENT: "var(--accent, #1f5fbf)", _RULE: "var(--line, #cdd2d9)"}  # fmt: skip
# One face for both scripts; its package is among what is installed.
_FACE, _SPARE = "Noto Sans CJK SC", "DejaVu Sans"
_SIZE, _SMALL, _LINE = 13, 11.5, 17
# The mean width of a letter as a share of its size; a Chinese character is as wide as high.
_LETTER = 0.54
_SVG = "http://www.w3.org/2000/svg"
_LOCK = threading.Lock()
# Where values differ by more, an axis of equal steps shows only the largest.
_LOGARITHMIC = 30


def drawn(picture: Picture, form: Form, href: Callable[[Point], str] | None = None) -> bytes:
    """Return a picture of a kind that is drawn.

    "page" is SVG to stand in HTML: text is text, colours are the page's, each point links to what
    `href` says. "svg" is for documents, "png" for those that take no SVG. Equal pictures are equal
    bytes.
    """
    sheet = _timeline(picture) if picture.kind == Kind.TIMELINE else _range(picture)
    return _rendered(sheet, picture, form, href)


@dataclass(frozen=True, slots=True)
class _Words:
    """A text at a place; `anchor` is which end of it stands there."""

    x: float
    y: float
    text: str
    size: float = _SIZE
    colour: str = _INK
    anchor: Literal["left", "center", "right"] = "left"
    point: int = -1


@dataclass(frozen=True, slots=True)
class _Stroke:
    """A line through places."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    width: float = 1
    colour: str = _RULE
    point: int = -1


@dataclass(frozen=True, slots=True)
class _Dot:
    """A dot; a hollow one is less sure of its place."""

    x: float
    y: float
    hollow: bool = False
    point: int = -1


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is drawn, in the order in which it is, and the box (top, bottom) of each point."""

    height: float
    marks: Sequence[_Words | _Stroke | _Dot]
    boxes: Sequence[tuple[float, float]]


def _timeline(picture: Picture) -> _Sheet:
    """Return a true axis of time from top to bottom, and beside each event its date and words."""
    points = picture.points
    axis, words = 78, 222
    lines = [_wrapped(one.label, WIDTH - words, 3) for one in points]
    heights = [max(1, len(one)) * _LINE + 13 for one in lines]
    spans = [span_of_day(one.date) for one in points]
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    top, height = 14, max(sum(heights) * 1.04, 150.0)
    share = (height - 2 * top) / max(1, last - first)

    def y_of(day: float) -> float:
        return top + (day - first) * share

    wanted = [y_of((span[0] + span[1]) / 2) for span in spans]
    places = _apart(wanted, heights, height)
    marks: list[_Words | _Stroke | _Dot] = [_Stroke((axis, axis), (top - 8, height - top + 8), 1.5)]
    named = -99.0
    for start, name in ticks(first, last, picture.language):
        y = y_of(start)
        if y - named < _LINE:
            continue
        named = y
        marks.append(_Stroke((axis - 5, axis), (y, y), 1))
        marks.append(_Words(axis - 10, y, name, _SMALL, _QUIET, "right"))
    if named < 0:
        marks.append(_Words(axis - 10, y_of(first), points[0].date[:4], _SMALL, _QUIET, "right"))
    for number, (one, span, at, y) in enumerate(zip(points, spans, wanted, places, strict=True)):
        exact = span[0] == span[1]
        if not exact:
            # A month is a stretch of the axis; two that follow each other are two.
            ends = (y_of(span[0]) + 4, max(y_of(span[1]) - 4, y_of(span[0]) + 5))
            marks.append(_Stroke((axis, axis), ends, 5, _ACCENT, number))
        elbow = axis + 22
        day = day_in_words(one.date, picture.language)
        rise = (len(lines[number]) - 1) * _LINE / 2
        marks.append(
            _Stroke((axis + 6, elbow, elbow + 12), (at, y - rise, y - rise), 1, _RULE, number)
        )
        if exact:
            marks.append(_Dot(axis, at, point=number))
        marks.append(_Words(elbow + 18, y - rise, day, _SIZE, _ACCENT, "left", number))
        for place, line in enumerate(lines[number]):
            marks.append(_Words(words, y - rise + place * _LINE, line, point=number))
    boxes = [(y - high / 2, y + high / 2) for y, high in zip(places, heights, strict=True)]
    return _Sheet(height, marks, boxes)


def _apart(wanted: Sequence[float], heights: Sequence[float], height: float) -> list[float]:
    """Return places as near as may be to those wanted, in their order, none over another."""
    places: list[float] = []
    end = 0.0
    for at, high in zip(wanted, heights, strict=True):
        place = max(at, end + high / 2)
        places.append(place)
        end = place + high / 2
    below = height
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], below - heights[index] / 2)
        below = places[index] - heights[index] / 2
    return places


def _range(picture: Picture) -> _Sheet:
    """Return a row for each figure: its value, who says it and what it counts, then its place."""
    points = picture.points
    words, begin, end = 150, 470, WIDTH - 26
    lines = [_wrapped(one.label, begin - words - 24, 4) for one in points]
    heights = [max(3, len(one)) * _LINE + 12 for one in lines]
    low, high = min(_low(one) for one in points), max(one.value or 0 for one in points)
    logarithmic = low > 0 and high / low > _LOGARITHMIC
    x_of, marked, times = _scale(low, high, begin, end, picture.unit, logarithmic=logarithmic)
    bottom = sum(heights) + 8
    marks: list[_Words | _Stroke | _Dot] = []
    for x, name in marked:
        marks.append(_Stroke((x, x), (6, bottom), 0.8))
        marks.append(_Words(x, bottom + 12, name, _SMALL, _QUIET, "center"))
    marks.append(_Stroke((begin - 8, end + 8), (bottom, bottom), 1.2))
    y = 8.0
    boxes = []
    for number, one in enumerate(points):
        middle = y + heights[number] / 2
        rise = (len(lines[number]) - 1) * _LINE / 2
        value = _wrapped(one.shown, words - 22, 2)
        who = _wrapped(one.who, words - 12, 3 - len(value))
        above = (len(value) + len(who) - 1) * _LINE / 2
        for place, line in enumerate([*value, *who]):
            size, colour = (_SIZE + 1, _ACCENT) if place < len(value) else (_SMALL, _QUIET)
            height = middle - above + place * _LINE
            marks.append(_Words(0, height, line, size, colour, point=number))
        for place, line in enumerate(lines[number]):
            marks.append(_Words(words, middle - rise + place * _LINE, line, 12.5, point=number))
        x = x_of(one.value or 0)
        if _low(one) < (one.value or 0):
            marks.append(_Stroke((x_of(_low(one)), x), (middle, middle), 3, _ACCENT, number))
            marks.append(_Dot(x_of(_low(one)), middle, point=number))
        if one.shown.startswith((">", "<")):
            # "More than": the dot is where it begins, and an arrow says which way it goes on.
            way = 1 if one.shown.startswith(">") else -1
            tip = x + way * 20
            marks.append(_Stroke((x + way * 6, tip), (middle, middle), 1.5, _ACCENT, number))
            back = tip - way * 5
            barbs = (middle - 4, middle, middle + 4)
            marks.append(_Stroke((back, tip, back), barbs, 1.5, _ACCENT, number))
        marks.append(_Dot(x, middle, one.shown.startswith((">", "<")), number))
        boxes.append((y, y + heights[number]))
        y += heights[number]
    if not logarithmic:
        return _Sheet(bottom + 24, marks, boxes)
    # Who is not used to such an axis takes equal steps for equal sums.
    steps = worded("each line is {times} times the one before", picture.language, times=times)
    marks.append(_Words((begin + end) / 2, bottom + 29, steps, _SMALL, _QUIET, "center"))
    return _Sheet(bottom + 40, marks, boxes)


def _low(point: Point) -> float:
    return point.low if point.low is not None else point.value or 0.0


def _scale(
    low: float, high: float, begin: float, end: float, unit: str, *, logarithmic: bool
) -> tuple[Callable[[float], float], list[tuple[float, str]], int]:
    """Return what places a value on an axis, and the axis's marks with their names.

    And how many times the one before each mark is, 1 on an axis of equal steps.
    """
    if logarithmic:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        step = 1 if last - first <= 4 else 2 if last - first <= 8 else 3

        def x_log(value: float) -> float:
            return begin + (math.log10(value) - first) / (last - first) * (end - begin)

        powers = range(first, last + 1, step)
        return x_log, [(x_log(10.0**one), _short(10.0**one, unit)) for one in powers], 10**step
    rough = high / 3
    size = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step_size = next(size * one for one in (1, 2, 5, 10) if size * one >= rough)
    count = math.ceil(high / step_size)

    def x_even(value: float) -> float:
        return begin + value / (count * step_size) * (end - begin)

    values = [step_size * one for one in range(count + 1)]
    return x_even, [(x_even(one), _short(one, unit)) for one in values], 1


_SIGNS = {"US dollars": "$", "euros": "€", "pounds": "£", "yuan": "¥", "美元": "$", "欧元": "€",
          "英镑": "£", "元": "¥"}  # fmt: skip


def _short(value: float, unit: str) -> str:
    """Return a value of an axis: "$100k", "$1bn"."""
    sign = next((sign for name, sign in _SIGNS.items() if unit.startswith(name)), "")
    for size, letters in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if value >= size:
            return f"{sign}{value / size:g}{letters}"
    return f"{sign}{value:g}"


def _wrapped(text: str, width: float, most: int) -> list[str]:
    """Return a text in lines of at most a width, the last with "…" where more would follow."""
    room = width / (_SIZE * _LETTER)
    lines = [""]
    for word in _pieces(text):
        if _wide(lines[-1] + word.rstrip()) <= room or not lines[-1]:
            lines[-1] += word
        else:
            lines.append(word)
    lines = [one.strip() for one in lines]
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while _wide(f"{last}…") > room and last:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip(' ,;:')}…"]


def _pieces(text: str) -> list[str]:
    """Return where a line may break: after a space, after a Chinese character."""
    pieces = [""]
    for sign in text:
        pieces[-1] += sign
        if sign == " " or sign > "\u2e80":
            pieces.append("")
    return [one for one in pieces if one]


def _wide(text: str) -> float:
    return sum(1 / _LETTER if sign > "\u2e80" else 1 for sign in text)


def _rendered(
    sheet: _Sheet, picture: Picture, form: Form, href: Callable[[Point], str] | None
) -> bytes:
    """Return a sheet as Matplotlib draws it."""
    with _LOCK:
        matplotlib = _matplotlib()
        # The hash of ids has a salt, or no two drawings were alike.
        settings = {
            "svg.fonttype": "none" if form == "page" else "path",
            "svg.hashsalt": "briefing",
            "font.family": [_FACE, _SPARE],
        }
        with matplotlib.rc_context(settings):
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.backends.backend_svg import FigureCanvasSVG

            # The face has its dots at half height, as Chinese has them.
            dots = "…" if form == "page" else "..."
            figure = _figure(sheet, dots)
            buffer = io.BytesIO()
            if form == "png":
                figure.patch.set_facecolor("white")
                FigureCanvasAgg(figure)
                figure.savefig(buffer, format="png", dpi=_DOTS_AN_INCH, metadata={"Software": None})
                return buffer.getvalue()
            FigureCanvasSVG(figure)
            figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    if form == "svg":
        return buffer.getvalue()
    return _for_page(buffer.getvalue(), sheet, picture, href)


_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _matplotlib() -> Any:
    """Return the library, imported, with the face that has Chinese characters."""
    set_matplotlib_folder()
    import matplotlib as library
    from matplotlib import font_manager

    known = {one.name for one in font_manager.fontManager.ttflist}
    if _FACE not in known:
        for file in font_files():
            font_manager.fontManager.addfont(file)
    return library


def font_files() -> list[str]:
    """Return the files of the face that has Chinese characters; [] where its package is missing."""
    return sorted(str(one) for folder in font_paths() for one in Path(folder).glob("*.ttc"))


def _figure(sheet: _Sheet, dots: str) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Ellipse

    figure = Figure(figsize=(WIDTH / 72, sheet.height / 72), dpi=72)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(sheet.height, 0)
    axes.set_axis_off()
    for order, mark in enumerate(sheet.marks):
        if isinstance(mark, _Words):
            made: Any = axes.text(
                mark.x, mark.y, mark.text.replace("…", dots), fontsize=mark.size, color=mark.colour,
                ha=mark.anchor, va="center_baseline", parse_math=False,
            )  # fmt: skip
        elif isinstance(mark, _Stroke):
            made = Line2D(mark.xs, mark.ys, linewidth=mark.width, color=mark.colour,
                          solid_capstyle="round", solid_joinstyle="round")  # fmt: skip
            axes.add_line(made)
        else:
            face = "none" if mark.hollow else _ACCENT
            made = Ellipse((mark.x, mark.y), 10, 10, facecolor=face, edgecolor=_ACCENT, linewidth=2)
            axes.add_patch(made)
        made.set_clip_on(False)
        made.set_zorder(order + 10)
        if mark.point >= 0:
            made.set_gid(f"point-{mark.point}-{order}")
    return figure


def _for_page(
    drawing: bytes, sheet: _Sheet, picture: Picture, href: Callable[[Point], str] | None
) -> bytes:
    """Return an SVG to stand in HTML: colours of the page, no ids, each point one link."""
    ElementTree.register_namespace("", _SVG)
    # Safe: it was made here, and what documents say stands in it as text.
    whole = ElementTree.fromstring(drawing)
    marks: dict[int, list[ElementTree.Element]] = {}
    kept = []
    for group in list(whole.iter(f"{{{_SVG}}}g")):
        name = group.get("id", "")
        if name.startswith("point-"):
            marks.setdefault(int(name.split("-")[1]), []).append(group)
        elif group.get("id", "").startswith(("text_", "line2d_", "patch_")):
            kept.append(group)
    root = ElementTree.Element(
        f"{{{_SVG}}}svg",
        {"viewBox": f"0 0 {WIDTH} {sheet.height:g}", "role": "group", "aria-label": picture.title,
         "class": "drawing", "width": "100%"},
    )  # fmt: skip
    # The first patch is the ground, which the page has.
    root.extend(one for one in kept if one.get("id") != "patch_1")
    for number, point in enumerate(picture.points):
        top, bottom = sheet.boxes[number]
        link = ElementTree.SubElement(
            root, f"{{{_SVG}}}a",
            {"class": "point", "href": href(point) if href else "#",
             "aria-label": _spoken(point, picture)},
        )  # fmt: skip
        ElementTree.SubElement(link, f"{{{_SVG}}}title").text = f"{point.words} ({point.named})"
        ElementTree.SubElement(
            link, f"{{{_SVG}}}rect",
            {"class": "ground", "x": "0", "y": f"{top:g}", "width": str(WIDTH),
             "height": f"{bottom - top:g}", "rx": "4", "fill": "transparent"},
        )  # fmt: skip
        link.extend(marks.get(number, ()))
    for element in root.iter():
        element.attrib.pop("id", None)
        element.attrib.pop("clip-path", None)
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
        if style := element.get("style"):
            element.set("style", _style_of_page(style))
    text = ElementTree.tostring(root, encoding="unicode")
    return " ".join(text.split()).encode()


def _spoken(point: Point, picture: Picture) -> str:
    """Return what a screen reader says of a point."""
    when = day_in_words(point.date, picture.language) if picture.kind == Kind.TIMELINE else ""
    parts = (when, point.shown, point.who if point.shown else "", point.label, point.named)
    return ". ".join(one for one in parts if one)


def _style_of_page(style: str) -> str:
    """Return a style with the colours of the page, and the face that its text has."""
    for colour, named in _ON_PAGE.items():
        style = style.replace(colour, named)
    kept = []
    for one in style.split(";"):
        name, _, value = one.strip().partition(":")
        if name == "font":
            size = next(part for part in value.split() if part.endswith("px"))
            kept.append(f"font-size: {size}")
        elif name and name != "font-family":
            kept.append(f"{name}: {value.strip()}")
    return "; ".join(kept)
