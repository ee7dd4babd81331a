"""Retrieval for a query plan: search, read each passage with the question, judge the evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.engine import ReplacedSentence
from assistant.entity_names import NameLookup
from assistant.extractive_engine import stands_alone
from assistant.planning.decomposition import asked_thing
from assistant.planning.query_plan import QueryPlan
from assistant.planning.query_rewriting import best_candidate
from assistant.planning.time_asked import TimeAsked, When
from assistant.retrieval.answerability import ANSWERED, NEAR, Judgement, Zone, judge_answerability
from assistant.retrieval.leading_sentence import with_leading
from assistant.retrieval.sentence_ranking import RankedSentence
from assistant.retrieval.time_validity import DatedSentence, ordered_by_validity
from assistant.workspace import Workspace
from corpus.date_mentions import date_mentions
from corpus.vocabulary import with_aliases
from index.diversity import share_among_documents
from index.evidence import Evidence

_LAST_YEAR = re.compile(r"\b(?:last|previous|prior|past) year\b|\byear (?:before|earlier)\b", re.I)
_LOWER_CASE_WORD = re.compile(r"\b[a-z]{2,}\b")
# The chance of an answer from which a question may name something unknown to the library: of 305
# answerable ones ten do ("DS", "the Hangzhou lab"), eight of them above this.
_LEAST_CHANCE_WITH_UNKNOWN_NAME = 0.6


@dataclass(frozen=True, slots=True)
class RetrievedEvidence:
    """The evidence of a plan, judged. `missing` are the parts of the question without evidence.

    The sentences are ranked, and `judgement` says whether they answer. `asides` are those that
    another sentence replaced, by date. The first `parts` sentences answer a part of the question
    each.
    """

    plan: QueryPlan
    searches: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    sentences: tuple[RankedSentence, ...]
    missing: tuple[str, ...]
    judgement: Judgement
    asides: tuple[ReplacedSentence, ...] = ()
    parts: int = 1

    @property
    def enough(self) -> bool:
        """Whether the evidence answers the question, or a part of it."""
        return self.judgement.zone is Zone.ANSWERED


@with_aliases
def retrieve_and_read(workspace: Workspace, plans: Sequence[QueryPlan]) -> RetrievedEvidence:
    """Return the evidence of the first plan that is answered; if none is, of the best one.

    Raises what `Retriever.search` raises, and ReaderError.
    """
    return best_candidate(
        plans,
        lambda plan: _whole_and_parts(workspace, plan),
        lambda search: search.judgement.chance,
        ANSWERED,
    )


def _whole_and_parts(workspace: Workspace, plan: QueryPlan) -> RetrievedEvidence:
    """Search for a plan as a whole, and by its parts where it has some."""
    whole = _retrieve_and_judge(workspace, plan)
    if not plan.parts:
        return whole
    found = [_retrieve_and_judge(workspace, part, is_part=True) for part in plan.parts]
    good = [one for one in found if one.enough]
    searches = (plan.text, *(part.text for part in plan.parts))
    if not good:
        return replace(whole, searches=searches)
    missing = tuple(asked_thing(one.plan.text) for one in found if not one.enough)
    lists = [one.evidence for one in (*good, *([whole] if whole.enough else []))]
    evidence = _interleaved(lists, max(plan.limit, 2 * len(good)))
    read = workspace.sentence_ranker.read(plan.text, evidence)
    sentences, asides = _by_validity(plan, read, evidence)
    best = max((whole, *good), key=lambda one: one.judgement.chance)
    first, rest = _parts_first(good, evidence, sentences)
    return RetrievedEvidence(
        plan, searches, evidence, (*first, *rest), missing, best.judgement, asides, len(first)
    )


@with_aliases
def retrieve(workspace: Workspace, plan: QueryPlan) -> tuple[Evidence, ...]:
    """Return the passages for a plan, those of each side of a comparison in turn.

    Raises what `Retriever.search` raises.
    """
    return _interleaved(
        [
            workspace.retriever.search(one.query, limit=plan.limit, filters=plan.filters)
            for one in (plan, *plan.sides)
        ],
        plan.limit,
    )


def _retrieve_and_judge(
    workspace: Workspace, plan: QueryPlan, *, is_part: bool = False
) -> RetrievedEvidence:
    evidence = retrieve(workspace, plan)
    readings = workspace.sentence_ranker.readings(plan.judged_text, evidence)
    sentences = tuple(workspace.sentence_ranker.sentences(plan.judged_text, evidence, readings))
    judgement = judge_answerability(readings, evidence if sentences else ())
    # The sides of a comparison differ in their names alone.
    doubtful = judgement.zone is Zone.ANSWERED and (
        is_part or judgement.chance < _LEAST_CHANCE_WITH_UNKNOWN_NAME
    )
    if doubtful and _is_of_something_else(workspace, plan, evidence):
        judgement = Judgement(NEAR, Zone.NEAR)
    sentences, asides = _by_validity(plan, sentences, evidence)
    missing = () if judgement.zone is Zone.ANSWERED else (plan.text,)
    searches = (plan.text, *(one.text for one in plan.sides))
    return RetrievedEvidence(plan, searches, evidence, sentences, missing, judgement, asides)


def _is_of_something_else(
    workspace: Workspace, plan: QueryPlan, evidence: Sequence[Evidence]
) -> bool:
    """Say whether a question names something that no document mentions, or asks of another time.

    If every word is capitalised, capitals do not show names.
    """
    if is_of_another_time(plan.newly_asked_time, evidence):
        return True
    if not _LOWER_CASE_WORD.search(plan.judged_text):
        return False
    unknown = [
        one.text
        for one in plan.entities
        if (stems := workspace.sentence_ranker.stems(one.text))
        and not any(map(plan.retriever.knows, stems))
    ]
    if not unknown:
        return False
    # An alias, initials or joined words may stand for it.
    evidence_names = NameLookup(
        "\n".join(f"{one.source.title}\n{one.passage.text}" for one in evidence)
    )
    return not all(map(evidence_names.holds, unknown))


def is_of_another_time(time: TimeAsked, evidence: Sequence[Evidence]) -> bool:
    """Say whether a question asks what happened in years that no evidence is about."""
    if time.when is not When.NAMED or not time.event or time.before:
        return False
    years = set(range(int(time.begin[:4]), int(time.end[:4]) + 1))
    return not any(years & _years(one) for one in evidence)


def _years(one: Evidence) -> set[int | None]:
    """Return the years a passage may be about: those stated, its document's, the one before."""
    source, passage = one.source, one.passage
    stated = date_mentions("\n".join((source.title, passage.heading, source.dated, passage.text)))
    years = {moment.year for moment in stated}
    if source.dated[:4].isdigit() and _LAST_YEAR.search(passage.text):
        years.add(int(source.dated[:4]) - 1)
    return years


