"""What the next question of a conversation would be about, in a few words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.planning.decomposition import asked_thing, comparison_sides
from assistant.planning.follow_ups_chinese import is_chinese
from assistant.planning.follow_ups_chinese import subject_of as chinese_subject
from assistant.planning.follow_ups_english import subject_of as english_subject
from assistant.planning.phrases import capitalised_phrases
from assistant.planning.query_rewriting import Turn, put_for_it
from corpus.months import MONTHS

_LONGEST = 30
_DATE = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, MONTHS))})\b\.?|\b(?:19|20)\d\d\b", re.IGNORECASE
)
# "What is mixture of experts?" is about what stands after the asking words, if that is no clause.
_ABOUT = re.compile(
    r"\b(?:say|says|said|think|know|write|wrote) about (?P<thing>.+?)(?: and (?:its|their) .*)?\W*$"
)
_VERB = re.compile(r"\b(?:is|are|was|were|do|does|did|has|have|had|can|may|will|must|should)\b")


def subject_of(history: Sequence[Turn]) -> str:
    """Return what the next question's "it" is taken for when it is searched for; "" for nothing.

    At most 30 characters: "DeepSeek-V3", "the affiliates rule".
    """
    return _short(put_for_it(history))


def topic_of(question: str) -> str:
    """Return the main name or phrase of a question that stands alone; "" if it has none.

    At most 30 characters: "DeepSeek-V3", "mixture of experts", "R1 and o1".
    """
    if is_chinese(question):
        return _short(chinese_subject(question))
    names = [one.text for one in capitalised_phrases(question)]
    if comparison_sides(question) and len(names) >= len(("one", "other")):
        both = f"{names[0]} and {names[1]}"
        if len(both) <= _LONGEST:
            return both
    if about := _ABOUT.search(question):
        return _short(about["thing"])
    if found := english_subject(question):
        return _short(found)
    thing = asked_thing(question)
    return "" if thing == question or _VERB.search(thing) else _short(thing)


def _short(text: str) -> str:
    """Return a phrase cut to its length between words.

    A definite one keeps its end, which says what it is ("H200 review policy"), a name its
    beginning.
    """
    if len(text) <= _LONGEST:
        return text
    text = _joined(_DATE.sub("", text)) if text.startswith("the ") else text
    words = text.split()
    if text.startswith("the "):
        while len(" ".join(words)) > _LONGEST and len(words) > 1:
            words = words[1:]
        return " ".join(words)[:_LONGEST]
    while len(" ".join(words)) > _LONGEST - 1 and len(words) > 1:
        words = words[:-1]
    while len(words) > 1 and words[-1].lower() in {"and", "of", "the", "for", "in", "on", "or"}:
        words = words[:-1]
    return " ".join(words)[: _LONGEST - 1].rstrip(" ,;:-") + "…"


def _joined(text: str) -> str:
    return " ".join(text.split())
