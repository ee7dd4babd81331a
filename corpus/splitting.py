"""Splitting a document into passages: whole sentences, never more than the embedder reads.

The splitter is handed a function that counts tokens, so that this folder knows no model. With
LlamaIndex's default splitter at 256 tokens, 57 % of the chunks of real documents overran
all-MiniLM-L6-v2, which then ignores their tail without a word; here the count is the model's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.counting import Counter
from corpus.document import Document, Passage
from corpus.errors import ReadError
from corpus.sentences import sentences


@dataclass(frozen=True, slots=True)
class PassageSize:
    """How long a passage may be, in the embedder's tokens.

    `reads` is what the model reads (256 for all-MiniLM-L6-v2, two of them its own marks),
    `context` what title and heading may take of it, `text` the size a passage grows to and `least`
    the size below which it is joined to its neighbour of the same section.
    """

    reads: int = 256
    context: int = 48
    text: int = 200
    least: int = 40


# The model's own two marks, and two for words that were cut and count more when joined.
_MARKS = 4
_WORD = re.compile(r"\S+\s*")
# Passages of one document: a book of a million words makes 7,000. Each is embedded and stored.
MOST_PASSAGES = 30_000


def context_of(title: str, heading: str, count: Counter, *, size: PassageSize | None = None) -> str:
    """Return what is embedded ahead of a passage: its title and its two innermost headings.

    Cut at a word to `size.context` tokens, so that title, headings and text together stay under
    what the model reads.
    """
    inner = " › ".join(heading.split(" › ")[-2:])
    lines = [" ".join(part.split()) for part in (title, inner)]
    context = "\n".join(line for line in lines if line)
    limit = (size or PassageSize()).context
    while context and (tokens := count([context])[0]) > limit:
        # Tokens are spread evenly enough for the first cut to be the last, most of the time.
        shorter = context[: min(len(context) * limit // tokens, len(context) - 1)]
        context = shorter.rsplit(" ", 1)[0] if " " in shorter else shorter
    return context


def split(document: Document, count: Counter, *, size: PassageSize | None = None) -> list[Passage]:
    """Return the passages of `document`, in order, covering all of its text but white space.

    A passage never crosses a heading or a page, is made of whole sentences, and with its context
    (`context_of`) never counts more than `size.reads` tokens less the model's two marks; a sentence
    that is longer than that is cut at a word. `count` returns the number of tokens of each text,
    the model's marks not included. The time it takes grows with the length of the text. Raises
    ReadError("too_large") for more than `MOST_PASSAGES`.
    """
    size = size or PassageSize()
    text = document.text
    spans = _within(sentences(text), _borders(document))
    counts = count([text[start:end] for start, end in spans])
    passages: list[Passage] = []
    sections = _sections(document, spans, counts)
    headings = document.headings_at([section[0][0][0] for section in sections])
    for section, heading in zip(sections, headings, strict=True):
        context = context_of(document.source.title, heading, count, size=size)
        room = size.reads - _MARKS - count([context])[0]
        pieces = _cut_long(text, section, count, min(room, size.text))
        for start, end in _pack(text, pieces, min(room, size.text), size.least):
            page = document.page_at(start)
            passages.append(Passage(document.id, start, end, text[start:end], page, heading))
        if len(passages) > MOST_PASSAGES:
            raise ReadError(
                "too_large",
                f"this file makes more than {MOST_PASSAGES:,} passages; split it and add the parts",
            )
    return passages


def _borders(document: Document) -> list[int]:
    """Return the offsets that no passage may cross: page and heading starts."""
    return sorted({*document.page_starts, *(heading.start for heading in document.headings)})


def _within(spans: list[tuple[int, int]], borders: list[int]) -> list[tuple[int, int]]:
    """Cut sentence spans at the borders that lie inside them."""
    if not borders:
        return spans
    cut: list[tuple[int, int]] = []
    position = 0
    for start, end in spans:
        while position < len(borders) and borders[position] <= start:
            position += 1
        inside = position
        while inside < len(borders) and borders[inside] < end:
            cut.append((start, borders[inside]))
            start = borders[inside]
            inside += 1
        cut.append((start, end))
    return cut


def _sections(
    document: Document, spans: list[tuple[int, int]], counts: list[int]
) -> list[list[tuple[tuple[int, int], int]]]:
    """Group spans (with their counts) into runs that share a page and a heading."""
    borders = _borders(document)
    sections: list[list[tuple[tuple[int, int], int]]] = []
    position, last = 0, -1
    for span, tokens in zip(spans, counts, strict=True):
        while position < len(borders) and borders[position] <= span[0]:
            position += 1
        if position != last:
            sections.append([])
            last = position
        sections[-1].append((span, tokens))
    return _join_headings(document, sections)


def _join_headings(
    document: Document, sections: list[list[tuple[tuple[int, int], int]]]
) -> list[list[tuple[tuple[int, int], int]]]:
    """Join a section that is nothing but its heading line to the section below it.

    The heading is carried by the passages below anyway; a passage of its own would rank first for
    every question that names it and answer none. Never across a page.
    """
    titles = {heading.start: heading.start + len(heading.title) for heading in document.headings}
    joined: list[list[tuple[tuple[int, int], int]]] = []
    waiting: list[tuple[tuple[int, int], int]] = []
    for section in sections:
        first, last = section[0][0][0], section[-1][0][1]
        if waiting and document.page_at(waiting[0][0][0]) != document.page_at(first):
            joined.append(waiting)
            waiting = []
        if first in titles and last <= titles[first]:
            waiting.extend(section)
            continue
        joined.append(waiting + section)
        waiting = []
    if waiting:
        joined.append(waiting)
    return joined


def _cut_long(
    text: str, section: list[tuple[tuple[int, int], int]], count: Counter, room: int
) -> list[tuple[int, int, int]]:
    """Return (start, end, tokens) pieces of at most `room` tokens, long sentences cut at words."""
    pieces: list[tuple[int, int, int]] = []
    for (start, end), tokens in section:
        if tokens <= room:
            pieces.append((start, end, tokens))
            continue
        words = [(match.start(), match.end()) for match in _WORD.finditer(text, start, end)]
        words = [piece for word in words for piece in _cut_word(text, word, count, room)]
        lengths = count([text[first:last].strip() for first, last in words])
        begin, total = words[0][0], 0
        for (first, _), length in zip(words, lengths, strict=True):
            if total and total + length > room:
                pieces.append((begin, first, total))
                begin, total = first, 0
            total += length
        pieces.append((begin, end, total))
    return pieces


def _cut_word(text: str, word: tuple[int, int], count: Counter, room: int) -> list[tuple[int, int]]:
    """Cut a "word" that alone is over `room` (Chinese prose, base64) into halves that are not."""
    start, end = word
    if end - start < 2 or count([text[start:end]])[0] <= room:
        return [word]
    middle = (start + end) // 2
    return [
        *_cut_word(text, (start, middle), count, room),
        *_cut_word(text, (middle, end), count, room),
    ]


def _pack(
    text: str, pieces: list[tuple[int, int, int]], room: int, least: int
) -> list[tuple[int, int]]:
    """Pack pieces into spans of at most `room` tokens, ending at paragraphs where that is near.

    A paragraph that would not fit whole starts a new span once the present one has half its room;
    a last span under `least` tokens takes sentences from the one before it.
    """
    groups: list[list[tuple[int, int, int]]] = [[]]
    total = 0
    for piece, paragraph in zip(pieces, _paragraph_tokens(text, pieces), strict=True):
        rest = paragraph if total > room // 2 else 0
        if groups[-1] and (total + piece[2] > room or (rest and total + rest > room)):
            groups.append([])
            total = 0
        groups[-1].append(piece)
        total += piece[2]
    if len(groups) > 1:
        _balance(groups[-2], groups[-1], least)
    return [_trim(text, group[0][0], group[-1][1]) for group in groups if group]


def _paragraph_tokens(text: str, pieces: list[tuple[int, int, int]]) -> list[int]:
    """Return for each piece the tokens of the paragraph that starts with it; 0 where none does."""
    tokens = [0] * len(pieces)
    total = 0
    for index in range(len(pieces) - 1, 0, -1):
        total += pieces[index][2]
        if "\n" in text[pieces[index - 1][1] : pieces[index][0]]:
            tokens[index], total = total, 0
    return tokens


def _balance(
    before: list[tuple[int, int, int]], last: list[tuple[int, int, int]], least: int
) -> None:
    total, taken = sum(piece[2] for piece in last), []
    while len(before) > 1 and total < least:
        taken.append(before.pop())
        total += taken[-1][2]
    last[:0] = reversed(taken)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave white space at the edges out of a span."""
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    return first, first + len(piece.strip())
