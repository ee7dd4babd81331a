"""Query rewriting: the standalone texts that a follow-up may mean, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assistant.planning import follow_ups_chinese as chinese
from assistant.planning import follow_ups_english
from assistant.planning.answer_length import without_length_request
from assistant.planning.follow_ups_english import RewriteCandidate
from assistant.planning.phrases import capitalised_phrases

# If no rewrite is answered, a less likely one must beat the best chance by this much (by hand).
MARGIN = 0.1
_Guess = TypeVar("_Guess")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a conversation and the sentences of its answer, without markers.

    `whole` is the question as it was searched for, where that is known and is not as asked.
    """

    question: str
    answer: str = ""
    whole: str = ""


def turns_from_json(values: Sequence[Any]) -> tuple[Turn, ...]:
    """Return turns from JSON: questions, or objects {"question": …, "answer": …}.

    Raises KeyError for an object without a question.
    """
    return tuple(
        Turn(str(one["question"]), str(one.get("answer") or ""), str(one.get("standalone") or ""))
        if isinstance(one, dict)
        else Turn(str(one))
        for one in values
    )


def candidates(question: str, history: Sequence[Turn]) -> list[RewriteCandidate]:
    """Return the texts in which `question` may be searched for, the most plausible first.

    There is at least one, and at most four. A question that plainly stands alone is the only one,
    so that it costs nothing more than it does without a conversation.
    """
    context = _context(history)
    return _candidates(
        " ".join(question.split()), context.previous, context.earlier_names, context.answer
    )


def last_standalone(history: Sequence[Turn]) -> str:
    """Return the last question of a conversation so that it stands alone; "" if there is none."""
    return _context(history).previous


def put_for_it(history: Sequence[Turn]) -> str:
    """Return what is put in for the "it" of a next question; "" where nothing is."""
    context = _context(history)
    if chinese.is_chinese(context.previous):
        return chinese.subject_of(context.previous)
    return follow_ups_english.put_for_it(context.previous, context.earlier_names)


@dataclass(frozen=True, slots=True)
class _Context:
    """What a question may lean on: the question before it, spelt out, earlier names, an answer."""

    previous: str = ""
    earlier_names: tuple[str, ...] = ()
    answer: str = ""


def _context(history: Sequence[Turn]) -> _Context:
    """Return the context after some turns; one that only asks for a length changes the answer."""
    context = _Context()
    for turn in history:
        asked, _ = without_length_request(turn.question)
        previous = turn.whole or context.previous
        if asked and not turn.whole:
            found = _candidates(asked, context.previous, context.earlier_names, context.answer)
            previous = found[0].text
        new_names = [one.text for one in reversed(capitalised_phrases(previous))]
        earlier = (one for one in context.earlier_names if one not in new_names)
        context = _Context(previous, (*new_names, *earlier), turn.answer)
    return context


def _candidates(
    question: str, previous: str, earlier_names: Sequence[str], answer: str
) -> list[RewriteCandidate]:
    if not previous:
        return [RewriteCandidate(question)]
    if chinese.is_chinese(question):
        rewrites = chinese.rewrites_of(question, previous)
    else:
        rewrites = follow_ups_english.rewrites_of(question, previous, earlier_names, answer)
    kept: dict[str, RewriteCandidate] = {}
    for one in rewrites:
        kept.setdefault(one.text.lower(), one)
    return list(kept.values())[:4]


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the most plausible candidate, for use without evidence to judge by."""
    return candidates(question, history)[0].text


def needs_context(text: str) -> bool:
    """Say whether the form of a question or sentence shows that it needs the context before it."""
    return (
        chinese.needs_context(text)
        if chinese.is_chinese(text)
        else follow_ups_english.needs_context(text)
    )


def best_candidate(
    guesses: Sequence[_Guess],
    find: Callable[[_Guess], _Found],
    chance: Callable[[_Found], float],
    enough: float,
) -> _Found:
    """Return what `find` finds for the first guess that is answered; the likeliest guess is first.

    `chance` gives in 0…1 the chance that a finding answers; from `enough` on it does, and no other
    guess is searched for. If none does, the best finding is returned; that of a less likely guess
    must be better by MARGIN. So a change of topic is noticed: nothing answers the rewrites that
    keep the old one. That the question as asked is answered proves little: "rental cost?" is
    answered by the cost of anything.
    """
    found = find(guesses[0])
    for one in guesses[1:]:
        if chance(found) >= enough:
            break
        other = find(one)
        if chance(other) >= enough or chance(other) > chance(found) + MARGIN:
            found = other
    return found
