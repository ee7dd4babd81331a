"""When a document says it was published, changed and fetched, told from every other date in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from corpus.date_mentions import DateMention, date_mentions
from corpus.document import Source
from corpus.i18n import tr
from corpus.partial_dates import first_day
from corpus.readers.blocks import Blocks
from corpus.readers.date_labels import (
    AFTER,
    BEFORE_DATE,
    BETWEEN,
    BYLINE,
    EVENT,
    KEYS,
    LABELS,
    OF_ANOTHER,
    OTHER,
    OTHERS_BEGIN,
    PLACE,
    SUBJECT,
)

# A label stands near the beginning, a bare date in the title block, a change at the foot as well.
_LABELLED, _FIRST, _FOOT = 3_000, 700, 1_500
# Nothing of a kind was published before there was such a thing; of what a text may copy from paper,
# nothing is believed to be older than these without a word that says so.
_EARLIEST = {"html": "1991", "markdown": "1991", "docx": "1990", "slides": "1990", "table": "1985",
             "email": "1971"}  # fmt: skip
_PAPER, _BARE = "1900", "1970"
# What stands before a date where it does not belong to a sentence.
_PARTED = re.compile(r"(?:^|[|·•—–/(\[\t])\W*$")
# "WASHINGTON, Jan. 28, 2025 (Agency) – The office said …": the sentence begins after the date.
_DATELINE = re.compile(r"\s*(?:[(—–/]|-\s|\.\s?[-–—])")
_SENTENCE = re.compile(
    r"\s*,?\s+(?:the|an?|it|this|which|that|and|he|she|they|we)\b", re.IGNORECASE
)
_COMPACT = re.compile(r"\s*(?:D:)?((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d{3}\b)")
_SHORT = re.compile(r"[0-3]\d[.-][01]\d[.-]\d\d(?![\d.-])")
# Languages and lands whose figures begin with the year, or, in English, with the day.
_YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu", "lt", "mn", "fa"})
_DAY_LANDS = frozenset({"gb", "uk", "au", "nz", "ie", "in", "za", "sg", "hk", "my", "ng", "ke"})
_MONTH_LANDS = frozenset({"us", "ph"})


@dataclass(frozen=True, slots=True)
class StatedDates:
    """What a document says of its time: ISO 8601, shortened where it says less; "" unknown.

    `doubts` are questions that only a person can settle, as in Document.doubts.
    """

    published: str = ""
    updated: str = ""
    fetched: str = ""
    doubts: tuple[str, ...] = ()


def parse_date(text: str, *, language: str = "") -> str:
    """Return the date that a value states ("2025-01-28T10:30Z", "Q3 2025", "20250128"), or "".

    The first where there are several; "" where it can be read in two ways. A year alone counts in a
    value that says little else. `language` is a tag as of BCP 47 ("en-GB").
    """
    if compact := _COMPACT.match(text):
        text = "-".join(compact.groups())
    text = text.strip()
    found = [one for one in date_mentions(text, loose=True) if one.iso]
    if not found:
        return ""
    one = _read(_alike(found, 0), _day_first(language, found))
    return one.iso if not one.unsure and (one.month or len(text) <= 20) else ""


def find_dates(
    text: str,
    *,
    said: Mapping[str, str] | None = None,
    kind: str = "",
    language: str = "",
    tables: Sequence[tuple[int, int]] = (),
    today: str = "",
) -> StatedDates:
    """Return when a document was published, updated and fetched, as far as it says so.

    `said` is what its file says of it beside the text (front matter, <meta>, properties), by key.
    A label that says "originally published" goes first, then `said`, then other labels
    ("Published: …", "Mis à jour le …", "发布时间") near the beginning, then a date that stands by
    itself in the title block, in none of the spans of `tables`. A date after `today` (ISO,
    that of the clock by default), or from long before there were files of this `kind`, is none.
    """
    return _Reading(text, said or {}, kind, language, tables, today).stated()


class _Reading:
    """One document's dates, by what they stand beside."""

    def __init__(
        self,
        text: str,
        said: Mapping[str, str],
        kind: str,
        language: str,
        tables: Sequence[tuple[int, int]],
        today: str,
    ) -> None:
        self._head = text[:_LABELLED]
        if others := OTHERS_BEGIN.search(self._head):
            self._head = self._head[: others.start()]
        foot = max(len(self._head), len(text) - _FOOT)
        self._foot = text[foot:]
        self._said = {re.sub(r"[^a-z]", "", key.lower()): value for key, value in said.items()}
        self._kind, self._language, self._tables = kind, language, tables
        last = date.fromisoformat(today) if today else date.today()
        # A day later somewhere on earth.
        self._last = (last + timedelta(days=1)).isoformat()
        self._doubts: list[str] = []
        self._dates = [one for one in date_mentions(self._head) if one.iso]

    def stated(self) -> StatedDates:
        original = self._value("original")
        published = self._labelled("first") or original or self._value("published")
        fetched = self._value("fetched") or self._labelled("fetched")
        if original and not fetched:
            # Whoever republished it gave it a date as well.
            again = self._value("published")
            fetched = again if again != original else ""
        published = published or self._labelled("published") or self._labelled("dated")
        published = published or self._beside() or self._bare()
        if fetched and published and first_day(published) > fetched:
            published = ""
        updated = self._value("updated") or self._labelled("updated")
        updated = updated or self._labelled("updated", foot=True)
        if published and updated and first_day(updated) < first_day(published):
            updated = ""
        return StatedDates(published, updated, fetched, tuple(dict.fromkeys(self._doubts)))

    def _value(self, field: str) -> str:
        """Return what the file says beside its text."""
        for key in KEYS[field]:
            value = self._said.get(key, "")
            if not value:
                continue
            if iso := parse_date(value, language=self._language):
                if self._possible(iso):
                    return iso
            elif len({one.iso for one in date_mentions(value) if one.unsure}) > 1:
                self._ask(field, value, date_mentions(value))
        return ""

    def _labelled(self, field: str, *, foot: bool = False) -> str:
        """Return the date after the first label of a field, "" where none has one."""
        text = self._foot if foot else self._head
        found = [one for one in date_mentions(text) if one.iso] if foot else self._dates
        for label, language in _labels(text, field):
            begin = text.rfind("\n", 0, label.start()) + 1
            last = max((one.end for one in found if one.end <= label.start()), default=0)
            follows = last > begin and bool(BETWEEN.fullmatch(text, last, label.start()))
            # "Report No.: 12 Version: 2 Publication Date: 04/16/2026".
            colon = re.match(r"[*_ ]*[:：]", text[label.end() : label.end() + 5])
            follows |= bool(colon) and field != "dated" and label[0][:1].isupper()
            if not (follows or _begins(text[begin : label.start()], label[0])) or (
                self._kind == "table" and field == "dated"
            ):
                continue
            end = label.end()
            if short := _SHORT.match(text, _after_gap(text, end)):
                near = date_mentions(short[0], loose=True)
            else:
                near = next(
                    (
                        _alike(found, place)
                        for place, one in enumerate(found)
                        if one.start >= end and _gap(text[end : one.start])
                    ),
                    [],
                )
                if near and self._other(text, field, near[-1]):
                    continue
            if iso := self._iso_of(field, near, language):
                return iso
        return ""

    def _other(self, text: str, field: str, one: DateMention) -> bool:
        """Say whether what follows a labelled date makes it that of another thing."""
        after = text[one.end :].split("\n", 1)[0]
        if len(after) > 20 and _SENTENCE.match(after):
            return True
        return field == "dated" and bool(EVENT.search(text[one.end : one.end + 200]))

    def _iso_of(self, field: str, near: Sequence[DateMention], language: str = "") -> str:
        if not near:
            return ""
        tag = self._language or language
        one = _read(near, _day_first(tag, self._dates))
        if one.unsure:
            self._ask(field, one.text, near)
            return ""
        return one.iso if self._possible(one.iso) else ""

    def _ask(self, field: str, written: str, ways: Sequence[DateMention]) -> None:
        named = {"updated": tr("updated"), "fetched": tr("fetched")}
        days = [date.fromisoformat(one.iso) for one in ways if one.iso]
        one, other = (f"{day.day} {day:%B}" for day in days[:2])
        self._doubts.append(
            tr(
                "{field}: {written} is {first} or {second} {year}",
                field=named.get(field, tr("published")),
                written=written.strip(),
                first=one,
                second=other,
                year=days[0].year,
            )
        )

    def _possible(self, iso: str, earliest: str = "") -> bool:
        first = max(_EARLIEST.get(self._kind, _PAPER), earliest)
        return first <= iso and first_day(iso) <= self._last

    def _beside(self) -> str:
        """Return a date that a word after it calls that of publication: "2026-02-03 发布"."""
        for place, one in enumerate(self._dates):
            if AFTER.match(self._head, one.end) and (
                iso := self._iso_of("published", _alike(self._dates, place))
            ):
                return iso
        return ""

    def _bare(self) -> str:
        """Return a date that stands alone in the title block."""
        if self._kind == "table":
            return ""
        for place, one in enumerate(self._dates):
            if one.start >= _FIRST:
                return ""
            begin = self._head.rfind("\n", 0, one.start) + 1
            before = self._head[begin : one.start]
            after = self._head[one.end :].split("\n", 1)[0]
            if self._in_table(one.start, begin) or not one.month or not _alone(before, after, one):
                continue
            above = self._head[:begin].rstrip().rpartition("\n")[2]
            if EVENT.search(self._head[one.end : one.end + 200]) or OF_ANOTHER.search(above):
                continue
            near = _alike(self._dates, place)
            if near[0].unsure and self._iso_of("published", near) == "":
                return ""
            iso = self._iso_of("published", near)
            if iso and self._possible(iso, _BARE):
                return iso
        return ""

    def _in_table(self, offset: int, line: int) -> bool:
        """Say whether a place lies in a table, or its line in several of cells."""
        if any(start <= offset < end for start, end in self._tables):
            return True
        above = self._head[: max(0, line - 1)].rpartition("\n")[2]
        own, _, rest = self._head[line:].partition("\n")
        return " | " in own and any(" | " in one for one in (above, rest.partition("\n")[0]))


