"""What bounds a statement, and whether a claim leaves it out: who says so, a doubt, how many.

The judge decides that a claim says more than its source. This names the reason, for the reader of
the verdict; where no such word is found, the source's sentence is shown alone.
"""

from __future__ import annotations

import re

from assistant.checking.problems import Code, Problem, problem

_SAID = re.compile(
    r"\b(?:according to|in the view of|says?|said|claim(?:s that|ed)|argue[sd]?|alleg(?:es|ed)|"
    r"believe[sd]?|estimate(?:s that|d)|reported|warn(?:s|ed)|den(?:ies|ied)|suggest(?:s|ed)|"
    r"told)\b",
    re.IGNORECASE,
)
# "May" with a capital is the month.
_HEDGED = re.compile(
    r"\bmay\b|(?i:\b(?:might|could|would|should|if|unless|until|reportedly|allegedly|apparently|"
    r"possibly|probably|perhaps|likely|plan(?:s|ned)? to|proposed?|proposes|intend(?:s|ed)? to|"
    r"consider(?:s|ed|ing)?|draft|expected to|except|only|not yet|seek(?:s|ing)? to|"
    r"aim(?:s|ed)? to|about to)\b)"
)
_SOME = re.compile(
    r"\b(?:some|several|many|most|certain|a few|part of|in one case|half|except|only)\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:all|every|each|always|any|everyone|entire|most|never|none)\b", re.IGNORECASE
)


def dropped_qualifiers(claim: str, source: str) -> Problem | None:
    """Return which bound of its source a claim leaves out, given that it says more; None for none.

    `source` is the sentence that the claim rests on.
    """
    if (wide := _ALL.search(claim)) and _SOME.search(source) and not _ALL.search(source):
        return problem(Code.SCOPE_WIDENED, wide[0])
    if (said := _SAID.search(source)) and not _SAID.search(claim):
        return problem(Code.ATTRIBUTION_DROPPED, said[0])
    if (hedge := _HEDGED.search(source)) and not _HEDGED.search(claim):
        return problem(Code.HEDGE_DROPPED, hedge[0])
    return None
