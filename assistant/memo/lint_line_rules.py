"""Rules of the memo linter that look at one sentence at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assistant.checking.names import names
from assistant.checking.problems import in_words
from assistant.memo.figures import counted_noun
from assistant.memo.lint_context import LintContext, flat
from assistant.memo.tradecraft_terms import ADVICE, CONFIDENCE, HEDGE, SCALES, likelihoods
from assistant.memo.values import EVIDENCE, GAP, JUDGMENT, NOTE, Line
from corpus.date_mentions import date_mentions
from corpus.i18n import tr
from corpus.quantities import quantities

# Over this many words a sentence is hard to follow.
_LONG = 40
_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_QUOTED_WORDS = 4


def _lines_that(
    context: LintContext, wrong: Callable[[Line], str], roles: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for _, where, line in context.lines():
        if line.role in roles and (advice := wrong(line)):
            yield where, advice


def likelihood_scale(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a judgment says how likely in words that the scale of the memo has."""
    scale = SCALES[context.memo.scale]

    def wrong(line: Line) -> str:
        others = [one for one in likelihoods(line.claim.text) if one not in scale]
        known = ", ".join(scale[:8])
        return (
            tr(
                "“{word}” is no term of the scale; use one of: {terms} …",
                word=others[0],
                terms=known,
            )
            if others
            else ""
        )

    yield from _lines_that(context, wrong, (JUDGMENT,))


def likelihood_and_confidence(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a likelihood and a confidence never share a sentence (ICD 203)."""

    def wrong(line: Line) -> str:
        both = CONFIDENCE.search(line.claim.text) and likelihoods(line.claim.text)
        return tr("make two sentences: one for how likely, one for how sure") if both else ""

    yield from _lines_that(context, wrong, (JUDGMENT, NOTE, GAP))


def draft_judgment(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that the analyst has taken over what a model judges, or put it in other words."""

    def wrong(line: Line) -> str:
        return (
            tr("a model's draft: take it over, change its words or remove it") if line.draft else ""
        )

    yield from _lines_that(context, wrong, (JUDGMENT,))


def uncited_fact(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a sentence that states a fact cites the passage it rests on (ICD 206)."""

    def wrong(line: Line) -> str:
        claim = line.claim
        if claim.citations or claim.offered:
            return ""
        fact = line.role == EVIDENCE or quantities(claim.text) or date_mentions(claim.text)
        return tr("cite a passage, or leave the sentence out") if fact else ""

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT))


def unsupported_claim(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that the cited passage contains what the sentence says."""

    def wrong(line: Line) -> str:
        bad = line.claim.verdict == "unsupported"
        return (
            tr("not in the cited passage: {words}", words=in_words(line.claim.problems))
            if bad
            else ""
        )

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT))


def weak_claim(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that the cited passage contains all of what the sentence says."""

    def wrong(line: Line) -> str:
        weak = line.claim.verdict == "weak"
        problems = in_words(line.claim.problems)
        if not weak:
            return ""
        return tr("only partly in the cited passage: {problems}", problems=problems)

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT))


def quotation_not_found(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that words in quotation marks stand in a cited passage."""
    quotes = {one.number: flat(one.quote) for one in context.memo.citations}
    for _, where, line in context.lines():
        if line.role == GAP:
            continue
        cites = (*line.claim.citations, *line.claim.offered)
        for found in _QUOTED.finditer(line.claim.text):
            words = flat(found[1])
            if len(words.split()) >= _QUOTED_WORDS and not any(
                words in quotes.get(number, "") for number in cites
            ):
                yield (
                    where,
                    tr(
                        "the words “{words}” stand in no passage cited; quote exactly",
                        words=found[1],
                    ),
                )


def number_without_unit(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a number says of what."""
    for _, where, line in context.lines():
        if line.role not in (JUDGMENT,):
            continue
        text = line.claim.text
        spans = [(one.start, one.end) for one in date_mentions(text)]
        spans += [(one.start, one.end) for one in names(text, spans)]
        for one in quantities(text, spans):
            after = text[one.end :]
            if one.unit or counted_noun(text, one.end)[0] or re.match(r"\s+[a-z]{3,}", after):
                continue
            if re.search(r"(?:Section|Article|page|Table|Rule|No\.|Part)\s*$", text[: one.start]):
                continue
            yield where, tr("say of what {number} is, with its unit", number=one.text.strip())


def long_sentence(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a sentence has no more than 40 words."""

    def wrong(line: Line) -> str:
        count = len(line.claim.text.split())
        return (
            tr("{count} words: make two sentences, or quote a part", count=count)
            if count > _LONG
            else ""
        )

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT, NOTE))


def passive_hedge(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that nobody hides behind "it is believed"."""

    def wrong(line: Line) -> str:
        found = HEDGE.search(line.claim.text)
        if not found or (line.role == EVIDENCE and line.speaker):
            return ""
        return tr("say who: “{words}” names nobody", words=found[0])

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT, NOTE))


def recommendation(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a report for a legislature recommends nothing (CRS)."""
    if context.memo.template != "crs":
        return

    def wrong(line: Line) -> str:
        found = ADVICE.search(line.claim.text)
        return (
            tr("“{words}” recommends; say what speaks for and against", words=found[0])
            if found
            else ""
        )

    yield from _lines_that(context, wrong, (JUDGMENT, NOTE))


def unknown_citation(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that every number cites something."""
    known = {one.number for one in context.memo.citations}
    for _, where, line in context.lines():
        for number in (*line.claim.citations, *line.claim.offered):
            if number not in known:
                yield where, tr("[{number}] is no citation of this memo", number=number)
