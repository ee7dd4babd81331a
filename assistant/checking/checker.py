"""The verdict on a sentence: does what it cites contain it, and if not, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from assistant.checking.comparing import compared
from assistant.checking.derived import derived
from assistant.checking.edits import changes
from assistant.checking.entailment import Judge
from assistant.checking.names import Vocabulary, missing, names
from assistant.checking.pairing import mispaired
from assistant.checking.polarity import directions, negations, widened
from assistant.checking.problems import Code, Problem, problem
from assistant.checking.quotations import folded, misquoted
from assistant.checking.refusals import refuses
from assistant.checking.support import Matcher, Support
from assistant.checking.tables import misplaced, readable, repeats, scaled
from assistant.corrections import correction, figures
from assistant.reading_chinese import mostly_chinese
from corpus.cells import Row
from corpus.moments import Moment, moments
from corpus.moments import supported as date_supported
from corpus.quantities import Quantity, quantities
from corpus.sentences import sentences
from index.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Cited:
    """A text that a sentence cites, and what is known of it beside the text.

    `context` (title, headings, date, publisher) may supply a name or a year, never the statement.
    `rows` are the rows of tables in it.
    """

    text: str
    context: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of a claim found: "supported", "weak" or "unsupported", and why not.

    `against` says that the texts do not just lack the claim: they say something else.
    """

    verdict: str
    problems: tuple[Problem, ...] = ()
    against: bool = False


# What a writer puts before a statement to say where it is from.
_LEAD = re.compile(
    r"^(?:based on|according to|as (?:stated|mentioned|described|reported) in|in|from)\s+"
    r"(?:the\s+)?(?:given|provided|above|following)?\s*(?:passages?|articles?|sources?|texts?|documents?|"
    r"information|context|reports?)(?:\s+(?:\d+|provided|given|above))*(?:\s*(?:and|,)\s*\d+)*"
    r"\s*[,:]\s*|^(?:passage|source|document)\s+\d+\s*(?:states?|says?|mentions?)?\s*(?:that)?[,:]?\s*",
    re.IGNORECASE,
)
# Shares of a claim's words that are enough, in the sentences that bear it or in the whole text; and
# the cosine of MiniLM that is enough where they are not there, or is too little. Of 114 true
# paraphrases by hand half share less than 0.60 of their words, and 95 in 100 are as like as 0.58.
ENOUGH_WORDS, ENOUGH_ANYWHERE = 0.62, 0.75
LIKE, UNLIKE = 0.75, 0.45
# What the judge's chances mean.
_SUPPORTED, _WEAK, _AGAINST = 0.5, 0.25, 0.5
# With this share of a claim's words in the sentences that bear it, both speak of the same thing.
_SAME_WORDS = 0.6
# A passage that shares fewer words than this with a claim, a name's perhaps, denies nothing of it.
_SHARED = 3
# That of days whose year is not said.
_ANY_YEAR = 2001


