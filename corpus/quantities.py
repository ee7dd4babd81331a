"""Numbers that a text states, with their scale and unit, in figures or in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import zip_longest
from unicodedata import numeric

_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "mln": 6, "mio": 6, "m": 6,
    "billion": 9, "bn": 9, "bln": 9, "b": 9, "trillion": 12, "tn": 12, "trn": 12, "t": 12,
    "万": 4, "萬": 4, "亿": 8, "億": 8,
}  # fmt: skip
_SCALES_ABROAD = {
    "tausend": 3, "tsd": 3, "тыс": 3,
    "millions": 6, "millionen": 6, "millones": 6, "millón": 6, "milioni": 6, "milione": 6,
    "milhões": 6, "milhão": 6, "miljoen": 6, "млн": 6,
    "milliarden": 9, "milliarde": 9, "mrd": 9, "milliards": 9, "milliard": 9, "mil millones": 9,
    "miliardi": 9, "miliardo": 9, "bilhões": 9, "bilhão": 9, "miljard": 9, "млрд": 9,
    "billionen": 12, "biljoen": 12,
}  # fmt: skip
_SCALES.update(_SCALES_ABROAD)
# Scales that follow each other are multiplied up to here: a row of thousands of them is no number.
_LARGEST_SCALE = 100
_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_ORDINALS = {
    "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "twentieth": 20,
}  # fmt: skip
# Parts of a whole, in percent: "three quarters" is 75.
_PART = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
         "eighth": 8, "ninth": 9, "tenth": 10, "hundredth": 100}  # fmt: skip
_TIMES = {
    "doubled": 2, "doubling": 2, "double": 2, "doubles": 2, "twofold": 2, "tripled": 3,
    "triple": 3, "tripling": 3, "threefold": 3, "quadrupled": 4, "fourfold": 4,
    "fivefold": 5, "tenfold": 10,
}  # fmt: skip
_UNITS = {
    "percent": "%|％|percent(?:age)?(?: points?)?|per cent(?:age)?(?: points?)?|pct|个百分点|"
    "Prozent(?:punkte)?|pour cent|por ciento|por cento|per cento|procent",
    "usd": r"(?:US |U\.S\. )?dollars?|USD|bucks|美元",
    "cny": "yuan|RMB|CNY|renminbi|人民币|元",
    "eur": r"[Ee]uros?|EUR|欧元|€(?!\s?\d)",
    "gbp": "pounds sterling|GBP|sterling",
    "krw": "won|KRW",
    "jpy": "yen|JPY",
    "inr": "rupees?|INR",
    "cent": "cents?",
    "second": "seconds?|secs?",
    "minute": "minutes?|mins?",
    "hour": "hours?|hrs?",
    "day": "days?|天",
    "week": "weeks?|周",
    "month": "months?|个月",
    "year": "years?|yrs?|年",
    "decade": "decades?",
    "century": "century|centuries",
    "kb": "KB|kilobytes?", "mb": "MB|megabytes?", "gb": "GB|gigabytes?", "tb": "TB|terabytes?",
    "pb": "PB|petabytes?",
    "nm": "nm|nanomet(?:re|er)s?|纳米",
    "mm": "mm|millimet(?:re|er)s?",
    "cm": "cm|centimet(?:re|er)s?",
    "km": "km|kilomet(?:re|er)s?",
    "mile": "miles?", "foot": "feet|foot|ft", "inch": "inch(?:es)?", "metre": "met(?:re|er)s?",
    "kg": "kg|kilograms?|kilos?", "gram": "grams?|g", "tonne": "tons?|tonnes?",
    "pound": "pounds?|lbs?", "ounce": "ounces?|oz",
    "kw": "kW|kilowatts?", "mw": "MW|megawatts?", "gw": "GW|gigawatts?", "watt": "watts?|W",
    "kwh": "kWh", "mwh": "MWh", "twh": "TWh",
    "celsius": "°C|degrees? Celsius|Celsius", "fahrenheit": "°F|degrees? Fahrenheit|Fahrenheit",
    "times": r"times|x|×|-?fold",
}  # fmt: skip
_SIGNS = {"$": "usd", "€": "eur", "£": "gbp", "¥": "cny", "₩": "krw", "₹": "inr"}
_CODES = "USD|US$|EUR|CNY|RMB|GBP|JPY|KRW|INR"
_CODE_UNITS = {"USD": "usd", "US$": "usd", "EUR": "eur", "CNY": "cny", "RMB": "cny", "GBP": "gbp",
               "JPY": "jpy", "KRW": "krw", "INR": "inr"}  # fmt: skip

_UNIT = "|".join(
    f"(?P<{name}>{pattern})"
    for name, pattern in sorted(_UNITS.items(), key=lambda unit: -len(unit[1]))
)
_UNIT_AFTER = re.compile(rf"(?:[\s-]{{0,2}}(?:d['’]|de\s|di\s)?(?:{_UNIT}))(?![A-Za-z])")
_SCALE_WORD = "hundred|thousand|million|billion|trillion|mln|mio|bln|trn|mn|bn|tn"
_SCALE_ABROAD = "|".join(sorted(_SCALES_ABROAD, key=len, reverse=True))
_SCALE_AFTER = re.compile(
    rf"(?:[\s-]{{0,2}}(?P<word>{_SCALE_ABROAD}|{_SCALE_WORD})|(?P<letter>[KMBTkmbt])|\s(?P<apart>[MBT]))"
    r"(?![A-Za-z0-9])(?:(?<=[mM]io)\.|(?<=[mM]rd)\.|(?<=[tT]sd)\.)?|(?P<han>[万亿萬億])",
    re.IGNORECASE,
)
# What stands behind a number of which the comma or the space can only be a decimal sign or set
# thousands apart: without it "3,5" may as well be two numbers, and "1 250" too.
_MEASURED = (
    r"(?=\s?(?:[%％€$£¥₩₹]|EUR|USD|CHF|[Ee]uro|(?:pour|per|por) cent|Prozent|"
    rf"(?i:{_SCALE_ABROAD}|million|billion|mio|bn|mn)\b))"
)
_WRITTEN = (
    # 1.250,50 and 1.250.000 as on the continent, 1'250'000 as in Switzerland, 1 250 000 as in
    # France and Sweden.
    r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}(?![.\d])|\d{1,3}(?:['’]\d{3})+(?:\.\d+)?|"
    # At most so many groups: each number of a long row is asked what stands behind the row.
    rf"\d{{1,3}}(?:[ \u00a0\u2009\u202f]\d{{3}}){{1,8}}(?:,\d+)?(?!\d){_MEASURED}|"
    rf"\d+,(?:\d{{1,2}}|\d{{4,}}){_MEASURED}|(?<=€)\d+,\d\d?(?!\d)|(?<=€ )\d+,\d\d?(?!\d)|"
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
)
_FIGURE = re.compile(
    rf"(?:(?P<code>{re.escape(_CODES).replace(chr(92) + '|', '|')})\s?|"
    r"(?:(?<![A-Za-z])(?:US|A|C|HK|NT|S)\s?)?(?P<sign>[$€£¥₩₹])\s?)?"
    # No part of an identifier ("H800", "V3.2") and no further figures after it.
    rf"(?<![A-Za-z0-9_.])(?<![A-Za-z]-)(?P<figure>{_WRITTEN})"
    r"(?P<ordinal>st|nd|rd|th)?"
)
# "10^25", "10²⁵", "3.2 × 10^25" and "2.1e24" are one number each.
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_EXPONENT = rf"(?:\^|\*\*)\(?(?P<exponent>[-−]?\d{{1,3}})(?!\d)\)?|(?P<raised>⁻?[{_RAISED}]{{1,3}})"
_POWER = re.compile(_EXPONENT)
_TIMES_TEN = re.compile(rf"\s?[×x·*]\s?10(?:{_EXPONENT})|[eE](?P<float>[+-]?\d{{1,3}})(?!\w)")
# "GPT-4o", "3A090" and "302.AI" are names: letters go on where the number stops.
_NAME_GOES_ON = re.compile(r"[A-Za-z]\w*\d|[A-Za-z]{3}|_|\.[A-Za-z]")
_VULGAR = re.compile(r"\s?([½⅓⅔¼¾⅕⅛])")
# "百分之三十五", "三千万".
_HAN_NUMBER = re.compile(
    r"百分之(?P<share>\d+(?:\.\d+)?|[一二三四五六七八九十百零〇两]{1,6})|"
    r"(?<![一-鿿])?(?P<number>[一二三四五六七八九十百千零〇两]{1,8})(?=[万亿萬億]|美元|欧元|人民币|个百分点)"
)
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_WORD_NUMBER = re.compile(
    rf"\b(?:(?:a|{'|'.join(_WORDS)})(?=[\s-]+(?:and a half\s+)?(?:{_SCALE_WORD}|dozen)\b)|"
    rf"(?:{_TENS})(?:[\s-](?:{_ONES}))?|{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b"
    r"(?P<half>\s+and a half)?",
    re.IGNORECASE,
)
_AND_MORE = re.compile(rf"\s+and\s+(?:(?:{_TENS})(?:[\s-](?:{_ONES}))?|{_ONES})\b")
_SPAN = "second|minute|hour|day|week|month|year|decade|century"
_FRACTION = re.compile(
    rf"\b(?:(?P<some>an?|{_ONES})[\s-](?P<part>{'|'.join(_PART)})s?|(?P<half>half))\b"
    r"|(?<![\d/.])(?P<over>\d{1,2})/(?P<under>\d{1,3})(?![\d/.])",
    re.IGNORECASE,
)
# "half a million", "half an hour".
_OF_ONE = re.compile(rf"\s+an?\s+(\w+illion|dozen|{_SPAN})\b")
_SPECIAL = re.compile(
    r"\b(?:" + "|".join(sorted([*_TIMES, *_ORDINALS], key=len, reverse=True)) + r")\b",
    re.IGNORECASE,
)
_LEFT_TO_NEXT = re.compile(r"\s*(?:-|–|—|to|and|or|of|of the|out of)\s*(?:the\s+)?")
_HEDGE = re.compile(
    r"(?:\b(?:about|around|nearly|almost|roughly|approximately|approx\.|some|over|more than|"
    r"less than|under|fewer than|at least|up to|close to|just|an estimated|estimated|circa|ca\.|"
    r"well over|rund|etwa|ungefähr|environ|près de|casi|unos|cerca de|circa|около)\s+|"
    r"[~≈∼]\s?|[约約]|大约\s?)\S*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as stated: `value` has its scale applied, `unit` is a common name for it or "".

    `hedged` says that the text calls it rough ("about 5"); `exact` is the number of significant
    figures that were written; `scale` is the power of ten that a word or letter gave ("million").
    """

    text: str
    start: int
    end: int
    value: Decimal
    unit: str = ""
    hedged: bool = False
    exact: int = 1
    scale: int = 0


