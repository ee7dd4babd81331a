"""A line that the program says is its English text, and keeps what it was made of."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest

from corpus.errors import ReadError
from corpus.i18n import Translatable, joined, tr, translatable_from, translatable_json

INNER = tr("it refuses the key")
LINE = tr("{engine} failed: {reason} after {count} s", engine="x {reason}", reason=INNER, count=3)


def parts(line: str) -> tuple[str, dict[str, object]]:
    assert isinstance(line, Translatable)
    return line.template, dict(line.values)


def test_a_line_is_its_text() -> None:
    """Names in what is put in are no names of the template."""
    assert LINE == "x {reason} failed: it refuses the key after 3 s"
    assert tr("{path} is gone", path=Path("a")).values == {"path": "a"}


def test_an_error_keeps_its_line() -> None:
    """Through `str`, a line that holds the error, and a pickle."""
    error = ReadError("refused", LINE)
    assert parts(str(error)) == parts(LINE)
    again = pickle.loads(pickle.dumps(error))
    assert again.reason == "refused" and parts(str(again)) == parts(LINE)
    outer = tr("{reason}; try again", reason=error)
    assert parts(outer)[1] == {"reason": LINE} and isinstance(outer.values["reason"], Translatable)
    assert parts(copy.deepcopy(outer)) == parts(outer)


def test_lines_are_joined_and_stay_known() -> None:
    """The empty ones are left out; one alone is itself."""
    three = joined("; ", (INNER, "", "plain", INNER))
    assert three == "it refuses the key; plain; it refuses the key"
    assert parts(three)[0] == "{first}; {rest}" and isinstance(three, Translatable)
    assert joined("; ", ("", INNER)) is INNER and joined("; ", ()) == ""


def test_lines_are_stored_with_what_they_are_made_of() -> None:
    """Plain text stays plain, at any depth."""
    kept = json.loads(json.dumps(translatable_json({"notice": LINE, "lines": ("plain", INNER)})))
    assert kept["lines"][0] == "plain"
    for was, is_now in ((LINE, kept["notice"]), (INNER, kept["lines"][1])):
        assert parts(translatable_from(is_now)) == parts(was)
    assert translatable_from("plain") == "plain" and not isinstance(
        translatable_from("plain"), Translatable
    )
    assert json.dumps(LINE) == json.dumps(str.__str__(LINE))


def deep(levels: int) -> object:
    return "a" if not levels else {"template": "{a}{a}", "values": {"a": deep(levels - 1)}}


@pytest.mark.parametrize(
    "value",
    [
        3,
        None,
        {},
        {"template": "{a}", "values": {}},
        {"template": "{a}", "values": {"a": None}},
        {"template": 1, "values": {}},
        {"template": "{a}" * 700, "values": {"a": "b" * 1_000}},
        {"template": "{a}" * 600, "values": {"a": "b" * 1_000}},
        deep(30),
        deep(19),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_line_is_refused(value: object) -> None:
    """A parser that was taken over may send it: nothing is filled in without end."""
    with pytest.raises(ValueError, match="must be a text"):
        translatable_from(value)


def test_a_template_reaches_no_attribute() -> None:
    """What `str.format` would follow stays as it is written."""
    hostile = {"template": "{a.__class__} {a:>99999999} {a}", "values": {"a": "x"}}
    assert translatable_from(hostile) == "{a.__class__} {a:>99999999} x"
