"""Drafts parsed from a stream of text, and the span of a passage that a claim rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.engine import Draft, Piece, Usage, Waiting
from corpus.cells import Row
from corpus.document import Passage
from corpus.sentences import sentences

_MARK = re.compile(r"\s*\[(\d{1,3})\]")
_MARKS = re.compile(r"(?:\s*\[\d{1,3}\])+")
_FOLLOWING = re.compile(r"\s*(\S+)\s")
_FINISHED = re.compile(r"[.!?…。！？:][\"”’)\]]*$")


@dataclass(frozen=True, slots=True)
class PartialSentence:
    """The beginning of a sentence that is not complete yet."""

    text: str


def parsed_sentences(
    stream: Iterator[Piece],
) -> Iterator[Draft | PartialSentence | Waiting | Usage]:
    """Yield each sentence of a stream as soon as it and its markers are complete.

    A line break ends a sentence; markers after the full stop belong to the sentence before it.
    What the engine yields besides text is passed through in place. If its token limit cut it off, a
    last sentence without an end is left out.
    """
    waiting, cut = "", False
    for piece in stream:
        if not isinstance(piece, str):
            cut = cut or (isinstance(piece, Usage) and piece.cut)
            yield piece
            continue
        waiting += piece
        while (end := _complete(waiting)) is not None:
            yield from _draft(waiting[:end])
            waiting = waiting[end:]
        if waiting.strip():
            yield PartialSentence(_MARK.sub("", waiting).strip())
    if not cut or _FINISHED.search(_MARKS.sub("", waiting).strip()):
        yield from _draft(waiting)


def _complete(text: str) -> int | None:
    """Return where the first sentence of `text` ends for certain, or None while it may go on."""
    begin = len(text) - len(text.lstrip())
    line = text.find("\n", begin)
    plain = _MARKS.sub(lambda found: " " * len(found[0]), text)
    for _, end in sentences(plain):
        marks = _MARKS.match(text, end)
        end = marks.end() if marks else end
        if 0 <= line < end:
            break
        # The word after must be whole: it decides whether "U.S." ended a sentence, and a marker
        # may still come.
        following = _FOLLOWING.match(text, end)
        return end if following and not following[1].startswith("[") else None
    return line + 1 if line >= 0 else None


def _draft(text: str) -> Iterator[Draft]:
    plain = " ".join(_MARK.sub("", text).split())
    # "- " before a list item is the engine's layout and no part of the sentence.
    plain = re.sub(r"^[-*•]\s+", "", plain)
    if plain:
        labels = tuple(dict.fromkeys(int(label) for label in _MARK.findall(text)))
        yield Draft(plain, labels)


def quoted_span(text: str, passage: Passage, rows: Sequence[Row] = ()) -> tuple[int, int]:
    """Return the span, in the document, of the words of `passage` that `text` rests on.

    It is the text itself if it occurs verbatim; otherwise the sentence, or the row of a table
    (`rows`, read with their heads), that shares most words with it.
    """
    position = passage.text.find(text)
    if position >= 0:
        return passage.start + position, passage.start + position + len(text)
    wanted = set(re.findall(r"\w+", text.lower()))
    by_start = {row.start - passage.start: row for row in rows if not row.is_head}
    spans = passage.parts() or [(0, len(passage.text))]

    def shared(span: tuple[int, int]) -> tuple[int, bool]:
        row = by_start.get(span[0])
        words = row.said if row else passage.text[span[0] : span[1]]
        # Of two rows the one that contains the text verbatim is better.
        verbatim = text in words or (
            row is not None and any(one.alone in text for one in row.cells)
        )
        return len(wanted & set(re.findall(r"\w+", words.lower()))), verbatim

    start, end = max(spans, key=shared)
    return passage.start + start, passage.start + end
