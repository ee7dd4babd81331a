"""Records (JSON, "Key: value") as lines that can be read like sentences."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_SPACE = re.compile(r"\s+")
_STEP = ", "


def readable(text: str) -> str:
    """Return `text` with a record in it written out a line a fact; anything else as it is.

    `{"Parking": {"garage": false}}` becomes "Parking: no garage"; keys in camel case become words.
    """
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        return text
    record = _parsed(text[begin : end + 1])
    if not isinstance(record, dict):
        return text
    lines = "\n".join(_lines("", record))
    return f"{text[:begin]}\n{lines}\n{text[end + 1 :]}".strip()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _lines(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip().startswith("{"):
        value = _parsed(value.strip()) or value
    if isinstance(value, dict):
        names = _names(value)
        for name, inner in value.items():
            yield from _lines(f"{key}{_STEP}{names[name]}" if key else names[name], inner)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for inner in value:
            yield from _lines(key, inner)
    elif isinstance(value, list):
        yield f"{key}: {', '.join(str(one) for one in value)}"
    elif value is False or str(value).lower() in {"false", "no"}:
        # The denial stands beside what it denies.
        above, _, last = key.rpartition(_STEP)
        yield f"{above}: no {last}" if above else f"no {last}"
    elif value is True or str(value).lower() in {"true", "yes"}:
        yield f"{key}: yes"
    elif value is None or str(value).lower() in {"none", "null", ""}:
        yield f"{key}: not stated"
    else:
        yield f"{key}: {_SPACE.sub(' ', str(value))}"


def _names(record: dict[str, Any]) -> dict[str, str]:
    """Return the keys of a record as words, without a first word that several of them share.

    "RestaurantsDelivery" beside "RestaurantsTakeOut" tells delivery, not restaurants.
    """
    words = {key: _CAMEL.sub(" ", str(key)).split() or [str(key)] for key in record}
    first = Counter(one[0] for one in words.values() if len(one) > 1)
    return {
        key: " ".join(one[1:] if len(one) > 1 and first[one[0]] > 1 else one)
        for key, one in words.items()
    }
