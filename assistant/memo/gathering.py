"""The lines of a memo's section: searched, written by the engine, checked and cited."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from assistant.answer import Answer, Claim, Question
from assistant.answerability import Zone, judged
from assistant.checking.names import names
from assistant.claims import drafts
from assistant.composing import Composer
from assistant.desk import Desk
from assistant.engine import Draft, Engine, Task, Waiting
from assistant.extractive import ExtractiveEngine
from assistant.memo.grades import STARTER
from assistant.memo.sentence import Sentence, sentences_of
from assistant.memo.speakers import attributed
from assistant.memo.topic import Topic
from assistant.memo.values import EVIDENCE, JUDGMENT, Line
from assistant.reading import Read
from assistant.rewriting import Candidate
from assistant.searching import Search, searched
from corpus.errors import EngineError
from corpus.quantities import quantities
from corpus.said import said
from index.evidence import Evidence

# A line reads on its own: a whole sentence that names something and does not begin with a word for
# something said before.
_BEGINS = re.compile(r"^[\"“'(]?[A-Z0-9$€£\u4e00-\u9fff]")
_LEANS = re.compile(
    r"^(?:It|They|He|She|This|These|That|Those|Its|Their|His|Her|Such|Both|But|However|And|Or|So|"
    r"Also|There|Then|Here|Figure|Fig\.|Table|Welcome|See|The former|The latter|In addition|"
    r"For example|As such|Regardless|Moreover|Furthermore|Nevertheless|Meanwhile|Instead|Thus|"
    r"Hence|Therefore|Similarly|Likewise|In contrast|By contrast|On the other hand|In practice|"
    r"What[’']s different|"
    # "The company", "The model’s": which one was said before, unless "of" or "that" tells it here.
    r"The (?:new |latest |same |two |three )?(?:company|companies|firm|lab|start-?up|developer|"
    r"model|models|assistant|agency|bureau|rule|order|paper|report|article|authors?|decision|move|"
    r"team|researchers|letter|bill|chip|chips|country|government|administration|charge|"
    r"instruction|arrangement|deal|payment|measures?|figures?|number|study|survey|exports?)"
    r"(?:[’']s?)?(?! (?:of|for|that|which|from|on|in|by|at|behind|called|named)\b|s? of\b))\b"
)
_ENDS = re.compile(r"[.!。！][\"”’)]*$")
_SHORTEST = 8
# A document that is cited this often gives way to others that fit.
_SHARE = 5
# Two sentences that share this much of their stems say the same: one section may have it.
_SAME = 0.6
_LIKELIHOOD = re.compile(
    r"\b(?:almost (?:no chance|certain)|(?:very |highly )?(?:un)?likely|roughly even|"
    r"(?:highly )?(?:im)?probabl[ey]|remote chance|realistic possibility|nearly certain)\b",
    re.IGNORECASE,
)


@dataclass
class Gathered:
    """What a memo has so far: its citations, what was said, all that was read, what was not found.

    `answer` carries the citations of the whole memo, so that numbers run through; `pool` is every
    passage found, by id; `said` the stems of each line.
    """

    answer: Answer
    topic: Topic
    pool: dict[str, Evidence] = field(default_factory=dict)
    said: list[frozenset[str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notice: str = ""

    def repeats(self, stems: frozenset[str]) -> bool:
        """Say whether a sentence with these stems says what a line says already.

        The words of the topic, which every line has, do not count.
        """
        own = stems - self.topic.weights.keys()
        for one in self.said:
            other = one - self.topic.weights.keys()
            if len(own & other) >= _SAME * max(1, min(len(own), len(other))):
                return True
        return False


def gathered_lines(
    desk: Desk, gathered: Gathered, question: Question, most: int, name: str
) -> Iterator[Line | Waiting]:
    """Yield up to `most` lines that answer one question of a section, each checked and cited.

    A question that the evidence does not answer is added to what is missing by its `name`. An
    engine that fails is named in the notice, and the evidence is quoted instead.
    """
    search = searched(desk, question, [Candidate(question.text)])
    for one in search.evidence:
        gathered.pool.setdefault(one.passage.id, one)
    readings = desk.reader.readings(search.question, search.evidence)
    answering = {
        one.label
        for one, reading in zip(search.evidence, readings, strict=True)
        if judged([reading], [one]).zone is not Zone.ABSENT
    }
    # Passages of a topic that the library does not hold may still answer something else.
    absent = search.judgement.zone is Zone.ABSENT
    found = [one for one in search.sentences if one.label in answering and not absent]
    fitting = _spread([one for one in found if _fits(one, gathered)], search, gathered)
    task = Task(question.text, search.evidence, fitting)
    count = 0
    try:
        for line in _written(desk, desk.engine, gathered, task):
            count += isinstance(line, Line)
            yield line
            if count == most:
                break
    except EngineError as error:
        gathered.notice = said("{reason}. Some sections quote the library instead.", reason=error)
        for line in _written(desk, ExtractiveEngine(), gathered, task):
            count += isinstance(line, Line)
            yield line
            if count == most:
                break
    if not count:
        gathered.missing.append(name)


def _spread(fitting: Sequence[Read], search: Search, gathered: Gathered) -> list[Read]:
    """Return the sentences without those of documents that had their share, if others are left.

    Five filings of one company say the same for pages: the memo would hold nothing else.
    """
    documents = {one.label: one.passage.document for one in search.evidence}
    cited = Counter(one.document for one in gathered.answer.citations)
    fresh = [one for one in fitting if cited[documents[one.label]] < _SHARE]
    return fresh or list(fitting)


def _fits(read: Read, gathered: Gathered) -> bool:
    """Say whether a sentence can stand in a memo: whole, on its own, and new."""
    text = read.text
    if read.row or (len(text.split()) < _SHORTEST and text.isascii()):
        return False
    if not names(text) and not quantities(text):
        return False
    if not _BEGINS.match(text) or _LEANS.match(text) or not _ENDS.search(text):
        return False
    return not gathered.repeats(read.stems)


def _written(
    desk: Desk, engine: Engine, gathered: Gathered, task: Task
) -> Iterator[Line | Waiting]:
    """Yield the lines that an engine writes; raises EngineError.

    The extractive engine has nothing to write without a fitting sentence.
    """
    extractive = isinstance(engine, ExtractiveEngine)
    if not task.evidence or (extractive and not task.sentences):
        return
    composer = Composer(desk.checker, task.evidence)
    reader = desk.reader
    with closing(engine.write(task)) as pieces:
        for one in drafts(pieces):
            if isinstance(one, Waiting):
                yield one
            if not isinstance(one, Draft):
                continue
            stems = reader.stems(one.text)
            if gathered.repeats(stems):
                continue
            known = len(gathered.answer.not_found)
            answer = composer.with_draft(replace(gathered.answer, claims=()), one)
            if len(answer.not_found) > known:
                gathered.missing.append(answer.not_found[-1])
            gathered.answer = answer
            if answer.claims:
                gathered.said.append(stems)
                yield _line(answer.claims[0], task, one.labels, extractive=extractive)


def _line(claim: Claim, task: Task, labels: Sequence[int], *, extractive: bool) -> Line:
    """Return a claim with who says it, as the passage it stands in tells."""
    if not extractive and _LIKELIHOOD.search(claim.text):
        return Line(claim, role=JUDGMENT)
    for evidence in task.evidence:
        if evidence.label not in labels:
            continue
        before: list[Sentence] = []
        for one in sentences_of([(evidence.passage, evidence.source)]):
            if claim.text in one.text or one.text in claim.text:
                said = attributed(one, before)
                # Our own articles retell; naming them in the text would tell nothing.
                speaker = said.speaker if said.speaker != STARTER else ""
                return Line(claim, speaker, said.kind, EVIDENCE)
            before.append(one)
    return Line(claim)
