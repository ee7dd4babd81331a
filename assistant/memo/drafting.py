"""Lines and judgments that an engine writes for a memo: checked, cited, corrected once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from assistant import prompts
from assistant.answer import Claim
from assistant.attribution import AnswerBuilder
from assistant.checking.problems import Code
from assistant.citation_parsing import parsed_sentences
from assistant.engine import Corrector, Draft, Engine, Piece, Task, Waiting, guarded
from assistant.memo.length import word_count
from assistant.memo.lint import faults_of
from assistant.memo.memo_state import MemoState, SectionQuestion
from assistant.memo.sentence import EvidenceSentence, sentences_of
from assistant.memo.speakers import speaker_of
from assistant.memo.superseded import validity_of
from assistant.memo.tradecraft_terms import SCALES, likelihoods
from assistant.memo.values import EVIDENCE, JUDGMENT, Line
from assistant.retrieval.sentence_ranking import RankedSentence
from assistant.workspace import Workspace
from corpus.errors import EngineError
from corpus.i18n import tr
from corpus.starter.public_sources import STARTER
from index.evidence import Evidence

_LOG = logging.getLogger(__name__)

# Problems that any judgment has: it says more than its passages do.
_INFERS = frozenset(
    (Code.NOT_STATED, Code.MEANING_UNREAD, Code.WORDS_MISSING, Code.BORNE_ELSEWHERE)
)
# Makes a line of a claim, the task it was written for, and the labels that it cited.
LineOf = Callable[[Claim, Task, Sequence[int]], Line]


def checked_lines(
    workspace: Workspace,
    pieces: Generator[Piece, None, None],
    state: MemoState,
    task: Task,
    asked: SectionQuestion,
    line_of: LineOf,
) -> Generator[Line | Waiting, None, None]:
    """Yield what an engine writes as lines, each checked and cited, as far as there is room.

    What a line of the memo says already is left out. What the engine says it did not find joins
    what is missing. Raises EngineError.
    """
    builder = AnswerBuilder(workspace.checker, task.evidence)
    words = 0
    with closing(pieces):
        for one in parsed_sentences(pieces):
            if isinstance(one, Waiting):
                yield one
            if not isinstance(one, Draft):
                continue
            stems = workspace.sentence_ranker.stems(one.text)
            if state.repeats(stems):
                continue
            words += word_count(one.text)
            if words > max(asked.words, word_count(one.text)):
                return
            known = len(state.answer.not_found)
            answer = builder.with_draft(replace(state.answer, claims=()), one)
            if len(answer.not_found) > known:
                state.missing.append(answer.not_found[-1])
            state.answer = answer
            if answer.claims:
                state.said.append(stems)
                line = line_of(answer.claims[0], task, one.labels)
                yield replace(line, claim=_with_named_references(line.claim, state))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The lines of one attempt, the state after them, and (sentence, why) of those that fail.

    `failure` is the engine's error that ended the attempt, None where it was finished.
    """

    lines: Sequence[Line]
    wrong: Sequence[tuple[str, str]]
    state: MemoState
    failure: EngineError | None = None

    def beats(self, other: _Attempt) -> bool:
        """Say whether less is wrong with it than with another, and as much is right."""
        right, theirs = (len(one.lines) - len(one.wrong) for one in (self, other))
        return len(self.wrong) < len(other.wrong) and right >= theirs


def drafted_lines(
    workspace: Workspace,
    engine: Engine,
    state: MemoState,
    task: Task,
    asked: SectionQuestion,
    line_of: LineOf,
) -> Iterator[Line | Waiting]:
    """Yield the lines that a model writes for a task, at most `asked.most`; raises EngineError.

    Where some are unsupported or break a lint rule for sentences, the model is told so and writes
    once more; the second attempt counts where fewer of its lines are wrong.
    """
    pieces = guarded(engine.name, engine.write, task)
    made = yield from _attempt(workspace, pieces, state, task, asked, line_of)
    if made.wrong and not made.failure and isinstance(engine, Corrector):
        count = len(made.wrong)
        yield Waiting(tr("{count} sentence(s) are unsupported and being rewritten", count=count))
        pieces = guarded(engine.name, engine.again, task, made.wrong)
        again = yield from _attempt(workspace, pieces, state, task, asked, line_of)
        if again.failure:
            # The first attempt stands, with its sentences marked.
            _LOG.error("%s did not write again", engine.name, exc_info=again.failure)
        elif again.beats(made):
            made = again
    state.answer, state.said = made.state.answer, made.state.said
    state.missing = made.state.missing
    yield from made.lines
    if made.failure:
        raise made.failure


