"""`briefing eval` and `feedback`: how well questions are answered, what readers thought."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ui.commands.opening import workspace

if TYPE_CHECKING:
    from assistant.evaluation import Metrics

# The columns of the table: the head, the figure, and how it is written.
_COLUMNS = (
    ("asked", "questions", "d"),
    ("hit@1", "hit_1", ".3f"),
    ("hit@5", "hit_5", ".3f"),
    ("hit@10", "hit_10", ".3f"),
    ("MRR@10", "mrr", ".3f"),
    ("answered", "answered", ".3f"),
    ("right", "answered_right", ".3f"),
    ("first", "first", ".3f"),
    ("of three", "first_3", ".3f"),
    ("words", "fact_words", ".0f"),
    ("declined", "declined", ".3f"),
    ("wrongly", "declined_wrongly", ".3f"),
    ("seconds", "seconds", ".3f"),
)


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one object.")
@click.option("--each", is_flag=True, help="Print a line a question too.")
@click.pass_context
def evaluate(context: click.Context, file: Path, as_json: bool, each: bool) -> None:
    """Measure the library against the questions of FILE (JSON Lines)."""
    from assistant.evaluation import by_kind, metrics, questions_from
    from assistant.evaluation import evaluate as scores
    from ui.progress_line import ProgressLine

    asked = questions_from(file)
    scored = []
    with workspace(context, starter=True) as opened, ProgressLine() as line:
        for one in scores(opened, asked):
            scored.append(one)
            if each:
                line.clear()
                note = "right" if one.right else ""
                click.echo(
                    f"{one.asked.id:<8}{one.asked.kind:<14}rank {one.rank:<4}{one.outcome:<10}"
                    f"{note:<7}{one.asked.text[:70]}"
                )
            line.tell(len(scored), len(asked), "questions")
    whole, kinds = metrics(scored), by_kind(scored)
    if as_json:
        values = {"all": asdict(whole), "kinds": {name: asdict(one) for name, one in kinds.items()}}
        click.echo(json.dumps(values))
        return
    click.echo(f"{'':<14}" + "".join(f"{head:>9}" for head, _, _ in _COLUMNS))
    for name, row in {**kinds, "all": whole}.items():
        click.echo(_row(name, row))


def _row(name: str, row: Metrics) -> str:
    cells = (format(getattr(row, field), form) for _, field, form in _COLUMNS)
    return f"{name:<14}" + "".join(f"{cell:>9}" for cell in cells)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object, with the answers.")
@click.pass_context
def feedback(context: click.Context, as_json: bool) -> None:
    """Print the thumbs up and down given on the page, with their reasons, oldest first."""
    from assistant.answer import answer_json
    from assistant.answer_storage import stored_answer

    with workspace(context) as opened:
        found = opened.library.conversations.ratings()
    if as_json:
        rows = [asdict(one) | {"answer": answer_json(stored_answer(one))} for one in found]
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
