"""Sentences that retract a number: which figures were wrong, and which are right."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.date_mentions import date_mentions
from corpus.quantities import quantities

# A retraction corrects a statement: "the corrected accuracy" and "the rule was withdrawn" retract
# no number.
_STATEMENT = (
    r"(?:numbers?|figures?|values?|counts?|totals?|sums?|claims?|reports?|statements?|articles?)"
)
_CORRECTS = re.compile(
    r"^correction\b|\b(?:was|were|been|has|have|since|later) (?:later |since )?corrected\b|"
    rf"\bcorrect(?:s|ed) (?:the|its|an?|this|that|his|her|their) (?:\w+ )?{_STATEMENT}\b|"
    r"\bretract(?:s|ed|ion)\b|\bmisstate[sd]?\b|\bmisreported\b|"
    r"\b(?:wrongly|mistakenly|erroneously|incorrectly) (?:\w+ )?(?:said|stated|reported|gave|given|"
    r"put|listed|wrote|called|quoted)\b|"
    r"\ban? (?:earlier|previous|first) version of th|"
    rf"\b{_STATEMENT}\b[^.;]{{0,60}}\b(?:was|were|is|are|proved|been) (?:\w+ )?"
    r"(?:wrong|incorrect|mistaken|false|withdrawn|erroneous|an error)\b|"
    r"更正|勘误|误报|误称|数字有误",
    re.IGNORECASE,
)
# Where the wrong figure stands: after "earlier", after "not" or "instead of", after "from" of
# "corrected from … to", before "was wrong". The first group ends where the right one may follow.
_SPAN_END = r"(?=[;,]|\bbut\b|\bthe (?:correct|right|actual|true)\b|\bit (?:is|was)\b|\bshould\b|$)"
_WRONG_FIGURES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:earlier|previous(?:ly)?|initial(?:ly)?|original(?:ly)?|at first|wrongly|mistakenly|"
        rf"erroneously|incorrectly|misstated|misreported|first version)\b.*?{_SPAN_END}",
        rf"\b(?:not|instead of|rather than)\s.*?{_SPAN_END}",
        r"\bfrom\s.*?(?=\bto\b)",
        rf"\b{_STATEMENT} of .*?\b(?:was|were|is|proved) (?:\w+ )?(?:wrong|incorrect|false|"
        r"withdrawn|mistaken|erroneous|corrected|retracted)",
        r"(?:此前|误报|误称|原先).*?(?=[，；,;]|$)",
    )
)
# "58, not 72" may set one thing against another; "not 72 but 58" says two numbers of one thing.
_NOT_BUT = re.compile(r"\bnot (?:\w+ ){0,2}?[$€£]?\d[^;]{0,80}\bbut\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Correction:
    """The wrong and the right figures of a sentence that retracts some."""

    wrong: frozenset[str]
    right: frozenset[str]


def correction(text: str) -> Correction | None:
    """Return what a sentence retracts; None if it retracts nothing."""
    if not (_CORRECTS.search(text) or _NOT_BUT.search(text)):
        return None
    found = figures(text)
    wrong: set[str] = set()
    for pattern in _WRONG_FIGURES:
        for match in pattern.finditer(text):
            wrong |= {value for value, start in found if match.start() <= start < match.end()}
    right = {value for value, _ in found} - wrong
    return Correction(frozenset(wrong), frozenset(right))


def figures(text: str) -> list[tuple[str, int]]:
    """Return the numbers of a text that are no dates, each with where it starts."""
    days = [(one.start, one.end) for one in date_mentions(text)]
    return [(str(one.value.normalize()), one.start) for one in quantities(text, days)]
