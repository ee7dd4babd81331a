"""The values of an answer: question, claim, citation, answer, and their JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from assistant.checking.problems import Problem, problems_json
from assistant.engine import Usage
from assistant.planning.query_rewriting import Turn
from corpus.cells import Cell
from corpus.document import Source
from corpus.i18n import tr
from corpus.page_names import NUMBERED, Folio, page_name
from corpus.validation import StoredLine
from index.evidence import Evidence, Newer
from index.filters import Filters

# What a declined answer begins with: where `nearest` holds sentences, and where it holds none.
NOT_SAID_OUTRIGHT = tr("The library does not say this outright; these sentences come closest.")
NOTHING_ON_THIS = tr("The library holds nothing on this.")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and the filters on the search.

    `history` holds the earlier turns of the conversation, oldest first; `as_of` and `since`
    are ISO dates ("" for none); `publishers` and `documents` (ids) restrict the search to
    these; `limit` is the number of passages considered for the answer.
    """

    text: str
    history: tuple[Turn, ...] = ()
    as_of: str = ""
    since: str = ""
    publishers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    limit: int = 8

    @property
    def filters(self) -> Filters:
        """Which documents may be searched."""
        return Filters(self.publishers, self.documents, self.since, self.as_of)


@dataclass(frozen=True, slots=True)
class Citation:
    """The words an answer rests on: `document.text[start:end] == quote`, always.

    `why` says how the search found the passage, `newer` is a later version of its document, `folio`
    the printed name of its page. If the quote is a row of a table, `row` is that row with the heads
    of its columns, and `cell` the cell that the sentence rests on.
    """

    number: int
    document: str
    source: Source
    page: int | None
    heading: str
    quote: str
    start: int
    end: int
    why: StoredLine = ""
    newer: Newer | None = None
    row: str = ""
    cell: Cell | None = None
    folio: Folio = NUMBERED

    @property
    def page_name(self) -> str:
        """The name of the page that the quote is on; "" for a document without pages."""
        return page_name(self.page, self.folio)

    @property
    def words(self) -> str:
        """The quote as it can be read alone: a row of a table with the heads of its columns."""
        return self.row or self.quote


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, the citations it rests on, and what the check of it found.

    The text carries no markers. `verdict` is "supported", "weak" or "unsupported"; it says what the
    cited words contain, not what is true. `problems` says what is missing there. `offered`
    are citations added by the check because their passage contains the sentence, where the engine
    cited none or another.
    """

    text: str
    citations: tuple[int, ...]
    verdict: str
    problems: tuple[Problem, ...] = ()
    offered: tuple[int, ...] = ()

    @property
    def marked(self) -> str:
        """The sentence followed by its markers: "It was 5 [1][2]."."""
        return self.labelled({})

    def labelled(self, labels: Mapping[int, str]) -> str:
        """Return the sentence followed by the labels of its citations: "It was 5 [1a][2]."."""
        marks = "".join(f"[{labels.get(one, one)}]" for one in (*self.citations, *self.offered))
        return f"{self.text} {marks}" if marks else self.text


@dataclass(frozen=True, slots=True)
class LaterStatement:
    """A sentence of a later document that changes what an answer says, and its citation.

    `change` says what became of the thing: "suspended", "rescinded", "replaced", "amended",
    "corrected", "postponed" or "expired". `date` is the day that the sentence gives for it, or else
    that of its document (ISO 8601, "" if neither is known).
    """

    text: str
    citation: int
    date: str
    change: str

    def labelled(self, labels: Mapping[int, str]) -> str:
        """Return what changed, when, and the sentence with its marker, as one line."""
        when = f" {self.date}" if self.date else ""
        label = labels.get(self.citation, str(self.citation))
        return f"{self.change.capitalize()}{when}: {self.text} [{label}]"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, complete or still growing.

    `outcome` is "" while it grows, then "answered", "partly", "declined" or "failed". `not_found`
    lists the parts of the question that the library does not answer, `searches` what was searched
    for. `standalone` is the rewritten question that was searched for, if it differs from the one
    asked (a follow-up). `notice` are lines for the user: why it declined or failed, what it is
    waiting for. `fallback` says why the chosen engine failed; `engine` is the one that answered.
    `growing` is the sentence being written. `seconds` has retrieve, answer and total.

    `nearest` holds, if it declined, the library's sentences that come closest, best first, each
    with its citations; they may not answer. `quoted` holds, beside an answer that a model wrote,
    what the library says word for word. `chance` is the calibrated chance (0 to 1)
    that the evidence answers, which decides between answering and declining; None if nothing was
    judged. `calculation` says how a number was computed over a table, "" if none was.

    The first `leading` claims answer directly: one, or one for each part of the question, at most
    three; none if it declined. `bullets` says that a list was asked for. `later` holds what newer
    documents say has changed since. `follow_ups` are questions that could be asked next, which the
    library answers (assistant.follow_up_questions).
    """

    question: str
    outcome: str = ""
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    not_found: tuple[str, ...] = ()
    engine: str = ""
    notice: StoredLine = ""
    seconds: dict[str, float] = field(default_factory=dict)
    standalone: str = ""
    searches: tuple[str, ...] = ()
    fallback: StoredLine = ""
    usage: Usage | None = None
    growing: str = ""
    nearest: tuple[Claim, ...] = ()
    quoted: tuple[Claim, ...] = ()
    chance: float | None = None
    calculation: str = ""
    leading: int = 0
    bullets: bool = False
    later: tuple[LaterStatement, ...] = ()
    follow_ups: tuple[str, ...] = ()

    @property
    def cited(self) -> tuple[Citation, ...]:
        """The citations of the answer, without those that only `quoted` has."""

        def numbers(claims: Sequence[Claim]) -> set[int]:
            return {one for claim in claims for one in (*claim.citations, *claim.offered)}

        beside = numbers(self.quoted) - numbers((*self.claims, *self.nearest))
        beside -= {one.citation for one in self.later}
        return tuple(one for one in self.citations if one.number not in beside)

    @property
    def spoken(self) -> str:
        """The claims as one text without markers, as a later question may refer to it."""
        return " ".join(claim.text for claim in self.claims)

    @property
    def text(self) -> str:
        """The claims as one text with [n] markers."""
        return " ".join(claim.marked for claim in self.claims)

    @property
    def labels(self) -> dict[int, str]:
        """What readers see for the number of each citation."""
        return labels(self.citations)

    @property
    def turn(self) -> Turn:
        """The question and its answer as a later question may refer to them."""
        return Turn(self.question, self.spoken, self.standalone)


