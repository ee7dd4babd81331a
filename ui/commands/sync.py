"""`briefing sync`: the library shows what a folder holds."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import UsageError
from ui.commands.opening import files_of, workspace
from ui.json_objects import report_json

if TYPE_CHECKING:
    from index.folder_plan import Ready
    from index.folder_sync import SyncReport
    from index.ingest import Progress


@click.command()
@click.argument("folder")
@click.option("--watch", is_flag=True, help="Keep going, until Ctrl-C.")
@click.option(
    "--poll",
    type=click.FloatRange(min=0.5),
    help="With --watch: look every so many seconds instead of waiting for events.",
)
@click.option("--dry-run", is_flag=True, help="Only list what would be done.")
@click.option(
    "--allow-empty", is_flag=True, help="Take everything out where the folder is empty or gone."
)
@click.option("--ocr", is_flag=True, help="Read scanned pages by Tesseract (some seconds a page).")
@click.option(
    "--collection", default="", metavar="NAME", help="Only its readers find what is added."
)
@click.option("--json", "as_json", is_flag=True, help="Print each report as one object.")
@click.pass_context
def sync(
    context: click.Context,
    folder: str,
    watch: bool,
    poll: float | None,
    dry_run: bool,
    allow_empty: bool,
    ocr: bool,
    collection: str,
    as_json: bool,
) -> None:
    """Have the library show what FOLDER and the folders below it hold.

    New files are added, changed ones replaced, moved ones keep their documents with all that was
    edited, and what is gone is taken out (briefing show still opens it). An empty or missing folder
    takes nothing out. Exits with 1 when nothing could be read.
    """
    from ui.progress_line import with_bar

    if dry_run and watch:
        raise UsageError("--dry-run lists once; leave --watch out")
    if poll is not None and not watch:
        raise UsageError("--poll goes with --watch")
    place = _folder_of(folder)
    with workspace(context) as opened:
        syncing = partial(
            opened.sync, place, allow_empty=allow_empty, ocr=ocr, collection=collection
        )
        if watch:
            _watch(syncing, place, poll or 0.0, ocr=ocr, as_json=as_json)
            return
        report = with_bar(syncing(trial=dry_run))
    assert report is not None
    _tell(report, as_json=as_json, ocr=ocr)
    read = report.added
    if (read.refused or read.left_out) and not (
        report.unchanged or report.changed > len(read.refused)
    ):
        context.exit(1)


def _folder_of(named: str) -> Path:
    """Return a folder that is named, links followed; raises UsageError for anything else."""
    from index.url_ingest import is_address

    if is_address(named):
        raise UsageError(f"{named} is an address; follow it, or add it with: briefing add")
    (path,) = files_of([named])
    try:
        place = path.resolve()
        is_file = place.exists() and not place.is_dir()
    except (OSError, RuntimeError) as error:
        # A name that is too long, a link that leads to itself.
        raise UsageError(f"{named[:200]} cannot be opened; name a folder") from error
    if is_file:
        raise UsageError(f"{named} is a file; name its folder, or add it with: briefing add")
    return place


def _tell(report: SyncReport, *, as_json: bool, ocr: bool) -> None:
    from ui.terminal import sync_lines

    if not as_json:
        click.echo("\n".join(sync_lines(report, ocr=ocr)))
        return
    values: dict[str, Any] = asdict(report) | {"added": report_json(report.added)}
    values["dry_run"] = values.pop("trial")
    click.echo(json.dumps(values.pop("added") | values, ensure_ascii=False))


def _watch(
    syncing: Callable[..., Iterator[Progress | SyncReport]],
    folder: Path,
    poll: float,
    *,
    ocr: bool,
    as_json: bool,
) -> None:
    from index.folder_watch import Watch
    from ui.terminal import safe

    def look(ready: Ready, first: bool) -> Iterator[Progress | SyncReport]:
        return syncing(refused_again=first, ready=ready)

    def said(line: str) -> None:
        click.echo(safe(f"briefing: {line}"), err=True)

    watching = Watch(
        folder,
        look,
        said=said,
        reported=lambda report: _tell(report, as_json=as_json, ocr=ocr),
        poll=poll,
    )
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, _frame: object) -> None:
        said("ending after the document in work; once more ends at once")
        watching.stop()
        for one, was in before.items():
            signal.signal(one, was)

    for one in before:
        signal.signal(one, end)
    try:
        said(f"watching {folder}; Ctrl-C ends it")
        watching.run()
    finally:
        for one, was in before.items():
            signal.signal(one, was)
