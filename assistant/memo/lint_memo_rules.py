"""Rules of the memo linter that look at the memo as a whole: its sections, sources, terms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from assistant.memo.lint_context import LintContext, flat
from assistant.memo.speakers import kind_of_speaker
from assistant.memo.values import COMPANY, EVIDENCE, JUDGMENT, PRESS, Line
from corpus.i18n import tr
from corpus.partial_dates import days_between
from corpus.vocabulary import groups

# Sections that state what the memo stands for.
_KEY = ("bluf", "key-judgments", "summary")
_ACRONYM = re.compile(r"\b[A-Z]{2,6}\b")
# Known to every reader of such a memo, or units and numerals and no acronyms at all.
_KNOWN = frozenset(
    "US EU UK UN AI CEO CFO CTO GPU CPU USD CNY EUR PDF API HTML IT TV AM PM OK II III IV VI VII "
    "VIII IX XI XII GB TB PB MB GW MW KW NM PRC USA LLC INC LTD CO ID FAQ Q A AND OR NOT THE "
    "IN".split()
)


def figure_without_date(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that each figure says as of when."""
    for number, one in enumerate(context.memo.figures, start=1):
        if not one.as_of:
            yield (
                f"figures:{number}",
                tr("find the date of “{figure}”, or leave it out", figure=one.shown),
            )


def _section_missing(context: LintContext, keys: tuple[str, ...]) -> bool:
    return not any(
        any(part in section.key.split("-") for part in keys) and section.lines
        for section in context.memo.sections
    )


def missing_alternatives(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a memo of judgments considers other readings (ICD 203)."""
    if context.memo.template in ("bluf", "judgments") and _section_missing(
        context, ("alternatives",)
    ):
        yield "memo", tr("add a section on alternative views")


def missing_assumptions(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a memo of judgments says what it assumes."""
    if context.memo.template in ("bluf", "judgments") and _section_missing(
        context, ("assumptions",)
    ):
        yield "memo", tr("add a section on assumptions")


def missing_gaps(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a memo says what it does not know."""
    known = ("bluf", "judgments", "crs")
    if context.memo.template in known and _section_missing(context, ("gaps",)):
        yield "memo", tr("add a section on what the library does not answer")


def missing_options(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a report for a legislature lists options."""
    if context.memo.template == "crs" and _section_missing(context, ("options",)):
        yield "memo", tr("add a section on options")


def single_source_judgment(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a key judgment rests on more than one independent origin."""
    origin = {
        number: source.origin for source in context.memo.sources for number in source.citations
    }
    for section, where, line in context.lines():
        cites = (*line.claim.citations, *line.claim.offered)
        key = section.key in _KEY and line.role in (EVIDENCE, JUDGMENT)
        if key and len({origin.get(number, str(number)) for number in cites}) == 1:
            yield where, tr("one origin alone says so: find a second, or say it in the sentence")


def old_source(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a source is not older than the chosen age."""
    until = context.memo.as_of or context.today or context.memo.created
    for number, one in enumerate(context.memo.sources, start=1):
        age = days_between(one.source.published, until)
        if age is not None and age > context.oldest_days:
            yield (
                f"sources:{number}",
                tr(
                    "“{title}” is of {date}; look for a newer one",
                    title=one.source.title,
                    date=one.source.published,
                ),
            )


def superseded_source(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that the latest version of a source is cited."""
    for number, one in enumerate(context.memo.sources, start=1):
        if one.newer:
            yield f"sources:{number}", tr("cite the later version: {version}", version=one.newer)


def uncited_source(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that every source of the table is cited."""
    for number, one in enumerate(context.memo.sources, start=1):
        if not one.citations:
            yield (
                f"sources:{number}",
                tr("“{title}” is cited nowhere; leave it out", title=one.source.title),
            )


def undefined_acronym(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that an acronym is spelt out in the memo."""
    whole = " ".join(line.claim.text for _, _, line in context.lines())
    seen: set[str] = set()
    for _, where, line in context.lines():
        for found in _ACRONYM.finditer(line.claim.text):
            one = found[0]
            after = line.claim.text[found.end() : found.end() + 1]
            if one in seen or one in _KNOWN or after in ("-", "&") or _is_unit(line, found):
                continue
            # "CNBC" and "AMD" are what the companies are called.
            if kind_of_speaker(one) in (COMPANY, PRESS):
                continue
            seen.add(one)
            if not _spelt_out(one, whole):
                long = _long_form(one)
                spelt = f": {long}" if long else ""
                yield (
                    where,
                    tr("spell {acronym} out at its first use{long}", acronym=one, long=spelt),
                )


def _is_unit(line: Line, found: re.Match[str]) -> bool:
    before = line.claim.text[max(0, found.start() - 2) : found.start()]
    return bool(re.search(r"\d\s?$|[A-Z]-$|\w-$", before))


def _spelt_out(acronym: str, text: str) -> bool:
    if re.search(rf"\w[\w ,’'-]+\s\(\s?{acronym}s?\s?\)|\b{acronym}\s?\([A-Za-z]", text):
        return True
    long = _long_form(acronym)
    return bool(long) and long.casefold() in text.casefold()


def _long_form(acronym: str) -> str:
    for group in groups():
        if acronym in group.names and group.section not in ("states",):
            words = [one for one in group.names if " " in one and one.isascii()]
            if words:
                return max(words, key=len)
    return ""


def duplicate_claim(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a claim stands in one section only."""
    places: dict[str, list[str]] = defaultdict(list)
    for _, where, line in context.lines():
        if line.role in (EVIDENCE, JUDGMENT):
            places[flat(line.claim.text)].append(where)
    for found in places.values():
        for where in found[1:]:
            yield where, tr("it stands at {place} already; leave one out", place=found[0])