def labels(citations: Sequence[Citation]) -> dict[int, str]:
    """Return what readers see for the number of each citation: one number for one document.

    Documents are numbered in the order in which they are first cited, which a further citation
    does not change. Where several places of one are cited, letters tell them apart: 1, 2a, 2b.
    """
    places: dict[str, list[int]] = {}
    for one in citations:
        places.setdefault(one.document, []).append(one.number)
    documents = list(places)

    def label(citation: Citation) -> str:
        numbers = places[citation.document]
        letters = _letters(numbers.index(citation.number)) if len(numbers) > 1 else ""
        return f"{documents.index(citation.document) + 1}{letters}"

    return {one.number: label(one) for one in citations}


def _letters(place: int) -> str:
    """Return a, b … z, aa, ab … for the places from 0 on."""
    letter = chr(ord("a") + place % 26)
    return _letters(place // 26 - 1) + letter if place >= 26 else letter


def citation_json(citation: Citation) -> dict[str, Any]:
    """Return a citation as the commands print it."""
    return {
        "number": citation.number,
        "document": citation.document,
        "title": citation.source.title,
        "publisher": citation.source.publisher,
        "published": citation.source.published,
        "location": citation.source.location,
        "page": citation.page,
        "page_name": citation.page_name,
        "folio": asdict(citation.folio),
        "heading": citation.heading,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "why": citation.why,
        "newer": newer_json(citation.newer),
        "row": citation.row,
        "cell": _cell_json(citation.cell),
    }


def _cell_json(cell: Cell | None) -> dict[str, Any] | None:
    """Return the cell of a table that a citation marks."""
    if cell is None:
        return None
    return {
        "words": cell.words,
        "table": cell.table,
        "row": cell.row,
        "column": cell.column,
        "value": cell.text,
        "start": cell.start,
        "end": cell.end,
    }


def newer_json(newer: Newer | None) -> dict[str, str] | None:
    """Return a later version of a document as the commands print it."""
    if newer is None:
        return None
    source = newer.source
    return {"document": newer.document, "title": source.title, "published": source.published}


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as `briefing ask --json` prints it; fields are added, never renamed."""
    return {
        "question": answer.question,
        "outcome": answer.outcome,
        "answer": answer.text,
        "claims": [
            {
                "text": claim.text,
                "citations": list(claim.citations),
                "verdict": claim.verdict,
                **problems_json(claim.problems),
                "offered": list(claim.offered),
            }
            for claim in answer.claims
        ],
        "citations": [
            citation_json(citation) | {"label": answer.labels[citation.number]}
            for citation in answer.citations
        ],
        "nearest": [{"text": one.text, "citations": list(one.citations)} for one in answer.nearest],
        "quoted": [{"text": one.text, "citations": list(one.citations)} for one in answer.quoted],
        "chance": None if answer.chance is None else round(answer.chance, 3),
        "calculation": answer.calculation,
        "leading": answer.leading,
        "bullets": answer.bullets,
        "later": [asdict(one) for one in answer.later],
        "follow_ups": list(answer.follow_ups),
        "not_found": list(answer.not_found),
        "searches": list(answer.searches),
        "standalone": answer.standalone,
        "notice": answer.notice,
        "engine": answer.engine,
        "fallback": answer.fallback,
        "usage": _usage_json(answer.usage) if answer.usage else None,
        "seconds": {name: round(value, 3) for name, value in answer.seconds.items()},
    }


def _usage_json(usage: Usage) -> dict[str, Any]:
    # The prompt repeats the passages: it is for the page that shows one answer.
    return {name: value for name, value in asdict(usage).items() if name != "prompt"}
