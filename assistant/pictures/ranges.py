"""The figures that sources give for what is asked, side by side, each with what it counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.entity_names import NameLookup
from assistant.memo.figures import AT_LEAST, AT_MOST, FigureStatement, canonical_name, statements_of
from assistant.memo.speakers import author_of, kind_of_speaker, speaker_of
from assistant.memo.translation import worded
from assistant.memo.values import COMPANY
from assistant.pictures.about import Material, leans, plain, said_by, shortened
from assistant.pictures.picture import Cell, Kind, Picture, Point, documents_in_words
from index.keyword_index import stems

LEAST, MOST = 3, 8
# Values that differ by less than this are one, rounded.
_ROUNDED = 0.03
_MONEY = {"usd": "US dollars", "cny": "yuan", "eur": "euros", "gbp": "pounds", "krw": "won",
          "jpy": "yen", "inr": "rupees"}  # fmt: skip
_ASKS_MONEY = re.compile(
    r"\b(?:costs?|prices?|spen[dt]|spending|invest\w*|budgets?|paid|pay|expensive|revenues?|sales|"
    r"charges?|cheap\w*)\b|成本|价格|花费|支出|投资|费用|收入|营收|销售",
    re.IGNORECASE,
)
_ASKS_SHARE = re.compile(r"\b(?:shares?|percent\w*|per cent|cut|takes?|portion|fraction)\b", re.I)
_ASKS_COUNT = re.compile(r"\bhow many (?P<noun>[\w-]+)|\bnumber of (?P<of>[\w-]+)|多少", re.I)
# Nouns that count one kind of thing, each shown as its source calls it.
_COUNTED = (
    frozenset("gpu processor chip acceler card unit die".split()),
    frozenset("employe peopl user".split()),
    frozenset("compani entiti".split()),
)
# A figure per something is another quantity than a total, and per another thing another again.
_PER = re.compile(
    r"^\s*(?:per|for (?:an?|one|each|every)|an?|each|/)\s*"
    r"(?P<per>(?:(?:million|billion|thousand|M|1M)\s+)?"
    r"(?:(?:cached\s+)?(?:input|output)\s+)?"
    r"(?:tokens?|(?:GPU|processor|chip|card)[- ]hours?|hours?|days?|weeks?|months?|"
    r"years?|requests?|chips?|GPUs?|units?|nodes?))\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r";\s|,\s+(?!\d{3})|\s(?:and|but|while|whereas)\s")
# What is asked about is what the figure leaves out.
_ELSEWHERE = re.compile(r"\b(?:outside|excluding|except|other than|apart from)\b", re.IGNORECASE)
_LOWER_END = re.compile(r"(?P<low>[$€£¥]?\d[\d.,]*)\s*(?:to|–|-)\s*$")
_ROUGHLY = re.compile(
    r"\b(?:about|around|roughly|approximately|some|nearly|almost|an estimated|close to)\s+"
    r"(?:US\s?)?$", re.IGNORECASE,
)  # fmt: skip
_LONGEST_LABEL = 120


def range_picture(material: Material) -> Picture | None:
    """Return the figures that answer the question, in its most frequent unit; None for too few.

    There must be LEAST different values, by two speakers or more.
    """
    by_unit: dict[str, list[Point]] = {}
    for unit, point in _figures(material):
        by_unit.setdefault(unit, []).append(point)
    if not by_unit:
        return None
    unit, found = max(by_unit.items(), key=lambda one: len(_distinct(one[1])))
    kept = _distinct(found)[:MOST]
    if len(kept) < LEAST or len({one.who for one in kept}) < 2:
        return None
    kept.sort(key=lambda one: -(one.value or 0))
    language = material.language
    title = worded(
        "{count} figures from {documents}, in {unit}", language, count=len(kept),
        documents=documents_in_words(kept, language), unit=_unit_in_words(unit, language),
    )  # fmt: skip
    note = worded("They do not all count the same: what each counts stands beside it.", language)
    heads = tuple(
        worded(one, language) for one in ("Value", "What it counts", "Who says so", "Source")
    )
    rows = tuple(
        (Cell(one.shown), Cell(plain(one.words), (one,)), Cell(one.who), Cell(one.named))
        for one in kept
    )
    return Picture(
        Kind.RANGE, title, tuple(kept), heads, rows, note,
        _unit_in_words(unit, language), language,
    )  # fmt: skip


def _figures(material: Material) -> Iterator[tuple[str, Point]]:
    """Yield the figures of sentences on the question, each with its unit."""
    asked = material.question
    counted = _counted_noun(asked)
    money = bool(_ASKS_MONEY.search(asked)) and not counted and not _ASKS_SHARE.search(asked)
    if not (money or counted):
        return
    for sentence in material.sentences:
        for one in statements_of(sentence):
            if not _of_the_thing(material, one):
                continue
            if not re.search(r"[^\W\d]|[$€£¥%]", one.shown):
                # The lower end of "2 to 5 billion dollars".
                continue
            place = sentence.text.find(one.shown)
            clause = _clause(sentence.text, place)
            if _ELSEWHERE.search(clause):
                continue
            per = _PER.match(sentence.text[place + len(one.shown) :])
            unit = one.unit
            if money:
                if unit not in _MONEY or not material.in_class(clause):
                    continue
                unit = f"{unit} per {per['per'].lower()}" if per else unit
            elif not (set(unit.split()) & counted) or per or not material.in_class(clause):
                continue
            yield unit, _point(material, one, clause)


def _counted_noun(question: str) -> frozenset[str]:
    """Return the stems of what a question wants the number of, with those of equal nouns."""
    found = _ASKS_COUNT.search(question)
    noun = found and (found["noun"] or found["of"])
    if not noun:
        return frozenset()
    own = frozenset(stems(noun))
    return next((group for group in _COUNTED if group & own), own)


def _of_the_thing(material: Material, one: FigureStatement) -> bool:
    """Say whether a figure is of what the question names, and not of something else named."""
    sentence = one.sentence
    if leans(sentence) or not material.bears(sentence.text, sentence):
        return False
    if any(NameLookup(sentence.text).holds(name) for name in material.topic.names):
        return True
    asked = {canonical_name(name) for name in material.topic.names}
    # "SemiAnalysis put the total at …" is of whom the title names; who speaks in his own text of
    # no name may speak of anything.
    reported = speaker_of(sentence).speaker not in ("", author_of(sentence.source))
    return reported and not any(kind_of_speaker(name) == COMPANY for name in one.subjects - asked)


def _clause(text: str, place: int) -> str:
    cuts = [0, *(found.start() for found in _CLAUSE.finditer(text)), len(text)]
    start = max(cut for cut in cuts if cut <= place)
    return text[start : min(cut for cut in cuts if cut > place)]


def _point(material: Material, one: FigureStatement, clause: str) -> Point:
    sentence = one.sentence
    whole = plain(sentence.text)
    before = sentence.text[: sentence.text.find(one.shown)]
    totals = [
        two
        for two in statements_of(sentence)
        if two.unit == one.unit and not _PER.match(sentence.text.partition(two.shown)[2])
    ]
    if len(totals) > 1:
        # Which of several figures it is must be seen: its own clause says it.
        label = _part_of(whole, plain(clause))
    elif len(whole) <= _LONGEST_LABEL:
        label = whole
    else:
        label = _around(whole, one.shown)
    sign = {AT_LEAST: "> ", AT_MOST: "< "}.get(one.bound, "")
    if _ROUGHLY.search(before):
        sign = "≈ "
    lower = _LOWER_END.search(before)
    shown = f"{before[lower.start() :]}{one.shown}" if lower else f"{sign}{one.shown}"
    return Point.at(
        sentence, label, value=float(one.value), low=_lower_value(lower, one), shown=shown,
        who=said_by(sentence), date=sentence.source.published, citation=material.number(sentence),
    )  # fmt: skip


def _lower_value(lower: re.Match[str] | None, one: FigureStatement) -> float | None:
    """Return the lower end of "2 to 5 billion": its number in the scale of the upper one."""
    upper = re.search(r"\d[\d.,]*", one.shown)
    if lower is None or upper is None:
        return None
    small, large = (
        float(text.strip(".,$€£¥").replace(",", "")) for text in (lower["low"], upper[0])
    )
    return float(one.value) * small / large if 0 < small < large else None


def _part_of(whole: str, clause: str) -> str:
    """Return a part of a sentence, with "…" where it is cut."""
    label = re.sub(r"^(?:and|but|while|whereas)\s+", "", clause.rstrip(" .,;"))
    begins, ends = whole.startswith(label), whole.rstrip(" .").endswith(label)
    return f"{'' if begins else '…'}{label}{'' if ends else '…'}"


def _around(text: str, shown: str) -> str:
    """Return the words around a figure, with "…" where some are left out."""
    end = text.find(shown) + len(shown)
    if end <= _LONGEST_LABEL:
        return shortened(text, _LONGEST_LABEL)
    cut = text[end - _LONGEST_LABEL + 1 : end]
    rest = text[end:].strip(" .")
    return f"…{cut.partition(' ')[2]}{'…' if rest else ''}"


def _distinct(found: list[Point]) -> list[Point]:
    """Return the figures of different value, the cited first; roundings of one are one."""
    kept: list[Point] = []
    for one in sorted(found, key=lambda point: point.citation is None):
        value = one.value or 0
        if not any(abs(value - (two.value or 0)) <= _ROUNDED * max(value, 1e-9) for two in kept):
            kept.append(one)
    return kept


def _unit_in_words(unit: str, language: str) -> str:
    base, _, per = unit.partition(" per ")
    name = worded(_MONEY.get(base, "number"), language)
    return worded("{unit} per {per}", language, unit=name, per=per) if per else name
