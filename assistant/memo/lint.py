"""Linting a memo against analytic tradecraft, and accepting what is meant as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.answer import Citation
from assistant.memo import lint_line_rules, lint_memo_rules
from assistant.memo.lint_context import LintContext, Rule
from assistant.memo.values import Finding, Line, Memo, Section
from corpus.errors import UsageError
from corpus.i18n import tr

ERROR, WARNING = "error", "warning"
RULES: Mapping[str, tuple[str, Rule]] = {
    "likelihood-scale": (ERROR, lint_line_rules.likelihood_scale),
    "likelihood-and-confidence": (ERROR, lint_line_rules.likelihood_and_confidence),
    "draft-judgment": (ERROR, lint_line_rules.draft_judgment),
    "uncited-fact": (ERROR, lint_line_rules.uncited_fact),
    "unsupported-claim": (ERROR, lint_line_rules.unsupported_claim),
    "weak-claim": (WARNING, lint_line_rules.weak_claim),
    "quotation-not-found": (ERROR, lint_line_rules.quotation_not_found),
    "number-without-unit": (WARNING, lint_line_rules.number_without_unit),
    "figure-without-date": (WARNING, lint_memo_rules.figure_without_date),
    "missing-alternatives": (ERROR, lint_memo_rules.missing_alternatives),
    "missing-assumptions": (ERROR, lint_memo_rules.missing_assumptions),
    "missing-gaps": (ERROR, lint_memo_rules.missing_gaps),
    "missing-options": (ERROR, lint_memo_rules.missing_options),
    "recommendation": (ERROR, lint_line_rules.recommendation),
    "single-source-judgment": (WARNING, lint_memo_rules.single_source_judgment),
    "old-source": (WARNING, lint_memo_rules.old_source),
    "superseded-source": (WARNING, lint_memo_rules.superseded_source),
    "uncited-source": (WARNING, lint_memo_rules.uncited_source),
    "undefined-acronym": (WARNING, lint_memo_rules.undefined_acronym),
    "long-sentence": (WARNING, lint_line_rules.long_sentence),
    "passive-hedge": (WARNING, lint_line_rules.passive_hedge),
    "duplicate-claim": (ERROR, lint_memo_rules.duplicate_claim),
    "unknown-citation": (ERROR, lint_line_rules.unknown_citation),
}


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
        for where, advice in rule(context)
    )


# What is wrong with a sentence that its writer can mend.
_MENDABLE: tuple[Rule, ...] = (
    lint_line_rules.unsupported_claim,
    lint_line_rules.likelihood_scale,
    lint_line_rules.likelihood_and_confidence,
    lint_line_rules.quotation_not_found,
    lint_line_rules.recommendation,
    lint_line_rules.long_sentence,
    lint_line_rules.passive_hedge,
)


def faults_of(line: Line, citations: Sequence[Citation], template: str, scale: str) -> str:
    """Return what is wrong with a line by itself, as its writer is told; "" for nothing."""
    alone = Memo("", template, "", "", "", scale)
    alone = replace(alone, sections=(Section("", "", (line,)),), citations=tuple(citations))
    context = LintContext(alone, "", OLDEST_DAYS)
    return "; ".join(str(advice) for rule in _MENDABLE for _, advice in rule(context))


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
    """Return the memo with a finding accepted for a reason; raises UsageError.

    Of a draft judgment that is to take it over, for which no reason is kept.
    """
    if not reason.strip():
        raise UsageError(tr("give a reason for accepting the finding"))
    if not any(one.rule == rule and one.where == where for one in memo.findings):
        raise UsageError(
            tr("there is no finding {rule} at {where}", rule=repr(rule), where=repr(where))
        )
    if rule == "draft-judgment":
        return adopted(memo, where, oldest_days=oldest_days)
    return replace(
        memo,
        findings=tuple(
            replace(one, accepted=" ".join(reason.split()))
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