def quantities(text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Quantity]:
    """Return the numbers of `text`, in order, leaving out the spans in `taken` (dates, names)."""
    used = bytearray(len(text))
    for start, end in taken:
        used[start:end] = b"\1" * (end - start)
    found = []
    for finder in (_han, _fractions, _figures, _special, _worded):
        for one in finder(text):
            if not any(used[one.start : one.end]):
                used[one.start : one.end] = b"\1" * (one.end - one.start)
                found.append(one)
    return sorted(_shared_units(text, found), key=lambda one: one.start)


def _figures(text: str) -> list[Quantity]:
    found = []
    for match in _FIGURE.finditer(text):
        digits, end = _plain(match["figure"]), match.end()
        value = Decimal(digits)
        if times := _TIMES_TEN.match(text, end):
            value, end = value.scaleb(_exponent(times)), times.end()
        elif power := _POWER.match(text, end):
            value, end = _to_the_power(value, _exponent(power)), power.end()
        elif part := _VULGAR.match(text, end):
            value, end = value + Decimal(str(round(numeric(part[1]), 3))), part.end()
        unit = _CODE_UNITS.get(match["code"] or "", "") or _SIGNS.get(match["sign"] or "", "")
        found.append(
            _completed(
                text, match.start(), end, value, unit,
                ordinal=bool(match["ordinal"]), exact=_significant(digits),
            )
        )  # fmt: skip
    return [one for one in found if not _NAME_GOES_ON.match(text, one.end)]


