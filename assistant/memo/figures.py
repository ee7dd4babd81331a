"""Figures out of sentences: rows of a table, and statements that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from assistant.entity_names import names
from assistant.memo.sentence import EvidenceSentence
from assistant.memo.speakers import speaker_of
from corpus.date_mentions import date_mentions
from corpus.months import MONTHS
from corpus.quantities import Quantity, quantities
from corpus.vocabulary import groups
from index.keyword_index import stems
from index.query import STOP_WORDS, rarity

# Names of units in a table; units not listed are written as they are.
_UNIT_NAMES = {
    "percent": "%", "usd": "USD", "cny": "CNY", "eur": "EUR", "gbp": "GBP", "krw": "KRW",
    "jpy": "JPY", "inr": "INR", "hour": "hours", "gb": "GB", "tb": "TB", "pb": "PB", "gw": "GW",
    "mw": "MW", "kw": "kW",
}  # fmt: skip
# Durations and ordinals are no figures for a table.
_DURATIONS = frozenset(
    {"second", "minute", "day", "week", "month", "year", "decade", "century", "ordinal"}
)
# Counted nouns after a number, where there is no unit.
_COUNTED = re.compile(
    r"^[\s-]*(?:(?:or more|additional|new|further|total|active|activated|Chinese|H\d+|A100|"
    r"Ascend(?: \d+[A-Z]?)?|NVIDIA|Nvidia)\s+){0,3}"
    r"(?P<noun>(?:GPU|H\d+|chip|accelerator)[- ]?hours?|GPUs?|"
    r"chips?|processors?|accelerators?|tokens?|parameters?|FLOPs?|employees|people|users|downloads|"
    r"entities|companies|countries|models?|licen[cs]es|wafers?|units?|servers?|dies|prompts?|"
    r"requests|cards?|transistors|experts|layers|exaflops|petaflops|teraflops)\b"
)
_TRAILING = re.compile(
    r"\s+(?:about|around|of|for|at|to|by|the|a|an|another|only|some|roughly|approximately|nearly|"
    r"over|than|more|from|was|were|is|are|with|and|in|on|expected|total|just|as|up)$",
    re.IGNORECASE,
)
_PER_SENTENCE = 2
# What a quantity of a table is called: words before a figure that have none of these name nothing.
_NAMED = re.compile(
    r"\b(?:costs?|prices?|spending|expenses?|investments?|revenues?|sales|profits?|margins?|share|"
    r"fees?|fines?|penalt(?:y|ies)|budget|funding|valuation|tariffs?|rate|growth|output|"
    r"production|yields?|capacity|bandwidth|memory|performance|density|power|consumption|"
    r"thresholds?|ceiling|sizes?|lengths?|context|parameters?|tokens?|hours?|stake|"
    r"ownership|number|volume|exports?|imports?|shipments?|orders?|charges?|savings?|losses|"
    r"population|employment|employees|users|downloads|accuracy|score|speed|throughput)\b|"
    r"成本|价格|支出|投资|收入|营收|销售额?|利润|份额|占比|比例|费用|罚款|预算|估值|关税|税率|增长|产量|"
    r"产值|产能|良率|带宽|内存|显存|性能|功率|门槛|上限|规模|参数|数量|出口额?|进口额?|人口|速度",
    re.IGNORECASE,
)
# Verbs, which make a clause of it: "DeepSeek assumes a rental price".
_VERBAL = re.compile(
    r"(?:not|no|when|what|how|why|who|where|whether|if|does|do|did|would|could|should|may|might|"
    r"must|cannot|itself|says?|said|states?|writes?|wrote|puts?|gives?|gave|ran|rose|fell|reads?|"
    r"assumes?|arrives?|reports?|reported|proposed|bought|moved|handled|made|makes|has|had|have|"
    r"\w+(?:ed|izes|ises))",
    re.IGNORECASE,
)
# "35 percent less" compares, and states no quantity.
_COMPARES = re.compile(r"\s*(?:less|more|lower|higher|below|above|cheaper|faster|of)\b")
# Words before a figure that may say what is counted.
_WORDS = 9
_HAN = re.compile(r"[一-鿿]")
_BOUND = re.compile(r"[;:()\[\]“”\"]|,\s|\b(?:and|but|which|that|while|whereas)\b")
_LEADS = re.compile(
    r"^(?:[A-Z][\w.&'’-]*(?:\s+[A-Z][\w.&'’-]*)*\s+)?(?:says?|said|counts?|reports?|reported|states?|"
    r"stated|gives|puts|estimates?|estimated)\s+(?:that\s+)?",
)


@dataclass(frozen=True, slots=True)
class StatedQuantity:
    """A quantity that a sentence states; `shown` is its wording, `value` has the scale applied.

    `quantity` says what is counted, in words of the sentence or its heading; `as_of` is the date
    stated in the sentence, otherwise that of publication ("" where neither is known).
    """

    quantity: str
    value: float
    unit: str
    shown: str
    as_of: str
    sentence: EvidenceSentence


def stated_quantities(found: Iterable[EvidenceSentence]) -> list[StatedQuantity]:
    """Return the quantities with a name and a unit that sentences state, at most two for each.

    Equal ones (value, unit, and what is counted) are returned once.
    """
    rows: dict[tuple[float, str, str], StatedQuantity] = {}
    for sentence in found:
        if sentence.is_row or "://" in sentence.text:
            continue
        count = 0
        for one in quantities(sentence.text):
            row = _row(one, sentence)
            if row is None:
                continue
            rows.setdefault((row.value, row.unit, row.quantity.casefold()), row)
            count += 1
            if count == _PER_SENTENCE:
                break
    return list(rows.values())


def _row(one: Quantity, sentence: EvidenceSentence) -> StatedQuantity | None:
    text = sentence.text
    if one.unit in _DURATIONS:
        return None
    unit, end = _UNIT_NAMES.get(one.unit, one.unit), one.end
    if not unit:
        unit, end = counted_noun(text, one.end)
    quantity = _quantity(text, one.start, end, sentence)
    shown = text[one.start : end]
    if not quantity or not unit or unit == "times" or not re.search(r"\d", shown):
        return None
    if not _HAN.search(text):
        quantity = _name(quantity)
    if not _NAMED.search(quantity) or _COMPARES.match(text[end:]):
        return None
    return StatedQuantity(
        quantity=quantity,
        value=float(one.value),
        unit=unit,
        shown=shown.strip(),
        as_of=_as_of(sentence),
        sentence=sentence,
    )


def _name(words: str) -> str:
    """Return what a quantity is called, in two words or more; "" for words that name none."""
    found = words.split()
    named = [place for place, one in enumerate(found) if _NAMED.fullmatch(one.strip(",."))]
    if not named:
        return ""
    end = start = named[-1]
    while start and _is_part(found[start - 1]):
        start -= 1
    return " ".join(found[start : end + 1]) if end > start else ""


def _is_part(word: str) -> bool:
    return bool(
        re.fullmatch(r"[^\W\d_][\w.'’&-]*", word)
        and word.casefold() not in STOP_WORDS
        and not _VERBAL.fullmatch(word)
    )


def counted_noun(text: str, after: int) -> tuple[str, int]:
    """Return the noun that a bare number ending at `after` counts, and where it ends.

    ("", after) where none follows.
    """
    found = _COUNTED.match(text[after:])
    return (found["noun"], after + found.end()) if found else ("", after)


def _quantity(text: str, start: int, end: int, sentence: EvidenceSentence) -> str:
    """Return what a figure counts: the words before it, with those after it if these are few."""
    before = _LEADS.sub("", _BOUND.split(text[:start])[-1].strip())
    words = before.split()[-_WORDS:]
    if _content(words) < 2:
        after = _BOUND.split(text[end:].strip(" .,"))[0].split()[:_WORDS]
        words = [*words, *after]
    if _content(words) < 2:
        words = (sentence.passage.heading.rpartition(" › ")[2] or sentence.source.title).split()
    quantity = " ".join(words).strip(" ,.;:–—-$€£¥~")
    while (cut := _TRAILING.sub("", quantity)) != quantity:
        quantity = cut
    return quantity


def _content(words: list[str]) -> int:
    return sum(word.casefold().strip(".,") not in STOP_WORDS for word in words)


def _as_of(sentence: EvidenceSentence) -> str:
    """Return the date that a sentence states, as ISO 8601; that of publication otherwise."""
    dates = (one.iso for one in date_mentions(sentence.text))
    return next((iso for iso in dates if iso), "") or sentence.source.published


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
# Words of reporting and rounding, which say nothing about the thing that is counted.
_REPORTING_STEMS = frozenset(
    stem
    for word in (
        "says said states stated reports reported claims claimed estimates estimated announced put "
        "puts gives gave counts counted according about roughly approximately around some nearly "
        "almost total figure number million billion thousand percent dollars company firm new also "
        "still now later earlier including only just than own month year quarter"
    ).split()
    for stem in stems(word)
)
_NEEDS_CONTEXT = re.compile(r"^(?:It|They|This|These|That|Those|Its|Their|Each|Both)\b")
_CLAUSE = re.compile(r";|,\s+(?:and|but|while|whereas|which)\s|\s(?:while|whereas)\s")


# "Up 217 percent", "a 217 percent increase" and "19 percent of revenue" are different measures.
_CHANGES = (
    r"(?:up|down|rose|ris(?:en|es?|ing)|gr[eo]w(?:n|s|ing|th)?|increas\w+|decreas\w+|declin\w+|"
    r"fell|fall(?:en|s|ing)?|drop\w*|jump\w*|surg\w+|soar\w*|climb\w*|shr[aiu]nk\w*|gain\w*|"
    r"higher|lower|more|less|faster|slower|cheaper|above|below|year[- ](?:over|on)[- ]year|"
    r"sequentially|reduc\w+|cut|improv\w+)"
)
_GROWTH_BEFORE = re.compile(rf"\b{_CHANGES}\b|增长|上升|下降|减少|增加", re.IGNORECASE)
_GROWTH_AFTER = re.compile(
    rf"(?:[\w-]+ )?{_CHANGES}\b|(?:from|compared (?:to|with)) (?:a|the|last|fiscal|prior)\b",
    re.IGNORECASE,
)
_SHARE_BEFORE = re.compile(
    r"\b(?:share|account\w* for|represent\w*|comprise\w*|constitut\w+|mak\w+ up|made up|holds?|"
    r"held)\b|占",
    re.IGNORECASE,
)
_SHARE_AFTER = re.compile(r"\s*(?:of|share)\b", re.IGNORECASE)
# The quarter's figure is not the year's.
_PERIOD = re.compile(
    r"\b(?:(?:first|second|third|fourth) (?:fiscal )?(?:quarter|half)|(?:six|nine) months|Q[1-4]|"
    r"H[12](?= (?:19|20)\d\d)|(?:fiscal|full) year)\b",
    re.IGNORECASE,
)
# The revenue of a part of a firm is not that of the firm.
_ACCOUNT = re.compile(r"\b(?:revenues?|sales|income|profits?|margins?|expenses?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FigureStatement:
    """A figure that a sentence states, with the features by which it is compared.

    `things` are the names with digits (V3, H20, FY2024) and `subjects` the other names, in lower
    case with aliases unified; `attribute` the stems of what is counted, near the figure; `exact`
    the significant digits; `times` the dates stated, as "2024" or "2024-03". `bound` is AT_LEAST,
    AT_MOST or EQUAL. `measure` are the features in which two statements of one thing must be equal:
    growth or share, the period of an account, and which part of a revenue.
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
    measure: tuple[str, ...] = ()


