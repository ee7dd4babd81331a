"""What a model judges from the evidence of a memo: drafts until the analyst takes them over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant import prompts
from assistant.answer import Claim
from assistant.checking.problems import Code
from assistant.desk import Desk
from assistant.engine import Task, Waiting
from assistant.memo.drafting import drafted, spoken
from assistant.memo.gathered import Asked, Gathered
from assistant.memo.values import JUDGMENT, Line
from assistant.memo.wording import SCALES, likelihoods
from assistant.reading import Read
from corpus.errors import EngineError
from corpus.said import said
from index.evidence import Evidence

# What a judgment has against it by being one: it says more than its passages do.
_INFERS = frozenset(
    (
        Code.NOT_STATED,
        Code.HEDGE_DROPPED,
        Code.MEANING_UNREAD,
        Code.WORDS_MISSING,
        Code.BORNE_ELSEWHERE,
    )
)


def judged_lines(
    desk: Desk, gathered: Gathered, asked: Asked, scale: str
) -> Iterator[Line | Waiting]:
    """Yield what the engine of `desk` judges from the passages that the memo cites so far.

    A judgment is a draft, its figures, dates, names and quotations checked; what only repeats a
    passage is evidence. Nothing, where the memo cites nothing; an engine that fails is named in the
    notice. `scale` names the terms in which it is to say how likely something is.
    """
    evidence, reads = _cited(gathered)
    if not evidence:
        return
    terms = ", ".join(SCALES[scale])
    text = prompts.JUDGE.filled(question=asked.question.text, terms=terms)
    try:
        yield from drafted(desk, desk.engine, gathered, Task(text, evidence, reads), asked, _judged)
    except EngineError as error:
        gathered.notice = said("{reason}. Some judgments are left to you.", reason=error)


def _cited(gathered: Gathered) -> tuple[list[Evidence], list[Read]]:
    """Return the passages that the memo cites, labelled from 1, and what it cites of them."""
    evidence: dict[str, Evidence] = {}
    reads = []
    for one in gathered.answer.citations:
        around = (
            found
            for found in gathered.pool.values()
            if found.passage.document == one.document
            and found.passage.start <= one.start < found.passage.end
        )
        found = next(around, None)
        if found is None:
            continue
        held = evidence.setdefault(found.passage.id, replace(found, label=len(evidence) + 1))
        reads.append(Read(held.label, one.start, one.end, one.quote, frozenset(), 1.0))
    return list(evidence.values()), reads


def _judged(claim: Claim, task: Task, labels: Sequence[int]) -> Line:
    if claim.verdict == "supported" and not likelihoods(claim.text):
        return spoken(claim, task, labels)
    return Line(as_judgment(claim), role=JUDGMENT, draft=True)


def as_judgment(claim: Claim) -> Claim:
    """Return a claim without what a judgment has against it by being one."""
    left = tuple(one for one in claim.problems if one.code not in _INFERS)
    return replace(claim, problems=left, verdict=claim.verdict if left else "supported")
