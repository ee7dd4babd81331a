"""The values of a picture: its points, each a place in a source, and the table of the same data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.memo.sentence import EvidenceSentence
from assistant.memo.translation import worded
from corpus.citation_line import citation_line
from corpus.document import Source


class Kind(StrEnum):
    """The kinds of picture, in the order in which they are offered."""

    TIMELINE = "timeline"
    RANGE = "range"
    CHAIN = "chain"
    WHO_SAYS = "who-says"
    ORIGINS = "origins"


# What the button of a kind says, and what its picture is called.
NAMES = {
    Kind.TIMELINE: "Timeline",
    Kind.RANGE: "The figures side by side",
    Kind.CHAIN: "What became of the rule",
    Kind.WHO_SAYS: "Who says what",
    Kind.ORIGINS: "Where it comes from",
}
# Of these a drawing is made; the others are tables, and read best so.
DRAWN = frozenset({Kind.TIMELINE, Kind.RANGE})


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a picture, and the sentence that it rests on.

    `label` is what the drawing says, `words` the sentence as its document writes it (from `start`
    to `end` of `document`). `date` is ISO 8601, shortened where less is known; `value` a number
    whose wording is `shown`, `low` the lower end of a range that it closes. `who` says it, `row` is
    what the table puts it under, `tone` how it stands to that: "agrees", "differs" or "".
    `citation` is its number in the answer or memo, None where that does not cite it.
    """

    label: str
    words: str
    document: str
    start: int
    end: int
    source: Source
    citation: int | None = None
    date: str = ""
    value: float | None = None
    low: float | None = None
    shown: str = ""
    who: str = ""
    row: str = ""
    tone: str = ""

    @classmethod
    def at(cls, sentence: EvidenceSentence, label: str, **more: object) -> Point:
        """Return a point that rests on a sentence."""
        return cls(
            label, sentence.text, sentence.document, sentence.start, sentence.end,
            sentence.source, **more,  # type: ignore[arg-type]  # reason: fields by name
        )  # fmt: skip

    @property
    def place(self) -> tuple[str, int, int]:
        """Where its sentence stands: document, start, end."""
        return self.document, self.start, self.end

    @property
    def named(self) -> str:
        """Its source in one line."""
        return citation_line(self.source)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the table: words, and the points they lead to."""

    text: str
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of what checked sentences say, in one language.

    `title` is a full line, `note` what must be known to read it right, "" for nothing. `heads` and
    `rows` are the same data as a table. `unit` is that of the values.
    """

    kind: Kind
    title: str
    points: tuple[Point, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    unit: str = ""
    language: str = "en"

    @property
    def name(self) -> str:
        """What its kind is called."""
        return worded(NAMES[self.kind], self.language)

    @property
    def is_drawn(self) -> bool:
        """Whether it is a drawing with a table beside it, and not a table alone."""
        return self.kind in DRAWN

    @property
    def caption(self) -> str:
        """The title with the sources that its points come from."""
        sources = worded("; ", self.language).join(dict.fromkeys(one.named for one in self.points))
        return worded(
            "{title}. Sources: {sources}.", self.language, title=self.title, sources=sources
        )


def documents_of(points: Sequence[Point]) -> int:
    """Return how many documents some points come from."""
    return len({one.document for one in points})


def documents_in_words(points: Sequence[Point], language: str) -> str:
    """Return how many documents some points come from, in words: "one document", "3 documents"."""
    count = documents_of(points)
    if count == 1:
        return worded("one document", language)
    return worded("{count} documents", language, count=count)
