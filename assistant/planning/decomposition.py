"""The parts of a question that asks for several things, each of which may be found or not."""

from __future__ import annotations

import re
from itertools import pairwise

from assistant.planning.phrases import capitalised_phrases
from assistant.planning.query_rewriting import Turn, standalone
from index.query import content_words

_QUESTION_WORD = (
    r"(?:what|who|whom|whose|when|where|why|how|which|did|does|do|is|are|was|were|has|have|had|"
    r"will|would|can|could|should)"
)
_BETWEEN_QUESTIONS = re.compile(
    rf"[,;]?\s+(?:and|or|but)\s+(?:also\s+)?(?={_QUESTION_WORD}\b)|\?\s+(?=\S)|;\s+", re.IGNORECASE
)
_BEGINS_QUESTION = re.compile(rf"^(?:and\s+|also\s+|in\s+\w+\s+)?{_QUESTION_WORD}\b", re.IGNORECASE)
_MOST_PARTS = 4
# Words between the two sides of a comparison, and words that show that "and" joins two sides.
_COMPARED_WITH = re.compile(
    r",?\s+(?:vs\.?|versus|as opposed to|relative to|compared? (?:with|to))\s+", re.IGNORECASE
)
_JOINS_SIDES = re.compile(
    r",?\s+(?:and|or|than|with|against)\s+(?:the\s+|that of\s+|those of\s+)?", re.IGNORECASE
)
_COMPARES = re.compile(
    r"\b(?:between|compar\w+|both|each|same|differ\w*|either|more|less|fewer|first|earlier|later|"
    r"\w+er(?=,|\s+than\b)|older|younger|better|worse|cheaper|faster|larger|smaller|higher|lower)\b",
    re.IGNORECASE,
)


# The asking words, which are left out when a part that was not found is named.
_ASKS_FOR = re.compile(
    r"^(?:please\s+)?(?:compare|contrast|summari[sz]e|describe|explain|tell me about|"
    r"what(?:['’]s| is| are| was| were)|how (?:do|does|did)(?=.* (?:compare|differ)\W*$)|"
    r"which (?:is|are|was|were) \w+,)\s+"
    r"(?:the\s+)?",
    re.IGNORECASE,
)
_ENDING = re.compile(r"(?:\s+(?:compare|differ))?\s*[?.!]*$", re.IGNORECASE)


def asked_thing(part: str) -> str:
    """Return what a part of a question is about: "Compare the price of K2?" is "price of K2".

    A part that begins otherwise ("who signed it?") stays as it is.
    """
    thing = _ASKS_FOR.sub("", part, count=1)
    return _ENDING.sub("", thing) if thing != part else part


def sub_questions(question: str) -> list[str]:
    """Return the standalone sub-questions of `question`; none if it is a single question.

    It is cut only where a new question begins ("… and who signed it?"), so that "chips and
    software" stays whole.
    """
    pieces = [piece.strip(" ,;") for piece in _BETWEEN_QUESTIONS.split(question)]
    pieces = [piece if piece.endswith("?") else f"{piece}?" for piece in pieces if piece]
    questions = [
        piece for piece in pieces if _BEGINS_QUESTION.match(piece) and content_words(piece)
    ]
    if len(questions) < 2 or len(questions) != len(pieces) or len(questions) > _MOST_PARTS:
        return []
    return [
        standalone(piece, [Turn(one) for one in questions[:place]])
        for place, piece in enumerate(questions)
    ]


def comparison_sides(question: str) -> list[str]:
    """Return a question for each side of a comparison; none if it compares nothing.

    "How much did V3 and M1 each cost?" asks "How much did V3 each cost?" and "How much did M1 each
    cost?": each side is searched for, so that one of them does not fill the whole ranking.
    """
    for first, second in pairwise(capitalised_phrases(question)):
        between = question[first.end : second.start]
        joined = _JOINS_SIDES.fullmatch(between) and _COMPARES.search(question)
        if joined or _COMPARED_WITH.fullmatch(between):
            return [
                question[: first.end] + question[second.end :],
                question[: first.start] + question[second.start :],
            ]
    return []
