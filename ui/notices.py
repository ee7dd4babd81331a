"""Lines that are no answer, as HTML: what was asked, what is awaited, what did not work."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.log import FILE
from ui.rendering import rendered


def error_html(message: str, language: str = "en") -> str:
    """Return a failure that is no answer: a question that cannot be asked, a library in trouble."""
    return rendered("notices.html", "error", language, message)


def note_html(message: str, *, wrong: bool = True) -> str:
    """Return a line that says how it stands; `wrong` where something wants the reader's doing."""
    return rendered("notices.html", "note", "en", message, wrong)


def waiting_html(message: str) -> str:
    """Return what is being waited for."""
    return rendered("notices.html", "waiting", "en", message)


def opening_html(message: str) -> str:
    """Return the line that says how far the library is opened."""
    return rendered("page.html", "opening", "en", message)


def troubles_html(troubles: Sequence[tuple[str, str]], language: str = "en") -> str:
    """Return what failed behind the page, a line each, and where more is said of it.

    `troubles` are a key of the words that says what was being done, and the reason.
    """
    return rendered("page.html", "troubles", language, troubles, FILE)
