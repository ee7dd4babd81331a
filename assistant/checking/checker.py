"""The verdict on a sentence: does what it cites contain it, and if not, what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.checking.edits import changes
from assistant.checking.moments import moments
from assistant.checking.moments import supported as date_supported
from assistant.checking.names import Vocabulary, missing, names
from assistant.checking.polarity import directions, negations
from assistant.checking.quantities import problem, quantities
from assistant.checking.quotations import folded, misquoted
from assistant.checking.support import Matcher, Support
from assistant.checking.tables import readable
from index.embedding import Embedder


@dataclass(frozen=True, slots=True)
class Cited:
    """A text that a sentence cites, and what is known of it beside the text.

    `context` (title, headings, date, publisher) may supply a name or a year, never the statement.
    """

    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of a claim found: "supported", "weak" or "unsupported", and why not."""

    verdict: str
    problems: tuple[str, ...] = ()


# What a writer puts before a statement to say where it is from.
_LEAD = re.compile(
    r"^(?:based on|according to|as (?:stated|mentioned|described|reported) in|in|from)\s+(?:the\s+)?"
    r"(?:given|provided|above|following)?\s*(?:passages?|articles?|sources?|texts?|documents?|"
    r"information|context|reports?)(?:\s+(?:\d+|provided|given|above))*(?:\s*(?:and|,)\s*\d+)*"
    r"\s*[,:]\s*|^(?:passage|source|document)\s+\d+\s*(?:states?|says?|mentions?)?\s*(?:that)?[,:]?\s*",
    re.IGNORECASE,
)
ENOUGH_WORDS, ENOUGH_ANYWHERE = 0.62, 0.75


class Checker:
    """Checks sentences against texts; the embedder tells likeness of meaning."""

    def __init__(self, embedder: Embedder) -> None:
        self._matcher = Matcher(embedder)

    def check(self, claim: str, cited: Sequence[Cited]) -> Verdict:
        """Return whether the cited texts, taken together, contain what `claim` says."""
        text = "\n".join(readable(one.text) for one in cited)
        context = "\n".join(one.context for one in cited if one.context)
        claim = _LEAD.sub("", claim).strip()
        if f" {folded(claim)} " in f" {folded(text)} ":
            return Verdict("supported")
        support = self._matcher.support(claim, text, context, _facts_of(claim))
        bearing = " ".join(text[start:end] for start, end in sorted(support.spans))
        near = " ".join(text[start:end] for start, end in support.near)
        problems = facts_missing(claim, text, context)
        changed = None
        if support.spans:
            best, *_ = support.spans
            changed = changes(claim, text[best[0] : best[1]])
        if changed is None:
            changed = list(negations(claim, bearing, self._matcher.stem))
        problems += [*changed, *directions(claim, bearing)]
        if problems:
            return Verdict("unsupported", tuple(dict.fromkeys(problems)))
        elsewhere = facts_missing(claim, near, context)
        if elsewhere:
            return Verdict("weak", tuple(f"{one} where it says this" for one in elsewhere))
        return self._worded(claim, text, support)

    def states_nothing(self, claim: str) -> bool:
        """Say whether a sentence only leads over: it has no name, number or word of content."""
        return not self._matcher.content(claim)

    def _worded(self, claim: str, text: str, support: Support) -> Verdict:
        """Return the verdict on a claim whose facts hold: are its other words there?"""
        if support.words >= ENOUGH_WORDS or support.anywhere >= ENOUGH_ANYWHERE:
            return Verdict("supported")
        likeness = self._matcher.likeness(claim, text)
        if likeness >= 0.75:
            return Verdict("supported")
        lacking = f"not in the cited passage: {', '.join(support.missing[:6])}"
        return Verdict("weak" if likeness >= 0.45 else "unsupported", (lacking,))


def _facts_of(claim: str) -> list[tuple[int, int]]:
    """Return the spans of the dates, names and numbers of a sentence."""
    spans = [(one.start, one.end) for one in moments(claim)]
    spans += [(one.start, one.end) for one in names(claim, spans)]
    return spans + [(one.start, one.end) for one in quantities(claim, spans)]


def facts_missing(claim: str, text: str, context: str = "") -> list[str]:
    """Return in words the quotations, dates, numbers and names of `claim` that a text lacks."""
    known = f"{context}\n{text}"
    problems = [f"“{one}” is not quoted so" for one in misquoted(claim, text)]
    said, given = moments(claim), moments(known)
    problems += [
        f"the date {one.text} is not in the cited passage"
        for one in said
        if not date_supported(one, given)
    ]
    vocabulary = Vocabulary(known)
    used = [(one.start, one.end) for one in said]
    called = names(claim, used)
    used += [(one.start, one.end) for one in called]
    stated = quantities(known, [(one.start, one.end) for one in moments(known)])
    problems += [reason for one in quantities(claim, used) if (reason := problem(one, stated))]
    problems += [f"{one!r} is not in the cited passage" for one in missing(called, vocabulary)]
    return problems
