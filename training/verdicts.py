"""What a judge says of a sentence and its evidence, and a row to learn it from."""

from __future__ import annotations

from dataclasses import dataclass

SUPPORTED, CONTRADICTED, NOT_STATED = range(3)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with evidence; `context` stands ahead of it (title, headings).

    `label` is SUPPORTED, CONTRADICTED or NOT_STATED.
    """

    text: str
    evidence: str
    label: int
    context: str = ""
    source: str = ""
