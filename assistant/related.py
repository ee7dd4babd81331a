"""Passages related to a citation: of its document, or of sources that agree or differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.attribution import cited_passage
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
    """Return the passages of an answer's evidence that are related to one of its citations.

    `claim` is the sentence that cites it. "Same" is decided by the check of sentences, "differ" by
    the comparison of figures, dates and statuses that memos use; other passages are left out.
    """
    same_document = [one for one in evidence if one.passage.document == citation.document]
    others = [one for one in evidence if one.passage.document != citation.document]
    cited = next((one for one in same_document if _contains(one, citation)), None)
    same = [
        one
        for one in others
        if claim and checker.check(claim, [cited_passage(one)]).verdict == "supported"
    ]
    return Related(
        tuple(one for one in same_document if one is not cited),
        tuple(same),
        tuple(_differing(cited, citation, others)) if cited else (),
    )


def _contains(one: Evidence, citation: Citation) -> bool:
    return one.passage.start <= citation.start and citation.end <= one.passage.end


def _differing(cited: Evidence, citation: Citation, others: Sequence[Evidence]) -> list[Differing]:
    by_id = {one.passage.id: one for one in others}
    quoted = [
        one
        for one in sentences_of([(cited.passage, cited.source)])
        if one.start < citation.end and citation.start < one.end
    ]
    rest = list(sentences_of((one.passage, one.source) for one in others))
    found: list[Differing] = []
    keys = {one.key for one in quoted}
    for one in disagreements([*quoted, *rest]):
        sides_here = [side for side in one.positions if side.sentence.key in keys]
        sides_there = [side for side in one.positions if side.sentence.key not in keys]
        if one.update or not sides_here or not sides_there:
            continue
        found += [
            Differing(by_id[side.sentence.passage.id], sides_here[0].shown, side.shown)
            for side in sides_there
        ]
    return found
