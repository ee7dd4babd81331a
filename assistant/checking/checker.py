"""The verdict on a sentence: whether the texts it cites contain it, and if not, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from assistant.checking.entailment import Judge
from assistant.checking.lexical_support import LexicalSupport, Matcher
from assistant.checking.number_match import is_computable, is_derived, number_problem
from assistant.checking.problems import Code, Problem, problem
from assistant.checking.refusals import is_refusal
from assistant.checking.source_changes import (
    altered_quotations,
    changes,
    dropped_qualifiers,
    normalised,
)
from assistant.checking.tables import (
    misplaced_numbers,
    record_as_lines,
    repeats_row,
    scaled_numbers,
)
from assistant.entity_names import NameLookup, missing_names, names, with_names_of
from assistant.retrieval.chinese_reader import mostly_chinese
from assistant.retrieval.corrections import correction, figures
from corpus.cells import Row
from corpus.date_mentions import DateMention, date_mentions
from corpus.date_mentions import dates_supported as date_supported
from corpus.quantities import Quantity, quantities
from corpus.sentences import sentences
from index.cosine_scale import DEFAULT_SCALE, CosineScale
from index.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Cited:
    """A text that a sentence cites, with its metadata.

    `context` (title, headings, date, publisher) may supply a name or a year, never the statement.
    `rows` are the rows of tables in the text.
    """

    text: str
    context: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check: "supported", "weak" or "unsupported", with the problems found.

    `contradicted` says that the texts not only lack the claim but say something else. `premise` is
    the sentence of the texts that bears the claim, or the nearest to it; "" for none.
    """

    verdict: str
    problems: tuple[Problem, ...] = ()
    contradicted: bool = False
    premise: str = ""


# What a writer puts before a statement to name its source.
_LEAD = re.compile(
    r"^(?:based on|according to|as (?:stated|mentioned|described|reported) in|in|from)\s+"
    r"(?:the\s+)?(?:given|provided|above|following)?\s*(?:passages?|articles?|sources?|texts?|documents?|"
    r"information|context|reports?)(?:\s+(?:\d+|provided|given|above))*(?:\s*(?:and|,)\s*\d+)*"
    r"\s*[,:]\s*|^(?:passage|source|document)\s+\d+\s*(?:states?|says?|mentions?)?\s*(?:that)?[,:]?\s*",
    re.IGNORECASE,
)
# Without a judge, a claim is called weak and not unsupported if this share of its words is in the
# sentences that bear it, or in the whole text, or if its MiniLM cosine is as high as LIKE. Of 114
# true paraphrases by hand half share less than 0.60 of their words, and 95 in 100 reach 0.58.
ENOUGH_WORDS, ENOUGH_ANYWHERE, LIKE = 0.62, 0.75, 0.45
# Thresholds of the judge's probabilities. From _SURE on, a name or a number in words may paraphrase
# the passage ("Korean", "half of them"): of the sentences held out from training whose only problem
# was a name, 13 of 18 true ones and none of 94 false ones reach it.
_SUPPORTED, _WEAK, _AGAINST, _SURE = 0.5, 0.25, 0.6, 0.8
# With this share of a claim's words in a sentence, both are about the same thing.
_SAME_WORDS = 0.6
# Stands in for the year of dates without one.
_ANY_YEAR = 2001


@dataclass(frozen=True, slots=True)
class _StrongestEntailment:
    """The highest support and the highest contradiction over the premises that a judge read."""

    supported: float
    contradicted: float


