"""Writing a memo: section by section, as a stream of growing memos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from assistant.answer import Answer, Claim, Question
from assistant.answering import validated
from assistant.desk import Desk
from assistant.engine import Waiting
from assistant.extractive import ExtractiveEngine
from assistant.memo.assembling import assembled, note
from assistant.memo.gathering import Gathered, gathered_lines
from assistant.memo.linting import lint
from assistant.memo.templates import TABLES, Plan, Template, filled, shown, template_named
from assistant.memo.topic import Topic
from assistant.memo.values import EVIDENCE, GAP, Line, Memo, Section
from assistant.searching import found_for
from corpus.errors import NothingFound, UsageError
from corpus.said import said
from corpus.vocabulary import with_aliases
from index.bounds import Bounds

# Passages of a search for the topic as a whole, which the tables are made from beside those that
# the sections found.
_WIDE = 30
# Less of the topic than this in the best passage and its neighbours: the library is about others.
_COVERED = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """What a memo is asked for.

    `sections` are the keys to keep (none: all), `length` about how many words (0: the template's),
    `without` publishers that are left out; dates are ISO. `today` is the date of the memo.
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
def write(desk: Desk, request: Request, begun: Memo | None = None) -> Iterator[Memo]:
    """Yield the memo as it grows; the last is complete, checked and linted.

    `begun` is a memo on the same request that was broken off: its finished sections are kept.
    Closing the iterator stops the work. Raises UsageError for a request that cannot be met, and
    NothingFound where the library has nothing on the topic.
    """
    template = template_named(request.template, desk.settings.home)
    topic = validated(Question(request.topic, as_of=request.as_of, since=request.since)).text
    plans = _chosen(template, request)
    question = _question(desk, request, topic)
    wide = found_for(desk, topic, _WIDE, _bounds(question))
    if not any(one.match and one.match.covered >= _COVERED for one in wide):
        raise NothingFound(
            said("the library has nothing on {topic}; add documents about it", topic=repr(topic))
        )
    entries = desk.library.entries()
    memo = Memo(
        topic=topic,
        template=template.name,
        created=request.today or date.today().isoformat(),
        as_of=request.as_of,
        engine=desk.engine.name,
        scale=request.scale,
        audience=request.audience,
        library={
            "documents": len(entries),
            "passages": sum(entry.passages for entry in entries),
            "generation": desk.library.generation,
        },
        settings=request.settings,
        complete=False,
    )
    gathered = Gathered(Answer(topic), Topic.of(topic))
    gathered.pool.update({one.passage.id: one for one in wide})
    if begun is not None:
        memo = _resumed(memo, begun, gathered, desk)
    share = min(1.0, request.length / template.words) if request.length else 1.0
    for plan in plans:
        if any(one.key == plan.key for one in memo.sections):
            continue
        shown = replace(memo, notice=said("Writing: {heading}", heading=plan.heading))
        yield shown
        section = Section(plan.key, plan.heading, shows=plan.kind if plan.kind in TABLES else "")
        for line in _lines(desk, gathered, plan, question, share):
            if isinstance(line, Waiting):
                yield replace(
                    shown,
                    notice=said(
                        "Writing: {heading} ({reason})", heading=plan.heading, reason=line.reason
                    ),
                )
                continue
            section = replace(section, lines=(*section.lines, line))
            citations = gathered.answer.citations
            yield replace(shown, sections=(*memo.sections, section), citations=citations)
        memo = replace(
            memo, sections=(*memo.sections, section), citations=gathered.answer.citations
        )
    if begun is None and not any(
        line.role == EVIDENCE for section in memo.sections for line in section.lines
    ):
        raise NothingFound(
            said(
                "no passage of the library stands on {topic}; add documents about it",
                topic=repr(topic),
            )
        )
    yield replace(memo, notice=said("Comparing sources"))
    memo = assembled(desk, _with_missing(memo, plans, gathered), gathered)
    memo = replace(memo, notice=gathered.notice, complete=True)
    yield replace(memo, findings=lint(memo, today=memo.created))


def _chosen(template: Template, request: Request) -> list[Plan]:
    known = {plan.key for plan in template.sections}
    if unknown := [key for key in request.sections if key not in known]:
        raise UsageError(
            said(
                "the template {name} has no section {key}; it has: {known}",
                name=template.name,
                key=repr(unknown[0]),
                known=", ".join(plan.key for plan in template.sections),
            )
        )
    return [one for one in template.sections if not request.sections or one.key in request.sections]


def _question(desk: Desk, request: Request, topic: str) -> Question:
    publishers = request.publishers
    if request.without:
        out = {one.casefold() for one in request.without}
        present = {entry.source.publisher for entry in desk.library.entries()}
        publishers = tuple(
            one for one in (publishers or sorted(present)) if one.casefold() not in out
        )
        if not publishers:
            raise UsageError(said("no publisher is left; leave out fewer"))
    return Question(
        topic,
        as_of=request.as_of,
        since=request.since,
        publishers=publishers,
        documents=request.documents,
    )


def _bounds(question: Question) -> Bounds:
    return Bounds(question.publishers, question.documents, question.since, question.as_of)


def _lines(
    desk: Desk, gathered: Gathered, plan: Plan, question: Question, share: float
) -> Iterator[Line | Waiting]:
    """Yield the lines of a section: what the analyst must decide first, then the evidence."""
    model = not isinstance(desk.engine, ExtractiveEngine)
    texts = [(filled(one, question.text), shown(one, question.text)) for one in plan.questions]
    if plan.judge and not model and plan.kind in ("gap", "missing"):
        yield _gap(filled(plan.judge, question.text))
    if plan.judge and model:
        judge = filled(plan.judge, question.text)
        texts.append((judge, judge))
    most = max(1, round(plan.sentences * share))
    before, found = len(gathered.missing), 0
    for text, name in texts:
        for line in gathered_lines(desk, gathered, replace(question, text=text), most, name):
            found += isinstance(line, Line)
            yield line
    if plan.judge and model and len(gathered.missing) > before:
        yield _gap(filled(plan.judge, question.text))
    if plan.judge and not model and plan.kind == "evidence":
        yield _gap(filled(plan.judge, question.text))
    if plan.questions and not found and plan.kind != "missing":
        yield note("The library holds no evidence for this section.")


def _gap(text: str) -> Line:
    return Line(Claim(text, (), "supported"), role=GAP)


def _with_missing(memo: Memo, plans: list[Plan], gathered: Gathered) -> Memo:
    """Return the memo with what was asked and not found, in the section for it."""
    kinds = {plan.key: plan.kind for plan in plans}
    lines = [
        _gap(f"The library does not answer: {one}") for one in dict.fromkeys(gathered.missing)
    ] or [note("Every question of this memo found evidence.")]
    sections = tuple(
        replace(one, lines=(*one.lines, *lines)) if kinds.get(one.key) == "missing" else one
        for one in memo.sections
    )
    return replace(memo, sections=sections)


def _resumed(memo: Memo, begun: Memo, gathered: Gathered, desk: Desk) -> Memo:
    """Return `memo` with the finished sections of one that was broken off."""
    # The last section may lack lines: it is written again.
    sections = begun.sections[:-1]
    gathered.answer = replace(gathered.answer, citations=begun.citations)
    reader = desk.reader
    gathered.said = [
        reader.stems(line.claim.text)
        for one in sections
        for line in one.lines
        if line.role == EVIDENCE
    ]
    return replace(memo, sections=sections, citations=begun.citations, created=begun.created)