def _attempt(
    workspace: Workspace,
    pieces: Generator[Piece, None, None],
    state: MemoState,
    task: Task,
    asked: SectionQuestion,
    line_of: LineOf,
) -> Generator[Waiting, None, _Attempt]:
    """Yield waits and return one attempt; `state` is not changed by it."""
    own = replace(state, said=list(state.said), missing=list(state.missing))
    lines: list[Line] = []
    failure: EngineError | None = None
    with closing(checked_lines(workspace, pieces, own, task, asked, line_of)) as steps:
        try:
            for step in steps:
                if isinstance(step, Waiting):
                    yield step
                    continue
                lines.append(step)
                if len(lines) == asked.most:
                    break
        except EngineError as error:
            failure = error
    citations = own.answer.citations
    wrong = [
        (one.claim.text, why)
        for one in lines
        if (why := faults_of(one, citations, state.scale, state.rules))
    ]
    return _Attempt(lines, wrong, own, failure)


def fact_or_judgment(claim: Claim, task: Task, labels: Sequence[int]) -> Line:
    """Return what a model wrote: a draft judgment where it says how likely what no passage says."""
    if claim.verdict != "supported" and says_how_likely(claim.text):
        return Line(as_judgment(claim), role=JUDGMENT, draft=True)
    return attributed_line(claim, task, labels)


def says_how_likely(text: str) -> bool:
    """Say whether a sentence has a term of a likelihood scale; "may" and "might" are none."""
    return any(one in scale for one in likelihoods(text) for scale in SCALES.values())


def as_judgment(claim: Claim) -> Claim:
    """Return a claim without the problems that any judgment has, because it infers."""
    left = tuple(one for one in claim.problems if one.code not in _INFERS)
    return replace(claim, problems=left, verdict=claim.verdict if left else "supported")


def attributed_line(claim: Claim, task: Task, labels: Sequence[int]) -> Line:
    """Return a claim as a line, with its speaker as far as the passage it stands in names one."""
    for evidence in task.evidence:
        if evidence.label not in labels:
            continue
        before: list[EvidenceSentence] = []
        for one in sentences_of([(evidence.passage, evidence.source)]):
            if claim.text in one.text or one.text in claim.text:
                told = speaker_of(one, before)
                # Our own articles retell; naming them in the text would tell nothing.
                speaker = told.speaker if told.speaker != STARTER else ""
                return Line(claim, speaker, told.kind, EVIDENCE)
            before.append(one)
    return Line(claim)


def _with_named_references(claim: Claim, state: MemoState) -> Claim:
    """Return a checked claim with its references by number replaced by names, or left out."""
    for number in claim.citations:
        document = state.answer.citations[number - 1].document
        claim = replace(claim, text=state.readable(document, claim.text))
    return claim


def judged_lines(
    workspace: Workspace, state: MemoState, asked: SectionQuestion, own: Collection[int]
) -> Iterator[Line | Waiting]:
    """Yield what the engine of `workspace` judges from the passages that the memo cites so far.

    `own` are the numbers that the section cites: a model that reads little reads these. A judgment
    is a draft, its figures, dates, names and quotations checked; what only repeats a passage is
    evidence. Nothing, where the memo cites nothing that still holds; an engine that fails is named
    in the notice.
    """
    evidence, reads = _cited_evidence(state, own)
    if not evidence:
        return
    terms = ", ".join(SCALES[state.scale])
    text = prompts.JUDGMENT.filled(question=asked.question.text, terms=terms)
    task, missing = Task(text, evidence, reads), list(state.missing)
    try:
        for one in drafted_lines(
            workspace, workspace.engine, state, task, asked, _judgment_or_fact
        ):
            # "The passages do not say." is no judgment.
            if isinstance(one, Waiting) or one.claim.citations or one.claim.offered:
                yield one
    except EngineError as error:
        state.notice = tr("{reason}. Some judgments are left to you.", reason=error)
    # What a model cannot judge is not missing in the library.
    state.missing = missing


def _cited_evidence(
    state: MemoState, own: Collection[int]
) -> tuple[list[Evidence], list[RankedSentence]]:
    """Return the passages that the memo cites, labelled from 1, and what it cites of them.

    Those under the numbers `own` come first; documents that hold no longer are left out.
    """
    pool = list(state.pool.values())
    gone = validity_of(state.topic.thing, pool, ()).documents
    evidence: dict[str, Evidence] = {}
    reads = []
    for one in sorted(state.answer.citations, key=lambda one: one.number not in own):
        around = (
            found
            for found in pool
            if found.passage.document == one.document
            and found.passage.start <= one.start < found.passage.end
        )
        found = next(around, None)
        if found is None or one.document in gone:
            continue
        held = evidence.setdefault(found.passage.id, replace(found, label=len(evidence) + 1))
        reads.append(RankedSentence(held.label, one.start, one.end, one.quote, frozenset(), 1.0))
    return list(evidence.values()), reads


def _judgment_or_fact(claim: Claim, task: Task, labels: Sequence[int]) -> Line:
    if claim.verdict == "supported" and not says_how_likely(claim.text):
        return attributed_line(claim, task, labels)
    return Line(as_judgment(claim), role=JUDGMENT, draft=True)
