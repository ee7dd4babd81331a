"""`briefing conversations` and `briefing engines`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ui.commands.opening import workspace


@click.group(invoke_without_command=True)
@click.option("--search", default="", help="Only those that hold all these words.")
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def conversations(context: click.Context, search: str, as_json: bool) -> None:
    """List the conversations that are kept, newest first; or show, rename, delete, export one."""
    if context.invoked_subcommand:
        return
    with workspace(context) as opened:
        found = opened.library.conversations.all(search)
    if as_json:
        click.echo(json.dumps({"conversations": [asdict(one) for one in found]}))
        return
    for one in found:
        plural = "turn" if one.turns == 1 else "turns"
        click.echo(
            f"{one.id}  {one.updated[:16].replace('T', ' ')}  {one.turns} {plural}  {one.title}"
        )
    if not found:
        click.echo("No conversation matches." if search else "No conversation is kept yet.")


@conversations.command()
@click.argument("conversation")
@click.pass_context
def show(context: click.Context, conversation: str) -> None:
    """Print a conversation with its answers and sources."""
    from assistant.answer_storage import stored_answer
    from ui.terminal import answer_lines, wrapped

    with workspace(context) as opened:
        kept = opened.library.conversations
        for turn in kept.turns(kept.resolve(conversation)):
            click.echo(wrapped(f"> {turn.question}"))
            click.echo("\n".join(answer_lines(stored_answer(turn))) + "\n")


@conversations.command()
@click.argument("conversation")
@click.argument("title")
@click.pass_context
def rename(context: click.Context, conversation: str, title: str) -> None:
    """Give a conversation another title."""
    with workspace(context) as opened:
        kept = opened.library.conversations
        kept.rename(kept.resolve(conversation), title)
    click.echo("renamed")


@conversations.command()
@click.argument("conversation")
@click.pass_context
def delete(context: click.Context, conversation: str) -> None:
    """Delete a conversation for good."""
    with workspace(context) as opened:
        kept = opened.library.conversations
        kept.delete(kept.resolve(conversation))
    click.echo("deleted")


@conversations.command()
@click.argument("conversation")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file: .md or .json.")
@click.pass_context
def export(context: click.Context, conversation: str, output: Path | None) -> None:
    """Write a conversation as Markdown, or as JSON where the file ends in .json."""
    from assistant.answer_storage import as_json
    from assistant.conversation_export import as_markdown

    with workspace(context) as opened:
        kept = opened.library.conversations
        wanted = kept.resolve(conversation)
        listed = next(one for one in kept.all() if one.id == wanted)
        turns = kept.turns(wanted)
    if output and output.suffix == ".json":
        text = json.dumps(as_json(listed, turns), ensure_ascii=False, indent=1)
    else:
        text = as_markdown(listed, turns)
    if output:
        output.write_text(text, encoding="utf-8")
        click.echo(f"written to {output}")
    else:
        click.echo(text)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.pass_context
def engines(context: click.Context, as_json: bool) -> None:
    """List the engines that can answer now, and what each other one would need."""
    from assistant.engine_selection import reachable
    from assistant.settings import Settings
    from ui.terminal import wrapped

    settings = Settings.from_environment(home=context.obj)
    found = list(reachable(settings.home))
    if as_json:
        click.echo(json.dumps({"engines": [asdict(one) for one in found]}, ensure_ascii=False))
        return
    for one in found:
        click.echo(wrapped(f"{'ready ' if one.ready else 'not yet'}  {one.name}: {one.detail}"))
