"""What a sentence says has become of a rule or a figure: suspended, rescinded, replaced, corrected.

Read by the words around the verb, without a parser: what stands after "BIS suspended", or before
"was suspended", is what was changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.date_mentions import date_mentions
from corpus.document import Source
from corpus.months import MONTHS
from index.keyword_index import stems
from index.query import STOP_WORDS

# The kinds of change, each with the forms of its verbs: base, past participle, and noun.
_KINDS = (
    ("suspended", r"suspend(?:s|ing)?|pauses?|pausing|halts?", r"suspended|paused|halted",
     r"suspension", r"暂停|中止"),
    ("rescinded", r"rescinds?|rescinding|revokes?|revoking|repeals?|repealing|withdraws?|"
     r"withdrew|scraps?|abolish(?:es)?|annuls?|overturns?|lifts?|strikes down|struck down",
     r"rescinded|revoked|repealed|withdrawn|scrapped|abolished|annulled|overturned|lifted|"
     r"struck down", r"rescission|revocation|repeal|withdrawal", r"撤销|废止|取消|废除"),
    ("replaced", r"replaces?|replacing|supersedes?", r"replaced|superseded", r"replacement",
     r"取代|代替"),
    ("amended", r"amends?|amending|revises?", r"amended|revised", r"amendment|revision",
     r"修订|修正|修改"),
    ("corrected", r"corrects?", r"corrected", r"correction", r"更正|勘误"),
    ("postponed", r"postpones?|delays?|defers?", r"postponed|delayed|deferred|pushed back",
     r"postponement", r"推迟|延期|延后"),
    ("expired", r"expires?|lapses?|lapsed", r"expired", r"expiry|expiration", r"到期|失效"),
)  # fmt: skip
_VERBS = {kind: re.compile(rf"\b(?:{base}|{past})\b", re.I) for kind, base, past, _, _ in _KINDS}
_PASSIVE = {
    kind: re.compile(
        rf"\b(?:is|was|are|were|been|be|being|gets?|got|stands?|remains?)\s+(?:\w+ly\s+|since\s+|"
        rf"now\s+|also\s+|still\s+|later\s+)?(?:{past})\b",
        re.IGNORECASE,
    )
    for kind, _, past, _, _ in _KINDS
}
_NOUNS = {kind: re.compile(rf"\b(?:{noun}) of\b", re.I) for kind, _, _, noun, _ in _KINDS}
_HAN = {kind: re.compile(han) for kind, *_, han in _KINDS}
_HAN_SIGN = re.compile(r"[㐀-鿿]")
# What expired did so by itself: "the licence expired".
_BY_ITSELF = frozenset({"expired"})
# "until new regulations replace it", "may withdraw", "has not been repealed", "would suspend".
_NOT_SO = re.compile(
    r"\b(?:until|unless|if|whether|when|before|may(?! \d)|might|can|could|would|will|shall|must|"
    r"should|"
    r"plans? to|propos\w+ to|intends? to|wants? to|ask\w* (?:\w+ )?to|urg\w+ (?:\w+ )?to|to|not|"
    r"never|no|nor|without|n['’]t|refused to|failed to|cannot|than|be)\b[^,;.]{0,24}$|"
    r"\b(?:would|will|may(?! \d)|could|might) [^,;.]{0,60}$|"
    # "can keep, change or withdraw"
    r"\b(?:can|could|may(?! \d)|might|would|will|shall|must|should) [^;.]{0,60}\b(?:or|and)\s+$",
    re.IGNORECASE,
)
_ON_A_DAY = re.compile(r"\b(?:on|in|by)(?: the)?\s*$", re.IGNORECASE)
_PLANNED = re.compile(r"\b(?:will|shall|is to|are to)\s+(?:be\s+)?$", re.IGNORECASE)
_CLAUSE_BEGINS = re.compile(r"[;:]|,? \b(?:and|but|while|whereas|because|since|so) (?=the |it )")
# "the rule", "it": the thing that the text has named before.
_REFERS_BACK = re.compile(
    r"^\W*(?:it|(?:the|this|that) (?:\w+ )?(?:rule|order|act|law|framework|regulation|policy|ban|"
    r"measure|tariff|programme|program|requirement|authori[sz]ation)s?)\b(?! (?:on|of|for)\b)",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:until|till|through|to|expires?(?: on)?|ends?(?: on)?)(?: the)?\s*$", re.I
)
# "The tests of October 2022": the date names the thing.
_NAMES = re.compile(r"\b(?:of|dated)(?: the)?\s*$", re.IGNORECASE)
_WORDS_OF_OBJECT, _WORDS_OF_SUBJECT = 30, 16
# What stands after these is not what was changed: "replaced the cap with a licence".
_OBJECT_ENDS = re.compile(
    r"\b(?:with|because|after|until|that|which|so that|when|as part)\b|[;:.]\s"
)
_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")

# A title that reports the end of what an older title has as its subject.
_ENDS = re.compile(
    r"\b(?:rescind(?:s|ed)?|rescission|revokes?|revoked|revocation|repeal(?:s|ed)?|withdrawn|"
    r"suspend(?:s|ed)?|suspension|lifted|scrapped|abolished|expired|struck down|replaced|"
    r"superseded|overturned)\b|废止|撤销|暂停|取消|失效",
    re.IGNORECASE,
)
# The share of the shorter title's words that the other must have, at least two, and one of them not
# a word that many rules have.
_SUBJECT_SHARE, _LEAST_SHARED = 0.6, 2
COMMON = frozenset(
    stems("rule rules act law order ban ai export exports control controls chip chips framework")
)
_GENERIC = frozenset(stems("new percent issued final")) | frozenset(
    stem for month in MONTHS for stem in stems(month)
)


@dataclass(frozen=True, slots=True)
class ReportedChange:
    """What a sentence says was changed, how (`kind`) and when.

    `changed` are the stems of the words for the thing. `refers_back` says that they only point to
    what the text has named before ("the rule"). `date` is the day that the sentence gives for the
    change (ISO 8601), "" for none; `named_dates` are those by which the thing itself is named ("the
    tests of October 2022").
    """

    kind: str
    changed: frozenset[str]
    refers_back: bool
    date: str
    named_dates: frozenset[str] = frozenset()


def reported_change(text: str, now: str = "") -> ReportedChange | None:
    """Return what a sentence reports as changed; None for a plan, a condition, a denial.

    A plan counts from its date on: "will suspend it from 10 November 2025" on a later day `now`.
    """
    if _HAN_SIGN.search(text):
        kind = next((kind for kind, pattern in _HAN.items() if pattern.search(text)), "")
        if not kind or re.search(r"计划|拟|可能|如果|未|不会|没有", text):
            return None
        return ReportedChange(kind, _content(text), False, _date(text, 0))
    for kind in _VERBS:
        for passive, pattern in ((True, _PASSIVE[kind]), (False, _VERBS[kind])):
            for found in pattern.finditer(text):
                before = text[: found.start()]
                if _is_attribute(before):
                    continue
                if _NOT_SO.search(before) and not _is_due(text, found, now):
                    continue
                words = (
                    _subject_before(before)
                    if passive or kind in _BY_ITSELF
                    else _object_after(text[found.end() :])
                )
                if words:
                    return _change(kind, words, text, found)
        if (noun := _NOUNS[kind].search(text)) and not _NOT_SO.search(text[: noun.start()]):
            return _change(kind, _object_after(text[noun.end() :]), text, noun)
    return None


def tells_the_end(later: Source, older: Source) -> bool:
    """Say whether a later title reports the end of what an older title is about."""
    if not older.published or later.published <= older.published:
        return False
    # Few titles do: what they share with others is not looked for before.
    if not _ENDS.search(later.title) or _ENDS.search(older.title):
        return False
    shared, least = _shared_subject(later, older)
    return bool(shared - COMMON) and len(shared) >= max(_LEAST_SHARED, least)


def shared_subject(later: Source, older: Source) -> frozenset[str]:
    """Return the stems of what both titles are about, without words that many rules have."""
    return _shared_subject(later, older)[0] - COMMON


def names_subject(change: ReportedChange, title: str) -> bool:
    """Say whether what was changed is called as a title calls its subject, or by its date."""
    subject = _subject(title)
    shared = change.changed & subject
    if change.named_dates & dates_of(title):
        return bool(shared)
    enough = max(_LEAST_SHARED, _SUBJECT_SHARE * len(subject))
    return bool(shared - COMMON) and len(shared) >= enough


def _shared_subject(later: Source, older: Source) -> tuple[frozenset[str], float]:
    """Return the words that two titles share, and how many would make them of one subject."""
    one, other = (_subject(it.title.partition(":")[0]) for it in (later, older))
    return one & other, _SUBJECT_SHARE * min(len(one), len(other))


def _subject(title: str) -> frozenset[str]:
    return _content(_ENDS.sub(" ", title)) - _GENERIC


def _content(text: str) -> frozenset[str]:
    words = re.findall(r"[^\W\d_]+", text)
    return frozenset(stem for one in words if one.lower() not in STOP_WORDS for stem in stems(one))


def _change(kind: str, words: str, text: str, found: re.Match[str]) -> ReportedChange:
    return ReportedChange(
        kind,
        _content(words),
        bool(_REFERS_BACK.match(words)),
        _date(text, found.end()),
        dates_of(words),
    )


def dates_of(text: str) -> frozenset[str]:
    """Return the months and days that a text names, each as a month (ISO 8601)."""
    return frozenset(
        one.iso[:7] for one in date_mentions(text) if len(one.iso) > len("2025") and not one.unsure
    )


def _is_attribute(before: str) -> bool:
    """Say whether a verb is part of a name: "the revised text", "a suspended rule"."""
    return bool(re.search(r"\b(?:the|an?|its|their|as)\s+$", before, re.IGNORECASE))


def _is_due(text: str, found: re.Match[str], now: str) -> bool:
    """Say whether a sentence plans a change from a day on that has come."""
    if not _PLANNED.search(text[: found.start()]):
        return False
    day = _date(text, found.end())
    begins = re.search(
        r"\b(?:starting|beginning|effective|from|as of|on)(?: on)?\s+\w+\s", text[found.end() :]
    )
    return bool(begins and len(day) == len(now) and day <= now)


def _object_after(rest: str) -> str:
    words = list(_WORD.finditer(_OBJECT_ENDS.split(rest)[0]))[:_WORDS_OF_OBJECT]
    return rest[: words[-1].end()].strip() if words else ""


def _subject_before(before: str) -> str:
    begins = [one.end() for one in _CLAUSE_BEGINS.finditer(before)]
    clause = before[begins[-1] :] if begins else before
    clause = re.split(r"\bthat\b", clause)[-1]
    words = list(_WORD.finditer(clause))[-_WORDS_OF_SUBJECT:]
    return clause[words[0].start() :].strip() if words else ""


def _date(text: str, verb: int) -> str:
    """Return the date of a change: the first after its verb, or else the last before it."""
    dates = [
        one
        for one in date_mentions(text)
        if one.iso and not one.unsure and not _NAMES.search(text[: one.start])
    ]
    after = [one for one in dates if one.start >= verb and not _UNTIL.search(text[: one.start])]
    before = [one for one in dates if one.end <= verb]
    said = [one for one in before if _ON_A_DAY.search(text[: one.start])]
    exact = [one for one in after if len(one.iso) > len("2025")] or [*reversed(said)]
    chosen = next(iter([*exact, *after]), None)
    return chosen.iso if chosen else ""
