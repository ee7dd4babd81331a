"""What the rules of the linter look at: a memo, its lines, and the day it is judged by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.memo.values import Line, Memo, Section


@dataclass(frozen=True, slots=True)
class LintContext:
    """A memo and what its sources are judged by; `today` is an ISO date."""

    memo: Memo
    today: str
    oldest_days: int

    def lines(self) -> Iterator[tuple[Section, str, Line]]:
        """Yield each line with its section and its place, "section:line" from 1."""
        for section in self.memo.sections:
            for number, line in enumerate(section.lines, start=1):
                yield section, f"{section.key}:{number}", line


# A rule yields (where, advice) for each place that breaks it.
Rule = Callable[[LintContext], Iterator[tuple[str, str]]]


def flat(text: str) -> str:
    """Return a text for comparing: quotation marks, white space and case folded."""
    text = re.sub(r"[“”\"]", '"', re.sub(r"[‘’]", "'", text))
    return re.sub(r"\s+", " ", text).casefold().strip(" .,;")
