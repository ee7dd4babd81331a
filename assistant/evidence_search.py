"""From a question to evidence: the follow-up spelt out, each part searched, read and judged."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol, runtime_checkable

from assistant.answer import Question
from assistant.answerability import ANSWERED, NEAR, Judgement, Zone, judged
from assistant.checking.names import Vocabulary, names
from assistant.decomposition import comparison_sides, named, sub_questions
from assistant.engine import ReplacedSentence, Waiting, guarded
from assistant.extractive_engine import stands_alone
from assistant.query_rewriting import best_candidate, candidates
from assistant.rewrite_candidates import RewriteCandidate
from assistant.sentence_ranking import RankedSentence
from assistant.time_asked import When, time_asked
from assistant.time_validity import DatedSentence, ordered_by_validity
from assistant.workspace import Workspace
from corpus.date_mentions import date_mentions
from corpus.errors import EngineError
from corpus.quantities import quantities
from corpus.vocabulary import with_aliases
from index.diversity import shared
from index.evidence import Evidence
from index.filters import Filters

_LONGEST_REWRITE = 300
_LAST_YEAR = re.compile(r"\b(?:last|previous|prior|past) year\b|\byear (?:before|earlier)\b", re.I)
_SMALL = re.compile(r"\b[a-z]{2,}\b")
# What a question needs for an answer that names something unknown to the library: of 305 answerable
# ones ten do ("DS", "the Hangzhou lab"), eight of which stand above.
_OF_UNKNOWN = 0.6


@runtime_checkable
class Rewriter(Protocol):
    """An engine that can spell out a follow-up."""

    def rewritten(
        self, question: str, history: Sequence[str]
    ) -> Generator[str | Waiting, None, None]:
        """Yield Waiting, and at last the question so that it stands alone; raises EngineError."""


@dataclass(frozen=True, slots=True)
class EvidenceSearch:
    """What was looked for and found. `missing` are the parts of the question without evidence.

    The sentences are ranked, and `judgement` says whether they answer. `asides` are those that
    another sentence replaced, by date. The first `parts` sentences answer a part of the question
    each.
    """

    question: str
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


def rewritten(
    workspace: Workspace, question: Question
) -> Generator[list[RewriteCandidate] | Waiting, None, None]:
    """Yield Waiting, and at last the texts in which a question may be searched for.

    The engine's version of a follow-up counts only when it adds no name or number that the
    conversation lacks; it is the first then.
    """
    texts = candidates(question.text, question.history)
    if len(texts) == 1 or not isinstance(workspace.engine, Rewriter):
        yield texts
        return
    text = ""
    asked = [turn.question for turn in question.history]
    try:
        rewriting = guarded(workspace.engine.name, workspace.engine.rewritten, question.text, asked)
        with closing(rewriting) as steps:
            for step in steps:
                if isinstance(step, Waiting):
                    yield step
                else:
                    text = " ".join(step.split())
    except EngineError:
        # Without the model the rules do it; the answer itself will tell that it failed.
        text = ""
    yield [RewriteCandidate(text), *texts] if text and _adds_nothing(text, question) else texts


def _adds_nothing(text: str, question: Question) -> bool:
    said = " ".join(
        [question.text, *(f"{turn.question} {turn.answer}" for turn in question.history)]
    )
    vocabulary = Vocabulary(said)
    stated = {one.value for one in quantities(said)}
    return (
        len(text) <= _LONGEST_REWRITE
        and all(vocabulary.holds(one.text) for one in names(text))
        and all(one.value in stated for one in quantities(text))
    )


@with_aliases
def search_evidence(
    workspace: Workspace, question: Question, texts: Sequence[RewriteCandidate]
) -> EvidenceSearch:
    """Search for a question in the first of some texts that is answered; read and judge.

    Where none is, the best of them is taken. Raises what `Workspace.retriever` and
    `Retriever.search` raise.
    """
    asks = {one.text: one.asks for one in texts}
    _, found = best_candidate(
        texts,
        lambda text: _searched(workspace, question, text, asks[text]),
        lambda search: search.judgement.chance,
        ANSWERED,
    )
    return found


def _searched(workspace: Workspace, question: Question, text: str, asks: str) -> EvidenceSearch:
    """Search for a text and judge what is found by `asks`, what is newly asked, or by its parts."""
    text = workspace.retriever.repaired(text)
    filters = question.filters
    whole = _one(workspace, text, question.limit, filters, asks)
    parts = [] if asks else sub_questions(text) or comparison_sides(text)
    if not parts:
        return whole
    found = [_one(workspace, part, question.limit, filters, part=True) for part in parts]
    good = [one for one in found if one.enough]
    searches = (text, *parts)
    if not good:
        return replace(whole, searches=searches)
    missing = tuple(named(one.question) for one in found if not one.enough)
    lists = [one.evidence for one in (*good, *([whole] if whole.enough else []))]
    evidence = _merged(lists, max(question.limit, 2 * len(good)))
    sentences, asides = _in_time(
        text, workspace.reader.read(text, evidence), evidence, question.as_of
    )
    best = max((whole, *good), key=lambda one: one.judgement.chance)
    first, rest = _in_turn(good, evidence, sentences)
    return EvidenceSearch(
        text, searches, evidence, (*first, *rest), missing, best.judgement, asides, len(first)
    )


@with_aliases
def found_for(
    workspace: Workspace, text: str, limit: int, filters: Filters
) -> tuple[Evidence, ...]:
    """Return up to `limit` passages for one question, those of each side of a comparison in turn.

    Raises what `Workspace.retriever` and `Retriever.search` raise.
    """
    texts = (text, *comparison_sides(text))
    return _merged(
        [workspace.retriever.search(one, limit=limit, filters=filters) for one in texts], limit
    )


def _one(
    workspace: Workspace,
    text: str,
    limit: int,
    filters: Filters,
    asks: str = "",
    *,
    part: bool = False,
) -> EvidenceSearch:
    evidence = found_for(workspace, text, limit, filters)
    reader, asked = workspace.reader, asks or text
    readings = reader.readings(asked, evidence)
    read = tuple(reader.sentences(asked, evidence, readings))
    judgement = judged(readings, evidence if read else ())
    # The sides of a comparison differ in their names alone.
    unsure = judgement.zone is Zone.ANSWERED and (part or judgement.chance < _OF_UNKNOWN)
    if unsure and _is_of_something_else(workspace, asked, evidence):
        judgement = Judgement(NEAR, Zone.NEAR)
    read, asides = _in_time(text, read, evidence, filters.until)
    missing = () if judgement.zone is Zone.ANSWERED else (text,)
    return EvidenceSearch(
        text, (text, *comparison_sides(text)), evidence, read, missing, judgement, asides
    )


def _is_of_something_else(workspace: Workspace, text: str, evidence: Sequence[Evidence]) -> bool:
    """Say whether a question names what no document has a word of, or an event of another time.

    Where every word has a capital, capitals tell no names.
    """
    if is_of_another_time(text, evidence):
        return True
    if not _SMALL.search(text):
        return False
    dates = [(one.start, one.end) for one in date_mentions(text)]
    unknown = [
        one.text
        for one in names(text, dates)
        if (stems := workspace.reader.stems(one.text))
        and not any(map(workspace.retriever.knows, stems))
    ]
    if not unknown:
        return False
    # An alias, initials or joined words may stand for it.
    said = Vocabulary("\n".join(f"{one.source.title}\n{one.passage.text}" for one in evidence))
    return not all(map(said.holds, unknown))


def is_of_another_time(text: str, evidence: Sequence[Evidence]) -> bool:
    """Say whether a question asks what happened in years of which no evidence tells."""
    asked = time_asked(text, date.today().isoformat())
    if asked.when is not When.NAMED or not asked.event or asked.before:
        return False
    years = set(range(int(asked.begin[:4]), int(asked.end[:4]) + 1))
    return not any(years & _years(one) for one in evidence)


def _years(one: Evidence) -> set[int | None]:
    """Return the years of which a passage may tell: those it states, its document's, the last."""
    source, passage = one.source, one.passage
    stated = date_mentions("\n".join((source.title, passage.heading, source.dated, passage.text)))
    years = {moment.year for moment in stated}
    if source.dated[:4].isdigit() and _LAST_YEAR.search(passage.text):
        years.add(int(source.dated[:4]) - 1)
    return years


