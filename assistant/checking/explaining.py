"""What a sentence leaves out of the one that it rests on, in a word: why it says too much."""

from __future__ import annotations

import re

from assistant.checking.problems import Code, Problem, problem

# Words of the source that bound what it says; a claim without any of a row says more.
_BOUNDS: tuple[tuple[Code, re.Pattern[str]], ...] = (
    (
        Code.HEDGE_DROPPED,
        re.compile(
            r"\b(?:may|might|could|would|if|unless|plan(?:s|ned)?|propos(?:es?|ed|al)|expect(?:s|ed)?|"
            r"intend(?:s|ed)?|likely|possibl[ey]|perhaps|alleged(?:ly)?|reported(?:ly)?|estimated|"
            r"consider(?:s|ing|ed)?|draft|not yet|up to|about|roughly|approximately)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Code.SCOPE_WIDENED,
        re.compile(
            r"\b(?:some|several|many|most|certain|part(?:ly)?|half|one of|except|other than|"
            r"excluding|only|mainly|mostly|often|sometimes|a few|in some cases)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Code.ATTRIBUTION_DROPPED,
        re.compile(
            r"\b(?:said|says|stated|claim(?:s|ed)?|according to|argu(?:es|ed)|believ(?:es|ed)|"
            r"report(?:s|ed)|accus(?:es|ed)|estimates|critics|analysts)\b",
            re.IGNORECASE,
        ),
    ),
)


def explained(claim: str, source: str) -> Problem:
    """Return why a sentence that its source does not bear out may say too much.

    It is an explanation, not a check: the judge has decided. Where the source bounds what it says
    and the claim has no such bound, that is named; else the closest sentence is quoted.
    """
    for code, words in _BOUNDS:
        found = words.search(source)
        if found and not words.search(claim):
            return problem(code, source)
    return problem(Code.NOT_STATED, source)
