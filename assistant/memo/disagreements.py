"""Where sources disagree: figures, dates and statuses of one thing that differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from assistant.entity_names import names
from assistant.memo.figures import (
    AT_LEAST,
    AT_MOST,
    EQUAL,
    FigureStatement,
    canonical_name,
    overlap,
    statements_of,
    tell_two_things,
)
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.speakers import speaker_of
from assistant.memo.timeline import events
from corpus.date_mentions import date_mentions
from index.keyword_index import stems
from index.query import STOP_WORDS

# Rarity-weighted Jaccard similarity from which two statements count the same thing: tried from 0.2
# to 0.6 on the tuning half of tests/disagreements.jsonl.
_ALIKE = 0.34
# Values with a smaller relative difference are one value, rounded.
_ROUNDED = 0.03
# Statuses that exclude each other: ended, against still to end or in force.
_ENDED = re.compile(
    r"\b(?:rescinded|revoked|repealed|withdrawn|withdrew|lifted|scrapped|abolished|cancelled|"
    r"canceled|expired|ended|suspended|struck down|dropped|unblocked|restored)\b"
)
_TO_END = re.compile(
    r"\b(?:to be|will be|would be|plans? to|planned to|intends? to|is to|expects? to|set to|"
    r"proposes? to|considering|not (?:yet )?(?:been )?|has yet to be|never)\s+(?:\w+\s+)?"
    r"(?:rescind(?:ed|ing)?|revoked?|repeal(?:ed)?|withdrawn?|lift(?:ed|ing)?|scrap(?:ped)?|"
    r"abolish(?:ed)?|cancell?(?:ed)?|end(?:ed)?|suspend(?:ed)?|drop(?:ped)?|unblock(?:ed)?|restor(?:ed)?)"
)
_STANDS = re.compile(
    r"\b(?:remains? in (?:force|effect|place)|is still in (?:force|effect|place)|still (?:applies|"
    r"stands|holds)|continues? to apply|remains? (?:blocked|banned|suspended|valid|unavailable)|"
    r"in force|in effect|still (?:blocked|banned|unavailable))\b"
)


@dataclass(frozen=True, slots=True)
class Position:
    """One side: its words (`shown`), its value for comparison, what it counts, and its sentence."""

    shown: str
    value: str
    counts: str
    sentence: EvidenceSentence


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Positions on one thing that differ; `kind` is "figure", "date" or "status".

    `update` says that one publisher said them at different times: the later one holds. `pairs` are
    the positions that were compared with each other and exclude each other: two positions of one
    group may well say the same, or speak of different things.
    """

    about: str
    kind: str
    positions: tuple[Position, ...]
    update: bool = False
    pairs: tuple[tuple[Position, Position], ...] = ()

    def against(self) -> Iterator[tuple[Position, Position]]:
        """Yield each compared pair both ways: a position, and one that excludes it."""
        for one, other in self.pairs:
            yield one, other
            yield other, one


def disagreements(found: Sequence[EvidenceSentence]) -> list[Disagreement]:
    """Return where the sentences of different documents, or speakers, differ on one thing."""
    return [*_figures(found), *_dates(found), *_statuses(found)]


def _figures(found: Sequence[EvidenceSentence]) -> Iterator[Disagreement]:
    stated = [one for sentence in found for one in statements_of(sentence)]
    beside: dict[tuple[tuple[str, int, int], str], list[FigureStatement]] = defaultdict(list)
    for one in stated:
        beside[one.sentence.key, one.unit].append(one)
    groups: list[list[FigureStatement]] = []
    apart: list[tuple[FigureStatement, FigureStatement]] = []
    for one, other in combinations(stated, 2):
        if not _can_disagree(one.sentence, other.sentence, one.speaker, other.speaker):
            continue
        if not (_same_thing(one, other) and _differ(one, other)):
            continue
        # "19 % in 2023 and 14 % in 2024" in both: each side states the other's figure as well.
        mine, theirs = (beside[two.sentence.key, two.unit] for two in (one, other))
        if any(not _differ(one, two) for two in theirs) or any(
            not _differ(other, two) for two in mine
        ):
            continue
        apart.append((one, other))
        for group in groups:
            held = [two for two in (one, other) if any(two is three for three in group)]
            if held:
                group.extend(
                    two for two in (one, other) if not any(two is three for three in group)
                )
                break
        else:
            groups.append([one, other])
    for group in groups:
        distinct: dict[tuple[str, str], FigureStatement] = {}
        for one in group:
            distinct.setdefault((str(one.value), one.sentence.document), one)
        sides = list(distinct.values())
        shared = frozenset.intersection(*(one.attribute for one in sides))
        made = {id(one): _position(one, shared) for one in group}
        yield Disagreement(
            _about(sides[0].sentence.text, sides[1].sentence.text), "figure",
            tuple(made[id(one)] for one in sides), _update([one.sentence for one in sides]),
            tuple((made[id(a)], made[id(b)]) for a, b in apart if id(a) in made and id(b) in made),
        )  # fmt: skip


def _position(one: FigureStatement, shared: frozenset[str]) -> Position:
    return Position(one.shown, f"{one.value} {one.unit}", _counts(one, shared), one.sentence)


def _can_disagree(
    one: EvidenceSentence, other: EvidenceSentence, said: str, said_other: str
) -> bool:
    """Say whether two sentences can disagree: from two documents, or by two speakers."""
    if one.document != other.document:
        mine, theirs = one.source, other.source
        issued = (mine.publisher.casefold(), mine.published)
        # Two files that one publisher published on one day are parts of one text.
        return not mine.publisher or issued != (theirs.publisher.casefold(), theirs.published)
    return bool(said and said_other and said.casefold() != said_other.casefold())


