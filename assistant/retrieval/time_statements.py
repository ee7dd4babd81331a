"""What a sentence says about time, and whether two sentences contradict or update each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from assistant.entity_names import names
from assistant.planning.time_asked import span_of
from corpus.date_mentions import DateMention, date_mentions
from corpus.months import MONTHS
from corpus.partial_dates import first_day, is_date, last_day
from corpus.quantities import quantities
from index.keyword_index import stems
from index.query import STOP_WORDS, content_words

# The shorter of two sentences on one subject shares this much of its content words with the other.
# These are set by hand on the examples of tests/test_assistant_time_validity.py.
_SHARED_WORDS = 0.6
_LEAST_SHARED = 2
_LEAST_WITHOUT_FIGURES = 3
# The newer sentence replaces the older if it has this share of those words of the question that the
# older one has, its title and headings counted in.
_SHARE_OF_QUESTION = 0.6

_SINCE = re.compile(
    r"\b(?:since|from|as from|effective(?: on| from)?|with effect (?:from|on)|"
    r"(?:starting|beginning)(?: on| in| from)?|(?:takes?|took) effect (?:on|in)|"
    r"(?:comes?|came|enter(?:s|ed)?) into (?:force|effect) (?:on|in)|appl(?:y|ies|ied) from)"
    r"(?: the)?\s*$|[自从]\s*$",
    re.IGNORECASE,
)
_AS_OF = re.compile(r"\b(?:as of|as at|at the end of|by the end of)(?: the)?\s*$|截[至止]\s*$",
                    re.IGNORECASE)  # fmt: skip
_UNTIL = re.compile(
    r"\b(?:until|till|through|up to|valid to|expire[sd]?(?: on| in)?|"
    r"end(?:s|ed)?(?: on| in)?)(?: the end of)?(?: the)?\s*$|[至到]\s*$",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"\b(?:on|in|at|during|by|for)(?: the)?(?: (?:early|late|mid))?\s*$|[于在]\s*$", re.IGNORECASE
)
_RANGE = re.compile(r"\b(?:between|from)\b[^.;]{0,40}$", re.IGNORECASE)
# A sentence in the present tense says what was so when its document was published, whatever dates
# it names beside; one in the past tense with a date speaks of that date.
_PRESENT = re.compile(
    r"\b(?:is|are|has|have|now|currently|today|still|must|may|can|cannot|remains?|keeps?|holds?|"
    r"limits?|requires?|applies|no longer)\b|现[为在任行]|目前|当前|仍",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:will|would|plan(?:s|ned)? to|propos(?:es?|ed|als?)|expected to|is to|are to|draft|"
    r"intends? to|considers?|considering)\b|将|计划|拟",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\b(?:used to|formerly|previously|originally|initially|at first)\b|原先|此前|曾",
    re.IGNORECASE,
)
# Words with which a sentence reports a change. They differ between two sentences on one subject, so
# they are left out when the sentences are compared.
_CHANGE = re.compile(
    r"\b(?:cut|raise[sd]?|lower(?:s|ed)?|lost|loses|revoke[sd]?|repeal(?:s|ed)?|rescind(?:s|ed)?|"
    r"withdr(?:ew|awn|aws)|lift(?:s|ed)?|replace[sd]?|supersede[sd]?|suspend(?:s|ed)?|"
    r"reinstate[sd]?|banned|abolish(?:es|ed)?|expire[sd]?|resign(?:s|ed)?|succeed(?:s|ed)|"
    r"appoint(?:s|ed)?|doubled?|halved?|increased?|reduced?|amend(?:s|ed)?|keeps?|kept|"
    r"no longer|reverse[sd]?|delay(?:s|ed)?|postpone[sd]?|extend(?:s|ed)?|tighten(?:s|ed)?|"
    r"ease[sd]?|dropped?|scrap(?:s|ped)?|move[sd]?)\b|上调|下调|提高|降低|取消|撤销|废止|改为|失去|获得",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\b(?:not|no longer|never|none|cannot|n't)\b|n['’]t\b|[不未没无]", re.I)
_ONE_NAME = re.compile(
    r"\bwho (?:is|was|runs|leads|heads|chairs|directs|manages|owns|became)\b|"
    r"\bwhere (?:is|was)\b|\bname of\b|是谁|在哪",
    re.IGNORECASE,
)
_CODE = re.compile(r"[^\W\d].*\d|\d.*[^\W\d]")
_HAN = re.compile("[一-鿿]")
_TIME_WORDS = frozenset(
    "current currently now today present latest newest recent still status old former previous "
    "original originally initially earlier effective date year month day new".split()
) | frozenset(MONTHS)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatedTime:
    """A date of a sentence, as it states it and from `begin` to `end`.

    `word` is the kind of preposition before it: "as of", "since", "until",
    "plain" ("on", "in"), "range" or "".
    """

    stated: str
    begin: str
    end: str
    word: str


@dataclass(frozen=True, slots=True)
class AskedStatement:
    """What a question asks about: its content stems and those of its names.

    `by_name` says that the name of one person or place would answer.
    """

    stems: frozenset[str]
    names: frozenset[str]
    by_name: bool


class TimedStatement:
    """A sentence with its dates; `published` is the date of its document ("": unknown)."""

    def __init__(self, text: str, published: str, context: str, today: str) -> None:
        self.text = text
        self.published = published if is_date(published) else ""
        self._context = context
        self._today = today
        self._date_mentions = date_mentions(text)
        self.dates = list(self._dates())
        self.present = bool(_PRESENT.search(text))
        self.changes = bool(_CHANGE.search(text))
        self.planned = bool(_PLANNED.search(text))
        self.former = bool(_FORMER.search(text)) and not self.present

    def _dates(self) -> Iterable[StatedTime]:
        """Yield the dates; one without a year is the nearest to the date of the document."""
        word = ""
        for unsure in self._date_mentions:
            one = self._with_year(unsure)
            span = span_of(one)
            if span is None or one.unsure:
                continue
            before, last = self.text[: one.start], word
            word = next((name for name, pattern in _LEAD_INS if pattern.search(before)), "")
            if last == "since" and before.rstrip().endswith(" to"):
                word = "until"
            elif not word and _RANGE.search(before):
                word = "range"
            yield StatedTime(one.iso, *span, word)

    def _with_year(self, one: DateMention) -> DateMention:
        if one.year or not one.month or len(self.published) < len("2026-01"):
            return one
        middle = date.fromisoformat(first_day(self.published)).toordinal()
        year = int(self.published[:4])
        month, day = one.month, min(one.day or 15, 28)
        near = min(
            (year - 1, year, year + 1),
            key=lambda it: abs(date(it, month, day).toordinal() - middle),
        )
        return replace(one, year=near)

    def _dates_led_in_by(self, *words: str) -> list[StatedTime]:
        return [one for one in self.dates if one.word in words]

    @cached_property
    def _happened(self) -> StatedTime | None:
        """The last date that a sentence in the past tense speaks of."""
        plain = self._dates_led_in_by("plain")
        return max(plain, key=lambda one: one.end) if plain and not self.present else None

    @cached_property
    def begins(self) -> str:
        """The first day on which the statement certainly held; "" if unknown."""
        since = self._dates_led_in_by("since")
        return since[-1].begin if since else self.latest_time.begin

    @cached_property
    def latest_time(self) -> StatedTime:
        """The latest time at which the statement certainly held; all fields empty if unknown."""
        published = self.published
        publication = StatedTime(published, first_day(published), last_day(published), "")
        if stated := self._dates_led_in_by("as of"):
            return stated[-1]
        if self._happened and (not published or self._happened.begin <= publication.end):
            return self._happened
        since = self._dates_led_in_by("since")
        if since and publication.end < since[-1].begin <= self._today:
            return since[-1]
        return publication

    @cached_property
    def ends(self) -> str:
        """The last day on which the statement holds, if the sentence gives one; else ""."""
        until = self._dates_led_in_by("until")
        return until[-1].end if until else ""

    def holds_at(self, begin: str, last: str) -> bool:
        """Say whether the statement can hold on some day from `begin` to `last`, by its dates.

        A plan holds only once its date is reached.
        """
        if self.former or (self.ends and begin and self.ends < begin):
            return False
        if self.planned:
            starts = self._dates_led_in_by("since", "plain")
            return bool(starts) and starts[-1].begin <= last
        return not self.begins or self.begins <= last

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in it, folded to the stems of their words."""
        return _name_stems(self.text, self._spans)

    @cached_property
    def codes(self) -> frozenset[str]:
        """The names in it made of letters and digits, like those of models: "h20", "v3"."""
        return frozenset(one for one in self.names if _CODE.search(one))

    @property
    def _spans(self) -> list[tuple[int, int]]:
        return [(one.start, one.end) for one in self._date_mentions]

    @cached_property
    def content(self) -> frozenset[str]:
        """The stems of its words, without figures, dates, and words of time and change."""
        return _content_stems(_CHANGE.sub(" ", _blanked(self.text, self._spans)))

    @cached_property
    def around(self) -> frozenset[str]:
        """Its stems together with those of title and headings."""
        return self.content | _content_stems(self._context)

    @cached_property
    def figures(self) -> frozenset[tuple[str, str]]:
        """Its numbers, each with its unit or the word after it ("" for neither)."""
        found = []
        for one in quantities(self.text, self._spans):
            after = re.match(r"[\s-]*([^\W\d_]{3,})", self.text[one.end :])
            noun = after[1] if after and after[1].lower() not in STOP_WORDS else ""
            found.append((str(one.value.normalize()), one.unit or "".join(stems(noun))))
        return frozenset(found)

    def is_later(self, other: TimedStatement) -> bool:
        """Say whether all its dates are later than those of another statement."""
        return bool(other.latest_time.end) and self.latest_time.begin > other.latest_time.end

    def differs(self, other: TimedStatement, *, by_name: bool) -> bool:
        """Say whether it differs in content from a sentence on the same subject.

        It does by another number of the same kind, by a change that only this one reports, or by a
        negation that only one of them has; with `by_name`, by another name as well.
        """
        if self.figures and other.figures:
            nouns = {noun for _, noun in self.figures} & {noun for _, noun in other.figures}
            own_values = {value for value, noun in self.figures if noun in nouns}
            other_values = {value for value, noun in other.figures if noun in nouns}
            return bool(own_values - other_values) and (
                self.changes or bool(other_values - own_values)
            )
        negated = bool(_NEGATION.search(self.text)) != bool(_NEGATION.search(other.text))
        changed = self.changes and not other.changes
        renamed = bool(self.names - other.names) and bool(other.names - self.names)
        return changed or negated or (by_name and renamed)

    def is_about(self, other: TimedStatement, asked: AskedStatement, *, explicit: bool) -> bool:
        """Say whether it is about the same subject as another sentence that answers a question.

        A sentence that reports a change only needs a word of the question and a name in common: the
        names of the question, or any name if the question asks explicitly for the present. Two
        models are two subjects, and so are sentences that each name what the other does not, unless
        the question names what both are about.
        """
        if self.codes and other.codes and not self.codes & other.codes:
            return False
        stems_wanted = asked.stems & other.content
        shared_names = self.names & other.names
        names_match = asked.names <= shared_names if asked.names else explicit
        update = (
            self.changes
            and bool(stems_wanted & self.content)
            and bool(shared_names)
            and names_match
        )
        if len(stems_wanted & self.around) < _SHARE_OF_QUESTION * len(stems_wanted):
            return update
        shared = self.content & other.content
        if asked.stems and not asked.stems & shared:
            return False
        names_differ = bool(self.names - other.around) and bool(other.names - self.around)
        named = bool(asked.names) and asked.names <= self.around & other.around
        if names_differ and not (named or asked.by_name):
            return update
        least = min(len(self.content), len(other.content))
        enough = _LEAST_SHARED if self.figures and other.figures else _LEAST_WITHOUT_FIGURES
        return update or len(shared) >= max(enough, _SHARED_WORDS * least)


_LEAD_INS = (("as of", _AS_OF), ("since", _SINCE), ("until", _UNTIL), ("plain", _PLAIN))


def asked_statement(question: str) -> AskedStatement:
    """Return the subject of a question, without the words that only say when."""
    spans = [(one.start, one.end) for one in date_mentions(question, loose=True)]
    undated = _blanked(question, spans)
    stems_asked = _content_stems(undated)
    return AskedStatement(
        stems_asked, _name_stems(question, spans) & stems_asked, bool(_ONE_NAME.search(question))
    )


def _content_stems(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that carry content, figures left out."""
    words = content_words(text)
    kept = (word for word in words if word.lower() not in STOP_WORDS | _TIME_WORDS)
    return frozenset(one for one in _stems_of(kept) if not one[0].isdigit())


def _name_stems(text: str, spans: Sequence[tuple[int, int]]) -> frozenset[str]:
    """Return the stems of the names of a text; none for Chinese, which has no capitals."""
    found = (one.text for one in names(text, spans))
    return _stems_of(one for one in found if not _HAN.search(one))


def _stems_of(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stems(" ".join(words)))


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, stop in spans:
        text = text[:start] + " " * (stop - start) + text[stop:]
    return text
