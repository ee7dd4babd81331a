"""`briefing whatsnew`: what came into the library since its reader last looked."""

from __future__ import annotations

from pathlib import Path

import click

from corpus.errors import UsageError
from ui.commands.memo import LanguageType, content_for, refuse_format, write_output
from ui.commands.opening import DateType, workspace

_NOTHING_NEW = 3


@click.command()
@click.option(
    "--since",
    type=DateType(),
    default="",
    help="Added on this day or later; else since you last looked.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write it there, by suffix: .eml (a mail that is not sent), .md .docx .pdf .html .json.",
)
@click.option("--keep", is_flag=True, help="Do not count it as looked at.")
@click.option("--language", type=LanguageType(), default="", help="Of headings and notes.")
@click.option("--json", "as_json", is_flag=True, help="Print the brief as JSON.")
@click.pass_context
def whatsnew(
    context: click.Context,
    since: str,
    output: Path | None,
    keep: bool,
    language: str,
    as_json: bool,
) -> None:
    """Brief on what came into the library since you last looked, with citations.

    What new documents change of earlier ones comes first, then what they say, by theme. Once it is
    written it counts as looked at, unless --since or --keep is given. Exits with 3, and writes no
    file, when nothing is new.
    """
    from assistant.memo.export import exported
    from assistant.memo.whatsnew import NOTHING_NEW, whats_new

    if output:
        refuse_format(output)
        if not output.expanduser().absolute().parent.is_dir():
            raise UsageError(f"there is no folder {output.parent}; make it, or give another place")
    with workspace(context, starter=True) as opened:
        looks = opened.library.looks
        seen = None if since else looks.last()
        *_, brief = whats_new(opened, since, seen=seen, language=language or "en")
        # A brief on what was removed alone cites nothing, and is one.
        nothing = [one.key for one in brief.sections] == [NOTHING_NEW]
        if output and not nothing:
            write_output(output, content_for(opened, brief, output))
            click.echo(f"{output}: {len(brief.citations)} citations", err=True)
        elif output:
            click.echo(brief.sections[0].lines[0].claim.text, err=True)
        if not output or as_json:
            click.echo(exported(brief, "json" if as_json else "md").decode())
        # After it was written: what could not be handed over is still new.
        if not (since or keep):
            looks.note(brief.library["generation"])
    if nothing:
        context.exit(_NOTHING_NEW)
