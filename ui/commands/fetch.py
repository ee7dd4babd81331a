"""`briefing fetch`: the curated public documents, downloaded and added."""

from __future__ import annotations

import click

from corpus.errors import UsageError
from ui.commands.documents import tell
from ui.commands.opening import workspace


@click.command()
@click.option("--theme", default="", help="Only one theme; see --list.")
@click.option("--list", "as_list", is_flag=True, help="Show what would be fetched.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one object.")
@click.pass_context
def fetch(context: click.Context, theme: str, as_list: bool, as_json: bool) -> None:
    """Download the curated public documents and add them to the library.

    Needs the internet. An address that cannot be read is reported and the rest go in; exits with 1
    when none could be.
    """
    from corpus.public_documents import public_documents, themes
    from ui.terminal import safe, with_bar

    if theme and theme not in themes():
        raise UsageError(f"there is no theme {theme!r}; there are: {', '.join(themes())}")
    wanted = public_documents(theme)
    if as_list:
        for one in wanted:
            click.echo(safe(f"{one.theme:<14} {one.published:<11} {one.title} ({one.publisher})"))
            click.echo(f"{'':<14} {one.url}")
        return
    with workspace(context) as opened:
        report = with_bar(opened.add_public(wanted))
    tell(context, [report], as_json=as_json)
