"""An answer built sentence by sentence, each checked and cited once it is complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answer import Answer, Citation, Claim
from assistant.checking.checker import Checker, Cited, Verdict
from assistant.checking.problems import Code, problem
from assistant.checking.refusals import states_more
from assistant.checking.tables import with_column_heads
from assistant.citation_parsing import quoted_span
from assistant.engine import Draft
from assistant.prompts import NOT_FOUND
from corpus import tracing
from corpus.cells import cell_stated_in
from index.evidence import Evidence


class AnswerBuilder:
    """Adds drafts to an answer over given evidence."""

    def __init__(self, checker: Checker, evidence: Sequence[Evidence]) -> None:
        self._checker = checker
        self._by_label = {one.label: one for one in evidence}

    def with_draft(self, answer: Answer, draft: Draft) -> Answer:
        """Return `answer` with one more claim, checked, its citations numbered in order.

        A line that says what was not found is added to `not_found` instead.
        """
        with tracing.span("check", labels=len(draft.labels)) as span:
            grown = self._with_draft(answer, draft)
            if len(grown.claims) > len(answer.claims):
                span.note(verdict=grown.claims[-1].verdict)
        return grown

    def _with_draft(self, answer: Answer, draft: Draft) -> Answer:
        part = draft.text[len(NOT_FOUND) :].strip(" .")
        if draft.text.upper().startswith(NOT_FOUND):
            if states_more(part):
                # It says that nothing is found, and then something else: "The passages tell of X."
                part = answer.standalone or answer.question
            return replace(answer, not_found=(*answer.not_found, part)) if part else answer
        states_nothing = self._checker.states_nothing(
            draft.text, f"{answer.question} {answer.standalone}"
        )
        if states_nothing and not draft.labels:
            return replace(answer, claims=(*answer.claims, Claim(draft.text, (), "supported")))
        known = [label for label in draft.labels if label in self._by_label]
        verdict = self._verdict(draft, known)
        answer, numbers = self._with_citations(answer, draft.text, known)
        offered: tuple[int, ...] = ()
        if (
            verdict.verdict != "supported"
            and not states_nothing
            and (supporting := self._supporting_label(draft, known))
        ):
            answer, offered = self._with_citations(answer, draft.text, [supporting])
            if not draft.labels:
                verdict = Verdict("supported", (problem(Code.CITATION_ADDED),))
            else:
                verdict = Verdict("weak", (*verdict.problems, problem(Code.BORNE_ELSEWHERE)))
        claim = Claim(draft.text, numbers, verdict.verdict, verdict.problems, offered)
        return replace(answer, claims=(*answer.claims, claim))

    def _verdict(self, draft: Draft, known: Sequence[int]) -> Verdict:
        unknown = tuple(
            problem(Code.UNKNOWN_PASSAGE, label)
            for label in draft.labels
            if label not in self._by_label
        )
        if not known:
            return Verdict("unsupported", (*unknown, problem(Code.UNCITED)))
        found = self._checker.check(
            draft.text, [cited_passage(self._by_label[label]) for label in known]
        )
        if unknown:
            return Verdict("unsupported", (*unknown, *found.problems))
        return found

    def _supporting_label(self, draft: Draft, already_checked: Sequence[int]) -> int | None:
        """Return the label of the first passage, by rank, that supports a draft."""
        for label, one in self._by_label.items():
            if label not in already_checked:
                found = self._checker.check(draft.text, [cited_passage(one)])
                if found.verdict == "supported":
                    return label
        return None

    def _with_citations(
        self, answer: Answer, text: str, labels: Sequence[int]
    ) -> tuple[Answer, tuple[int, ...]]:
        citations = list(answer.citations)
        numbers = []
        for label in labels:
            question = answer.standalone or answer.question
            citation = citation_of(text, self._by_label[label], len(citations) + 1, question)
            same = [one.number for one in citations if _span_key(one) == _span_key(citation)]
            if not same:
                citations.append(citation)
            numbers.append(same[0] if same else citation.number)
        return replace(answer, citations=tuple(citations)), tuple(dict.fromkeys(numbers))


def cited_passage(one: Evidence) -> Cited:
    """Return a passage as the check reads it: its text, and its metadata beside it."""
    source = one.source
    tables = dict.fromkeys(row.cells[0].table for row in one.rows)
    beside = (source.title, one.passage.heading, *tables, source.publisher, source.published)
    text = with_column_heads(one.passage, one.rows)
    return Cited(text, ". ".join(part for part in beside if part), one.rows)


def citation_of(text: str, one: Evidence, number: int, question: str = "") -> Citation:
    """Return the citation of the words of a passage that `text`, said to a question, rests on."""
    start, end = quoted_span(text, one.passage, one.rows)
    found = citation_at(start, end, one, number)
    row = next((row for row in one.rows if row.start <= start < row.end), None)
    return replace(found, cell=cell_stated_in(text, row, question)) if row else found


def citation_at(start: int, end: int, one: Evidence, number: int) -> Citation:
    """Return the citation of a span of a document within a passage of it."""
    passage = one.passage
    row = next((row for row in one.rows if row.start <= start < row.end), None)
    return Citation(
        number=number,
        document=passage.document,
        source=one.source,
        page=passage.page_at(start),
        folio=passage.folio_at(start),
        heading=passage.heading,
        quote=passage.text[start - passage.start : end - passage.start],
        start=start,
        end=min(end, passage.end),
        why=one.why,
        newer=one.newer,
        row=row.said if row and row.has_heads else "",
    )


def _span_key(citation: Citation) -> tuple[str, int, int]:
    return citation.document, citation.start, citation.end