class Checker:
    """Checks sentences against texts: figures, dates, names and quotations exactly, then meaning.

    The judge decides the meaning. Without one, only what repeats a text word for word is called
    supported.
    """

    def __init__(
        self, embedder: Embedder, judge: Judge | None = None, scale: CosineScale = DEFAULT_SCALE
    ) -> None:
        self._matcher = Matcher(embedder, scale)
        self._judge = judge

    @property
    def reads_meaning(self) -> bool:
        """Whether a judge decides the meaning."""
        return self._judge is not None

    def check(self, claim: str, cited: Sequence[Cited]) -> Verdict:
        """Return whether the cited texts, taken together, contain what `claim` says."""
        text = "\n".join(record_as_lines(one.text) for one in cited)
        verdict = self._checked(claim, cited, text)
        if verdict.verdict == "supported" and (taken := _retraction(claim, text, self._stems)):
            return Verdict("weak", (taken,), premise=verdict.premise)
        return verdict

    def _checked(self, claim: str, cited: Sequence[Cited], text: str) -> Verdict:
        """Return the verdict by the cited texts, joined in `text`, leaving retractions aside."""
        context = "\n".join(one.context for one in cited if one.context)
        claim = _LEAD.sub("", claim).strip()
        rows = [row for one in cited for row in one.rows]
        if f" {normalised(claim)} " in f" {normalised(text)} " or any(
            repeats_row(claim, one) for one in rows
        ):
            return Verdict("supported", premise=claim)
        if not self._matcher.content(claim):
            # "No." and "So they did." answer a question that no passage can show.
            return Verdict("weak", (problem(Code.NOTHING_TO_FIND),))
        support = self._matcher.support(claim, text, context, _fact_spans(claim))
        premise = text[slice(*support.spans[0])] if support.spans else ""
        changed = changes_of_source(claim, text, support)
        found = self._entailment(claim, cited, support, text)
        sure = found is not None and found.supported >= _SURE
        problems = missing_facts(claim, text, context, scaled_numbers(rows), sure=sure)
        problems += [*misplaced_numbers(claim, text, rows, self._stems), *changed]
        if sure:
            problems = [one for one in problems if not _may_be_paraphrased(one)]
        if problems:
            against = found.contradicted >= _AGAINST if found else bool(changed)
            return Verdict("unsupported", tuple(dict.fromkeys(problems)), against, premise)
        if found is None:
            return self._without_judge(claim, text, support, premise)
        if found.supported >= _SUPPORTED:
            return Verdict("supported", premise=premise)
        against = found.contradicted >= max(_AGAINST, found.supported)
        reason = dropped_qualifiers(claim, premise) if support.words >= _SAME_WORDS else None
        if reason is None:
            reason = problem(Code.CONTRADICTED if against else Code.NOT_STATED, premise)
        weak = found.supported >= _WEAK and not against
        return Verdict("weak" if weak else "unsupported", (reason,), against, premise)

    def _entailment(
        self, claim: str, cited: Sequence[Cited], support: LexicalSupport, text: str
    ) -> _StrongestEntailment | None:
        """Return the strongest entailment that the judge finds.

        None without a judge, and for Chinese, which it does not read.
        """
        if self._judge is None or mostly_chinese(claim):
            return None
        read = judge_premises(claim, cited, support, text, self._matcher)
        read = [one for one in read if not mostly_chinese(one[1])]
        if not read:
            return None
        known = " ".join(f"{context} {piece}" for context, piece in read)
        found = self._judge.judge(with_names_of(claim, known), read)
        return _StrongestEntailment(
            max(one.supported for one in found), max(one.contradicted for one in found)
        )

    def _without_judge(
        self, claim: str, text: str, support: LexicalSupport, premise: str
    ) -> Verdict:
        """Return the verdict on a claim whose facts hold and whose meaning nothing reads."""
        enough = support.words >= ENOUGH_WORDS or support.anywhere >= ENOUGH_ANYWHERE
        if enough or self._matcher.similarity(claim, text) >= LIKE:
            return Verdict("weak", (problem(Code.MEANING_UNREAD),), premise=premise)
        lacking = problem(Code.WORDS_MISSING, ", ".join(support.missing[:6]))
        return Verdict("unsupported", (lacking,), premise=premise)

    def same(self, one: str, other: str) -> bool:
        """Say whether two sentences say the same, each bearing out the other. Needs a judge."""
        return self.reads_meaning and all(
            self.check(claim, [Cited(text)]).verdict == "supported"
            for claim, text in ((one, other), (other, one))
        )

    def _stems(self, text: str) -> frozenset[str]:
        return frozenset(self._matcher.content(text))

    def states_nothing(self, claim: str, question: str = "") -> bool:
        """Say whether a sentence only introduces others ("Note the following:") or is a refusal."""
        leads = claim.rstrip().endswith((":", "：")) and not self._matcher.content(claim)
        return leads or is_refusal(claim, question)


def changes_of_source(claim: str, text: str, support: LexicalSupport) -> list[Problem]:
    """Return what a claim changes that otherwise repeats sentences of its source."""
    bearing = " ".join(text[start:end] for start, end in sorted(support.spans))
    # The second is for a claim that joins two sentences of the source.
    for source in (*(text[start:end] for start, end in support.spans[:1]), bearing):
        if source and (found := changes(claim, source)) is not None:
            return found
    return []


def _may_be_paraphrased(one: Problem) -> bool:
    """Say whether a problem may be due to a paraphrase: a name, or a number in words."""
    if one.code is Code.NUMBER_MISSING:
        return not any(sign.isdigit() for sign in one.values[0])
    return one.code is Code.NAME_MISSING


def _retraction(claim: str, text: str, stems: Callable[[str], frozenset[str]]) -> Problem | None:
    """Return the problem of a claim with a figure that its source corrects; None for none."""
    said = {value for value, _ in figures(claim)}
    if not said or correction(claim):
        return None
    words = stems(claim)
    found = None
    for start, end in sentences(text):
        sentence = text[start:end]
        taken = correction(sentence)
        if taken is None and normalised(claim) in normalised(sentence):
            return None
        wrong = taken and said & taken.wrong
        if wrong and len(words & stems(sentence)) >= _SAME_WORDS * len(words):
            found = problem(Code.RETRACTED, sentence)
    return found


