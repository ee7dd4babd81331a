"""What of a memo is shown and exported: sections that hold something, and why others do not."""

from __future__ import annotations

from assistant.memo.translation import worded
from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, Line, Memo, Section

# What a memo notes of a section that nothing was found for.
NOTHING = "The library holds no evidence for this section. Searched: {questions}"
PARTLY = "What answers a part of this section stands in the others. Not answered: {questions}"
UNQUOTED = (
    "Passages answer this section, but no sentence of them stands alone. Searched: {questions}"
)
ELSEWHERE = "What answers this section stands in the others."
ALL_FOUND = "Every question of this memo found evidence."
_EMPTY = (
    NOTHING, PARTLY, UNQUOTED, ELSEWHERE, ALL_FOUND,
    # Of memos from before empty tables were left out.
    "No disagreement was found in the passages read.",
    "No figure with a unit was found in the passages read.",
    "No dated event was found in the passages read.",
)  # fmt: skip


def shown_lines(section: Section, language: str) -> list[tuple[int, Line]]:
    """Return the lines of a section with their numbers, from 1: not those that say it is empty."""
    openings = [worded(one, language).partition("{")[0] for one in _EMPTY]
    return [
        (number, line)
        for number, line in enumerate(section.lines, start=1)
        if not line.claim.text.startswith(tuple(openings))
    ]


def has_content(section: Section, memo: Memo) -> bool:
    """Say whether a section has something to read: evidence, a judgment, a table or a note.

    A question left to the analyst is none, except in the section that leads.
    """
    tables: dict[str, object] = {
        "timeline": memo.events, "figures": memo.figures, "disputes": memo.disputes,
        "sources": memo.citations, "log": memo.citations,
    }  # fmt: skip
    if section.shows:
        return bool(tables.get(section.shows))
    lines = [line for _, line in shown_lines(section, memo.language)]
    if section.leading or any(line.role in (EVIDENCE, JUDGMENT) for line in lines):
        return bool(lines)
    return any(line.role != GAP for line in lines)


def shown_sections(memo: Memo) -> list[Section]:
    """Return the sections that have content; of a memo that still grows, those begun."""
    return [one for one in memo.sections if not memo.complete or has_content(one, memo)]


def open_gaps(memo: Memo) -> int:
    """Return how many questions to the analyst stand in a memo as it is exported, unanswered."""
    return sum(
        line.role == GAP
        for one in shown_sections(memo)
        if not one.shows
        for _, line in shown_lines(one, memo.language)
    )


def left_out(memo: Memo) -> list[Section]:
    """Return the sections of sentences that a complete memo leaves out, as nothing is in them."""
    if not memo.complete:
        return []
    return [
        one
        for one in memo.sections
        if not one.shows
        and not has_content(one, memo)
        and not any(line.claim.text == worded(ALL_FOUND, memo.language) for line in one.lines)
    ]


def finished_sections(memo: Memo) -> tuple[Section, ...]:
    """Return the sections that are written to their end; all of a complete memo.

    While a memo grows its notice names the section that is being written.
    """
    values = getattr(memo.notice, "values", {})
    if memo.complete or not memo.sections or values.get("heading") != memo.sections[-1].heading:
        return memo.sections
    return memo.sections[:-1]
