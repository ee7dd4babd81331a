"""The languages that the program speaks: a file for each, ours and those that packages add.

`translations/en.toml` has the words of the page by key, and stands in for any language that lacks
one. What the program says and what stands in memos is English in the code: another language has it
by the English text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from corpus.errors import FormatError
from corpus.i18n import placeholders, tr
from corpus.registry import Registry, toml_files
from corpus.validation import NO_OTHER_KEYS, configured

# Ours, as what is registered: a folder of languages, or the file of one.
SHIPPED = Path(__file__).parent / "translations"
ENGLISH = "en"
# "de", "pt-BR"; what a browser asks for is compared in small letters.
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Language:
    """A language; what it lacks is said in English.

    `name` is what it calls itself, `tag` what it goes by in a document (BCP 47) where that is not
    its code. `words` are those of the page by key; `lines` what the program says, `memo` what
    stands in memos and `themes` what themes are called, each by the English.
    """

    __pydantic_config__: ClassVar[Any] = NO_OTHER_KEYS
    name: str
    tag: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)
    memo: Mapping[str, str] = field(default_factory=dict)
    themes: Mapping[str, str] = field(default_factory=dict)


def _codes(place: Path) -> Iterator[str]:
    """Yield the codes of the languages in a folder or file; raises ValueError for what is none."""
    for file in toml_files(place):
        if not _CODE.fullmatch(file.stem):
            raise ValueError(f"{file.name} is not named after a language, as de.toml is")
        yield file.stem


LANGUAGES = Registry(
    "briefing.languages",
    Path,
    (("briefing", "corpus.translations:SHIPPED"),),
    claims=_codes,
)


@cache
def languages() -> Mapping[str, Language]:
    """Return the languages by code, English first.

    One of another package that cannot be read is left out, with a line in the log.
    """
    english = configured(Language, SHIPPED / f"{ENGLISH}.toml")
    found = {ENGLISH: english}
    for place in LANGUAGES.ours().values():
        found |= _read(place, english)
    for name, place in LANGUAGES.added().items():
        try:
            found |= _read(place, english)
        except FormatError as error:
            LANGUAGES.leave_out(name, error)
    return found


def language_named(code: str) -> Language:
    """Return a language by its code; English for one that there is not, or no longer is."""
    return languages().get(code) or languages()[ENGLISH]


def language_for(tag: str) -> str:
    """Return the code of the language that a tag asks for ("zh-TW"), English where there is none.

    Where there is not that very one, the first part of the tag counts.
    """
    codes = {code.lower(): code for code in languages()}
    wanted = tag.strip().lower()
    return codes.get(wanted) or codes.get(wanted.partition("-")[0]) or ENGLISH


def _read(place: Path, english: Language) -> dict[str, Language]:
    """Return the languages in a folder or file; raises FormatError.

    Also for a {name} that the English lacks: there would be nothing to put in.
    """
    found = {file.stem: (file, configured(Language, file)) for file in toml_files(place)}
    for file, one in found.values():
        words = [(english.words.get(key, text), text) for key, text in one.words.items()]
        for original, text in (*words, *one.lines.items(), *one.memo.items()):
            if not placeholders(text) <= placeholders(original):
                raise FormatError(
                    tr("{file}: “{text}” has a name in braces that “{english}” lacks",
                       file=file, text=text, english=original)
                )  # fmt: skip
    return {code: one for code, (_, one) in found.items()}


__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "SHIPPED",
    "Language",
    "language_for",
    "language_named",
    "languages",
]
