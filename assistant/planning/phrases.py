"""Names and definite phrases of an English question that a later pronoun may refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.entity_names import Name, alias_section, names
from corpus.date_mentions import date_mentions

AUXILIARY = (
    r"(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|may|might|must|should)"
)
# Nouns that end a definite phrase: "the October 2022 chip rule" ends before "control". Without a
# parser no other word tells where the noun ends and the verb begins.
_HEAD_NOUN = (
    r"(?:rules?|acts?|laws?|bills?|orders?|frameworks?|polic(?:y|ies)|packages?|bans?|lists?|"
    r"reports?|agreements?|deals?|plans?|programmes?|programs?|projects?|evaluations?|tariffs?|"
    r"limits?|licen[cs]es?|permits?|models?|chips?|compan(?:y|ies)|firms?|agenc(?:y|ies)|makers?|"
    r"courts?|treat(?:y|ies)|papers?|stud(?:y|ies)|guidance|cases?|apps?)"
)
_DEFINITE = re.compile(
    rf"\bthe (?:(?!(?:of|in|by|for|to|and|that|which|an?|the)\b)[\w'’-]+ ){{0,5}}?{_HEAD_NOUN}\b"
    rf"(?: {_HEAD_NOUN}\b)?(?: of (?:[A-Z][a-z]+ )?\d{{4}})?",
    re.IGNORECASE,
)
# What a name owns, after it: "'s 15th Five-Year Plan".
POSSESSED = re.compile(
    rf"['’]s (?:(?!(?:of|in|by|for|to|and|that|which|an?|the)\b)[\w'’-]+ ){{0,4}}?{_HEAD_NOUN}\b",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(
    rf"(?:which|what|how many) (?P<what>(?:[\w-]+ ){{0,2}}?[\w-]+) {AUXILIARY}\b", re.IGNORECASE
)
_TITLE = re.compile(r"(?:president|senator|representative|minister|mr|mrs|ms|dr|professor)\.? $",
                    re.IGNORECASE)  # fmt: skip
_BEFORE_SUBJECT = re.compile(rf"\b{AUXILIARY} (?:the )?$", re.IGNORECASE)
_BEFORE_SETTING = re.compile(r"\b(?:in|near|at|from|on) (?:the )?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a question that a later pronoun may refer to.

    `person` is how much it looks like a person's name: 0 not at all, 1 or 2 words, 3 a title.
    `is_subject` says that it is the subject of the question's verb, `is_setting` that it only says
    where.
    """

    text: str
    start: int
    end: int
    plural: bool = False
    person: int = 0
    is_subject: bool = False
    is_setting: bool = False
    named: bool = True


def capitalised_phrases(question: str) -> list[Name]:
    """Return the names of a question, the words of one name together ("Brill & Son", "Gemini 3").

    Months and years are no names.
    """
    found: list[Name] = []
    for one in names(question, [(it.start, it.end) for it in date_mentions(question)]):
        if found and question[found[-1].end : one.start] in (" ", " & "):
            start = found.pop().start
            one = Name(question[start : one.end], start, one.end)
        number = re.match(r" \d{1,3}(?:\.\d+)?\b(?!\s*(?:%|percent|million|billion))",
                          question[one.end :])  # fmt: skip
        end = one.end + (number.end() if number else 0)
        text = re.sub(r"['’]s?$", "", question[one.start : end])
        found.append(Name(text, one.start, one.start + len(text)))
    return found


def phrases(question: str) -> list[Phrase]:
    """Return what a follow-up to `question` may refer to, in order.

    These are its names, the definite phrases around them, and what it asks for: of "Which models
    were tested?" the models.
    """
    spans = [(one.start(), one.end()) for one in _DEFINITE.finditer(question)]
    found = [_phrase(question, start, end, named=False) for start, end in spans]
    for one in capitalised_phrases(question):
        if not any(start <= one.start < end for start, end in spans):
            title = _TITLE.search(question[: one.start])
            start = title.start() if title else one.start
            found.append(
                _phrase(question, start, one.end, person=_person_likeness(one, bool(title)))
            )
    if asked := _ASKED_FOR.match(question):
        start, end = asked.span("what")
        plural = _is_plural(asked["what"]) or question.lower().startswith("how many")
        found.append(Phrase(f"the {asked['what']}", start, end, plural=plural, named=False))
    return sorted(found, key=lambda one: one.start)


def _phrase(question: str, start: int, end: int, *, named: bool = True, person: int = 0) -> Phrase:
    before, text = question[:start], question[start:end]
    return Phrase(
        text,
        start,
        end,
        plural=not named and _is_plural(text),
        person=person,
        is_subject=bool(_BEFORE_SUBJECT.search(before)),
        is_setting=bool(_BEFORE_SETTING.search(before)),
        named=named,
    )


def _is_plural(text: str) -> bool:
    last = text.split()[-1].lower()
    return last == "people" or (last.endswith("s") and not last.endswith(("ss", "us", "is")))


def _person_likeness(one: Name, titled: bool) -> int:
    if titled:
        return 3
    words = one.text.split()
    plain = all(re.fullmatch(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?", word) for word in words)
    return min(len(words), 2) if plain and not alias_section(one.text) else 0
