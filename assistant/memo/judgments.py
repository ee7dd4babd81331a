"""What a model judges from the evidence of a memo: drafts until the analyst takes them over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from assistant import prompts
from assistant.answer import Claim
from assistant.engine import Task, Waiting
from assistant.memo.drafting import as_judgment, attributed_line, drafted_lines, says_how_likely
from assistant.memo.memo_state import MemoState, SectionQuestion
from assistant.memo.superseded import validity_of
from assistant.memo.tradecraft_terms import SCALES
from assistant.memo.values import JUDGMENT, Line
from assistant.sentence_ranking import RankedSentence
from assistant.workspace import Workspace
from corpus.errors import EngineError
from corpus.i18n import tr
from index.evidence import Evidence


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
    text = prompts.JUDGE.filled(question=asked.question.text, terms=terms)
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
