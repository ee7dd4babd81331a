"""Which of the sentences that may answer leads: one that holds the kind of thing asked for.

The reader tells how likely a sentence is part of the answer. It prefers neither a sentence with a
sum of money where a price is asked, nor one that names the thing where it is to be explained; this
does, among sentences that answer nearly as well. Nor does it mind a sentence on another thing than
the question names: one that names it, or stands under a title or heading that does, goes before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from assistant.entity_names import NameLookup
from assistant.extractive_engine import leans_on_previous, stands_alone
from assistant.retrieval.sentence_ranking import RankedSentence
from corpus.date_mentions import date_mentions
from corpus.quantities import quantities
from index.keyword_index import stems
from index.query import STOP_WORDS

# From this share of the best chance on a sentence with the kind of thing that is asked for leads.
_SHARE = 0.5
# From this share of the best chance on a sentence that names the thing goes before one that stands
# under its name, and either before one on another thing.
_OF_ANOTHER = 2
_ADDS = 0.3
_LEAST_SHARE = {1: 0.8, _OF_ANOTHER: 0.15}
_CURRENCIES = frozenset({"usd", "cny", "eur", "gbp", "krw", "jpy", "inr", "cent"})
_ASKS_MONEY = re.compile(
    r"\b(?:what|how much)\b.*\b(?:cost|costs|spen[dt]|price|prices|pay|paid|charge[sd]?|worth|"
    r"revenues?|fund(?:s|ing)|budget|invest(?:s|ed)?|fees?|fines?|raise[sd]?)\b|"
    r"成本(?:是)?多少|多少(?:钱|美元|元)|花了多少|价格",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"^(?:and |so |but )?(?:(?:since|until|by) )?(?:when|what date|which (?:day|date|year|month)|"
    r"(?:in|on) (?:what|which) (?:day|date|year|month))\b|何时|什么时候|哪[年天]",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|large|big|fast|long|old|high|low|far|often)\b|\bhow much\b|"
    r"\b(?:what|which) (?:(?:is|are|was|were) )?(?:the |its |their )?(?:[\w-]+ ){0,2}?"
    r"(?:percentage|percent|share|rate|threshold|number|amount|size|bandwidth|capacity|limit|cap|"
    r"score|total)\b|多少|几[个年项]",
    re.IGNORECASE,
)
_DEFINES = re.compile(
    r"^(?:and |so )?what(?:['’]s| is| are| was| were) "
    r"(?P<thing>(?:the |an? )?[^?,:]{2,60}?)\s*\??$|"
    r"^(?:什么是(?P<after>[^?？，,]{2,20})|(?P<before>[^?？，,的]{2,20})是什么)[?？]?$",
    re.IGNORECASE,
)
# "What is the price of X" asks for more than what X is.
_NO_DEFINITION = re.compile(
    r"\b(?:of|in|for|on|between|about|from|to|with|by|than)\b|['’]s\b", re.I
)
# "Article 51" is a name.
_NUMBERED = re.compile(
    r"\b(?:Article|Section|Annex|Recital|Title|Part|Chapter|Order|Rule|No\.) \d[\d.]*"
)
Context = Callable[[RankedSentence], str]
# The sentences of a passage stand under the same title and heading.
_lookup = lru_cache(maxsize=512)(NameLookup)


def with_leading(
    question: str,
    sentences: Sequence[RankedSentence],
    named: Sequence[str] = (),
    context: Context = lambda _: "",
) -> list[RankedSentence]:
    """Return ranked sentences, the first of those that have what is asked for before the others.

    `named` are the names in the question, `context` gives the title and heading of a sentence. The
    chances stay as they are, but for sentences on another thing behind one that names it.
    """
    ranked = list(sentences)
    quotable = [one for one in ranked if stands_alone(one)]
    if not quotable:
        return ranked
    first = quotable[0]
    far = {id(one): _distance(one, named, context) for one in quotable} if named else {}
    if least := _LEAST_SHARE.get(far.get(id(first), 0)):
        first = min(
            (one for one in quotable if one.answers >= least * first.answers),
            key=lambda one: far[id(one)],
        )
    wanted = _wanted(question)
    if wanted is not None and not wanted(first):
        enough = _SHARE * min(first.answers, quotable[0].answers)
        distance = far.get(id(first), 0)
        first = next(
            (
                one
                for one in quotable
                if one.answers >= enough and far.get(id(one), 0) <= distance and wanted(one)
            ),
            first,
        )
    if far and far[id(first)] < _OF_ANOTHER:
        # What is on another thing hardly adds to what is on this one; the order, by validity,
        # stays within both.
        others = [one for one in ranked if far.get(id(one)) == _OF_ANOTHER]
        near = [one for one in ranked if far.get(id(one)) != _OF_ANOTHER]
        ranked = [*near, *(replace(one, answers=_ADDS * one.answers) for one in others)]
    ranked.remove(first)
    return [first, *ranked]


def _distance(one: RankedSentence, named: Sequence[str], context: Context) -> int:
    """Return 0 for a sentence with a name of the question, 1 for one under it, 2 for others."""
    for distance, text in enumerate((one.text, context(one))):
        if any(map(_lookup(text).holds, named)):
            return distance
    return _OF_ANOTHER


def _wanted(question: str) -> Callable[[RankedSentence], bool] | None:
    """Return the test for sentences that hold what a question asks for; None where any will do."""
    if _ASKS_MONEY.search(question):
        return lambda one: _states_money(one.text)
    if _ASKS_DATE.search(question):
        return lambda one: any(it.year or it.month for it in date_mentions(one.text))
    if _ASKS_NUMBER.search(question):
        return lambda one: _states_number(one.text)
    defines = _DEFINES.match(question)
    thing = next(filter(None, defines.groupdict().values()), "") if defines else ""
    if thing and not _NO_DEFINITION.search(thing):
        words = [one for one in re.findall(r"[^\W_]+", thing) if one.lower() not in STOP_WORDS]
        named = frozenset(stem for one in words if not one.isdigit() for stem in stems(one))
        return lambda one: named <= one.stems and not leans_on_previous(one)
    return None


def _states_money(text: str) -> bool:
    return any(one.unit in _CURRENCIES for one in quantities(text)) or bool(
        re.search(r"[$€£¥]\s?\d", text)
    )


def _states_number(text: str) -> bool:
    text = _NUMBERED.sub("", text)
    days = [(one.start, one.end) for one in date_mentions(text)]
    return bool(quantities(text, days))
