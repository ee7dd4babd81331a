"""Which time a question asks about: the present, a day or year that it names, or the past."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from corpus.date_mentions import DateMention, date_mentions
from corpus.partial_dates import first_day, last_day


class When(StrEnum):
    """The kind of time that a question asks about; OPEN where it does not say."""

    OPEN = "open"
    PRESENT = "present"
    NAMED = "named"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class TimeAsked:
    """The time a question asks about, from `begin` to `end` (ISO days, both included).

    For the present both are the day of asking, for OPEN and PAST only `end` is. `explicit` says
    that the question has a word for the time ("currently", "at first"), not the tense alone;
    `first` that it means the beginning and not what was replaced last; `event` that it asks what
    happened, not what the state was; `before` that it asks for the state until `end`.
    """

    when: When
    begin: str = ""
    end: str = ""
    explicit: bool = False
    first: bool = False
    event: bool = False
    before: bool = False

    @property
    def is_day(self) -> bool:
        """Whether one day is named."""
        return self.when is When.NAMED and self.begin == self.end


_NOW = re.compile(
    r"\b(?:current(?:ly)?|now(?:adays)?|today(?:['’]s)?|at present|presently|the present|latest|"
    r"newest|most recent(?:ly)?|still|up[ -]to[ -]date|to date|so far|these days|at the moment|"
    r"any ?more|in force|status of)\b|现在|目前|当前|如今|今天|今日|最新|现行|现任|至今|仍然?",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"\b(?:original(?:ly)?|initial(?:ly)?|at first|at the (?:beginning|start|outset)|earliest|"
    r"first \w+ed)\b|"
    r"最初|起初|最早|一开始|原先",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\b(?:previous(?:ly)?|former(?:ly)?|used to|in the past|(?:was|were|did|had) .*\bbefore)\b|"
    r"\bthe old \w+\b|以前|此前|曾经|之前|前任|原来",
    re.IGNORECASE,
)
# "What is", "may a maker", "which makers hold": the present tense asks for the present state.
_PRESENT_TENSE = re.compile(
    r"\b(?:is|are|am|does|do|can|may|must|has|have)\b|"
    r"\b(?:who|which (?:\w+ ){0,2}?\w+) (?!did\b|was\b|were\b|had\b|will\b|would\b|of\b)\w+s\b|"
    r"\bwhich \w+s (?:hold|have|need|make|use|run|sell|keep|own|apply)\b|"
    r"是(?:多少|谁|什么)",
    re.IGNORECASE,
)
_OTHER_TENSE = re.compile(r"\b(?:did|was|were|had|will|would|been)\b|曾|当时|将", re.IGNORECASE)
# "When", "until what day", "is supposed to": the answer is a date, or lies in the future.
_DATE_ASKED = re.compile(
    r"\b(?:when|(?:until|till|by|since|from) (?:what|which)|how long|supposed|planned|expected|"
    r"going to)\b|何时|什么时候|计划",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"\b(?:happen(?:ed|s)?|occur(?:red)?|took place|take place|did)\b|发生|怎么了", re.IGNORECASE
)
# A date says when only after such a word: "the October 2022 rule" and "the 2024 report" are names.
_BEFORE_DATE = re.compile(
    r"\b(?:on|in|at|during|by|as of|as at|for|throughout|within|back in)"
    r"(?: the)?(?: (?:early|late|mid|end of|start of|beginning of|whole of))?\s*$|"
    r"(?:在|于|截至|截止到?|到)\s*$",
    re.IGNORECASE,
)
_UNTIL_DATE = re.compile(
    r"\b(?:before|prior to|until|till|ahead of)\b(?:\s[^\s,;.?!]+){0,6}\s*$", re.IGNORECASE
)
# "after the rule of 2023", "since 2023", "between … and …" leave the end open.
_OTHER_BOUND = re.compile(
    r"\b(?:after|since|from|between|following|to|and)\b(?:\s[^\s,;.?!]+){0,4}\s*$|[自从]\s*$",
    re.IGNORECASE,
)
_CHINESE_BEFORE = re.compile(r"\s*(?:之前|以前|前)")
_CHINESE_TIME = re.compile(r"\s*(?:$|[，,？?]|发生|时|底|初|末|有|是)")
# After the date: "in the December 2024 package" names a thing, and so does "the statute signed in
# December 2025" where the rest of the question is in the present tense.
_DATE_IS_PART_OF_NAME = re.compile(
    r"\s+(?!(?:did|do|does|was|were|is|are|and|or|for|in|at|on|by|to|from|of|what|which|how|who|"
    r"according|under|the|an?|as|with|than|could|may|might|must|can|had|has|have|would|will)\b)\w"
)
_PARTICIPLE = re.compile(r"\b\w+(?:ed|en|ught|old|ade)\s+(?:on|in|at|during|by)(?: the)?\s*$", re.I)


def span_of(one: DateMention) -> tuple[str, str] | None:
    """Return the first and the last day that a date can mean, as ISO 8601; None without a year."""
    if one.quarter and one.year:
        last = 3 * one.quarter
        return first_day(f"{one.year:04}-{last - 2:02}"), last_day(f"{one.year:04}-{last:02}")
    return (first_day(one.iso), last_day(one.iso)) if one.iso else None


def time_asked(question: str, today: str) -> TimeAsked:
    """Return the time that a question asks about; `today` is the day it is asked for (ISO 8601).

    A date counts if the question says that something holds then; with several dates none does.
    """
    event = bool(_EVENT.search(question))
    named = _named_time(question, event)
    if named is not None:
        return named
    if _FIRST.search(question):
        return TimeAsked(When.PAST, end=today, explicit=True, first=True)
    if _NOW.search(question):
        return TimeAsked(When.PRESENT, today, today, explicit=True)
    if _FORMER.search(question):
        return TimeAsked(When.PAST, end=today, explicit=True)
    if _DATE_ASKED.search(question):
        return TimeAsked(When.OPEN, end=today, event=event)
    if _PRESENT_TENSE.search(question) and not _OTHER_TENSE.search(question):
        return TimeAsked(When.PRESENT, today, today)
    return TimeAsked(When.OPEN, end=today, event=event)


def _named_time(question: str, event: bool) -> TimeAsked | None:
    """Return the one time that the question names; OPEN where it names a span or several."""
    found: list[TimeAsked] = []
    for one in date_mentions(question, loose=True):
        before, after = question[: one.start], question[one.end :]
        span = span_of(one)
        if one.minutes is not None or one.weekday or (span is None and not one.decade):
            continue
        chinese = "年" in one.text
        if (
            span is None
            or one.unsure
            or (_OTHER_BOUND.search(before) and not _UNTIL_DATE.search(before))
        ):
            found.append(TimeAsked(When.OPEN, event=event))
        elif _UNTIL_DATE.search(before) or _CHINESE_BEFORE.match(after):
            last = date.fromisoformat(span[0]) - timedelta(days=1)
            found.append(TimeAsked(When.NAMED, "", last.isoformat(), True, before=True))
        elif not event and _PARTICIPLE.search(before) and not _OTHER_TENSE.search(question):
            found.append(TimeAsked(When.OPEN, event=event))
        elif (
            _BEFORE_DATE.search(before) and (chinese or not _DATE_IS_PART_OF_NAME.match(after))
        ) or (chinese and _CHINESE_TIME.match(after)):
            found.append(TimeAsked(When.NAMED, *span, explicit=True, event=event))
    if not found:
        return None
    return found[0] if len(found) == 1 else TimeAsked(When.OPEN, event=event)
