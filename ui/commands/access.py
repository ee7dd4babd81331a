"""`briefing collections` and `briefing audit`: who may see what, and who did what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ui.commands.opening import DateType, workspace

if TYPE_CHECKING:
    from assistant.workspace import Workspace


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def collections(context: click.Context, as_json: bool) -> None:
    """List the collections and their readers and editors; or make, fill, allow, forbid, delete.

    They count where people sign in (BRIEFING_USERS). Documents in no collection can be read by
    everyone who signs in.
    """
    if not context.invoked_subcommand:
        _listed(context, as_json=as_json)


@collections.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def list_them(context: click.Context, as_json: bool) -> None:
    """List the collections and who may read and change them."""
    _listed(context, as_json=as_json)


def _listed(context: click.Context, *, as_json: bool) -> None:
    from ui.terminal import safe

    with workspace(context) as opened:
        found = opened.library.collections.all()
    if as_json:
        click.echo(json.dumps({"collections": [asdict(one) for one in found]}, ensure_ascii=False))
        return
    for one in found:
        plural = "document" if one.documents == 1 else "documents"
        click.echo(safe(f"{one.name}: {one.documents} {plural}"))
        for principal, role in one.members:
            click.echo(safe(f"  {role}  {principal}"))
    if not found:
        click.echo("There is no collection: everyone who signs in reads every document.")


@collections.command()
@click.argument("name")
@click.pass_context
def make(context: click.Context, name: str) -> None:
    """Make a collection, which nobody may read yet."""
    with workspace(context) as opened:
        opened.library.collections.make(name)
        _note(opened, "make", name)
    click.echo("made")


@collections.command()
@click.argument("name")
@click.pass_context
def delete(context: click.Context, name: str) -> None:
    """Delete a collection without documents."""
    with workspace(context) as opened:
        opened.library.collections.delete(name)
        _note(opened, "delete", name)
    click.echo("deleted")


@collections.command("add")
@click.argument("name")
@click.argument("documents", nargs=-1, required=True)
@click.pass_context
def put(context: click.Context, name: str, documents: tuple[str, ...]) -> None:
    """Put documents, by their ids, into a collection: its readers alone find them then."""
    with workspace(context) as opened:
        ids = [opened.library.resolve(one) for one in documents]
        opened.library.collections.add(name, ids)
        _note(opened, "add", name, documents=ids)
    click.echo(f"{len(ids)} added")


@collections.command("remove")
@click.argument("name")
@click.argument("documents", nargs=-1, required=True)
@click.option("--to-everyone", is_flag=True, help="Also where everyone could read it then.")
@click.pass_context
def take(context: click.Context, name: str, documents: tuple[str, ...], to_everyone: bool) -> None:
    """Take documents, by their ids, out of a collection; they stay in the library."""
    with workspace(context) as opened:
        ids = [opened.library.resolve(one) for one in documents]
        opened.library.collections.remove(name, ids, to_everyone=to_everyone)
        _note(opened, "remove", name, documents=ids)
    click.echo(f"{len(ids)} removed")


@collections.command()
@click.argument("name")
@click.argument("principals", nargs=-1, required=True, metavar="user:NAME|group:NAME...")
@click.option("--editor", is_flag=True, help="They may also add, change and remove documents.")
@click.pass_context
def allow(context: click.Context, name: str, principals: Sequence[str], editor: bool) -> None:
    """Let users and groups read a collection; group:* is everyone who signs in."""
    role = "editor" if editor else "reader"
    with workspace(context) as opened:
        for one in principals:
            opened.library.collections.allow(name, one, role)
            _note(opened, "allow", name, principal=one, role=role)
    click.echo("allowed")


@collections.command()
@click.argument("name")
@click.argument("principals", nargs=-1, required=True, metavar="user:NAME|group:NAME...")
@click.pass_context
def forbid(context: click.Context, name: str, principals: Sequence[str]) -> None:
    """Take every right on a collection from users and groups, from their next question on."""
    with workspace(context) as opened:
        for one in principals:
            opened.library.collections.forbid(name, one)
            _note(opened, "forbid", name, principal=one)
    click.echo("forbidden")


def _note(opened: Workspace, change: str, name: str, **detail: object) -> None:
    """Add a change of rights to the audit trail, by the account that runs the command."""
    import getpass
    import os

    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        # In a container an account may have a number and no name.
        account = f"account {os.getuid()}"
    opened.library.audit.note(f"command line of {account}", "rights", name, change=change, **detail)


@click.command()
@click.option("--since", type=DateType(), default="", help="From this day on (UTC).")
@click.option("--who", default="", help="Only what this person did.")
@click.option("--limit", type=click.IntRange(1), default=None, help="Only the last so many.")
@click.option("--json", "as_json", is_flag=True, help="Print one object a line.")
@click.pass_context
def audit(context: click.Context, since: str, who: str, limit: int | None, as_json: bool) -> None:
    """List who asked, exported and changed rights, and whose sign-in was refused."""
    from ui.terminal import safe

    with workspace(context) as opened:
        found = opened.library.audit.lines(since=since, who=who, limit=limit or 0)
    for one in found:
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
        else:
            said = f"{one.at[:19]}  {one.who}  {one.action}  {one.subject}{_told(one.detail)}"
            # A line each: names and questions are others' words.
            click.echo(safe(" ".join(said.split("\n"))))
    if not found and not as_json:
        click.echo("The audit trail has no such line.")


def _told(detail: dict[str, Any]) -> str:
    parts = [
        f"{name} {len(value)}" if isinstance(value, list) else f"{name} {value}"
        for name, value in detail.items()
    ]
    return f"  ({', '.join(parts)})" if parts else ""


__all__ = ["audit", "collections"]
