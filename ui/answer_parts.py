"""The parts of an answer as they are shown: cards, marks, sentences, what has changed since."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.answer import NOT_SAID_OUTRIGHT, Answer, Citation, Claim
from assistant.library_questions import CATALOGUE
from corpus.citation_line import citation_line
from corpus.page_names import page_name
from corpus.starter.public_sources import STARTER
from index.query import content_words
from ui.engine_names import QUOTES
from ui.places import cited_at, page_names_in
from ui.wording import date_in_words, word

if TYPE_CHECKING:
    from assistant.checking.problems import Problem
    from corpus.document import Source

Grade = Callable[["Source"], str]

# Characters of quoted words on hover: more is read in the source.
_QUOTE = 360
# A longer one is no word but a sentence of a language without spaces.
_LONGEST_WORD = 30
_LETTERS = re.compile(r"[a-z]+$")
_ABBREVIATION = re.compile(r"\(([A-Z][A-Za-z&.-]{1,9})\)\s*$")
# The document's own notes, which a quotation leaves out, and white space.
_NOTES = re.compile(r"\s?\[\d[\d ,–-]*\]|\s?\(sources? [^)]*\)|\^\d+|\s+")


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of a citation: what it shows, how it is called, and the words that it stands for.

    `offered` says that the check added it: the engine cited nothing, or another place.
    """

    number: int
    label: str
    name: str
    document: str
    title: str
    place: str
    quote: str
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its marks; `places` say in words where it stands."""

    text: str
    verdict: str
    problems: Sequence[Problem] = ()
    marks: Sequence[Mark] = ()
    places: Sequence[str] = ()

    @property
    def beginning(self) -> str:
        """All but its last word."""
        return self.text.removesuffix(self.last_word)

    @property
    def last_word(self) -> str:
        """The last word; "" where words are not set apart."""
        last = self.text.rpartition(" ")[2]
        return last if len(last) <= _LONGEST_WORD else ""

    @property
    def doubtful(self) -> bool:
        """Whether its source does not hold all of it."""
        return self.verdict != "supported"

    @property
    def document(self) -> str:
        """The document that it rests on first, "" for none."""
        return self.marks[0].document if self.marks else ""


@dataclass(frozen=True, slots=True)
class Card:
    """A document: its number in the answer and the citation that is opened; "" and 0 for none."""

    number: str
    name: str
    title: str
    publisher: str
    dated: str
    grade: str
    opens: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that rest on one document, below its number, title and date; "" for none."""

    number: str
    title: str
    dated: str
    sentences: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class Banner:
    """What has changed since the documents of an answer, and the sentence that says so, if any."""

    headline: str
    sentence: Sentence | None = None


@dataclass(frozen=True, slots=True)
class AnswerParts:
    """An answer taken apart for its template.

    `short` answers first. What follows are `groups` where the library is quoted, so that a document
    is read at one place, else `rest`, in the order in which it was written. `checked` says what the
    check found, "" for an answer that grows or has nothing to check. `named` says that the notice
    tells already what the `nearest` sentences are, `words` are those of the question that say what
    it is about.
    """

    cards: Sequence[Card] = ()
    short: Sequence[Sentence] = ()
    groups: Sequence[Group] = ()
    rest: Sequence[Sentence] = ()
    banners: Sequence[Banner] = ()
    nearest: Sequence[Sentence] = ()
    quoted: Sequence[Sentence] = ()
    checked: str = ""
    named: bool = False
    words: str = ""


def answer_parts(
    answer: Answer, language: str, grade: Grade | None = None, *, running: bool = True
) -> AnswerParts:
    """Return the parts of an answer, complete or growing."""
    growing = running and not answer.outcome
    return _Parts(answer, language, grade or (lambda source: ""), growing).all


