"""What is stored or configured, checked on its way into a dataclass: its format, fields and types.

Stored JSON may hold fields that this version does not know: a later version of the same format
wrote them, and they are left out. A configuration file is written by hand, so there an unknown key
is a slip of the pen and refused. Either is refused when its format is newer than ours. Owns
pydantic, which reads standard dataclasses as they are.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from corpus.errors import FormatError
from corpus.i18n import tr, translatable_from

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class _AsStored:
    """Parses a message that `corpus.i18n.translatable_json` serialised; plain text as it is."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        def read(value: object, plain: Callable[[object], str]) -> str:
            return translatable_from(value) if isinstance(value, Mapping) else plain(value)

        return {
            "type": "function-wrap",
            "function": {"type": "no-info", "function": read},
            "schema": handler(source),
        }


# The type of a field that holds a line of the program's.
StoredLine = Annotated[str, _AsStored()]
# `__pydantic_config__` of a dataclass that is written by hand: other keys are an error.
NO_OTHER_KEYS: Any = {"extra": "forbid"}
_CORRECT = tr("correct it or delete it")
_PROBLEMS = {
    "missing": tr("is missing"),
    "string_type": tr("must be a text"),
    "int_type": tr("must be a whole number"),
    "float_type": tr("must be a number"),
    "bool_type": tr("must be true or false"),
    "tuple_type": tr("must be a list"),
    "dict_type": tr("must be a table"),
    "dataclass_type": tr("must be a table"),
    "unexpected_keyword_argument": tr("is no key that is known here"),
}


def stored(kind: type[T], values: object, name: str, *, newest: int, advice: str = _CORRECT) -> T:
    """Return what was read from JSON as a `kind`; a missing field takes its default.

    `name` says what it is in a message, `newest` is the latest format known here (absent: an
    earlier one), `advice` what to do about one that is not readable. Raises FormatError.
    """
    if not isinstance(values, Mapping):
        raise _unreadable(name, tr("it is no JSON object"), advice)
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
        raise _unreadable(name, tr("it is no JSON: {reason}", reason=error), advice) from error


def _check_format(values: Mapping[str, Any], name: str, newest: int, advice: str) -> None:
    number = values.get("format", 0)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise _unreadable(name, _at(("format",), _PROBLEMS["int_type"]), advice)
    if number > newest:
        raise FormatError(
            tr(
                "{file} was made by a newer version of this program (its format is {format}, "
                "this one knows {known}); upgrade briefing-assistant",
                file=name,
                format=number,
                known=newest,
            )
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
    problem: str | None = _PROBLEMS.get(first["type"])
    if problem is None:
        # What a dataclass of ours raised itself, or pydantic's own words.
        raised = first.get("ctx", {}).get("error")
        problem = str(raised) if raised else first["msg"].replace("Input should", "should")
    return _at(first["loc"], problem)


def _at(place: tuple[int | str, ...], problem: str) -> str:
    where = ""
    for one in place:
        where += f" {one + 1}" if isinstance(one, int) else f", {one}"
    return tr("“{key}” {problem}", key=where.lstrip(", "), problem=problem) if where else problem


def _unreadable(name: str, reason: str, advice: str) -> FormatError:
    folded = " ".join(reason.split())
    return FormatError(
        tr(
            "cannot read {file}: {reason}; {advice}",
            file=name,
            reason=reason if reason == folded else folded,
            advice=advice,
        )
    )
