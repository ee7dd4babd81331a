"""A table keeps its rows, columns and heads, from the reader into the library and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from corpus.document import Source
from corpus.library import Library
from corpus.readers.blocks import Blocks
from corpus.table import detect_heads, is_figure


def test_cells_are_spans_of_the_text_and_empty_ones_keep_their_place(tmp_path: Path) -> None:
    """What lies under a head is found by offset, also after the library was opened again."""
    blocks = Blocks()
    blocks.paragraph("Table 2: Catches on the Ude, in tonnes")
    blocks.table([["Species", "Spring", "", "Autumn"], ["Pike", "41", "", ""], ["", "", "", ""],
                  ["Eel", "", "", "8"]])  # fmt: skip
    made = blocks.document(Source("Catches", "/catches.md"))
    library = Library(tmp_path)
    library.publish(made, [], np.zeros((0, 4), dtype=np.float32), embedder="none")
    library.close()
    library = Library(tmp_path)
    document = library.document(made.id)
    library.close()
    (table,) = document.tables
    assert "Pike | 41\nEel |  | 8" in document.text
    assert table.caption == "Table 2: Catches on the Ude, in tonnes"
    assert table.column_heads(document.text) == ["Species", "Spring", "Autumn"]
    assert (table.head_rows, table.head_columns) == (1, 1)
    at = document.text.index("8")
    assert document.table_at(at) == table and table.row_at(at) == 2
    assert table.value(document.text, 2, 2) == "8"
    assert table.row_head(document.text, 2) == "Eel"
    assert table.value(document.text, 1, 2) == "" and table.value(document.text, 2, 1) == ""
    assert document.table_at(0) is None


def test_heads_are_told_by_what_the_cells_hold() -> None:
    """Years over figures are names; a table of words has its first row as head."""
    assert detect_heads([["", "2024", "2025"], ["Revenue", "$5.93", "7.1%"]]) == (1, 1)
    assert detect_heads([["", "2024", "2024"], ["", "Spring", "Autumn"], ["Pike", "4", "5"]]) == (
        2,
        1,
    )
    assert detect_heads([["Ship", "Master"], ["Zelda", "Una Brandt"], ["Orm", "Per Lind"]]) == (
        1,
        1,
    )
    assert detect_heads([["Year", "Crew"], ["2024", "8"], ["2025", "9"]]) == (1, 1)
    assert detect_heads([["1", "2"], ["3", "4"]]) == (0, 0)


def test_a_long_cell_that_begins_with_a_number_is_judged_at_once() -> None:
    """The letters behind a figure are one run: parting them in every way took minutes."""
    assert not is_figure("100 " + "abcdefghij" * 5 + "?")
    assert is_figure("5.8T")
    assert is_figure("(1,250.50)")
