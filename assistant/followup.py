"""A follow-up made into a question that stands alone, so that the search finds its passages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.checking.names import Vocabulary, kind_of, names
from corpus.sentences import sentences
from index.query import Query

_LEANS = re.compile(
    r"^(?:and|but|so|or|what about|how about|what if|then|also)\b|"
    r"\b(?:it|its|they|them|their|he|his|she|her|that|those|this|these|one|ones|former|latter|"
    r"same|instead|else)\b",
    re.IGNORECASE,
)
_THE = re.compile(r"\bthe\b", re.IGNORECASE)
_AND = re.compile(
    r"^(?:and|or|but)?\s*(?:what about|how about|for|in|of|with|by)?\s*(?:the\s+)?"
    r"(?P<what>[^\s?]+(?:\s+[^\s?]+){0,3})\s*\?*$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"\bthe (?P<which>first|second|third|fourth|last|former|latter)(?:\s+one)?\b", re.IGNORECASE
)
_PLACES = {
    "first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "latter": 1, "last": -1,
}  # fmt: skip
# "What is the GDP of France?", "Who founded DeepSeek?": all of a question, short as it is.
_WHOLE = re.compile(
    r"^(?:who|what|which|when|where|why|how)\b.*\b(?:is|are|was|were|do|does|did|has|have|had|can|"
    r"could|will|would|may|must)\b|^(?:who|what|which) \w+(?:ed|s)\b",
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
    """Return `question` with what it leaves to the conversation put in.

    "and Taiwan?" takes the place of what it stands beside in the last question that stood alone
    ("Why did Italy act?"); "the second one" is named; any other question that leans on what went
    before gets the content words of that question, and of those after it, put in front.
    """
    if not history or not leans(question) or _another_subject(question, history):
        return question
    since: list[str] = []
    for turn in reversed(history):
        since.insert(0, turn.question)
        if not leans(turn.question):
            break
    if swapped := _swapped(question, since[0]):
        return swapped
    item = _item(question, history[-1])
    carried = [item] if item else []
    carried += [word for one in since for word in Query.from_question(one).words]
    own = {word.lower() for word in Query.from_question(question).words}
    words = [word for word in dict.fromkeys(carried) if word.lower() not in own]
    return f"{' '.join(words)}: {question}" if words else question


def leans(question: str) -> bool:
    """Say whether a question needs what was said before it."""
    content = Query.from_question(question).words
    if len(content) <= 2:
        return True
    if len(content) >= _ALONE:
        return False
    # "When did the rule take effect?": which rule was said before, unless a name or number tells.
    told = names(question) or re.search(r"\d", question)
    return bool(_LEANS.search(question)) or (bool(_THE.search(question)) and not told)


def _another_subject(question: str, history: Sequence[Exchange]) -> bool:
    """Say whether a whole question names only what the conversation has not spoken of."""
    named = [one.text for one in names(question)]
    if not named or not _WHOLE.search(question) or _LEANS.search(question):
        return False
    said = Vocabulary(" ".join(f"{one.question} {one.answer}" for one in history))
    return not any(said.holds(one) for one in named)


def _swapped(question: str, before: str) -> str:
    """Return `before` with one name replaced by the one that an "and …?" gives, or ""."""
    match = None if _WHOLE.search(question) else _AND.match(question)
    given = names(f"so {match['what']}") if match else []
    if match is None or len(given) != 1:
        return ""
    new = given[0].text
    others = [one for one in names(before) if one.text != new]
    like = [one for one in others if kind_of(one.text) == kind_of(new)]
    if not like:
        return ""
    old = like[0]
    return before[: old.start] + new + before[old.end :]


def _item(question: str, last: Exchange) -> str:
    """Return what "the second one" is: of a list in the last question, else of its answer."""
    match = _ORDINAL.search(question)
    if match is None:
        return ""
    listed = [one.text for one in names(last.question)]
    if len(listed) < 2:
        listed = [last.answer[start:end] for start, end in sentences(last.answer)]
    place = _PLACES[match["which"].lower()]
    return listed[place] if -len(listed) <= place < len(listed) else ""
