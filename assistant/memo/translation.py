"""The words of a memo in Chinese: headings and questions of templates, gaps, notes and labels.

`translation.toml` holds each English text and how it reads in Chinese. What it lacks stays as it
is: a template of the user's is in the language that it is written in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from corpus.i18n import filled

LANGUAGES = ("en", "zh")
_FILE = Path(__file__).parent / "translation.toml"


@cache
def texts() -> Mapping[str, str]:
    """Return the Chinese of each English text; both have the same {names}."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {one["en"]: one["zh"] for one in found["line"]}


def worded(text: str, language: str, **values: object) -> str:
    """Return a text of the program's in a language ("en", "zh"), its {names} filled with values.

    Without values the names stay, to be filled later.
    """
    template = texts().get(text, text) if language == "zh" else text
    return filled(template, values) if values else template
