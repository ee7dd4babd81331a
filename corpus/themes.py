"""The themes of the library: which one a document belongs to, told by the words it holds.

`themes.toml` beside this module is the list we ship; a file of the same form in the data folder
changes it and adds to it. What ours are called in other languages stands in the files of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from corpus.i18n import tr
from corpus.translations import language_named, languages
from corpus.validation import NO_OTHER_KEYS, configured

FILE_NAME = "themes.toml"
# Characters from the start of a document that are looked at: what it is about stands there, and
# what it also mentions comes later.
BEGINNING = 3_000
# A title says in ten words what a text is about.
_TITLE = 8
_ADVICE = tr(
    'a theme has a name and words: english = "…", words = ["…"], and may have other names: '
    'names.de = "…"'
)
# Fewer points than this say nothing: a word in passing.
_LEAST = 2


@dataclass(frozen=True)
class Theme:
    """A theme: its key in the file, what it is called, and the words that tell it.

    `names` are those that its file gives it in other languages, by their codes.
    """

    key: str
    english: str
    words: tuple[str, ...]
    names: Mapping[str, str]

    def named(self, language: str) -> str:
        """Return the name in a language, by its code; the English one where there is none."""
        own = self.names.get(language)
        return own or language_named(language).themes.get(self.english, self.english)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The words, plurals and versions ("Qwen3") too; Chinese ones have no word bounds."""
        words = [one.lower() for one in self.words if one]
        latin: dict[str, list[str]] = {}
        for one in words:
            if one.isascii():
                latin.setdefault(one[0], []).append(re.escape(one[1:]))
        # By first letter: 0.5 ms a document and not 1.7. A Chinese sign is no part of a word.
        branches = [f"{re.escape(one)}(?:{'|'.join(rest)})" for one, rest in latin.items()]
        ending = r"(?:e?s|[\d.]*\d)?(?![a-z0-9_])"
        parts = [rf"(?<![a-z0-9_])(?:{'|'.join(branches)}){ending}"] if latin else []
        parts += [re.escape(one) for one in words if not one.isascii()]
        return re.compile("|".join(parts) or "(?!)")

    def points(self, title: str, beginning: str) -> int:
        """Return how much speaks for this theme."""
        found = self._pattern.findall
        return _TITLE * len(found(title.lower())) + len(found(beginning[:BEGINNING].lower()))


class Themes:
    """The themes of one data folder, ours first."""

    def __init__(self, home: Path) -> None:
        """Read the themes; raises FormatError for a file of the user's that cannot be read."""
        own = home / FILE_NAME
        self._own = _read(own) if own.is_file() else {}

    @cached_property
    def _themes(self) -> Mapping[str, Theme]:
        """Ours, read when first needed, and the user's."""
        return {**_read(Path(__file__).parent / FILE_NAME), **self._own}

    def all(self) -> tuple[Theme, ...]:
        """Return the themes in order."""
        return tuple(self._themes.values())

    def key_of(self, text: str) -> str:
        """Return the key of the theme that a document names, by key or name; "" for none of these.

        Front matter has a "theme" for other things too: the look of slides, of a site.
        """
        wanted = text.strip().casefold()
        for one in self._themes.values():
            names = (one.key, *map(one.named, languages()))
            if wanted in (name.casefold() for name in names):
                return one.key
        return ""

    def named(self, key: str, language: str) -> str:
        """Return what a theme of this list is called."""
        return self._themes[key].named(language)

    def told(self, title: str, beginning: str) -> str:
        """Return the key of the theme that most speaks for; "" where little speaks for any."""
        points = {one.key: one.points(title, beginning) for one in self._themes.values()}
        best = max(points, key=points.__getitem__, default="")
        return best if points.get(best, 0) >= _LEAST else ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A section of the file; `chinese` is the name for zh, as files had it at first."""

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    english: str
    words: tuple[str, ...]
    chinese: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


def _read(file: Path) -> dict[str, Theme]:
    found = configured(dict[str, _Entry], file, advice=_ADVICE)
    return {
        key: Theme(key, one.english, one.words, {"zh": one.chinese, **one.names})
        for key, one in found.items()
    }
