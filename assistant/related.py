"""What else was found beside a citation: more of its document, sources that agree or differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.attribution import cited
from assistant.checking.checker import Checker
from assistant.memo.disagreements import disagreements
from assistant.memo.sentence import sentences_of
from index.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Differing:
    """A passage that says something else about the same thing: what each of the two says."""

    evidence: Evidence
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Related:
    """Passages found for the same answer: of the same document, saying the same, differing."""

    document: tuple[Evidence, ...] = ()
    same: tuple[Evidence, ...] = ()
    differ: tuple[Differing, ...] = ()


def related_passages(
    checker: Checker, citation: Citation, claim: str, evidence: Sequence[Evidence]
) -> Related:
    """Return what of the evidence of an answer stands beside one citation of it.

    `claim` is the sentence that cites it. "Same" is decided by the check of sentences, "differ" by
    the comparison of figures, dates and statuses that memos use; what neither decides is left out.
    """
    own = [one for one in evidence if one.passage.document == citation.document]
    others = [one for one in evidence if one.passage.document != citation.document]
    here = next((one for one in own if _holds(one, citation)), None)
    same = [
        one for one in others if claim and checker.check(claim, [cited(one)]).verdict == "supported"
    ]
    return Related(
        tuple(one for one in own if one is not here),
        tuple(same),
        tuple(_differing(here, citation, others)) if here else (),
    )


def _holds(one: Evidence, citation: Citation) -> bool:
    return one.passage.start <= citation.start and citation.end <= one.passage.end


def _differing(here: Evidence, citation: Citation, others: Sequence[Evidence]) -> list[Differing]:
    by_id = {one.passage.id: one for one in others}
    quoted = [
        one
        for one in sentences_of([(here.passage, here.source)])
        if one.start < citation.end and citation.start < one.end
    ]
    rest = list(sentences_of((one.passage, one.source) for one in others))
    found: list[Differing] = []
    keys = {one.key for one in quoted}
    for one in disagreements([*quoted, *rest]):
        ours = [side for side in one.positions if side.sentence.key in keys]
        theirs = [side for side in one.positions if side.sentence.key not in keys]
        if one.update or not ours or not theirs:
            continue
        found += [
            Differing(by_id[side.sentence.passage.id], ours[0].shown, side.shown) for side in theirs
        ]
    return found
