"""The title of a filing with the SEC, whose first lines are the same on every one of them."""

from __future__ import annotations

import re

_FORM = re.compile(r"\bFORM\s+(?P<form>\d{1,2}-[KQ]|\d-K|20-F|S-1)\b", re.IGNORECASE)
_REGISTRANT = re.compile(
    r"\n\s*(?P<name>[^\n]{3,80}?)\s*\(\s*Exact\s+name\s+of\s+registrant", re.IGNORECASE
)
_PERIOD = re.compile(
    r"for\s+the\s+(?P<period>(?:quarterly\s+period|fiscal\s+year)\s+ended\s+\w+\s+\d{1,2},\s+\d{4})",
    re.IGNORECASE,
)
SEC = "U.S. Securities and Exchange Commission (filing)"


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
