"""What newer documents say has changed since the documents that an answer cites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Answer, LaterStatement
from assistant.attribution import citation_at
from assistant.extractive_engine import can_be_quoted
from assistant.planning.query_plan import QueryPlan
from assistant.planning.time_asked import When
from assistant.retrieval.reported_changes import (
    COMMON,
    ReportedChange,
    names_subject,
    reported_change,
    shared_subject,
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
    def rank(self) -> tuple[bool, bool, bool, int]:
        """What makes a good one: a whole sentence, linked documents, a date, an early place."""
        whole = can_be_quoted(self.text)
        return not whole, not self.linked, not self.change.date, self.start


def later_statements(workspace: Workspace, answer: Answer, search: RetrievedEvidence) -> Answer:
    """Return an answer with what newer documents say has changed since those that it cites.

    Nothing is added where a sentence of the answer tells it, or the question asks for a past state.
    """
    plan = search.plan
    if not answer.claims or plan.time.when is When.PAST:
        return answer
    older = _cited(answer, search.evidence)
    told = _told(answer)
    changes = _changes(workspace, plan, search.evidence, older)
    for one in _chosen([one for one in changes if one.change.kind not in told]):
        number = len(answer.citations) + 1
        citation = citation_at(one.start, one.end, one.evidence, number)
        span = (citation.document, citation.start, citation.end)
        same = [it for it in answer.citations if (it.document, it.start, it.end) == span]
        later = LaterStatement(
            _readable(one.text), same[0].number if same else number, one.date, one.change.kind
        )
        citations = answer.citations if same else (*answer.citations, citation)
        answer = replace(answer, citations=citations, later=(*answer.later, later))
    return answer


def _told(answer: Answer) -> set[str]:
    """Return the kinds of change that a sentence of the answer tells."""
    texts = [claim.text for claim in answer.claims]
    return {change.kind for text in texts if (change := reported_change(text))}


def _readable(text: str) -> str:
    """Return a sentence without the sign of a list before it and the address in it."""
    text = re.sub(r"^[-*•·]\s+|,?\s*https?://\S+", "", text)
    text = re.sub(r"(?<=[.)])\s*\d{1,3}\.$", "", text)
    return " ".join(text.split())


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
    titles = {one.source.title for one in older.values()}
    replacing = _replacing(workspace, plan.filters, older)
    searched: list[Evidence] = []
    if replacing:
        filters = replace(plan.filters, documents=tuple(replacing))
        text = " ".join(one.title for one in replacing.values())
        searched = workspace.retriever.search(text, limit=_PASSAGES, filters=filters)
    found = list(_reported(_each_once([*searched, *evidence]), plan, older, replacing))
    since = min((one.source.dated for one in older.values() if one.source.dated), default="")
    if not found and since and _RULE.search(f"{plan.text} {' '.join(titles)}"):
        filters = Filters(plan.filters.publishers, (), since, plan.filters.until)
        text = f"{next(iter(titles))} {_ENDS_SEARCHED}"
        more = workspace.retriever.search(text, limit=_PASSAGES, filters=filters)
        found = list(_reported(more, plan, older, replacing))
    yield from found


def _replacing(
    workspace: Workspace, filters: Filters, older: Mapping[str, Evidence]
) -> dict[str, Source]:
    """Return the documents that replace one of the older ones, or report its end in their title."""
    found = {
        one.newer.document: one.newer.source for one in older.values() if one.newer is not None
    }
    for entry in workspace.library.entries():
        source = filters.admitted(entry)
        if source and any(tells_the_end(source, one.source) for one in older.values()):
            found[entry.id] = source
    return found


def _each_once(found: Iterable[Evidence]) -> list[Evidence]:
    return list({one.passage.id: one for one in found}.values())


def _reported(
    passages: Sequence[Evidence],
    plan: QueryPlan,
    older: Mapping[str, Evidence],
    replacing: Mapping[str, Source],
) -> Iterator[_Found]:
    wanted = plan.statement.stems - COMMON
    for one in passages:
        passage = one.passage
        for start, end in passage.parts():
            text = passage.text[start:end]
            if passage.is_row(passage.start + start) or text == passage.heading:
                continue
            change = reported_change(text, plan.now)
            if change is None:
                continue
            linked = passage.document in replacing
            if any(
                passage.document != cited.passage.document
                and _is_later(change, one.source, cited.source)
                and (
                    (linked and _is_of_titles(change, one.source, cited.source))
                    or names_subject(change, cited.source.title)
                    or _is_asked(change, wanted)
                )
                for cited in older.values()
            ):
                yield _Found(text, passage.start + start, passage.start + end, one, change, linked)


def _is_later(change: ReportedChange, source: Source, older: Source) -> bool:
    """Say whether a change was made after a document was published, as a later one reports."""
    if not older.dated or not source.dated:
        return False
    after = last_day(older.dated)
    made = change.date or source.dated
    return first_day(source.dated) > after and last_day(made) > after


def _is_of_titles(change: ReportedChange, source: Source, older: Source) -> bool:
    """Say whether what was changed is what both documents are about, by their titles."""
    subject = shared_subject(source, older)
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
