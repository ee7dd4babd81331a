"""What the program says below the page (reasons, findings, failures), in the page's language.

The checker, the linter, the readers and the engines speak English, one line each. `said.toml`
holds those lines with braces where values stand, and how they read in Chinese; a line that it does
not know stays as it is. A test holds every line of it against the code that says it.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "said.toml"


@cache
def lines() -> tuple[tuple[str, str], ...]:
    """Return (English, Chinese) of the whole lines, those that say most in their own words first.

    The Chinese has no name in braces that the English lacks.
    """
    return tuple(
        sorted(((one["en"], one["zh"]) for one in _read()["line"]), key=lambda one: -_own(one[0]))
    )


@cache
def parts() -> tuple[tuple[str, str], ...]:
    """Return (English, Chinese) of what stands within lines made of several parts."""
    return tuple((one["en"], one["zh"]) for one in _read()["part"])


def told(message: str, language: str) -> str:
    """Return lines of the program's in the language of the page ("en", "zh"); plain text."""
    return "\n".join(map(_told, message.split("\n"))) if language == "zh" else message


def why_told(reasons: str, language: str) -> str:
    """Return the line that says why a passage was found, in the language of the page."""
    if language != "zh":
        return reasons
    for english, chinese in parts():
        found = re.search(_pattern(english, r"-?[\d.]+"), reasons)
        if found:
            put = chinese.format(**found.groupdict())
            reasons = f"{reasons[: found.start()]}{put}{reasons[found.end() :]}"
    return reasons


@lru_cache(maxsize=4096)
def _told(message: str) -> str:
    for english, chinese in lines():
        found = re.fullmatch(_pattern(english, ".*?"), message)
        if found:
            values = {name: _inner(value) for name, value in found.groupdict().items()}
            return chinese.format(**values)
    return message


def _inner(value: str) -> str:
    """Return a value: a name or a quotation as it is, lines of the program's within it told too."""
    lines_within = value.split("; ")
    now = [_told(one) for one in lines_within]
    return "；".join(now) if now != lines_within else value


@cache
def _pattern(english: str, hole: str) -> str:
    return "".join(
        re.escape(text) + (f"(?P<{name}>{hole})" if name else "") for text, name in _pieces(english)
    )


def _pieces(english: str) -> Iterator[tuple[str, str | None]]:
    for text, name, _, _ in string.Formatter().parse(english):
        yield text, name


def _own(english: str) -> int:
    return sum(len(text) for text, _ in _pieces(english))


@cache
def _read() -> Mapping[str, list[dict[str, str]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
