"""Documents inside a document: the attachments of a mail, the files in a portfolio."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from corpus.document import WITHIN
from corpus.formats import DocumentPart
from corpus.readers.blocks import clean

_LONGEST_NAME = 120


def distinct(parts: Iterable[DocumentPart]) -> list[DocumentPart]:
    """Return parts under names that differ and have no mark that a place is made of."""
    taken: set[str] = set()
    # Where the search for a free number goes on: a mailbox may hold one subject by the thousand.
    numbers: dict[str, int] = {}
    named: list[DocumentPart] = []
    for part in parts:
        bare = re.sub(rf"[/\\{WITHIN}]", "_", clean(part.name)).strip(" .") or "attachment"
        path = PurePosixPath(bare)
        stem, suffix = path.stem[:_LONGEST_NAME], path.suffix[:_LONGEST_NAME]
        whole = name = f"{stem}{suffix}"
        number = numbers.get(whole, 1)
        while name in taken:
            number += 1
            name = f"{stem} ({number}){suffix}"
        taken.add(name)
        numbers[whole] = number
        named.append(replace(part, name=name))
    return named
