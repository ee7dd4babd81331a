"""A table of figures out of sentences: what is counted, how much, in what unit, as of when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.memo.sentence import EvidenceSentence
from corpus.date_mentions import date_mentions
from corpus.quantities import Quantity, quantities
from index.query_terms import STOP_WORDS

# How the units of the check are written in a table; units not named here stay as they are.
_SHOWN = {
    "percent": "%", "usd": "USD", "cny": "CNY", "eur": "EUR", "gbp": "GBP", "krw": "KRW",
    "jpy": "JPY", "inr": "INR", "hour": "hours", "gb": "GB", "tb": "TB", "pb": "PB", "gw": "GW",
    "mw": "MW", "kw": "kW",
}  # fmt: skip
# How long something took, and which of several it was, is no figure for a table.
_DURATIONS = frozenset(
    {"second", "minute", "day", "week", "month", "year", "decade", "century", "ordinal"}
)
# What is counted without being a unit: the noun after the number.
_COUNTED = re.compile(
    r"^[\s-]*(?:(?:or more|additional|new|further|total|active|activated|Chinese|H\d+|A100|"
    r"Ascend(?: \d+[A-Z]?)?|NVIDIA|Nvidia)\s+){0,3}"
    r"(?P<noun>(?:GPU|H\d+|chip|accelerator)[- ]?hours?|GPUs?|"
    r"chips?|processors?|accelerators?|tokens?|parameters?|FLOPs?|employees|people|users|downloads|"
    r"entities|companies|countries|models?|licen[cs]es|wafers?|units?|servers?|dies|prompts?|"
    r"requests|cards?|transistors|experts|layers|exaflops|petaflops|teraflops)\b"
)
_TRAILING = re.compile(
    r"\s+(?:about|around|of|for|at|to|by|the|a|an|another|only|some|roughly|approximately|nearly|"
    r"over|than|more|from|was|were|is|are|with|and|in|on|expected|total|just|as|up)$",
    re.IGNORECASE,
)
_PER_SENTENCE = 2
# Words before the figure that say what is counted.
_WORDS = 9
_BOUND = re.compile(r"[;:()\[\]“”\"]|,\s|\b(?:and|but|which|that|while|whereas)\b")
_LEADS = re.compile(
    r"^(?:[A-Z][\w.&'’-]*(?:\s+[A-Z][\w.&'’-]*)*\s+)?(?:says?|said|counts?|reports?|reported|states?|"
    r"stated|gives|puts|estimates?|estimated)\s+(?:that\s+)?",
)


@dataclass(frozen=True, slots=True)
class StatedQuantity:
    """A quantity as a sentence states it; `shown` are its own words, `value` has the scale applied.

    `quantity` says what is counted, in words of the sentence or its heading; `as_of` is the date
    stated in the sentence, otherwise that of publication ("" where neither is known).
    """

    quantity: str
    value: float
    unit: str
    shown: str
    as_of: str
    sentence: EvidenceSentence


def stated_quantities(found: Iterable[EvidenceSentence]) -> list[StatedQuantity]:
    """Return the quantities with a unit that the sentences state, two a sentence at most.

    Equal statements (value, unit, and what is counted) stand once.
    """
    rows: dict[tuple[float, str, str], StatedQuantity] = {}
    for sentence in found:
        if sentence.is_row or "://" in sentence.text:
            continue
        count = 0
        for one in quantities(sentence.text):
            row = _row(one, sentence)
            if row is None:
                continue
            rows.setdefault((row.value, row.unit, row.quantity.casefold()), row)
            count += 1
            if count == _PER_SENTENCE:
                break
    return list(rows.values())


def _row(one: Quantity, sentence: EvidenceSentence) -> StatedQuantity | None:
    text = sentence.text
    if one.unit in _DURATIONS:
        return None
    unit, end = _SHOWN.get(one.unit, one.unit), one.end
    if not unit:
        unit, end = counted_noun(text, one.end)
    quantity = _quantity(text, one.start, end, sentence)
    if not quantity or not unit:
        return None
    return StatedQuantity(
        quantity=quantity,
        value=float(one.value),
        unit=unit,
        shown=text[one.start : end].strip(),
        as_of=_as_of(sentence),
        sentence=sentence,
    )


def counted_noun(text: str, after: int) -> tuple[str, int]:
    """Return the noun that a bare number ending at `after` counts, and where it ends.

    ("", after) where none follows.
    """
    found = _COUNTED.match(text[after:])
    return (found["noun"], after + found.end()) if found else ("", after)


def _quantity(text: str, start: int, end: int, sentence: EvidenceSentence) -> str:
    """Return what a figure counts: the words before it, those after it where none are there."""
    before = _LEADS.sub("", _BOUND.split(text[:start])[-1].strip())
    words = before.split()[-_WORDS:]
    if _content(words) < 2:
        after = _BOUND.split(text[end:].strip(" .,"))[0].split()[:_WORDS]
        words = [*words, *after]
    if _content(words) < 2:
        words = (sentence.passage.heading.rpartition(" › ")[2] or sentence.source.title).split()
    quantity = " ".join(words).strip(" ,.;:–—-$€£¥~")
    while (cut := _TRAILING.sub("", quantity)) != quantity:
        quantity = cut
    return quantity


def _content(words: list[str]) -> int:
    return sum(word.casefold().strip(".,") not in STOP_WORDS for word in words)


def _as_of(sentence: EvidenceSentence) -> str:
    """Return the date that a sentence states, as ISO 8601; that of publication otherwise."""
    dates = (one.iso for one in date_mentions(sentence.text))
    return next((iso for iso in dates if iso), "") or sentence.source.published
