"""`briefing doctor`: what is installed, which engine would answer, is the index sound."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ui.commands.opening import workspace


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@click.option("--rebuild", is_flag=True, help="Make both search indexes anew from the library.")
@click.option("--reembed", is_flag=True, help="Embed every passage again, with the model in use.")
@click.pass_context
def doctor(context: click.Context, as_json: bool, rebuild: bool, reembed: bool) -> None:
    """Check the installation and the library; exits with 1 when something is wrong."""
    from assistant.diagnostics import diagnostics
    from corpus import log
    from index.ingest import embed_again
    from ui.progress_line import ProgressLine, with_bar

    with workspace(context, engine=None) as opened:
        if reembed:
            embedder = opened.document_embedder()
            with_bar(embed_again(opened.library, embedder, opened.indexes))
        elif rebuild or opened.indexes.is_behind():
            with ProgressLine() as line:
                opened.indexes.update(
                    rebuild=rebuild,
                    told=lambda done, total: line.tell(
                        done, total, "making the search indexes", unit="passages"
                    ),
                )
        found = []
        for one in diagnostics(opened):
            found.append(one)
            if not as_json:
                click.echo(f"{'ok  ' if one.ok else 'FAIL'}  {one.name:<10} {one.detail}")
        entries = opened.library.entries()
        engine = opened.engine.name
        failures = log.last_failures(opened.library.home)
        file = opened.library.home / log.FILE
    sound = all(one.ok for one in found)
    if not as_json:
        for failed in failures:
            click.echo(f"      {failed.time}  {failed.where}: {failed.line}")
    if as_json:
        values = {
            "ok": sound,
            "documents": len(entries),
            "passages": sum(entry.passages for entry in entries),
            "engine": engine,
            "checks": [asdict(one) for one in found],
            "log": {"file": str(file), "errors": [asdict(one) for one in failures]},
        }
        click.echo(json.dumps(values, ensure_ascii=False))
    if not sound:
        context.exit(1)
