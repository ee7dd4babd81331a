"""The words of a memo in its language: headings and questions of templates, gaps, notes, labels.

They stand in the file of the language, each by its English text. What it lacks stays as it is: a
template of the user's is in the language that it is written in.
"""

from __future__ import annotations

from corpus.i18n import filled
from corpus.translations import language_named


def worded(text: str, language: str, **values: object) -> str:
    """Return a text of the program's in a language, by its code, its {names} filled with values.

    Without values the names stay, to be filled later.
    """
    template = language_named(language).memo.get(text, text)
    return filled(template, values) if values else template
