"""A memo as HTML for the page: lines with buttons, findings, candidate passages, changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

from assistant.checking.problems import in_words
from assistant.memo.memo_diff import MemoDiff
from assistant.memo.pandoc_tree import out_of_date, said_by
from assistant.memo.translation import worded
from assistant.memo.values import GAP, JUDGMENT, NOTE, Finding, Line, Memo
from corpus.citation_line import citation_line
from index.evidence import Evidence
from ui.engine_names import engine_title
from ui.rendering import rendered
from ui.wording import word

# The roles that are said before a line.
_ROLES = {GAP: "gap", JUDGMENT: "judgment"}
# What can be done with a line, and the sign on the button.
_ACTIONS = {"up": "↑", "down": "↓", "word": "✎", "cite": "⇄", "drop": "✕"}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a section at `where`, and what stands before and behind it; "" for nothing.

    `role` is the key of a word, `problems` what the check has against the sentence, `finding` what
    the linter has, where it was not accepted, `actions` what can be done with it, each with a sign.
    """

    line: Line
    where: str
    role: str
    speaker: str
    kind: str
    later: str
    problems: str
    finding: Finding | None
    actions: Sequence[tuple[str, str]]


def memo_html(
    memo: Memo | None, language: str = "en", *, editable: bool = False, growing: bool = False
) -> str:
    """Return a memo, complete or not; None is the page before anything was written.

    `editable` puts buttons beside the lines of a complete memo; `growing` says that it is being
    written, and with what it is now.
    """
    if memo is None:
        return rendered("memo.html", "empty", language)
    facts = (
        memo.created,
        word("memo.as_of_fact", language, date=memo.as_of or word("memo.today", language)),
        word(
            "memo.library_fact",
            language,
            documents=memo.library.get("documents", 0),
            passages=f"{memo.library.get('passages', 0):,}",
        ),
        engine_title(memo.engine, language),
        memo.template,
    )
    found = {finding.where: finding for finding in reversed(memo.findings)}
    sections = [
        (
            section,
            [
                _shown_line(line, where, found.get(where), language, editable and memo.complete)
                for number, line in enumerate(section.lines, start=1)
                for where in [f"{section.key}:{number}"]
            ],
        )
        for section in memo.sections
    ]
    sources = [(one, worded(one.reason, language)) for one in memo.sources]
    return rendered(
        "memo.html", "memo", language, memo, facts, sections, sources,
        _check_summary(memo, language), growing,
    )  # fmt: skip


def _shown_line(
    line: Line, where: str, finding: Finding | None, language: str, editable: bool
) -> ShownLine:
    speaker, kind = said_by(line, language)
    named = "draft" if line.draft else _ROLES.get(line.role, "")
    return ShownLine(
        line,
        where,
        f"memo.role_{named}" if line.role in _ROLES else "",
        speaker,
        kind,
        out_of_date(line, language),
        in_words(line.claim.problems),
        finding if finding and not finding.accepted else None,
        _actions(line) if editable else (),
    )


def _actions(line: Line) -> list[tuple[str, str]]:
    """Return what can be done with a line, each with its sign."""
    if line.role == NOTE:
        return []
    actions = [
        (action, sign) for action, sign in _ACTIONS.items() if action != "cite" or line.role != GAP
    ]
    return [("adopt", "✓"), *actions] if line.draft else actions


def _check_summary(memo: Memo, language: str) -> str:
    """Return how the check of a memo's sentences went, in a sentence."""
    claims = [
        line.claim for one in memo.sections for line in one.lines if line.claim.citations
    ]  # fmt: skip
    verdicts = {"supported": 0, "weak": 0, "unsupported": 0}
    for claim in claims:
        verdicts[claim.verdict] += 1
    return word("memo.checked", language, count=len(claims), **verdicts)


def candidates_html(candidates: Sequence[Evidence], where: str, language: str) -> str:
    """Return the passages that a line may be cited to, each a button."""
    if not candidates:
        return rendered("memo.html", "about", language, "memo.none")
    passages = [
        (
            one.label,
            citation_line(one.source, fields=("title", "published")),
            shorten(one.passage.text, 260, placeholder=" …"),
        )
        for one in candidates
    ]
    return rendered("memo.html", "offers", language, passages, where)


def difference_html(found: MemoDiff, language: str) -> str:
    """Return what changed between two memos, and which sources caused it."""
    if not found.changes and not found.sources:
        return rendered("memo.html", "about", language, "memo.same")
    return rendered("memo.html", "difference", language, found)


def findings_html(memo: Memo | None, language: str = "en") -> str:
    """Return what the linter found, in words."""
    if memo is None or not memo.complete:
        return rendered("memo.html", "about", language, "memo.not_linted")
    if not memo.findings:
        return rendered("memo.html", "about", language, "memo.no_findings")
    return rendered("memo.html", "findings", language, memo.findings)