def _same_thing(one: FigureStatement, other: FigureStatement) -> bool:
    if one.unit != other.unit:
        return False
    # V3 and R1 are two things, and so are V3 alone and V3 beside R1.
    if one.things != other.things:
        return False
    if one.subjects and other.subjects and not one.subjects & other.subjects:
        return False
    if one.times and other.times and not _in_time(one.times, other.times):
        return False
    if one.measure != other.measure or tell_two_things(one.sentence, other.sentence):
        return False
    if one.things and not one.attribute and not other.attribute:
        # "Qwen3-Max has 1 trillion parameters": name and unit say all.
        return True
    return overlap(one.attribute, other.attribute) >= _ALIKE


def _in_time(one: frozenset[str], other: frozenset[str]) -> bool:
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)


def _differ(one: FigureStatement, other: FigureStatement) -> bool:
    """Say whether two values exclude each other, roundings and bounds considered."""
    small, large = sorted((one, other), key=lambda statement: statement.value)
    if small.value == large.value:
        return False
    if small.bound == AT_LEAST or large.bound == AT_MOST:
        return False
    if one.bound == other.bound == EQUAL:
        pass
    elif AT_LEAST in (one.bound, other.bound) and AT_MOST in (one.bound, other.bound):
        return False
    top = abs(large.value)
    if top and abs(large.value - small.value) / top <= _ROUNDED:
        return False
    digits = min(one.exact, other.exact)
    return f"{one.value:.{max(0, digits - 1)}E}" != f"{other.value:.{max(0, digits - 1)}E}"


def _counts(one: FigureStatement, shared: frozenset[str]) -> str:
    """Return the words around a figure that only this side has, to show what it counts."""
    text = one.sentence.text
    own = [
        word
        for word in re.findall(r"[^\W\d_][\w'’-]*", text)
        if (parts := set(stems(word))) and parts <= one.attribute - shared
    ]
    return " ".join(dict.fromkeys(own[:6]))


def _about(one: str, other: str) -> str:
    """Return what two sentences have in common, in words of the first: names, then other words."""
    theirs = set(stems(other))
    spans = [(moment.start, moment.end) for moment in date_mentions(one)]
    named = [name.text for name in names(one, spans)]
    keys = {canonical_name(name.text) for name in names(other)}
    shared = [name for name in dict.fromkeys(named) if canonical_name(name) in keys]
    words = [
        word
        for word in re.findall(r"[^\W\d_][\w'’-]*", one)
        if word.casefold() not in STOP_WORDS
        and set(stems(word)) <= theirs
        and not any(word in name for name in named)
    ]
    about = " ".join(dict.fromkeys(words[:6]))
    return f"{', '.join(shared)}: {about}" if shared and about else ", ".join(shared) or about


def _update(sides: Sequence[EvidenceSentence]) -> bool:
    publishers = {one.source.publisher.casefold() for one in sides}
    published = {one.source.published for one in sides}
    return len(publishers) == 1 and "" not in publishers and len(published) > 1


def _dates(found: Sequence[EvidenceSentence]) -> Iterator[Disagreement]:
    """Yield the events that documents date differently, each pair once."""
    seen: set[frozenset[tuple[str, int, int]]] = set()
    for event in events(found):
        first = event.sentences[0]
        for other, sentence in event.others:
            pair = frozenset((first.key, sentence.key))
            if pair in seen or tell_two_things(first, sentence):
                continue
            seen.add(pair)
            positions = (
                Position(event.date, event.date, "", first),
                Position(other, other, "", sentence),
            )
            yield Disagreement(
                _about(first.text, sentence.text), "date", positions, _update([first, sentence]),
                (positions,),
            )  # fmt: skip


def _statuses(found: Sequence[EvidenceSentence]) -> Iterator[Disagreement]:
    """Yield what one document says has ended, and another says is in force or still to end."""
    ended: list[tuple[EvidenceSentence, str]] = []
    standing: list[tuple[EvidenceSentence, str]] = []
    for one in found:
        if one.is_row:
            continue
        if match := _TO_END.search(one.text) or _STANDS.search(one.text):
            standing.append((one, match[0]))
        elif match := _ENDED.search(one.text):
            ended.append((one, match[0]))
    for one, said in ended:
        for other, said_other in standing:
            if one.document == other.document or not _on_one_thing(one, other, said, said_other):
                continue
            positions = (Position(said, said, "", one), Position(said_other, said_other, "", other))
            yield Disagreement(
                _about(one.text, other.text), "status", positions, _update([one, other]),
                (positions,),
            )  # fmt: skip


def _on_one_thing(
    one: EvidenceSentence, other: EvidenceSentence, said: str, said_other: str
) -> bool:
    """Say whether two statuses are of one thing, by the names and words before them."""
    if tell_two_things(one, other):
        return False
    sides = []
    for sentence, words in ((one, said), (other, said_other)):
        # What has the status stands before it.
        text = sentence.text.partition(words)[0]
        spans = [(moment.start, moment.end) for moment in date_mentions(text)]
        speaker = canonical_name(speaker_of(sentence).speaker)
        keys = {canonical_name(name.text) for name in names(text, spans)} - {speaker}
        dates = {stem for start, end in spans for stem in stems(text[start:end])}
        content = frozenset(
            stem for stem in stems(text) if stem not in STOP_WORDS and stem not in dates
        )
        sides.append((keys, content))
    (mine, content), (theirs, other_content) = sides
    if mine and theirs and not mine & theirs:
        return False
    digits = {key for key in mine ^ theirs if any(sign.isdigit() for sign in key)}
    return not digits and overlap(content, other_content) >= _ALIKE
