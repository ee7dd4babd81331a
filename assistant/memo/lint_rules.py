"""The rules of the memo linter: of a sentence, of the memo as a whole, and what each is called."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from assistant.checking.problems import in_words
from assistant.entity_names import names
from assistant.memo.figures import counted_noun
from assistant.memo.speakers import kind_of_speaker
from assistant.memo.tradecraft_terms import ADVICE, CONFIDENCE, HEDGE, SCALES, likelihoods
from assistant.memo.values import (
    COMPANY,
    EVIDENCE,
    GAP,
    JUDGMENT,
    NOTE,
    PRESS,
    Line,
    Memo,
    Section,
)
from corpus.date_mentions import date_mentions
from corpus.i18n import tr
from corpus.partial_dates import days_between
from corpus.quantities import quantities
from corpus.vocabulary import groups

# Over this many words a sentence is hard to follow.
_LONG = 40
_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")
_QUOTED_WORDS = 4
_ACRONYM = re.compile(r"\b[A-Z]{2,6}\b")
# Known to every reader of such a memo, or units and numerals and no acronyms at all.
_KNOWN = frozenset(
    "US EU UK UN AI CEO CFO CTO GPU CPU USD CNY EUR PDF API HTML IT TV AM PM OK II III IV VI VII "
    "VIII IX XI XII GB TB PB MB GW MW KW NM PRC USA LLC INC LTD CO ID FAQ Q A AND OR NOT THE "
    "IN".split()
)


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
                "“{word}” says how likely in other words than this memo does; it uses: {terms} …",
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
        return tr("how likely and how sure stand in one sentence; make two") if both else ""

    yield from _lines_that(context, wrong, (JUDGMENT, NOTE, GAP))


def draft_judgment(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that the analyst has taken over what a model judges, or put it in other words."""

    def wrong(line: Line) -> str:
        return tr("a draft that nobody has accepted yet") if line.draft else ""

    yield from _lines_that(context, wrong, (JUDGMENT,))


