"""Sentences of our own field made false by one small change, with the passage they stand in."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from assistant.entity_names import names
from corpus.date_mentions import date_mentions
from corpus.quantities import quantities
from training.verdicts import CONTRADICTED, NOT_STATED, SUPPORTED, Claim

_Change = tuple[str, str]
# Turns of phrase, and what makes the sentence say more, or the opposite. The first of a pair stands
# in the source.
_TURNS: tuple[_Change, ...] = (
    ("may", "will"),
    ("might", "will"),
    ("could", "will"),
    ("may not", "may"),
    ("plans to", "has begun to"),
    ("proposed", "adopted"),
    ("some", "all"),
    ("some", "most"),
    ("many", "all"),
    ("several", "all"),
    ("at least", "at most"),
    ("more than", "less than"),
    ("less than", "more than"),
    ("up to", "at least"),
    ("before", "after"),
    ("after", "before"),
    ("increased", "decreased"),
    ("rose", "fell"),
    ("fell", "rose"),
    ("higher", "lower"),
    ("lower", "higher"),
    ("allows", "prohibits"),
    ("requires", "allows"),
    ("prohibits", "allows"),
    ("except", "including"),
    ("without", "with"),
    ("denied", "confirmed"),
    ("first", "last"),
    ("largest", "smallest"),
    ("can", "cannot"),
    ("only", "also"),
    ("not ", ""),
    ("no longer", "still"),
    ("expected to", "known to"),
)
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|has|have|had|will|can|does|did)\b(?! not)(?= [a-z])")
_LEAST, _MOST, _BETWEEN = 6, 45, 3
# How often a sentence is put beside its neighbours alone, as a check does first.
_NARROW = 0.6
# What bounds a statement: the groups are what is left when it is taken away.
_SAYS = "said|says|claims|claimed|argues|argued|alleges|alleged|believes|estimates|estimated|warned"
_BOUNDS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    (
        "attribution_dropped",
        NOT_STATED,
        re.compile(
            rf"^(?:According to|In the view of) [^,]{{3,60}}, (.+)$|^(.+), according to [^,]+\.$"
            rf"|^[A-Z][^,.;]{{2,50}} (?:{_SAYS}) that (.+)$"
            rf"|^(.{{20,}}), (?:[A-Za-z’' ]{{3,40}}) (?:said|says|claimed|argues|argued)\.$"
        ),
    ),
    (
        "condition_dropped",
        CONTRADICTED,
        re.compile(r"^(?:If|Unless) [^,]{8,}, (?:then )?(.+)$|^(.{25,}), (?:if|unless) .+$"),
    ),
    (
        "exception_dropped",
        CONTRADICTED,
        re.compile(
            r"^(.{20,}?),? (?:except|other than|excluding|with the exception of)\b [^,.]+(.*)$"
        ),
    ),
    (
        "hedge_dropped",
        NOT_STATED,
        re.compile(
            r"^(.*)\b(?:reportedly|allegedly|apparently|possibly|probably|potentially)\b (.+)$"
        ),
    ),
)
_BESIDE = re.compile(r" \([^()]{4,}\)|, which [^,.]{8,}(?:,(?= [a-z])|(?=\.$))")
# Entries of lists of sources state nothing.
_REFERENCE = re.compile(r"\bet al\b|https?://|\barXiv\b|\bdoi\b|\bURL\b")


def falsified(
    text: str, passage: Sequence[str], context: str, chance: random.Random
) -> Iterator[Claim]:
    """Yield claims about a sentence of a passage, given as its sentences.

    The sentence as it is and without a part that it can do without, one change of it that the
    passage speaks against, the sentence without what bounds it (who says so, a condition, an
    exception, a doubt), and the sentence with what is left of the passage without it, which does
    not state it. The evidence is the passage, or often the sentence with those beside it. None of a
    short or long sentence.
    """
    if not _LEAST <= len(text.split()) <= _MOST or _REFERENCE.search(text):
        return
    if chance.random() < _NARROW:
        at = passage.index(text)
        passage = passage[max(0, at - 1) : at + 2]
    evidence = " ".join(passage)
    yield Claim(text, evidence, SUPPORTED, context, "kept")
    if (shorter := _shortened(text)) != text:
        yield Claim(shorter, evidence, SUPPORTED, context, "shortened")
    if changed := _changed(text, evidence, chance):
        yield Claim(changed, evidence, CONTRADICTED, context, "falsified")
    for kind, label, pattern in _BOUNDS:
        if found := pattern.search(text):
            bare = " ".join(part.strip() for part in found.groups() if part)
            bare = bare[:1].upper() + bare[1:].rstrip(" ,.") + "."
            if _LEAST <= len(bare.split()) < len(text.split()):
                yield Claim(bare, evidence, label, context, kind)
    rest = " ".join(one for one in passage if one != text)
    if rest and chance.random() < 0.5:
        yield Claim(text, rest, NOT_STATED, context, "left out")


def _shortened(text: str) -> str:
    """Return a sentence without what stands in brackets or beside it, true where the whole is."""
    return _BESIDE.sub("", text)


def _changed(text: str, evidence: str, chance: random.Random) -> str:
    """Return the sentence with one small change, "" where there is nothing to change."""
    ways = [_figure, _name, _date, _turn, _negation]
    chance.shuffle(ways)
    for way in ways:
        changed = way(text, evidence, chance)
        if changed and changed not in evidence:
            return changed
    return ""


def _figure(text: str, evidence: str, chance: random.Random) -> str:
    """Change a digit, or put in the figure of something else in the passage."""
    dated = [(one.start, one.end) for one in date_mentions(text)]
    own = [one for one in quantities(text, dated) if any(sign.isdigit() for sign in one.text)]
    if not own:
        return ""
    one = chance.choice(own)
    others = [
        other.text
        for other in quantities(evidence, [(m.start, m.end) for m in date_mentions(evidence)])
        if other.unit == one.unit and other.value != one.value and other.text not in text
    ]
    if others and chance.random() < 0.5:
        return text[: one.start] + chance.choice(others) + text[one.end :]
    places = [at for at, sign in enumerate(one.text) if sign.isdigit()]
    at = chance.choice(places)
    digit = chance.choice([sign for sign in "123456789" if sign != one.text[at]])
    return text[: one.start] + one.text[:at] + digit + one.text[at + 1 :] + text[one.end :]


def _name(text: str, evidence: str, chance: random.Random) -> str:
    """Put another name of the passage in the place of one, or let two names change places."""
    own = names(text, [(one.start, one.end) for one in date_mentions(text)])
    if not own:
        return ""
    one = chance.choice(own)
    # "A and B" is the same as "B and A".
    within = [
        other
        for other in own
        if other.text != one.text and len(text[one.end : other.start].split()) >= _BETWEEN
    ]
    if within and chance.random() < 0.5:
        other = chance.choice(within)
        between = text[one.end : other.start]
        return text[: one.start] + other.text + between + one.text + text[other.end :]
    others = [other.text for other in names(evidence) if other.text not in text]
    return text[: one.start] + chance.choice(others) + text[one.end :] if others else ""


def _date(text: str, evidence: str, chance: random.Random) -> str:
    """Change the year or the month of a date."""
    dated = [one for one in date_mentions(text) if one.year or one.month]
    if not dated:
        return ""
    one = chance.choice(dated)
    months = (
        "January February March April May June July August September October November December"
    ).split()
    changed = one.text
    named = [month for month in months if month in one.text]
    if named and chance.random() < 0.5:
        changed = one.text.replace(named[0], chance.choice([m for m in months if m != named[0]]))
    elif year := re.search(r"\b20\d\d\b", one.text):
        other = str(int(year[0]) + chance.choice((-2, -1, 1, 2)))
        changed = one.text.replace(year[0], other)
    return text[: one.start] + changed + text[one.end :] if changed != one.text else ""


def _turn(text: str, evidence: str, chance: random.Random) -> str:
    found = [pair for pair in _TURNS if re.search(rf"\b{re.escape(pair[0].strip())}\b", text)]
    if not found:
        return ""
    old, new = chance.choice(found)
    ahead = " " if old.endswith(" ") else r"\b"
    return re.sub(rf"\b{re.escape(old.strip())}{ahead}", new, text, count=1)


def _negation(text: str, evidence: str, chance: random.Random) -> str:
    places = list(_AUXILIARY.finditer(text))
    if not places:
        return ""
    place = chance.choice(places)
    return f"{text[: place.end()]} not{text[place.end() :]}"
