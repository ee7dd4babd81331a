"""The query plan: a question analysed once, for every step of the trip to its answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol, runtime_checkable

from assistant.answer import Question
from assistant.engine import Waiting, guarded
from assistant.entity_names import Name, NameLookup, names
from assistant.planning.answer_form import AnswerForm, expected_form
from assistant.planning.decomposition import comparison_sides, sub_questions
from assistant.planning.follow_ups_english import RewriteCandidate
from assistant.planning.query_rewriting import candidates
from assistant.planning.question_language import question_language
from assistant.planning.time_asked import TimeAsked, time_asked
from assistant.retrieval.time_statements import AskedStatement, asked_statement
from assistant.tables.table_questions import TableQuestion, calculation_asked
from assistant.workspace import Workspace
from corpus.date_mentions import date_mentions
from corpus.errors import EngineError
from corpus.partial_dates import last_day
from corpus.quantities import quantities
from index.filters import Filters
from index.query import Query
from index.retriever import Retriever

_LONGEST_REWRITE = 300


@runtime_checkable
class Rewriter(Protocol):
    """An engine that can spell out a follow-up."""

    def rewritten(
        self, question: str, history: Sequence[str]
    ) -> Generator[str | Waiting, None, None]:
        """Yield Waiting, and at last the question so that it stands alone; raises EngineError."""


@dataclass(frozen=True)
class QueryPlan:
    """A standalone question and everything derived from its words, each computed once.

    `wording` is the question before its spelling is corrected. `focus` is the new part of a
    follow-up, by which the evidence is judged; "" for the whole question. At most `limit` passages,
    of the documents that `filters` admit, are considered for the answer.
    """

    wording: str
    filters: Filters
    limit: int
    focus: str
    retriever: Retriever

    @cached_property
    def query(self) -> Query:
        """The question as it is searched for, its spelling corrected."""
        return self.retriever.query(self.wording)

    @property
    def text(self) -> str:
        """The question as it is searched for."""
        return self.query.text

    @property
    def judged_text(self) -> str:
        """The text with which passages and sentences are read and judged."""
        return self.focus or self.text

    @property
    def now(self) -> str:
        """The day as of which it is answered (ISO 8601): that of the filters, or today."""
        return last_day(self.filters.until) if self.filters.until else date.today().isoformat()

    @cached_property
    def language(self) -> str:
        """The language of the question as its ISO 639-1 code, "" where that cannot be told."""
        return question_language(self.text)

    @cached_property
    def sides(self) -> tuple[QueryPlan, ...]:
        """The question for each side of a comparison, to be searched for beside the whole."""
        return tuple(map(self._with_wording, comparison_sides(self.text)))

    @cached_property
    def parts(self) -> tuple[QueryPlan, ...]:
        """The sub-questions, or the sides of a comparison, that are answered each by itself."""
        if self.focus:
            return ()
        return tuple(map(self._with_wording, sub_questions(self.text))) or self.sides

    def _with_wording(self, wording: str) -> QueryPlan:
        return QueryPlan(wording, self.filters, self.limit, "", self.retriever)

    @cached_property
    def entities(self) -> tuple[Name, ...]:
        """The proper names in the judged text."""
        dates = [(one.start, one.end) for one in date_mentions(self.judged_text)]
        return tuple(names(self.judged_text, dates))

    @cached_property
    def time(self) -> TimeAsked:
        """The time that the question asks about."""
        return time_asked(self.text, self.now)

    @cached_property
    def newly_asked_time(self) -> TimeAsked:
        """The time that the new part of a follow-up asks about; of a whole question its own."""
        return time_asked(self.focus, self.now) if self.focus else self.time

    @cached_property
    def statement(self) -> AskedStatement:
        """The subject of the question; statements about it are compared by their dates."""
        return asked_statement(self.text)

    @cached_property
    def form(self) -> AnswerForm:
        """The form of answer that the question expects."""
        return expected_form(self.text)

    @cached_property
    def calculation(self) -> TableQuestion | None:
        """The calculation over a table that the question asks for, if any."""
        return calculation_asked(self.text)


def plan_of(
    workspace: Workspace, question: Question, *, text: str = "", focus: str = ""
) -> QueryPlan:
    """Return the plan of a question within its filters; of `text` in its place, if given.

    Raises what `Workspace.retriever` raises.
    """
    wording = text or question.text
    return QueryPlan(wording, question.filters, question.limit, focus, workspace.retriever)


def plans_of(
    workspace: Workspace, question: Question
) -> Generator[list[QueryPlan] | Waiting, None, None]:
    """Yield Waiting, and at last a plan for each meaning a question may have, the likeliest first.

    Only a follow-up has several (query_rewriting). The engine's rewrite of it comes first,
    unless it adds a name or number that the conversation lacks: then it is dropped.
    """
    texts = candidates(question.text, question.history)
    if len(texts) > 1 and isinstance(workspace.engine, Rewriter):
        text = ""
        earlier_questions = [turn.question for turn in question.history]
        rewriting = guarded(
            workspace.engine.name, workspace.engine.rewritten, question.text, earlier_questions
        )
        try:
            with closing(rewriting) as steps:
                for step in steps:
                    if isinstance(step, Waiting):
                        yield step
                    else:
                        text = " ".join(step.split())
        except EngineError:
            # Without the model the rules do it; the answer itself will show that it failed.
            text = ""
        if text and _adds_nothing(text, question):
            texts = [RewriteCandidate(text), *texts]
    yield [plan_of(workspace, question, text=one.text, focus=one.newly_asked) for one in texts]


def _adds_nothing(text: str, question: Question) -> bool:
    conversation = " ".join(
        [question.text, *(f"{turn.question} {turn.answer}" for turn in question.history)]
    )
    vocabulary = NameLookup(conversation)
    stated = {one.value for one in quantities(conversation)}
    return (
        len(text) <= _LONGEST_REWRITE
        and all(vocabulary.holds(one.text) for one in names(text))
        and all(one.value in stated for one in quantities(text))
    )
