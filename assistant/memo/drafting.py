"""What an engine writes for a memo: lines, checked, cited, written once more where they fail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from assistant.answer import Claim
from assistant.attribution import AnswerBuilder
from assistant.checking.problems import Code
from assistant.citation_parsing import parsed_sentences
from assistant.engine import Corrector, Draft, Engine, Piece, Task, Waiting, guarded
from assistant.memo.grades import STARTER
from assistant.memo.length import word_count
from assistant.memo.lint import faults_of
from assistant.memo.memo_state import MemoState, SectionQuestion
from assistant.memo.sentence import EvidenceSentence, sentences_of
from assistant.memo.speakers import speaker_of
from assistant.memo.tradecraft_terms import SCALES, likelihoods
from assistant.memo.values import EVIDENCE, JUDGMENT, Line
from assistant.workspace import Workspace
from corpus.errors import EngineError
from corpus.i18n import tr

_LOG = logging.getLogger(__name__)

# What a judgment has against it by being one: it says more than its passages do.
_INFERS = frozenset(
    (Code.NOT_STATED, Code.MEANING_UNREAD, Code.WORDS_MISSING, Code.BORNE_ELSEWHERE)
)
# Makes a line of a claim that was written for a task, with the labels that it came with.
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
            stems = workspace.reader.stems(one.text)
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
    """What was written for a task, and what is wrong with it as (sentence, why).

    `failure` is how the engine failed after these lines.
    """

    lines: Sequence[Line]
    wrong: Sequence[tuple[str, str]]
    state: MemoState
    failure: EngineError | None = None

    def beats(self, other: _Attempt) -> bool:
        """Say whether less is wrong with it than with another, and as much is right."""
        right, theirs = (len(one.lines) - len(one.wrong) for one in (self, other))
        return len(self.wrong) < len(other.wrong) and right >= theirs and not self.failure


def drafted_lines(
    workspace: Workspace,
    engine: Engine,
    state: MemoState,
    task: Task,
    asked: SectionQuestion,
    line_of: LineOf,
) -> Iterator[Line | Waiting]:
    """Yield the lines that a model writes for a task, at most `asked.most`; raises EngineError.

    Where some do not hold or break a rule that the linter has for sentences, the model is told so
    and writes once more; that counts where less is wrong with it.
    """
    pieces = guarded(engine.name, engine.write, task)
    made = yield from _attempt(workspace, pieces, state, task, asked, line_of)
    if made.wrong and not made.failure and isinstance(engine, Corrector):
        count = len(made.wrong)
        yield Waiting(tr("{count} sentence(s) did not hold: they are written again", count=count))
        try:
            pieces = guarded(engine.name, engine.again, task, made.wrong)
            again = yield from _attempt(workspace, pieces, state, task, asked, line_of)
        except EngineError as error:
            # What was written stands, with its sentences marked.
            _LOG.error("%s did not write again", engine.name, exc_info=error)
        else:
            if again.beats(made):
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
    """Yield waits and return what came of one writing; `gathered` stays as it is."""
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
        if (why := faults_of(one, citations, state.template, state.scale))
    ]
    return _Attempt(lines, wrong, own, failure)


def fact_or_judgment(claim: Claim, task: Task, labels: Sequence[int]) -> Line:
    """Return what a model wrote: a draft judgment where it says how likely what no passage says."""
    if claim.verdict != "supported" and says_how_likely(claim.text):
        return Line(as_judgment(claim), role=JUDGMENT, draft=True)
    return attributed_line(claim, task, labels)


def says_how_likely(text: str) -> bool:
    """Say whether a sentence has a term of a scale of likelihood: "may" and "might" are none."""
    return any(one in scale for one in likelihoods(text) for scale in SCALES.values())


def as_judgment(claim: Claim) -> Claim:
    """Return a claim without what a judgment has against it by being one."""
    left = tuple(one for one in claim.problems if one.code not in _INFERS)
    return replace(claim, problems=left, verdict=claim.verdict if left else "supported")


def attributed_line(claim: Claim, task: Task, labels: Sequence[int]) -> Line:
    """Return a claim with who says it, as the passage it stands in tells."""
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
    """Return a claim, checked as it was written, without references that nobody can follow."""
    for number in claim.citations:
        document = state.answer.citations[number - 1].document
        claim = replace(claim, text=state.readable(document, claim.text))
    return claim
