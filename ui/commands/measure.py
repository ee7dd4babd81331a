"""`briefing eval`: how well questions of a file are found, answered and declined."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ui.commands.opening import desk

if TYPE_CHECKING:
    from assistant.evaluation import Figures


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one object.")
@click.option("--each", is_flag=True, help="Print a line a question too.")
@click.pass_context
def evaluate(context: click.Context, file: Path, as_json: bool, each: bool) -> None:
    """Measure the library against the questions of FILE (JSON Lines)."""
    from assistant.evaluation import by_kind, figures, questions_from
    from assistant.evaluation import evaluate as scores

    asked = questions_from(file)
    scored = []
    with desk(context, starter=True) as opened:
        for one in scores(opened, asked):
            scored.append(one)
            if each:
                note = "right" if one.right else ""
                click.echo(
                    f"{one.asked.id:<8}{one.asked.kind:<14}rank {one.rank:<4}{one.outcome:<10}"
                    f"{note:<7}{one.asked.text[:70]}"
                )
    whole, kinds = figures(scored), by_kind(scored)
    if as_json:
        values = {"all": asdict(whole), "kinds": {name: asdict(one) for name, one in kinds.items()}}
        click.echo(json.dumps(values))
        return
    click.echo(
        f"{'':<14}{'asked':>6}{'hit@1':>7}{'hit@5':>7}{'hit@10':>7}{'MRR@10':>8}"
        f"{'answered':>10}{'right':>7}{'declined':>10}{'seconds':>9}"
    )
    for name, row in {**kinds, "all": whole}.items():
        click.echo(_row(name, row))


def _row(name: str, row: Figures) -> str:
    return (
        f"{name:<14}{row.questions:>6}{row.hit_1:>7.3f}{row.hit_5:>7.3f}{row.hit_10:>7.3f}"
        f"{row.mrr:>8.3f}{row.answered:>10.3f}{row.answered_right:>7.3f}{row.declined:>10.3f}"
        f"{row.seconds:>9.3f}"
    )
