"""The words of the page in its language, by key.

They stand in `corpus/translations/CODE.toml`, with values in braces where something is put in:

    "chat.in_line" = "{place} in the queue…"

Labels of components are translated in the browser by Gradio from `translations()`; HTML that is
made here is written by `word(key, language, …)` in the language that the browser asks for.
"""

from __future__ import annotations

from collections.abc import Mapping

from corpus import formats
from corpus.i18n import filled
from corpus.translations import ENGLISH, language_for, language_named, languages
from ui.translation import translated


def keys() -> frozenset[str]:
    """Return every key there is."""
    return frozenset(language_named(ENGLISH).words)


def word(key: str, language: str = ENGLISH, **values: object) -> str:
    """Return what stands under `key`, with `values` put in; raises KeyError for an unknown key.

    What a language lacks is English. The result is plain text: whoever puts it into HTML escapes
    the values first.
    """
    text = language_named(language).words.get(key) or language_named(ENGLISH).words[key]
    return filled(text, values) if values else text


def ordinal(number: int, language: str = ENGLISH) -> str:
    """Return a place in a row as it is said: "3rd"; in other languages the number alone."""
    if language != ENGLISH:
        return str(number)
    last = 0 if 10 < number % 100 < 20 else number % 10
    return f"{number:,}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def date_in_words(date: str, language: str = ENGLISH) -> str:
    """Return an ISO date, maybe without its day or month, as it is said: "10 November 2025"."""
    year, month, day = [*date.split("-"), "", ""][:3]
    if not month:
        return year
    said = word("date.months", language).split()[int(month) - 1]
    if not day:
        return word("date.month", language, month=said, year=year)
    return word("date.day", language, day=int(day), month=said, year=year)


def translations() -> dict[str, dict[str, str]]:
    """Return the words by locale and key, as Gradio's I18n takes them.

    A browser that asks for "zh-CN" is given "zh". The formats that are read are put in: which they
    are depends on what is installed.
    """
    read = formats.words()
    return {
        code: {key: word(key, code).replace("{formats}", translated(read, code)) for key in keys()}
        for code in languages()
    }


def language_of(headers: Mapping[str, str] | None) -> str:
    """Return the code of the language of a browser's first choice (Accept-Language), else English.

    The first choice is what Gradio's own translation follows, so both speak one language.
    """
    first = (headers or {}).get("accept-language", "").split(",")[0]
    return language_for(first.split(";")[0])
