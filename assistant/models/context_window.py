"""Fitting evidence into a context: the best sentences with their neighbours, never cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.retrieval.sentence_ranking import RankedSentence
from corpus.citation_line import citation_line
from index.evidence import Evidence

# English has about four characters a token; figures, names and Chinese have fewer. An estimate that
# is too high costs a passage, one that is too low the answer.
_CHARACTERS = 3.2
_WIDE = re.compile(r"[^\x00-\u024f\u2010-\u203a]")
# Tokens that a chat template adds to each message.
MESSAGE_TOKENS = 16
# Tokens of the mark at the beginning of each line of a passage.
_MARK = 5
# Stands where sentences of a passage are left out.
GAP = "…"
# After so many sentences that do not fit, the rest are not tried.
_MISSED = 3

Count = Callable[[str], int]


def estimated_tokens(text: str) -> int:
    """Return an estimate of a text's tokens that is rather too high than too low."""
    wide = len(_WIDE.findall(text))
    return int((len(text) - wide) / _CHARACTERS + wide * 1.3) + 1


def answer_tokens(context: int) -> int:
    """Return how many tokens of a context are reserved for the answer."""
    return max(256, min(1024, context // 5))


@dataclass(frozen=True, slots=True)
class FittedPassage:
    """A passage as a prompt shows it: its label and its sentences in order, GAP where some lack.

    `whole` says that none was left out; after the last one shown there is no GAP.
    """

    label: int
    lines: tuple[str, ...]
    whole: bool


def fitted_to_context(
    evidence: Sequence[Evidence], sentences: Sequence[RankedSentence], count: Count, room: int
) -> list[FittedPassage]:
    """Return the part of the evidence that fits into `room` tokens, the best first.

    That is whole passages if all fit. Else the best sentences, in the order of `sentences`, each
    with its neighbours as far as there is room; never a part of a sentence.
    """
    parts = {one.label: one.passage.parts() for one in evidence}
    texts = {one.label: [one.passage.text[a:b] for a, b in parts[one.label]] for one in evidence}
    heads = {one.label: count(_head(one)) + MESSAGE_TOKENS // 2 for one in evidence}
    costs = {label: [count(text) + _MARK for text in lines] for label, lines in texts.items()}
    if sum(heads.values()) + sum(map(sum, costs.values())) <= room:
        return [FittedPassage(one.label, tuple(texts[one.label]), whole=True) for one in evidence]
    kept: dict[int, set[int]] = {}
    missed = 0
    for label, place in _ranked(evidence, sentences, parts):
        held = kept.get(label, set())
        if place in held:
            continue
        beside = {place - 1, place, place + 1} & set(range(len(texts[label])))
        for wanted in (beside, {place}):
            cost = sum(costs[label][one] for one in wanted - held) + heads[label] * (not held)
            if cost <= room:
                room -= cost
                kept[label] = held | wanted
                break
        else:
            missed += 1
            if missed > _MISSED:
                break
    if not kept:
        # Only long rows were ranked: the shortest sentence that fits is better than none.
        fit = [
            (heads[label] + cost, label, place)
            for label, all_costs in costs.items()
            for place, cost in enumerate(all_costs)
            if heads[label] + cost <= room
        ]
        kept = {label: {place} for _, label, place in sorted(fit)[:1]}
    return [
        FittedPassage(
            label, tuple(_lines(texts[label], held)), whole=len(held) == len(texts[label])
        )
        for label, held in kept.items()
    ]


def _ranked(
    evidence: Sequence[Evidence],
    sentences: Sequence[RankedSentence],
    parts: Mapping[int, Sequence[tuple[int, int]]],
) -> Iterator[tuple[int, int]]:
    """Yield (label, index) of each ranked sentence, best first; then all others by passage rank."""
    begins = {one.label: one.passage.start for one in evidence}
    places = {
        (label, begins[label] + start): place
        for label, spans in parts.items()
        for place, (start, _) in enumerate(spans)
    }
    for one in sentences:
        if (one.label, one.start) in places:
            yield one.label, places[one.label, one.start]
    yield from ((label, place) for label, spans in parts.items() for place in range(len(spans)))


def _lines(texts: Sequence[str], kept: set[int]) -> Iterator[str]:
    before = -1
    for place in sorted(kept):
        if place != before + 1:
            yield GAP
        yield texts[place]
        before = place


def _head(one: Evidence) -> str:
    return f"[{one.label}] {citation_line(one.source)}\n{one.passage.head}"
