"""The parts of a question that asks for several things, each of which may be found or not."""

from __future__ import annotations

import re
from itertools import pairwise

from assistant.phrases import capitalised_phrases
from assistant.query_rewriting import Turn, standalone
from index.query import content_words

_ASKING = (
    r"(?:what|who|whom|whose|when|where|why|how|which|did|does|do|is|are|was|were|has|have|had|"
    r"will|would|can|could|should)"
)
_JOINT = re.compile(rf"[,;]?\s+(?:and|or|but)\s+(?:also\s+)?(?={_ASKING}\b)|\?\s+(?=\S)|;\s+",
                    re.IGNORECASE)  # fmt: skip
_BEGINS = re.compile(rf"^(?:and\s+|also\s+|in\s+\w+\s+)?{_ASKING}\b", re.IGNORECASE)
_MOST = 4
# What stands between the two sides of a comparison, and what says that "and" stands between them.
_AGAINST = re.compile(
    r",?\s+(?:vs\.?|versus|as opposed to|relative to|compared? (?:with|to))\s+", re.IGNORECASE
)
_JOIN = re.compile(
    r",?\s+(?:and|or|than|with|against)\s+(?:the\s+|that of\s+|those of\s+)?", re.IGNORECASE
)
_COMPARING = re.compile(
    r"\b(?:between|compar\w+|both|each|same|differ\w*|either|more|less|fewer|first|earlier|later|"
    r"\w+er(?=,|\s+than\b)|older|younger|better|worse|cheaper|faster|larger|smaller|higher|lower)\b",
    re.IGNORECASE,
)


# What only asks: it is no part of the thing that was not found.
_ASKS_FOR = re.compile(
    r"^(?:please\s+)?(?:compare|contrast|summari[sz]e|describe|explain|tell me about|"
    r"what(?:['’]s| is| are| was| were)|how (?:do|does|did)(?=.* (?:compare|differ)\W*$)|"
    r"which (?:is|are|was|were) \w+,)\s+"
    r"(?:the\s+)?",
    re.IGNORECASE,
)
_ASKED_LAST = re.compile(r"(?:\s+(?:compare|differ))?\s*[?.!]*$", re.IGNORECASE)


def asked_thing(part: str) -> str:
    """Return what a part of a question is about: "Compare the price of K2?" is "price of K2".

    A part that begins otherwise ("who signed it?") stays as it is.
    """
    thing = _ASKS_FOR.sub("", part, count=1)
    return _ASKED_LAST.sub("", thing) if thing != part else part


def sub_questions(question: str) -> list[str]:
    """Return the questions that `question` is made of, each standing alone; none when it is one.

    It is cut only where a new question begins ("… and who signed it?"), so that "chips and
    software" stays whole.
    """
    pieces = [piece.strip(" ,;") for piece in _JOINT.split(question)]
    pieces = [piece if piece.endswith("?") else f"{piece}?" for piece in pieces if piece]
    whole = [piece for piece in pieces if _BEGINS.match(piece) and content_words(piece)]
    if len(whole) < 2 or len(whole) != len(pieces) or len(whole) > _MOST:
        return []
    return [
        standalone(piece, [Turn(one) for one in whole[:place]]) for place, piece in enumerate(whole)
    ]


def comparison_sides(question: str) -> list[str]:
    """Return a question for each side of a comparison; none when it compares nothing.

    "How much did V3 and M1 each cost?" asks "How much did V3 each cost?" and "How much did M1 each
    cost?": each side is searched for, so that one of them does not fill the whole ranking.
    """
    for first, second in pairwise(capitalised_phrases(question)):
        between = question[first.end : second.start]
        joined = _JOIN.fullmatch(between) and _COMPARING.search(question)
        if joined or _AGAINST.fullmatch(between):
            return [
                question[: first.end] + question[second.end :],
                question[: first.start] + question[second.start :],
            ]
    return []
