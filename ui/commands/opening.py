"""What several commands share: the workspace, the starter library, dates, questions from input."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import UsageError
from corpus.partial_dates import is_date

if TYPE_CHECKING:
    from assistant.answer import Question
    from assistant.workspace import Workspace


# Passages up to which a command compares vectors: that takes 13 ms for 100,000, importing Chroma
# half a second.
_COMPARED = 100_000
# Where a command keeps the models that it begins to load.
_MODELS = "models"


class DateType(click.ParamType[str]):
    """A date as "2025", "2025-01" or "2025-01-28"."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the date as given; fails with a usage error for anything else."""
        if value and not is_date(str(value)):
            self.fail(f"{value!r} is no date; give it as 2025-01-28, 2025-01 or 2025", param, ctx)
        return str(value)


def begin_loading(context: click.Context) -> None:
    """Begin to load the models of the data folder in use, while the command imports what it needs.

    `workspace` takes them. Nothing is loaded before there is an index: the data folder is made by
    the library, which keeps others out of it.
    """
    from assistant.settings import Settings

    settings = Settings.from_environment(home=context.obj)
    if (settings.home / "index").is_dir():
        from assistant.loaded_models import LoadedModels

        context.meta[_MODELS] = models = LoadedModels(settings)
        models.begin()


@contextmanager
def workspace(
    context: click.Context, *, engine: str | None = "extractive", starter: bool = False
) -> Iterator[Workspace]:
    """Open the workspace of the data folder in use.

    `starter` is for commands that search: an empty library is given ours, and indexes that an
    interrupted command left behind are brought up.
    A command that asks no engine looks for none; None takes the one of the settings.
    """
    from assistant.settings import Settings
    from assistant.starter import ensure_starter, needs_starter
    from assistant.workspace import Workspace
    from corpus.schema import is_to_be_converted
    from corpus.trace_export import traces_to
    from ui.progress_line import ProgressLine, with_bar

    settings = Settings.from_environment(home=context.obj, engine=engine)
    if not settings.record and is_to_be_converted(settings.home / "library.sqlite3"):
        click.echo("Bringing the library into the new form, once.", err=True)
    models = context.meta.get(_MODELS)
    with (
        traces_to(settings.telemetry, part="command"),
        Workspace(settings, models=models) as opened,
    ):
        if starter and needs_starter(opened):
            click.echo("Nothing was added yet: loading the starter library first.", err=True)
            with_bar(ensure_starter(opened))
        if starter:
            opened.indexes.hold_vectors_back(_COMPARED)
            with ProgressLine() as line:
                opened.maintain(
                    lambda done, total: line.tell(
                        done, total, "making the search indexes", unit="passages"
                    )
                )
        yield opened


def end_on_sigterm(context: click.Context) -> None:
    """Let a server that is told to end finish its block, and exit with 0.

    uvicorn ends in order, and then does to the process what the signal would have done to it.
    """
    import signal
    import threading

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: context.exit(0))


def filters(command: Any) -> Any:
    """Add the options that bound a search to a command."""
    options: tuple[Any, ...] = (
        click.option(
            "--as-of", type=DateType(), default="", help="Only what was published by then."
        ),
        click.option("--since", type=DateType(), default="", help="Only what was published since."),
        click.option(
            "--publisher", "publishers", multiple=True, help="Only this publisher (repeat)."
        ),
        click.option(
            "--document", "ids", multiple=True, help="Only this document, by id (repeat)."
        ),
    )
    wrapped: Any = command
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def asked(text: str, **options: Any) -> Iterator[Question | UsageError]:
    """Yield the questions of a command: the one given, or with "-" those of standard input.

    A line may be an object {"question": …, "history": […]}; one that is neither is handed on as the
    UsageError that says so, in its place, so that the lines after it are still answered.
    """
    from assistant.answer import Question

    if text != "-":
        yield Question(text, **options)
        return
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            try:
                yield _question(line, number, options)
            except UsageError as error:
                yield error


def _question(line: str, number: int, options: dict[str, Any]) -> Question:
    from assistant.answer import Question
    from assistant.planning.query_rewriting import turns_from_json

    if not line.lstrip().startswith("{"):
        return Question(line.strip(), **options)
    try:
        row = json.loads(line)
        history = turns_from_json(row.get("history") or ())
        return Question(str(row["question"]), history, **options)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f'standard input, line {number}: give a question, or {{"question": …, "history": […]}}'
        ) from error


def files_of(paths: Sequence[str]) -> list[Path]:
    """Return paths as given; raises UsageError for an address."""
    for path in paths:
        if re.match(r"^[a-z][a-z0-9+.-]+://", path, re.IGNORECASE):
            raise UsageError(f"only http and https addresses are fetched, not {path}")
    try:
        return [Path(path).expanduser() for path in paths]
    except RuntimeError as error:
        # "~name" of somebody who is not known here.
        raise UsageError(f"{', '.join(paths)}: there is no such home folder") from error
