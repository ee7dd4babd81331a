"""Questions that ask for a calculation over a table: what is to be counted, added or compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from assistant.tables.table_values import numbers_of
from corpus.date_mentions import date_mentions
from index.keyword_index import stems

# Synonyms, a group a line: the head of a column rarely has the word that a question uses.
_SYNONYMS = (
    "sell sold sale sales seller selling turnover revenue revenues",
    "make made makes maker makers manufacture produce produced producer production output",
    "price prices cost costs fee fare cheap expensive pay paid",
    "staff employ employs employees employee workers people personnel headcount",
    "crew crews sailors members",
    "length long", "height tall high", "width wide broad", "depth deep", "duration long lasts",
    "weight mass heavy weigh weighs tonnage", "speed fast quick", "size large big",
    "age old young", "population populous inhabitants people", "power powerful",
    "capacity hold holds carry carries", "emission emissions emit emits emitted",
    "parameters parameter params", "profit profits earn earns earned",
    "date year day", "release released launch launched date year",
    "build built construction constructed date year", "found founded foundation date year",
    "open opened date year", "publish published date year", "announce announced date year",
    "export exports exported", "import imports imported",
    "own owns owned owner owners", "visitor visitors visit visits visited", "area surface",
)  # fmt: skip
_DATE_WORDS = (
    "date year built released release launched launch founded opened published announced day"
)
# The measure that a superlative implies ("longest": length); "" where the question names it.
_LARGEST = {
    "most": "", "highest": "", "largest": "", "biggest": "", "greatest": "", "maximum": "",
    "longest": "length duration context", "tallest": "height", "heaviest": "weight",
    "fastest": "speed", "deepest": "depth", "widest": "width", "broadest": "width",
    "most expensive": "price", "dearest": "price", "costliest": "price",
    "most populous": "population", "most powerful": "power",
    "最高": "", "最多": "", "最大": "", "最长": "长", "最贵": "价", "最重": "重", "最快": "速",
}  # fmt: skip
_SMALLEST = {
    "least": "", "fewest": "", "lowest": "", "smallest": "", "minimum": "",
    "shortest": "length duration context", "lightest": "weight", "slowest": "speed",
    "shallowest": "depth", "narrowest": "width", "cheapest": "price", "least expensive": "price",
    "least populous": "population", "最低": "", "最少": "", "最小": "", "最短": "长",
    "最便宜": "价", "最轻": "重", "最慢": "速",
}  # fmt: skip
_LATEST = ("newest", "latest", "most recent", "most recently", "youngest", "最新", "最晚")
_EARLIEST = ("oldest", "earliest", "最早", "最老")


def _alternatives(words: Iterable[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(rf"\b{one}\b" if one.isascii() else one for one in ordered)


_SUPERLATIVE = re.compile(
    r"(?<!\bat )(?<!\bsecond )(?<!\bthird )(?:"
    rf"(?P<largest>{_alternatives(_LARGEST)})|(?P<smallest>{_alternatives(_SMALLEST)})|"
    rf"(?P<latest>{_alternatives(_LATEST)})|(?P<earliest>{_alternatives(_EARLIEST)}))(?!\s+(?:of|part)\b)"
)
# "Which ship was built first?": before a noun "first" is part of a name ("the First World War").
_IN_TIME = re.compile(r"\b(?P<verb>\w+(?:ed|ilt)|came|begun|began) (?:(?P<first>first)|last)\b")
_RANKED = re.compile(
    r"\b(?:second|third|fourth|fifth|top|two|three|four|five|\d+)[ -](?:the )?"
    r"(?:most|least|\w+est)\b"
)
_WHICH = re.compile(r"\b(?:which|what|who|whose|where|name)\b|哪|谁|什么")
_HOW_MANY = re.compile(r"\bhow many\b|\b(?:what is the |the )?(?:number|count) of\b|多少|几")
_SUM = re.compile(
    r"\b(?:in total|total|sum|altogether|together|combined|in all|added up|add up)\b|"
    r"总共|一共|合计|总计|总和|总"
)
_AVERAGE = re.compile(r"\b(?:on average|average|mean)\b|平均")
_TIMES = re.compile(r"\bhow many times(?: (?:as|more|larger|higher|bigger|longer|the))?\b")
_COMPARATIVE_MEASURES = {
    "longer": "length duration context", "shorter": "length duration context", "taller": "height",
    "heavier": "weight", "lighter": "weight", "cheaper": "price", "dearer": "price",
    "faster": "speed", "slower": "speed", "deeper": "depth", "wider": "width", "costlier": "price",
    "more expensive": "price",
}  # fmt: skip
_LOWER_COMPARATIVES = frozenset(
    {"shorter", "lighter", "cheaper", "slower", "less", "fewer", "lower", "smaller"}
)
_COMPARATIVE = "|".join(sorted(_COMPARATIVE_MEASURES, key=len, reverse=True))
_DIFFERENCE = re.compile(
    r"\b(?:the |by )?difference\b|"
    rf"\bhow (?:many|much) (?P<word>{_COMPARATIVE}|more|fewer|less|higher|lower|larger|smaller)\b"
)
_LIMIT = re.compile(
    rf"\b(?P<word>{_COMPARATIVE}|more|fewer|less|higher|lower|larger|smaller|greater|bigger) "
    r"than (?=\S)|"
    r"\b(?P<over>over|above|exceed(?:s|ing)?|after)\b|\b(?P<under>under|below|before)\b|"
    r"\b(?P<from>at least|no fewer than|no less than|not less than|since)\b|"
    r"\b(?P<upto>at most|no more than|not more than|up to|until)\b|"
    r"(?P<han_over>超过|多于|大于|高于)|(?P<han_under>少于|低于|小于|不到)"
)
_OR_MORE = re.compile(r"\s*(?:\w+ )?or (?:(?P<more>more|over|above|later)|fewer|less|earlier)\b")
# Conditions that none of our calculations takes into account.
_UNSUPPORTED = re.compile(
    r"\b(?:not|no|without|except|excluding|besides|other than|neither|nor|never|unless|if|would|"
    r"median|per cent of|percentage of|share of|growth|why|how come)\b|n['’]t\b|不|没|除了|为什么"
)
_TWO_QUESTIONS = re.compile(r"[?？].*\w|\b(?:and|or) (?:who|which|what|when|why|how|where)\b")
_COUNTS_ALL_ROWS = re.compile(
    r"\b(?:are|is) there\b|\b(?:are|is) (?:listed|named|given)\b|"
    r"\bdoes the (?:table|list) (?:have|list|name|hold)\b|\bin the (?:table|list)\b"
)
_WORD = re.compile(r"[㐀-鿿]|[^\W_]+(?:[.,'’-][^\W_]+)*")
_HAN_NOUN = re.compile(r"\s*(?P<noun>[㐀-鿿]+?)(?=[的有超多少低高大小]|$)")
# Verbs and nouns that say little: the question may use them although the table does not.
VAGUE = frozenset(
    "hold holds carry carries take takes get gets reach reaches reached score scores scored value "
    "values figure figures amount amounts level levels".split()
)
_EMPTY_WORDS = frozenset(
    "a an the of in on at by for to from with and or as that this these those there their its it "
    "they them all any each every among between is are was were be been being do does did has have "
    "had which what who whose where when name how many much table list listed row rows column "
    "shown given one ones tell me please show can you than according other more less s 's "
    "的 是 哪 个 家 有 在 了 谁 什 么 一 和 与 比 多 少 几 艘 位 名 些 共 它 吗 呢 里 中 款 "
    "种".split()
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A condition on a value: `low` ≤ value ≤ `high` (None: open), an end left out where `strict`.

    The ends are numbers in `unit` ("" where none is said), or where `dates` ISO 8601 dates.
    `words` is the condition in words: "more than ten".
    """

    words: str
    low: Decimal | str | None
    high: Decimal | str | None
    strict: bool
    unit: str = ""
    dates: bool = False


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A calculation that a question asks for.

    `kind` is "largest", "smallest", "latest", "earliest", "count", "sum", "average", "difference"
    or "ratio". `measure` are words of which the column's head has one ("length" for "longest"), ()
    where only `words`, the other words of the question, choose the column. `counted` are the words
    for what is counted; `whole` says that a count without a condition is explicitly asked for.
    """

    kind: str
    measure: tuple[str, ...] = ()
    limit: Limit | None = None
    words: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    whole: bool = False

    @property
    def is_pair(self) -> bool:
        """Whether two values are compared that the question names."""
        return self.kind in {"difference", "ratio"}


def calculation_asked(question: str) -> TableQuestion | None:
    """Return the calculation that a question asks for by its words, or None.

    Whether a table can answer it is not checked: "the most famous" is a superlative here.
    """
    text = question.strip().rstrip("?？.。 ").strip()
    folded = text.casefold()
    if (
        not folded
        or _TWO_QUESTIONS.search(folded)
        or _RANKED.search(folded)
        or _UNSUPPORTED.search(folded)
    ):
        return None
    if found := _TIMES.search(folded):
        return TableQuestion("ratio", words=_words(text, found.span()))
    found = _DIFFERENCE.search(folded)
    if found and (found["word"] is None or re.search(r"\bthan\b", folded)):
        measure = tuple(_COMPARATIVE_MEASURES.get(found["word"] or "", "").split())
        return TableQuestion("difference", measure, words=_words(text, found.span()))
    superlative = _superlative(text)
    counts = _HOW_MANY.search(folded)
    if superlative is not None:
        return None if counts and not _SUM.search(folded) else superlative
    for kind, pattern in (("average", _AVERAGE), ("sum", _SUM)):
        if found := pattern.search(folded):
            return TableQuestion(
                kind, words=_words(text, found.span(), *([counts.span()] if counts else []))
            )
    return _count_question(text, counts) if counts else None


def _superlative(text: str) -> TableQuestion | None:
    folded = text.casefold()
    found = list(_SUPERLATIVE.finditer(folded))
    if not _WHICH.search(folded):
        return None
    if len(found) == 1:
        (one,) = found
        kind = str(one.lastgroup)
        measure = {**_LARGEST, **_SMALLEST}.get(one[0], _DATE_WORDS)
        return TableQuestion(kind, tuple(measure.split()), words=_words(text, one.span()))
    ordered = None if found else _IN_TIME.search(folded)
    if ordered is None:
        return None
    kind = "earliest" if ordered["first"] else "latest"
    return TableQuestion(kind, tuple(_DATE_WORDS.split()), words=_words(text, ordered.span()))


def _count_question(text: str, counts: re.Match[str]) -> TableQuestion | None:
    folded = text.casefold()
    found = _limit(text)
    limits = [found[1]] if found else []
    limit, measure = (found[0], found[2]) if found else (None, ())
    whole = _COUNTS_ALL_ROWS.search(folded)
    noun = re.match(
        r"\s*(?P<noun>(?:(?![㐀-鿿]|(?:have|has|had|are|is|was|were|do|does|did|with|in|of|that|which|who|"
        r"can|cost|sell|make|weigh|carry)\b)[\w-]+\s*){1,4})",
        folded[counts.end() :],
    ) or _HAN_NOUN.match(folded, counts.end())
    counted = _words(noun["noun"]) if noun else ()
    words = _words(text, counts.span(), *limits, *([whole.span()] if whole else []))
    return TableQuestion("count", measure, limit, words, counted, bool(whole))


def _limit(text: str) -> tuple[Limit, tuple[int, int], tuple[str, ...]] | None:
    """Return the condition that a question states, its span, and the words of what it measures."""
    folded = text.casefold()
    end: Decimal | str
    between = re.search(r"\bbetween (?=.+ and )", folded)
    if between:
        numbers = numbers_of(text[between.end() :])
        if len(numbers) < 2:
            return None
        first, last = numbers[:2]
        span = between.start(), between.end() + last.end
        return Limit(text[slice(*span)], first.value, last.value, False, last.unit), span, ()
    for found in _LIMIT.finditer(folded):
        rest = text[found.end() :]
        indent = len(rest) - len(rest.lstrip())
        word = found["word"] or ""
        below = bool(
            found["under"] or found["upto"] or found["han_under"] or word in _LOWER_COMPARATIVES
        )
        strict = not (found["from"] or found["upto"])
        dated = found[0] in {"after", "before", "since", "until"}
        if dated:
            times = [
                one for one in date_mentions(rest, loose=True) if one.start == indent and one.iso
            ]
            if not times or times[0].quarter:
                continue
            end, unit, stop = times[0].iso, "", times[0].end
        else:
            numbers = [one for one in numbers_of(rest) if one.start <= indent + 1]
            if not numbers:
                continue
            end, unit, stop = numbers[0].value, numbers[0].unit, numbers[0].end
        span = found.start(), found.end() + stop
        sign = _comparison_words(below=below, strict=strict, dated=dated)
        words_of_limit = f"{sign} {text[found.end() : span[1]].strip()}"
        limit = Limit(
            words_of_limit, None if below else end, end if below else None, strict, unit, dated
        )
        return limit, span, tuple(_COMPARATIVE_MEASURES.get(word, "").split())
    for number in numbers_of(text):
        if more := _OR_MORE.match(folded, number.end):
            span, value = (number.start, more.end()), number.value
            sign = _comparison_words(below=not more["more"], strict=False, dated=False)
            low, high = (value, None) if more["more"] else (None, value)
            limit = Limit(f"{sign} {number.text}", low, high, False, number.unit)
            # "ten crew or more": the noun between them says what is measured.
            measure = _words(re.sub(r"\bor \w+$", "", more[0]))
            return limit, span, measure
    return None


def _comparison_words(*, below: bool, strict: bool, dated: bool) -> str:
    if dated:
        return ("before" if strict else "until") if below else ("after" if strict else "since")
    return (
        ("less than" if strict else "at most") if below else ("more than" if strict else "at least")
    )


def _words(text: str, *spans: tuple[int, int]) -> tuple[str, ...]:
    """Return the content words of a text, those within the spans left out."""
    return tuple(
        word
        for word, start in _words_with_starts(text)
        if word.casefold() not in _EMPTY_WORDS and not any(a <= start < b for a, b in spans)
    )


def _words_with_starts(text: str) -> Iterator[tuple[str, int]]:
    for found in _WORD.finditer(text):
        yield re.sub(r"['’]s$", "", found[0]), found.start()


def synonym_stems(word: str) -> frozenset[str]:
    """Return the stems of a word and of those that name the same thing in the head of a column."""
    word_stems = frozenset(stems(word))
    return word_stems.union(*(group for group in _groups() if word_stems & group))


@cache
def _groups() -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(stem for word in line.split() for stem in stems(word)) for line in _SYNONYMS
    )
