"""What kind of answer a question asks for, and whether a sentence holds one."""

from __future__ import annotations

import re
from enum import StrEnum

_MONTHS = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATE = re.compile(
    rf"\b{_MONTHS}\.?\s+\d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTHS}\b|"
    rf"\b{_MONTHS}\.?,?\s+(?:19|20)\d\d\b|\b(?:19|20)\d\d-\d\d\b|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b|"
    r"\b(?:19|20)\d\d\b|\b(?:first|second|third|fourth) quarter\b|\bQ[1-4]\b|年|月",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|several|a few)[\s-]+"
    r"(?:business |working |calendar )?"
    r"(?:second|minute|hour|day|week|month|quarter|year|decade)s?\b",
    re.IGNORECASE,
)
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
    r"hundred|thousand|dozen|half|twice|triple|none|zero)"
)
_NUMBER_WORDS = re.compile(rf"\b{_NUMBER_WORD}s?\b", re.IGNORECASE)
_FIGURE = re.compile(r"\w*\d[\w.,]*")
_MONEY = re.compile(
    r"[$€£¥]\s?\d|\b\d[\d,.]*\s*(?:(?:thousand|million|billion|trillion|bn|m|k)\s+)?"
    r"(?:dollars?|euros?|yuan|RMB|CNY|USD|EUR|cents?|pounds?)\b|"
    r"\b(?:USD|US\$|EUR|RMB|CNY)\s?\d|\d[\d,.]*\s*(?:亿|万)?元",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    rf"\d\s?%|\b(?:\d[\d,.]*|{_NUMBER_WORD})\s+per\s?cent|percentage", re.IGNORECASE
)
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

    match asked:
        case Asked.MONEY:
            return bool(_MONEY.search(sentence))
        case Asked.PERCENT:
            return bool(_PERCENT.search(sentence))
        case Asked.SPAN:
            return bool(_SPAN.search(sentence)) or fresh(_DATE)
        case Asked.DATE:
            return fresh(_DATE)
        case Asked.NUMBER:
            figures = {one.rstrip(".,").lower() for one in _FIGURE.findall(sentence)}
            return any(one not in known for one in figures) or fresh(_NUMBER_WORDS)
        case Asked.WHO | Asked.WHERE:
            return fresh(_NAME)
        case Asked.OPEN:
            return True