class Checker:
    """Checks sentences against texts: figures, dates, names and quotations exactly, then meaning.

    The judge decides the meaning; without one rules, words and the embedder's likeness do.
    """

    def __init__(self, embedder: Embedder, judge: Judge | None = None) -> None:
        self._matcher = Matcher(embedder)
        self._judge = judge

    @property
    def reads_meaning(self) -> bool:
        """Whether a judge decides the meaning; else rules do."""
        return self._judge is not None

    def check(self, claim: str, cited: Sequence[Cited]) -> Verdict:
        """Return whether the cited texts, taken together, contain what `claim` says."""
        text = "\n".join(readable(one.text) for one in cited)
        verdict = self._checked(claim, cited, text)
        if verdict.verdict == "supported" and (taken := _taken_back(claim, text, self._stems)):
            return Verdict("weak", (taken,))
        return verdict

    def _checked(self, claim: str, cited: Sequence[Cited], text: str) -> Verdict:
        """Return the verdict by the cited texts, `text` together, as if none took anything back."""
        context = "\n".join(one.context for one in cited if one.context)
        claim = _LEAD.sub("", claim).strip()
        rows = [row for one in cited for row in one.rows]
        if f" {folded(claim)} " in f" {folded(text)} " or any(repeats(claim, one) for one in rows):
            return Verdict("supported")
        support = self._matcher.support(claim, text, context, _facts_of(claim))
        problems = facts_missing(claim, text, context, scaled(rows))
        problems += misplaced(claim, text, rows, self._stems)
        if self._judge is None or mostly_chinese(claim) or mostly_chinese(text):
            return self._by_rules(claim, text, context, support, problems, scaled(rows))
        problems += replaced(claim, text, support) or []
        return self._meant(claim, cited, support, text, tuple(dict.fromkeys(problems)))

    def _by_rules(
        self,
        claim: str,
        text: str,
        context: str,
        support: Support,
        problems: list[Problem],
        beside: Sequence[Quantity],
    ) -> Verdict:
        """Return the verdict by negation, direction, pairing and words, beside exact `problems`."""
        bearing = " ".join(text[start:end] for start, end in sorted(support.spans))
        near = " ".join(text[start:end] for start, end in support.near)
        changed = replaced(claim, text, support)
        doubts: list[Problem] = []
        if changed is None:
            changed = list(negations(claim, bearing, near, self._matcher.stem))
            if support.words < _SAME_WORDS:
                # In other words a denial may be put without a "not", and the reverse.
                doubts, changed = changed, []
        opposite = [*changed, *directions(claim, bearing)]
        problems = [*problems, *opposite]
        pairs = list(mispaired(claim, near, self._stems))
        if len(pairs) > 1:
            # Two facts that changed places leave little doubt.
            problems += pairs
        if problems:
            words = self._stems(claim)
            shared = len(words & self._stems(text)) >= min(_SHARED, len(words))
            against = bool(opposite) and support.words >= ENOUGH_WORDS and shared
            return Verdict("unsupported", tuple(dict.fromkeys(problems)), against)
        doubts += [
            problem(Code.ELSEWHERE, one.said) for one in facts_missing(claim, near, context, beside)
        ]
        doubts += [*pairs, *widened(claim, near)]
        if doubts:
            return Verdict("weak", tuple(dict.fromkeys(doubts)), against=bool(pairs))
        return self._worded(claim, text, support)

    def _meant(
        self,
        claim: str,
        cited: Sequence[Cited],
        support: Support,
        text: str,
        problems: Sequence[Problem],
    ) -> Verdict:
        """Return the verdict by what the judge says of the texts, beside the exact problems."""
        assert self._judge is not None
        found = self._judge.judge(claim, pieces(claim, cited, support, text, self._matcher))
        best = max((one.supported for one in found), default=0.0)
        against = max((one.contradicted for one in found), default=0.0)
        if problems:
            return Verdict("unsupported", tuple(problems), against >= _AGAINST)
        if best >= _SUPPORTED:
            return Verdict("supported")
        closest = text[slice(*support.spans[0])] if support.spans else ""
        if against >= _AGAINST and against > best:
            return Verdict("unsupported", (problem(Code.CONTRADICTED, closest),), True)
        verdict = "weak" if best >= _WEAK else "unsupported"
        return Verdict(verdict, (problem(Code.NOT_STATED, closest),))

    def _stems(self, text: str) -> frozenset[str]:
        return frozenset(self._matcher.content(text))

    def states_nothing(self, claim: str, question: str = "") -> bool:
        """Say whether a sentence only leads over to others, or only says that it cannot tell.

        "Note the following: X did Y." leads over to nothing, and states something.
        """
        leads = claim.rstrip().endswith((":", "：")) and not self._matcher.content(claim)
        return leads or refuses(claim, question)

    def _worded(self, claim: str, text: str, support: Support) -> Verdict:
        """Return the verdict on a claim whose facts hold, by its other words."""
        if not self._matcher.content(claim):
            # "No." and "So they did." answer a question, and no passage can show which.
            return Verdict("weak", (problem(Code.NOTHING_TO_FIND),))
        if support.words >= ENOUGH_WORDS or support.anywhere >= ENOUGH_ANYWHERE:
            return Verdict("supported")
        likeness = self._matcher.likeness(claim, text)
        if likeness >= LIKE:
            return Verdict("supported")
        lacking = problem(Code.WORDS_MISSING, ", ".join(support.missing[:6]))
        return Verdict("weak" if likeness >= UNLIKE else "unsupported", (lacking,))