def _labels(text: str, field: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the labels of a field in the order of the text, each with its language."""
    found = [
        (match, language) for language, pattern in LABELS[field] for match in pattern.finditer(text)
    ]
    yield from sorted(found, key=lambda one: (one[0].start(), -len(one[0][0])))


def _begins(before: str, label: str) -> bool:
    """Say whether a label begins a statement: "issued" within a sentence is about other papers."""
    if not label.isascii() and re.match(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", label):
        return True
    if _PARTED.search(before) or SUBJECT.search(before) or BYLINE.fullmatch(before):
        return len(before) < 120
    return label[:1].isupper() and before.rstrip().endswith((",", ";", ".")) and len(before) < 60


def _gap(between: str) -> bool:
    """Say whether a date belongs to the label before it: weekday and time of day may part them."""
    for one in reversed(date_mentions(between)):
        if one.minutes is not None or one.weekday:
            between = between[: one.start] + between[one.end :]
    return bool(BEFORE_DATE.fullmatch(between))


def _after_gap(text: str, place: int) -> int:
    found = re.compile(r"[^\w\n]{0,6}(?:(?:on|am|le|el|em|op|il|den)\s)?").match(text, place)
    return found.end() if found else place


def _alone(before: str, after: str, one: DateMention) -> bool:
    """Say whether a date stands by itself in its line, or after a name and before a sentence."""
    byline = bool(BYLINE.fullmatch(before))
    if (OTHER.search(before) and not byline) or len(before) >= 60:
        return False
    parted = any(one.search(before) for one in (_PARTED, PLACE, SUBJECT))
    if not (byline or parted) and re.search(r"[^\W\d_]", before):
        return False
    if not one.day:
        return not before.strip() and not after.strip()
    if re.match(r"\s*(?:[-–—]|to|bis|au|al|until)\s*\d", after) or re.search(
        r"\d\s*[-–—]\s*$", before
    ):
        return False  # the days of an event
    times = [it for it in date_mentions(after[:30]) if it.minutes is not None]
    rest = after[times[0].end :] if times and times[0].start < 8 else after
    if not rest.strip(' .\t"”*_'):
        return True
    if _DATELINE.match(rest):
        return True
    return len(rest) < 40 and bool(
        re.match(r"\s*(?:[|·•,]|by\s|UTC|GMT|[A-Z]{2,4}\b|h\b|Uhr)", rest)
    )


def _alike(found: Sequence[DateMention], place: int) -> list[DateMention]:
    """Return the readings of the date at a place: two where it may be read in two ways."""
    one = found[place]
    return [
        it
        for it in found[max(0, place - 1) : place + 2]
        if (it.start, it.end) == (one.start, one.end)
    ]


def _read(near: Sequence[DateMention], day_first: bool | None) -> DateMention:
    """Return the reading that the order of day and month decides; an unsure one where none does."""
    if len(near) < 2 or day_first is None:
        return near[0]
    first = near[0] if near[0].text.lstrip("0").startswith(str(near[0].day)) else near[1]
    other = near[1] if first is near[0] else near[0]
    return replace(first if day_first else other, unsure=False)


def _day_first(tag: str, found: Sequence[DateMention]) -> bool | None:
    """Say whether figures begin with the day, None where nothing tells.

    Another date of the text does, one whose day is no month; then the language and land.
    """
    for one in found:
        parts = re.fullmatch(r"(\d\d?)[/-](\d\d?)[/-]\d+", one.text)
        if parts and not one.unsure and parts[1] != parts[2]:
            return int(parts[1]) == one.day
    language, _, land = tag.lower().replace("_", "-").partition("-")
    land = land.rpartition("-")[2]
    if not language or language in _YEAR_FIRST:
        return None
    if language == "en":
        return True if land in _DAY_LANDS else False if land in _MONTH_LANDS else None
    return True


def source_dates(
    blocks: Blocks,
    kind: str,
    *,
    text: str = "",
    said: Mapping[str, str] | None = None,
    language: str = "",
    known: str = "",
    otherwise: str = "",
) -> dict[str, str]:
    """Return the fields of a Source that say when, and note in `blocks` what is doubtful.

    As `find_dates`, of `text` where that is not what the blocks hold; `known` is a date of
    publication that is beyond doubt, `otherwise` one for a document that says none itself.
    """
    own = blocks.document(Source("", ""))
    text = text or own.text
    # Text put before the document's own shifts its tables; for another text none are known.
    shift = len(text) - len(own.text) if text.endswith(own.text) else None
    tables = (
        [(one.start + shift, one.end + shift) for one in own.tables] if shift is not None else []
    )
    found = find_dates(text, said=said, kind=kind, language=language, tables=tables)
    for question in found.doubts:
        if not (known and question.startswith("published")):
            blocks.doubt(question)
    asked = any(question.startswith("published") for question in found.doubts)
    published = known or found.published or ("" if asked else otherwise)
    return {"published": published, "updated": found.updated, "fetched": found.fetched}
