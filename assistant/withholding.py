"""Withholding what an earlier answer says of documents that its reader may no longer read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from assistant.answer import Answer, Citation, Claim
from assistant.answer_storage import from_json, to_json
from corpus.conversations import StoredTurn
from corpus.errors import FormatError
from corpus.i18n import joined, tr
from corpus.library import Library
from index.evidence import Newer


def readable_answer(library: Library, answer: Answer) -> Answer:
    """Return a stored answer without what rests on documents that may not be read any more.

    A sentence that cites nothing is left out as well where one of the sources is: a model may have
    it from there.
    """
    sources = {one.document for one in answer.citations}
    sources |= {one.passage.document for one in answer.evidence}
    hidden = {one for one in sources if not library.may_read(one)}
    citations = tuple(without_hidden_versions(library, one) for one in answer.citations)
    evidence = tuple(replace(one, newer=_readable_newer(library, one.newer))
                     for one in answer.evidence)  # fmt: skip
    if not hidden:
        return replace(answer, citations=citations, evidence=evidence)
    numbers = {one.number for one in citations if one.document not in hidden}
    kept = tuple(one for one in answer.claims if _rests_on(one, numbers))
    gone = len(answer.claims) - len(kept)
    notice = tr(
        "{count} sentences of this answer rest on documents that you may not read any more, and "
        "are withheld.",
        count=gone,
    )
    return replace(
        answer,
        outcome=answer.outcome if kept or not answer.claims else "declined",
        claims=kept,
        citations=tuple(one for one in citations if one.number in numbers),
        evidence=tuple(one for one in evidence if one.passage.document not in hidden),
        nearest=tuple(one for one in answer.nearest if _rests_on(one, numbers)),
        quoted=tuple(one for one in answer.quoted if _rests_on(one, numbers)),
        later=tuple(one for one in answer.later if one.citation in numbers),
        leading=sum(_rests_on(one, numbers) for one in answer.claims[: answer.leading]),
        usage=answer.usage and replace(answer.usage, prompt=""),
        calculation="" if gone else answer.calculation,
        follow_ups=(),
        notice=joined("\n", (answer.notice, notice)) if gone else answer.notice,
    )


def readable_turns(library: Library, turns: Iterable[StoredTurn]) -> list[StoredTurn]:
    """Return stored turns as whoever asks may read them; an answer that cannot be read stays."""
    if library.readable is None:
        return list(turns)
    return [_readable_turn(library, one) if one.answer else one for one in turns]


def _readable_turn(library: Library, turn: StoredTurn) -> StoredTurn:
    try:
        answer = from_json(turn.answer)
    except FormatError:
        # Whoever shows it says so.
        return turn
    return replace(turn, answer=to_json(readable_answer(library, answer)))


def _rests_on(claim: Claim, numbers: set[int]) -> bool:
    """Say whether a sentence rests on these citations alone."""
    cited = {*claim.citations, *claim.offered}
    return bool(cited) and cited <= numbers


def without_hidden_versions(library: Library, citation: Citation) -> Citation:
    """Return a citation that names no later version which may not be read."""
    return replace(citation, newer=_readable_newer(library, citation.newer))


def _readable_newer(library: Library, newer: Newer | None) -> Newer | None:
    return newer if newer is None or library.may_read(newer.document) else None


__all__ = ["readable_answer", "readable_turns", "without_hidden_versions"]
