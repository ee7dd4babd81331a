"""What newer documents say has changed since the documents that an answer cites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Answer, LaterStatement
from assistant.attribution import citation_at
from assistant.planning.query_plan import QueryPlan
from assistant.planning.time_asked import When
from assistant.retrieval.reported_changes import (
    COMMON,
    ReportedChange,
    ended_subject,
    reported_change,
    tells_the_end,
)
from assistant.retrieval.retrieve import RetrievedEvidence
from assistant.workspace import Workspace
from corpus.document import Source
from corpus.partial_dates import first_day, last_day
from index.evidence import Evidence
from index.filters import Filters

_MOST_SHOWN = 2
# Passages looked at in a document that replaced one, and in the whole library after a rule's date.
_PASSAGES = 8
# What may be suspended or repealed: then newer documents are searched even where none is known.
_RULE = re.compile(
    r"\b(?:rules?|acts?|laws?|bills?|orders?|framework|regulations?|polic(?:y|ies)|bans?|tariffs?|"
    r"directives?|memorandum|authori[sz]ations?|requirements?)\b|规则|法案|法律|条例|命令|禁令|政策|框架",
    re.IGNORECASE,
)
_ENDS_SEARCHED = "suspended rescinded revoked repealed withdrawn replaced amended"
# The words of a question that a changed thing must have, as a share of those that say what it is.
_LEAST_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence of a newer document that reports a change of what an older one is about."""

    text: str
    start: int
    end: int
    evidence: Evidence
    change: ReportedChange
    linked: bool

    @property
    def date(self) -> str:
        """When the change was made, as far as it is known."""
        return self.change.date or self.evidence.source.dated

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """What makes a good statement: a link between the documents, a date, an early place."""
        return not self.linked, not self.change.date, self.start


def later_statements(workspace: Workspace, answer: Answer, search: RetrievedEvidence) -> Answer:
    """Return an answer with what newer documents say has changed since those that it cites.

    Nothing is added where the answer leads with a newer document itself, or asks for a past state.
    """
    plan = search.plan
    if not answer.claims or plan.time.when is When.PAST:
        return answer
    older = _cited(answer, search.evidence)
    leading = {
        answer.citations[number - 1].document
        for claim in answer.claims[: answer.leading]
        for number in claim.citations
    }
    found = [
        one
        for one in _changes(workspace, plan, search.evidence, older)
        if one.evidence.passage.document not in leading
    ]
    for one in _chosen(found):
        number = len(answer.citations) + 1
        citation = citation_at(one.start, one.end, one.evidence, number)
        span = (citation.document, citation.start, citation.end)
        same = [it for it in answer.citations if (it.document, it.start, it.end) == span]
        later = LaterStatement(
            one.text, same[0].number if same else number, one.date, one.change.kind
        )
        citations = answer.citations if same else (*answer.citations, citation)
        answer = replace(answer, citations=citations, later=(*answer.later, later))
    return answer


def _cited(answer: Answer, evidence: Sequence[Evidence]) -> dict[str, Evidence]:
    """Return a passage of each document that the claims of an answer cite."""
    numbers = {number for claim in answer.claims for number in claim.citations}
    documents = {one.document for one in answer.citations if one.number in numbers}
    return {
        one.passage.document: one for one in reversed(evidence) if one.passage.document in documents
    }


def _changes(
    workspace: Workspace,
    plan: QueryPlan,
    evidence: Sequence[Evidence],
    older: Mapping[str, Evidence],
) -> Iterator[_Found]:
    """Yield the sentences that report a change of what one of the `older` documents says."""
    at_hand = [one for one in evidence if one.passage.document not in older]
    replacing = {one.newer.document for one in older.values() if one.newer is not None}
    searched: list[Evidence] = []
    if replacing:
        filters = replace(plan.filters, documents=tuple(replacing))
        titles = " ".join(one.newer.source.title for one in older.values() if one.newer)
        for text in (plan.text, titles):
            searched += workspace.retriever.search(text, limit=_PASSAGES, filters=filters)
    found = list(_reported(_each_once([*searched, *at_hand]), plan, older))
    if not found and _RULE.search(plan.text):
        since = min((one.source.dated for one in older.values() if one.source.dated), default="")
        if since:
            filters = Filters(plan.filters.publishers, (), since, plan.filters.until)
            text = f"{plan.text.rstrip('?？ ')} {_ENDS_SEARCHED}"
            more = workspace.retriever.search(text, limit=_PASSAGES, filters=filters)
            found = list(_reported(_each_once(more), plan, older))
    yield from found


def _each_once(found: Iterable[Evidence]) -> list[Evidence]:
    return list({one.passage.id: one for one in found}.values())


def _reported(
    passages: Sequence[Evidence], plan: QueryPlan, older: Mapping[str, Evidence]
) -> Iterator[_Found]:
    wanted = plan.statement.stems - COMMON
    for one in passages:
        document, passage = one.passage.document, one.passage
        for start, end in passage.parts():
            text = passage.text[start:end]
            if passage.is_row(passage.start + start) or text == passage.heading:
                continue
            change = reported_change(text)
            if change is None:
                continue
            for cited in older.values():
                linked = cited.newer is not None and cited.newer.document == document
                if document == cited.passage.document or not _is_later(
                    change, one.source, cited.source
                ):
                    continue
                if _ends_subject(change, one.source, cited.source, linked=linked) or _is_asked(
                    change, wanted
                ):
                    yield _Found(
                        text, passage.start + start, passage.start + end, one, change, linked
                    )
                    break


def _is_later(change: ReportedChange, source: Source, older: Source) -> bool:
    """Say whether a change was made after a document was published, as a later one reports."""
    if not older.dated or not source.dated:
        return False
    after = last_day(older.dated)
    made = change.date or source.dated
    return first_day(source.dated) > after and last_day(made) > after


def _ends_subject(change: ReportedChange, source: Source, older: Source, *, linked: bool) -> bool:
    """Say whether a change ends what the older document as a whole is about, by the titles."""
    if not (linked or tells_the_end(source, older)):
        return False
    subject = ended_subject(source, older)
    return bool(subject) and (change.refers_back or bool(change.changed & subject))


def _is_asked(change: ReportedChange, wanted: frozenset[str]) -> bool:
    """Say whether what was changed is what the question asks about."""
    shared = change.changed & wanted
    return bool(wanted) and len(shared) >= _LEAST_SHARE * len(wanted) and not change.refers_back


def _chosen(found: Sequence[_Found]) -> list[_Found]:
    """Return the best statements, one of a kind and one of a document, the newest change first."""
    chosen: list[_Found] = []
    for one in sorted(found, key=lambda it: it.rank):
        known = any(
            it.change.kind == one.change.kind
            or it.evidence.passage.document == one.evidence.passage.document
            for it in chosen
        )
        if not known and len(chosen) < _MOST_SHOWN:
            chosen.append(one)
    return sorted(chosen, key=lambda it: it.date, reverse=True)