def _by_validity(
    plan: QueryPlan, sentences: Sequence[RankedSentence], evidence: Sequence[Evidence]
) -> tuple[tuple[RankedSentence, ...], tuple[ReplacedSentence, ...]]:
    """Return the sentences valid at the time asked about first, and those that they replaced.

    `assistant.retrieval.time_validity` compares statements about one thing by their dates.
    """
    by_label = {one.label: one for one in evidence}
    statements = [
        DatedSentence(
            text=one.text,
            chance=one.answers,
            start=one.start,
            label=one.label,
            published=by_label[one.label].source.dated,
            context=f"{by_label[one.label].source.title} {by_label[one.label].passage.heading}",
        )
        for one in sentences
    ]
    ordered = ordered_by_validity(statements, plan.time, plan.statement, now=plan.now)
    # Replaced statements are shown if the question has a word for the time, corrected ones always.
    asides = [
        ReplacedSentence(sentences[one.leading], one.words, sentences[one.aside])
        for one in ordered.replaced
        if plan.time.explicit or "corrected" in one.words.lower()
    ]
    valid = [sentences[place] for place in ordered.order]

    def context(one: RankedSentence) -> str:
        found = by_label[one.label]
        return f"{found.source.title}\n{found.passage.heading}"

    named = [one.text for one in plan.entities]
    return tuple(with_leading(plan.judged_text, valid, named, context)), tuple(asides)


def _interleaved(lists: Sequence[Sequence[Evidence]], limit: int) -> tuple[Evidence, ...]:
    """Return the evidence of several searches as one ranking, taken in turn, labels anew.

    Each search shares its own top among documents; what several bring together is shared again.
    Scores of several searches are made comparable: each is a share of its search's best.
    """
    merged: dict[str, tuple[Evidence, float]] = {}
    for rank in range(max(map(len, lists), default=0)):
        for one in lists:
            if rank < len(one):
                # Where no word of a search stands anywhere, each of its scores is 0.
                share = one[rank].score / (one[0].score or 1.0)
                merged.setdefault(one[rank].passage.id, (one[rank], share))
    found = list(merged.values())
    order = share_among_documents(
        [one.passage.document for one, _ in found], [score for _, score in found]
    )
    kept = [found[place][0] for place in order][:limit]
    if len(lists) > 1:
        kept = [replace(one, score=merged[one.passage.id][1]) for one in kept]
    return tuple(replace(one, label=label) for label, one in enumerate(kept, start=1))


def _parts_first(
    found: Sequence[RetrievedEvidence],
    evidence: Sequence[Evidence],
    sentences: Sequence[RankedSentence],
) -> tuple[list[RankedSentence], list[RankedSentence]]:
    """Return the best sentence of each part, each once, then the others: every part is answered.

    Those of the parts keep the chance that they had for them.
    """
    labels = {one.passage.id: one.label for one in evidence}
    first: dict[tuple[int, int], RankedSentence] = {}
    for search in found:
        by_label = {one.label: labels.get(one.passage.id) for one in search.evidence}
        for sentence in search.sentences:
            label = by_label[sentence.label]
            if label is not None and stands_alone(sentence):
                first.setdefault((label, sentence.start), replace(sentence, label=label))
                break
    rest = [one for one in sentences if (one.label, one.start) not in first]
    return list(first.values()), rest
