"""Measuring a library against a file of questions: what is found, answered and declined."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from assistant.answer import Answer, Claim, Question
from assistant.pipeline import ask
from assistant.planning.query_plan import plan_of
from assistant.planning.query_rewriting import Turn, standalone
from assistant.retrieval.retrieve import retrieve
from assistant.workspace import Workspace
from corpus.errors import UsageError
from corpus.partial_dates import is_date
from corpus.validation import from_json_text, stored
from corpus.vocabulary import with_aliases
from index.evidence import Evidence

_DEPTH = 10
_ADVICE = "give a JSON object with q, and must or evidence as a list of texts"
# Kinds of questions that ask for one thing: one or two sentences should do.
FACT_KINDS = frozenset(
    ("date", "definition", "fact", "number", "table", "what", "when", "where", "who", "yesno")
)
# A quoted sentence with this share of the words of an evidence sentence says the same.
_SAME_SHARE = 0.7
# A part of an evidence sentence stands for it from this share of its words.
_PART_SHARE = 0.3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """One question of a file, with what a right passage contains and where it may stand.

    What is right is told by `must` (strings, any of them), or by `evidence` (the sentences that
    answer, word for word) and `short` (the words within them that answer). `first` are strings of
    which a right first sentence may hold one instead. `near` is a distracting sentence of a
    question that nothing answers.
    """

    id: str
    text: str
    kind: str
    must: tuple[str, ...]
    files: tuple[str, ...]
    history: tuple[Turn, ...]
    abstain: bool
    as_of: str = ""
    first: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    short: str = ""
    near: str = ""

    def may_stand_in(self, location: str) -> bool:
        """Say whether a document of this location is one in which a right passage may stand."""
        return not self.files or any(location.endswith(file) for file in self.files)


@dataclass(frozen=True, slots=True)
class _Turn:
    question: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a file of questions; other fields are ignored."""

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
    first: tuple[str, ...] | None = None
    evidence: tuple[str, ...] | None = None
    short: str | None = None
    near: str | None = None

    def __post_init__(self) -> None:
        if not (self.q or self.question):
            raise ValueError("it holds no question")
        if self.as_of and not is_date(self.as_of):
            raise ValueError("as_of is no date")