def statements_of(sentence: EvidenceSentence) -> Iterator[FigureStatement]:
    """Yield the figures with a unit that a sentence states."""
    text = sentence.text
    # "It comprises 236B parameters" does not say what does.
    if sentence.is_row or "://" in text or _NEEDS_CONTEXT.match(text):
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
        # A number within a name: "R1-Zero".
        if text[max(0, one.start - 1) : one.start] in "-–" and one.start:
            continue
        # "One-tenth" and "half" are figures of speech as often as figures.
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
            if word.casefold() not in STOP_WORDS
            and stem not in _REPORTING_STEMS
            and stem not in own
        )
        before = text[max(0, one.start - 30) : one.start]
        bound = AT_LEAST if _LEAST.search(before) else AT_MOST if _MOST.search(before) else EQUAL
        if re.match(r"\+|\s+or more", text[end:]):
            bound = AT_LEAST
        yield FigureStatement(
            one.value, unit, text[one.start : end].strip(), one.exact, bound,
            things, subjects, attribute, times, said, sentence,
            _measure(text, one, start, stop),
        )  # fmt: skip


def _measure(text: str, one: Quantity, start: int, stop: int) -> tuple[str, ...]:
    """Return what kind of measure a figure in the clause `start` to `stop` is."""
    clause = text[start:stop]
    before, after = text[start : one.start], text[one.end : stop]
    kind = ""
    if one.unit == "percent":
        before, after = " ".join(before.split()[-4:]), " ".join(after.split()[:4])
        if _GROWTH_BEFORE.search(before) or _GROWTH_AFTER.match(after):
            kind = "growth"
        elif _SHARE_BEFORE.search(before) or _SHARE_AFTER.match(after):
            kind = "share"
    period = " ".join(sorted({found[0].casefold() for found in _PERIOD.finditer(text)}))
    part = ""
    if account := _ACCOUNT.search(clause):
        words = clause[: account.start()].split()
        begin = len(words)
        while begin and (
            _is_part(words[begin - 1]) and not words[begin - 1].endswith(("'s", "’s"))
        ):
            begin -= 1
        part = " ".join(words[begin:]).casefold()
    return kind, period, part


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
    """Return a name in lower case, an alias as the first of its group, without a maker's prefix.

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


# Groups of words of which different ones in the same position mean different things.
_CONTRARY = (
    {"input", "output", "cached"}, {"training", "inference", "pre-training", "serving"},
    {"house", "senate"}, {"import", "export", "imports", "exports"}, {"first", "second", "third"},
    {"minimum", "maximum"}, {"federal", "state"}, {"upper", "lower"},
    {"total", "active", "activated"},
    {"daily", "weekly", "monthly", "yearly", "annual"}, {"revenue", "profit", "loss", "sales"},
)  # fmt: skip


def tell_two_things(one: EvidenceSentence, other: EvidenceSentence) -> bool:
    """Say whether two sentences differ in a name, or in contrary words, at the same position.

    "Italy banned the app" and "Australia banned the app" are about two things. Names of the
    speakers are ignored.
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
    """Return the Jaccard similarity, 0 to 1, of two sets of stems weighted by rarity."""
    union = one | other
    total = sum(max(rarity(stem), 0.3) for stem in union)
    return sum(max(rarity(stem), 0.3) for stem in one & other) / total if total else 0.0
