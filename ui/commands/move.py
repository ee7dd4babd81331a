"""`briefing move`: a library goes from SQLite to PostgreSQL or back, without embedding again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpus.errors import UsageError

if TYPE_CHECKING:
    from corpus.library import Library


@click.command()
@click.option(
    "--to",
    "place",
    required=True,
    envvar="BRIEFING_MOVE_TO",
    show_envvar=True,
    help="postgresql://USER@HOST:PORT/DATABASE, an empty one; or a new folder, for SQLite.",
)
@click.pass_context
def move(context: click.Context, place: str) -> None:
    """Copy the library with all that is kept in it to another record, and compare the two.

    Nothing is embedded again, and the library in use stays as it is. A move that was broken off
    goes on when the same command is given again.
    """
    from contextlib import closing

    from assistant.settings import Settings
    from corpus.library import Library
    from corpus.moving import move as moved
    from ui.progress_line import ProgressLine

    settings = Settings.from_environment(home=context.obj)
    if place == settings.record:
        raise UsageError("the library is there already; name another place")
    with (
        closing(Library(settings.home, record=settings.record)) as source,
        closing(_target(place, settings.home)) as target,
        ProgressLine() as line,
    ):
        report = moved(
            source,
            target,
            say=lambda what, done, total: line.tell(done, total, what, of=what),
        )
        name = target.connections.name
    for table, contents in report.tables.items():
        if contents.rows:
            click.echo(f"{contents.rows:>10}  {table:<22} {contents.digest[:16]}")
    click.echo(f"All of it was read on both sides and is equal; it is at {name}.")
    if "://" in place:
        click.echo("To use it from now on, here and on other machines, set BRIEFING_RECORD to it.")
    else:
        click.echo(f"To use it from now on: unset BRIEFING_RECORD, and --home {place}")


def _target(place: str, home: Path) -> Library:
    from corpus.library import Library

    if "://" in place:
        return Library(home, record=place, arriving=True)
    return Library(Path(place).expanduser().absolute(), arriving=True)
