"""Measuring a library against a file of questions: what is found, answered and declined."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.answer import Answer, Question
from assistant.answering import ask
from assistant.desk import Desk
from assistant.followup import Exchange, standalone
from assistant.searching import found_for
from corpus.errors import UsageError
from corpus.partial_dates import is_date
from corpus.validation import from_json_text, stored
from corpus.vocabulary import with_aliases
from index.bounds import Bounds
from index.evidence import Evidence

_DEPTH = 10
_ADVICE = "give a JSON object with q, and must as a list of texts"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a file, with what a right passage contains and where it may stand."""

    id: str
    text: str
    kind: str
    must: tuple[str, ...]
    files: tuple[str, ...]
    history: tuple[Exchange, ...]
    abstain: bool
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class _Turn:
    question: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a file of questions; what else stands there is the business of who wrote it."""

    q: str | None = None
    question: str | None = None
    must: tuple[str, ...] | None = None
    id: int | str | None = None
    kind: str | None = None
    file: Any = None
    also_in: Any = None
    history: tuple[str | _Turn, ...] | None = None
    abstain: bool | None = None
    as_of: str | None = None

    def __post_init__(self) -> None:
        if not (self.q or self.question):
            raise ValueError("it holds no question")
        if self.as_of and not is_date(self.as_of):
            raise ValueError("as_of is no date")


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of one question: the rank of the first right passage (0 is none in ten)."""

    asked: Asked
    rank: int
    outcome: str
    right: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a set of questions, each a share in 0…1 (mrr: mean reciprocal rank at 10)."""

    questions: int
    hit_1: float
    hit_5: float
    hit_10: float
    mrr: float
    answered: float
    answered_right: float
    declined: float
    seconds: float


def questions_from(file: Path) -> list[Asked]:
    """Return the questions of a JSON Lines file; raises UsageError naming the line that is wrong.

    A line has "q" (or "question"), "must" (strings that a right passage contains; white space and
    case folded), and may have "file" and "also_in" (where it may stand), "kind", "history",
    "abstain" (the library does not answer it), "as_of" (a date) and "id".
    """
    asked = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file} ({error})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name = f"{file}, line {number}"
        values = from_json_text(line, name, advice=_ADVICE)
        row = stored(_Row, values, name, newest=1, advice=_ADVICE)
        asked.append(
            Asked(
                id=str(row.id or number),
                text=row.q or row.question or "",
                kind=row.kind or "question",
                must=tuple(_folded(one) for one in row.must or ()),
                files=tuple(dict.fromkeys(_flat([row.file, row.also_in]))),
                history=tuple(
                    Exchange(one.question, one.answer or "")
                    if isinstance(one, _Turn)
                    else Exchange(one)
                    for one in row.history or ()
                ),
                abstain=bool(row.abstain),
                as_of=row.as_of or "",
            )
        )
    if not asked:
        raise UsageError(f"{file} holds no questions")
    return asked


@with_aliases
def evaluate(desk: Desk, asked: Sequence[Asked]) -> Iterator[Scored]:
    """Search and answer each question as a user would, and yield what became of it."""
    for one in asked:
        text = standalone(one.text, one.history)
        found = found_for(desk, text, _DEPTH, Bounds(until=one.as_of))
        rank = next((item.label for item in found if right(one, item)), 0)
        *_, answer = ask(desk, Question(one.text, one.history, as_of=one.as_of))
        yield Scored(one, rank, answer.outcome, _contains(one, answer), answer.seconds["total"])


def right(asked: Asked, evidence: Evidence) -> bool:
    """Say whether a passage is a right one: it holds a wanted string, in a file that may."""
    named = any(evidence.source.location.endswith(file) for file in asked.files)
    text = _folded(evidence.passage.text)
    return (named or not asked.files) and any(string in text for string in asked.must)


def figures(scored: Sequence[Scored]) -> Figures:
    """Return the figures of scored questions; shares over none are 0."""
    open_ones = [one for one in scored if not one.asked.abstain]
    closed = [one for one in scored if one.asked.abstain]

    def share(hits: Sequence[bool]) -> float:
        return sum(hits) / len(hits) if hits else 0.0

    return Figures(
        questions=len(scored),
        hit_1=share([one.rank == 1 for one in open_ones]),
        hit_5=share([0 < one.rank <= 5 for one in open_ones]),
        hit_10=share([0 < one.rank <= 10 for one in open_ones]),
        mrr=sum(1 / one.rank for one in open_ones if one.rank) / max(1, len(open_ones)),
        answered=share([one.outcome in {"answered", "partly"} for one in open_ones]),
        answered_right=share([one.right for one in open_ones]),
        declined=share([one.outcome == "declined" for one in closed]),
        seconds=sum(one.seconds for one in scored) / max(1, len(scored)),
    )


def by_kind(scored: Sequence[Scored]) -> dict[str, Figures]:
    """Return the figures of each kind of question, in alphabetical order."""
    kinds = sorted({one.asked.kind for one in scored})
    return {kind: figures([one for one in scored if one.asked.kind == kind]) for kind in kinds}


def _contains(asked: Asked, answer: Answer) -> bool:
    """Say whether the answer's own words, or a sentence it quotes, hold a wanted string."""
    said = _folded(" ".join([answer.text, *(one.quote for one in answer.citations)]))
    return bool(answer.claims) and any(string in said for string in asked.must)


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold().strip()


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _flat(one)