def _plain(figure: str) -> str:
    """Return a number with a point for its decimals and nothing between its thousands."""
    tidy = re.sub(r"[\s'’]", "", figure)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", tidy):
        return tidy.replace(",", "")
    if "," in tidy:
        return tidy.replace(".", "").replace(",", ".")
    return tidy.replace(".", "") if tidy.count(".") > 1 else tidy


def _to_the_power(value: Decimal, exponent: int) -> Decimal:
    """Return a power of a number, or the number itself where that is none: 0^0, 0^-1."""
    try:
        power = value**exponent
    except ArithmeticError:
        return value
    return power if power.is_finite() else value


def _exponent(match: re.Match[str]) -> int:
    if raised := match["raised"]:
        size = int("".join(str(_RAISED.index(sign)) for sign in raised.lstrip("⁻")))
        return -size if raised.startswith("⁻") else size
    written = match["exponent"] or match.groupdict().get("float") or "0"
    return int(written.replace("−", "-"))


def _han(text: str) -> list[Quantity]:
    found = []
    for match in _HAN_NUMBER.finditer(text):
        start, end = match.span()
        if share := match["share"]:
            value = _han_value(share)
            found.append(Quantity(match[0], start, end, value, "percent", exact=2))
        else:
            found.append(_completed(text, start, end, _han_value(match["number"]), "", exact=2))
    return found


