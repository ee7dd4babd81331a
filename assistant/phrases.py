"""The phrases of an English question that a later one may stand for: names, definite phrases."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assistant.checking.names import Name, kind_of, names
from corpus.moments import moments

AUXILIARY = (
    r"(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|may|might|must|should)"
)
# Nouns that end a definite phrase: "the October 2022 chip rule" ends before "control". Without a
# parser no other word tells where the noun ends and the verb begins.
HEAD = (
    r"(?:rules?|acts?|laws?|bills?|orders?|frameworks?|polic(?:y|ies)|packages?|bans?|lists?|"
    r"reports?|agreements?|deals?|plans?|programmes?|programs?|projects?|evaluations?|tariffs?|"
    r"limits?|licen[cs]es?|permits?|models?|chips?|compan(?:y|ies)|firms?|agenc(?:y|ies)|makers?|"
    r"courts?|treat(?:y|ies)|papers?|stud(?:y|ies)|guidance|bridges?|harbours?|ships?|plants?)"
)
DEFINITE = re.compile(
    rf"\bthe (?:(?!(?:of|in|by|for|to|and|that|which)\b)[\w'’-]+ ){{0,5}}?"
    rf"(?:(?:chip|model|licen[cs]e|tariff|export) )?{HEAD}\b(?! (?:rules?|laws?|bans?|acts?)\b)"
    r"(?: of (?:[A-Z][a-z]+ )?\d{4})?",
    re.IGNORECASE,
)
_TITLE = re.compile(r"(?:president|senator|representative|minister|mr|mrs|ms|dr|professor)\.? $",
                    re.IGNORECASE)  # fmt: skip
_THE_BEFORE = re.compile(r"\bthe $", re.IGNORECASE)
_BEFORE_SUBJECT = re.compile(rf"\b{AUXILIARY} (?:the )?(?:[A-Z][\w-]*(?: [A-Z][\w-]*)* and )?$")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a question that a later one may stand for.

    `person` says how far it has the form of a person's name: 0 not at all, 1 or 2 words, 3 a title.
    """

    text: str
    start: int
    end: int
    plural: bool = False
    person: int = 0
    subject: bool = False
    named: bool = True
    article: str = ""

    @property
    def said(self) -> str:
        """The phrase with the article that it had ("the H20")."""
        return f"{self.article}{self.text}"


def runs(question: str) -> list[Name]:
    """Return the names of a question, the words of one name together ("Brill & Son", "Gemini 3").

    Months and years are no names.
    """
    found: list[Name] = []
    for one in names(question, [(it.start, it.end) for it in moments(question)]):
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
    """Return what a follow-up to `question` may stand for: names, and definite phrases around them.

    Names that only modify ("DeepSeek models") and places something is in give way to others.
    """
    found = all_phrases(question)
    return [one for one in found if not modifies(question, one)] or found


def all_phrases(question: str) -> list[Phrase]:
    """Return every phrase of `question`, those too that only modify another."""
    spans = [(one.start(), one.end(), one[0]) for one in DEFINITE.finditer(question)]
    found = [
        Phrase(text, start, end, plural=plural_form(text), named=False)
        for start, end, text in spans
    ]
    for one in runs(question):
        if not any(start <= one.start < end for start, end, _ in spans):
            before = question[: one.start]
            title = _TITLE.search(before)
            start = title.start() if title else one.start
            found.append(
                Phrase(question[start : one.end], start, one.end, person=_person(one, bool(title)))
            )
    return [
        replace(
            one,
            subject=bool(_BEFORE_SUBJECT.search(question[: one.start])),
            article="the " if _THE_BEFORE.search(question[: one.start]) else "",
            text=one.text + _noun_after(question[one.start :], one),
        )
        for one in sorted(found, key=lambda one: one.start)
    ]


def _noun_after(question: str, one: Phrase) -> str:
    """Return " app" of "is the DeepSeek app prohibited": there the name alone names another."""
    after = re.match(rf" [a-z]+(?= (?:{AUXILIARY}|[a-z]+ed)\b)", question[len(one.text) :])
    return after[0] if after and one.named else ""


def plural_form(text: str) -> bool:
    """Say whether the last word of a phrase is a plural."""
    last = text.split()[-1].lower()
    return last in {"people", "men", "women"} or (
        last.endswith("s") and not last.endswith(("ss", "us", "is"))
    )


def _person(one: Name, titled: bool) -> int:
    if titled:
        return 3
    words = one.text.split()
    plain = all(re.fullmatch(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)?", word) for word in words)
    return min(len(words), 2) if plain and not kind_of(one.text) else 0


def modifies(question: str, one: Phrase) -> bool:
    """Say whether a phrase is part of another ("DeepSeek models") or a place it is in."""
    before, after = question[: one.start], question[one.end :]
    place = kind_of(one.text) == "places" and re.search(r"\b(?:in|near|at|from) $", before)
    part = re.match(r" [a-z-]+s\b", after) and re.search(r"\b(?:which|what|many|its|the) $", before,
                                                         re.IGNORECASE)  # fmt: skip
    return bool(place or part) or bool(re.search(r"\b(?:its|their|his|her) $", before))
