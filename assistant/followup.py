"""A follow-up made into a question that stands alone, so that the search finds its passages."""

from __future__ import annotations

import re

from index.query import Query

_LEANS = re.compile(
    r"^(?:and|but|so|or|what about|how about|what if|then|also)\b|"
    r"\b(?:it|its|they|them|their|he|his|she|her|that|those|this|these|one|ones|former|latter|"
    r"same|instead|else)\b",
    re.IGNORECASE,
)
# A question with this many words of content stands alone whatever pronouns it has.
_ALONE = 7


def standalone(question: str, history: tuple[str, ...]) -> str:
    """Return `question` with what it leaves to the conversation put in front.

    A question that leans on what went before (a pronoun, "and …?", hardly a word of content) gets
    the content words of the last question that stood alone, and of those after it.
    """
    if not history or not leans(question):
        return question
    carried: list[str] = []
    for earlier in reversed(history):
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