@dataclass(frozen=True, slots=True)
class Scored:
    """The result of one question: the rank of the first right passage (0: none in ten).

    `right` says that the answer holds the wanted words; `place` is the number of its first sentence
    that answers (0: none), `words` its length; `nearest` says whether a declined one shows the
    closest sentences. `number` is the calibrated chance that decided whether the library answers,
    None if nothing was judged.
    """

    asked: EvaluationQuestion
    rank: int
    outcome: str
    right: bool
    seconds: float
    place: int = 0
    words: int = 0
    nearest: bool = False
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of a set of questions, each a share in 0…1 (mrr: mean reciprocal rank at 10).

    Of the answerable: `hit_1` to `answered_right`, `first` and `first_3` (a right sentence is the
    first, is among the first three) and `declined_wrongly`. `declined` is of the unanswerable,
    `nearest` of all declined. `fact_words` is the median length of the answers to fact questions in
    words; of the seconds of an answer there are the mean, the median and the 95th percentile.
    """

    questions: int
    hit_1: float
    hit_5: float
    hit_10: float
    mrr: float
    answered: float
    answered_right: float
    declined: float
    seconds: float
    first: float = 0.0
    first_3: float = 0.0
    declined_wrongly: float = 0.0
    nearest: float = 0.0
    fact_words: float = 0.0
    seconds_median: float = 0.0
    seconds_p95: float = 0.0


def questions_from(file: Path) -> list[EvaluationQuestion]:
    """Return the questions of a JSON Lines file; raises UsageError naming the line that is wrong.

    A line has "q" (or "question"), "must" (strings that a right passage contains; white space and
    case folded), and may have "file" and "also_in" (where it may stand), "kind", "history",
    "abstain" (the library does not answer it), "as_of" (a date) and "id". A right first sentence
    contains one of "must" or, from a right file, of "first". In place of "must" stand "evidence"
    (the sentences that answer) and "short" (the words that answer); "near" is a sentence that
    tempts.
    """
    found = []
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
        found.append(
            EvaluationQuestion(
                id=str(row.id or number),
                text=row.q or row.question or "",
                kind=row.kind or "question",
                must=tuple(_folded(one) for one in row.must or ()),
                files=tuple(dict.fromkeys(_flattened([row.file, row.also_in]))),
                history=tuple(
                    Turn(one.question, one.answer or "") if isinstance(one, _Turn) else Turn(one)
                    for one in row.history or ()
                ),
                abstain=bool(row.abstain),
                as_of=row.as_of or "",
                first=tuple(_folded(one) for one in row.first or ()),
                evidence=tuple(row.evidence or ()),
                short=row.short or "",
                near=row.near or "",
            )
        )
    if not found:
        raise UsageError(f"{file} holds no questions")
    return found


@with_aliases
def evaluate(workspace: Workspace, questions: Sequence[EvaluationQuestion]) -> Iterator[Scored]:
    """Search and answer each question as a user would, and yield its result."""
    for one in questions:
        text = standalone(one.text, one.history)
        plan = plan_of(workspace, Question(text, as_of=one.as_of, limit=_DEPTH))
        found = retrieve(workspace, plan)
        *_, answer = ask(workspace, Question(one.text, one.history, as_of=one.as_of))
        yield scored(one, found, answer)


def scored(question: EvaluationQuestion, found: Sequence[Evidence], answer: Answer) -> Scored:
    """Return the result of a question by the passages found and the answer."""
    answering = (
        first_answering
        for first_answering, one in enumerate(answer.claims, start=1)
        if _claim_answers(question, answer, one)
    )
    first_answering = next(answering, 0)
    return Scored(
        asked=question,
        rank=next((item.label for item in found if is_right_passage(question, item)), 0),
        outcome=answer.outcome,
        right=first_answering > 0 or _has_wanted_words(question, answer),
        seconds=answer.seconds["total"],
        place=first_answering,
        words=len(answer.spoken.split()),
        nearest=answer.outcome == "declined" and bool(answer.nearest),
        number=answer.chance,
    )


def is_right_passage(question: EvaluationQuestion, evidence: Evidence) -> bool:
    """Say whether a passage has the wanted words or evidence, and is in one of the right files."""
    if not question.may_stand_in(evidence.source.location):
        return False
    text = _folded(evidence.passage.text)
    return any(string in text for string in question.must) or any(
        _passage_has_evidence(sentence, text) for sentence in question.evidence
    )


def is_evidence(question: EvaluationQuestion, text: str) -> bool:
    """Say whether a sentence is one that answers: it holds what is wanted, or is evidence."""
    folded = _folded(text)
    short = (_folded(question.short),) if question.short else ()
    if any(string in folded for string in question.must):
        return True
    if any(_has_words(string, folded) for string in (*question.first, *short)):
        return True
    return any(_matches_evidence(folded, sentence) for sentence in question.evidence)


def metrics(scored: Sequence[Scored]) -> Metrics:
    """Return the metrics of scored questions; shares over none are 0."""
    answerable = [one for one in scored if not one.asked.abstain]
    unanswerable = [one for one in scored if one.asked.abstain]
    answered = [one for one in answerable if one.outcome in {"answered", "partly"}]
    declined = [one for one in scored if one.outcome == "declined"]
    seconds = sorted(one.seconds for one in scored)
    lengths = [one.words for one in answered if one.asked.kind in FACT_KINDS]

    def share(hits: Sequence[bool]) -> float:
        return sum(hits) / len(hits) if hits else 0.0

    return Metrics(
        questions=len(scored),
        hit_1=share([one.rank == 1 for one in answerable]),
        hit_5=share([0 < one.rank <= 5 for one in answerable]),
        hit_10=share([0 < one.rank <= 10 for one in answerable]),
        mrr=sum(1 / one.rank for one in answerable if one.rank) / max(1, len(answerable)),
        answered=len(answered) / max(1, len(answerable)),
        answered_right=share([one.right for one in answerable]),
        declined=share([one.outcome == "declined" for one in unanswerable]),
        seconds=sum(seconds) / max(1, len(seconds)),
        first=share([one.place == 1 for one in answerable]),
        first_3=share([0 < one.place <= 3 for one in answerable]),
        declined_wrongly=share([one.outcome == "declined" for one in answerable]),
        nearest=share([one.nearest for one in declined]),
        fact_words=median(lengths) if lengths else 0.0,
        seconds_median=median(seconds) if seconds else 0.0,
        seconds_p95=seconds[math.ceil(0.95 * len(seconds)) - 1] if seconds else 0.0,
    )


def by_kind(scored: Sequence[Scored]) -> dict[str, Metrics]:
    """Return the metrics of each kind of question, in alphabetical order."""
    kinds = sorted({one.asked.kind for one in scored})
    return {kind: metrics([one for one in scored if one.asked.kind == kind]) for kind in kinds}


def _has_wanted_words(question: EvaluationQuestion, answer: Answer) -> bool:
    """Say whether the answer's own words, or a sentence it quotes, hold a wanted string."""
    shown_text = _folded(" ".join([answer.text, *(one.quote for one in answer.citations)]))
    return bool(answer.claims) and any(string in shown_text for string in question.must)


