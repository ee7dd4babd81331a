"""How a source is named in one line wherever it is listed or cited."""

from __future__ import annotations

from typing import Literal

from corpus.document import Source

Field = Literal["title", "publisher", "published", "dated"]
# In an answer, and where notes are sorted by who published.
BY_TITLE: tuple[Field, ...] = ("title", "publisher", "published")
BY_PUBLISHER: tuple[Field, ...] = ("publisher", "title", "published")


def citation_line(
    source: Source,
    *more: str,
    fields: tuple[Field, ...] = BY_TITLE,
    undated: str = "",
    comma: str = ", ",
) -> str:
    """Return the `fields` of a source and `more` (a page, a place), as far as they are known.

    `undated` stands for a date of publication that is not known, `comma` between the parts.
    """
    parts = [getattr(source, field) or undated * (field == "published") for field in fields]
    return comma.join(part for part in (*parts, *more) if part)
