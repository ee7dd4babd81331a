"""Dated events in sentences: what happened, when, and where sources give other dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from assistant.entity_names import names
from assistant.memo.sentence import EvidenceSentence
from corpus.date_mentions import DateMention, date_mentions
from index.keyword_index import stems

# "…, PANews reported on 29 January 2025": the date of a report, in a sentence with another date.
_REPORTED = re.compile(
    r",[^,;]{2,60}\b(?:reported|reports|wrote|writes|said|says|noted|notes|adds|added|counted|"
    r"announced|according to)\b[^,;]{0,30}$|\baccording to [^,;]{2,60}$"
)
# Dates of periods and documents, which are no events: "the quarter ended 27 April 2025", "as of
# March", "(12 May 2025)" of a reference, "Published: February 5".
_PERIOD = re.compile(
    r"(?:\b(?:quarter|year|months?|weeks?|period|half|fiscal)\s+(?:that\s+)?"
    r"(?:end(?:ed|s|ing)|to|through)|\bas of|\bdated|\bsince|\bbetween|\bthrough|"
    r"\bthe (?:\w+ )?(?:thresholds|rules?|version|draft|paper|report|figures?) of|"
    r"\b(?:retrieved|accessed|source|posted|vol\.|no\.|doi)\s*[:.]?|"
    # "the filing of November 2023", "the December 2024 package": the name of a thing.
    # An act that is known by its day ("a rule of 29 September 2025 extended") is an event.
    r"\b(?!week|end|beginning|start|days?|middle|half|months? of)\w+ of(?: the same)?|"
    r"\b(?:the|an?|this|that|its|their|\w+['’]s)|"
    # How things stood on a day is no event.
    r"\b(?:(?:is|are|was|were|as it) (?:still )?(?:in force|in effect|stands?|valid)|stands?) on)"
    r"\s*(?:on\s+|the\s+|early |late |mid-)?$",
    re.IGNORECASE,
)
# An act that is known by its day: "a rule of 29 September 2025 extended" is an event.
_ACT = re.compile(
    r"\b(?:rules?|orders?|notices?|decisions?|announcements?|agreements?|acts?|laws?|statements?|"
    r"proclamations?) of\s*$"
)
# Sentences that describe a state, not an event.
_STATE = re.compile(r"\b(?:not yet|has not been|have not been|no official|covers? models)\b")
# "by 31 January 2026" dates an event that is due; "managed $10 billion by 2019" does not.
_BY = re.compile(r"\bby\s*(?:the end of\s*)?$")
_DUE = re.compile(
    r"\b(?:will|would|shall|should|must|is to|are to|was to|were to|due|deadline|plans?|planned|"
    r"expects?|expected|until|required?s?|told|ordered|scheduled)\b"
)
_REFERENCE = re.compile(
    r"https?://|\bdoi\b|\bet al\b|^\W*\[?\d{1,3}\]?\W|arXiv:|\bFed\. Reg\.|\bpp?\.\s?\d|"
    r"^\s*[-•]\s*\w+:|^This (?:article|report|note|page)\b|"
    r"^(?:Published|Source|Date|Retrieved|Accessed|Filed|Updated|Copyright)\b|©",
    re.IGNORECASE,
)
# Where a new finite clause begins.
_CLAUSE = re.compile(
    r"(?:;|,\s+(?:and|but|while|before|after|which|when|then)\s|\s(?:and|but)\s(?=\w+\s))"
)
# Two reports are of one event if they share this much of their stems, dates left out; more if their
# dates differ, and then their names must be equal.
_SAME, _SAME_OTHER_DATE = 0.5, 0.67
_DAYS_APART = 45
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """An event: its date (ISO 8601, shortened where less is known) and a sentence that reports it.

    `sentences` are all that report it, `others` the other dates that documents give for it.
    """

    date: str
    text: str
    sentences: tuple[EvidenceSentence, ...]
    others: tuple[tuple[str, EvidenceSentence], ...] = ()


@dataclass(frozen=True, slots=True)
class _Report:
    date: str
    text: str
    sentence: EvidenceSentence
    stems: frozenset[str]
    names: frozenset[str]


def events(found: Iterable[EvidenceSentence]) -> list[DatedEvent]:
    """Return the events that the sentences report, by date; reports of one event are merged."""
    reports: list[_Report] = []
    year = ""
    passage = ""
    for sentence in found:
        if sentence.passage.id != passage:
            passage, year = sentence.passage.id, ""
        for one in _reports_in(sentence, year):
            reports.append(one)
        stated = [moment.year for moment in date_mentions(sentence.text) if moment.year]
        year = str(stated[-1]) if stated else year
    return sorted(_merged(reports), key=lambda one: one.date)


def _reports_in(sentence: EvidenceSentence, year: str) -> Iterator[_Report]:
    """Yield the reports of events in a sentence, one for each date."""
    text = sentence.text
    whole = re.search(r"[.!。][\"”’)]*$", text)
    if text[:1].isdigit() and not re.match(r"(?:19|20)\d\d\b", text):
        # The rest of "H.R. 8170 …", cut at the abbreviation.
        return
    if (
        not whole
        or _STATE.search(text)
        or _REFERENCE.search(text)
        or sentence.is_row
        or len(text.split()) > _LONGEST
    ):
        return
    clauses = _clauses(text)
    seen: set[str] = set()
    dates = [one for one in date_mentions(text) if not one.decade and (one.month or one.year)]
    for moment in dates:
        clause = next(
            (part for part in clauses if part[0] <= moment.start < part[1]), (0, len(text))
        )
        own = text[clause[0] : clause[1]]
        before = text[: moment.start]
        known_by_day = moment.day and _ACT.search(before)
        if (_PERIOD.search(before) and not known_by_day) or (
            len(dates) > 1 and _REPORTED.search(before)
        ):
            continue
        if _BY.search(before) and not _DUE.search(text):
            continue
        # "Three dates in November 2026 decide: 9 November for …" is of that year.
        beside = [one.year for one in dates if one.year and one.month and one.end <= moment.start]
        day = _iso(moment, str(beside[-1]) if beside else year, sentence)
        if not day or day in seen or (not moment.month and not _is_only_date(moment, text)):
            continue
        seen.add(day)
        shown = text if len(clauses) == 1 else own.strip(" ,;")
        if len(shown.split()) < 5 or not re.match(r"[A-Z0-9“\"$\u4e00-\u9fff]", shown):
            shown = text
        yield _Report(day, shown, sentence, _content(shown), _names(shown))


def _is_only_date(moment: DateMention, text: str) -> bool:
    """Say whether a bare year dates an event: after a preposition, in a sentence without months."""
    before = text[: moment.start]
    months = [one for one in date_mentions(text) if one.month]
    return not months and bool(re.search(r"\b(?:[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil)\s*$", before))


def _clauses(text: str) -> list[tuple[int, int]]:
    """Return the spans of clauses, joined so that all but the first have a date of their own."""
    cuts = [0, *(found.start() for found in _CLAUSE.finditer(text)), len(text)]
    spans = [(start, end) for start, end in pairwise(cuts) if end > start]
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        own = text[start:end]
        whole = any(one.month or one.year for one in date_mentions(own))
        if joined and not whole:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined or [(0, len(text))]


def _iso(moment: DateMention, year: str, sentence: EvidenceSentence) -> str:
    """Return the date as ISO 8601, "" where no year is known.

    A year that is not stated is taken from the sentence before, the heading or title, or the date
    of publication.
    """
    stated = str(moment.year) if moment.year else ""
    if not stated:
        about = f"{sentence.passage.heading} {sentence.source.title}"
        near = [str(one.year) for one in date_mentions(about) if one.year]
        stated = year or (near[-1] if near else "") or sentence.source.published[:4]
    if not stated:
        return ""
    return replace(moment, year=int(stated)).iso


def _content(text: str) -> frozenset[str]:
    dates = {stem for one in date_mentions(text) for stem in stems(text[one.start : one.end])}
    return frozenset(stem for stem in stems(text) if stem not in dates and len(stem) > 2)


def _names(text: str) -> frozenset[str]:
    spans = [(one.start, one.end) for one in date_mentions(text)]
    return frozenset(one.text.casefold() for one in names(text, spans))


def _merged(reports: Sequence[_Report]) -> Iterator[DatedEvent]:
    """Yield the events: reports of one event merged, with the other dates given for it."""
    groups: list[list[_Report]] = []
    for one in reports:
        for group in groups:
            told_apart = all(two.sentence.key != one.sentence.key for two in group)
            if told_apart and _agree(group[0], one) and _alike(group[0], one) >= _SAME:
                group.append(one)
                break
        else:
            groups.append([one])
    for place, group in enumerate(groups):
        first = group[0]
        documents = {one.sentence.document for one in group}
        others = [
            (other[0].date, other[0].sentence)
            for position, other in enumerate(groups)
            if position != place
            and not _agree(first, other[0])
            and other[0].sentence.document not in documents
            and _days_apart(first.date, other[0].date)
            and _alike(first, other[0]) >= _SAME_OTHER_DATE
            and _union(first, other[0]) >= _SAME
            and first.names == other[0].names
        ]
        sentences = tuple({one.sentence.key: one.sentence for one in group}.values())
        yield DatedEvent(first.date, first.text, sentences, tuple(others))


def _agree(one: _Report, other: _Report) -> bool:
    """Say whether two dates agree: the shorter is the beginning of the longer."""
    return one.date.startswith(other.date) or other.date.startswith(one.date)


def _alike(one: _Report, other: _Report) -> float:
    """Return the overlap of two reports' stems, 0 to 1 of the shorter; 0 if their names differ."""
    if one.names and other.names and not one.names & other.names:
        return 0.0
    least = min(len(one.stems), len(other.stems))
    return len(one.stems & other.stems) / least if least else 0.0


def _union(one: _Report, other: _Report) -> float:
    """Return the Jaccard similarity of two reports' stems: a long one contains many short ones."""
    either = one.stems | other.stems
    return len(one.stems & other.stems) / len(either) if either else 0.0


def _days_apart(one: str, other: str) -> bool:
    """Say whether two exact dates are few enough days apart to be of one event."""
    if len(one) < 10 or len(other) < 10:
        return False
    try:
        apart = abs((date.fromisoformat(one) - date.fromisoformat(other)).days)
    except ValueError:
        return False
    return 0 < apart <= _DAYS_APART
