"""Official papers, whose wording says what they are: SEC filings, EU acts, CRS reports."""

from __future__ import annotations

import re

from corpus.readers.dates import parse_date

_FORM = re.compile(r"\bFORM\s+(?P<form>\d{1,2}-[KQ]|\d-K|20-F|S-1)\b", re.IGNORECASE)
_REGISTRANT = re.compile(
    r"\n\s*(?P<name>[^\n]{3,80}?)\s*\(\s*Exact\s+name\s+of\s+registrant", re.IGNORECASE
)
_PERIOD = re.compile(
    r"for\s+the\s+(?P<period>(?:quarterly\s+period|fiscal\s+year)\s+ended\s+\w+\s+\d{1,2},\s+\d{4})",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?:\bDated?:?|authorized,?\s+on)\s+(?P<date>[A-Z][a-z]+\s+\d{1,2},\s+\d{4})")
_ACT = re.compile(
    r"^(?:COMMISSION |COUNCIL )?(?:DELEGATED |IMPLEMENTING )?(?:REGULATION|DIRECTIVE|DECISION) "
    r"\((?:EU|EC|CFSP|Euratom)[^)]*\)",
    re.MULTILINE,
)
SEC = "U.S. Securities and Exchange Commission (filing)"

_NAMED = (
    (
        "Congressional Research Service",
        r"Congressional Research Service|CRS PRODUCTS? \(LIBRARY OF CON",
    ),
    ("European Union", r"Official Journal\s+of the European Union|data\.europa\.eu/eli/"),
    (SEC, r"SECURITIES AND EXCHANGE COMMISSION\s+Washington"),
)
# Whose pages these are; for every other host its own name says it best.
_HOSTS = {
    "whitehouse.gov": "The White House",
    "bidenwhitehouse.archives.gov": "The White House",
    "congress.gov": "Congressional Research Service",
    "eur-lex.europa.eu": "European Union",
    "federalregister.gov": "Federal Register",
    "nist.gov": "NIST",
    "sec.gov": SEC,
}


def named_publisher(text: str) -> str:
    """Return the publisher where the first lines name themselves as that body's paper, or ""."""
    head = text[:900]
    # At the foot of their first page CRS reports give the address of the series.
    if re.search(r"^(?:https://)?crsreports\.congress\.gov$", text[:8_000], re.MULTILINE):
        return _NAMED[0][0]
    return next((name for name, sign in _NAMED if re.search(sign, head, re.IGNORECASE)), "")


def publisher_of_address(address: str) -> str:
    """Return whose page a web address is ("The White House"), else its host, or ""."""
    found = re.match(r"(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)+)(?:[/:?#]|$)", address.strip())
    return _HOSTS.get(found[1].lower(), found[1].lower()) if found else ""


def filing_title(text: str) -> str:
    """Return "NVIDIA CORPORATION, Form 10-Q, quarterly period ended July 30, 2023", or "".

    From the cover page alone, whose wording the SEC prescribes (17 CFR 249.308a and 249.310).
    """
    cover = text[:5_000]
    if not re.search(r"SECURITIES\s+AND\s+EXCHANGE\s+COMMISSION", cover, re.IGNORECASE):
        return ""
    form, name, period = (find.search(cover) for find in (_FORM, _REGISTRANT, _PERIOD))
    if not form or not name:
        return ""
    parts = [" ".join(name["name"].split()), f"Form {form['form'].upper()}"]
    if period:
        parts.append(" ".join(period["period"].split()))
    return ", ".join(parts)


def filing_date(text: str) -> str:
    """Return the date beside the signatures at the end of a filing, or ""."""
    if not filing_title(text):
        return ""
    signatures = max(text.rfind("SIGNATURE"), text.rfind("Signatures"))
    if signatures < 0:
        return ""
    signed = _SIGNED.search(text, signatures)
    return parse_date(signed["date"]) if signed else ""


def act_title(text: str) -> str:
    """Return "REGULATION (EU) 2024/1689 OF … laying down …" where a text begins as an EU act."""
    found = _ACT.search(text[:1_500])
    if not found:
        return ""
    lines = []
    for line in text[found.start() : found.start() + 2_000].split("\n"):
        if line.startswith(("(Text with EEA", "THE EUROPEAN", "THE COUNCIL", "Having regard")):
            break
        if line.strip():
            lines.append(line.strip())
    title = re.sub(r"\s*\(Text with EEA relevance\).*", "", " ".join(lines))
    return title if len(title) <= 800 else lines[0]
