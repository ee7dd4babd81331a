"""Statements with a figure, made comparable: what is counted, of whom, when, how exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from assistant.checking.names import names
from assistant.memo.figures import counted_noun
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.speakers import speaker_of
from corpus.date_mentions import date_mentions
from corpus.months import MONTHS
from corpus.quantities import quantities
from corpus.vocabulary import groups
from index.keyword_index import stems
from index.query_terms import STOP_WORDS, rarity

AT_LEAST, AT_MOST, EQUAL = "at least", "at most", ""
_LEAST = re.compile(
    r"\b(?:more than|over|above|at least|exceed(?:s|ed|ing)?|no less than|upwards of|north of|"
    r"a minimum of)\s+(?:US\s?)?[$€£¥]?\s?$|>\s?$",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"\b(?:less than|under|below|at most|up to|fewer than|no more than|a maximum of|nearly|almost|"
    r"as (?:much|many) as)\s+(?:US\s?)?[$€£¥]?\s?$|<\s?$",
    re.IGNORECASE,
)
# Words that tell of saying and rounding, not of the thing that is counted.
_SAYING = frozenset(
    stem
    for word in (
        "says said states stated reports reported claims claimed estimates estimated announced put "
        "puts gives gave counts counted according about roughly approximately around some nearly "
        "almost total figure number million billion thousand percent dollars company firm new also "
        "still now later earlier including only just than own month year quarter"
    ).split()
    for stem in stems(word)
)
_LEANS = re.compile(r"^(?:It|They|This|These|That|Those|Its|Their|Each|Both)\b")
_CLAUSE = re.compile(r";|,\s+(?:and|but|while|whereas|which)\s|\s(?:while|whereas)\s")


@dataclass(frozen=True, slots=True)
class FigureStatement:
    """A figure as a sentence states it, with what it is compared by.

    `things` are the names with figures in them (V3, H20, FY2024) and `subjects` the other names, in
    lower case under one alias; `attribute` the stems of what is counted, near the figure; `years`
    those stated, as ("2024",) or ("2024-03",). `bound` is AT_LEAST, AT_MOST or EQUAL.
    """

    value: Decimal
    unit: str
    shown: str
    exact: int
    bound: str
    things: frozenset[str]
    subjects: frozenset[str]
    attribute: frozenset[str]
    times: frozenset[str]
    speaker: str
    sentence: EvidenceSentence


def statements_of(sentence: EvidenceSentence) -> Iterator[FigureStatement]:
    """Yield the figures with a unit that a sentence states."""
    text = sentence.text
    # "It comprises 236B parameters" does not say what does.
    if sentence.is_row or "://" in text or _LEANS.match(text):
        return
    dates = date_mentions(text)
    spans = [(one.start, one.end) for one in dates]
    said = speaker_of(sentence).speaker
    things, subjects = _named_things(text, spans, said)
    if not things and not subjects:
        title = f"{sentence.source.title}. {sentence.passage.heading}"
        things, subjects = _named_things(title, [], said)
    times = frozenset(
        f"{one.year}-{one.month:02d}" if one.month else str(one.year) for one in dates if one.year
    )
    for one in quantities(text, spans):
        # The number of a name: "R1-Zero".
        if text[max(0, one.start - 1) : one.start] in "-–" and one.start:
            continue
        # "One-tenth" and "half" are turns of phrase as often as figures.
        if not any(sign.isdigit() for sign in one.text):
            continue
        unit, end = one.unit, one.end
        if not unit:
            noun, end = counted_noun(text, one.end)
            unit = " ".join(stems(noun))
        if not unit or unit in ("ordinal", "year"):
            continue
        start, stop = _clause(text, one.start)
        near = text[start : one.start] + " " + text[end:stop]
        own = {stem for word in (*things, *subjects, said) for stem in stems(word)}
        attribute = frozenset(
            stem
            for word in re.findall(r"[^\W\d_][\w-]*", near)
            for stem in stems(word)
            if word.casefold() not in STOP_WORDS and stem not in _SAYING and stem not in own
        )
        before = text[max(0, one.start - 30) : one.start]
        bound = AT_LEAST if _LEAST.search(before) else AT_MOST if _MOST.search(before) else EQUAL
        if re.match(r"\+|\s+or more", text[end:]):
            bound = AT_LEAST
        yield FigureStatement(
            one.value, unit, text[one.start : end].strip(), one.exact, bound,
            things, subjects, attribute, times, said, sentence,
        )  # fmt: skip


def _named_things(
    text: str, spans: list[tuple[int, int]], said: str
) -> tuple[frozenset[str], frozenset[str]]:
    things: set[str] = set()
    subjects: set[str] = set()
    for name in names(text, spans):
        key = canonical_name(name.text)
        if key == canonical_name(said):
            continue
        (things if any(sign.isdigit() for sign in key) else subjects).add(key)
    return frozenset(things), frozenset(subjects)


def canonical_name(name: str) -> str:
    """Return a name in lower case, an alias as the first of its group, a maker's prefix left out.

    "DeepSeek-V3" and "V3" are one thing.
    """
    low = name.casefold().strip()
    for group in groups():
        if any(low == one.casefold() for one in group.names):
            return group.names[0].casefold()
    parts = low.split("-")
    if len(parts) > 1 and any(sign.isdigit() for sign in parts[-1]) and parts[0].isalpha():
        return "-".join(parts[1:])
    return low


def _clause(text: str, place: int) -> tuple[int, int]:
    """Return the span of the clause that holds `place`."""
    cuts = [0, *(found.start() for found in _CLAUSE.finditer(text)), len(text)]
    start = max(cut for cut in cuts if cut <= place)
    return start, min(cut for cut in cuts if cut > place)


# Words that tell two things apart where they stand in one place.
_CONTRARY = (
    {"input", "output", "cached"}, {"training", "inference", "pre-training", "serving"},
    {"house", "senate"}, {"import", "export", "imports", "exports"}, {"first", "second", "third"},
    {"minimum", "maximum"}, {"federal", "state"}, {"upper", "lower"},
    {"total", "active", "activated"},
    {"daily", "weekly", "monthly", "yearly", "annual"}, {"revenue", "profit", "loss", "sales"},
)  # fmt: skip


def tell_two_things(one: EvidenceSentence, other: EvidenceSentence) -> bool:
    """Say whether two sentences put different names, or contrary words, in one place.

    "Italy banned the app" and "Australia banned the app" are two statements; who says it does not
    count.
    """
    mine, theirs = (_words(sentence) for sentence in (one, other))
    said = {word for text in (one, other) for word in speaker_of(text).speaker.split()}
    matcher = SequenceMatcher(None, [word.casefold() for word in mine],
                              [word.casefold() for word in theirs], autojunk=False)  # fmt: skip
    for kind, start, end, begin, stop in matcher.get_opcodes():
        if kind != "replace" or end - start > 2 or stop - begin > 2:
            continue
        first, second = set(mine[start:end]), set(theirs[begin:stop])
        for group in _CONTRARY:
            low, low_other = ({w.casefold() for w in side} & group for side in (first, second))
            if low and low_other and low != low_other:
                return True
        names_apart = [
            {canonical_name(w) for w in side if w[:1].isupper() and w not in said}
            for side in (first, second)
        ]
        if all(names_apart) and not names_apart[0] & names_apart[1]:
            return True
    return False


def _words(sentence: EvidenceSentence) -> list[str]:
    words = re.findall(r"[^\W\d_][\w-]*(?:['’]s)?", sentence.text)
    plain = [re.sub(r"['’]s$", "", word) for word in words]
    return [word for word in plain if word.casefold() not in MONTHS]


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much two sets of stems share, in 0…1: rare ones weigh more, the union counts."""
    union = one | other
    total = sum(max(rarity(stem), 0.3) for stem in union)
    return sum(max(rarity(stem), 0.3) for stem in one & other) / total if total else 0.0