def _claim_answers(question: EvaluationQuestion, answer: Answer, claim: Claim) -> bool:
    """Say whether a sentence of an answer, or what it quotes, is one that answers."""
    numbers = {*claim.citations, *claim.offered}
    cited = [one for one in answer.citations if one.number in numbers]
    texts = [_folded(claim.text), *(_folded(one.quote) for one in cited)]
    short = (_folded(question.short),) if question.short else ()
    if any(string in text for string in question.must for text in texts):
        return True
    if any(question.may_stand_in(one.source.location) for one in cited) and any(
        _has_words(string, text) for string in (*question.first, *short) for text in texts
    ):
        return True
    return any(
        _matches_evidence(text, sentence) for sentence in question.evidence for text in texts
    )


def _has_words(words: str, text: str) -> bool:
    """Say whether a text has some words, and not only within longer words or figures."""
    return bool(re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(words)}(?!\w|[.,]\d)", text))


def _words(text: str) -> list[str]:
    """Return the words of a text, case folded; punctuation and bars between cells are none."""
    return _WORD.findall(text.casefold())


def _matches_evidence(text: str, sentence: str) -> bool:
    """Say whether a quoted text is an evidence sentence, a good part of it, or holds it."""
    quoted, wanted = _words(text), _words(sentence)
    if not quoted or not wanted:
        return False
    if _contiguous(wanted, quoted) or (
        len(quoted) >= _PART_SHARE * len(wanted) and _contiguous(quoted, wanted)
    ):
        return True
    return len(set(quoted) & set(wanted)) >= _SAME_SHARE * len(set(wanted))


def _passage_has_evidence(sentence: str, passage: str) -> bool:
    """Say whether a passage holds an evidence sentence, or the half of one that it was cut in."""
    wanted, words = _words(sentence), _words(passage)
    half = math.ceil(len(wanted) / 2)
    return bool(wanted) and any(
        _contiguous(wanted[start : start + half], words) for start in range(len(wanted) - half + 1)
    )


def _contiguous(words: Sequence[str], within: Sequence[str]) -> bool:
    """Say whether words stand in this order within others, with nothing between."""
    return f" {' '.join(words)} " in f" {' '.join(within)} "


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold().strip()


def _flattened(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _flattened(one)
