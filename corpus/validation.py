"""What is stored or configured, checked on its way into a dataclass: its format, fields and types.

Stored JSON may hold fields that this version does not know: a later version of the same format
wrote them, and they are left out. A configuration file is written by hand, so there an unknown key
is a slip of the pen and refused. Either is refused when its format is newer than ours. Owns
pydantic, which reads standard dataclasses as they are.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from corpus.errors import FormatError

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
# `__pydantic_config__` of a dataclass that is written by hand: other keys are an error.
NO_OTHER_KEYS: Any = {"extra": "forbid"}
_CORRECT = "correct it or delete it"
_PROBLEMS = {
    "missing": "is missing",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "dataclass_type": "must be a table",
    "unexpected_keyword_argument": "is no key that is known here",
}


def stored(kind: type[T], values: object, name: str, *, newest: int, advice: str = _CORRECT) -> T:
    """Return what was read from JSON as a `kind`; a missing field takes its default.

    `name` says what it is in a message, `newest` is the latest format known here (absent: an
    earlier one), `advice` what to do about one that is not readable. Raises FormatError.
    """
    if not isinstance(values, Mapping):
        raise _unreadable(name, "it is no JSON object", advice)
    _check_format(values, name, newest, advice)
    return _checked(kind, values, name, advice)


def configured(kind: type[T], file: Path, *, newest: int = 1, advice: str = _CORRECT) -> T:
    """Return a TOML file as a `kind`; raises FormatError naming the file, the key and the remedy.

    Its own format stands under `format`, 1 where it is absent. Dates are read as ISO 8601 text.
    """
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(str(file), str(reason), advice) from error
    _check_format(values, str(file), newest, advice)
    return _checked(kind, {key: one for key, one in values.items() if key != "format"}, str(file),
                    advice)  # fmt: skip


def from_json_text(text: str, name: str, *, advice: str = _CORRECT) -> object:
    """Return JSON text as plain values; raises FormatError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(name, f"it is no JSON: {error}", advice) from error


def _check_format(values: Mapping[str, Any], name: str, newest: int, advice: str) -> None:
    number = values.get("format", 0)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise _unreadable(name, _at(("format",), _PROBLEMS["int_type"]), advice)
    if number > newest:
        raise FormatError(
            f"{name} was made by a newer version of this program (its format is {number}, this one "
            f"knows {newest}); upgrade briefing-assistant"
        )


def _checked(kind: type[T], values: object, name: str, advice: str) -> T:
    from pydantic import ValidationError

    adapter: TypeAdapter[T] = _adapter(kind)  # type: ignore[arg-type]
    try:
        # From JSON, so that "strict" takes a list for a tuple and a table for a dataclass, and
        # still no "5" for a 5.
        return adapter.validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        # Not chained: its text repeats what was read, a key or a reader's words.
        if error.errors()[0]["type"] != "json_invalid":
            raise _unreadable(name, _reason(error), advice) from None
    try:
        # Half a surrogate pair, which a damaged document's text may hold, is no JSON to pydantic.
        return adapter.validate_python(values)
    except ValidationError as error:
        raise _unreadable(name, _reason(error), advice) from None


@cache
def _adapter(kind: Any) -> Any:
    # Imported here: 0.2 s, which a command that reads nothing need not wait for.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _reason(error: ValidationError) -> str:
    """Return the first thing that is wrong, with where: “source 2, date” must be a text.

    A key that nobody knows goes first: it is what a missing one was meant to be.
    """
    found = error.errors(include_url=False)
    first = min(found, key=lambda one: one["type"] != "unexpected_keyword_argument")
    problem = _PROBLEMS.get(first["type"])
    if problem is None:
        problem = first["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return _at(first["loc"], problem)


def _at(place: tuple[int | str, ...], problem: str) -> str:
    where = ""
    for one in place:
        where += f" {one + 1}" if isinstance(one, int) else f", {one}"
    return f"“{where.lstrip(', ')}” {problem}" if where else problem


def _unreadable(name: str, reason: str, advice: str) -> FormatError:
    return FormatError(f"cannot read {name}: {' '.join(reason.split())}; {advice}")