def uncited_fact(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a sentence that states a fact cites the passage it rests on (ICD 206).

    What the analyst judges is his own; a model's draft of it is not.
    """

    def wrong(line: Line) -> str:
        claim = line.claim
        if claim.citations or claim.offered or (line.role == JUDGMENT and not line.draft):
            return ""
        fact = line.role == EVIDENCE or quantities(claim.text) or date_mentions(claim.text)
        return tr("no source is given for this") if fact else ""

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
        return tr("its source says this only in part: {problems}", problems=problems)

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT))


def quotation_not_found(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that words in quotation marks stand in a cited passage."""
    quotes = {one.number: flat(one.quote) for one in context.memo.citations}
    for _, where, line in context.lines():
        if line.role in (GAP, NOTE):
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
                        "no source given here has the words “{words}”",
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
            yield where, tr("{number} of what? Its unit is missing", number=one.text.strip())


def long_sentence(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a sentence has no more than 40 words; what the memo says of itself may."""

    def wrong(line: Line) -> str:
        count = len(line.claim.text.split())
        return tr("a long sentence: {count} words", count=count) if count > _LONG else ""

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT))


def passive_hedge(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that nobody hides behind "it is believed"."""

    def wrong(line: Line) -> str:
        found = HEDGE.search(line.claim.text)
        if not found or (line.role == EVIDENCE and line.speaker):
            return ""
        return tr("“{words}” does not say who", words=found[0])

    yield from _lines_that(context, wrong, (EVIDENCE, JUDGMENT, NOTE))


def recommendation(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a report for a legislature recommends nothing (CRS)."""

    def wrong(line: Line) -> str:
        found = ADVICE.search(line.claim.text)
        return (
            tr("“{words}” is advice; this form of report gives none", words=found[0])
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
                yield where, tr("[{number}] points to no source of this memo", number=number)


def figure_without_date(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that each figure says as of when."""
    for number, one in enumerate(context.memo.figures, start=1):
        if not one.as_of:
            yield (
                f"figures:{number}",
                tr("no date is known for “{figure}”", figure=one.shown),
            )


def _section_missing(context: LintContext, word: str) -> bool:
    """Say whether no section with lines has a key with this word: "gaps", "assumptions-gaps"."""
    return not any(word in one.key.split("-") and one.lines for one in context.memo.sections)


def missing_alternatives(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a memo of judgments considers other readings (ICD 203)."""
    if _section_missing(context, "alternatives"):
        yield "memo", tr("nothing is said on other readings of the evidence")


def missing_assumptions(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a memo of judgments says what it assumes."""
    if _section_missing(context, "assumptions"):
        yield "memo", tr("nothing is said on what this assumes")


def missing_gaps(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a memo says what it does not know."""
    if _section_missing(context, "gaps"):
        yield "memo", tr("nothing is said on what is not known")


def missing_options(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a report for a legislature lists options."""
    if _section_missing(context, "options"):
        yield "memo", tr("no options are named")


def single_source_judgment(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a key judgment rests on more than one source.

    Of a document that retells others it is the public source that counts.
    """
    origin = {
        number: source.origin for source in context.memo.sources for number in source.citations
    }
    for source in context.memo.sources:
        for one in source.behind:
            origin |= dict.fromkeys(one.citations, one.address or one.publisher)
    for section, where, line in context.lines():
        cites = (*line.claim.citations, *line.claim.offered)
        key = section.leading and line.role in (EVIDENCE, JUDGMENT)
        if key and len({origin.get(number, str(number)) for number in cites}) == 1:
            yield where, tr("only one source says so")


def old_source(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that a source is not older than the chosen age."""
    until = context.memo.as_of or context.today or context.memo.created
    for number, one in enumerate(context.memo.sources, start=1):
        age = days_between(one.source.published, until)
        if age is not None and age > context.oldest_days:
            yield (
                f"sources:{number}",
                tr(
                    "an old source: “{title}” is of {date}",
                    title=one.source.title,
                    date=one.source.published,
                ),
            )


def superseded_source(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that the latest version of a source is cited."""
    for number, one in enumerate(context.memo.sources, start=1):
        if one.newer:
            yield f"sources:{number}", tr("there is a later version: {version}", version=one.newer)


def uncited_source(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that every source of the table is cited."""
    for number, one in enumerate(context.memo.sources, start=1):
        if not one.citations:
            yield (
                f"sources:{number}",
                tr("nothing cites “{title}”", title=one.source.title),
            )


def undefined_acronym(context: LintContext) -> Iterator[tuple[str, str]]:
    """Require that an acronym is spelt out in the memo."""
    whole = " ".join(line.claim.text for _, _, line in context.lines())
    seen: set[str] = set()
    published = _names_of_sources(context.memo)
    for _, where, line in context.lines():
        for found in _ACRONYM.finditer(line.claim.text):
            one = found[0]
            after = line.claim.text[found.end() : found.end() + 1]
            if one in seen or one in _KNOWN or after in ("-", "&") or _is_unit(line, found):
                continue
            # "CNBC" and "AMD" are what the companies are called.
            if kind_of_speaker(one) in (COMPANY, PRESS) or one in published:
                continue
            seen.add(one)
            if not _spelt_out(one, whole):
                long = _long_form(one)
                spelt = f": {long}" if long else ""
                yield (
                    where,
                    tr("{acronym} is not spelt out{long}", acronym=one, long=spelt),
                )


def _names_of_sources(memo: Memo) -> set[str]:
    """Return the words of the names of who published or says something: "ODSC" is one's name."""
    names_of = [name for one in memo.sources for name in (one.source.publisher, *one.speakers)]
    names_of += [behind.publisher for one in memo.sources for behind in one.behind]
    names_of += [line.speaker for one in memo.sections for line in one.lines]
    return {word for name in names_of for word in re.findall(r"\w+", name)}


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
            yield where, tr("the memo says this twice")


ERROR, WARNING = "error", "warning"
RULES: Mapping[str, tuple[str, Rule]] = {
    "likelihood-scale": (ERROR, likelihood_scale),
    "likelihood-and-confidence": (ERROR, likelihood_and_confidence),
    "draft-judgment": (ERROR, draft_judgment),
    "uncited-fact": (ERROR, uncited_fact),
    "unsupported-claim": (ERROR, unsupported_claim),
    "weak-claim": (WARNING, weak_claim),
    "quotation-not-found": (ERROR, quotation_not_found),
    "number-without-unit": (WARNING, number_without_unit),
    "figure-without-date": (WARNING, figure_without_date),
    "missing-alternatives": (ERROR, missing_alternatives),
    "missing-assumptions": (ERROR, missing_assumptions),
    "missing-gaps": (ERROR, missing_gaps),
    "missing-options": (ERROR, missing_options),
    "recommendation": (ERROR, recommendation),
    "single-source-judgment": (WARNING, single_source_judgment),
    "old-source": (WARNING, old_source),
    "superseded-source": (WARNING, superseded_source),
    "uncited-source": (WARNING, uncited_source),
    "undefined-acronym": (WARNING, undefined_acronym),
    "long-sentence": (WARNING, long_sentence),
    "passive-hedge": (WARNING, passive_hedge),
    "duplicate-claim": (ERROR, duplicate_claim),
    "unknown-citation": (ERROR, unknown_citation),
}
# Those that hold for the memos of a template that names them; the others hold for every memo.
OF_TEMPLATES = (
    "missing-alternatives",
    "missing-assumptions",
    "missing-gaps",
    "missing-options",
    "recommendation",
)
