"""The lines of a memo's section: searched, written by the engine, checked and cited."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Question
from assistant.engine import Draft, Engine, Piece, Task, Waiting
from assistant.entity_names import names
from assistant.extractive_engine import ExtractiveEngine, quoted_text, stands_alone
from assistant.memo.drafting import attributed_line, checked_lines, drafted_lines, fact_or_judgment
from assistant.memo.memo_state import MemoState, SectionQuestion
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.superseded import validity_of
from assistant.memo.topic import Kind, Topic
from assistant.memo.values import Line, Memo
from assistant.planning.query_plan import plan_of
from assistant.retrieval.answerability import Zone, judge_answerability
from assistant.retrieval.corrections import figures
from assistant.retrieval.retrieve import retrieve_and_read
from assistant.retrieval.sentence_ranking import RankedSentence
from assistant.retrieval.time_statements import TimedStatement
from assistant.workspace import Workspace
from corpus.errors import EngineError
from corpus.i18n import tr
from corpus.quantities import quantities
from index.evidence import Evidence

# A line must be readable alone: a whole sentence that names something and does not begin with a
# word that refers back.
_BEGINS = re.compile(r"^[\"“'(]?[A-Z0-9$€£\u4e00-\u9fff]")
_NEEDS_CONTEXT = re.compile(
    r"^(?:It|They|He|She|This|These|That|Those|Its|Their|His|Her|Such|Both|But|However|And|Or|So|"
    r"Also|There|Then|Here|Figure|Fig\.|Table|Welcome|See|The former|The latter|In addition|"
    r"For example|As such|Regardless|Moreover|Furthermore|Nevertheless|Meanwhile|Instead|Thus|"
    r"Hence|Therefore|Similarly|Likewise|In contrast|By contrast|On the other hand|In practice|"
    r"What[’']s different|"
    r"(?:At|In|On|For|With|By|Under|From|Of) (?:that|this|these|those) \w+|"
    r"[A-Z]\w+(?: \w+){0,3} then \w+|"
    # "The company", "The model’s" refer back, unless "of" or "that" follows.
    r"The (?:new |latest |same |two |three )?(?:company|companies|firm|lab|start-?up|developer|"
    r"model|models|assistant|agency|bureau|rule|order|paper|report|article|authors?|decision|move|"
    r"team|researchers|letter|bill|chip|chips|country|government|administration|charge|"
    r"framework|omnibus|programme|program|package|guidance|ban|truce|threshold|"
    r"instruction|arrangement|deal|payment|measures?|figures?|number|study|survey|exports?)"
    r"(?:[’']s?)?(?! (?:of|for|that|which|from|on|in|by|at|behind|called|named)\b|s? of\b))\b"
)
# Refers to another part of its document, or is about the document itself.
_POINTS_ELSEWHERE = re.compile(
    r"\b(?:this|the present) (?:article|report|paper|section|chapter|brief|table|figure)\b|"
    r"\bthe (?:table|list|section|chart)(?: below| above)?\b|\b(?:Table|Figure|Fig\.) \d|"
    r"^The (?:first|second|third|fourth|last|other|two|three|four|same) \w+|"
    r"\b(?:see|measures|cases|figures|named|listed|mentioned|described|shown|noted) "
    r"(?:above|below)\b|"
    r"\bsuch (?:data|\w+s)\b(?! as\b)|"
    # "DeepSeek states the first", "gave a second figure": of what, the sentences before say.
    r"\b(?:states?|stated|gives?|gave|estimates?|puts?) (?:the|a) (?:first|second|third|latter|"
    r"former|number|figure)\b|\bthe (?:first|second|latter|former)(?: and|[.,;]|$)|"
    r"\bthe same (?:gap|problem|point|reason|way|question)\b|"
    r"\bthe two (?:kinds|figures|numbers|statements|claims)\b|本文|本报告|下表|上表|如图"
)
_ENDS = re.compile(r"[.!。！][\"”’)]*$")
_SHORTEST = 8
# The least probability of answering: of a line; of one that leads; of one that leads and hardly
# names the topic; of one that only comes close.
_LIKELY, _LEADS, _SURE, _COMES_CLOSE = 0.12, 0.3, 0.5, 0.05
# The share of the best sentence's probability that a further one must have.
_NEARLY = 0.25
# The share of the topic that a sentence must name to lead with a lower probability.
_NAMES_IT = 0.4
# The share of the best rank that a second sentence must have to lead beside it.
_NEAR_BEST = 0.65
# The most words of a sentence that comes close.
_CLOSEST_WORDS = 60
# A topic that is counted in money, and a sum of money.
_MONEY_ASKED = re.compile(
    r"\b(?:costs?|prices?|spending|revenues?|profits?|sales)\b|成本|价格|支出|收入|营收|利润",
    re.IGNORECASE,
)
_MONEY = re.compile(r"[$€£¥]\s?\d|\b(?:dollars?|euros?|yuan|RMB|USD)\b|元", re.IGNORECASE)
# A document cited this often is passed over where others fit.
_SHARE = 5


def section_lines(
    workspace: Workspace, state: MemoState, asked: SectionQuestion
) -> Iterator[Line | Waiting]:
    """Yield the lines that answer one question of a section, each checked and cited.

    Only passages on the topic are used, and something is written only if the reader model judges
    that they answer; else the question is added to what is missing. If the engine fails, the notice
    says so and the evidence is quoted instead.
    """
    found = _evidence_for(workspace, state, asked)
    count = 0
    engine = workspace.engine
    while True:
        try:
            for line in _engine_lines(workspace, engine, state, found.task, asked):
                count += isinstance(line, Line)
                yield line
                if count == asked.most:
                    break
        except EngineError as error:
            state.notice = tr("{reason}. Some sections quote the library instead.", reason=error)
            engine = ExtractiveEngine()
            continue
        break
    if count or found.already_said:
        state.answered += 1
    elif found.unquoted:
        state.unquoted.append(asked.told)
    else:
        state.missing.append(asked.told)
        state.near.extend(found.near)


def answered_in_memo(workspace: Workspace, state: MemoState, memo: Memo, question: str) -> bool:
    """Say whether a sentence that the memo quotes answers a question, with its topic or without.

    Every line of the memo is on its topic; that the question names it again may mislead the reader
    model. What a model said it lacks is no question, and stays: it has read the evidence.
    """
    if not question.endswith(("?", "？")):
        return False
    places = {(one.document, one.start, one.end) for one in memo.citations}
    cited = [
        one
        for one in state.pool.values()
        if any(
            document == one.passage.document and one.passage.start <= start < one.passage.end
            for document, start, _ in places
        )
    ]
    evidence = tuple(replace(one, label=label) for label, one in enumerate(cited, start=1))
    by_label = {one.label: one.passage.document for one in evidence}
    for wording in dict.fromkeys((question, _without_topic(question, state.topic.thing))):
        readings = workspace.sentence_ranker.readings(wording, evidence)
        if judge_answerability(readings, evidence).zone is not Zone.ANSWERED:
            continue
        for one in workspace.sentence_ranker.sentences(wording, evidence, readings):
            if one.answers < _SURE:
                break
            if any(
                document == by_label[one.label] and start < one.end and one.start < end
                for document, start, end in places
            ):
                return True
    return False


def _without_topic(question: str, thing: str) -> str:
    """Return a question without its topic: "Who is affected by export licences?", of whatever."""
    about = rf"\s*(?:\b(?:by|of|about|for|to|under|on|in|from)\s+)?{re.escape(thing)}"
    bare = re.sub(about, "", question, flags=re.IGNORECASE)
    return bare if len(bare.split()) > 1 else question


def nearest_lines(workspace: Workspace, state: MemoState, most: int) -> Iterator[Line]:
    """Yield up to `most` sentences that come closest to questions without an answer, quoted."""
    count = 0
    for task in state.near:
        asked = SectionQuestion(Question(task.question), task.question, 1, _CLOSEST_WORDS)
        for line in _engine_lines(workspace, ExtractiveEngine(), state, task, asked):
            if isinstance(line, Line):
                yield line
                count += 1
                break
        if count == most:
            return


@dataclass(frozen=True, slots=True)
class _SectionEvidence:
    """The task for a question, and whether lines of the memo answer it already.

    `near` has a task with the closest sentence where nothing answers. `unquoted` says that passages
    answer, but no sentence of them can be quoted alone.
    """

    task: Task
    already_said: bool = False
    near: tuple[Task, ...] = ()
    unquoted: bool = False


def _evidence_for(
    workspace: Workspace, state: MemoState, asked: SectionQuestion
) -> _SectionEvidence:
    """Return the evidence that answers a question and is on the topic.

    Its task is empty where the reader model judges that passages on the topic do not answer.
    """
    search = retrieve_and_read(workspace, [plan_of(workspace, asked.question)])
    plan = search.plan
    evidence = state.on_topic(search.evidence)
    if asked.leads:
        gone = validity_of(state.topic.thing, list(state.pool.values()), ()).documents
        kept = [one for one in evidence if one.passage.document not in gone]
        evidence = tuple(replace(one, label=label) for label, one in enumerate(kept, start=1))
    readings = workspace.sentence_ranker.readings(plan.text, evidence)
    zone = judge_answerability(readings, evidence).zone
    answering = {
        one.label
        for one, reading in zip(evidence, readings, strict=True)
        if judge_answerability([reading], [one]).zone is not Zone.ABSENT
    }
    by_label = {one.label: one for one in evidence}
    fitting = [
        one
        for one in workspace.sentence_ranker.sentences(plan.text, evidence, readings)
        if one.label in answering
        and _can_stand_alone(one, by_label[one.label])
        and state.topic.fits(
            one.text, by_label[one.label].source.title, by_label[one.label].passage.heading
        )
    ]
    task = Task(asked.question.text, evidence, (), form=plan.form)
    if zone is not Zone.ANSWERED:
        close = [one for one in fitting if one.answers >= _COMES_CLOSE][: zone is Zone.NEAR]
        near = tuple(replace(task, sentences=[one]) for one in close)
        return _SectionEvidence(replace(task, evidence=()), near=near)
    likely = [one for one in fitting if one.answers >= _LIKELY]
    if asked.leads:
        likely = _fit_to_lead(state.topic, likely, evidence)
    new = [one for one in likely if not state.repeats(one.stems)]
    order = _ordered(state, asked, new, evidence)
    return _SectionEvidence(
        replace(task, sentences=order), len(new) < len(likely), unquoted=not likely
    )


def _fit_to_lead(
    topic: Topic, found: list[RankedSentence], evidence: Sequence[Evidence]
) -> list[RankedSentence]:
    """Return the sentences that may lead a memo, those first that cover most of its topic.

    They answer with a high probability and name the topic. On a figure they must state one; on a
    rule, one that says what changed counts more and needs a lower probability.
    """
    by_label = {one.label: one for one in evidence}
    ranked = []
    for one in found:
        source, heading = by_label[one.label].source, by_label[one.label].passage.heading
        share = topic.share(one.text, heading)
        changes = topic.kind is Kind.RULE and TimedStatement(one.text, source.dated, "", "").changes
        least = _SURE if share < _NAMES_IT else _LIKELY if changes else _LEADS
        if one.answers < least or (topic.kind is Kind.FIGURE and not _states_it(topic, one.text)):
            continue
        ranked.append((one.answers * (0.5 + share) * (1 + changes), one))
    best = max((rank for rank, _ in ranked), default=0.0)
    kept = [pair for pair in ranked if pair[0] >= _NEAR_BEST * best]
    return [one for _, one in sorted(kept, key=lambda pair: -pair[0])]


def _states_it(topic: Topic, text: str) -> bool:
    """Say whether a sentence states a figure of its topic's kind: a sum of money for a cost."""
    if _MONEY_ASKED.search(topic.thing):
        return bool(_MONEY.search(text))
    return bool(figures(text))


