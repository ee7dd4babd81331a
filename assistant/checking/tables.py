"""Records (JSON, "Key: value") as lines that can be read like sentences."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_SPACE = re.compile(r"\s+")


def readable(text: str) -> str:
    """Return `text` with a record in it written out a line a fact; anything else as it is.

    `{"Parking": {"garage": false}}` becomes "no Parking garage"; keys in camel case become words.
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
        for name, inner in value.items():
            yield from _lines(f"{key} {_words(str(name))}".strip(), inner)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for inner in value:
            yield from _lines(key, inner)
    elif isinstance(value, list):
        yield f"{key}: {', '.join(str(one) for one in value)}"
    elif value is False or str(value).lower() in {"false", "no"}:
        yield f"no {key}"
    elif value is True or str(value).lower() in {"true", "yes"}:
        yield f"{key}: yes"
    elif value is None or str(value).lower() in {"none", "null", ""}:
        yield f"{key}: not stated"
    else:
        yield f"{key}: {_SPACE.sub(' ', str(value))}"


def _words(key: str) -> str:
    return _CAMEL.sub(" ", key)
