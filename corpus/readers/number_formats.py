"""Numbers as a spreadsheet shows them: 0.375 as "37.5%", 1250.5 as "€1,250.50", a day as a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

import xlfmt

# The formats that a workbook names by number without spelling them (ECMA-376, part 1, 18.8.30).
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)", 41: '#,##0;(#,##0);"-"', 42: '$#,##0;($#,##0);"-"',
    43: '#,##0.00;(#,##0.00);"-"', 44: '$#,##0.00;($#,##0.00);"-"', 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_TOKEN = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|AM/PM|A/P|General|.', re.IGNORECASE)
_COLOUR = re.compile(r"\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?\d+)\]", re.I)
_DIGITS = re.compile(r"(#,##0|0)(?:\.(0+))?(%?)")
# Excel takes no longer one. A search for a fraction of nine digits would take minutes.
_LONGEST = 255
_ENDLESS = re.compile(r"\?{5}|/\s*\d{6}")
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)


class _Section(NamedTuple):
    """A section of a format that is a number between two texts, or, without digits, a text."""

    before: str
    digits: bool
    grouped: bool
    decimals: int
    percent: bool
    after: str


class _Form(NamedTuple):
    """How a format is to be followed: as none, by the letters of a date, or by its sections."""

    general: bool = False
    letters: frozenset[str] = frozenset()
    sections: tuple[_Section, ...] = ()


def format_value(value: float, code: str, *, from_1904: bool = False) -> str:
    """Return a number as a cell of this format shows it, English style, without padding.

    A full date is written by ISO 8601 ("2026-02-01", "2026-02-01 14:30"), since 01/02/2026 is read
    two ways; a month, a year, a time or a duration stays as the format has it. `from_1904` counts
    days from 1 January 1904. What cannot be shown so is shown as the bare number.
    """
    form = _form(code)
    if form.general:
        return plain_number(value)
    if form.letters >= {"y", "m", "d"} and (day := _iso(value, form.letters, from_1904)):
        return day
    if form.sections and (text := _sectioned(value, form.sections)) is not None:
        return text
    return _rendered(value, code, from_1904) or plain_number(value)


def plain_number(value: float) -> str:
    """Return a number as a cell without a format shows it: 12 and not 12.0, 0.3 and not 0.30…04."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return f"{value:.10g}".upper()


@lru_cache(maxsize=2048)
def _form(code: str) -> _Form:
    if len(code) > _LONGEST or _ENDLESS.search(code):
        return _Form(general=True)
    sections = _tokens(code)
    bare = "".join(text for literal, text in sections[0] if not literal).lower()
    if bare in {"", "general", "@"} and len(sections) == 1:
        return _Form(general=bare != "" or not sections[0])
    letters = re.sub(r"am/pm|a/p|general", "", bare)
    if re.search(r"[ymdhs]", letters) and not re.search(r"[#?]|(?<!\.)(?<!0)0", letters):
        return _Form(letters=frozenset(letters) & frozenset("ymdhs"))
    simple = [_simple(section) for section in sections[:3]]
    kept = tuple(one for one in simple if one is not None)
    return _Form(sections=kept if len(kept) == len(simple) else ())


def _tokens(code: str) -> list[list[tuple[bool, str]]]:
    """Return the sections of a format as pieces: whether one is literal, and its text."""
    sections: list[list[tuple[bool, str]]] = [[]]
    for token in _TOKEN.findall(code):
        if token == ";":
            sections.append([])
        elif token[0] == '"':
            sections[-1].append((True, token.strip('"')))
        elif token[0] == "\\":
            sections[-1].append((True, token[1:]))
        elif token.startswith("[$"):
            sections[-1].append((True, token[2:-1].split("-")[0]))
        elif token[0] in "_*" and len(token) == 2:
            sections[-1].append((True, " "))
        elif not _COLOUR.fullmatch(token):
            sections[-1].append((token in "$-+():!^&'~{}<>= " or not token.isascii(), token))
    return sections


def _simple(section: Sequence[tuple[bool, str]]) -> _Section | None:
    """Return a section as a number between texts, None for anything else."""
    places = [place for place, (literal, _) in enumerate(section) if not literal]
    first, last = (places[0], places[-1] + 1) if places else (len(section), len(section))
    core = "".join(text for _, text in section[first:last])
    before = "".join(text for _, text in section[:first])
    after = "".join(text for _, text in section[last:])
    # Question marks alone hold the place of digits that are not there.
    if not core.strip("?"):
        return _Section(before, False, False, 0, False, after)
    match = _DIGITS.fullmatch(core)
    if match is None or any(literal for literal, _ in section[first:last]):
        return None
    whole, decimals, percent = match.groups()
    return _Section(before, True, "," in whole, len(decimals or ""), bool(percent), after)


def _sectioned(value: float, sections: Sequence[_Section]) -> str | None:
    """Return a number by the section for its sign, None where it has too many digits."""
    place = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    section = sections[place]
    number = ""
    if section.digits:
        try:
            exact = abs(Decimal(f"{value:.15g}")) * (100 if section.percent else 1)
            rounded = exact.quantize(Decimal(1).scaleb(-section.decimals), ROUND_HALF_UP)
        except InvalidOperation:
            return None
        number = f"{rounded:,f}" if section.grouped else f"{rounded:f}"
        number += "%" * section.percent
        if value < 0 and not place and rounded:
            number = f"-{section.before.strip()}{number}"
            return " ".join(f"{number}{section.after}".split())
    return " ".join(f"{section.before}{number}{section.after}".split())


def _iso(value: float, letters: frozenset[str], from_1904: bool) -> str:
    """Return a day, with the time where the format has one; "" for what is no day."""
    if not 0 <= value < 2_958_466:
        return ""
    # In the other count 29 February 1900 existed, so that the days before it are one off.
    early = not from_1904 and value < 60
    moment = (_EPOCH_1904 if from_1904 else _EPOCH) + timedelta(days=value + early)
    if moment.microsecond >= 500_000:
        moment += timedelta(seconds=1)
    if "h" not in letters:
        return moment.date().isoformat()
    return f"{moment:%Y-%m-%d %H:%M:%S}" if "s" in letters else f"{moment:%Y-%m-%d %H:%M}"


@lru_cache(maxsize=8192)
def _rendered(value: float, code: str, from_1904: bool) -> str:
    """Return a number by the format's own rules; takes a quarter of a millisecond."""
    try:
        text = str(xlfmt.format_value(value, code, date1904=from_1904))
    except Exception:  # noqa: BLE001  # reason: a format is whatever a file says
        return ""
    return " ".join(text.split())
