"""What is told of an answer to whoever watches: its span, its metrics, a line of the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps

from assistant.answer import Answer, Question
from assistant.workspace import Workspace
from corpus import metrics, tracing

_LOG = logging.getLogger(__name__)
Ask = Callable[[Workspace, Question], Iterator[Answer]]


def traced(ask: Ask) -> Ask:
    """Wrap what answers questions, so that each answer is told of by counts and names, no text.

    A question that belongs to no request, one of the command line, is one of its own.
    """

    @wraps(ask)
    def told(workspace: Workspace, question: Question) -> Iterator[Answer]:
        request = tracing.request() or tracing.request_of({})
        within = replace(tracing.carried(), request=request)
        steps = tracing.stepwise("ask", lambda: ask(workspace, question), _note, request=request.id)
        answer: Answer | None = None
        ended = "stopped"
        try:
            while True:
                # Only while it works: between two steps its reader may serve another request.
                with tracing.within(within):
                    try:
                        answer = next(steps)
                    except StopIteration:
                        return
                yield answer
        except Exception:
            ended = "failed"
            raise
        finally:
            with tracing.within(within):
                steps.close()
                _tell(answer, ended)

    return told


def _note(span: tracing.Span, answer: Answer) -> None:
    if not answer.outcome:
        return
    span.note(
        outcome=answer.outcome,
        engine=answer.engine,
        passages=len(answer.evidence),
        claims=len(answer.claims),
        supported=sum(one.verdict == "supported" for one in answer.claims),
        citations=len(answer.citations),
        fell_back=bool(answer.fallback),
    )


def _tell(answer: Answer | None, ended: str) -> None:
    """Count and log how a question ended; `ended` is how where its answer has no outcome."""
    outcome = (answer.outcome if answer else "") or ended
    engine = answer.engine if answer else ""
    metrics.count("briefing_questions", outcome, engine)
    if answer is not None and (answer.fallback or outcome == "failed"):
        metrics.count("briefing_model_errors", "engine")
    seconds = answer.seconds.get("total", 0.0) if answer else 0.0
    _LOG.info("question: %s by %s in %.2f s", outcome, engine or "nobody", seconds)
