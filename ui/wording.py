"""The words of the page in English and Simplified Chinese.

They stand in `ui/words/<part>.toml`, a table a word, with values in braces where something is put
in:

    ["chat.waiting"]
    en = "{count} questions are before yours."
    zh = "前面还有 {count} 个问题。"

Labels of components are translated in the browser by Gradio from `translations()`; HTML that is
made here is written by `word(key, language, …)` in the language that the browser asks for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from corpus import formats
from ui.translation import translated

LANGUAGES = ("en", "zh")
_FOLDER = Path(__file__).parent / "words"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    words: dict[str, Mapping[str, str]] = {}
    for file in sorted(_FOLDER.glob("*.toml")):
        words.update(tomllib.loads(file.read_text(encoding="utf-8")))
    return words


def keys() -> frozenset[str]:
    """Return every key there is."""
    return frozenset(_words())


def word(key: str, language: str = "en", **values: object) -> str:
    """Return what stands under `key`, with `values` put in; raises KeyError for an unknown key.

    The result is plain text: whoever puts it into HTML escapes the values first.
    """
    text = _words()[key][language if language in LANGUAGES else "en"]
    return text.format(**values) if values else text


def translations() -> dict[str, dict[str, str]]:
    """Return the words by locale and key, as Gradio's I18n takes them.

    The formats that are read are put in: which they are depends on what is installed.
    """
    read = formats.words()
    return {
        locale: {
            key: texts[language].replace("{formats}", translated(read, language))
            for key, texts in _words().items()
        }
        for locale, language in (("en", "en"), ("zh-CN", "zh"), ("zh", "zh"))
    }


def language_of(headers: Mapping[str, str] | None) -> str:
    """Return "zh" where a browser's first choice (Accept-Language) is Chinese, else "en".

    The first choice is what Gradio's own translation follows, so both speak one language.
    """
    first = (headers or {}).get("accept-language", "").split(",")[0]
    return "zh" if first.strip().lower().startswith("zh") else "en"
