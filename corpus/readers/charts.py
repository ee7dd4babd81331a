"""Charts and SmartArt of Office files: the data behind the picture, the words in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from corpus.readers.blocks import Blocks, clean
from corpus.readers.number_formats import format_value
from corpus.readers.office_package import Element, Package, attribute, child, descendants, name

# Categories and series of one chart; a file may hold points without end.
_POINTS = 5_000


def write_graphic(graphic: Element, package: Package, part: str, blocks: Blocks) -> None:
    """Write what a frame (a:graphicData and what lies in it) shows as chart or SmartArt.

    `part` is the part of the package in which the frame stands.
    """
    for short in ("c:chart", "cx:chart"):
        for one in descendants(graphic, short):
            chart = package.once(package.target(part, attribute(one, "r:id")))
            if chart is not None:
                write_chart(chart, blocks)
    for one in descendants(graphic, "dgm:relIds"):
        diagram = package.once(package.target(part, attribute(one, "r:dm")))
        if diagram is not None:
            blocks.rows(_diagram(diagram))


def write_chart(chart: Element, blocks: Blocks) -> None:
    """Write a chart as a table: a row a category, a column a series, its title as caption."""
    caption = title_of(chart) or "Chart"
    groups = _series_new(chart) if name(chart) == "cx:chartSpace" else _series(chart)
    if not groups:
        blocks.paragraph(caption)
    of_categories = _axis_title(chart, "c:catAx", "c:dateAx")
    unit = _axis_title(chart, "c:valAx")
    for categories, series in groups:
        head = [of_categories, *(title for title, _ in series)]
        rows = [
            [category, *(values.get(place, "") for _, values in series)]
            for place, category in categories
        ]
        blocks.table([head, *rows], heads=(1, 1), caption=caption, unit=unit)


_Points = dict[int, str]
_Group = tuple[tuple[tuple[int, str], ...], list[tuple[str, _Points]]]


def _series(chart: Element) -> list[_Group]:
    """Return the series of a chart by the categories that they share."""
    groups: dict[tuple[tuple[int, str], ...], list[tuple[str, _Points]]] = {}
    for number, one in enumerate(descendants(chart, "c:ser"), start=1):
        values = _points(child(one, "c:val"), child(one, "c:yVal"))
        categories = _points(child(one, "c:cat"), child(one, "c:xVal"))
        title = child(one, "c:tx")
        said = clean(" ".join(inner_text(title))) if title is not None else ""
        places = sorted(set(values) | set(categories))[:_POINTS]
        key = tuple((place, categories.get(place, str(place + 1))) for place in places)
        if values:
            groups.setdefault(key, []).append((said or f"Series {number}", values))
    return list(groups.items())


def _points(*holders: Element | None) -> _Points:
    """Return the values kept in a chart by their place, as the chart's format shows them."""
    for holder in holders:
        if holder is None:
            continue
        code = next((one.text or "" for one in descendants(holder, "c:formatCode")), "General")
        is_number = any(
            True for short in ("c:numCache", "c:numLit") for _ in descendants(holder, short)
        )
        levels = [
            {
                int(point.get("idx", "0")): _value(point, code, is_number)
                for point in descendants(level, "c:pt")
            }
            for level in list(descendants(holder, "c:lvl")) or [holder]
        ]
        # A category of an outer level holds for all points until the next one.
        outer = [(sorted(level), level) for level in reversed(levels[1:])]
        return {
            place: " › ".join(
                [level[at[bisect_right(at, place) - 1]] for at, level in outer if at] + [text]
            )
            for place, text in levels[0].items()
        }
    return {}


def _value(point: Element, code: str, is_number: bool) -> str:
    value = child(point, "c:v")
    text = "" if value is None else value.text or ""
    try:
        return (
            format_value(float(text), point.get("formatCode") or code) if is_number else clean(text)
        )
    except (OverflowError, ValueError):
        return clean(text)


def _series_new(chart: Element) -> list[_Group]:
    """Return the series of a chart of the kinds that came in 2016 (waterfall, funnel, …)."""
    groups: list[_Group] = []
    titles = [
        clean(" ".join(inner_text(child(one, "cx:tx")))) for one in descendants(chart, "cx:series")
    ]
    for number, data in enumerate(descendants(chart, "cx:data")):
        words, figures = (
            {
                int(point.get("idx", "0")): clean(point.text or "")
                for dimension in descendants(data, short)
                for level in list(descendants(dimension, "cx:lvl"))[:1]
                for point in descendants(level, "cx:pt")
            }
            for short in ("cx:strDim", "cx:numDim")
        )
        places = sorted(set(words) | set(figures))[:_POINTS]
        title = (
            titles[number] if number < len(titles) and titles[number] else f"Series {number + 1}"
        )
        if places:
            key = tuple((place, words.get(place, str(place + 1))) for place in places)
            groups.append((key, [(title or f"Series {number + 1}", figures)]))
    return groups


def title_of(chart: Element) -> str:
    """Return a chart's own title, "" without one."""
    for short in ("c:title", "cx:title"):
        for one in descendants(chart, short):
            # The first title is the chart's own only where no axis is around it.
            if name(one.getparent()) in {"c:chart", "cx:chart"}:
                return clean(_words(one))
    return ""


def _axis_title(chart: Element, *kinds: str) -> str:
    axis = next((one for short in kinds for one in descendants(chart, short)), None)
    title = None if axis is None else child(axis, "c:title")
    return "" if title is None else clean(_words(title))


def _words(title: Element) -> str:
    return " ".join(inner_text(title))


def inner_text(element: Element | None) -> Iterator[str]:
    """Yield the texts of paragraphs and of kept values under an element."""
    if element is None:
        return
    for one in element.iter():
        if name(one) == "a:p":
            yield "".join(text.text or "" for text in descendants(one, "a:t"))
        elif name(one) in {"c:v", "cx:v"}:
            yield one.text or ""


def _diagram(diagram: Element) -> Iterator[str]:
    """Yield the texts of a SmartArt from the top of its tree down."""
    texts = {
        str(point.get("modelId")): clean(" ".join(inner_text(point)))
        for point in descendants(diagram, "dgm:pt")
        if point.get("type", "node") in {"node", "asst", "doc"}
    }
    below: dict[str, list[tuple[int, str]]] = {}
    for one in descendants(diagram, "dgm:cxn"):
        if one.get("type", "parOf") == "parOf":
            place = int(one.get("srcOrd", "0"))
            below.setdefault(str(one.get("srcId")), []).append((place, str(one.get("destId"))))
    pending, seen = [one for one in reversed(texts)], set()
    inner_ones = {key for ones in below.values() for _, key in ones}
    pending.sort(key=lambda key: key not in inner_ones)
    while pending:
        key = pending.pop()
        if key in seen:
            continue
        seen.add(key)
        if texts.get(key):
            yield texts[key]
        pending += [one for _, one in sorted(below.get(key, []), reverse=True)]
