"""Which fact goes with which words: a number or name that the source gives with other words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.checking.comparing import problem
from assistant.checking.moments import moments, supported
from assistant.checking.names import Vocabulary, names
from assistant.checking.quantities import quantities

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


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause with its facts by kind ("number", "date", "name") and its other words' stems."""

    facts: dict[str, list[str]]
    words: frozenset[str]


def mispaired(claim: str, source: str, stems: Stems) -> Iterator[str]:
    """Yield the facts of `claim` whose clause, in `source`, has another fact of the same kind.

    "A paid 5 and B paid 7" against "A paid 7 and B paid 5": each fact is there, with other words.
    """
    yield from _other_ages(claim, source)
    given = list(_clauses(source, stems))
    for clause in _clauses(claim, stems):
        if len(clause.words) < _LEAST:
            continue
        for kind, facts in clause.facts.items():
            for fact in facts:
                if other := _better(kind, fact, clause, given):
                    yield f"the cited passage has {other} with these words, not {fact}"


def _other_ages(claim: str, source: str) -> Iterator[str]:
    """Yield the ages that the source gives to other people: "Ann Lee, 31" of "24-year-old Ann"."""
    given = _ages(source)
    for name, age in _ages(claim).items():
        if name in given and given[name] != age:
            yield f"{name} is {given[name]} in the cited passage, not {age}"


def _ages(text: str) -> dict[str, str]:
    found = {}
    for match in _AGE.finditer(text):
        name = (match["after"] or match["before"]).split()[-1]
        found[name] = match["years"] or match["age"]
    return found


def _better(kind: str, fact: str, clause: _Clause, given: Sequence[_Clause]) -> str:
    """Return the fact of `given` that fits a clause clearly better than its own, or ""."""
    own, best, other = 0.0, 0.0, ""
    for one in given:
        share = len(one.words & clause.words) / len(clause.words)
        if any(_same(kind, fact, held) for held in one.facts[kind]):
            own = max(own, share)
        elif one.facts[kind] and share > best:
            best, other = share, one.facts[kind][0]
    known = any(_same(kind, other, held) for held in clause.facts[kind])
    if not own and kind == "name":
        return ""
    enough = own + _BETTER if own else _ALONE
    return other if best >= enough and not known else ""


def _same(kind: str, fact: str, held: str) -> bool:
    if kind == "name":
        return Vocabulary(held).holds(fact) or Vocabulary(fact).holds(held)
    if kind == "date":
        ours, theirs = moments(fact), moments(held)
        return any(supported(one, theirs) or supported(two, ours) for one in ours for two in theirs)
    said, given = quantities(fact), quantities(held)
    return bool(said) and bool(given) and not problem(said[0], given)


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
    facts = {
        "date": [one.text for one in dated],
        "name": [one.text for one in called],
        "number": [one.text for one in numbers],
    }
    return _Clause(facts, stems(plain))
