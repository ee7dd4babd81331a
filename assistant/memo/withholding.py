"""A person's memos: lines that rest on documents which they may no longer read are withheld."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from assistant.answer import Claim
from assistant.memo.memo_json import to_json
from assistant.memo.memo_repository import MemoRepository
from assistant.memo.values import GAP, NOTE, Line, Memo, Section
from assistant.withholding import without_hidden_versions
from corpus.errors import UsageError
from corpus.i18n import joined, tr
from corpus.library import Library


class OwnMemos(MemoRepository):
    """The memos of one person, as far as the documents that they cite may be read."""

    def __init__(self, whole: Library, owner: str, library: Library) -> None:
        """`whole` keeps the memos; `library` is bounded to what the owner may read."""
        super().__init__(whole, owner)
        self._library = library

    def load(self, name: str) -> Memo:
        """Return a memo with its withheld lines left out; see `MemoRepository.load`."""
        return readable_memo(self._library, super().load(name))

    def save(self, memo: Memo, name: str) -> None:
        """Write a memo; raises UsageError for one of which lines are withheld: they would go."""
        try:
            stored = super().load(name)
        except UsageError:
            # It is new, or nobody can read it.
            stored = None
        if stored is not None:
            self._require_whole(stored)
        super().save(memo, name)

    def change(self, name: str, before: Memo, now: Memo) -> Memo:
        """Replace a memo; raises UsageError for one of which lines are withheld."""
        stored = super().load(name)
        self._require_whole(stored)
        # What is shown of it names no later version that may not be read; what is stored may.
        if to_json(before) == to_json(readable_memo(self._library, stored)):
            before = stored
        present = super().change(name, before, now)
        return now if present is now else readable_memo(self._library, present)

    def _require_whole(self, stored: Memo) -> None:
        if hidden_documents(self._library, stored):
            raise UsageError(
                tr(
                    "this memo rests on documents that you may not read any more: it can be read, "
                    "not changed; have it written anew"
                )
            )


def hidden_documents(library: Library, memo: Memo) -> set[str]:
    """Return the documents that a memo rests on and that may not be read."""
    documents = {one.document for one in memo.citations} | {one.document for one in memo.sources}
    return {one for one in documents if not library.may_read(one)}


def readable_memo(library: Library, memo: Memo) -> Memo:
    """Return a memo without the lines, tables and sources of what may not be read any more.

    A note says how many lines are withheld. Sentences of a model that cite nothing are withheld
    too, since they may come from there; the analyst's own stay.
    """
    hidden = hidden_documents(library, memo)
    citations = tuple(without_hidden_versions(library, one) for one in memo.citations)
    if not hidden:
        return replace(memo, citations=citations)
    kept = {one.number for one in citations if one.document not in hidden}
    sections = tuple(_readable_section(one, kept) for one in memo.sections)
    count = sum(len(one.lines) for one in memo.sections) - sum(len(one.lines) for one in sections)
    notice = tr(
        "{count} lines of this memo rest on documents that you may not read any more, and are "
        "withheld.",
        count=count,
    )
    sources = tuple(
        replace(one, citations=tuple(number for number in one.citations if number in kept))
        for one in memo.sources
        if one.document not in hidden
    )
    return replace(
        memo,
        sections=sections,
        citations=tuple(one for one in citations if one.number in kept),
        sources=sources,
        events=tuple(
            replace(one, others=tuple(other for other in one.others if other[1] in kept))
            for one in memo.events
            if set(one.citations) <= kept
        ),
        figures=tuple(one for one in memo.figures if one.citation in kept),
        disputes=tuple(
            one for one in memo.disputes if all(side.citation in kept for side in one.sides)
        ),
        # Their places count lines that are not there.
        findings=(),
        notice=joined("\n", (memo.notice, notice)),
    )


def _readable_section(section: Section, kept: Collection[int]) -> Section:
    return replace(section, lines=tuple(one for one in section.lines if _is_readable(one, kept)))


def _is_readable(line: Line, kept: Collection[int]) -> bool:
    cited = cited_by(line.claim)
    if line.role in {GAP, NOTE} and not cited:
        return True
    return cited <= set(kept) and (bool(cited) or not line.draft)


def cited_by(claim: Claim) -> set[int]:
    """Return the numbers of all citations of a sentence."""
    return {*claim.citations, *claim.offered}


__all__ = ["OwnMemos", "cited_by", "hidden_documents", "readable_memo"]
