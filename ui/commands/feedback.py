"""`briefing feedback`: what readers thought of answers."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ui.commands.opening import workspace


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object, with the answers.")
@click.pass_context
def feedback(context: click.Context, as_json: bool) -> None:
    """Print the thumbs up and down given on the page, with their reasons, oldest first."""
    from assistant.answer import answer_json
    from assistant.answer_storage import answer_of

    with workspace(context) as opened:
        found = opened.library.conversations.ratings()
    if as_json:
        rows = [asdict(one) | {"answer": answer_json(answer_of(one))} for one in found]
        click.echo(json.dumps({"feedback": rows}, ensure_ascii=False))
        return
    for one in found:
        said = f": {one.reason}" if one.reason else ""
        click.echo(
            f"{one.at[:10]}  {'good' if one.good else 'bad '}  {one.conversation} #{one.number}  "
            f"{one.question}{said}"
        )
    if not found:
        click.echo("No answer was rated yet.")
