"""Writing a memo: section by section, as a stream of growing memos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from assistant.answer import Answer, Claim, Question
from assistant.engine import Waiting
from assistant.extractive_engine import ExtractiveEngine
from assistant.memo.contents import (
    ALL_FOUND,
    ELSEWHERE,
    NOTHING,
    PARTLY,
    UNQUOTED,
    finished_sections,
)
from assistant.memo.drafting import judged_lines
from assistant.memo.length import body_words, shortened, word_count
from assistant.memo.lint import lint
from assistant.memo.memo_state import MemoState, SectionQuestion
from assistant.memo.references import ReferenceNamer
from assistant.memo.request import WIDE, Request, asked_of, chosen, language_of, topic_of
from assistant.memo.section_writer import answered_in_memo, nearest_lines, section_lines
from assistant.memo.tables import note, with_tables
from assistant.memo.templates import TABLES, SectionPlan, filled, template_named
from assistant.memo.translation import worded
from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, Line, Memo, Section
from assistant.pipeline import validated
from assistant.planning.query_plan import plan_of
from assistant.planning.question_language import language_note, languages_of
from assistant.retrieval.retrieve import retrieve
from assistant.workspace import Workspace
from corpus.errors import NothingFound, UsageError
from corpus.i18n import joined, tr
from corpus.pace import Pace, time_left
from corpus.vocabulary import with_aliases

# Less of the topic than this in the best passage and its neighbours: the library is about others.
_COVERED = 0.5
# Passages that are searched for each question: those that are not about the topic are left out.
_SEARCHED = 16
# Words that are kept for what a memo says of itself at its end: confidence, what was not found.
_RESERVED = 0.15
# Questions that are named as not answered, at most.
_MISSING = 6
_CLOSE = "These sentences come closest, and do not answer it:"
# Sentences that come close to what the library does not answer.
_NEAREST = 3
# Words that a section has room for at least.
_LEAST = 30


@with_aliases
def write(workspace: Workspace, request: Request, begun: Memo | None = None) -> Iterator[Memo]:
    """Yield the memo as it grows; the last is complete, checked and linted.

    `begun` is a memo on the same request that was broken off: its finished sections are kept.
    Closing the iterator stops the work. Raises UsageError for a request that cannot be met, and
    NothingFound where the library has nothing on the topic.
    """
    template = template_named(request.template, workspace.settings.home)
    text = validated(Question(request.topic, as_of=request.as_of, since=request.since)).text
    workspace.note("memo", text, template=template.name, engine=workspace.engine.name)
    plans = chosen(template, request)
    question = _question(workspace, request, text)
    wide = retrieve(workspace, plan_of(workspace, replace(question, text=text, limit=WIDE)))
    topic = topic_of(workspace, text, [one.passage.text for one in wide])
    readable = ReferenceNamer(lambda document: workspace.library.document(document).text)
    state = MemoState(Answer(text), topic, readable, template.rules, request.scale)
    state.on_topic(wide)
    if not state.pool and not any(one.match and one.match.covered >= _COVERED for one in wide):
        nothing = tr("the library has nothing on {topic}; add documents about it", topic=repr(text))
        raise _nothing_found(workspace, nothing, text)
    entries = workspace.library.entries()
    memo = Memo(
        topic=text,
        template=template.name,
        created=request.today or date.today().isoformat(),
        as_of=request.as_of,
        engine=workspace.engine.name,
        scale=request.scale,
        audience=request.audience,
        library={
            "documents": len(entries),
            "passages": sum(entry.passages for entry in entries),
            "generation": workspace.library.generation,
        },
        settings=request.settings,
        complete=False,
        language=language_of(topic, request),
        rules=template.rules,
    )
    if begun is not None:
        memo = _resumed(memo, begun, state, workspace)
    most = request.length or template.words
    left = [one for one in plans if not any(section.key == one.key for section in memo.sections)]
    pace = Pace()
    for place, plan in enumerate(left):
        heading = worded(plan.heading, memo.language)
        pace.tell(place, len(left))
        begins = tr(
            "Writing section {number} of {count}: {heading}",
            number=len(memo.sections) + 1, count=len(plans), heading=heading,
        )  # fmt: skip
        remaining = pace.seconds_left
        notice = joined(", ", (begins, time_left(remaining) if remaining else ""))
        shown = replace(memo, notice=notice)
        yield shown
        section = Section(
            plan.key,
            heading,
            shows=plan.kind if plan.kind in TABLES else "",
            leading=plan.leading,
            layout=plan.layout,
        )
        # Each section to come needs room for a sentence and for what the analyst must decide.
        to_come = sum(
            _LEAST + word_count(worded(one.ask or one.judge, memo.language))
            for one in left[place + 1 :]
            if one.kind not in TABLES
        )
        free = round(most * (1 - _RESERVED)) - body_words(memo) - to_come
        share = _Share(max(_LEAST, free), min(1.0, most / template.words))
        for line in _lines(workspace, state, plan, question, share, memo, request):
            if isinstance(line, Waiting):
                yield replace(
                    shown,
                    notice=joined("; ", (notice, line.reason)),
                )
                continue
            section = _with_line(section, line)
            citations = state.answer.citations
            yield replace(shown, sections=(*memo.sections, section), citations=citations)
        memo = replace(memo, sections=(*memo.sections, section), citations=state.answer.citations)
    memo = _with_missing(workspace, memo, plans, state)
    if begun is None and not any(
        line.role == EVIDENCE for section in memo.sections for line in section.lines
    ):
        nothing = tr(
            "no passage of the library stands on {topic}; add documents about it", topic=repr(text)
        )
        raise _nothing_found(workspace, nothing, text)
    yield replace(memo, notice=tr("Comparing sources"))
    memo = with_tables(workspace, memo, state)
    memo = replace(shortened(memo, most), notice=state.notice, complete=True)
    yield replace(memo, findings=lint(memo, today=memo.created))


def _with_line(section: Section, line: Line) -> Section:
    """Return a section with one more line: what leads a memo begins with the judgments."""
    if line.role != JUDGMENT or not section.leading:
        return replace(section, lines=(*section.lines, line))
    lines = sorted((*section.lines, line), key=lambda one: one.role != JUDGMENT)
    return replace(section, lines=tuple(lines))


@dataclass(frozen=True, slots=True)
class _Share:
    """What a section may take: `words` in all, and the share of its sentences."""

    words: int
    sentences: float


def _question(workspace: Workspace, request: Request, topic: str) -> Question:
    publishers = request.publishers
    if request.without:
        out = {one.casefold() for one in request.without}
        present = {entry.source.publisher for entry in workspace.library.entries()}
        publishers = tuple(
            one for one in (publishers or sorted(present)) if one.casefold() not in out
        )
        if not publishers:
            raise UsageError(tr("no publisher is left; leave out fewer"))
    return Question(
        topic,
        as_of=request.as_of,
        since=request.since,
        publishers=publishers,
        documents=request.documents,
    )


def _lines(
    workspace: Workspace,
    state: MemoState,
    plan: SectionPlan,
    question: Question,
    share: _Share,
    memo: Memo,
    request: Request,
) -> Iterator[Line | Waiting]:
    """Yield the lines of a section: what the analyst must decide first, then the evidence.

    A model drafts what must be decided, from the evidence and after it. A section whose questions
    find nothing is a gap that names what was searched.
    """
    model = not isinstance(workspace.engine, ExtractiveEngine)
    topic, language = state.topic, memo.language
    own = "zh" if topic.chinese else "en"
    asked = asked_of(plan, topic, question.text, language, request.questions)
    judge = filled(worded(plan.ask or plan.judge, language), topic, question.text)
    if plan.judge and not model and plan.kind in ("gap", "missing"):
        yield _gap(judge)
    most = max(1, round(plan.sentences * share.sentences))
    words = share.words - word_count(judge if plan.judge else "")
    found = 0
    cites: set[int] = set()
    for place, (text, shown) in enumerate(asked):
        wanted = replace(question, text=text, limit=_SEARCHED)
        room = words // (len(asked) - place)
        one_asked = SectionQuestion(wanted, shown, most, room, plan.leading)
        for line in section_lines(workspace, state, one_asked):
            if isinstance(line, Line):
                found += 1
                words -= word_count(line.claim.text)
                cites.update(line.claim.citations)
            yield line
    if plan.judge and model:
        wanted = replace(question, text=filled(worded(plan.judge, own), topic, question.text))
        asking = SectionQuestion(wanted, judge, most, max(_LEAST, words))
        for line in _judgments(workspace, state, asking, cites):
            found += isinstance(line, Line) and line.role != GAP
            yield line
    if plan.judge and not model and plan.kind == "evidence":
        yield _gap(judge)
    if asked and not found:
        yield _empty([one for _, one in asked], state, language)


def _judgments(
    workspace: Workspace, state: MemoState, asked: SectionQuestion, cites: set[int]
) -> Iterator[Line | Waiting]:
    """Yield what a model judges; where it judges nothing, the question as a gap."""
    judged = False
    for line in judged_lines(workspace, state, asked, cites):
        judged |= isinstance(line, Line) and line.role == JUDGMENT
        yield line
    if not judged:
        yield _gap(asked.told)


def _empty(asked: list[str], state: MemoState, language: str) -> Line:
    """Return what a section says to which its questions brought nothing in."""
    missing = [one for one in asked if one in state.missing]
    unquoted = [one for one in asked if one in state.unquoted]
    if missing or unquoted:
        form = PARTLY if missing else UNQUOTED
        form = NOTHING if len(missing) == len(asked) else form
        quoted = worded(" ", language).join(f"“{one}”" for one in (*missing, *unquoted))
        return note(worded(form, language, questions=quoted))
    return note(worded(ELSEWHERE, language))


def _gap(text: str) -> Line:
    return Line(Claim(text, (), "supported"), role=GAP)


def _nothing_found(workspace: Workspace, nothing: str, topic: str) -> NothingFound:
    """Return the error that says so, and that topic and library are in different languages."""
    embedder = workspace.question_embedder.name
    language = language_note(topic, languages_of(workspace.library), embedder=embedder)
    return NothingFound(joined("; ", (nothing, language)))


def _with_missing(
    workspace: Workspace, memo: Memo, plans: list[SectionPlan], state: MemoState
) -> Memo:
    """Return the memo with what was asked and not found, in the section for it.

    What the memo's own sentences answer is not among it. Sentences that come close are quoted
    below, and said not to answer.
    """
    kinds = {plan.key: plan.kind for plan in plans}
    lines: list[Line] = []
    if state.topic.unknown:
        words = worded(", ", memo.language).join(state.topic.unknown)
        lines.append(note(worded("No document has a word of: {words}.", memo.language,
                                 words=words)))  # fmt: skip
    asked = [
        one
        for one in (*state.missing, *state.unquoted)
        if not answered_in_memo(workspace, state, memo, one)
    ]
    answered = {*state.missing, *state.unquoted} - {*asked}
    state.near = [one for one in state.near if one.question not in answered]
    lines += [note(one) for one in dict.fromkeys(asked)][:_MISSING]
    if lines and "missing" in kinds.values():
        close = list(nearest_lines(workspace, state, _NEAREST))
        if close:
            lines += [note(worded(_CLOSE, memo.language)), *close]
            memo = replace(memo, citations=state.answer.citations)
    if not lines and state.answered:
        lines = [note(worded(ALL_FOUND, memo.language))]
    sections = tuple(
        replace(one, lines=(*one.lines, *lines)) if kinds.get(one.key) == "missing" else one
        for one in memo.sections
    )
    return replace(memo, sections=sections)


def _resumed(memo: Memo, begun: Memo, state: MemoState, workspace: Workspace) -> Memo:
    """Return `memo` with the finished sections of one that was broken off."""
    sections = finished_sections(begun)
    state.answer = replace(state.answer, citations=begun.citations)
    sentence_ranker = workspace.sentence_ranker
    state.said = [
        sentence_ranker.stems(line.claim.text)
        for one in sections
        for line in one.lines
        if line.role in (EVIDENCE, JUDGMENT)
    ]
    return replace(
        memo, sections=sections, citations=begun.citations, created=begun.created,
        language=begun.language,
    )  # fmt: skip
