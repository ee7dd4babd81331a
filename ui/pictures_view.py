"""The pictures of an answer as HTML: a row of names, each opening its picture and its table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from assistant.memo.values import Memo
from assistant.pictures.choice import pictures_of_memo
from assistant.pictures.drawing import drawn
from assistant.pictures.picture import Kind, Picture, Point
from ui.rendering import inline_svg, rendered

# The table of a memo under which each kind stands.
_BELOW = {Kind.TIMELINE: "timeline", Kind.CHAIN: "timeline", Kind.RANGE: "figures"}


def pictures_html(pictures: Sequence[Picture], turn: int, language: str = "en") -> str:
    """Return the pictures of a conversation's turn as HTML in one line, "" for none.

    A point is a link "#cite-<turn>-<number>" where the answer cites its sentence, and
    "#at-<document>-<start>-<end>" where it does not: the source panel opens either.
    """
    return _row(tuple(pictures), turn, language) if pictures else ""


# A conversation is drawn anew with every question: what it had is at hand, which takes 0.1 s.
@lru_cache(maxsize=64)
def _row(pictures: tuple[Picture, ...], turn: int, language: str) -> str:
    def href(point: Point) -> str:
        return place_of(point) if point.citation is None else f"#cite-{turn}-{point.citation}"

    shown = [(one, _drawing(one, href)) for one in pictures]
    return rendered("pictures.html", "pictures", language, shown, turn, href)


def memo_pictures_html(memo: Memo, language: str = "en") -> Mapping[str, str]:
    """Return the pictures of a complete memo as HTML, by the key of the section each follows."""
    found: dict[str, str] = defaultdict(str)
    keys = {one.shows: one.key for one in reversed(memo.sections) if one.shows}
    for one in pictures_of_memo(memo):
        key = keys.get(_BELOW.get(one.kind, "sources")) or keys.get("sources")
        if key:
            drawing = _drawing(one, place_of)
            found[key] += rendered("pictures.html", "standing", language, one, drawing, place_of)
    return found


def place_of(point: Point) -> str:
    """Return the address of a point's sentence, wherever it is shown."""
    return f"#at-{point.document}-{point.start}-{point.end}"


def _drawing(picture: Picture, href: Callable[[Point], str]) -> str:
    return inline_svg(drawn(picture, "page", href)) if picture.is_drawn else ""
