"""Problems that the check finds in a sentence: a code, and the values of its message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from corpus.i18n import Translatable, joined, tr


class Code(StrEnum):
    """The kinds of problems. Stored and printed: one that goes stays readable (`_GONE`)."""

    NUMBER_MISSING = "number_missing"
    NUMBER_DIFFERS = "number_differs"
    NUMBER_ELSEWHERE = "number_elsewhere"
    DATE_DIFFERS = "date_differs"
    NAME_MISSING = "name_missing"
    REPLACED = "replaced"
    QUOTATION_DIFFERS = "quotation_differs"
    NEGATION_ADDED = "negation_added"
    NEGATION_DROPPED = "negation_dropped"
    CONTRADICTED = "contradicted"
    CONTRADICTED_ELSEWHERE = "contradicted_elsewhere"
    RETRACTED = "retracted"
    NOT_STATED = "not_stated"
    MEANING_UNREAD = "meaning_unread"
    WORDS_MISSING = "words_missing"
    ATTRIBUTION_DROPPED = "attribution_dropped"
    HEDGE_DROPPED = "hedge_dropped"
    SCOPE_WIDENED = "scope_widened"
    UNCITED = "uncited"
    UNKNOWN_PASSAGE = "unknown_passage"
    CITATION_ADDED = "citation_added"
    BORNE_ELSEWHERE = "borne_elsewhere"
    STATES_NOTHING = "states_nothing"
    NOTHING_TO_FIND = "nothing_to_find"
    NOTHING_FOUND = "nothing_found"
    # What was stored before problems had codes: the line alone.
    LINE = "line"


# The message of each code, translated by template; a problem's values fill it in this order.
LINES: Mapping[Code, str] = {
    Code.NUMBER_MISSING: "the number {number} is not in the cited passage",
    Code.NUMBER_DIFFERS: "the cited passage has “{given}”, not “{said}”",
    Code.NUMBER_ELSEWHERE: "{number} stands elsewhere in the table: {words}",
    Code.DATE_DIFFERS: "the date {date} is not in the cited passage",
    Code.NAME_MISSING: "{name} is not in the cited passage",
    Code.REPLACED: "the cited passage has {given} here, not {said}",
    Code.QUOTATION_DIFFERS: "“{words}” is not quoted so",
    Code.NEGATION_ADDED: "“{word}” is not in the cited passage",
    Code.NEGATION_DROPPED: "the cited passage has “{word}”, which is left out",
    Code.CONTRADICTED: "the cited passage says otherwise: “{sentence}”",
    Code.CONTRADICTED_ELSEWHERE: "another passage speaks against it: “{sentence}”",
    Code.RETRACTED: "the cited passage takes this back: “{sentence}”",
    Code.NOT_STATED: "the cited passage does not say so; closest: “{sentence}”",
    Code.MEANING_UNREAD: "figures checked, meaning not",
    Code.ATTRIBUTION_DROPPED: "the cited passage gives this as what somebody says (“{word}”)",
    Code.HEDGE_DROPPED: "the cited passage is less certain (“{word}”)",
    Code.WORDS_MISSING: "not in the cited passage: {words}",
    Code.SCOPE_WIDENED: "“{word}” is more than the cited passage says",
    Code.UNCITED: "no passage is cited",
    Code.UNKNOWN_PASSAGE: "[{label}] is no passage that was given",
    Code.CITATION_ADDED: "cited no passage; one that contains it was added",
    Code.BORNE_ELSEWHERE: "another passage contains it",
    Code.STATES_NOTHING: "states nothing to check",
    Code.NOTHING_TO_FIND: "it says nothing that can be looked for in a passage",
    Code.NOTHING_FOUND: "none of {documents} documents speaks of this",
    Code.LINE: "{line}",
}
# Codes that are no longer produced, but are in stored answers.
_GONE: Mapping[str, str] = {
    "not_denied": "the cited passage does not deny “{}”",
    "denied": "the cited passage denies “{}”",
    "opposite": "“{}” where the cited passage has “{}”",
    "mispaired": "the cited passage has {} with these words, not {}",
    "age_differs": "{} is {} in the cited passage, not {}",
    "elsewhere": "{} where it says this",
}
_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a sentence; `values` fill its message, in order."""

    code: Code
    values: tuple[str, ...] = ()

    @property
    def said(self) -> Translatable:
        """The message, translatable."""
        line = LINES[self.code]
        return tr(line, **dict(zip(_NAME.findall(line), self.values, strict=True)))


def problem(code: Code, *values: object) -> Problem:
    """Return a problem, its values as text on one line."""
    return Problem(code, tuple(" ".join(str(one).split()) for one in values))


def in_words(problems: Iterable[Problem]) -> str:
    """Return problems as one translatable line; "" for none."""
    return joined("; ", (one.said for one in problems))


def problems_json(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return problems as the commands print them: messages, and the code and values of each."""
    return {
        "problems": [str(one.said) for one in problems],
        "problem_codes": [{"code": one.code.value, "values": list(one.values)} for one in problems],
    }


def with_problems(claim: object) -> object:
    """Return a stored claim with its problems in today's format.

    Output of the commands has them under "problem_codes"; those stored before there were codes are
    plain lines, and those with a code that is gone become plain lines. A value of another shape is
    left as it is, for validation to refuse.
    """
    if not isinstance(claim, dict):
        return claim
    held = claim.get("problem_codes", claim.get("problems", []))
    return {**claim, "problems": list(map(_today, held)) if isinstance(held, list) else held}


def _today(one: object) -> object:
    if isinstance(one, str):
        return {"code": Code.LINE, "values": [one]}
    line = _GONE.get(str(one.get("code"))) if isinstance(one, dict) else None
    values = one.get("values") if isinstance(one, dict) else None
    if line is None or not isinstance(values, list) or line.count("{}") != len(values):
        return one
    return {"code": Code.LINE, "values": [line.format(*values)]}
