"""Questions that could be asked next: made of what was found, and tried before they are offered."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Answer, Question
from assistant.extractive_engine import stands_alone
from assistant.planning.follow_ups_chinese import is_chinese
from assistant.planning.query_plan import plan_of
from assistant.planning.subject import topic_of
from assistant.question_making import MadeQuestion, question_of_heading, questions_of
from assistant.retrieval.answerability import judge_answerability
from assistant.workspace import Workspace
from corpus.errors import BriefingError
from corpus.vocabulary import with_aliases
from index.evidence import Evidence
from index.keyword_index import stems

_MOST = 3
# A question is read with its own passage first (0.015 s), then searched for in that document.
_MOST_READ, _MOST_SEARCHED = 14, 7
_PASSAGES = 4
# Seconds after which no further question is tried.
_LONGEST = 1.5
# The chances of an answer from which a question is offered: of its passage, and of the search.
_READ_CHANCE, _LEAST_CHANCE = 0.3, 0.5
# Passages of the document that the answer leads with, beside those that were found.
_MORE_PASSAGES = 12
# A question that shares so much of its words with another asks the same.
_SAME_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A question that a sentence of a passage answers."""

    made: MadeQuestion
    evidence: Evidence
    chance: float = 0.0


def with_follow_ups(workspace: Workspace, answer: Answer) -> Answer:
    """Return a finished answer with up to three questions that could be asked next."""
    return replace(answer, follow_ups=follow_up_questions(workspace, answer))


@with_aliases
def follow_up_questions(workspace: Workspace, answer: Answer) -> tuple[str, ...]:
    """Return up to three questions that the library answers, on what was found for a question.

    They are of several kinds where possible, in the language of the question, and ask neither what
    was asked nor what the answer says already. None if they cannot be searched for.
    """
    started = time.perf_counter()
    read: list[_Candidate] = []
    try:
        for one in _candidates(workspace, answer):
            if len(read) == _MOST_READ or time.perf_counter() - started > _LONGEST / 2:
                break
            chance = workspace.sentence_ranker.readings(one.made.text, [one.evidence])[0].answers
            if chance >= _READ_CHANCE:
                read.append(replace(one, chance=chance))
        found: list[_Candidate] = []
        for tries, one in enumerate(_varied(read)):
            late = time.perf_counter() - started > _LONGEST
            if len(found) == _MOST or tries == _MOST_SEARCHED or late:
                break
            others = [answer.question, answer.standalone, *(it.made.text for it in found)]
            if not any(_ask_the_same(one.made.text, it) for it in others) and is_answered(
                workspace, one.made.text, one.evidence.passage.document
            ):
                found.append(one)
    except BriefingError:
        return ()
    return tuple(one.made.text for one in found)


def is_answered(workspace: Workspace, question: str, document: str) -> bool:
    """Say whether a document answers a question in a sentence that can be quoted.

    Raises what `Retriever.search` raises, and ReaderError.
    """
    plan = plan_of(workspace, Question(question, documents=(document,), limit=_PASSAGES))
    evidence = workspace.retriever.search(plan.query, limit=_PASSAGES, filters=plan.filters)
    if not evidence:
        return False
    readings = workspace.sentence_ranker.readings(plan.text, evidence)
    ranked = workspace.sentence_ranker.sentences(plan.text, evidence, readings)
    chance = judge_answerability(readings, evidence).chance
    return chance >= _LEAST_CHANCE and bool(ranked) and stands_alone(ranked[0])


def _candidates(workspace: Workspace, answer: Answer) -> Iterator[_Candidate]:
    """Yield the questions that the sentences found make, those of cited documents first."""
    question = answer.standalone or answer.question
    language = "zh" if is_chinese(question) else "en"
    topic = topic_of(question).rstrip("…")
    cited = {one.document for one in answer.citations}
    told = [one.text for one in answer.claims] + [one.text for one in answer.later]
    said = {" ".join(text.split()) for text in told}
    seen: set[str] = set()
    found = sorted(answer.evidence, key=lambda it: it.passage.document not in cited)
    for one in (*found, *_more(workspace, answer)):
        for made in _made(one, topic, said, language):
            if made.text not in seen:
                seen.add(made.text)
                yield _Candidate(made, one)


def _more(workspace: Workspace, answer: Answer) -> Iterator[Evidence]:
    """Yield further passages of the first document cited."""
    if not answer.citations:
        return
    first = answer.citations[0]
    known = {one.passage.id for one in answer.evidence}
    passages = workspace.library.passages_of(first.document)
    for one in [it for it in passages if it.id not in known][:_MORE_PASSAGES]:
        yield Evidence(0, one, first.source, 0.0, "")


def _made(one: Evidence, topic: str, said: set[str], language: str) -> Iterator[MadeQuestion]:
    passage = one.passage
    heading = passage.heading.rpartition(" › ")[2]
    if is_chinese(heading) == (language == "zh") and (
        made := question_of_heading(
            heading, topic if language == "en" and _mentions(one, "", topic) else ""
        )
    ):
        yield made
    for start, end in passage.parts():
        text = " ".join(passage.text[start:end].split())
        if text not in said and not passage.is_row(passage.start + start):
            about = topic if _mentions(one, text, topic) else ""
            yield from questions_of(text, about, language=language)


def _mentions(one: Evidence, sentence: str, topic: str) -> bool:
    """Say whether a sentence is about a topic: by its words, its heading or its title."""
    words = frozenset(stems(topic))
    text = f"{one.source.title} {one.passage.heading} {sentence}"
    return bool(words) and words <= frozenset(stems(text))


def _varied(read: Sequence[_Candidate]) -> list[_Candidate]:
    """Return candidates, one of each kind in turn, the most certain of each kind first."""
    by_kind: dict[str, list[_Candidate]] = {}
    for one in sorted(read, key=lambda it: -it.chance):
        by_kind.setdefault(one.made.kind, []).append(one)
    ranked = [(rank, one) for kind in by_kind.values() for rank, one in enumerate(kind)]
    return [one for _, one in sorted(ranked, key=lambda it: (it[0], -it[1].chance))]


def _ask_the_same(one: str, other: str) -> bool:
    words, others = frozenset(stems(one)), frozenset(stems(other))
    most = max(len(words), len(others))
    return bool(words) and len(words & others) >= _SAME_SHARE * most
