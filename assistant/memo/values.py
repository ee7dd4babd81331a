"""The values of a memo: sections of claims, and the tables that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.answer import Citation, Claim
from corpus.document import Source
from corpus.validation import StoredLine

# Kinds of statement, by who makes it.
COMPANY, OFFICIAL, INDEPENDENT, PRESS, ANALYST = (
    "company claim",
    "official text",
    "independent estimate",
    "press report",
    "analyst inference",
)
KINDS = (COMPANY, OFFICIAL, INDEPENDENT, PRESS, ANALYST)
# Roles of a line. A gap is what needs the analyst's judgment: no evidence decides it.
EVIDENCE, JUDGMENT, GAP, NOTE = "evidence", "judgment", "gap", "note"
# How the lines of a section stand in a document.
PARAGRAPHS, LIST = "paragraphs", "list"
LAYOUTS = (PARAGRAPHS, LIST)


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a section.

    `speaker` is who says it ("" where the passage does not tell), `kind` one of KINDS or "".
    `role` is EVIDENCE (cited words), JUDGMENT (a model's or the analyst's inference), GAP (a
    question left to the analyst, no citation) or NOTE (about the memo itself: a count of sources,
    a statement of method). The likelihood of a judgment and the confidence in it are sentences of
    their own. `draft` marks a model's judgment that nobody has taken over. `later` names the source
    that came after and ended, replaced or took back what it says, "" for none.
    """

    claim: Claim
    speaker: str = ""
    kind: str = ""
    role: str = EVIDENCE
    later: str = ""
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines.

    `shows` names the table that stands below them: "timeline", "figures", "disputes", "sources",
    "log" or "" for none. `key` is the section's name in the template. `leading` says that it states
    what the memo stands for, `layout` is one of LAYOUTS.
    """

    key: str
    heading: str
    lines: tuple[Line, ...] = ()
    shows: str = ""
    leading: bool = False
    layout: str = LIST


@dataclass(frozen=True, slots=True)
class Event:
    """A dated event. `date` is ISO 8601, shortened where less is known ("2025-05", "2025").

    `others` are the dates that other sources give for the same event, each with its citation.
    """

    date: str
    text: str
    citations: tuple[int, ...]
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity as one source states it.

    `quantity` says what is counted; `value` is the number in `unit` with the scale applied
    ("$5.576 million" is 5,576,000 "USD"); `shown` is how the source writes it; `as_of` is the date
    it holds for, or of publication.
    """

    quantity: str
    value: float
    unit: str
    shown: str
    as_of: str
    speaker: str
    citation: int


@dataclass(frozen=True, slots=True)
class Side:
    """One position in a disagreement: what it says, who says so, when, and what it counts."""

    shown: str
    text: str
    speaker: str
    published: str
    counts: str
    citation: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """Statements about the same thing that differ. `kind` is "figure", "date" or "status".

    `update` is True where the sides are versions of one publisher: the later replaces the earlier
    and nobody disagrees.
    """

    about: str
    kind: str
    sides: tuple[Side, ...]
    update: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """A public source that a document retells, and the numbers of the citations that rest on it."""

    publisher: str
    title: str
    published: str
    address: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GradedSource:
    """A document that the memo rests on.

    `reliability` is A to F and `credibility` 1 to 6 (Admiralty code), `reason` says why, `graded`
    when (ISO date, "" for the default). `origin` is the id of the document it goes back to: equal
    origins count as one source. `citations` are the numbers that point into it, `speakers` who
    speaks there. `newer` names a later version in the library, "" for none. `behind` are the public
    sources of a document that retells others, as far as they are known.
    """

    document: str
    source: Source
    citations: tuple[int, ...]
    reliability: str
    credibility: int
    reason: str
    graded: str
    origin: str
    speakers: tuple[str, ...] = ()
    newer: str = ""
    behind: tuple[Behind, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What the linter found. `severity` is "error" or "warning"; `where` is "section key:line".

    Lines count from 1. `accepted` is the reason for which the analyst lets it stand, "" while open.
    """

    rule: str
    severity: str
    where: str
    advice: StoredLine
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class Memo:
    """A briefing memo, complete or still growing (then `complete` is False).

    `created` and `as_of` are ISO dates ("" as_of: as the library is); `library` is what it was
    written from: {"documents", "passages", "generation"}; `scale` names the likelihood scale;
    `settings` is what was asked for: length, audience, publishers, sections. `rules` are those that
    its template asked for beyond what holds for every memo. `language` is that of
    its headings, gaps and notes, by its code; what is quoted stays as it is written.
    """

    topic: str
    template: str
    created: str
    as_of: str
    engine: str
    scale: str = "icd203"
    audience: str = ""
    library: Mapping[str, int] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    citations: tuple[Citation, ...] = ()
    sources: tuple[GradedSource, ...] = ()
    events: tuple[Event, ...] = ()
    figures: tuple[Figure, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    findings: tuple[Finding, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    notice: StoredLine = ""
    complete: bool = True
    language: str = "en"
    rules: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the memo is called: its topic, unless the analyst called it something else."""
        return str(self.settings.get("title") or self.topic)

    @property
    def sample(self) -> bool:
        """Whether it was written to show what memos are."""
        return bool(self.settings.get("sample"))

    def citation(self, number: int) -> Citation:
        """Return the citation with a number; raises KeyError where there is none."""
        for one in self.citations:
            if one.number == number:
                return one
        raise KeyError(number)
