"""`briefing backup` and `restore`: a library in one file, and back."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpus.errors import UsageError
from ui.commands.opening import files_of, workspace

if TYPE_CHECKING:
    from corpus.backup import Manifest
    from corpus.pace import Unit

_ENGINES = "engines.toml"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--without-originals", is_flag=True, help="Leave out the files that were added.")
@click.option("--with-keys", is_flag=True, help="Take the keys of engines.toml along.")
@click.pass_context
def backup(context: click.Context, file: Path, without_originals: bool, with_keys: bool) -> None:
    """Write all of the library into FILE, a ZIP archive, while others may go on using it.

    It holds documents with their vectors, conversations, memos, the files that were added, and what
    was configured; keys only with --with-keys.
    """
    from corpus.backup import back_up

    (file,) = files_of([str(file)])
    with workspace(context) as opened, _shown() as say:
        replaced = {} if with_keys else _without_keys(opened.library.home / _ENGINES)
        manifest = back_up(
            opened.library,
            file,
            program=importlib.metadata.version("briefing-assistant"),
            originals=not without_originals,
            replaced=replaced,
            keys=with_keys,
            say=say,
        )
    size = file.stat().st_size
    click.echo(f"{file}: {size / 1e6:.1f} MB, {_said(manifest)}")
    if replaced.get(_ENGINES, b"") is None:
        click.echo(f"briefing: {_ENGINES} was left out: its keys cannot be told apart", err=True)
    if manifest.lost:
        click.echo(
            f"briefing: {len(manifest.lost)} originals are lost or altered; see: briefing doctor",
            err=True,
        )


def _without_keys(file: Path) -> dict[str, bytes | None]:
    """Return what stands for a file of keys in a backup; None leaves it out."""
    from assistant.models.engine_keys import without_keys

    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {file.name: None}
    kept = without_keys(text)
    return {file.name: None if kept is None else kept.encode()}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--home", type=click.Path(path_type=Path), help="The data folder to make.")
@click.option("--to", "record", default="", help="postgresql://…: an empty one, for the record.")
@click.option("--replace", is_flag=True, help="Set aside what is in the data folder now.")
@click.pass_context
def restore(
    context: click.Context, file: Path, home: Path | None, record: str, replace: bool
) -> None:
    """Make a library from FILE, which `briefing backup` wrote, here or on another machine.

    All of it is checked before any of it is put in place, and nothing is embedded again. A data
    folder that holds a library is left alone, unless --replace has it set aside; end the page
    before that.
    """
    from assistant.settings import Settings
    from corpus.restoring import restore as restored

    (file,) = files_of([str(file)])
    settings = Settings.from_environment(home=home or context.obj)
    if settings.record and not record:
        raise UsageError(
            "BRIEFING_RECORD is set: give the address of an empty database by --to, or unset it"
        )
    with _shown() as say:
        found = restored(file, settings.home, record=record, replace=replace, say=say)
    if found.set_aside is not None:
        click.echo(f"What was in {found.home} is now in {found.set_aside}")
    click.echo(f"{found.home}: {_said(found.manifest)}, of {found.manifest.made}")
    if record:
        click.echo("To use it, set BRIEFING_RECORD to the address that you gave.")
        return
    _bring_up_indexes(found.home)


def _bring_up_indexes(home: Path) -> None:
    """Make the indexes anew, so that the first question need not wait."""
    from assistant.settings import Settings
    from assistant.workspace import Workspace
    from corpus.errors import LibraryError, SearchIndexError

    settings = Settings.from_environment(home=home, engine="extractive")
    # Where it fails the first search tries again.
    with Workspace(settings) as opened, suppress(SearchIndexError, LibraryError):
        opened.indexes.update()


def _said(manifest: Manifest) -> str:
    """Return what an archive holds, in words."""
    counts, count = manifest.counts, manifest.counts.get
    files = sum(name.startswith("originals/") for name in manifest.members)
    kept = f"{files} of the files added" if manifest.originals else "without the files added"
    return (
        f"{counts['documents']} documents with their earlier versions, {kept}, "
        f"{count('conversations', 0)} conversations, {count('memos', 0)} memos"
    )


@contextmanager
def _shown() -> Iterator[Callable[[str, int, int], None]]:
    """Hand out what shows progress: how much is done, how fast, and how long it will take."""
    from ui.progress_line import ProgressLine

    with ProgressLine() as line:

        def say(what: str, done: int, total: int) -> None:
            unit: Unit = "bytes" if what == "archive" else "items"
            count = f"{done / total:.0%}" if total else "0%"
            line.tell(done, total, what, unit=unit, of=what, count=count)

        yield say
