"""A line that the program says: English text that keeps its template and the values in it.

So that a page in another language can say the same without taking the English apart. `said` makes
one where an error, a notice or a finding is worded; everywhere else it is the text that it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_NAME = re.compile(r"\{(\w+)\}")
# Of a line that was stored or came from a sandbox: characters, and how deep lines stand in lines.
_LONGEST_TEMPLATE, _LONGEST, _DEEPEST = 2_000, 100_000, 20

Value = str | int | float


class Translatable(str):
    """English text made of `template`, whose {names} are filled with `values`.

    A value may itself be Translatable. What is done to the text (cut, joined) gives plain
    text again.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, values: Mapping[str, Value]) -> Translatable:
        """Return the text of the template with its names filled."""
        line = super().__new__(cls, filled(template, values))
        line.template = template
        line.values = dict(values)
        return line

    def __str__(self) -> Translatable:
        return self

    def __reduce__(self) -> tuple[type[Translatable], tuple[str, dict[str, Value]]]:
        return (Translatable, (self.template, dict(self.values)))


def tr(template: str, /, **values: object) -> Translatable:
    """Return a line: the template with each {name} filled; anything but a number is put as text."""
    return Translatable(
        template,
        {name: one if isinstance(one, int | float) else str(one) for name, one in values.items()},
    )


def joined(separator: str, lines: Iterable[str]) -> str:
    """Return the lines that are not empty as one that keeps its parts; "" for none.

    Its template is "{first}; {rest}" where the separator is "; ".
    """
    kept = [one for one in lines if one]
    whole = kept.pop() if kept else ""
    for one in reversed(kept):
        whole = Translatable(f"{{first}}{separator}{{rest}}", {"first": one, "rest": whole})
    return whole


def filled(template: str, values: Mapping[str, object]) -> str:
    """Return a template with each {name} filled; raises KeyError for a name without a value.

    Not `str.format`, which would also follow attributes and widths that a template names.
    """
    return _NAME.sub(lambda name: str(values[name[1]]), template)


def translatable_json(value: Any) -> Any:
    """Return a value as JSON can hold it, with what every line in it was made of.

    Translatable becomes {"template": …, "values": …}; mappings and sequences are gone
    through; all else stays.
    """
    if isinstance(value, Translatable):
        return {"template": value.template, "values": translatable_json(value.values)}
    if isinstance(value, Mapping):
        return {key: translatable_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [translatable_json(one) for one in value]
    return value


def translatable_from(value: object) -> str:
    """Return the line that `translatable_json` wrote, or plain text as it is; raises ValueError.

    What is read may come from a parser that was taken over: it is bounded in length and depth.
    """
    return _line(value, _DEEPEST)


def _line(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or not {"template", "values"} <= value.keys() or not depth:
        raise ValueError(tr("must be a text"))
    template, values = value["template"], value["values"]
    if not isinstance(template, str) or not isinstance(values, Mapping):
        raise ValueError(tr("must be a text"))
    read = {
        str(name): one if isinstance(one, int | float) else _line(one, depth - 1)
        for name, one in values.items()
    }
    if len(template) > _LONGEST_TEMPLATE or not set(_NAME.findall(template)) <= read.keys():
        raise ValueError(tr("must be a text"))
    line = Translatable(template, read)
    if len(line) > _LONGEST:
        raise ValueError(tr("must be a text"))
    return line
