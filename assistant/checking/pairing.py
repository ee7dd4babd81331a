"""Which fact goes with which words: a number or name that the source gives with other words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.checking.comparing import compared
from assistant.checking.names import Name, Vocabulary, names
from assistant.checking.problems import Code, Problem, problem
from corpus.moments import Moment, moments, supported
from corpus.quantities import Quantity, quantities

_CLAUSE = re.compile(
    r"[,;:()|\n]\s|\.\s|\b(?:while|whereas|but|and|which|who|against|versus|compared with)\b"
)
_PERSON = r"[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*"
_AGE = re.compile(
    rf"(?P<years>\d{{1,3}})[- ]year[- ]old (?P<after>{_PERSON})|"
    rf"(?P<before>{_PERSON}),? (?:aged )?(?P<age>\d{{1,3}})(?=[,.)])"
)
# Another fact must share this much more of the clause's words before it counts as the right one.
_BETTER = 0.34
# Where the claim's own fact stands with none of the clause's words, another needs this share.
_ALONE = 0.66
_LEAST = 2

Stems = Callable[[str], frozenset[str]]
Fact = Moment | Name | Quantity


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause with its facts and the stems of its other words."""

    facts: tuple[Fact, ...]
    words: frozenset[str]


def mispaired(claim: str, source: str, stems: Stems) -> Iterator[Problem]:
    """Yield the facts of `claim` whose clause, in `source`, has another fact of the same kind.

    "A paid 5 and B paid 7" against "A paid 7 and B paid 5": each fact is there, with other words.
    """
    yield from _other_ages(claim, source)
    given = list(_clauses(source, stems))
    for clause in _clauses(claim, stems):
        if len(clause.words) < _LEAST:
            continue
        for fact in clause.facts:
            if other := _better(fact, clause, given):
                yield problem(Code.MISPAIRED, other, fact.text)


def _other_ages(claim: str, source: str) -> Iterator[Problem]:
    """Yield the ages that the source gives to other people: "Ann Lee, 31" of "24-year-old Ann"."""
    given = _ages(source)
    for name, age in _ages(claim).items():
        if name in given and given[name] != age:
            yield problem(Code.AGE_DIFFERS, name, given[name], age)


def _ages(text: str) -> dict[str, str]:
    found = {}
    for match in _AGE.finditer(text):
        name = (match["after"] or match["before"]).split()[-1]
        found[name] = match["years"] or match["age"]
    return found


def _better(fact: Fact, clause: _Clause, given: Sequence[_Clause]) -> str:
    """Return the fact of `given` that fits a clause clearly better than its own, or ""."""
    own, best = 0.0, 0.0
    other: Fact | None = None
    for one in given:
        alike = [held for held in one.facts if type(held) is type(fact)]
        share = len(one.words & clause.words) / len(clause.words)
        if any(_same(fact, held) for held in alike):
            own = max(own, share)
        elif alike and share > best:
            best, other = share, alike[0]
    if other is None or any(_same(other, held) for held in clause.facts):
        return ""
    if not own and isinstance(fact, Name):
        return ""
    return other.text if best >= (own + _BETTER if own else _ALONE) else ""


def _same(one: Fact, other: Fact) -> bool:
    """Say whether two facts are of one kind and one of them says what the other says."""
    if isinstance(one, Name) and isinstance(other, Name):
        return Vocabulary(other.text).holds(one.text) or Vocabulary(one.text).holds(other.text)
    if isinstance(one, Moment) and isinstance(other, Moment):
        return supported(one, [other]) or supported(other, [one])
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return not compared(one, [other])
    return False


def _clauses(text: str, stems: Stems) -> Iterator[_Clause]:
    start = 0
    for match in [*_CLAUSE.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[start:end]
        start = match.end() if match else end
        if piece.strip():
            yield _clause(piece, stems)


def _clause(piece: str, stems: Stems) -> _Clause:
    dated = moments(piece)
    used = [(one.start, one.end) for one in dated]
    numbers = quantities(piece, used)
    used += [(one.start, one.end) for one in numbers]
    called = names(piece, used)
    used += [(one.start, one.end) for one in called]
    plain = piece
    for start, end in used:
        plain = plain[:start] + " " * (end - start) + plain[end:]
    return _Clause((*dated, *called, *numbers), stems(plain))
