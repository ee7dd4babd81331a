"""Linting a memo against analytic tradecraft, and accepting what is meant as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answer import Citation
from assistant.memo.lint_rules import OF_TEMPLATES, RULES, LintContext
from assistant.memo.values import Finding, Line, Memo, Section
from corpus.errors import UsageError
from corpus.i18n import tr

# Two years: older sources are history where policy changes by the month.
OLDEST_DAYS = 730


def lint(memo: Memo, *, today: str = "", oldest_days: int = OLDEST_DAYS) -> tuple[Finding, ...]:
    """Return what breaks a rule, in the order of the rules; each says where and what to do.

    The standards are ICD 203 (likelihood, confidence, alternatives, assumptions), ICD 206 (a source
    for every statement of fact) and the manner of CRS reports (options, no recommendation). `today`
    is an ISO date, by default that of the memo.
    """
    context = LintContext(memo, today or memo.created, oldest_days)
    return tuple(
        Finding(name, severity, where, advice)
        for name, (severity, rule) in RULES.items()
        if _holds(name, memo.rules)
        for where, advice in rule(context)
    )


def _holds(rule: str, asked: Sequence[str]) -> bool:
    return rule not in OF_TEMPLATES or rule in asked


# Kept of a finding that was accepted without a word why.
NO_REASON = "–"
# What is wrong with a sentence that its writer can mend.
_MENDABLE = (
    "unsupported-claim",
    "likelihood-scale",
    "likelihood-and-confidence",
    "quotation-not-found",
    "recommendation",
    "long-sentence",
    "passive-hedge",
)


def faults_of(
    line: Line, citations: Sequence[Citation], scale: str, rules: Sequence[str] = ()
) -> str:
    """Return what is wrong with a line by itself, as its writer is told; "" for nothing.

    `scale` is that of the memo, `rules` are what its template asks for beyond those of every memo.
    """
    section = Section("", "", (line,))
    alone = Memo("", "", "", "", "", scale, sections=(section,), citations=tuple(citations))
    context = LintContext(alone, "", OLDEST_DAYS)
    return "; ".join(
        str(advice)
        for name in _MENDABLE
        if _holds(name, rules)
        for _, advice in RULES[name][1](context)
    )


def adopted(memo: Memo, where: str, *, oldest_days: int = OLDEST_DAYS) -> Memo:
    """Return the memo with a model's judgment at "section:line" taken over by the analyst.

    Raises UsageError where no draft stands.
    """
    key, _, number = where.rpartition(":")
    for at, section in enumerate(memo.sections):
        lines = list(section.lines)
        place = int(number) - 1 if number.isdigit() else -1
        if section.key == key and 0 <= place < len(lines) and lines[place].draft:
            lines[place] = replace(lines[place], draft=False)
            sections = list(memo.sections)
            sections[at] = replace(section, lines=tuple(lines))
            return relinted(replace(memo, sections=tuple(sections)), oldest_days=oldest_days)
    raise UsageError(tr("there is no draft at {where}", where=where))


def accepted(
    memo: Memo, rule: str, where: str, reason: str, *, oldest_days: int = OLDEST_DAYS
) -> Memo:
    """Return the memo with a finding accepted, for a reason where one is given; raises UsageError.

    Of a draft judgment that is to take it over, for which no reason is kept.
    """
    if not any(one.rule == rule and one.where == where for one in memo.findings):
        raise UsageError(
            tr("there is no finding {rule} at {where}", rule=repr(rule), where=repr(where))
        )
    if rule == "draft-judgment":
        return adopted(memo, where, oldest_days=oldest_days)
    return replace(
        memo,
        findings=tuple(
            replace(one, accepted=" ".join(reason.split()) or NO_REASON)
            if (one.rule, one.where) == (rule, where)
            else one
            for one in memo.findings
        ),
    )


def relinted(memo: Memo, *, oldest_days: int = OLDEST_DAYS) -> Memo:
    """Return the memo linted anew; what was accepted stays so where the finding is the same."""
    reasons = {(one.rule, one.where, one.advice): one.accepted for one in memo.findings}
    found = tuple(
        replace(one, accepted=reasons.get((one.rule, one.where, one.advice), ""))
        for one in lint(memo, oldest_days=oldest_days)
    )
    return replace(memo, findings=found)
