"""The values everything else points into: a source, its document, and the passages of it."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from, as far as the document itself says so.

    `published` is an ISO 8601 date, shortened where the document states less ("2025-01-28",
    "2025-01", "2025"); such strings sort by time. Unknown fields are "" and never guessed.
    `location` is an absolute path or an address; a new text from the same location is a new
    version of the same document. `kind` is the format that was read ("pdf", "html", "markdown",
    "text", "docx", "email", "table", "slides"). `theme` is what the
    document calls its theme, or the key of one (corpus.themes).
    """

    title: str
    location: str
    publisher: str = ""
    published: str = ""
    kind: str = "text"
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line: the offset in the text at which it starts, its level (1 is highest)."""

    start: int
    level: int
    title: str


@dataclass(frozen=True)
class Document:
    """A source read into plain text. The text is the truth: every offset points into it.

    `page_starts[i]` is the offset at which page i + 1 begins (empty for formats without pages);
    `page_labels[i]` is what is printed on that page ("iv"), empty where the file has no labels.
    `left_out` says what the file holds and the text does not, by kind with the number of places:
    (("hidden text", 3),).
    """

    source: Source
    text: str
    page_starts: tuple[int, ...] = ()
    page_labels: tuple[str, ...] = ()
    headings: tuple[Heading, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()

    @cached_property
    def id(self) -> str:
        """The hash of the content: 24 hex digits of SHA-256 over the text, 96 bits."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:24]

    def page_at(self, offset: int) -> int | None:
        """Return the 1-based page that holds `offset`, or None for a format without pages."""
        if not self.page_starts:
            return None
        return max(1, bisect_right(self.page_starts, offset))

    def headings_at(self, offsets: Sequence[int]) -> list[str]:
        """Return the path of headings above each offset, outermost first, joined by " › ".

        The offsets are given in order.
        """
        found: list[str] = []
        path: list[Heading] = []
        position, joined = 0, ""
        for offset in offsets:
            before = position
            while position < len(self.headings) and self.headings[position].start <= offset:
                heading = self.headings[position]
                while path and path[-1].level >= heading.level:
                    path.pop()
                path.append(heading)
                position += 1
            if position != before:
                joined = " › ".join(heading.title for heading in path)
            found.append(joined)
        return found


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document: `document.text[start:end] == text`, always.

    `page` is the 1-based page on which it starts (None without pages), `heading` the path of
    headings above it.
    """

    document: str
    start: int
    end: int
    text: str
    page: int | None = None
    heading: str = ""

    @property
    def id(self) -> str:
        """The document's id and the span: equal content at an equal place has an equal id."""
        return f"{self.document}:{self.start}-{self.end}"
