"""Asking: search, read, judge, write, check; an answer as a stream of growing snapshots."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answer import Answer, Citation, Claim, Question
from assistant.claims import Draft, check, drafts, quoted
from assistant.desk import Desk
from assistant.engine import Task
from assistant.followup import standalone
from assistant.sufficiency import judged
from corpus.errors import EngineError, UsageError
from index.evidence import Evidence
from index.retrieval import Bounds

LONGEST_QUESTION = 4_000


def validated(question: Question) -> Question:
    """Return the question with its white space folded; raises UsageError where it is none."""
    text = " ".join(question.text.split())
    if not text:
        raise UsageError("the question is empty; type one")
    if len(text) > LONGEST_QUESTION:
        raise UsageError(
            f"the question has {len(text):,} characters; ask in {LONGEST_QUESTION:,} or fewer"
        )
    return replace(question, text=text)


def ask(desk: Desk, question: Question) -> Iterator[Answer]:
    """Yield the answer as it grows; the last snapshot is complete and has an outcome.

    No evidence that answers means no engine is called and the outcome "declined". Raises UsageError
    for a question that cannot be asked and LibraryError or EmbedderError where the library cannot
    be searched; an engine that fails is the outcome "failed".
    """
    question = validated(question)
    started = time.perf_counter()
    text = desk.searcher.repaired(standalone(question.text, question.history))
    bounds = Bounds(question.publishers, question.documents, question.since, question.as_of)
    evidence = desk.searcher.search(text, limit=question.limit, bounds=bounds)
    found = time.perf_counter()
    answer = Answer(
        question.text,
        evidence=tuple(evidence),
        engine=desk.engine.name,
        seconds={"retrieve": found - started},
    )
    yield answer
    reader = desk.reader
    sought = reader.sought(text)
    read = reader.read(sought, evidence)
    if not judged(sought, read, desk.searcher.knows).enough:
        yield _timed(_declined(answer), started, found)
        return
    try:
        stream = desk.engine.write(Task(text, evidence, read))
        for draft in drafts(stream):
            answer = _with(answer, draft, evidence)
            yield answer
    except EngineError as error:
        yield _timed(replace(answer, outcome="failed", notice=str(error)), started, found)
        return
    if not answer.claims:
        notice = f"the engine {desk.engine.name} gave no answer; ask again or choose another"
        yield _timed(replace(answer, outcome="failed", notice=notice), started, found)
        return
    yield _timed(replace(answer, outcome="answered"), started, found)


def _with(answer: Answer, draft: Draft, evidence: Sequence[Evidence]) -> Answer:
    """Return `answer` with one more claim, checked, its quotations numbered as they come."""
    by_label = {one.label: one for one in evidence}
    verdict = check(draft, {label: one.passage for label, one in by_label.items()})
    citations = list(answer.citations)
    numbers = []
    for label in draft.labels:
        if label not in by_label:
            continue
        citation = _citation(draft.text, by_label[label], len(citations) + 1)
        same = [one.number for one in citations if _place(one) == _place(citation)]
        if not same:
            citations.append(citation)
        numbers.append(same[0] if same else citation.number)
    claim = Claim(draft.text, tuple(dict.fromkeys(numbers)), verdict.verdict, verdict.problems)
    return replace(answer, claims=(*answer.claims, claim), citations=tuple(citations))


def _citation(text: str, one: Evidence, number: int) -> Citation:
    start, end = quoted(text, one.passage)
    passage = one.passage
    quote = passage.text[start - passage.start : end - passage.start]
    return Citation(
        number, passage.document, one.source, passage.page, passage.heading, quote, start, end
    )


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.document, citation.start, citation.end


def _declined(answer: Answer) -> Answer:
    """Return the answer that says the library holds none."""
    if not answer.evidence:
        notice = "The library holds no passage on this."
    else:
        nearest = answer.evidence[0].source.title
        notice = f"The library does not answer this. The nearest passage is in “{nearest}”."
    return replace(answer, outcome="declined", not_found=(answer.question,), notice=notice)


def _timed(answer: Answer, started: float, found: float) -> Answer:
    now = time.perf_counter()
    seconds = answer.seconds | {"answer": now - found, "total": now - started}
    return replace(answer, seconds=seconds)