@dataclass(frozen=True, slots=True)
class _Parts:
    answer: Answer
    language: str
    grade: Grade
    growing: bool
    by_number: Mapping[int, Citation] = field(init=False)
    labels: Mapping[int, str] = field(init=False)

    def __post_init__(self) -> None:
        by_number = {one.number: one for one in self.answer.citations}
        object.__setattr__(self, "by_number", by_number)
        object.__setattr__(self, "labels", self.answer.labels)

    @property
    def all(self) -> AnswerParts:
        answer = self.answer
        asked = answer.standalone or answer.question
        sentences = [self._sentence(one) for one in answer.claims]
        first = len(sentences) if answer.bullets else max(1, answer.leading)
        short, rest = sentences[:first], sentences[first:]
        groups: Sequence[Group] = ()
        if answer.engine == QUOTES:
            # Quotations come at once: sorted when all of them are there, so that none is moved.
            groups, rest = () if self.growing else list(self._groups(rest)), []
        return AnswerParts(
            list(self._cards()), short, groups, rest, list(self._banners()),
            [self._sentence(one) for one in answer.nearest],
            [self._sentence(one) for one in answer.quoted],
            checked_line(answer, self.language) if answer.outcome else "",
            NOT_SAID_OUTRIGHT in answer.notice,
            " ".join(content_words(asked)) or asked,
        )  # fmt: skip

    def _sentence(self, claim: Claim) -> Sentence:
        marks = [
            self._mark(self.by_number[number], offered=offered)
            for numbers, offered in ((claim.citations, False), (claim.offered, True))
            for number in numbers
            if number in self.by_number
        ]
        places = dict.fromkeys(
            cited_at(one.source, one.page, one.folio, self.language)
            for number in claim.citations
            if (one := self.by_number.get(number))
        )
        return Sentence(claim.text, claim.verdict, claim.problems, marks, list(places))

    def _mark(self, one: Citation, *, offered: bool = False) -> Mark:
        language, label = self.language, self.labels[one.number]
        page = page_name(one.page, one.folio, page_names_in(language))
        where = ", ".join(part for part in (one.source.title, page) if part)
        key = "answer.mark_offered" if offered else "answer.mark"
        source = one.source
        return Mark(
            one.number, label, word(key, language, label=label, where=where), one.document,
            source.title,
            " · ".join(part for part in (source.publisher, source.dated, page) if part),
            _shortened(" ".join(one.words.split())), offered,
        )  # fmt: skip

    def _cards(self) -> Iterator[Card]:
        """Yield the documents cited; while it grows also those found, which may be cited yet."""
        answer, seen = self.answer, set[str]()
        if answer.outcome in ("declined", "failed"):
            return
        for one in answer.cited:
            if one.document not in seen:
                seen.add(one.document)
                number = _LETTERS.sub("", self.labels[one.number])
                yield self._card(one.source, number, one.number)
        for found in () if answer.outcome else answer.evidence:
            if found.passage.document not in seen:
                seen.add(found.passage.document)
                yield self._card(found.source)

    def _card(self, source: Source, number: str = "", opens: int = 0) -> Card:
        grade = self.grade(source)
        graded = [word("source.grade", self.language, grade=grade)] if grade else []
        return Card(
            number, citation_line(source, *graded), source.title,
            word("library.ours", self.language) if source.publisher == STARTER
            else short_publisher(source.publisher), source.dated, grade, opens,
        )  # fmt: skip

    def _groups(self, sentences: Sequence[Sentence]) -> Iterator[Group]:
        """Yield sentences by document, in the order of the cards; those without a source last."""
        by_document: dict[str, list[Sentence]] = {one.document: [] for one in self.answer.citations}
        for one in sentences:
            by_document.setdefault(one.document, []).append(one)
        for document, found in by_document.items():
            if not found:
                continue
            mark = found[0].marks[0] if document else None
            source = self.by_number[mark.number].source if mark else None
            yield Group(
                _LETTERS.sub("", mark.label) if mark else "",
                source.title if source else "",
                source.dated if source else "",
                found,
            )

    def _banners(self) -> Iterator[Banner]:
        """Yield what newer documents changed, then of what there is a newer version."""
        answer, language = self.answer, self.language
        told = set()
        for one in answer.later:
            cited = self.by_number.get(one.citation)
            if cited is not None:
                told.add(cited.document)
            marks = [self._mark(cited)] if cited is not None else []
            yield Banner(
                changed_on(one.change, one.date, language),
                Sentence(one.text, "supported", marks=marks),
            )
        versions = {
            one.newer.document: (one.source.title, one.newer.source.dated)
            for one in answer.cited
            if one.newer is not None and one.newer.document not in told
        }
        for title, dated in versions.values():
            when = date_in_words(dated, language)
            key = "answer.newer_dated" if when else "answer.newer"
            yield Banner(word(key, language, title=title, date=when))


_CHANGES = frozenset(
    {"suspended", "rescinded", "replaced", "amended", "corrected", "postponed", "extended",
     "expired"}
)  # fmt: skip


def changed_on(change: str, date: str, language: str) -> str:
    """Return what became of something, and when, as a headline: "Suspended on 10 November 2025"."""
    what = word(f"answer.change_{change if change in _CHANGES else 'changed'}", language)
    if not date:
        return what
    key = "answer.on_day" if len(date) > len("2025-11") else "answer.in_month"
    return word(key, language, what=what, date=date_in_words(date, language))


def checked_line(answer: Answer, language: str) -> str:
    """Return in one line what the check of an answer's sentences found; "" if none was checked."""
    checked = [one for one in answer.claims if one.citations or one.offered or _doubtful(one)]
    count = len(checked)
    if not count or answer.engine == CATALOGUE:
        return ""
    weak = sum(one.verdict == "weak" for one in checked)
    bad = sum(one.verdict == "unsupported" for one in checked)
    if weak or bad:
        kind = "both" if weak and bad else "partly" if weak else "not"
        good = count - weak - bad
        return word(f"answer.checked_{kind}", language, count=count, good=good, weak=weak, bad=bad)
    quotes = {
        one.number: _letters_of(one.words) + _letters_of(one.quote) for one in answer.citations
    }
    exact = sum(
        any(_letters_of(one.text) in quotes.get(number, "") for number in one.citations)
        for one in checked
    )
    if exact == count:
        key = "answer.quoted_one" if count == 1 else "answer.quoted_all"
    else:
        key = "answer.checked_one" if count == 1 else "answer.checked_all"
    return word(key, language, count=count)


def short_publisher(publisher: str) -> str:
    """Return the abbreviation that a publisher gives itself, or its name."""
    found = _ABBREVIATION.search(publisher)
    return found[1] if found else publisher


def _doubtful(claim: Claim) -> bool:
    return claim.verdict != "supported"


def _letters_of(text: str) -> str:
    """Return a text without white space and without the notes that quotations leave out."""
    return _NOTES.sub("", text)


def _shortened(quote: str) -> str:
    return quote if len(quote) <= _QUOTE else quote[:_QUOTE].rsplit(" ", 1)[0] + " …"


__all__ = [
    "AnswerParts",
    "Banner",
    "Card",
    "Grade",
    "Group",
    "Mark",
    "Sentence",
    "answer_parts",
    "changed_on",
    "checked_line",
    "short_publisher",
]
