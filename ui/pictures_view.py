"""The pictures of an answer as HTML: a row of names, each opening its picture and its table."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.pictures.drawing import drawn
from assistant.pictures.picture import Picture, Point
from ui.rendering import inline_svg, rendered


def pictures_html(pictures: Sequence[Picture], turn: int, language: str = "en") -> str:
    """Return the pictures of a conversation's turn as HTML in one line, "" for none.

    A point is a link "#cite-<turn>-<number>" where the answer cites its sentence, and
    "#at-<document>-<start>-<end>" where it does not: the source panel opens either.
    """
    if not pictures:
        return ""

    def href(point: Point) -> str:
        if point.citation is not None:
            return f"#cite-{turn}-{point.citation}"
        return f"#at-{point.document}-{point.start}-{point.end}"

    shown = [
        (one, inline_svg(drawn(one, "page", href)) if one.is_drawn else "") for one in pictures
    ]
    return rendered("pictures.html", "pictures", language, shown, turn, href)
