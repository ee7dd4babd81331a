"""The cells of a row that a question asks for, worded so that they can be read alone."""

from __future__ import annotations

from assistant.tables.table_fit import stem_set
from assistant.tables.table_questions import synonym_stems
from corpus.cells import Row, cells_in_words
from index.query import STOP_WORDS

# Cells of a row that are shown at most.
_MOST_CELLS = 16
_SAY_NOTHING = stem_set(" ".join(STOP_WORDS))


def looked_up(question: str, row: Row) -> str:
    """Return the cells of a row that a question asks for, with their heads, to be read alone.

    "Total parameters, DeepSeek-V3: 671B"; a bare number is followed by the title of the table if
    that gives its unit. Where the question names no column, the whole row up to a number of cells.
    """
    values = row.values
    question_stems = stem_set(question) - stem_set(row.name) - _SAY_NOTHING
    synonyms = (
        frozenset().union(*(synonym_stems(stem) for stem in question_stems))
        if question_stems
        else question_stems
    )
    scores = [
        (len(stem_set(cell.column) & synonyms), len(stem_set(cell.column) & question_stems))
        for cell in values
    ]
    best = max(scores, default=(0, 0))
    if not best[0] and len(values) != 1:
        return cells_in_words(row.cells[:_MOST_CELLS])
    cells = [cell.alone for cell, score in zip(values, scores, strict=True) if score == best]
    return "; ".join(cells[:_MOST_CELLS])
