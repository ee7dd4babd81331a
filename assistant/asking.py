"""What kind of answer a question asks for, and whether a sentence holds one."""

from __future__ import annotations

import re
from enum import StrEnum

from corpus.moments import moments
from corpus.quantities import quantities

_TIMES = frozenset("second minute hour day week month year decade century".split())
_MONEY = frozenset("usd cny eur gbp krw jpy inr cent pound".split())
# Spans that no number measures.
_SPAN = re.compile(
    r"\b(?:several|a few|(?:\d+|one|two|three|four|five|six) (?:business|working|calendar))[\s-]+"
    r"(?:second|minute|hour|day|week|month|quarter|year|decade)s?\b|\bquarters\b",
    re.IGNORECASE,
)
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
    r"hundred|thousand|dozen|half|twice|triple|none|zero)"
)
_NUMBER_WORDS = re.compile(rf"\b{_NUMBER_WORD}s?\b", re.IGNORECASE)
_FIGURE = re.compile(r"\w*\d[\w.,]*")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w&’'-]*[a-zA-Z]\b|^[A-Z]\w+\s+[A-Z]\w+|[一-鿿]{2,}")

_ASKS = (
    (
        "money",
        r"\bhow much (?:money|did .* (?:cost|pay|spend)|does .* cost|revenue|would)\b|"
        r"\b(?:price|priced|cost|costs|fee|fees|fine|fined|budget|bill|salary|charge|"
        r"revenue|valuation|valued|worth|spend|spent)\b",
    ),
    (
        "percent",
        r"\bwhat (?:percent|percentage|pct|share|proportion|fraction|rate)\b|\b(?:pct|percentage|"
        r"percent|tariff rate|share of)\b",
    ),
    (
        "span",
        r"\bhow (?:long|quick(?:ly)?|soon|often|old|fast)\b|\b(?:duration|time ?frame|sentence)\b",
    ),
    (
        "date",
        r"\bwhen\b|\bwhat (?:date|day|year|month|time)\b|\bwhich (?:date|day|year|month|quarter)\b|"
        r"\b(?:deadline|effective date|as of what|since when|until when)\b",
    ),
    (
        "number",
        r"\bhow (?:many|much|big|large|small|high|low|far|wide|accurate|fast)\b|"
        r"\b(?:number of|size of|size|count|total|threshold|limit|limits|score|ratio|"
        r"headcount|yield|amount|quantity|parameters|tokens)\b",
    ),
    (
        "who",
        r"\bwho\b|\bwhom\b|\bwhose\b|\bwhich (?:person|people|company|companies|agency|agencies|"
        r"country|countries|body|bodies|reporter|official|firm|firms|lab|labs|authority|"
        r"places?|territory|territories)\b|\bwhat (?:company|agency|country|body)\b",
    ),
    ("where", r"\bwhere\b|\bwhich (?:city|state|region|location)\b|\bwhat (?:city|place)\b"),
)
_ASKS_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ASKS)


class Asked(StrEnum):
    """The kind of thing that would answer; OPEN for anything a sentence may say in words."""

    MONEY = "money"
    PERCENT = "percent"
    SPAN = "span"
    DATE = "date"
    NUMBER = "number"
    WHO = "who"
    WHERE = "where"
    OPEN = "open"


def asked_for(question: str) -> Asked:
    """Return the kind of answer `question` asks for, by its question words."""
    for kind, pattern in _ASKS_COMPILED:
        if pattern.search(question):
            return Asked(kind)
    return Asked.OPEN


def holds(asked: Asked, sentence: str, question: str) -> bool:
    """Say whether `sentence` holds something of the kind asked for that the question does not."""
    known = question.casefold()

    def fresh(pattern: re.Pattern[str]) -> bool:
        return any(found[0].casefold().strip() not in known for found in pattern.finditer(sentence))

    def dated() -> bool:
        days = (one for one in moments(sentence) if one.minutes is None and not one.weekday)
        return any(one.text.casefold() not in known for one in days)

    match asked:
        case Asked.MONEY:
            return any(one.unit in _MONEY for one in quantities(sentence))
        case Asked.PERCENT:
            return "percentage" in sentence or any(
                one.unit == "percent" for one in quantities(sentence)
            )
        case Asked.SPAN:
            spans = (one.unit in _TIMES for one in quantities(sentence))
            return bool(_SPAN.search(sentence)) or any(spans) or dated()
        case Asked.DATE:
            return dated()
        case Asked.NUMBER:
            figures = {one.rstrip(".,").lower() for one in _FIGURE.findall(sentence)}
            return any(one not in known for one in figures) or fresh(_NUMBER_WORDS)
        case Asked.WHO | Asked.WHERE:
            return fresh(_NAME)
        case Asked.OPEN:
            return True
