"""The quiet line over the library: how many documents came since its reader last looked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING

from corpus.errors import BriefingError, StorageError
from ui.jobs import Job
from ui.memo_editor import MemoEditor
from ui.notices import error_html
from ui.rendering import rendered
from ui.wording import word

if TYPE_CHECKING:
    from assistant.workspace import Workspace
    from corpus.looks import Look
    from ui.backend import Backend

# A day of the last week is called by its name.
_WEEK = 7


def news_html(backend: Backend, language: str) -> str:
    """Return the line with its button, "" where nothing came since an earlier day.

    Whoever opens the page for the first time has seen what is there: that is noted here.
    """
    from assistant.memo.whatsnew import counts_news

    workspace = backend.workspace()
    if workspace is None:
        return ""
    library, owner = workspace.library, backend.asker().name
    seen = library.looks.last(owner)
    if seen is None:
        # A library that can only be read remembers nobody.
        with suppress(StorageError):
            library.looks.note(library.generation, owner)
        return ""
    day = datetime.fromisoformat(seen.at).astimezone().date()
    if day >= _today() or library.generation == seen.generation:
        return ""
    count = counts_news(workspace, seen)
    if not count:
        return ""
    key = "library.news_one" if count == 1 else "library.news"
    said = word(key, language, count=count, day=_day_name(day, language))
    return rendered("library.html", "news", language, said)


def _day_name(day: date, language: str) -> str:
    if (_today() - day).days == 1:
        return word("library.news_yesterday", language)
    if (_today() - day).days < _WEEK:
        return word("library.weekdays", language).split()[day.weekday()]
    return day.isoformat()


def _today() -> date:
    return datetime.now().astimezone().date()


def start_news(backend: Backend, language: str) -> Job[MemoEditor] | None:
    """Begin to write the brief on what is new, as a memo; None while the library opens.

    Raises UsageError where too many memos wait.
    """
    workspace = backend.workspace()
    if workspace is None:
        return None
    owner = backend.asker().name
    seen = workspace.library.looks.last(owner)
    key = f"news-{owner}-{seen.generation if seen else 0}-{workspace.library.generation}-{language}"
    running = backend.memos.find(key)
    if running is not None and not running.ended:
        return running
    return backend.memos.start(key, lambda: _written(backend, seen, language, owner))


def _written(
    backend: Backend, seen: Look | None, language: str, owner: str
) -> Iterator[MemoEditor]:
    """Yield the editor as the brief grows; once it is kept the reader has looked."""
    from assistant.memo.whatsnew import whats_new

    # Other memos may have been waited for. The rights are looked up after the generation that the
    # look is noted with: what comes in between is told of the next time, and is not lost.
    generation = _opened(backend).library.generation
    workspace = _opened(backend)
    repository, editor = workspace.memos, MemoEditor()
    try:
        steps = whats_new(workspace, seen=seen, language=language)
        for memo, name in repository.saved_steps(steps):
            editor = MemoEditor(memo, name)
            yield editor
        if editor.memo is not None:
            workspace.library.looks.note(generation, owner)
    except BriefingError as error:
        yield MemoEditor(editor.memo, editor.name, error_html(str(error), language))


def _opened(backend: Backend) -> Workspace:
    workspace = backend.workspace()
    # It was open when the brief was asked for.
    assert workspace is not None
    return workspace


__all__ = ["news_html", "start_news"]
