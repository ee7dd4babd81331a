"""What the program says below the page (reasons, findings, failures), in the page's language.

The readers, the linter and the engines speak English, one line each, made by `corpus.i18n.tr`.
`messages.toml` holds the templates of those lines and how they read in Chinese. A line that it
lacks stays as it is. A test holds every template of it against the code that says it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from corpus.i18n import Translatable, filled

_FILE = Path(__file__).parent / "messages.toml"


@cache
def translations_zh() -> Mapping[str, str]:
    """Return the Chinese template of each English one; it has no name that the English lacks."""
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {one["en"]: one["zh"] for one in found["line"]}


def translated(message: str, language: str) -> str:
    """Return a line of the program's in the language of the page ("en", "zh"); plain text."""
    if (
        language != "zh"
        or not isinstance(message, Translatable)
        or message.template not in translations_zh()
    ):
        return message
    values = {
        name: translated(one, language) if isinstance(one, str) else one
        for name, one in message.values.items()
    }
    return filled(translations_zh()[message.template], values)
