"""What the program says below the page (reasons, findings, failures), in the page's language.

The readers, the linter and the engines speak English, one line each, made by `corpus.i18n.tr`. How
such a line reads in another language stands in the file of the language, by its template.
"""

from __future__ import annotations

from corpus.i18n import Translatable, filled
from corpus.translations import language_named


def translated(message: str, language: str) -> str:
    """Return a line of the program's in the language of the page, by its code; plain text.

    A line that the language lacks stays as it is.
    """
    if not isinstance(message, Translatable):
        return message
    template = language_named(language).lines.get(message.template)
    if template is None:
        return message
    values = {
        name: translated(one, language) if isinstance(one, str) else one
        for name, one in message.values.items()
    }
    return filled(template, values)
