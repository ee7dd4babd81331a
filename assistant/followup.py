"""A follow-up made into a question that stands alone, so that the search finds its passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from index.query import Query

_LEANS = re.compile(
    r"^(?:and|but|so|or|what about|how about|what if|then|also)\b|"
    r"\b(?:it|its|they|them|their|he|his|she|her|that|those|this|these|one|ones|former|latter|"
    r"same|instead|else)\b",
    re.IGNORECASE,
)
# A question with this many words of content stands alone whatever pronouns it has.
_ALONE = 7


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of a conversation and the sentences of its answer, without markers."""

    question: str
    answer: str = ""


def exchanges(values: Sequence[Any]) -> tuple[Exchange, ...]:
    """Return turns from JSON: questions, or objects {"question": …, "answer": …}.

    Raises KeyError for an object without a question.
    """
    return tuple(
        Exchange(str(one["question"]), str(one.get("answer") or ""))
        if isinstance(one, dict)
        else Exchange(str(one))
        for one in values
    )


def standalone(question: str, history: Sequence[Exchange]) -> str:
    """Return `question` with what it leaves to the conversation put in front.

    A question that leans on what went before (a pronoun, "and …?", hardly a word of content) gets
    the content words of the last question that stood alone, and of those after it.
    """
    asked = [one.question for one in history]
    if not asked or not leans(question):
        return question
    carried: list[str] = []
    for earlier in reversed(asked):
        carried[:0] = Query.from_question(earlier).words
        if not leans(earlier):
            break
    own = {word.lower() for word in Query.from_question(question).words}
    words = [word for word in dict.fromkeys(carried) if word.lower() not in own]
    return f"{' '.join(words)}: {question}" if words else question


def leans(question: str) -> bool:
    """Say whether a question needs what was said before it."""
    content = Query.from_question(question).words
    return len(content) <= 2 or (len(content) < _ALONE and bool(_LEANS.search(question)))
