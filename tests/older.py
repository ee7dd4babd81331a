"""Libraries as older versions of the program made them, for tests of what they become."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from corpus.schema import MIGRATIONS


def step_with(words: str) -> int:
    """Return the number of the step of the schema that holds some words."""
    return next(number for number, one in enumerate(MIGRATIONS) if words in one)


def made_older(home: Path, step: int) -> None:
    """Take back what the steps of the schema from `step` on added to the library in `home`."""
    later = "".join(MIGRATIONS[step:])
    tables = re.findall(r"CREATE TABLE (\w+)", later)
    columns = re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", later)
    old = sqlite3.connect(home / "library.sqlite3")
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
