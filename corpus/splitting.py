"""Splitting a document into passages: whole sentences, never more than the embedder reads.

The splitter is handed a function that counts tokens, so that this folder knows no model. With
LlamaIndex's default splitter at 256 tokens, 57 % of the chunks of real documents overran
all-MiniLM-L6-v2, which then ignores their tail without a word; here the count is the model's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from corpus.counting import Counter
from corpus.document import Document, Passage
from corpus.errors import ReadError
from corpus.i18n import tr
from corpus.sentences import sentences
from corpus.table import Table

# A sentence or a row, with its tokens; some of them, and what _pack makes spans of.
_Unit = tuple[tuple[int, int], int]
_Piece = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PassageSize:
    """How long a passage may be, in the embedder's tokens.

    `reads` is what the model reads (256 for all-MiniLM-L6-v2, two of them its own marks),
    `context` what title and heading may take of it and `head` what the head of a table may, `text`
    the size a passage grows to and `least` the size below which it is joined to its neighbour of
    the same section.
    """

    reads: int = 256
    context: int = 48
    head: int = 64
    text: int = 200
    least: int = 40


# The model's own two marks, and two for words that were cut and count more when joined.
_MARKS = 4
_WORD = re.compile(r"\S+\s*")
# Passages of one document: a book of a million words makes 7,000. Each is embedded and stored.
MOST_PASSAGES = 30_000
# Words that column names are cut to, in turn, where all names together are too long.
_SHORTER = (4, 2, 1)


def context_of(
    title: str, heading: str, count: Counter, *, head: str = "", size: PassageSize | None = None
) -> str:
    """Return what is embedded ahead of a passage: title, two innermost headings, head of a table.

    Title and headings are cut at a word to `size.context` tokens, the head to `size.head`, so that
    with the text they stay under what the model reads.
    """
    size = size or PassageSize()
    inner = " › ".join(heading.split(" › ")[-2:])
    lines = [" ".join(part.split()) for part in (title, inner)]
    context = _cut("\n".join(line for line in lines if line), count, size.context, " ")
    # A sheet's name is a heading and the table's caption.
    head = head.removeprefix(f"{heading.rpartition(' › ')[2]} › ") if heading else head
    return "\n".join(part for part in (context, _cut_head(head, count, size.head)) if part)


def _cut(text: str, count: Counter, limit: int, at: str) -> str:
    """Return the beginning of `text` that has at most `limit` tokens, cut at a separator."""
    while text and (tokens := count([text])[0]) > limit:
        # Tokens are spread evenly enough for the first cut to be the last, most of the time.
        shorter = text[: min(len(text) * limit // tokens, len(text) - 1)]
        text = shorter.rsplit(at, 1)[0] if at in shorter else shorter
    return text


def _cut_head(head: str, count: Counter, limit: int) -> str:
    """Return the head of a table with at most `limit` tokens.

    Every column keeps a shorter name as long as that is enough; then the last columns go.
    """
    names = [name.rpartition(" › ")[2].split() for name in head.split(" | ")]
    shorter = (" | ".join(" ".join(name[:most]) for name in names) for most in _SHORTER)
    short = ""
    for short in (head, *shorter):
        if count([short])[0] <= limit:
            return short
    return _cut(short, count, limit, " | ")


def split(document: Document, count: Counter, *, size: PassageSize | None = None) -> list[Passage]:
    """Return the passages of `document`, in order, covering all of its text but white space.

    A passage never crosses a heading, nor a page that begins with a paragraph, is made of whole
    sentences and of whole rows, and with its context (`context_of`) never counts more than
    `size.reads` tokens less the model's two marks; a sentence that is longer than that is cut at a
    word, a row between two cells. A table that fits stays with the sentence before it; a longer one
    is cut between rows and has passages to itself, but for its caption. `count` returns the number
    of tokens of each text, the model's marks not included. The time it takes grows with the length
    of the text. Raises ReadError("too_large") for more than `MOST_PASSAGES`.
    """
    size = size or PassageSize()
    text = document.text
    borders = _borders(document)
    spans = _cut_at_borders(_with_rows(document), borders)
    counts = count([text[start:end] for start, end in spans])
    passages: list[Passage] = []
    sections = _sections(document, borders, spans, counts)
    headings = document.headings_at([section[0][0][0] for section in sections])
    for section, heading in zip(sections, headings, strict=True):
        context = context_of(document.source.title, heading, count, size=size)
        room = size.reads - _MARKS - count([context])[0]
        for table, run in _runs(document, section, min(room, size.text), size.least):
            if table is None:
                pieces = _cut_long(text, run, count, min(room, size.text))
                found = _pack(text, pieces, min(room, size.text), size.least)
            else:
                left = min(room - size.head, size.text)
                found = list(_rows(text, table, run, count, left, size.least))
            passages.extend(document.passage(start, end, heading) for start, end in found)
        if len(passages) > MOST_PASSAGES:
            raise ReadError(
                "too_large",
                tr(
                    "this file makes more than {count} passages; split it and add the parts",
                    count=f"{MOST_PASSAGES:,}",
                ),
            )
    return passages


def _borders(document: Document) -> list[int]:
    """Return the offsets that no passage may cross: headings, and pages that begin a paragraph.

    A page that begins within a paragraph, without a blank line, is no end of a sentence.
    """
    text = document.text
    pages = (page for page in document.page_starts if _begins_paragraph(text, page))
    return sorted({*pages, *(heading.start for heading in document.headings)})


def _begins_paragraph(text: str, start: int) -> bool:
    breaks = 0
    while start and text[start - 1].isspace():
        start -= 1
        breaks += text[start] == "\n"
    return breaks > 1 or not start


def _with_rows(document: Document) -> list[tuple[int, int]]:
    """Return the spans of the sentences, and where a table stands those of its rows."""
    text = document.text
    if not document.tables:
        return sentences(text)
    spans = [span for span in sentences(text) if document.table_at(span[0]) is None]
    return sorted([*spans, *document.rows_in(0, len(text))])


def _cut_at_borders(spans: list[tuple[int, int]], borders: list[int]) -> list[tuple[int, int]]:
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
    document: Document, borders: list[int], spans: list[tuple[int, int]], counts: list[int]
) -> list[list[_Unit]]:
    """Group spans (with their counts) into runs that no border parts."""
    sections: list[list[_Unit]] = []
    position, last = 0, -1
    for span, tokens in zip(spans, counts, strict=True):
        while position < len(borders) and borders[position] <= span[0]:
            position += 1
        if position != last:
            sections.append([])
            last = position
        sections[-1].append((span, tokens))
    return _join_headings(document, sections)


def _join_headings(document: Document, sections: list[list[_Unit]]) -> list[list[_Unit]]:
    """Join a section that is nothing but its heading line to the section below it.

    The heading is carried by the passages below anyway; a passage of its own would rank first for
    every question that names it and answer none. Never across a page.
    """
    titles = {heading.start: heading.start + len(heading.title) for heading in document.headings}
    joined: list[list[_Unit]] = []
    waiting: list[_Unit] = []
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


def _runs(
    document: Document, section: list[_Unit], room: int, least: int
) -> Iterator[tuple[Table | None, list[_Unit]]]:
    """Yield the prose and the long tables of a section in order, each with its table or None.

    A table that fits into one passage with the sentence before it is prose: one unit that is not
    cut. Of a longer one the caption, or what little stands before it, comes with its first rows.
    """
    prose: list[_Unit] = []
    for table, group in groupby(section, lambda unit: document.table_at(unit[0][0])):
        units = list(group)
        if table is None:
            prose += units
            continue
        first, last, tokens = units[0][0][0], units[-1][0][1], sum(one for _, one in units)
        if tokens <= room and first <= table.start:
            if prose and tokens + prose[-1][1] <= room:
                (first, _), lead = prose.pop()
                tokens += lead
            prose.append(((first, last), tokens))
            continue
        small = sum(one for _, one in prose) < least
        captioned = bool(prose) and document.text[slice(*prose[-1][0])] == table.caption
        taken = len(prose) if small else int(captioned)
        before = prose[len(prose) - taken :]
        del prose[len(prose) - taken :]
        if prose:
            yield None, prose
        prose = []
        yield table, before + units
    if prose:
        yield None, prose


def _rows(
    text: str, table: Table, run: list[_Unit], count: Counter, room: int, least: int
) -> Iterator[tuple[int, int]]:
    """Yield the spans of a long table's passages: whole rows; one that is too long, by cells.

    A row of many cells is cut into parts of half the room, since each carries the names of its own
    columns; a row with a long cell, at the sentences of it.
    """
    for long, group in groupby(run, lambda unit: unit[1] > room):
        if not long:
            whole = [(start, end, tokens) for (start, end), tokens in group]
            yield from _pack(text, whole, room, least)
            continue
        for unit in group:
            row = table.row_at(unit[0][0])
            cells = [] if row is None else [one for one in table.cells[row] if one[0] < one[1]]
            counts = count([text[start:end] for start, end in cells])
            if cells and max(counts) <= room // 2:
                yield from _parts(cells, counts, room // 2)
                continue
            start = unit[0][0]
            inner = [(start + one, start + two) for one, two in sentences(text[slice(*unit[0])])]
            said = list(zip(inner, count([text[one:two] for one, two in inner]), strict=True))
            yield from _pack(text, _cut_long(text, said, count, room), room, least)


def _parts(cells: list[tuple[int, int]], counts: list[int], room: int) -> list[tuple[int, int]]:
    """Return the spans of a row's parts: as many cells as fit, their separators counted."""
    parts: list[tuple[int, int]] = []
    total = room
    for cell, tokens in zip(cells, counts, strict=True):
        if total + tokens + 1 > room:
            parts.append(cell)
            total = 0
        parts[-1] = parts[-1][0], cell[1]
        total += tokens + 1
    return parts


def _cut_long(text: str, section: list[_Unit], count: Counter, room: int) -> list[_Piece]:
    """Return (start, end, tokens) pieces of at most `room` tokens, long sentences cut at words."""
    pieces: list[_Piece] = []
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


def _pack(text: str, pieces: list[_Piece], room: int, least: int) -> list[tuple[int, int]]:
    """Pack pieces into spans of at most `room` tokens, ending at paragraphs where that is near.

    A paragraph that would not fit whole starts a new span once the present one has half its room;
    a last span under `least` tokens takes sentences from the one before it.
    """
    groups: list[list[_Piece]] = [[]]
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


def _paragraph_tokens(text: str, pieces: list[_Piece]) -> list[int]:
    """Return for each piece the tokens of the paragraph that starts with it; 0 where none does."""
    tokens = [0] * len(pieces)
    total = 0
    for index in range(len(pieces) - 1, 0, -1):
        total += pieces[index][2]
        if "\n" in text[pieces[index - 1][1] : pieces[index][0]]:
            tokens[index], total = total, 0
    return tokens


def _balance(before: list[_Piece], last: list[_Piece], least: int) -> None:
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
