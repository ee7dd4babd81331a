"""The cells of a row that a question asks for, said so that they can be read alone."""

from __future__ import annotations

from assistant.table_fit import stem_set
from assistant.table_questions import synonym_stems
from corpus.cells import Row, cells_in_words
from index.query import STOP_WORDS

# Cells of a row that are said at most.
_CELLS = 16
_SAY_NOTHING = stem_set(" ".join(STOP_WORDS))


def looked_up(question: str, row: Row) -> str:
    """Return the cells of a row that a question asks for, with their heads, to be read alone.

    "Total parameters, DeepSeek-V3: 671B"; a bare number has the title of the table behind it where
    that is what tells its unit. Where no column is named, the whole row, up to a number of cells.
    """
    values = row.values
    asked = stem_set(question) - stem_set(row.name) - _SAY_NOTHING
    wide = frozenset().union(*(synonym_stems(stem) for stem in asked)) if asked else asked
    scores = [
        (len(stem_set(cell.column) & wide), len(stem_set(cell.column) & asked)) for cell in values
    ]
    best = max(scores, default=(0, 0))
    if not best[0] and len(values) != 1:
        return cells_in_words(row.cells[:_CELLS])
    told = [cell.alone for cell, score in zip(values, scores, strict=True) if score == best]
    return "; ".join(told[:_CELLS])