def _ordered(
    state: MemoState,
    asked: SectionQuestion,
    found: list[RankedSentence],
    evidence: Sequence[Evidence],
) -> list[RankedSentence]:
    """Return sentences in the order of their use: outdated ones last, in a leading section never.

    Documents that were cited often are passed over where others are left: five filings of one
    company say the same.
    """
    by_label = {one.label: one for one in evidence}
    told = {
        (one.label, one.start): EvidenceSentence(
            one.text, one.start, one.end, by_label[one.label].passage, by_label[one.label].source
        )
        for one in found
    }
    pool = list(state.pool.values())
    validity = validity_of(state.topic.thing, pool, list(told.values()), as_of=asked.question.as_of)
    gone = {key for key, one in told.items() if validity.later(*one.key)}
    cited = Counter(one.document for one in state.answer.citations)
    current = [one for one in found if (one.label, one.start) not in gone]
    fresh = [
        one for one in current if cited[by_label[one.label].passage.document] < _SHARE
    ] or current
    return fresh if asked.leads else [*fresh, *(one for one in found if one not in current)]


def _can_stand_alone(read: RankedSentence, evidence: Evidence) -> bool:
    """Say whether a sentence is complete and can be understood alone.

    One that refers to the sentence before it can if both are quoted together.
    """
    if read.row or not stands_alone(read):
        return False
    text = quoted_text(read, evidence)[0]
    if len(text.split()) < _SHORTEST and text.isascii():
        return False
    if not names(text) and not quantities(text):
        return False
    if not _BEGINS.match(text) or _NEEDS_CONTEXT.match(text) or not _ENDS.search(text):
        return False
    return not _POINTS_ELSEWHERE.search(text)


def _engine_lines(
    workspace: Workspace, engine: Engine, state: MemoState, task: Task, asked: SectionQuestion
) -> Iterator[Line | Waiting]:
    """Yield the lines that an engine writes, as far as there is room; raises EngineError.

    Nothing without evidence for a model, or without a fitting sentence to quote.
    """
    if not isinstance(engine, ExtractiveEngine):
        if task.evidence:
            yield from drafted_lines(workspace, engine, state, task, asked, fact_or_judgment)
    elif task.sentences:
        yield from checked_lines(workspace, _quotations(task), state, task, asked, attributed_line)


def _quotations(task: Task) -> Generator[Piece, None, None]:
    """Yield the sentences of a task that answer nearly as well as the best, in their order.

    A section has room for more sentences than the extractive engine gives to one question.
    """
    by_label = {one.label: one for one in task.evidence}
    best = max((one.answers for one in task.sentences), default=0.0)
    for one in task.sentences:
        if one.answers >= _NEARLY * best:
            for text in quoted_text(one, by_label[one.label]):
                yield Draft(text, (one.label,))