# Words of a premise, and how many windows of a longer text the judge reads.
_READ_AT_ONCE, _WINDOWS = 170, 2


def judge_premises(
    claim: str, cited: Sequence[Cited], support: LexicalSupport, text: str, matcher: Matcher
) -> list[tuple[str, str]]:
    """Return the premises for the judge from the texts that a claim cites, each (context, text).

    They are the bearing sentences with their neighbours, and each text: whole, or of a long one the
    windows that share most of the claim's words.
    """
    context = ". ".join(dict.fromkeys(one.context for one in cited if one.context))
    near = " ".join(" ".join(text[start:end].split()) for start, end in support.near)
    found = [(context, near)] if near else []
    wanted = matcher.content(claim).keys()
    for one in cited:
        runs = [" ".join(said.split()) for said in _windows(record_as_lines(one.text))]
        runs.sort(key=lambda said: -len(wanted & matcher.content(said).keys()))
        found += [(one.context, said) for said in runs[:_WINDOWS]]
    return list(dict.fromkeys(found))


def _windows(text: str) -> list[str]:
    """Return windows of sentences of a text, each as long as a premise; they overlap by half."""
    if len(text.split()) <= _READ_AT_ONCE:
        return [text] if text.strip() else []
    spans = sentences(text)
    runs, start = [], 0
    while start < len(spans):
        end, words = start, 0
        while end < len(spans) and (end == start or words < _READ_AT_ONCE):
            words += len(text[slice(*spans[end])].split())
            end += 1
        runs.append(text[spans[start][0] : spans[end - 1][1]])
        if end == len(spans):
            break
        start = max(start + 1, (start + end) // 2)
    return runs


def _fact_spans(claim: str) -> list[tuple[int, int]]:
    """Return the spans of the dates, names and numbers of a sentence."""
    spans = [(one.start, one.end) for one in date_mentions(claim)]
    spans += [(one.start, one.end) for one in quantities(claim, spans)]
    return spans + [(one.start, one.end) for one in names(claim, spans)]


def _day_ordinals(given: Sequence[DateMention]) -> list[Quantity]:
    """Return the days of dates as ordinals, for "on the 16th"."""
    return [
        Quantity(f"{one.day}th", one.start, one.end, Decimal(one.day), "ordinal")
        for one in given
        if one.day
    ]


def _durations_between(given: Sequence[DateMention]) -> list[Quantity]:
    """Return the durations between each two dates of a text, which it states implicitly.

    Dates without a year are taken to be of one year.
    """
    found = []
    for dated in (True, False):
        full = {
            (m.year or _ANY_YEAR, m.month, m.day)
            for m in given
            if m.month and m.day and bool(m.year) == dated
        }
        days_of = [day for one in sorted(full) if (day := _day(*one)) is not None]
        for first, second in combinations(days_of, 2):
            days = (second - first).days
            for unit, length in (("day", 1), ("week", 7), ("month", 30.44), ("year", 365.25)):
                count = Decimal(round(days / length))
                if count:
                    found.append(Quantity(f"{count} {unit}s", 0, 0, count, unit))
    return found


def _is_time_between(claimed: Quantity, given: Sequence[DateMention]) -> bool:
    """Say whether a number of months or years is the difference of two dates of a text."""
    if claimed.unit == "month":
        stated = {12 * one.year + one.month for one in given if one.year and one.month}
    elif claimed.unit == "year":
        stated = {one.year for one in given if one.year and not one.decade}
    else:
        return False
    return any(abs(one - other) == claimed.value for one, other in combinations(stated, 2))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def missing_facts(
    claim: str,
    text: str,
    context: str = "",
    beside: Sequence[Quantity] = (),
    *,
    sure: bool = False,
) -> list[Problem]:
    """Return the quotations, dates, numbers and names of `claim` that a text lacks.

    The numbers `beside` count as the text's. Where the judge is `sure` of the claim, a number that
    can be computed from two numbers or dates of the text is not missing.
    """
    known = f"{context}\n{text}"
    problems = [problem(Code.QUOTATION_DIFFERS, one) for one in altered_quotations(claim, text)]
    said, given = date_mentions(claim), date_mentions(known)
    problems += [
        problem(Code.DATE_DIFFERS, one.text) for one in said if not date_supported(one, given)
    ]
    vocabulary = NameLookup(known)
    used = [(one.start, one.end) for one in said]
    said_numbers = quantities(claim, used)
    used += [(one.start, one.end) for one in said_numbers]
    called = names(claim, used)
    own = quantities(known, [(one.start, one.end) for one in given])
    stated = [*own, *_day_ordinals(given), *_durations_between(given), *beside]
    problems += [
        found
        for one in said_numbers
        if (found := number_problem(one, stated))
        and not is_derived(one, claim, own, known)
        and not (sure and (is_computable(one, claim, own, known) or _is_time_between(one, given)))
    ]
    problems += [problem(Code.NAME_MISSING, one) for one in missing_names(called, vocabulary)]
    return problems
