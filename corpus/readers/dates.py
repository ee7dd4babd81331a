"""The date a document says it was published on, found in what it says."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sep sept", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_YEAR}-(?P<number>[01]\d)-(?P<day>[0-3]\d)",
        rf"\b{_YEAR}年\s?(?P<number>[01]?\d)月\s?(?P<day>[0-3]?\d)日",
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}\b",
        rf"\b(?P<number>[01]?\d)/(?P<day>[0-3]?\d)/{_YEAR}\b",
        rf"\b(?P<day>[0-3]?\d)\.(?P<number>[01]?\d)\.{_YEAR}\b",
        rf"\b{_YEAR}/(?P<number>[01]?\d)/(?P<day>[0-3]?\d)\b",
        rf"\bD:{_YEAR}(?P<number>[01]\d)(?P<day>[0-3]\d)",
        rf"\b{_MONTH},?\s+{_YEAR}\b",
        rf"\b{_YEAR}-(?P<number>[01]\d)\b",
    )
)
# In order of trust. A label stands at the beginning of a line, or after a name and a bar: "issued"
# and "dated" inside a sentence speak of other papers.
_LABELS = tuple(
    re.compile(rf"^[^\n]{{0,{before}}}?\b(?:{words})\b\W{{0,6}}", re.IGNORECASE | re.MULTILINE)
    for before, words in (
        (60, r"original(?:ly)?[ _]published(?: on)?|publication date|date published"),
        (60, r"published(?: on)?|posted(?: on)?|release(?:d| date)|date of (?:issue|publication)"),
        (60, r"发布时间|发布日期"),
        (2, r"issued|dated?"),
        (60, r"(?:last )?(?:updated|revised|modified)(?: on)?"),
    )
)
# A date after these words is that of something else: a period, a deadline, another version.
_OTHER = re.compile(
    r"(?:dated|issued|signed|ended|ending|until|before|by|since|effective|expires?|through|of|from)"
    r"\s*$",
    re.IGNORECASE,
)
# "WASHINGTON, Jan. 28, 2025 (Agency) – The office said …": the sentence begins after the date.
_DATELINE = re.compile(r"\s*(?:[(—–/]|-\s)")
# "The first lines": a title block, not the first paragraphs.
_FIRST = 700


def parse_date(text: str) -> str:
    """Return the first date in `text` as ISO 8601, as exact as it is stated, or "".

    "04/16/2026" is read in the American order, and only where the other order is impossible.
    """
    found = [(match.start(), match) for form in _FORMS if (match := form.search(text))]
    for _, match in sorted(found, key=lambda one: (one[0], -len(one[1][0]))):
        if iso := _iso(match):
            return iso
    return ""


def _iso(match: re.Match[str]) -> str:
    parts = match.groupdict()
    month = int(parts.get("number") or 0) or _MONTHS[(parts.get("month") or "").lower()]
    year, day = int(parts["year"]), int(parts.get("day") or 0)
    if "/" in match[0] and match[0].index("/") < 3 and day <= 12 and day != month:
        return ""
    if not 1 <= month <= 12:
        return ""
    if not day:
        return f"{year:04}-{month:02}"
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def stated_date(text: str) -> str:
    """Return the publication date that the beginning of a text states, or "".

    A labelled date ("Published: …") at the beginning of a line of the first 3,000 characters goes
    before a bare one in the title block; a bare one counts only where nothing says that it is the
    date of another thing.
    """
    for label in _LABELS:
        for found in label.finditer(text[:3_000]):
            if iso := _at(text, found.end()):
                return iso
    head = text[:_FIRST]
    matches = sorted(
        (match for form in _FORMS[:7] for match in form.finditer(head)), key=re.Match.start
    )
    for match in matches:
        before = head[head.rfind("\n", 0, match.start()) + 1 : match.start()]
        after = text[match.end() :].split("\n", 1)[0]
        alone = len(before) < 60 and (len(after) < 40 or _DATELINE.match(after))
        if alone and not _OTHER.search(before) and (iso := _iso(match)):
            return iso
    return ""


def _at(text: str, position: int) -> str:
    """Return the date that stands right at `position`, or ""."""
    matches = [match for form in _FORMS if (match := form.match(text, position))]
    longest = max(matches, key=lambda match: len(match[0]), default=None)
    return _iso(longest) if longest else ""
