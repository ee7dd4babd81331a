"""How large a file may be before it is refused, in one place."""

from __future__ import annotations

from dataclasses import dataclass

# Documents that are taken out of one file (attachments), and how deep one may lie within another.
MOST_PARTS = 100
DEEPEST_PART = 3


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Sizes of one file: bytes, pages, characters of text, and of an archive inside (DOCX, …).

    A compressed archive past 1 MB may not inflate by more than `ratio` (Apache Tika's figure).
    """

    bytes: int = 50_000_000
    pages: int = 5_000
    characters: int = 20_000_000
    entries: int = 2_000
    inflated: int = 200_000_000
    ratio: int = 100


DEFAULT_LIMITS = FileLimits()