def _in_time(
    question: str, read: Sequence[RankedSentence], evidence: Sequence[Evidence], as_of: str
) -> tuple[tuple[RankedSentence, ...], tuple[ReplacedSentence, ...]]:
    """Return the sentences, first those of the time asked for, and what was replaced by them.

    `assistant.time_validity` compares statements about one thing by their dates.
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
        for one in read
    ]
    today = date.today().isoformat()
    timed = ordered_by_validity(question, statements, today=today, as_of=as_of)
    # What was so before is told where the question has a word for its time, and what was corrected.
    outright = time_asked(question, today).outright
    asides = [
        ReplacedSentence(read[one.leading], one.words, read[one.aside])
        for one in timed.replaced
        if outright or "corrected" in one.words.lower()
    ]
    return tuple(read[place] for place in timed.order), tuple(asides)


def _merged(lists: Sequence[Sequence[Evidence]], limit: int) -> tuple[Evidence, ...]:
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
    order = shared([one.passage.document for one, _ in found], [score for _, score in found])
    kept = [found[place][0] for place in order][:limit]
    if len(lists) > 1:
        kept = [replace(one, score=merged[one.passage.id][1]) for one in kept]
    return tuple(replace(one, label=label) for label, one in enumerate(kept, start=1))


def _in_turn(
    found: Sequence[EvidenceSearch],
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
        for read in search.sentences:
            label = by_label[read.label]
            if label is not None and stands_alone(read):
                first.setdefault((label, read.start), replace(read, label=label))
                break
    rest = [one for one in sentences if (one.label, one.start) not in first]
    return list(first.values()), rest
