"""What happened when: the dated events that sentences on the question report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.memo.sentence import EvidenceSentence
from assistant.memo.timeline import events
from assistant.memo.translation import worded
from assistant.memo.values import Memo
from assistant.pictures.about import Material, content, leans, plain, shortened
from assistant.pictures.dates import day_in_words
from assistant.pictures.picture import Cell, Kind, Picture, Point, documents_in_words, documents_of
from corpus.date_mentions import DateMention, date_mentions
from index.keyword_index import stems

LEAST, MOST = 3, 12
# Questions that events do not answer: they want a number, and no history.
_WANTS_NUMBER = re.compile(
    r"\b(?:how (?:many|much|large|big|long|fast|expensive)|costs?|prices?|spen[dt]|size)\b|"
    r"多少|多大|成本|价格",
    re.IGNORECASE,
)
_WANTS_TIME = re.compile(
    r"\b(?:when|chang\w+|happen\w*|history|timeline|since|became|develop\w*|evol\w+|over time)\b|"
    r"何时|时间|变化|历史|经过|发生",
    re.IGNORECASE,
)
# "as before 29 September 2025" dates a state, "(up from 2023)" a comparison.
_BESIDE = re.compile(r"\b(?:before|than|up from|like|unlike)\s*(?:the\s+)?$", re.IGNORECASE)
# The words that lead a date in, which go with it where the date stands beside the label.
_LEAD = re.compile(r",?\s*\b(?:on|in)\s+(?:the\s+)?(?:late\s+|early\s+|mid-?)?$", re.IGNORECASE)
# What would be left hanging without its date: "a rule published", "starting, the rule …".
_LEFT_OPEN = re.compile(r"(?:ed|ing|is|was|and|to|effect|force)\s*$")
_WHEN = re.compile(r"when\b|on what (?:day|date)\b|in which year\b", re.IGNORECASE)
# Acts that anything dated is, or that a rule undergoes: the whole of its history answers.
_ANY_ACT = frozenset(
    stems("change changed happen happened rescinded suspended amended made published rule rules "
          "law effect force begin began start started")
)  # fmt: skip
_IN_A_LIST = re.compile(r"\s+(?:and|or)\s+[A-Z]")
_BEGINNING = 20
_LONGEST_LABEL = 150


def timeline_of_answer(material: Material, found: Sequence[Point]) -> Picture | None:
    """Return the timeline of the events on the question; None for fewer than LEAST.

    None, too, where a number is asked for.
    """
    asked = material.question
    if _WANTS_NUMBER.search(asked) and not _WANTS_TIME.search(asked):
        return None
    if not (_WANTS_TIME.search(asked) or material.classes) and documents_of(found) < 2:
        # What one document tells in a row is read as fast.
        return None
    return timeline(found, material.language)


def events_on(material: Material) -> list[Point]:
    """Return the events on the question, by date, one for each act."""
    years = {str(one.year) for one in date_mentions(material.question) if one.year}
    act = _act_asked(material)
    found: list[Point] = []
    seen: dict[str, tuple[str, int, int]] = {}
    for event in events(material.sentences):
        bearing = [
            (sentence, text)
            for sentence in event.sentences
            for text in [
                _whole(event.text, sentence.text) if event.text in sentence.text else sentence.text
            ]
            if text not in seen and _bears(material, event.date, sentence, text, act)
        ]
        if not bearing or (years and event.date[:4] not in years):
            continue
        cited = [one for one in bearing if material.number(one[0]) is not None]
        sentence, text = (cited or bearing)[0]
        # "in August and September": one act with two dates is shown once, in the longer words.
        held = next((one for one in seen if text.startswith(one)), None)
        if held is not None:
            place = next(at for at, one in enumerate(found) if one.place == seen[held])
            found[place] = replace(found[place], label=shortened(plain(text), _LONGEST_LABEL))
            continue
        seen[text] = sentence.key
        found.append(
            Point.at(
                sentence,
                label_of(text, event.date),
                date=event.date,
                citation=material.number(sentence),
            )
        )
    return found


def _act_asked(material: Material) -> str:
    """Return the stem of what a question asks the time of: "When was it released?"; "" for none."""
    if not _WHEN.match(material.question) or material.classes:
        # Whatever befell a rule is of its course.
        return ""
    named = content(" ".join(material.topic.names))
    acts = [one for one in material.topic.weights if one not in named | _ANY_ACT]
    return acts[-1] if acts else ""


def _bears(material: Material, day: str, sentence: EvidenceSentence, text: str, act: str) -> bool:
    """Say whether a part of a sentence reports an event of a day that is on the question."""
    mention = mention_of(text, day)
    if mention is None or len(day) < 7 or _BESIDE.search(text[: mention.start]):
        return False
    if leans(sentence) or (act and act not in content(text)) or not material.in_class(text):
        return False
    return material.bears(text, sentence)


def mention_of(text: str, day: str) -> DateMention | None:
    """Return where a text states a date; the year may stand elsewhere."""
    year, month, number = (*(int(one) for one in day.split("-")), None, None)[:3]
    return next(
        (
            one
            for one in date_mentions(text)
            if one.year in (None, year) and (one.month, one.day) == (month, number)
        ),
        None,
    )


def label_of(text: str, day: str) -> str:
    """Return what a clause says, without the date that stands beside it, shortened."""
    text = plain(text)
    mention = mention_of(text, day)
    if mention is not None:
        lead, after = text[: mention.start], text[mention.end :]
        before = _LEAD.sub("", lead)
        if not before.strip(" -•*[("):
            text = after.lstrip(" ,:])–-")
        elif before != lead and not (_LEFT_OPEN.search(before) and re.match(r"\W*$|,", after)):
            text = f"{before}{after}"
    text = plain(text).rstrip(".。")
    return shortened(text[:1].upper() + text[1:], _LONGEST_LABEL)


def timeline_of_memo(memo: Memo) -> Picture | None:
    """Return the timeline of a memo's events; None for fewer than LEAST."""
    points: list[Point] = []
    for one in memo.events:
        if not one.citations or len(one.date) < len("2025-01"):
            # A year is no place on the axis, and covers it.
            continue
        citation = memo.citation(one.citations[0])
        label = label_of(_whole(one.text, citation.quote), one.date)
        if any(two.citation == citation.number and _alike(two.label, label) for two in points):
            continue
        if one.others:
            dates = ", ".join(day_in_words(day, memo.language) for day, _ in one.others)
            label = f"{label} {worded('(other dates given: {dates})', memo.language, dates=dates)}"
        points.append(
            Point(label, one.text, citation.document, citation.start, citation.end,
                  citation.source, citation.number, one.date)
        )  # fmt: skip
    return timeline(points, memo.language, most=20)