def replaced(claim: str, text: str, support: Support) -> list[Problem] | None:
    """Return what a claim changes which else repeats its source; None where it does not."""
    bearing = " ".join(text[start:end] for start, end in sorted(support.spans))
    # Also of a claim that repeats two sentences of the source one after the other.
    for source in (*(text[start:end] for start, end in support.spans[:1]), bearing):
        if source and (found := changes(claim, source)) is not None:
            return found
    return None


def _taken_back(claim: str, text: str, stems: Callable[[str], frozenset[str]]) -> Problem | None:
    """Return the problem of a claim whose figure its source gives as one since corrected."""
    said = {value for value, _ in figures(claim)}
    if not said or correction(claim):
        return None
    words = stems(claim)
    found = None
    for start, end in sentences(text):
        sentence = text[start:end]
        taken = correction(sentence)
        if taken is None and folded(claim) in folded(sentence):
            return None
        wrong = taken and said & taken.wrong
        if wrong and len(words & stems(sentence)) >= _SAME_WORDS * len(words):
            found = problem(Code.RETRACTED, sentence)
    return found


# Words of a text that the judge reads at once, and how many windows of a longer one.
_READ_AT_ONCE, _WINDOWS = 170, 2


def pieces(
    claim: str, cited: Sequence[Cited], support: Support, text: str, matcher: Matcher
) -> list[tuple[str, str]]:
    """Return what the judge reads of the texts that a claim cites: (context, text) each.

    The sentences that bear it with those beside them, and each text: whole, or of a long one the
    runs of sentences that share most of the claim's words.
    """
    context = ". ".join(dict.fromkeys(one.context for one in cited if one.context))
    near = " ".join(" ".join(text[start:end].split()) for start, end in support.near)
    found = [(context, near)] if near else []
    wanted = matcher.content(claim).keys()
    for one in cited:
        runs = [" ".join(said.split()) for said in _windows(readable(one.text))]
        runs.sort(key=lambda said: -len(wanted & matcher.content(said).keys()))
        found += [(one.context, said) for said in runs[:_WINDOWS]]
    return list(dict.fromkeys(found))


def _windows(text: str) -> list[str]:
    """Return runs of sentences of a text, each of as many words as the judge reads at once.

    Half of each is in the next one too.
    """
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


def _facts_of(claim: str) -> list[tuple[int, int]]:
    """Return the spans of the dates, names and numbers of a sentence."""
    spans = [(one.start, one.end) for one in moments(claim)]
    spans += [(one.start, one.end) for one in quantities(claim, spans)]
    return spans + [(one.start, one.end) for one in names(claim, spans)]


def _days(given: Sequence[Moment]) -> list[Quantity]:
    """Return the days of dates as numbers, for "on the 16th"."""
    return [
        Quantity(f"{one.day}th", one.start, one.end, Decimal(one.day), "ordinal")
        for one in given
        if one.day
    ]


def _spans(given: Sequence[Moment]) -> list[Quantity]:
    """Return the times between the dates of a text: who states two states what lies between.

    Days without a year lie in one year.
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


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def facts_missing(
    claim: str, text: str, context: str = "", beside: Sequence[Quantity] = ()
) -> list[Problem]:
    """Return the quotations, dates, numbers and names of `claim` that a text lacks.

    The numbers `beside` count as the text's.
    """
    known = f"{context}\n{text}"
    problems = [problem(Code.QUOTATION_DIFFERS, one) for one in misquoted(claim, text)]
    said, given = moments(claim), moments(known)
    problems += [
        problem(Code.DATE_DIFFERS, one.text) for one in said if not date_supported(one, given)
    ]
    vocabulary = Vocabulary(known)
    used = [(one.start, one.end) for one in said]
    said_numbers = quantities(claim, used)
    used += [(one.start, one.end) for one in said_numbers]
    called = names(claim, used)
    own = quantities(known, [(one.start, one.end) for one in given])
    stated = [*own, *_days(given), *_spans(given), *beside]
    problems += [
        found
        for one in said_numbers
        if (found := compared(one, stated)) and not derived(one, claim, own, known)
    ]
    problems += [problem(Code.NAME_MISSING, one) for one in missing(called, vocabulary)]
    return problems
