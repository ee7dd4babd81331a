"""Lines of a PDF page assembled from their pieces; raised letters as exponents or note marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from corpus.readers.pdf_page import DOWN, UP, PdfLine, Piece
from corpus.readers.superscripts import is_isotope, is_measure, write_raised

_CAP = re.compile(r"[“\"‘«„]?[^\W\d_a-z]")
_UP = re.compile(f"{UP}([^{DOWN}]*){DOWN}")
# What begins a note at the foot of a page: raised, or set smaller than the text.
_NOTE = re.compile(
    rf"(?:{UP}([^{DOWN}]{{1,4}}){DOWN}|\(?(\d{{1,3}}|[*†‡§¶]{{1,3}}|[a-z])[.)\s])\s?\S"
)
# What is written as a note mark, and after what; a letter beyond "h" is a variable.
_MARK = re.compile(
    r"[*∗†‡§¶‖#✉]*[(\[]?(?:(?:\d{1,3}|[a-h])(?:\s?[,;–-]\s?(?:\d{1,3}|[a-h*∗†‡§¶‖#✉]))*)?[)\]]?"
    r"[,;]?[*∗†‡§¶‖#✉]*"
)
_MARKED = re.compile(r"(?:[^\W\d_]{2}|\d|[.,;:!?)}’”\"'»%°*†‡§$€£¥。，；：！？）」』、…®™]|\w\])$")
# Signs of a formula that is near: what is raised there is part of it.
_FORMULA = re.compile(r"[=∑∏∈⊙√⊤∥⩽⩾≤≥≈∼∞∫∂∇×·^]|\s[+−<>]\s|[\U0001d400-\U0001d7ffα-ωΑ-Ω]$")
_NEAR = 12
# So many capitals in a row, each by itself, are words that are set wide.
_SPACED = 5
# A number after these is not that of a note, whatever the page has.
_TIMES = re.compile(r"[×·]\s*\d+$")


def assemble_lines(page: Sequence[PdfLine]) -> list[PdfLine]:
    """Return the lines of a page, pieces of one line put together: a mark, a change of font.

    Exponents stay as "^25"; the marks of notes are taken out (`PdfLine.marks`), but for those that
    begin a note.
    """
    rows = _with_drop_caps([_unspaced(line) for line in _rows(page)])
    notes = _notes(rows)
    return [_with_raised_written(line, notes) if UP in line.text else line for line in rows]


def _rows(page: Sequence[PdfLine]) -> list[PdfLine]:
    rows: list[PdfLine] = []
    for line in page:
        last = rows[-1] if rows else None
        if last is None or not _same_row(last, line):
            rows.append(line)
            continue
        space = " " if line.left - last.right > 0.2 * max(last.size, line.size) else ""
        main = max(last, line, key=lambda one: len(one.text))
        if _is_raised(line, last):
            line = _lifted(line)
        elif _is_raised(last, line):
            last = _lifted(last)
        rows[-1] = replace(
            main,
            text=f"{last.text}{space}{line.text}",
            left=last.left,
            right=line.right,
            weight=min(last.weight, line.weight),
            gaps=last.gaps + line.gaps,
            pieces=_beside(last, line, space),
            rules=last.rules + line.rules,
        )
    return rows


def _unspaced(line: PdfLine) -> PdfLine:
    """Return a line of capitals that are set apart ("A N N E X") as words."""
    pieces = line.pieces
    if len(pieces) < _SPACED or not all(len(text) == 1 and text.isupper() for text, _, _ in pieces):
        return line
    gaps = [after[1] - before[2] for before, after in pairwise(pieces)]
    usual = median(gaps)
    # Further apart they are heads of columns.
    if not 0 < usual < 0.7 * line.size:
        return line
    words = [[pieces[0]]]
    for gap, piece in zip(gaps, pieces[1:], strict=True):
        if gap > 1.6 * usual:
            words.append([])
        words[-1].append(piece)
    whole = tuple(("".join(text for text, _, _ in one), one[0][1], one[-1][2]) for one in words)
    return replace(line, text=" ".join(text for text, _, _ in whole), pieces=whole)


def _same_row(last: PdfLine, line: PdfLine) -> bool:
    size = max(last.size, line.size)
    beside = -0.5 * size < line.left - last.right < 1.2 * size
    level = abs(line.base - last.base) < 0.5 * size and line.turned == last.turned
    return beside and level and not last.text.endswith("-")


def _with_drop_caps(rows: list[PdfLine]) -> list[PdfLine]:
    """Put a large first letter that stands beside several lines ahead of the highest of them."""
    usual = median([line.size for line in rows] or [0.0])
    for cap in [line for line in rows if _CAP.fullmatch(line.text) and line.size > 1.7 * usual]:
        beside = [
            line
            for line in rows
            if line.size < 0.7 * cap.size
            and -0.3 * usual < line.left - cap.right < 1.5 * usual
            and cap.base - 0.3 * usual < line.base < cap.base + cap.size
        ]
        if not beside:
            continue
        first = max(beside, key=lambda line: line.base)
        word = re.match(r"\w*", first.text)
        rest = word[0].lower() if word else ""
        # "A boat" is two words where "boat" is one of the page's.
        words = {one.lower() for line in rows if line is not first for one in line.text.split()}
        space = " " if cap.text[-1] in "AIO" and rest in words else ""
        head, *others = first.pieces or (("", 0.0, 0.0),)
        joined = replace(
            first,
            text=f"{cap.text}{space}{first.text}",
            pieces=((f"{cap.text}{space}{head[0]}", head[1], head[2]), *others)
            if first.pieces
            else (),
        )
        rows = [joined if line is first else line for line in rows if line is not cap]
    return rows


def _is_raised(one: PdfLine, other: PdfLine) -> bool:
    higher = one.base - other.base
    short = len(one.text) <= 12 and UP not in one.text
    return short and one.size < 0.92 * other.size and higher > 0.14 * other.size


def _lifted(line: PdfLine) -> PdfLine:
    pieces = tuple((f"{UP}{text}{DOWN}", left, right) for text, left, right in line.pieces)
    return replace(line, text=f"{UP}{line.text}{DOWN}", pieces=pieces)


def _beside(last: PdfLine, line: PdfLine, space: str) -> tuple[Piece, ...]:
    """Return the words of two pieces of one line; without a space between them two are one."""
    if space or not last.pieces or not line.pieces:
        return last.pieces + line.pieces if last.pieces and line.pieces else ()
    (head, left, _), (tail, _, right) = last.pieces[-1], line.pieces[0]
    return (*last.pieces[:-1], (head + tail, left, right), *line.pieces[1:])


def _notes(rows: Sequence[PdfLine]) -> frozenset[str]:
    """Return the marks of the notes at the foot of a page."""
    usual = median([line.size for line in rows] or [0.0])
    found = set()
    for line in rows:
        note = _NOTE.match(line.text)
        if note and (note[1] or line.size < 0.93 * usual):
            found.add((note[1] or note[2]).strip("()[]. "))
    return frozenset(found)


def _with_raised_written(line: PdfLine, notes: frozenset[str]) -> PdfLine:
    """Return a line with its raised letters written as text ("^2"), note marks taken out."""
    marks: list[str] = []
    pieces: list[Piece] = []
    words = line.pieces or tuple((word, 0.0, 0.0) for word in line.text.split(" "))
    for number, (word, left, right) in enumerate(words):
        before = " ".join(text for text, _, _ in pieces)
        ahead = " ".join(text for text, _, _ in words[number + 1 : number + 3])
        text, at = "", 0
        for up in _UP.finditer(word):
            text += word[at : up.start()]
            at = up.end()
            after = f"{word[at:]} {ahead}".replace(UP, "").replace(DOWN, "")
            apart = bool(before) and not text
            said = _write_raised(f"{before} {text}".strip(), up[1], after, notes, apart=apart)
            if said.startswith("^") and apart:
                text = pieces.pop()[0]
            if not said:
                marks.append(up[1])
            text += said
        text = (text + word[at:]).strip()
        if text and at and text[0] in ".,;:" and pieces:
            text = pieces.pop()[0] + text
        if text:
            pieces.append((text, left, right))
    return replace(
        line,
        text=" ".join(text for text, _, _ in pieces),
        pieces=tuple(pieces) if line.pieces else (),
        marks=(*line.marks, *marks),
    )


def _write_raised(before: str, mark: str, after: str, notes: frozenset[str], *, apart: bool) -> str:
    """Return what is written for raised letters, "" for a note mark.

    `apart` says that a gap parts them from what stands before. Only what looks like a mark, after
    a word, a number or a stop, is left out; what else is raised is part of a formula.
    """
    if not before:
        return write_raised("", mark, after)
    noted = mark in notes and not _TIMES.search(before)
    is_mark = bool(_MARK.fullmatch(mark)) and bool(_MARKED.search(before))
    if apart and is_isotope(mark, after):
        return mark
    if noted and is_mark and not is_measure(before, mark):
        return ""
    formula = bool(_FORMULA.search(before[-_NEAR:]))
    if is_mark and mark[0] in "*∗†‡§¶‖#✉" and not formula:
        return ""
    said = f"^{mark}" if formula and before[-1].isalnum() else write_raised(before, mark, after)
    if said.startswith("^") or (said and not apart):
        return said
    # Far from what stands before, it may be the upper half of a fraction.
    if not said and is_mark and not formula and not apart:
        return ""
    joins = " " if mark[-1:].isalnum() and after[:1].isalnum() else ""
    return (f"^{mark}" if before[-1].isalnum() and not apart else mark) + joins