def _han_value(signs: str) -> Decimal:
    """Return a number below ten thousand that Chinese writes in words: 三千零五."""
    if signs[0].isdigit():
        return Decimal(signs)
    total, digit = 0, 0
    for sign in signs:
        size = {"十": 10, "百": 100, "千": 1000}.get(sign)
        if size:
            total, digit = total + (digit or 1) * size, 0
        else:
            digit = "零一二三四五六七八九".find(sign.replace("〇", "零").replace("两", "二"))
    return Decimal(total + digit)


def _significant(digits: str) -> int:
    plain = digits.replace(".", "").lstrip("0")
    return len(plain if "." in digits else plain.rstrip("0")) or 1


def _fractions(text: str) -> list[Quantity]:
    found = []
    for match in _FRACTION.finditer(text):
        after_and = text.endswith(("and a ", "and "), 0, match.start())
        if after_and and "half" in match[0].lower():
            continue
        scale = _OF_ONE.match(text, match.end())
        if match["half"] and scale:
            end = scale.start(1) - 1
            found.append(_completed(text, match.start(), end, Decimal("0.5"), ""))
            continue
        if match["under"]:
            over, under = int(match["over"]), int(match["under"]) or 1
        else:
            over = _WORDS.get((match["some"] or "one").lower(), 1)
            under = _PART[(match["part"] or "half").lower()]
        value = Decimal(round(100 * over / under))
        # A fraction may as well be a day and month, or an ordinal: "two fifth graders".
        found.append(Quantity(match[0], match.start(), match.end(), value, "percent"))
    return found


def _special(text: str) -> list[Quantity]:
    found = []
    for match in _SPECIAL.finditer(text):
        word = match[0].lower()
        times = word in _TIMES
        value, unit = Decimal((_TIMES if times else _ORDINALS)[word]), "ordinal"
        found.append(
            Quantity(match[0], match.start(), match.end(), value, "times" if times else unit)
        )
    return found


def _worded(text: str) -> list[Quantity]:
    found = []
    for match in _WORD_NUMBER.finditer(text):
        words = re.split(r"[\s-]+", match[0].lower().removesuffix(" and a half"))
        value = Decimal(sum(_WORDS.get(word, 1) for word in words))
        if match["half"]:
            value += Decimal("0.5")
        whole = _completed(text, match.start(), match.end(), value, "", exact=2)
        # "one of them", "a company": no number unless something is counted or measured by it.
        if words == ["one"] and whole.end == match.end():
            continue
        found.append(whole)
    return found


def _completed(
    text: str, start: int, end: int, value: Decimal, unit: str, *, ordinal: bool = False,
    exact: int = 1,
) -> Quantity:  # fmt: skip
    """Return the number at `start`, with the scale and unit that follow it."""
    if ordinal:
        return Quantity(text[start:end], start, end, value, "ordinal", exact=exact)
    power = 0
    while (scale := _SCALE_AFTER.match(text, end)) and power < _LARGEST_SCALE:
        word = (scale["word"] or scale["letter"] or scale["apart"] or scale["han"]).lower()
        if scale["letter"] == "m" and not unit:
            break  # metres as likely as million
        value = value.scaleb(_SCALES[word])
        power += _SCALES[word]
        end = scale.end()
    rest = _AND_MORE.match(text, end)
    if rest and value >= 100 and text[start:end].lower().endswith("hundred"):
        # "two hundred and fifty"; "three hundred and two firms" is rare enough to be read so too.
        value += sum(_WORDS[word] for word in re.split(r"[\s-]+", rest[0].strip())[1:])
        end = rest.end()
    if dozen := re.compile(r"\s+dozen\b", re.IGNORECASE).match(text, end):
        value, end = value * 12, dozen.end()
    after = _UNIT_AFTER.match(text, end)
    if after and not unit:
        unit, end = str(after.lastgroup), after.end()
    elif after and str(after.lastgroup) in {unit, "usd", "cny"}:
        end = after.end()
    hedged = bool(_HEDGE.search(text[max(0, start - 24) : start]))
    return Quantity(text[start:end], start, end, value.normalize(), unit, hedged, exact, power)


def _shared_units(text: str, found: list[Quantity]) -> list[Quantity]:
    """Give a number the unit and scale of the next where it leaves them to it.

    "10 to 15 percent", "91 to 93 billion", "37 of the 671 billion".
    """
    found = sorted(found, key=lambda one: one.start)
    result = []
    for one, after in zip_longest(found, found[1:]):
        shared = after and _LEFT_TO_NEXT.fullmatch(text[one.end : after.start])
        if after and shared and after.unit != "ordinal":
            unit = one.unit or after.unit
            scale = after.scale if not one.scale and after.value > one.value else 0
            one = replace(one, unit=unit, value=one.value.scaleb(scale), scale=scale or one.scale)
        result.append(one)
    return result
