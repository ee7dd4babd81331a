"""Finding the documents that hold some words, and where: for a reader who looks for a place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from corpus.library import Library
from corpus.table import Span
from index.keyword_index import CJK, stems
from index.snapshot import Snapshot

# Passages that are looked at; the best of each document counts.
_PASSAGES = 2_000
# A beginning of fewer letters would find nearly every passage. A Chinese character is a word.
_SHORTEST = 3
_LAST = re.compile(rf"[{CJK}]|[^\W_]+$")
# Chinese is indexed by the pairs of its characters, which lie over each other.
_WORD = re.compile(rf"(?=([{CJK}]{{2}}))[{CJK}]|[{CJK}]|[^\W_{CJK}]+(?:[.,][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words that are looked for, as the index has them; `begun` is the start of the last."""

    terms: tuple[str, ...]
    begun: str = ""

    @classmethod
    def of(cls, text: str) -> Wanted:
        """Return what a text that may still be being typed looks for."""
        words = text.split()
        if not words:
            return cls(())
        last = words[-1].casefold()
        plain = bool(_LAST.fullmatch(last)) and (len(last) >= _SHORTEST or not last.isascii())
        whole = words[:-1] if plain and not text[-1:].isspace() else words
        terms = tuple(dict.fromkeys(stems(" ".join(whole))))
        if whole is words:
            return cls(terms)
        # A word that is whole is found by its stem, which need not begin as it does.
        begun = min([last, *(one for one in stems(last) if last.startswith(one))], key=len)
        return cls(terms, begun) if len(stems(last)) < 2 else cls((*terms, *stems(last)))

    @property
    def count(self) -> int:
        """How many words are looked for."""
        return len(self.terms) + bool(self.begun)

    def marks(self, text: str) -> list[Span]:
        """Return the spans of a text that are words looked for, in order."""
        found: list[Span] = []
        for one in _WORD.finditer(text):
            text_of_it = one[1] or one[0]
            if not self._holds(text_of_it):
                continue
            start, end = one.start(), one.start() + len(text_of_it)
            if found and start < found[-1][1]:
                start = found.pop()[0]
            found.append((start, end))
        return found

    def _holds(self, text: str) -> bool:
        stems_of_it = _stems_of(text)
        return any(it in self.terms for it in stems_of_it) or (
            bool(self.begun) and any(it.startswith(self.begun) for it in stems_of_it)
        )


@lru_cache(maxsize=20_000)
def _stems_of(word: str) -> tuple[str, ...]:
    return tuple(stems(word))


def passages_by_document(snapshot: Snapshot, wanted: Wanted) -> dict[str, str]:
    """Return the best passage with all the words by document, as ids, best document first."""
    found: dict[str, str] = {}
    for one in snapshot.words.holding(wanted.terms, _PASSAGES, begun=wanted.begun):
        found.setdefault(one.partition(":")[0], one)
    return found


def passages_with_most(snapshot: Snapshot, wanted: Wanted) -> tuple[dict[str, str], int]:
    """Return the best passage of each document with the most of the words, and how many these are.

    The words of a document may stand in several passages of it.
    """
    held: dict[str, int] = {}
    of_passage: dict[str, int] = {}
    queries = [((one,), "") for one in wanted.terms] + [((), wanted.begun)] * bool(wanted.begun)
    for terms, begun in queries:
        passages = snapshot.words.holding(terms, _PASSAGES, begun=begun)
        for one in passages:
            of_passage[one] = of_passage.get(one, 0) + 1
        for document in {one.partition(":")[0] for one in passages}:
            held[document] = held.get(document, 0) + 1
    most = max(held.values(), default=0)
    best: dict[str, str] = {}
    for one in sorted(of_passage, key=lambda one: -of_passage[one]):
        document = one.partition(":")[0]
        if held[document] == most:
            best.setdefault(document, one)
    return best, most


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a document holds what was looked for: a line of it, and the span in the document.

    `pieces` are the words of the line, each with whether it is one that was looked for.
    """

    document: str
    pieces: tuple[tuple[str, bool], ...]
    start: int
    end: int


# Characters of a line before and after the first word found.
_BEFORE, _AFTER = 40, 180


def hits(library: Library, passages: Sequence[str], wanted: Wanted) -> dict[str, Hit]:
    """Return the hits in some passages by document; a passage found by its title has no mark."""
    return {one.document: _hit(one.document, one.text, one.start, wanted)
            for one in library.passages(passages)}  # fmt: skip


def _hit(document: str, text: str, offset: int, wanted: Wanted) -> Hit:
    marks = wanted.marks(text)
    first, end = marks[0] if marks else (0, 0)
    left = max(0, first - _BEFORE)
    left = text.find(" ", left, first) + 1 or left if left else 0
    right = min(len(text), first + _AFTER)
    pieces: list[tuple[str, bool]] = [("…", False)] if left else []
    at = left
    for start, stop in marks:
        if stop > right:
            break
        pieces += [(_line(text[at:start]), False), (text[start:stop], True)]
        at = stop
    pieces.append((_line(text[at:right]) + ("…" if right < len(text) else ""), False))
    shown = tuple((said, marked) for said, marked in pieces if said)
    return Hit(document, shown, offset + first, offset + end)


def _line(text: str) -> str:
    """Return a text with each run of white space as one space."""
    return re.sub(r"\s+", " ", text)


__all__ = ["Hit", "Wanted", "hits", "passages_by_document", "passages_with_most"]
