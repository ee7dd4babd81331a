"""Redaction of secrets: known keys, and whatever looks like one, are removed from a text."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MARK = "…"
# Shorter than this nothing is a secret, and taking it out would leave holes in every word.
_SHORTEST = 4
# Of a longer key its beginning is taken out too: servers repeat keys cut short or with stars.
_CUT, _CUT_FROM = 8, 12
_NAMED_SECRET = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(?:_|$)")
# What unknown keys look like: a provider's prefix, what follows the name of
# a header or a setting, a password in an address, a signed token, a long run of letters and digits.
_FORMS = (
    (re.compile(r"\b(?:sk|pk|rk|gsk|xai|ghp|gho|glpat|hf|key)[-_][\w\-.*…]{6,}", re.I), MARK),
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;)]+", re.I), rf"\1 {MARK}"),
    (
        re.compile(
            r"\b((?:x-)?api[-_]?key|authorization|passw(?:or)?d|secret|access[-_]?token)"
            r"([\"']?\s*[:=]\s*[\"']?)[^\s\"',;)]+",
            re.I,
        ),
        rf"\1\2{MARK}",
    ),
    (re.compile(r"//[^\s/@:]*:[^\s/@]+@"), f"//{MARK}@"),
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+)*"), MARK),
    (re.compile(r"[A-Za-z0-9]{32,}"), MARK),
)

_STARS = re.compile(r"\A(?:[*.…]+[\w-]{0,8})?")

_lock = threading.Lock()
_known: frozenset[str] = frozenset()
_pattern: re.Pattern[str] | None = None


def hide(*values: str) -> None:
    """Remember keys, so that `redacted` takes them out of every text from now on."""
    global _known, _pattern
    new = {one for one in values if len(one.strip()) >= _SHORTEST}
    if new <= _known:
        return
    with _lock:
        _known = _known | new
        forms = sorted({form for one in _known for form in _forms_of(one)}, key=len, reverse=True)
        _pattern = re.compile("|".join(forms), re.IGNORECASE)


def hide_environment() -> None:
    """Remember the values of environment variables named as a key, token, secret or password."""
    hide(
        *(
            value
            for name, value in os.environ.items()
            # A path is no secret, and a switch ("1") is none either.
            if _NAMED_SECRET.search(name.upper()) and len(value) >= _CUT and value[0] not in "/~."
        )
    )


def _forms_of(key: str) -> Iterator[str]:
    """Yield a key as patterns: as it is, and as JSON, Python, pages and addresses write it.

    Also in base 64, as the headers of a server that logs them have it, and in hex; white space in
    it is any.
    """
    key = key.strip()
    plain = key.encode("utf-8", "surrogatepass")
    coded = {base64.b64encode(plain).decode(), base64.urlsafe_b64encode(plain).decode()}
    safe = [quote(key, safe=one, errors="replace") for one in ("", "/")]
    quoted = {*safe, quote_plus(key, errors="replace")}
    escaped = {html.escape(key), json.dumps(key)[1:-1], repr(key)[1:-1]}
    for form in {key, *coded, *quoted, *escaped, plain.hex()}:
        yield r"\s+".join(map(re.escape, form.split()))


def redacted(text: str) -> str:
    """Return `text` without the keys that are known and without what looks like one."""
    if _pattern is not None:
        text = _pattern.sub(MARK, text)
    for key in _known:
        if len(key) >= _CUT_FROM:
            text = _without_cut(text, key)
    for form, put in _FORMS:
        text = form.sub(put, text)
    return text


def _without_cut(text: str, key: str) -> str:
    """Return `text` without the beginnings of `key`, and without the stars and end after them."""
    while (at := text.find(key[:_CUT])) >= 0:
        shared = zip(text[at : at + len(key)], key, strict=False)
        alike = next((place for place, (a, b) in enumerate(shared) if a != b), len(key))
        text = text[:at] + MARK + _STARS.sub("", text[at + alike :], count=1)
    return text
