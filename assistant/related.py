"""Passages related to a citation: of its document, or of sources that agree or differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.attribution import cited_passage
from assistant.checking.checker import Checker
from assistant.citation_parsing import quoted_span
from assistant.memo.disagreements import disagreements
from assistant.memo.sentence import sentences_of
from corpus.document import Source
from index.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Said:
    """What a passage says about the same thing: the span of its words in its document.

    Where it says something else, `here` is what the citation says and `there` what it says.
    """

    evidence: Evidence
    start: int
    end: int
    here: str = ""
    there: str = ""

    @property
    def words(self) -> str:
        """The words themselves."""
        passage = self.evidence.passage
        return passage.text[self.start - passage.start : self.end - passage.start]


@dataclass(frozen=True, slots=True)
class Related:
    """Passages found for the same answer: of the same document, saying the same, differing."""

    document: tuple[Said, ...] = ()
    same: tuple[Said, ...] = ()
    differ: tuple[Said, ...] = ()


def related_passages(
    checker: Checker, citation: Citation, claim: str, evidence: Sequence[Evidence]
) -> Related:
    """Return the passages of an answer's evidence that are related to one of its citations.

    `claim` is the sentence that cites it. "Same" is decided by the check of sentences, "differ" by
    the comparison of figures, dates and statuses that memos use; other passages are left out, and
    so is the same work in another file.
    """
    same_document = [one for one in evidence if one.passage.document == citation.document]
    others = [
        one
        for one in evidence
        if one.passage.document != citation.document and not _same_work(one.source, citation.source)
    ]
    cited = next((one for one in same_document if _contains(one, citation)), None)
    differ = _differing(cited, citation, others) if cited else []
    elsewhere = {one.evidence.passage.id for one in differ}
    same: list[Said] = []
    seen: set[str] = set()
    for one in others:
        passage = one.passage
        # One passage of a document is enough: it is documents that say so.
        if not claim or passage.id in elsewhere or passage.document in seen:
            continue
        if checker.check(claim, [cited_passage(one)]).verdict == "supported":
            same.append(Said(one, *quoted_span(claim, passage, one.rows)))
            seen.add(passage.document)
    return Related(
        tuple(
            Said(one, *quoted_span(claim, one.passage, one.rows))
            for one in same_document
            if one is not cited
        ),
        tuple(same),
        tuple(differ),
    )


def _same_work(one: Source, other: Source) -> bool:
    """Say whether two documents are one work in two files: no second source for anything."""
    return (one.title, one.publisher, one.published) == (
        other.title, other.publisher, other.published,
    )  # fmt: skip


def _contains(one: Evidence, citation: Citation) -> bool:
    return one.passage.start <= citation.start and citation.end <= one.passage.end


def _differing(cited: Evidence, citation: Citation, others: Sequence[Evidence]) -> list[Said]:
    by_id = {one.passage.id: one for one in others}
    quoted = [
        one
        for one in sentences_of([(cited.passage, cited.source)])
        if one.start < citation.end and citation.start < one.end
    ]
    rest = list(sentences_of((one.passage, one.source) for one in others))
    found: list[Said] = []
    keys = {one.key for one in quoted}
    for one in disagreements([*quoted, *rest]):
        if one.update:
            continue
        # Only what was compared with the cited sentence differs from it; the rest of a group need
        # not.
        for here, there in one.against():
            if here.sentence.key not in keys or there.sentence.key in keys:
                continue
            place = there.sentence
            said = Said(by_id[place.passage.id], place.start, place.end, here.shown, there.shown)
            if all((two.evidence, two.start) != (said.evidence, said.start) for two in found):
                found.append(said)
    return found
