"""Libraries as older versions of the program made them, for tests of what they become."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from corpus.rows import unpacked
from corpus.schema import MIGRATIONS


def step_with(words: str) -> int:
    """Return the number of the step of the schema that holds some words."""
    return next(number for number, one in enumerate(MIGRATIONS) if words in one)


def vectors_taken_back(connection: Any, blob: str = "BLOB", empty: str = "x''") -> None:
    """Have the rows of the documents hold texts, vectors and token codes, as they did."""
    for name in ("text", "spans", "tables"):
        connection.execute(f"ALTER TABLE documents ADD COLUMN {name} TEXT DEFAULT ''")
    kept = connection.execute("SELECT id, content, places FROM documents").fetchall()
    for document, content, places in kept:
        spans, _, tables = unpacked(places).partition("\n")
        connection.execute(
            "UPDATE documents SET text = ?, spans = ?, tables = ? WHERE id = ?",
            (unpacked(content), spans, tables, document),
        )
    for name in ("vectors", "tokens", "token_counts"):
        connection.execute(f"ALTER TABLE documents ADD COLUMN {name} {blob} DEFAULT {empty}")
    kept = connection.execute("SELECT document, vectors FROM document_vectors").fetchall()
    for document, halves in kept:
        # Numbers that half precision does not hold, and rounds to those that were there.
        vectors = (np.frombuffer(halves, "<f2").astype("<f4") * np.float32(1.0001)).tobytes()
        parts = connection.execute(
            "SELECT tokens, counts FROM passage_tokens WHERE document = ? ORDER BY first",
            (document,),
        ).fetchall()
        tokens, counts = (b"".join(one[place] for one in parts) for place in (0, 1))
        connection.execute(
            "UPDATE documents SET vectors = ?, tokens = ?, token_counts = ? WHERE id = ?",
            (vectors, tokens, counts, document),
        )


def made_older(home: Path, step: int) -> None:
    """Take back what the steps of the schema from `step` on added to the library in `home`."""
    later = "".join(MIGRATIONS[step:])
    tables = re.findall(r"CREATE TABLE (\w+)", later)
    columns = re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", later)
    old = sqlite3.connect(home / "library.sqlite3")
    if "document_vectors" in tables:
        vectors_taken_back(old)
    for name in reversed(tables):
        old.execute(f"DROP TABLE {name}")
    for table, name in columns:
        if table not in tables:
            old.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    if "VALUES ('id'" in later:
        old.execute("DELETE FROM facts WHERE name = 'id'")
    old.execute(f"PRAGMA user_version = {step}")
    old.commit()
    old.close()
