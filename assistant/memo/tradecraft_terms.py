"""Terms that analytic tradecraft has rules for: likelihood, confidence, hedges, advice."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Likelihood terms of the two scales: ICD 203 (Office of the Director of National Intelligence,
# 2015) and the yardstick of the UK's Professional Head of Intelligence Assessment.
SCALES: Mapping[str, tuple[str, ...]] = {
    "icd203": (
        "almost no chance", "remote", "very unlikely", "highly improbable", "unlikely",
        "improbable", "roughly even chance", "roughly even odds", "likely", "probable", "probably",
        "very likely", "highly probable", "almost certain", "almost certainly", "nearly certain",
    ),
    "phia": (
        "remote chance", "highly unlikely", "unlikely", "realistic possibility", "likely",
        "probable", "probably", "highly likely", "almost certain", "almost certainly",
    ),
}  # fmt: skip
# Everything that says how likely something is, the longest first, so that "very likely" is not
# read as "likely".
_TERMS = (
    r"almost no chance|almost certain(?:ly)?|nearly certain|very (?:un)?likely|"
    r"highly (?:un)?likely|"
    r"highly (?:im)?probable|extremely (?:un)?likely|quite (?:un)?likely|most likely|"
    r"roughly even (?:chance|odds)|even (?:chance|odds)|remote chance|realistic possibility|"
    r"(?:good|fair|real|strong|slim|high|low) (?:chance|possibility|probability)|"
    r"may well|might well|could well|may|might|perhaps|possibly|conceivably|presumably|"
    r"un(?:likely)|likely|im(?:probable)|probabl[ey]|remote|certain to|bound to|no doubt|doubtless"
)
LIKELIHOOD = re.compile(rf"\b(?:{_TERMS})\b", re.IGNORECASE)
CONFIDENCE = re.compile(
    r"\b(?:high|moderate|medium|low) confidence\b|\bconfidence (?:is|in [^.]{1,60} is) "
    r"(?:high|moderate|medium|low)\b",
    re.IGNORECASE,
)
HEDGE = re.compile(
    r"\b(?:it is|it was|is) (?:widely )?(?:believed|thought|understood|said|assumed|felt|known|"
    r"considered|reported|estimated|hoped|feared)\b|\bis widely (?:seen|regarded|viewed) as\b|"
    r"\b(?:some|many) (?:people|observers|analysts|experts) (?:say|believe|think)\b|"
    r"\bsources say\b|\breportedly\b|\ballegedly\b|\bsupposedly\b",
    re.IGNORECASE,
)
ADVICE = re.compile(
    r"\b(?:we|this (?:memo|report)) recommends?\b|\b(?:should|ought to)\b|\bmust (?:act|adopt|ban|"
    r"consider|ensure|stop|pass|impose|extend|close)\b|\bit is (?:essential|imperative|vital) "
    r"(?:to|that)\b",
    re.IGNORECASE,
)


def likelihoods(text: str) -> list[str]:
    """Return the terms of likelihood in `text`, in lower case.

    "May 2025" and "in May" are months, "remote access" is no likelihood.
    """
    found = []
    for match in LIKELIHOOD.finditer(text):
        word = match[0].casefold()
        if word == "may" and match[0] == "May":
            continue
        if word == "remote" and not re.match(r"\s+(?:chance|possibility)", text[match.end() :]):
            continue
        found.append(word)
    return found