def _whole(clause: str, sentence: str) -> str:
    """Return a clause, or its sentence where it was cut in a list: "… that Samsung | and Hynix"."""
    _, _, rest = sentence.partition(clause)
    return sentence if _IN_A_LIST.match(rest) and clause[-1:].isalnum() else clause


def _alike(one: str, other: str) -> bool:
    """Say whether two labels are of one sentence with several dates: they begin alike."""
    return one[:_BEGINNING] == other[:_BEGINNING]


def timeline(found: Sequence[Point], language: str, *, most: int = MOST) -> Picture | None:
    """Return the picture of some events; None for fewer than LEAST, or all on one day."""
    if len({one.date for one in found}) < LEAST:
        return None
    kept = sorted(found[:most] if len(found) <= most else _spread(found, most), key=_order)
    title = worded(
        "{count} dated events, {first} to {last}, from {documents}", language,
        count=len(kept), first=day_in_words(kept[0].date, language),
        last=day_in_words(kept[-1].date, language), documents=documents_in_words(kept, language),
    )  # fmt: skip
    left = len(found) - len(kept)
    note = worded("{count} more in the sources are left out", language, count=left) if left else ""
    heads = tuple(worded(one, language) for one in ("Date", "Event", "Source"))
    rows = tuple(
        (Cell(day_in_words(one.date, language)), Cell(plain(one.words), (one,)), Cell(one.named))
        for one in kept
    )
    return Picture(Kind.TIMELINE, title, tuple(kept), heads, rows, note, language=language)


def _spread(found: Sequence[Point], most: int) -> list[Point]:
    """Return the events that are cited, then the others in the order of the evidence."""
    return sorted(found, key=lambda one: one.citation is None)[:most]


def _order(point: Point) -> str:
    return point.date
