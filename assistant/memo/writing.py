"""Writing a memo: section by section, as a stream of growing memos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from assistant.answer import Answer, Claim, Question
from assistant.engine import Waiting
from assistant.extractive_engine import ExtractiveEngine
from assistant.memo.drafting import judged_lines
from assistant.memo.length import body_of, body_words, shortened, word_count
from assistant.memo.lint import lint
from assistant.memo.memo_state import MemoState, SectionQuestion
from assistant.memo.references import ReferenceNamer
from assistant.memo.section_writer import nearest_lines, section_lines
from assistant.memo.tables import note, with_tables
from assistant.memo.templates import TABLES, SectionPlan, Template, filled, template_named
from assistant.memo.topic import Topic, content_stems
from assistant.memo.translation import worded
from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, Line, Memo, Section
from assistant.pipeline import validated
from assistant.planning.query_plan import plan_of
from assistant.retrieval.retrieve import retrieve
from assistant.workspace import Workspace
from corpus.errors import NothingFound, UsageError
from corpus.i18n import tr
from corpus.translations import language_for
from corpus.vocabulary import with_aliases

# Passages of a search for the topic as a whole, which the tables are made from beside those that
# the sections found.
_WIDE = 30
# Less of the topic than this in the best passage and its neighbours: the library is about others.
_COVERED = 0.5
# Passages that are searched for each question: those that are not about the topic are left out.
_SEARCHED = 16
# Words that are kept for what a memo says of itself at its end: confidence, what was not found.
_RESERVED = 0.15
_CLOSE = "These sentences come closest, and do not answer it:"
_PARTLY = "What answers a part of this section stands in the others. Not answered: {questions}"
_UNQUOTED = (
    "Passages answer this section, but no sentence of them stands alone. Searched: {questions}"
)
_NOTHING = "The library holds no evidence for this section. Searched: {questions}"
# Sentences that come close to what the library does not answer.
_NEAREST = 3
# Words that a section has room for at least.
_LEAST = 30


@dataclass(frozen=True, slots=True)
class Request:
    """What a memo is asked for.

    `sections` are the keys to keep (none: all), `length` how many words at most (0: the
    template's), `without` publishers that are left out; dates are ISO. `today` is the date of the
    memo. `language` is the code of the page's: a memo on a Chinese topic is Chinese on any.
    """

    topic: str
    template: str = "bluf"
    as_of: str = ""
    since: str = ""
    publishers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    audience: str = ""
    length: int = 0
    sections: tuple[str, ...] = ()
    scale: str = "icd203"
    today: str = ""
    language: str = ""

    @property
    def settings(self) -> Mapping[str, object]:
        """What the memo keeps of what was asked, to be written again."""
        return {
            "since": self.since,
            "publishers": list(self.publishers),
            "without": list(self.without),
            "documents": list(self.documents),
            "length": self.length,
            "sections": list(self.sections),
        }


@with_aliases
def write(workspace: Workspace, request: Request, begun: Memo | None = None) -> Iterator[Memo]:
    """Yield the memo as it grows; the last is complete, checked and linted.

    `begun` is a memo on the same request that was broken off: its finished sections are kept.
    Closing the iterator stops the work. Raises UsageError for a request that cannot be met, and
    NothingFound where the library has nothing on the topic.
    """
    template = template_named(request.template, workspace.settings.home)
    text = validated(Question(request.topic, as_of=request.as_of, since=request.since)).text
    plans = _chosen(template, request)
    question = _question(workspace, request, text)
    wide = retrieve(workspace, plan_of(workspace, replace(question, text=text, limit=_WIDE)))
    topic = _topic(workspace, text, [one.passage.text for one in wide])
    readable = ReferenceNamer(lambda document: workspace.library.document(document).text)
    state = MemoState(Answer(text), topic, readable, template.rules, request.scale)
    state.on_topic(wide)
    if not state.pool and not any(one.match and one.match.covered >= _COVERED for one in wide):
        raise NothingFound(
            tr("the library has nothing on {topic}; add documents about it", topic=repr(text))
        )
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
        language="zh" if topic.chinese else language_for(request.language),
        rules=template.rules,
    )
    if begun is not None:
        memo = _resumed(memo, begun, state, workspace)
    most = request.length or template.words
    left = [one for one in plans if not any(section.key == one.key for section in memo.sections)]
    for place, plan in enumerate(left):
        heading = worded(plan.heading, memo.language)
        shown = replace(memo, notice=tr("Writing: {heading}", heading=heading))
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
            _LEAST + word_count(worded(one.judge, memo.language))
            for one in left[place + 1 :]
            if one.kind not in TABLES
        )
        free = round(most * (1 - _RESERVED)) - body_words(memo) - to_come
        share = _Share(max(_LEAST, free), min(1.0, most / template.words))
        for line in _lines(workspace, state, plan, question, share, memo):
            if isinstance(line, Waiting):
                yield replace(
                    shown,
                    notice=tr("Writing: {heading} ({reason})", heading=heading, reason=line.reason),
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
        raise NothingFound(
            tr(
                "no passage of the library stands on {topic}; add documents about it",
                topic=repr(text),
            )
        )
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


def _topic(workspace: Workspace, text: str, found: list[str]) -> Topic:
    """Return the topic that a text names, its words weighed by how often the library has them."""
    words = workspace.indexes.snapshot().words
    return Topic.of(text, found, words.frequencies(content_stems(text)), len(words))


def _chosen(template: Template, request: Request) -> list[SectionPlan]:
    known = {plan.key for plan in template.sections}
    if unknown := [key for key in request.sections if key not in known]:
        raise UsageError(
            tr(
                "the template {name} has no section {key}; it has: {known}",
                name=template.name,
                key=repr(unknown[0]),
                known=", ".join(plan.key for plan in template.sections),
            )
        )
    return [one for one in template.sections if not request.sections or one.key in request.sections]


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
) -> Iterator[Line | Waiting]:
    """Yield the lines of a section: what the analyst must decide first, then the evidence.

    A model drafts what must be decided, from the evidence and after it. A section whose questions
    find nothing is a gap that names what was searched.
    """
    model = not isinstance(workspace.engine, ExtractiveEngine)
    topic, language = state.topic, memo.language
    own = "zh" if topic.chinese else "en"
    texts = plan.asked(topic.kind)
    asked = [
        (
            filled(worded(one, own), topic, question.text),
            filled(worded(one, language), topic, question.text),
        )
        for one in texts
    ]
    judge = filled(worded(plan.judge, language), topic, question.text)
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
    if texts and not found:
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
        form = _PARTLY if missing else _UNQUOTED
        form = _NOTHING if len(missing) == len(asked) else form
        quoted = worded(" ", language).join(f"“{one}”" for one in (*missing, *unquoted))
        return _gap(worded(form, language, questions=quoted))
    return note(worded("What answers this section stands in the others.", language))


def _gap(text: str) -> Line:
    return Line(Claim(text, (), "supported"), role=GAP)


def _with_missing(
    workspace: Workspace, memo: Memo, plans: list[SectionPlan], state: MemoState
) -> Memo:
    """Return the memo with what was asked and not found, in the section for it.

    Sections without any evidence name their questions themselves. Sentences that come close are
    quoted below, and said not to answer.
    """
    kinds = {plan.key: plan.kind for plan in plans}
    nothing = worded(_NOTHING, memo.language).partition("{")[0]
    empty = [
        one
        for one in body_of(memo)
        if any(line.role == GAP and line.claim.text.startswith(nothing) for line in one.lines)
    ]
    told = " ".join(line.claim.text for one in empty for line in one.lines)
    lines: list[Line] = []
    if state.topic.unknown:
        words = worded(", ", memo.language).join(state.topic.unknown)
        lines.append(_gap(worded("No document has a word of: {words}.", memo.language,
                                 words=words)))  # fmt: skip
    if empty:
        names = worded(", ", memo.language).join(one.heading for one in empty)
        lines.append(_gap(worded("Sections without evidence: {sections}.", memo.language,
                                 sections=names)))  # fmt: skip
    lines += [
        _gap(worded("The library does not answer: {question}", memo.language, question=one))
        for one in dict.fromkeys(state.missing)
        if one not in told
    ]
    lines += [
        _gap(
            worded("No sentence that stands alone answers: {question}", memo.language, question=one)
        )
        for one in dict.fromkeys(state.unquoted)
        if one not in told
    ]
    if lines and "missing" in kinds.values():
        close = list(nearest_lines(workspace, state, _NEAREST))
        if close:
            lines += [note(worded(_CLOSE, memo.language)), *close]
            memo = replace(memo, citations=state.answer.citations)
    if not lines and state.answered:
        lines = [note(worded("Every question of this memo found evidence.", memo.language))]
    sections = tuple(
        replace(one, lines=(*one.lines, *lines)) if kinds.get(one.key) == "missing" else one
        for one in memo.sections
    )
    return replace(memo, sections=sections)


def _resumed(memo: Memo, begun: Memo, state: MemoState, workspace: Workspace) -> Memo:
    """Return `memo` with the finished sections of one that was broken off."""
    # The last section may lack lines: it is written again.
    sections = begun.sections[:-1]
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
