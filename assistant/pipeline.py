"""The pipeline: retrieve, judge, write, check; the answer is a stream of growing snapshots."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import Any

from assistant.answer import NOT_SAID_OUTRIGHT, NOTHING_ON_THIS, Answer, Claim, Question
from assistant.answer_tracing import traced
from assistant.attribution import AnswerBuilder
from assistant.checking.problems import Code, in_words
from assistant.citation_parsing import PartialSentence, parsed_sentences
from assistant.engine import (
    Corrector,
    Draft,
    Engine,
    Piece,
    Shortened,
    Task,
    Usage,
    Waiting,
    guarded,
)
from assistant.extractive_engine import ExtractiveEngine, nearest_sentences, quoted_text
from assistant.later_statements import later_statements
from assistant.length_obeyed import cut_to_length, length_asked, length_not_obeyed, shortened
from assistant.library_questions import ask_for_more, library_answer, names_nothing
from assistant.planning.answer_length import is_length_request
from assistant.planning.query_plan import QueryPlan, plans_of
from assistant.planning.query_rewriting import needs_context
from assistant.planning.question_language import language_note, languages_of
from assistant.retrieval.answerability import Zone
from assistant.retrieval.retrieve import RetrievedEvidence, retrieve_and_read
from assistant.summary import summary_of
from assistant.tables.table_calculation import Calculation, calculated, calculated_answer
from assistant.workspace import Workspace
from corpus import tracing
from corpus.errors import EngineError, UsageError
from corpus.i18n import Translatable, joined, tr
from corpus.partial_dates import refuse_undated
from corpus.vocabulary import with_aliases

_LOG = logging.getLogger(__name__)
LONGEST_QUESTION = 4_000
# Below this share of common stems (of the shorter sentence) two sentences differ, and the judge,
# which takes 20 ms for a pair, need not be asked.
_MAY_BE_SAME = 0.3
_MOST_LEADING = 3


def validated(question: Question) -> Question:
    """Return the question with its white space normalised.

    Raises UsageError for an empty or overlong question, and for bounds that are no dates.
    """
    text = " ".join(question.text.split())
    if not text:
        raise UsageError(tr("the question is empty; type one"))
    if len(text) > LONGEST_QUESTION:
        raise UsageError(
            tr(
                "the question has {count} characters; ask in {limit} or fewer",
                count=f"{len(text):,}",
                limit=f"{LONGEST_QUESTION:,}",
            )
        )
    refuse_undated(question.as_of, question.since)
    return replace(question, text=text)


@with_aliases
@traced
def ask(workspace: Workspace, question: Question) -> Iterator[Answer]:
    """Yield the answer as it grows; the last snapshot is complete and has an outcome.

    Where people sign in, the question is in the audit trail before it is answered, and the answer
    before its end is shown: raises StorageError where that cannot be written. Else see `_ask`.
    """
    yield from _noted(workspace, question, _ask)


@with_aliases
@traced
def ask_shared(workspace: Workspace, question: Question) -> Iterator[Answer]:
    """Yield what `ask` yields; an answer that quotes is worked out once for all who ask the same.

    For servers (`assistant.shared_answers`). Each question and answer is in the audit trail.
    """
    yield from _noted(workspace, question, _shared)


def _shared(workspace: Workspace, question: Question) -> Generator[Answer, None, None]:
    if not isinstance(workspace.engine, ExtractiveEngine):
        return _ask(workspace, question)

    def state() -> Hashable:
        """Return what a quoted answer depends on: who may read what, too; today for "this year"."""
        found = workspace.indexes.snapshot()
        seen = workspace.library.generation, found.generation, found.vectors is None
        return question, workspace.readable, *seen, date.today()

    return workspace.shared_answers.of(state, lambda: _ask(workspace, question))


def _noted(
    workspace: Workspace,
    question: Question,
    work: Callable[[Workspace, Question], Generator[Answer, None, None]],
) -> Iterator[Answer]:
    workspace.note("question", question.text)
    with closing(work(workspace, question)) as steps:
        for answer in steps:
            if answer.outcome:
                note_answer(workspace, answer)
            yield answer


def note_answer(workspace: Workspace, answer: Answer) -> None:
    """Add an answer to the audit trail: who wrote it, how it went out, what it cites."""
    workspace.note(
        "answer",
        answer.question,
        outcome=answer.outcome,
        engine=answer.engine,
        documents=sorted({one.document for one in answer.citations}),
    )


def _ask(workspace: Workspace, question: Question) -> Generator[Answer, None, None]:
    """Yield the answer as it grows; the last snapshot is complete and has an outcome.

    If the evidence does not answer, no engine is called and the outcome is "declined". If an engine
    fails, the answer says so with the reason and quotes the library instead. Raises
    UsageError for a question that cannot be asked and LibraryError or EmbedderError where the
    library cannot be searched. Closing the iterator stops the engine.
    """
    question = validated(question)
    started = time.perf_counter()
    asked, length = length_asked(question)
    if (direct := _without_retrieval(workspace, asked)) is not None:
        yield _as_asked(shortened(_with_seconds(direct, started, started), length), question, asked)
        return
    plans: list[QueryPlan] = []
    rewriting = tracing.stepwise("rewrite", lambda: plans_of(workspace, asked))
    with closing(rewriting) as steps:
        for step in steps:
            if isinstance(step, Waiting):
                yield Answer(question.text, engine=workspace.engine.name, notice=step.reason)
            else:
                plans = step
    search = retrieve_and_read(workspace, plans)
    plan = search.plan
    retrieved_at = time.perf_counter()
    answer = Answer(
        question.text,
        evidence=search.evidence,
        engine=workspace.engine.name,
        seconds={"retrieve": retrieved_at - started},
        standalone=plan.text if plan.text != asked.text or is_length_request(question.text) else "",
        searches=search.searches,
        not_found=search.missing,
        chance=search.judgement.chance,
        leading=min(max(1, search.parts), _MOST_LEADING),
        bullets=length.bullets,
    )
    yield answer
    calculation = calculated(plan.calculation, search.evidence, workspace.library.document)
    finished = _without_engine(workspace, answer, search, calculation)
    if finished is not None:
        yield _with_seconds(finished, started, retrieved_at)
        return
    task = Task(
        plan.text,
        search.evidence,
        search.sentences,
        question.history,
        search.asides,
        search.parts,
        plan.form,
        length,
    )
    # If it is doubtful whether the evidence answers, the model says what is not found.
    initial = answer if search.enough else replace(answer, not_found=())
    if calculation is not None and search.sentences and search.sentences[0].row is not None:
        # The quoted row may be any of those that the calculation would have compared.
        initial = replace(initial, notice=_not_calculated(calculation))
    for answer in _engine_answer(workspace, initial, task, enough=search.enough):
        yield answer
    if answer.outcome == "failed":
        yield _with_seconds(answer, started, retrieved_at)
    else:
        finished = _finished(workspace, answer, search)
        notice = joined("\n", (finished.notice, length_not_obeyed(question, finished)))
        yield _with_seconds(replace(finished, notice=notice), started, retrieved_at)


def _as_asked(answer: Answer, question: Question, asked: Question) -> Answer:
    """Return an answer to a question without its request for a length, as one to the whole."""
    again = asked.text if is_length_request(question.text) and asked is not question else ""
    return replace(answer, question=question.text, standalone=answer.standalone or again)


def _engine_answer(
    workspace: Workspace, initial: Answer, task: Task, *, enough: bool
) -> Iterator[Answer]:
    """Yield the answer as the engine writes it, with a fallback if the engine fails.

    What it had written is kept if a sentence of it is supported. Otherwise the library is quoted if
    the evidence is `enough`; if not, the answer stays without a claim and says why. The library is
    also quoted if a model that saw only part of the evidence found nothing in it.
    """
    answer = initial
    try:
        for grown in _write(workspace, workspace.engine, initial, task):
            answer = grown
            yield answer
    except EngineError as error:
        _LOG.error("%s failed", workspace.engine.name, exc_info=error)
        if isinstance(workspace.engine, ExtractiveEngine):
            yield replace(answer, outcome="failed", notice=str(error))
        elif _supported_count(answer):
            kept = tr("{reason}. What was written until then is kept.", reason=str(error))
            yield replace(answer, growing="", notice=joined("\n", (initial.notice, kept)))
        elif enough:
            yield from _write(
                workspace, ExtractiveEngine(), _falling_back(initial, str(error)), task
            )
        else:
            reason = joined("\n", (initial.notice, str(error)))
            yield replace(initial, engine=ExtractiveEngine.name, fallback=str(error), notice=reason)
        return
    for grown in _second_attempt(workspace, initial, answer, task):
        answer = grown
        yield answer
    if not enough or not task.sentences or isinstance(workspace.engine, ExtractiveEngine):
        return
    if answer.claims:
        yield _with_quotations(workspace, answer, task)
    elif isinstance(workspace.engine, Shortened) and workspace.engine.saw_part(task):
        reason = tr(
            "{engine} found no answer in what it was shown. The answer quotes the library instead.",
            engine=workspace.engine.name,
        )
        quoting = replace(
            initial,
            engine=ExtractiveEngine.name,
            notice=joined("\n", (initial.notice, reason)),
            usage=answer.usage and replace(answer.usage, cut=False),
        )
        yield from _write(workspace, ExtractiveEngine(), quoting, task)


def _without_engine(
    workspace: Workspace, answer: Answer, search: RetrievedEvidence, calculation: Calculation | None
) -> Answer | None:
    """Return the answer if it needs no engine: calculated over a table, or declined."""
    if calculation is not None and not calculation.refused:
        return calculated_answer(workspace, answer, calculation, search.evidence)
    # A model may find an answer where the reader doubts it, or say that there is none.
    writes = not isinstance(workspace.engine, ExtractiveEngine)
    if search.enough or (writes and search.judgement.zone is not Zone.ABSENT):
        return None
    declined = _declined(workspace, answer, search)
    if calculation is None:
        return declined
    notice = joined("\n", (declined.notice, _not_calculated(calculation)))
    return replace(declined, notice=notice)


def _not_calculated(calculation: Calculation) -> Translatable:
    return tr("Tables are not calculated: {reason}.", reason=calculation.refused)


def _without_retrieval(workspace: Workspace, question: Question) -> Answer | None:
    """Return the answer that needs no retrieval: on the library itself, a summary, no question."""
    from_catalogue = library_answer(workspace, question)
    if from_catalogue is not None:
        return _led(from_catalogue)
    leans = bool(question.history) and needs_context(question.text)
    if is_length_request(question.text) or (names_nothing(question.text) and not leans):
        return ask_for_more(question)
    summary = summary_of(workspace, question)
    return summary and _led(summary)


def _write(workspace: Workspace, engine: Engine, answer: Answer, task: Task) -> Iterator[Answer]:
    """Yield `answer` growing as an engine writes it; raises EngineError."""
    builder = AnswerBuilder(workspace.checker, task.evidence)
    notice = answer.notice
    with closing(_written(engine, engine.write, task)) as pieces:
        for one in cut_to_length(parsed_sentences(pieces), task.length):
            if isinstance(one, Draft):
                answer = builder.with_draft(replace(answer, growing="", notice=notice), one)
            elif isinstance(one, PartialSentence):
                answer = replace(answer, growing=one.text, notice=notice)
            elif isinstance(one, Waiting):
                yield replace(answer, notice=one.reason)
                continue
            else:
                answer = replace(answer, usage=one)
            yield answer
    if not answer.claims and not answer.not_found:
        raise EngineError(
            tr(
                "{engine} failed: {reason}",
                engine=engine.name,
                reason=tr("it gave an empty answer"),
            )
        )
    yield replace(answer, growing="", notice=notice)


def _written(
    engine: Engine, write: Callable[..., Iterator[Piece]], *given: Any
) -> Generator[Piece, None, None]:
    """Yield what an engine writes, one span; raises EngineError."""
    return tracing.stepwise(
        "generate", lambda: guarded(engine.name, write, *given), engine=engine.name
    )


def _second_attempt(
    workspace: Workspace, initial: Answer, answer: Answer, task: Task
) -> Iterator[Answer]:
    """Yield a second version of an answer that has unsupported sentences.

    It counts if fewer sentences are unsupported and no fewer are supported; it is not tried twice.
    """
    wrong = [
        (one.text, str(in_words(one.problems)))
        for one in answer.claims
        if one.verdict == "unsupported"
    ]
    if not wrong or not isinstance(workspace.engine, Corrector):
        return
    waiting = tr("{count} sentence(s) are unsupported and being rewritten", count=len(wrong))
    builder = AnswerBuilder(workspace.checker, task.evidence)
    redone, usage = initial, answer.usage
    cut = bool(usage and usage.cut)
    try:
        second_stream = _written(workspace.engine, workspace.engine.again, task, wrong)
        with closing(second_stream) as pieces:
            for one in cut_to_length(parsed_sentences(pieces), task.length):
                if isinstance(one, Draft):
                    redone = builder.with_draft(redone, one)
                elif isinstance(one, Usage) and usage:
                    usage = usage.with_more(one)
                yield replace(answer, notice=waiting)
    except EngineError as error:
        # The answer as it was stands, with its sentences marked.
        _LOG.error("%s did not write again", workspace.engine.name, exc_info=error)
        yield answer
        return
    better = _unsupported_count(redone) < len(wrong) and _supported_count(
        redone
    ) >= _supported_count(answer)
    if better and (redone.claims or redone.not_found):
        yield replace(redone, usage=usage)
    else:
        yield replace(answer, usage=usage and replace(usage, cut=cut))


def _with_quotations(workspace: Workspace, answer: Answer, task: Task) -> Answer:
    """Return a written answer with what the library says word for word beside it."""
    quoting = replace(answer, claims=())
    for grown in _write(workspace, ExtractiveEngine(), quoting, task):
        quoting = grown
    return replace(answer, quoted=quoting.claims, citations=quoting.citations)


def _unsupported_count(answer: Answer) -> int:
    return sum(one.verdict == "unsupported" for one in answer.claims)


def _supported_count(answer: Answer) -> int:
    return sum(
        one.verdict == "supported" and bool(one.citations or one.offered) for one in answer.claims
    )


def _falling_back(initial: Answer, reason: str) -> Answer:
    """Return the answer as it was before the engine failed, with the reason for the fallback."""
    quoted = tr("{reason}. The answer quotes the library instead.", reason=reason)
    notice = joined("\n", (initial.notice, quoted))
    return replace(initial, engine=ExtractiveEngine.name, fallback=reason, notice=notice)


def _finished(workspace: Workspace, answer: Answer, search: RetrievedEvidence) -> Answer:
    if not answer.claims:
        return _declined(workspace, answer, search)
    if not search.enough and not _supported_count(answer):
        # The reader doubted that the evidence answers, and no sentence of the model is supported.
        return _declined(workspace, answer, search)
    outcome = "partly" if answer.not_found else "answered"
    answer = _led(_shared_problem_once(_repeats_merged(workspace, answer)), search.parts)
    answer = later_statements(workspace, answer, search)
    notices = [answer.notice]
    if answer.usage and answer.usage.cut:
        notices.append(
            tr("{engine} reached its limit of tokens: the end is left out.", engine=answer.engine)
        )
    if search.plan.language not in ("", "en"):
        notices.append(_language_note(workspace, search.plan))
    return replace(answer, outcome=outcome, notice=joined("\n", notices))


def _led(answer: Answer, parts: int = 1) -> Answer:
    """Return the answer with the number of its claims that answer directly."""
    return replace(answer, leading=min(len(answer.claims), max(1, parts), _MOST_LEADING))


def _repeats_merged(workspace: Workspace, answer: Answer) -> Answer:
    """Return the answer with equal sentences merged into one that has all their citations."""
    kept: list[Claim] = []
    for one in answer.claims:
        alike = next((two for two in kept if _say_the_same(workspace, one, two)), None)
        if alike is None:
            kept.append(one)
            continue
        cites = tuple(dict.fromkeys((*alike.citations, *one.citations)))
        kept[kept.index(alike)] = replace(alike, citations=cites)
    return replace(answer, claims=tuple(kept))


def _say_the_same(workspace: Workspace, one: Claim, other: Claim) -> bool:
    both_supported = (
        one.verdict == other.verdict == "supported" and one.citations and other.citations
    )
    if not both_supported:
        return False
    stems, other_stems = (
        workspace.sentence_ranker.stems(one.text),
        workspace.sentence_ranker.stems(other.text),
    )
    shared = len(stems & other_stems) / max(1, min(len(stems), len(other_stems)))
    return shared >= _MAY_BE_SAME and workspace.checker.same(one.text, other.text)


def _shared_problem_once(answer: Answer) -> Answer:
    """Return the answer with a problem that several sentences share told once, as a notice."""
    with_added_citation = [
        one for one in answer.claims if any(two.code is Code.CITATION_ADDED for two in one.problems)
    ]
    if len(with_added_citation) < 2:
        return answer
    claims = tuple(
        replace(
            one, problems=tuple(two for two in one.problems if two.code is not Code.CITATION_ADDED)
        )
        for one in answer.claims
    )
    line = tr(
        "{count} sentences cited no passage; those that contain them were added",
        count=len(with_added_citation),
    )
    return replace(answer, claims=claims, notice=joined("\n", (answer.notice, line)))


def _declined(workspace: Workspace, answer: Answer, search: RetrievedEvidence) -> Answer:
    """Return the answer that says the library holds none, with the sentences that come closest."""
    builder = AnswerBuilder(workspace.checker, search.evidence)
    nearest = replace(answer, claims=(), citations=())
    for one in nearest_sentences(search.sentences):
        for text in quoted_text(one, None):
            nearest = builder.with_draft(nearest, Draft(text, (one.label,)))
    near = search.judgement.zone is not Zone.ABSENT
    failure = answer.notice if answer.fallback else ""
    headline = NOT_SAID_OUTRIGHT if near and nearest.claims else NOTHING_ON_THIS
    notices = [failure, headline, _language_note(workspace, search.plan)]
    return replace(
        nearest,
        outcome="declined",
        claims=(),
        leading=0,
        nearest=nearest.claims,
        not_found=answer.not_found or (answer.question,),
        notice=joined("\n", notices),
    )


def _language_note(workspace: Workspace, plan: QueryPlan) -> str:
    """Return the line that says that question and library are in different languages, or ""."""
    if not plan.language:
        # The documents need not be looked at.
        return ""
    languages = languages_of(workspace.library)
    return language_note(plan.text, languages, embedder=workspace.question_embedder.name)


def _with_seconds(answer: Answer, started: float, retrieved_at: float) -> Answer:
    now = time.perf_counter()
    seconds = answer.seconds | {"answer": now - retrieved_at, "total": now - started}
    return replace(answer, seconds=seconds)
